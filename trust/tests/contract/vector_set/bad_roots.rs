//! Texts that are not a file of roots.

use serde_json::{Value, json};

use super::World;
use crate::forge::{base64url, thumbprint, with, without};

pub(crate) fn cases(world: &World) -> Vec<Value> {
    let root = world.root.root();
    let file = |keys: &[&Value]| json!({"keys": keys}).to_string();
    let changed = |changes: Value| file(&[&with(&root, &changes)]);
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let neutral = base64url(neutral);
    let case = |name: &str, reason: &str, text: String| json!({"name": name, "reason": reason, "text": text});
    vec![
        case("roots_are_empty", "roots_empty", file(&[])),
        case("roots_are_missing", "member_missing", "{}".to_owned()),
        case("roots_are_a_list", "not_an_object", json!([root]).to_string()),
        case("roots_are_not_json", "not_json", file(&[&root]) + "x"),
        case(
            "root_with_its_secret",
            "private_key",
            changed(json!({"d": base64url([1; 32])})),
        ),
        case(
            "root_with_another_kid",
            "wrong_kid",
            changed(json!({"kid": world.other_root.kid})),
        ),
        case("root_without_kid", "member_missing", file(&[&without(&root, "kid")])),
        case("root_twice", "duplicate_key", file(&[&root, &root])),
        case("root_of_another_type", "member_invalid", changed(json!({"kty": "EC"}))),
        case(
            "root_of_another_curve",
            "member_invalid",
            changed(json!({"crv": "X25519"})),
        ),
        case("root_for_encryption", "member_invalid", changed(json!({"use": "enc"}))),
        case(
            "root_for_another_alg",
            "member_invalid",
            changed(json!({"alg": "EdDSA"})),
        ),
        case(
            "root_of_31_bytes",
            "member_invalid",
            changed(json!({"x": base64url([1; 31])})),
        ),
        case(
            "root_of_small_order",
            "member_invalid",
            changed(json!({"kid": thumbprint(&neutral), "x": neutral})),
        ),
        case(
            "root_with_an_unknown_member",
            "member_unknown",
            changed(json!({"x5u": "https://example.com"})),
        ),
        case(
            "roots_with_an_unknown_member",
            "member_unknown",
            json!({"keys": [root], "url": ""}).to_string(),
        ),
        case(
            "root_with_a_repeated_name",
            "duplicate_name",
            file(&[&root]).replace("\"x\":", "\"x\":\"\",\"x\":"),
        ),
    ]
}
