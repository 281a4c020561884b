//! A node's key file.
//!
//! Property: what is read is saved as a file that reads back as the same.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use usher::keys::Keys;

use crate::memory::bounded;

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = Keys::path(directory.path());
    fs::write(&path, bytes).expect("the directory can be written");
    fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("the file is ours");
    let Ok(keys) = bounded(bytes, || Keys::load(directory.path())) else {
        return;
    };
    let saved = |keys: &Keys| {
        let directory = tempfile::tempdir().expect("a temporary directory");
        keys.save(directory.path()).expect("the directory can be written");
        let again = Keys::load(directory.path()).expect("what was written is read");
        (
            again,
            fs::read(Keys::path(directory.path())).expect("the file was just written"),
        )
    };
    let (again, written) = saved(&keys);
    assert_eq!(saved(&again).1, written);
    assert_eq!(again.identity.cluster, keys.identity.cluster);
}
