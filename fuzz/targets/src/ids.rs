//! Ids and names, as they stand in paths, queries, tokens and log lines.
//!
//! Property: each has one spelling. A second one would be a second name for the same row, and so a way around whatever
//! compares names.

use std::fmt::Display;
use std::str::FromStr;

use usher::lookup::SessionId;

use crate::memory::bounded;

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    bounded(bytes, || {
        one_spelling::<licensing::id::ClusterId>(text);
        one_spelling::<licensing::id::ProductId>(text);
        one_spelling::<licensing::id::PlanId>(text);
        one_spelling::<licensing::id::CustomerId>(text);
        one_spelling::<licensing::id::LicenseId>(text);
        one_spelling::<licensing::id::ApiTokenId>(text);
        one_spelling::<licensing::id::JoinTokenId>(text);
        one_spelling::<licensing::id::RequestId>(text);
        one_spelling::<licensing::id::HolderKey>(text);
        one_spelling::<licensing::id::SessionHash>(text);
        one_spelling::<licensing::id::SessionName>(text);
        one_spelling::<licensing::id::SecretHash>(text);
        one_spelling::<trust::ClusterId>(text);
        one_spelling::<trust::ProductCode>(text);
        one_spelling::<trust::LicenseId>(text);
        one_spelling::<trust::CustomerId>(text);
        one_spelling::<trust::PlanCode>(text);
        one_spelling::<trust::SessionName>(text);
        one_spelling::<trust::KeyId>(text);
        one_spelling::<trust::PublicKey>(text);
        one_spelling::<trust::FingerprintHash>(text);
    });
    if let Some(session) = SessionId::parse(text) {
        assert_eq!(session.reveal(), text);
    }
}

fn one_spelling<T: FromStr + Display>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(
            value.to_string(),
            text,
            "{} has two spellings",
            std::any::type_name::<T>()
        );
    }
}
