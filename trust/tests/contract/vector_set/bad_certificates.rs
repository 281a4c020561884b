//! Chains that do not lead from a root to the token, or claim more than they have.

use serde_json::{Value, json};

use super::{CERTIFIED, CERTIFIED_UNTIL, Case, GRACE_MAX, ISSUED, World};
use crate::forge::{ISSUER, Key, SESSION, base64url, thumbprint, with, without};

pub(crate) fn cases(world: &World) -> Vec<Case> {
    [
        orders(world),
        keys(world),
        claims(world),
        limits(world),
        paths(world),
        dates(world),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn orders(world: &World) -> Vec<Case> {
    let [parent, child] = world.chain_of_two(&json!({}), &json!({}));
    let certificate = world.good_certificate();
    let self_signed = world
        .cluster
        .sign(ISSUER, &with(&world.certificate, &json!({"iss": world.cluster.kid})));
    vec![
        Case::bad("chain_is_empty", "empty_chain").chain(&[]),
        Case::bad("chain_from_another_root", "unknown_root").roots(&[&world.other_root]),
        Case::bad("chain_in_the_wrong_order", "unknown_root").chain(&[child.clone(), parent.clone()]),
        Case::bad("chain_without_its_first", "unknown_root").chain(&[child]),
        Case::bad("chain_without_its_last", "wrong_signer").chain(&[parent]),
        Case::bad("certificate_signed_by_itself", "unknown_root").chain(&[self_signed]),
        Case::bad("certificate_that_signs_for_nothing_below_it", "wrong_signer")
            .chain(&[world.certificate(&json!({"path": 1})), certificate]),
        Case::bad("certificate_by_an_issuer_that_was_not_certified", "wrong_signer").chain(&[
            world.certificate(&json!({"path": 1, "key": world.issuer.jwk()})),
            world
                .stranger
                .sign(ISSUER, &with(&world.certificate, &json!({"iss": world.stranger.kid}))),
        ]),
        Case::bad("iss_is_not_the_signer", "issuer_is_not_signer")
            .chain(&[world.certificate(&json!({"iss": world.other_root.kid}))]),
    ]
}

/// The neutral element, for which a signature of it and zero satisfies the equation over any message.
fn token_for_the_neutral_key(world: &World, x: &str) -> String {
    let header = format!(r#"{{"alg":"Ed25519","typ":"{SESSION}","kid":"{}"}}"#, thumbprint(x));
    let mut signature = [0; 64];
    signature[0] = 1;
    format!(
        "{}.{}.{}",
        base64url(header),
        base64url(world.session.to_string()),
        base64url(signature)
    )
}

fn keys(world: &World) -> Vec<Case> {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let neutral = base64url(neutral);
    // 3 + p: on the curve, of full order, and another spelling of y = 3.
    let mut second_spelling = [0xff; 32];
    (second_spelling[0], second_spelling[31]) = (0xf0, 0x7f);
    let key = world.cluster.jwk();
    let invalid = |name, changes: Value| {
        Case::bad(name, "member_invalid").chain(&[world.certificate(&json!({"key": with(&key, &changes)}))])
    };
    let secret = with(&key, &json!({"d": base64url([4; 32])}));
    vec![
        invalid("certified_key_of_small_order", json!({"x": neutral}))
            .token(token_for_the_neutral_key(world, &neutral)),
        invalid(
            "certified_key_in_a_second_spelling",
            json!({"x": base64url(second_spelling)}),
        ),
        invalid("certified_key_of_31_bytes", json!({"x": base64url([4; 31])})),
        invalid("certified_key_of_33_bytes", json!({"x": base64url([4; 33])})),
        invalid(
            "certified_key_with_padding",
            json!({"x": format!("{}=", world.cluster.x)}),
        ),
        invalid("certified_key_of_another_curve", json!({"crv": "X25519"})),
        invalid("certified_key_of_another_type", json!({"kty": "EC"})),
        Case::bad("certified_key_with_its_secret", "member_unknown")
            .chain(&[world.certificate(&json!({"key": secret}))]),
        Case::bad("certified_key_is_a_text", "not_an_object")
            .chain(&[world.certificate(&json!({"key": world.cluster.x}))]),
    ]
}

fn claims(world: &World) -> Vec<Case> {
    let text = world.certificate.to_string();
    let repeated = text.replace(r#""crv":"#, r#""crv":"Ed25519","crv":"#);
    let invalid = |name, changes: Value| Case::bad(name, "member_invalid").chain(&[world.certificate(&changes)]);
    vec![
        Case::bad("certificate_with_an_unknown_claim", "member_unknown")
            .chain(&[world.certificate(&json!({"seats_max": 10}))]),
        Case::bad("certificate_without_path", "member_missing")
            .chain(&[world.root.sign(ISSUER, &without(&world.certificate, "path"))]),
        Case::bad("certified_key_with_a_repeated_name", "duplicate_name")
            .chain(&[world.root.sign_text(ISSUER, repeated)]),
        invalid("products_are_null", json!({"products": null})),
        invalid("products_are_a_text", json!({"products": "coditect"})),
        invalid("grace_max_is_null", json!({"grace_max": null})),
        invalid("path_is_negative", json!({"path": -1})),
        invalid("sub_is_not_a_cluster", json!({"sub": "lic_5t2c9b0x7m4k1z8f3q6h0d"})),
    ]
}

fn limits(world: &World) -> Vec<Case> {
    let case = |name, reason, child: Value| Case::bad(name, reason).chain(&world.chain_of_two(&json!({}), &child));
    let child_without = |member| {
        let [parent, _] = world.chain_of_two(&json!({}), &json!({}));
        let child = with(&world.certificate, &json!({"iss": world.issuer.kid}));
        [parent, world.issuer.sign(ISSUER, &without(&child, member))]
    };
    vec![
        case(
            "child_outlives_its_parent",
            "exp_exceeds_parent",
            json!({"exp": CERTIFIED_UNTIL + 1}),
        ),
        case("child_with_its_parents_path", "path_exceeds_parent", json!({"path": 1})),
        case("child_with_a_longer_path", "path_exceeds_parent", json!({"path": 2})),
        case(
            "child_with_another_product",
            "products_exceed_parent",
            json!({"products": ["coditect", "studio"]}),
        ),
        Case::bad("child_with_all_products", "products_exceed_parent").chain(&child_without("products")),
        case(
            "child_with_a_longer_grace",
            "grace_exceeds_parent",
            json!({"grace_max": GRACE_MAX + 1}),
        ),
        Case::bad("child_with_any_grace", "grace_exceeds_parent").chain(&child_without("grace_max")),
    ]
}

fn paths(world: &World) -> Vec<Case> {
    let [parent, child] = world.chain_of_two(&json!({}), &json!({"key": world.stranger.jwk()}));
    let leaf = with(&world.certificate, &json!({"iss": world.stranger.kid}));
    let leaf = world.stranger.sign(ISSUER, &leaf);
    let long = world.chain_of_two(&json!({"path": 2}), &json!({"key": world.stranger.jwk()}));
    vec![
        Case::bad("cluster_that_certifies_another", "path_too_short")
            .chain(&world.chain_of_two(&json!({"path": 0}), &json!({}))),
        Case::bad("chain_of_three_under_a_path_of_one", "path_too_short").chain(&[parent, child, leaf.clone()]),
        Case::bad("chain_of_three_with_a_middle_of_path_zero", "path_too_short").chain(&[&long[..], &[leaf]].concat()),
    ]
}

fn dates(world: &World) -> Vec<Case> {
    let session = |iat: u64| world.session(&json!({"iat": iat, "exp": iat + 350, "gex": iat + 350}));
    let issuer_begins_late = |world: &World, signer: &Key| {
        let parent = world.certificate(&json!({"path": 1, "key": signer.jwk(), "iat": ISSUED + 301}));
        let child = with(&world.certificate, &json!({"iss": signer.kid}));
        [parent, signer.sign(ISSUER, &child)]
    };
    vec![
        Case::bad("token_301_seconds_before_its_certificate", "certificate_not_yet_valid")
            .token(session(CERTIFIED - 301)),
        Case::bad(
            "token_301_seconds_before_its_issuers_certificate",
            "certificate_not_yet_valid",
        )
        .chain(&issuer_begins_late(world, &world.issuer)),
        Case::bad("certificate_expired_this_second", "certificate_expired")
            .expectations(&world.expecting(&json!({"now": CERTIFIED_UNTIL}))),
        Case::bad("certificate_expired_long_ago", "certificate_expired")
            .expectations(&json!({"now": CERTIFIED_UNTIL + 100_000_000})),
    ]
}
