//! Session tokens and their chains as a client gets them: a line with the token, then a line for each certificate.
//!
//! Property: what verifies was signed. Every accepted artefact is, byte for byte, one of the test vectors' good ones; no
//! other spelling of it, and nothing made from it, is taken.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;
use trust::{Expectations, verify_chain, verify_session};

use crate::memory::bounded;
use crate::signing::{NOW, roots};

/// All texts of the test vectors that verify, each signed artefact among them.
static SIGNED: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let vectors = include_str!("../../../trust/tests/vectors/session-v1.json");
    let vectors: Value = serde_json::from_str(vectors).expect("the vectors are JSON");
    let mut texts = BTreeSet::new();
    for verifies in ["token", "chain", "good"] {
        collect(&vectors[verifies], &mut texts);
    }
    texts
});

fn collect(value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => _ = texts.insert(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
        Value::Object(members) => members.values().for_each(|value| collect(value, texts)),
        _ => {}
    }
}

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.split('\n');
    let token = lines.next().unwrap_or_default();
    let chain: Vec<&str> = lines.collect();
    let (roots, expectations) = (roots(), Expectations::at(NOW));
    let (session, certificates) = bounded(bytes, || {
        (
            verify_session(token, &chain, &roots, &expectations),
            verify_chain(&chain, &roots, NOW),
        )
    });
    if certificates.is_ok() {
        for certificate in &chain {
            assert!(SIGNED.contains(*certificate), "nobody signed {certificate}");
        }
    }
    if let Ok(session) = session {
        assert!(SIGNED.contains(token), "nobody signed {token}");
        assert_eq!(Ok(session.chain), certificates, "a token stands on a chain that stands");
    }
}
