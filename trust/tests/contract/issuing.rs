//! What is issued is what the contract shows, and nothing is issued that a verifier would refuse.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use trust::{
    EntitlementValue, Expectations, IssuerClaims, LimitExceeded, OfflineMode, PathLength, Seconds, SessionClaims,
    SessionFault, SessionSigner, SignError,
};

use crate::forge::{bytes, parts};
use crate::samples::{ISSUED, at, certificate, chain, cluster, issuer, key, root, roots, session, signer};

fn decoded(part: &str) -> String {
    String::from_utf8(bytes(part)).unwrap()
}

#[test]
fn a_token_is_written_as_the_contract_shows_it() {
    let token = trust::sign_session(&cluster(), &session()).unwrap();
    let [header, claims, _] = parts(&token);
    assert_eq!(
        decoded(header),
        format!(
            r#"{{"alg":"Ed25519","typ":"usher-session+jwt","kid":"{}"}}"#,
            cluster().kid()
        )
    );
    assert_eq!(
        serde_json::from_str::<Value>(&decoded(claims)).unwrap(),
        json!({
            "iss": "clu_0g8d4r7kq2v05n1x3t6w9y", "aud": "coditect", "lic": "lic_5t2c9b0x7m4k1z8f3q6h0d",
            "cus": "cus_7w4n1y8d5r2v9k6t3p0m8c", "plan": "pro", "sid": "ses_b3xk9q2m7v4t8z1c", "seq": 41_297,
            "iat": ISSUED, "exp": ISSUED + 350, "gex": ISSUED + 86_400, "off": "lenient", "hb": 300,
            "fph": "G-z9rKvcCfjoT9jbjoxTQlC9kr5gwxsiOd07j40Tl6o",
            "ent": {"gpu": true, "projects": 20, "edition": "studio"},
        })
    );
}

#[test]
fn a_certificate_is_written_as_the_contract_shows_it() {
    let mut claims = certificate(&root(), &cluster(), 0);
    let token = trust::issue_certificate(&root(), None, &claims).unwrap();
    let unlimited = json!({
        "iss": root().kid().to_string(), "sub": "clu_0g8d4r7kq2v05n1x3t6w9y", "iat": 1_790_000_000,
        "exp": 1_830_000_000, "path": 0,
        "key": {"kty": "OKP", "crv": "Ed25519", "x": cluster().public().to_string()},
    });
    let [header, payload, _] = parts(&token);
    assert_eq!(
        decoded(header),
        format!(
            r#"{{"alg":"Ed25519","typ":"usher-issuer+jwt","kid":"{}"}}"#,
            root().kid()
        )
    );
    assert_eq!(serde_json::from_str::<Value>(&decoded(payload)).unwrap(), unlimited);

    claims.limits.products = Some(BTreeSet::from(["forge".parse().unwrap(), "coditect".parse().unwrap()]));
    claims.limits.grace_max = Some(Seconds::new(90_000));
    let token = trust::issue_certificate(&root(), None, &claims).unwrap();
    let limited: Value = serde_json::from_str(&decoded(parts(&token)[1])).unwrap();
    assert_eq!(limited["products"], json!(["coditect", "forge"]));
    assert_eq!(limited["grace_max"], json!(90_000));
}

#[test]
fn a_signer_writes_the_same_bytes_as_signing_once() {
    assert_eq!(signer().sign(&session()), trust::sign_session(&cluster(), &session()));
}

#[test]
fn a_token_longer_than_1_kib_is_not_signed() {
    let mut claims = session();
    let mut sign_with = |length| {
        claims
            .entitlements
            .insert("text".to_owned(), EntitlementValue::Text("x".repeat(length)));
        signer().sign(&claims)
    };
    let longest = (0..1_024).rev().find_map(|length| sign_with(length).ok()).unwrap();
    assert_eq!(longest.len(), 1_023);
    assert!(trust::verify_session(&longest, &chain(), &roots(), &Expectations::at(at(ISSUED))).is_ok());
    let error = sign_with(1_024).unwrap_err();
    assert!(matches!(&error, SignError::SessionTooLong(long) if long.length > 1_024 && long.limit == 1_024));
    assert!(error.to_string().contains("entitlements"), "{error}");
}

#[test]
fn a_token_whose_times_are_out_of_order_is_not_signed() {
    let backward = SessionClaims {
        grace_ends_at: at(ISSUED + 349),
        ..session()
    };
    let error = trust::sign_session(&cluster(), &backward).unwrap_err();
    assert!(
        matches!(error, SignError::Session(SessionFault::TimesOutOfOrder { .. })),
        "{error}"
    );
}

#[test]
fn a_certificate_longer_than_8_kib_is_not_issued() {
    let mut claims = certificate(&root(), &cluster(), 0);
    claims.limits.products = Some(
        (0..1_000)
            .map(|number| format!("product-{number}").parse().unwrap())
            .collect(),
    );
    let error = trust::issue_certificate(&root(), None, &claims).unwrap_err();
    assert!(
        matches!(&error, SignError::CertificateTooLong(long) if long.limit == 8_192),
        "{error}"
    );
}

#[test]
fn a_certificate_is_not_issued_in_anothers_name() {
    let error = trust::issue_certificate(&issuer(), None, &certificate(&root(), &cluster(), 0)).unwrap_err();
    assert_eq!(
        error,
        SignError::IssuerIsNotSigner {
            issuer: root().kid(),
            signer: issuer().kid()
        }
    );

    let parent = certificate(&root(), &key(9), 1);
    let error = trust::issue_certificate(&issuer(), Some(&parent), &certificate(&issuer(), &cluster(), 0)).unwrap_err();
    assert_eq!(
        error,
        SignError::KeyNotCertified {
            certified: key(9).kid(),
            signer: issuer().kid()
        }
    );
}

#[test]
fn a_certificate_that_is_never_valid_is_not_issued() {
    let mut claims = certificate(&root(), &cluster(), 0);
    claims.limits.expires_at = claims.issued_at;
    assert!(matches!(
        trust::issue_certificate(&root(), None, &claims),
        Err(SignError::NeverValid { .. })
    ));
}

#[test]
fn a_certificate_beyond_its_parents_limits_is_not_issued() {
    let mut parent = certificate(&root(), &issuer(), 1);
    parent.limits.products = Some(BTreeSet::from(["coditect".parse().unwrap()]));
    parent.limits.grace_max = Some(Seconds::new(90_000));
    let within = IssuerClaims {
        issuer: issuer().kid(),
        key: cluster().public(),
        ..parent.clone()
    };
    let issue = |change: &dyn Fn(&mut IssuerClaims)| {
        let mut child = within.clone();
        child.limits.path = PathLength::new(0);
        change(&mut child);
        trust::issue_certificate(&issuer(), Some(&parent), &child)
    };
    assert!(issue(&|_| ()).is_ok());

    let refused = |change: &dyn Fn(&mut IssuerClaims)| match issue(change) {
        Err(SignError::ExceedsParent(limit)) => limit,
        other => panic!("{other:?}"),
    };
    let later = at(1_830_000_001);
    assert_eq!(
        refused(&|child| child.limits.expires_at = later),
        LimitExceeded::Expiry {
            child: later,
            parent: at(1_830_000_000)
        }
    );
    let one = PathLength::new(1);
    assert_eq!(
        refused(&|child| child.limits.path = one),
        LimitExceeded::Path {
            child: one,
            parent: one
        }
    );
    assert_eq!(
        refused(&|child| child.limits.products = None),
        LimitExceeded::EveryProduct
    );
    assert_eq!(
        refused(&|child| child.limits.products = Some(BTreeSet::from(["forge".parse().unwrap()]))),
        LimitExceeded::Product("forge".parse().unwrap())
    );
    let parent = Seconds::new(90_000);
    assert_eq!(
        refused(&|child| child.limits.grace_max = None),
        LimitExceeded::AnyGrace { parent }
    );
    let child = Seconds::new(90_001);
    assert_eq!(
        refused(&|it| it.limits.grace_max = Some(child)),
        LimitExceeded::Grace { child, parent }
    );
}

#[test]
fn a_signer_needs_the_certificate_of_its_key() {
    let chain = trust::verify_chain(&chain(), &roots(), at(ISSUED)).unwrap();
    let error = SessionSigner::new(Arc::new(key(9)), &chain).unwrap_err();
    assert_eq!(
        error,
        SignError::KeyNotCertified {
            certified: cluster().kid(),
            signer: key(9).kid()
        }
    );
}

#[test]
fn a_signer_does_not_sign_what_its_certificate_does_not_cover() {
    let refused = |change: &dyn Fn(&mut SessionClaims)| {
        let mut claims = session();
        change(&mut claims);
        match signer().sign(&claims) {
            Err(SignError::Session(fault)) => fault,
            other => panic!("{other:?}"),
        }
    };
    let fault = refused(&|claims| claims.cluster = "clu_another".parse().unwrap());
    assert!(matches!(fault, SessionFault::OtherCluster { .. }));
    let fault = refused(&|claims| claims.grace_ends_at = at(1_830_000_001));
    assert!(matches!(fault, SessionFault::OutlivesCertificate { .. }));
    let fault = refused(&|claims| claims.expires_at = at(ISSUED - 1));
    assert!(matches!(fault, SessionFault::TimesOutOfOrder { .. }));
    let fault = refused(&|claims| claims.offline = OfflineMode::Strict);
    assert!(matches!(fault, SessionFault::GraceInStrictMode { .. }));
}

#[test]
fn debug_of_a_signer_shows_the_name_of_its_key_only() {
    let shown = format!("{:?}", signer());
    assert_eq!(
        shown,
        format!(
            "SessionSigner {{ key: SigningKey {{ kid: {}, .. }}, .. }}",
            cluster().kid()
        )
    );
}
