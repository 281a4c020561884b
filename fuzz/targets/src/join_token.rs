//! Join tokens, as an operator pastes them.
//!
//! Property: a token has one spelling, white space around it apart.

use raft::JoinToken;

use crate::memory::bounded;

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(token) = bounded(bytes, || text.parse::<JoinToken>()) {
        assert_eq!(token.to_string(), text.trim());
    }
}
