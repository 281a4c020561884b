//! What people type in and nobody else is to see: passwords, codes, the secrets of links, second factors and identity
//! providers; and the keys of those, which hold no secret.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};
use zeroize::Zeroizing;

use super::text::{NO_CONTROL, read_text};
use crate::identity::key_set::KeySet;
use crate::identity::password::Typed;
use crate::identity::totp::{DIGITS, SECRET_CHARS, Secret};

/// The fewest and the most characters of a password that is chosen. There are no rules about which, but that somebody can
/// type them.
const PASSWORD_CHARS_MIN: usize = 12;
const PASSWORD_CHARS_MAX: usize = 128;

/// The longest secret of a link that is looked for.
const LINK_CHARS_MAX: usize = 128;

/// A password as somebody typed it.
pub(crate) struct PasswordText(pub(super) Typed);

/// A password that is chosen anew.
pub(crate) struct NewPassword(pub(super) Typed);

/// A code of a second factor.
pub(crate) struct Code6(Zeroizing<String>);

/// The secret of a second factor.
pub(crate) struct TotpSecret(pub(super) Secret);

/// The secret whose hash was shown before (RFC 7636).
pub(crate) struct Verifier(Zeroizing<String>);

/// What the console gave a program for a user token.
pub(crate) struct LoginCode(Zeroizing<String>);

/// The secret of a link.
pub(crate) struct InvitationText(pub(super) Zeroizing<String>);

/// The secret that an identity provider knows this server by.
pub(crate) struct ClientSecretText(pub(super) Zeroizing<String>);

/// The longest of them.
const CLIENT_SECRET_CHARS_MAX: usize = 500;

/// A JSON web key set of public keys.
pub(crate) struct KeySetText(Arc<str>);

impl From<KeySetText> for Arc<str> {
    fn from(keys: KeySetText) -> Self {
        keys.0
    }
}

impl KeySetText {
    fn read(written: &Value) -> Result<Self, String> {
        let is_secret = |key: &Value| ["d", "k"].iter().any(|member| key.get(member).is_some());
        let keys = written["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
        // A set that is fetched may have what nobody here knows; in one that is given here it is a slip.
        if let Some(place) = keys.iter().position(|key| !key.is_object()) {
            return Err(format!("keys[{place}] is no key: expected an object"));
        }
        if keys.iter().any(is_secret) {
            return Err("a private key or a shared secret is in it; give the public keys alone".to_owned());
        }
        let text = written.to_string();
        KeySet::parse(text.as_bytes()).map_err(|error| error.to_string())?;
        Ok(Self(text.into()))
    }
}

impl<'de> Deserialize<'de> for KeySetText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl PartialSchema for KeySetText {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("A JSON web key set (RFC 7517) of public keys."))
            .into()
    }
}

impl ToSchema for KeySetText {
    fn name() -> Cow<'static, str> {
        "KeySet".into()
    }
}

impl<'de> Deserialize<'de> for ClientSecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| {
            let holds =
                (1..=CLIENT_SECRET_CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
            holds
                .then(|| Self(secret(text)))
                .ok_or("expected 1 to 500 visible characters of ASCII")
        })
    }
}

macro_rules! read_as_text {
    ($($name:ident),+) => {$(
        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }
    )+};
}

read_as_text!(Code6, Verifier, LoginCode);

/// The fewest and the most characters of a verifier (RFC 7636).
const VERIFIER_CHARS_MIN: usize = 43;
const VERIFIER_CHARS_MAX: usize = 128;

/// The longest code that is looked at.
const LOGIN_CODE_CHARS_MAX: usize = 256;

/// Whether it is written in base64url.
fn is_base64url(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

impl<'de> Deserialize<'de> for Verifier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| {
            let holds = (VERIFIER_CHARS_MIN..=VERIFIER_CHARS_MAX).contains(&text.len()) && is_base64url(text);
            holds
                .then(|| Self(secret(text)))
                .ok_or("expected 43 to 128 of A-Z a-z 0-9 _ -")
        })
    }
}

impl<'de> Deserialize<'de> for LoginCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| {
            let holds = (1..=LOGIN_CODE_CHARS_MAX).contains(&text.len()) && is_base64url(text);
            holds
                .then(|| Self(secret(text)))
                .ok_or("expected the code that the console gave")
        })
    }
}

/// Whether a person can have typed this: a control character would be a program's mistake.
fn is_typed(text: &str, chars_min: usize) -> bool {
    (chars_min..=PASSWORD_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

impl<'de> Deserialize<'de> for PasswordText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| {
            let problem = "expected 1 to 128 characters without control characters";
            is_typed(text, 1).then(|| Self(secret(text))).ok_or(problem)
        })
    }
}

impl<'de> Deserialize<'de> for NewPassword {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| {
            let problem = "expected 12 to 128 characters without control characters";
            is_typed(text, PASSWORD_CHARS_MIN)
                .then(|| Self(secret(text)))
                .ok_or(problem)
        })
    }
}

impl<'de> Deserialize<'de> for Code6 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| {
            let holds = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
            holds.then(|| Self(secret(text))).ok_or("expected 6 digits")
        })
    }
}

impl<'de> Deserialize<'de> for TotpSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let problem = "expected the secret that the first call answered: 32 of A-Z 2-7";
        read_text(deserializer, |text| Secret::parse(text).map(Self).ok_or(problem))
    }
}

impl<'de> Deserialize<'de> for InvitationText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| {
            let holds = (1..=LINK_CHARS_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
            holds
                .then(|| Self(secret(text)))
                .ok_or("expected what follows the # in the link")
        })
    }
}

macro_rules! documented {
    ($($name:ident, $wire:literal, $description:literal, $min:expr, $max:expr, $pattern:expr;)+) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some($description))
                    .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
                    .min_length(Some($min))
                    .max_length(Some($max))
                    .pattern(Some($pattern))
                    .into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                $wire.into()
            }
        }
    )+};
}

documented!(
    PasswordText, "Password", "A password.", 1, PASSWORD_CHARS_MAX, NO_CONTROL;
    NewPassword, "NewPassword", "A password that is chosen, of any characters that can be typed.", PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX, NO_CONTROL;
    Code6, "TotpCode", "A code of a second factor.", DIGITS, DIGITS, "^[0-9]{6}$";
    TotpSecret, "TotpSecret", "The secret of a second factor.", SECRET_CHARS, SECRET_CHARS, "^[A-Z2-7]{32}$";
    Verifier, "Verifier", "The secret whose hash was shown before (RFC 7636).", VERIFIER_CHARS_MIN, VERIFIER_CHARS_MAX, "^[A-Za-z0-9_-]*$";
    LoginCode, "LoginCode", "What the console gave.", 1, LOGIN_CODE_CHARS_MAX, "^[A-Za-z0-9_-]*$";
    ClientSecretText, "ClientSecret", "The secret that an identity provider knows this server by.", 1, CLIENT_SECRET_CHARS_MAX, "^[!-~]+$";
    InvitationText, "LinkSecret", "What follows the `#` in a link.", 1, LINK_CHARS_MAX, "^[!-~]+$";
);

#[cfg(test)]
mod tests {
    use super::*;

    fn reads<T: for<'de> Deserialize<'de>>(text: &str) -> bool {
        serde_json::from_value::<T>(text.into()).is_ok()
    }

    #[test]
    fn a_new_password_has_12_to_128_characters_of_any_kind() {
        assert!(reads::<NewPassword>("Grüße, 株式会社です") && reads::<NewPassword>(&"é".repeat(128)));
        assert!(!reads::<NewPassword>("elevenchars") && !reads::<NewPassword>(&"a".repeat(129)));
        assert!(reads::<PasswordText>("short") && !reads::<PasswordText>(""));
    }

    #[test]
    fn keys_that_are_given_are_all_keys() {
        let key =
            serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        let keys = |more: Value| KeySetText::read(&serde_json::json!({"keys": [key, more]})).map(drop);
        assert_eq!(keys(key.clone()), Ok(()));
        for other in [serde_json::json!([key]), serde_json::json!("x"), Value::Null] {
            assert_eq!(keys(other), Err("keys[1] is no key: expected an object".to_owned()));
        }
    }

    #[test]
    fn a_code_is_six_digits() {
        assert!(reads::<Code6>("012345"));
        for text in ["12345", "1234567", "12345a", "١٢٣٤٥٦", "+12345"] {
            assert!(!reads::<Code6>(text), "{text}");
        }
    }
}
