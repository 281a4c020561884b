//! The command line: a line for each argument behind `usher`.
//!
//! Property: it is understood, or there are words about what is wrong, and both whenever it is asked. Nothing is carried
//! out here.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let arguments = || {
        let typed = bytes
            .split(|byte| *byte == b'\n')
            .filter(|argument| !argument.is_empty());
        let typed = typed.map(|argument| OsString::from_vec(argument.to_vec()));
        std::iter::once(OsString::from("usher")).chain(typed)
    };
    match usher::cli::understood(arguments()) {
        Ok(_) => assert!(usher::cli::understood(arguments()).is_ok()),
        Err(told) => assert!(!told.trim().is_empty()),
    }
}
