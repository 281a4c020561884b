//! License keys, as people type them.
//!
//! Property: every spelling that is understood leads to one key, whose own spelling leads back to it; and it does so in
//! lower case and without dashes too.

use usher::license_key::LicenseKey;

use crate::memory::bounded;

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(key) = bounded(bytes, || LicenseKey::parse(text)) else {
        return;
    };
    let (prefix, body) = key.reveal().split_once('-').expect("a key has a prefix");
    let spellings = [
        key.reveal().to_owned(),
        key.reveal().to_lowercase(),
        format!("{prefix}-{}", body.replace('-', "")),
    ];
    for spelling in spellings {
        assert_eq!(LicenseKey::parse(&spelling).as_ref(), Ok(&key), "{spelling}");
    }
    assert!(key.reveal().ends_with(key.hint()));
}
