//! The cluster's secrets, as a joining node gets them in its admission.
//!
//! Property: what is read is written as bytes that read back as the same.

use usher::keys::Secrets;

use crate::memory::bounded;

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let Ok(secrets) = bounded(bytes, || Secrets::from_bytes(bytes)) else {
        return;
    };
    let written = secrets.to_bytes();
    let again = Secrets::from_bytes(&written).expect("what was written is read");
    assert_eq!(*again.to_bytes(), *written);
}
