//! Texts as requests carry them: one newtype per kind, checked as it is read, so that a handler never sees a bad one.
//!
//! The ledger checks its own fields again and is the judge of them; the checks here keep nonsense out of the log.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use licensing::person::EMAIL_CHARS_MAX;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use zeroize::Zeroizing;

use crate::address;
use crate::identity::flow::is_own_page;
use crate::license_key::LicenseKey;
use crate::lookup::SessionId;

/// What the characters of a text may be.
type Allowed = fn(char) -> bool;

fn no_control(character: char) -> bool {
    !character.is_control()
}

/// Without control characters, and without those that turn the direction of whatever is written after them.
fn readable(character: char) -> bool {
    no_control(character) && !matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What the document says of a readable text.
const READABLE: &str = r"^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$";

/// What the document says of a text without control characters, as a regular expression. It names the characters, since
/// few readers of such documents know classes of Unicode.
pub(super) const NO_CONTROL: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";

/// The same of a text that may hold anything.
const ANY: &str = r"^[\s\S]*$";

/// The same of an e-mail address: something, one `@`, something, no space of any kind, and none of the characters that
/// come with addresses which are copied.
const EMAIL: &str = concat!(
    r#"^[^@"(),:;<>\[\\\]\u0000-\u0020\u007f-\u00a0\u00ad\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]+"#,
    r#"@[^@"(),:;<>\[\\\]\u0000-\u0020\u007f-\u00a0\u00ad\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]+$"#,
);

/// The same of a place to ask for help: one of both.
const SUPPORT: &str = r"^(https://[A-Za-z0-9\[][!-~]*|[!-?A-~]+@[!-?A-~]+)$";

fn any(_: char) -> bool {
    true
}

pub(super) fn plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

pub(super) fn visible(character: char) -> bool {
    character.is_ascii_graphic()
}

fn scope(character: char) -> bool {
    visible(character) && !matches!(character, '"' | '\\')
}

fn lower(character: char) -> bool {
    character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
}

fn upper(character: char) -> bool {
    character.is_ascii_uppercase() || character.is_ascii_digit()
}

/// Reads a text where it stands and makes of it what `make` says, so that no copy of a secret stays behind.
pub(super) fn read_text<'de, D, T, P>(deserializer: D, make: impl FnOnce(&str) -> Result<T, P>) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    P: Display,
{
    struct Text<F, T, P>(F, PhantomData<(T, P)>);

    impl<F: FnOnce(&str) -> Result<T, P>, T, P: Display> Visitor<'_> for Text<F, T, P> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            (self.0)(text).map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Text(make, PhantomData))
}

/// A whole number in decimal digits and nothing else. Rust's own reading takes a sign before it too.
pub(super) fn digits<T: FromStr>(text: &str) -> Option<T> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

macro_rules! text {
    (
        $(#[doc = $doc:literal])+
        $name:ident: $min:literal..=$max:literal, $allowed:ident, $pattern:expr, $expected:literal
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, PartialEq, Eq)]
        pub(crate) struct $name(Arc<str>);

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl $name {
            fn check(text: &str) -> bool {
                let allowed: Allowed = $allowed;
                ($min..=$max).contains(&text.chars().count()) && text.chars().all(allowed)
            }
        }

        impl From<$name> for Arc<str> {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let problem = concat!("expected ", $expected);
                read_text(deserializer, |text| Self::check(text).then(|| Self(text.into())).ok_or(problem))
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some(concat!($($doc),+).trim()))
                    .min_length(Some($min))
                    .max_length(Some($max))
                    .pattern(Some($pattern))
                    .into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    };
}

text!(
    /// A name for people.
    Name: 1..=200, readable, READABLE, "1 to 200 characters without control characters"
);
text!(
    /// A short name in tokens, commands and addresses, such as `coditect-pro`.
    ShortName: 1..=63, lower, "^[a-z0-9][a-z0-9-]*$", "1 to 63 of a-z 0-9 and -"
);
text!(
    /// What a product's license keys begin with, such as `CODITECT`.
    KeyPrefix: 2..=16, upper, "^[A-Z][A-Z0-9]*$", "2 to 16 of A-Z 0-9"
);
text!(
    /// Why something was done, in the operator's words; clients read it.
    Reason: 1..=200, readable, READABLE, "1 to 200 characters without control characters"
);
text!(
    /// An `https://` address.
    WebAddress: 9..=200, no_control, r"^https://[A-Za-z0-9\[][!-~]*$", "an https:// address of at most 200 characters"
);
text!(
    /// The address of an identity provider: `https://`, but on this machine.
    IssuerUrl: 8..=200, visible, r"^https?://[A-Za-z0-9\[][!-~]*$", "an https:// address of at most 200 characters"
);
text!(
    /// What an identity provider knows this server by.
    ClientId: 1..=200, no_control, NO_CONTROL, "1 to 200 characters without control characters"
);
text!(
    /// What a user's token must be for.
    Audience: 1..=200, no_control, NO_CONTROL, "1 to 200 characters without control characters"
);
text!(
    /// One of the things that an identity provider is asked for, such as `openid`.
    ScopeName: 1..=128, scope, r"^[!#-\[\]-~]+$", "1 to 128 visible characters without quotes and backslashes"
);
text!(
    /// The vendor's own number for a customer, such as a CRM id.
    Reference: 1..=200, no_control, NO_CONTROL, "1 to 200 characters without control characters"
);
text!(
    /// What a client says about itself. An empty text says nothing.
    ClientText: 0..=128, no_control, NO_CONTROL, "at most 128 characters without control characters"
);
text!(
    /// An id, or a code or reference that stands for it.
    Handle: 1..=200, no_control, NO_CONTROL, "an id, code or reference of 1 to 200 characters"
);
text!(
    /// What to look for, in any case.
    Search: 0..=200, no_control, NO_CONTROL, "at most 200 characters without control characters"
);
text!(
    /// A colour as style sheets write it, such as `#0b7a5e`.
    Colour: 7..=7, any, "^#[0-9a-f]{6}$", "# and six of 0-9 a-f, such as #0b7a5e"
);
text!(
    /// Where to ask for help: an e-mail address or an `https://` address.
    Support: 3..=200, no_control, SUPPORT, "an e-mail address or an https:// address of at most 200 characters"
);
text!(
    /// The client's fingerprint. It is hashed at the edge and not kept.
    HardwareId: 8..=256, any, ANY, "8 to 256 characters"
);
text!(
    /// The call's name, chosen by its client: the same one repeats the call, a new one makes a new call.
    RequestName: 8..=64, plain, "^[A-Za-z0-9_-]*$", "8 to 64 of A-Z a-z 0-9 _ -"
);
text!(
    /// The hash of a secret that its owner keeps: SHA-256 in base64url (RFC 7636).
    Challenge: 43..=43, plain, "^[A-Za-z0-9_-]*$", "a SHA-256 in base64url: 43 of A-Z a-z 0-9 _ -"
);

/// A license key as people write it.
pub(crate) struct KeyText(pub LicenseKey);

impl<'de> Deserialize<'de> for KeyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| LicenseKey::parse(text).map(Self))
    }
}

impl PartialSchema for KeyText {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A license key. Case, spaces and missing dashes are forgiven."))
            .pattern(Some(LicenseKey::PATTERN))
            .examples(["CODITECT-7K3M9-4QZXT-1V8NR-C2H6B-W5DJE-0GAPF"])
            .into()
    }
}

impl ToSchema for KeyText {
    fn name() -> Cow<'static, str> {
        "LicenseKey".into()
    }
}

/// The secret id of a session.
#[derive(Clone)]
pub(crate) struct SessionSecret(pub SessionId);

impl<'de> Deserialize<'de> for SessionSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let problem = "expected the session_id that acquire answered: sid_ and 26 characters";
        read_text(deserializer, |text| SessionId::parse(text).map(Self).ok_or(problem))
    }
}

impl PartialSchema for SessionSecret {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "The secret id of a session: whoever has it may keep and release the seat.",
            ))
            .pattern(Some(super::id::pattern("sid", SessionId::BYTES)))
            .into()
    }
}

impl ToSchema for SessionSecret {
    fn name() -> Cow<'static, str> {
        "SessionSecret".into()
    }
}

/// A user's token, from an identity provider or of this server. An empty text is none.
pub(crate) struct UserToken(Zeroizing<String>);

/// The largest user token in bytes.
const USER_TOKEN_BYTES_MAX: usize = 8 * 1024;

impl<'de> Deserialize<'de> for UserToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let problem = "expected a signed JWT of at most 8 KiB, three parts with dots between them";
        read_text(deserializer, |text| {
            Self::check(text)
                .then(|| Self(Zeroizing::new(text.to_owned())))
                .ok_or(problem)
        })
    }
}

impl UserToken {
    /// The token, if there is one.
    pub(crate) fn reveal(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(self.0.as_str())
    }

    fn check(text: &str) -> bool {
        let part = |part: &str| !part.is_empty() && part.chars().all(plain);
        let shaped = text.split('.').count() == 3 && text.split('.').all(part);
        text.len() <= USER_TOKEN_BYTES_MAX && (text.is_empty() || shaped)
    }
}

impl PartialSchema for UserToken {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(USER_TOKEN_BYTES_MAX))
            .pattern(Some(r"^([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)?$"))
            .into()
    }
}

impl ToSchema for UserToken {
    fn name() -> Cow<'static, str> {
        "UserToken".into()
    }
}

/// A page of the console.
pub(crate) struct ReturnTo(String);

impl Deref for ReturnTo {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for ReturnTo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let problem = "expected a page of this server: a path that begins with one /";
        read_text(deserializer, |text| {
            is_own_page(text).then(|| Self(text.to_owned())).ok_or(problem)
        })
    }
}

impl PartialSchema for ReturnTo {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A page of the console."))
            .max_length(Some(500))
            .pattern(Some(r"^/([!-.0-\[\]-~][!-\[\]-~]*)?$"))
            .into()
    }
}

impl ToSchema for ReturnTo {
    fn name() -> Cow<'static, str> {
        "ReturnTo".into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    fn reads<T: for<'de> Deserialize<'de>>(text: &str) -> bool {
        serde_json::from_value::<T>(text.into()).is_ok()
    }

    #[test]
    fn lengths_count_characters_not_bytes() {
        assert!(reads::<HardwareId>("ÄÖÜäöüßé") && !reads::<HardwareId>("1234567"));
        assert!(reads::<Name>(&"é".repeat(200)) && !reads::<Name>(&"é".repeat(201)));
    }

    #[test]
    fn digits_have_no_sign_and_no_space() {
        assert_eq!((digits::<u32>("0"), digits::<u32>("007")), (Some(0), Some(7)));
        for text in ["", "+5", "-0", " 5", "5 ", "1e3", "٣", "4294967296"] {
            assert_eq!(digits::<u32>(text), None, "{text:?}");
        }
    }

    #[test]
    fn names_hold_no_control_characters() {
        assert!(!reads::<Name>("a\nb") && !reads::<Reason>("a\u{7f}") && reads::<Name>("Grüße, 株式会社"));
    }

    #[test]
    fn a_user_token_has_three_parts() {
        assert!(reads::<UserToken>("eyJh.eyJz.c2ln") && reads::<UserToken>(""));
        for text in [
            "eyJh.eyJz",
            "eyJh..c2ln",
            "a.b.c.d",
            "a b.c.d",
            &format!("a.{}.c", "b".repeat(8_192)),
        ] {
            assert!(!reads::<UserToken>(text), "{}", text.len());
        }
    }
}

/// An e-mail address, as the text that stands for it however it was written.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Email(Arc<str>);

const EMAIL_CHARS_MIN: usize = 3;

impl Deref for Email {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<Email> for Arc<str> {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| {
            let address = address::parse(text).ok_or_else(|| {
                format!(
                    "give one address such as ann@example.com, of at most {EMAIL_CHARS_MAX} characters, with nothing \
                     around it"
                )
            })?;
            Ok::<_, String>(Self(address.into()))
        })
    }
}

impl PartialSchema for Email {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("An e-mail address."))
            .min_length(Some(EMAIL_CHARS_MIN))
            .max_length(Some(EMAIL_CHARS_MAX))
            .pattern(Some(EMAIL))
            .into()
    }
}

impl ToSchema for Email {
    fn name() -> Cow<'static, str> {
        "Email".into()
    }
}
