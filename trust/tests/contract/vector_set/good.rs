//! What verifies, at the edges of every rule.

use serde_json::json;

use super::{CERTIFIED, CERTIFIED_UNTIL, Case, GRACE_MAX, ISSUED, World};
use crate::forge::{ISSUER, SESSION, with, without};

pub(crate) fn cases(world: &World) -> Vec<Case> {
    [chains(world), times(world), claims(world)]
        .into_iter()
        .flatten()
        .collect()
}

fn chains(world: &World) -> Vec<Case> {
    let middle = world.chain_of_two(&json!({"path": 2}), &json!({"key": world.stranger.jwk(), "path": 1}));
    let leaf = with(&world.certificate, &json!({"iss": world.stranger.kid}));
    let chain_of_three = [&middle[..], &[world.stranger.sign(ISSUER, &leaf)]].concat();
    let unlimited = without(&without(&world.certificate, "products"), "grace_max");
    vec![
        Case::good("as_it_stands"),
        Case::good("one_of_several_roots").roots(&[&world.other_root, &world.root]),
        Case::good("longest_certificate").chain(&[world.certificate_of_length(8_192)]),
        Case::good("chain_of_two").chain(&world.chain_of_two(&json!({}), &json!({}))),
        Case::good("chain_of_three").chain(&chain_of_three),
        Case::good("child_with_less_than_its_parent").chain(&world.chain_of_two(
            &json!({"path": 7}),
            &json!({"exp": CERTIFIED_UNTIL - 1, "products": ["coditect"], "grace_max": 86_400}),
        )),
        Case::good("certificate_without_limits")
            .chain(&[world.root.sign(ISSUER, &unlimited)])
            .token(world.session(&json!({"aud": "anything", "gex": CERTIFIED_UNTIL})))
            .expectations(&json!({"now": ISSUED})),
    ]
}

fn times(world: &World) -> Vec<Case> {
    vec![
        Case::good("nothing_expected_but_the_time").expectations(&json!({"now": ISSUED})),
        Case::good("smallest_seq_is_this_one").expectations(&world.expecting(&json!({"seq_min": 41_297}))),
        Case::good("last_second_of_the_certificate")
            .expectations(&world.expecting(&json!({"now": CERTIFIED_UNTIL - 1}))),
        Case::good("verifiers_clock_far_behind").expectations(&world.expecting(&json!({"now": 0}))),
        Case::good("token_300_seconds_before_its_certificate").token(world.session(&json!({
            "iat": CERTIFIED - 300, "exp": CERTIFIED, "gex": CERTIFIED,
        }))),
        Case::good("grace_up_to_the_certificates_bound").token(world.session(&json!({"gex": ISSUED + GRACE_MAX}))),
        Case::good("grace_up_to_the_certificates_end").token(world.session(&json!({
            "iat": CERTIFIED_UNTIL - 1_000, "exp": CERTIFIED_UNTIL - 650, "gex": CERTIFIED_UNTIL,
        }))),
        Case::good("strict_without_grace").token(world.session(&json!({"off": "strict", "gex": ISSUED + 350}))),
        Case::good("reserved").token(world.session(&json!({"off": "reserved"}))),
        Case::good("no_life_at_all").token(world.session(&json!({"exp": ISSUED, "gex": ISSUED}))),
    ]
}

fn claims(world: &World) -> Vec<Case> {
    let spaced = serde_json::to_string_pretty(&world.session).expect("a JSON value always prints");
    vec![
        Case::good("unknown_claims_of_a_token_are_passed_over")
            .token(world.session(&json!({"new": {"a": [null, false, {"b": -1}]}, "x": null}))),
        Case::good("no_entitlements").token(world.session(&json!({"ent": {}}))),
        Case::good("integers_of_64_bits")
            .token(world.session(&json!({"seq": u64::MAX, "ent": {"most": i64::MAX, "least": i64::MIN}}))),
        Case::good("texts_beyond_ascii").token(world.session(&json!({"ent": {"größe": "10 µm \"quoted\" \n 🎛"}}))),
        Case::good("white_space_in_the_claims").token(world.cluster.sign_text(SESSION, spaced)),
        Case::good("escapes_in_the_claims").token(
            world
                .cluster
                .sign_text(SESSION, world.session.to_string().replace("\"aud\"", "\"\\u0061ud\"")),
        ),
        Case::good("longest_token").token(world.session_of_length(1_023)),
    ]
}
