//! Artefacts whose form, header or signature is wrong.

use serde_json::{Value, json};

use super::{Case, World};
use crate::forge::{ISSUER, Key, SESSION, base64url, bytes, parts, sha256, with_stray_bits};

pub(crate) fn cases(world: &World) -> Vec<Case> {
    [
        lengths(world),
        encodings(world),
        headers(world),
        kinds(world),
        signatures(world),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn lengths(world: &World) -> Vec<Case> {
    let token = world.good_session();
    let [header, claims, _] = parts(&token);
    vec![
        Case::bad("token_longer_than_1_kib", "too_long").token(world.session_of_length(1_025)),
        Case::bad("certificate_longer_than_8_kib", "too_long").chain(&[world.certificate_of_length(8_193)]),
        Case::bad("token_is_empty", "not_three_parts").token(""),
        Case::bad("token_of_two_parts", "not_three_parts").token(format!("{header}.{claims}")),
        Case::bad("token_of_four_parts", "not_three_parts").token(format!("{token}.")),
        Case::bad("signature_is_empty", "not_base64url").token(format!("{header}.{claims}.")),
        Case::bad("signature_of_63_bytes", "not_base64url").token(format!("{header}.{claims}.{}", base64url([0; 63]))),
        Case::bad("signature_of_65_bytes", "not_base64url").token(format!("{header}.{claims}.{}", base64url([0; 65]))),
    ]
}

fn encodings(world: &World) -> Vec<Case> {
    let token = world.good_session();
    let [header, claims, signature] = parts(&token);
    let other_alphabet = signature.replace('-', "+").replace('_', "/");
    assert_ne!(
        signature, other_alphabet,
        "the good signature has characters that the alphabets write differently"
    );
    let stray_claims = with_stray_bits(&base64url(padded_to_stray(&world.session)));
    vec![
        Case::bad("token_with_padding", "not_base64url").token(format!("{token}==")),
        Case::bad("token_with_a_line_end", "not_base64url").token(format!("{token}\n")),
        Case::bad("token_with_a_space_in_front", "not_base64url").token(format!(" {token}")),
        Case::bad("header_with_padding", "not_base64url").token(format!("{header}=.{claims}.{signature}")),
        Case::bad("signature_in_the_other_alphabet", "not_base64url")
            .token(format!("{header}.{claims}.{other_alphabet}")),
        Case::bad("signature_with_stray_bits", "not_base64url")
            .token(format!("{header}.{claims}.{}", with_stray_bits(signature))),
        Case::bad("signed_claims_with_stray_bits", "not_base64url")
            .token(world.cluster.sign_parts(header, &stray_claims)),
        Case::bad("signed_claims_with_padding", "not_base64url").token(
            world
                .cluster
                .sign_parts(header, &format!("{}=", base64url(padded_to_stray(&world.session)))),
        ),
        Case::bad("certificate_with_a_line_end", "not_base64url").chain(&[world.good_certificate() + "\n"]),
    ]
}

/// Claims of a length whose base64url has two idle bits in its last character.
fn padded_to_stray(claims: &Value) -> String {
    let text = claims.to_string();
    let spaces = (2 + 3 - text.len() % 3) % 3;
    text + &" ".repeat(spaces)
}

fn headers(world: &World) -> Vec<Case> {
    let (key, kid) = (&world.cluster, &world.cluster.kid);
    let stranger = &world.stranger;
    let claims = world.session.to_string();
    let signed = |name, header: String| Case::bad(name, "not_the_header").token(key.sign_under(&header, &claims));
    let unsigned = key.header(SESSION).replace("Ed25519", "none");
    vec![
        Case::bad("alg_none", "not_the_header").token(format!("{}.{}.", base64url(unsigned), base64url(&claims))),
        Case::bad("alg_hs256_keyed_with_the_public_key", "not_the_header").token(hs256(key, &claims)),
        signed("alg_eddsa", key.header(SESSION).replace("Ed25519", "EdDSA")),
        signed("alg_in_lower_case", key.header(SESSION).replace("Ed25519", "ed25519")),
        signed(
            "alg_twice",
            key.header(SESSION).replace(r#"{"alg""#, r#"{"alg":"none","alg""#),
        ),
        signed(
            "header_in_another_order",
            format!(r#"{{"typ":"{SESSION}","alg":"Ed25519","kid":"{kid}"}}"#),
        ),
        signed("header_with_white_space", key.header(SESSION).replace(',', ", ")),
        signed("header_with_escapes", key.header(SESSION).replace("alg", r"\u0061lg")),
        signed("header_without_typ", format!(r#"{{"alg":"Ed25519","kid":"{kid}"}}"#)),
        signed(
            "header_without_kid",
            format!(r#"{{"alg":"Ed25519","typ":"{SESSION}"}}"#),
        ),
        signed(
            "header_with_an_empty_kid",
            format!(r#"{{"alg":"Ed25519","typ":"{SESSION}","kid":""}}"#),
        ),
        signed(
            "header_with_stray_bits_in_kid",
            key.header(SESSION).replace(kid, &with_stray_bits(kid)),
        ),
        signed(
            "header_with_crit",
            key.header(SESSION).replace('}', r#","crit":["b64"],"b64":false}"#),
        ),
        signed(
            "header_with_jku",
            key.header(SESSION)
                .replace('}', r#","jku":"https://example.com/keys"}"#),
        ),
        signed("header_is_not_json", "Ed25519".to_owned()),
        Case::bad("header_brings_its_own_key", "not_the_header").token(
            stranger.sign_under(
                &stranger
                    .header(SESSION)
                    .replace('}', &format!(r#","jwk":{}}}"#, stranger.jwk())),
                &claims,
            ),
        ),
        Case::bad("certificate_with_alg_eddsa", "not_the_header").chain(&[world.root.sign_under(
            &world.root.header(ISSUER).replace("Ed25519", "EdDSA"),
            world.certificate.to_string(),
        )]),
    ]
}

/// The classic confusion: a MAC under the public key, for a verifier that lets the header choose.
fn hs256(key: &Key, claims: &str) -> String {
    let header = key.header(SESSION).replace("Ed25519", "HS256");
    let signed = format!("{}.{}", base64url(header), base64url(claims));
    let block = |pad: u8| {
        let mut block = [pad; 64];
        block.iter_mut().zip(key.x.bytes()).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = sha256([&block(0x36)[..], signed.as_bytes()].concat());
    let mac = sha256([&block(0x5c)[..], &inner].concat());
    format!("{signed}.{}", base64url(mac))
}

fn kinds(world: &World) -> Vec<Case> {
    let small_certificate = world.certificate(&json!({"products": []}));
    vec![
        Case::bad("certificate_in_the_tokens_place", "wrong_type").token(small_certificate),
        Case::bad("token_in_the_certificates_place", "wrong_type").chain(&[world.good_session()]),
        Case::bad("token_of_typ_jwt", "wrong_type").token(world.cluster.sign("JWT", &world.session)),
        Case::bad("token_with_the_certificates_typ", "wrong_type").token(world.cluster.sign(ISSUER, &world.session)),
        Case::bad("certificate_with_the_tokens_typ", "wrong_type")
            .chain(&[world.root.sign(SESSION, &world.certificate)]),
    ]
}

fn signatures(world: &World) -> Vec<Case> {
    let token = world.good_session();
    let [header, claims, signature] = parts(&token);
    let later = world.session(&json!({"seq": 50_000}));
    let [_, later_claims, _] = parts(&later);
    let certificate = world.good_certificate();
    let [certificate_header, _, certificate_signature] = parts(&certificate);
    let widened = base64url(world.certificate.to_string().replace("forge", "other"));
    let under_certified_kid = world
        .stranger
        .sign_under(&world.cluster.header(SESSION), world.session.to_string());
    vec![
        Case::bad("token_by_another_key", "wrong_signer").token(world.stranger.sign(SESSION, &world.session)),
        Case::bad("token_by_the_root_itself", "wrong_signer").token(world.root.sign(SESSION, &world.session)),
        Case::bad("token_by_another_key_under_the_certified_kid", "bad_signature").token(under_certified_kid),
        Case::bad("claims_of_a_later_token", "bad_signature").token(format!("{header}.{later_claims}.{signature}")),
        Case::bad("signature_of_zeros", "bad_signature").token(format!("{header}.{claims}.{}", base64url([0; 64]))),
        Case::bad("signature_with_an_unreduced_scalar", "bad_signature")
            .token(format!("{header}.{claims}.{}", unreduced(signature))),
        Case::bad("certificate_with_other_claims", "bad_signature")
            .chain(&[format!("{certificate_header}.{widened}.{certificate_signature}")]),
        Case::bad("certificate_by_another_key_under_the_roots_kid", "bad_signature").chain(&[world
            .stranger
            .sign_under(&world.root.header(ISSUER), world.certificate.to_string())]),
    ]
}

/// The same signature with the group's order added to its scalar: it satisfies the equation, and is a second one.
fn unreduced(signature: &str) -> String {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut bytes = bytes(signature);
    let mut carry = 0;
    for (byte, order) in bytes[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    base64url(bytes)
}
