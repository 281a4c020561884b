//! The vendor's root file, public and private.
//!
//! Property: what is read is written as a text that reads back as the same and is then stable. A private key is never
//! taken for a public one.

use trust::{RootKeyFile, RootSet};

use crate::memory::bounded;

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let public = bounded(bytes, || RootSet::parse(text));
    let private = bounded(bytes, || RootKeyFile::parse(text));
    assert!(public.is_err() || private.is_err(), "a file is one of the two");
    if let Ok(roots) = public {
        let written = roots.to_json();
        let again = RootSet::parse(&written).expect("what was written is read");
        assert_eq!(again, roots);
        assert_eq!(again.to_json(), written);
    }
    if let Ok(file) = private {
        let again = RootKeyFile::parse(&file.to_json()).expect("what was written is read");
        assert_eq!(again.key().to_seed(), file.key().to_seed());
    }
}
