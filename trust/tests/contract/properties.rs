//! Claims that hold for everything, tried on a few hundred random things each time.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set};
use proptest::option;
use proptest::prelude::*;
use trust::{
    EntitlementValue, Expectations, FingerprintHash, IssuerClaims, IssuerLimits, OfflineMode, PathLength, ProductCode,
    RootSet, Seconds, Seq, SessionClaims, SignError, VerifyError, verify_session,
};

use crate::forge;
use crate::samples::{ISSUED, at, certificate, chain, cluster, issuer, key, root, roots, session, signer};

fn id(prefix: &'static str) -> impl Strategy<Value = String> {
    "[0-9a-z]{1,26}".prop_map(move |rest| format!("{prefix}_{rest}"))
}

fn entitlements() -> impl Strategy<Value = BTreeMap<String, EntitlementValue>> {
    let value = prop_oneof![
        Just(EntitlementValue::Granted),
        any::<i64>().prop_map(EntitlementValue::Integer),
        "\\PC{0,12}|[\\x00-\\x1f\"\\\\]{0,6}".prop_map(EntitlementValue::Text),
    ];
    btree_map("\\PC{0,8}", value, 0..4)
}

prop_compose! {
    /// Any claims that fit a token; times are in order, and within the sample certificate.
    fn sessions()(
        (product, plan) in ("[a-z][a-z0-9-]{0,20}", "\\PC{1,12}"),
        (license, customer, name) in (id("lic"), id("cus"), id("ses")),
        (seq, heartbeat, hash) in (any::<u64>(), any::<u64>(), any::<[u8; 32]>()),
        (issued, life, grace) in (1_790_000_000..1_829_000_000_u64, 0..10_000_u64, 0..100_000_u64),
        offline in prop_oneof![Just(OfflineMode::Strict), Just(OfflineMode::Lenient), Just(OfflineMode::Reserved)],
        entitlements in entitlements(),
    ) -> SessionClaims {
        let grace = if offline == OfflineMode::Strict { 0 } else { grace };
        SessionClaims {
            cluster: session().cluster,
            product: product.parse().unwrap(),
            license: license.parse().unwrap(),
            customer: customer.parse().unwrap(),
            plan: plan.parse().unwrap(),
            session: name.parse().unwrap(),
            seq: Seq::new(seq),
            issued_at: at(issued),
            expires_at: at(issued + life),
            grace_ends_at: at(issued + life + grace),
            offline,
            heartbeat: Seconds::new(heartbeat),
            fingerprint: FingerprintHash::from_bytes(hash),
            entitlements,
        }
    }
}

prop_compose! {
    /// Limits close enough together that children are now within and now beyond.
    fn limits()(
        expires in 1_799_999_998..1_800_000_003_u64,
        path in 0..4_u32,
        products in option::of(btree_set(prop_oneof![Just("a"), Just("b"), Just("c")], 0..3)),
        grace_max in option::of(86_399..86_402_u64),
    ) -> IssuerLimits {
        IssuerLimits {
            expires_at: at(expires),
            path: PathLength::new(path),
            products: products.map(|codes| codes.into_iter().map(|code| code.parse().unwrap()).collect()),
            grace_max: grace_max.map(Seconds::new),
        }
    }
}

/// The contract's sentence about limits, read as naively as can be.
fn is_within(child: &IssuerLimits, parent: &IssuerLimits) -> bool {
    let universe = ["a", "b", "c", "x"].map(|code| code.parse::<ProductCode>().unwrap());
    let all = || BTreeSet::from(universe.clone());
    let products = |limits: &IssuerLimits| limits.products.clone().unwrap_or_else(all);
    let grace = |limits: &IssuerLimits| limits.grace_max.map_or(u64::MAX, Seconds::get);
    child.expires_at <= parent.expires_at
        && child.path < parent.path
        && products(child).is_subset(&products(parent))
        && grace(child) <= grace(parent)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_signed_is_what_is_read(claims in sessions(), now in 0..1_830_000_000_u64) {
        let expectations = Expectations {
            product: Some(claims.product.clone()),
            fingerprint: Some(claims.fingerprint),
            seq_min: Some(claims.seq),
            now: at(now),
        };
        match signer().sign(&claims) {
            Ok(token) => {
                let verified = verify_session(&token, &chain(), &roots(), &expectations).unwrap();
                prop_assert_eq!(verified.claims, claims);
            }
            Err(error) => prop_assert!(matches!(error, SignError::SessionTooLong(_)), "{}", error),
        }
    }

    #[test]
    fn a_changed_byte_of_a_token_is_refused(at_byte in any::<prop::sample::Index>(), byte in 0..128_u8) {
        let token = signer().sign(&session()).unwrap();
        if let Some(changed) = with_byte(&token, at_byte, byte) {
            let verdict = verify_session(&changed, &chain(), &roots(), &Expectations::at(at(ISSUED)));
            prop_assert!(verdict.is_err());
        }
    }

    #[test]
    fn a_changed_byte_of_a_chain_is_refused(
        which in 0..2_usize,
        at_byte in any::<prop::sample::Index>(),
        byte in 0..128_u8,
    ) {
        let token = signer().sign(&session()).unwrap();
        let mut chain = chain_with(certificate(&root(), &issuer(), 1).limits, certificate(&issuer(), &cluster(), 0).limits);
        if let Some(changed) = with_byte(&chain[which], at_byte, byte) {
            chain[which] = changed;
            prop_assert!(verify_session(&token, &chain, &roots(), &Expectations::at(at(ISSUED))).is_err());
        }
    }

    #[test]
    fn a_shortened_or_lengthened_token_is_refused(cut in any::<prop::sample::Index>(), tail in "[A-Za-z0-9_.=-]{1,5}") {
        let token = signer().sign(&session()).unwrap();
        let expectations = Expectations::at(at(ISSUED));
        let cut = &token[..cut.index(token.len())];
        prop_assert!(verify_session(cut, &chain(), &roots(), &expectations).is_err());
        prop_assert!(verify_session(&(token + &tail), &chain(), &roots(), &expectations).is_err());
    }

    #[test]
    fn no_text_is_read_as_a_token_or_a_root_file(text in "\\PC{0,200}|[A-Za-z0-9_.-]{0,200}|[{}\\[\\]\":,0-9a-z]{0,60}") {
        let verdict = verify_session(&text, &[&text], &roots(), &Expectations::at(at(ISSUED)));
        prop_assert!(verdict.is_err());
        prop_assert!(RootSet::parse(&text).is_err());
    }

    #[test]
    fn a_child_is_taken_exactly_when_every_limit_is_within_its_parents(parent in limits(), child in limits()) {
        let verdict = trust::verify_chain(&chain_with(parent.clone(), child.clone()), &roots(), at(ISSUED));
        if is_within(&child, &parent) {
            prop_assert_eq!(verdict.map(|chain| chain.leaf().limits.clone()), Ok(child));
        } else {
            let limit = matches!(verdict, Err(VerifyError::ExceedsParent { .. } | VerifyError::PathTooShort { .. }));
            prop_assert!(limit, "{verdict:?}");
        }
    }

    #[test]
    fn a_certificate_is_issued_exactly_when_a_verifier_takes_it(parent in limits(), child in limits()) {
        let parent = IssuerClaims { limits: parent, ..certificate(&root(), &issuer(), 0) };
        let child = IssuerClaims { limits: child, ..certificate(&issuer(), &cluster(), 0) };
        let issued = trust::issue_certificate(&issuer(), Some(&parent), &child);
        prop_assert_eq!(issued.is_ok(), is_within(&child.limits, &parent.limits));
        if let Ok(issued) = issued {
            let above = trust::issue_certificate(&root(), None, &parent).unwrap();
            prop_assert!(trust::verify_chain(&[above, issued], &roots(), at(ISSUED)).is_ok());
        }
    }

    #[test]
    fn a_token_by_any_other_key_is_refused(seed in any::<u8>(), claimed in any::<bool>()) {
        prop_assume!(key(seed).kid() != cluster().kid());
        let stranger = forge::Key::new(seed);
        let header = if claimed { forge::Key::new(4).header(forge::SESSION) } else { stranger.header(forge::SESSION) };
        let token = stranger.sign_under(&header, serde_json::to_string(&session()).unwrap());
        let reason = verify_session(&token, &chain(), &roots(), &Expectations::at(at(ISSUED))).unwrap_err().reason();
        prop_assert_eq!(reason, if claimed { "bad_signature" } else { "wrong_signer" });
    }
}

/// The text with one byte put in another's place, unless it is the same.
fn with_byte(text: &str, index: prop::sample::Index, byte: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let place = index.get_mut(&mut bytes);
    if *place == byte {
        return None;
    }
    *place = byte;
    Some(String::from_utf8(bytes).unwrap())
}

/// Root, issuer, cluster, with these limits, whether or not they are lawful: each is issued as by a root.
fn chain_with(parent: IssuerLimits, child: IssuerLimits) -> Vec<String> {
    let parent = IssuerClaims {
        limits: parent,
        ..certificate(&root(), &issuer(), 0)
    };
    let child = IssuerClaims {
        limits: child,
        ..certificate(&issuer(), &cluster(), 0)
    };
    vec![
        trust::issue_certificate(&root(), None, &parent).unwrap(),
        trust::issue_certificate(&issuer(), None, &child).unwrap(),
    ]
}

#[test]
fn a_flipped_bit_is_refused_at_every_place_of_a_token_and_its_certificate() {
    let token = signer().sign(&session()).unwrap();
    let chain = chain();
    let expectations = Expectations::at(at(ISSUED));
    for place in 0..token.len() {
        let changed = flipped(&token, place);
        assert!(
            verify_session(&changed, &chain, &roots(), &expectations).is_err(),
            "byte {place} of the token"
        );
    }
    for place in 0..chain[0].len() {
        let changed = flipped(&chain[0], place);
        assert!(
            verify_session(&token, &[changed], &roots(), &expectations).is_err(),
            "byte {place} of the certificate"
        );
    }
}

fn flipped(text: &str, place: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[place] ^= 1;
    String::from_utf8(bytes).unwrap()
}
