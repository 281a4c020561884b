//! Tokens that are signed properly and say something they may not, or not to this caller.

use serde_json::{Value, json};

use super::{CERTIFIED_UNTIL, Case, GRACE_MAX, ISSUED, World};
use crate::forge::{SESSION, base64url, without};

pub(crate) fn cases(world: &World) -> Vec<Case> {
    [
        texts(world),
        numbers(world),
        members(world),
        entitlements(world),
        rules(world),
        expectations(world),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn texts(world: &World) -> Vec<Case> {
    let claims = world.session.to_string();
    let signed = |name, reason, claims: String| Case::bad(name, reason).token(world.cluster.sign_text(SESSION, claims));
    let edited = |from: &str, to: &str| {
        assert!(claims.contains(from), "{from} stands in the claims");
        claims.replacen(from, to, 1)
    };
    let not_utf8: Vec<u8> = claims
        .bytes()
        .map(|byte| if byte == b'c' { 0xff } else { byte })
        .collect();
    vec![
        signed(
            "claim_twice",
            "duplicate_name",
            edited(r#"{"aud""#, r#"{"aud":"coditect","aud""#),
        ),
        signed(
            "claim_twice_by_an_escape",
            "duplicate_name",
            edited(r#"{"aud""#, r#"{"\u0061ud":"x","aud""#),
        ),
        signed(
            "unknown_claim_twice",
            "duplicate_name",
            edited("{", r#"{"new":1,"new":2,"#),
        ),
        signed(
            "entitlement_twice",
            "duplicate_name",
            edited(r#""gpu":"#, r#""gpu":1,"gpu":"#),
        ),
        signed("claims_are_empty", "not_json", String::new()),
        signed("claims_are_cut_off", "not_json", claims[..claims.len() - 1].to_owned()),
        signed("claims_with_a_tail", "not_json", format!("{claims}{{}}")),
        signed(
            "claims_with_a_trailing_comma",
            "not_json",
            format!("{},}}", &claims[..claims.len() - 1]),
        ),
        signed("claims_with_nan", "not_json", edited("41297", "NaN")),
        signed(
            "claims_with_infinity_in_an_unknown_claim",
            "not_json",
            edited("{", r#"{"new":-Infinity,"#),
        ),
        signed(
            "claims_with_half_a_surrogate_pair",
            "not_json",
            edited("studio", r"\ud83c"),
        ),
        signed("claims_with_a_byte_order_mark", "not_json", format!("\u{feff}{claims}")),
        Case::bad("claims_are_not_utf_8", "not_json").token(world.cluster.sign_text(SESSION, not_utf8)),
        signed("claims_are_a_list", "not_an_object", format!("[{claims}]")),
        signed("claims_are_null", "not_an_object", "null".to_owned()),
    ]
}

fn numbers(world: &World) -> Vec<Case> {
    let claims = world.session.to_string();
    let case = |name, seq: &str| {
        Case::bad(name, "not_a_whole_number").token(world.cluster.sign_text(SESSION, claims.replacen("41297", seq, 1)))
    };
    vec![
        case("number_with_a_fraction", "41297.5"),
        case("number_with_an_empty_fraction", "41297.0"),
        case("number_with_an_exponent", "4e4"),
        case("number_of_65_bits", "18446744073709551616"),
        Case::bad("fraction_in_an_unknown_claim", "not_a_whole_number").token(
            world
                .cluster
                .sign_text(SESSION, claims.replacen('{', r#"{"new":[0.5],"#, 1)),
        ),
    ]
}

fn members(world: &World) -> Vec<Case> {
    let invalid = |name, changes: Value| Case::bad(name, "member_invalid").token(world.session(&changes));
    let missing = |name, member: &str| {
        Case::bad(name, "member_missing").token(world.cluster.sign(SESSION, &without(&world.session, member)))
    };
    vec![
        missing("token_without_fph", "fph"),
        missing("token_without_seq", "seq"),
        missing("token_without_ent", "ent"),
        invalid("seq_is_true", json!({"seq": true})),
        invalid("seq_is_a_text", json!({"seq": "41297"})),
        invalid("seq_is_negative", json!({"seq": -1})),
        invalid("exp_is_null", json!({"exp": null})),
        invalid("iat_is_negative", json!({"iat": -1})),
        invalid("hb_is_a_text", json!({"hb": "300"})),
        invalid("off_is_unknown", json!({"off": "always"})),
        invalid("off_is_in_upper_case", json!({"off": "LENIENT"})),
        invalid("sid_is_the_secret_one", json!({"sid": "sid_b3xk9q2m7v4t8z1c"})),
        invalid("lic_is_a_customer", json!({"lic": world.session["cus"]})),
        invalid("aud_is_a_list", json!({"aud": ["coditect"]})),
        invalid("aud_is_empty", json!({"aud": ""})),
        invalid("plan_is_a_number", json!({"plan": 1})),
        invalid("fph_of_31_bytes", json!({"fph": base64url([7; 31])})),
        invalid("fph_in_hexadecimal", json!({"fph": "07".repeat(32)})),
    ]
}

fn entitlements(world: &World) -> Vec<Case> {
    let invalid =
        |name, entitlement: Value| Case::bad(name, "member_invalid").token(world.session(&json!({"ent": entitlement})));
    vec![
        invalid("entitlement_is_false", json!({"gpu": false})),
        invalid("entitlement_is_null", json!({"gpu": null})),
        invalid("entitlement_is_a_list", json!({"gpu": [1]})),
        invalid("entitlement_is_an_object", json!({"gpu": {"count": 1}})),
        invalid(
            "entitlement_beyond_64_signed_bits",
            json!({"gpu": 9_223_372_036_854_775_808_u64}),
        ),
        invalid("entitlements_are_a_list", json!(["gpu"])),
    ]
}

fn rules(world: &World) -> Vec<Case> {
    let case = |name, reason, changes: Value| Case::bad(name, reason).token(world.session(&changes));
    vec![
        case(
            "token_of_another_cluster",
            "other_cluster",
            json!({"iss": "clu_another"}),
        ),
        case(
            "product_is_not_certified",
            "product_not_certified",
            json!({"aud": "studio"}),
        ),
        case("exp_before_iat", "times_out_of_order", json!({"exp": ISSUED - 1})),
        case("gex_before_exp", "times_out_of_order", json!({"gex": ISSUED + 349})),
        case("grace_in_strict_mode", "grace_in_strict_mode", json!({"off": "strict"})),
        case(
            "grace_longer_than_certified",
            "grace_too_long",
            json!({"gex": ISSUED + GRACE_MAX + 1}),
        ),
        case(
            "grace_after_the_certificates_end",
            "outlives_certificate",
            json!({"iat": CERTIFIED_UNTIL - 1_000, "exp": CERTIFIED_UNTIL - 650, "gex": CERTIFIED_UNTIL + 1}),
        ),
    ]
}

fn expectations(world: &World) -> Vec<Case> {
    let case = |name, reason, changes: Value| Case::bad(name, reason).expectations(&world.expecting(&changes));
    vec![
        case(
            "another_product_is_expected",
            "wrong_product",
            json!({"product": "forge"}),
        ),
        case(
            "another_machine_is_expected",
            "wrong_fingerprint",
            json!({"fingerprint": base64url([7; 32])}),
        ),
        case("later_seq_is_expected", "seq_too_small", json!({"seq_min": 41_298})),
    ]
}
