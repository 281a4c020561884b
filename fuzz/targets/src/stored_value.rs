//! The envelope around everything that is stored, and what lies in it. The first byte says of which kind, the second how
//! long the key is; then come the key and the value. A first byte beyond the kinds is followed by a `FORMAT` file.
//!
//! Property: an envelope that opens is the one that sealing its payload makes, so there is one for each value in each
//! place; and a payload that is read is written as one that reads back as the same.

use storage::fuzzing::{Value, format_file};

use crate::choose;
use crate::memory::bounded;

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let Some((value, rest)) = choose(&Value::ALL, bytes) else {
        return check_format(bytes.get(1..).unwrap_or_default());
    };
    let Some((length, rest)) = rest.split_first() else {
        return;
    };
    let Some((key, payload)) = rest.split_at_checked(usize::from(*length)) else {
        return;
    };
    if let Some(opened) = bounded(bytes, || value.open(key, payload)) {
        assert_eq!(value.seal(key, &opened), payload, "two envelopes hold the same");
    }
    assert_eq!(value.open(key, &value.seal(key, payload)).as_deref(), Some(payload));
    if let Some(again) = bounded(bytes, || value.again(key, payload)) {
        assert_eq!(value.again(key, &again).as_ref(), Some(&again));
    }
}

fn check_format(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(store) = bounded(bytes, || format_file(&text)) {
        let said = text.lines().nth(2);
        assert_eq!(said, Some(&*format!("store {store}")));
    }
}
