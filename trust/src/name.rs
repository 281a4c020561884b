//! The names that claims carry: ids with a prefix, and the codes of products and plans.
//!
//! This crate compares names and does not make them, so it asks only for the shape that the contract gives: a client
//! of today has to read the ids of a server of tomorrow. What it does insist on is the prefix, which keeps one kind of
//! id, above all the secret `sid_…`, out of another one's claim.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// The most characters behind an id's prefix, and in a code.
const LENGTH_MAX: usize = 64;

/// A text that is not a name of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct NameError(&'static str);

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The form of such a name, for errors.
            pub const EXPECTED: &'static str = $expected;

            /// The name as on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                let accepts: fn(&str) -> bool = $accepts;
                if accepts(&text) { Ok(Self(text)) } else { Err(NameError(Self::EXPECTED)) }
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                text.to_owned().try_into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

name!(
    /// A cluster's id: the subject of a certificate and the issuer of session tokens.
    ClusterId, "`clu_` and 1 to 64 characters of 0-9 a-z", |text| is_id(text, "clu_")
);
name!(
    /// A license's id.
    LicenseId, "`lic_` and 1 to 64 characters of 0-9 a-z", |text| is_id(text, "lic_")
);
name!(
    /// A customer's id.
    CustomerId, "`cus_` and 1 to 64 characters of 0-9 a-z", |text| is_id(text, "cus_")
);
name!(
    /// A person's id.
    PersonId, "`per_` and 1 to 64 characters of 0-9 a-z", |text| is_id(text, "per_")
);
name!(
    /// A session's public name; not its secret `session_id`.
    SessionName, "`ses_` and 1 to 64 characters of 0-9 a-z", |text| is_id(text, "ses_")
);
name!(
    /// A product's code, such as `coditect`.
    ProductCode, "a code of 1 to 64 bytes without control characters", is_code
);
name!(
    /// A plan's code, such as `pro`.
    PlanCode, "a code of 1 to 64 bytes without control characters", is_code
);

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        (1..=LENGTH_MAX).contains(&rest.len())
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
    })
}

fn is_code(text: &str) -> bool {
    (1..=LENGTH_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn an_id_of_another_kind_is_refused() {
        assert!("ses_8kq2v0".parse::<SessionName>().is_ok());
        for text in [
            "sid_8kq2v0",
            "ses_",
            "ses_8K",
            "ses_8 k",
            "ses8k",
            "",
            &format!("ses_{}", "a".repeat(65)),
        ] {
            assert!(text.parse::<SessionName>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_code_is_short_and_without_control_characters() {
        assert!("coditect".parse::<ProductCode>().is_ok());
        for text in ["", "a\nb", &"x".repeat(65)] {
            assert!(text.parse::<ProductCode>().is_err(), "{text:?}");
        }
        assert_eq!(
            "".parse::<PlanCode>().unwrap_err().to_string(),
            "expected a code of 1 to 64 bytes without control characters"
        );
    }
}
