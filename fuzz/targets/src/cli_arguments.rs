//! The command line: a line for each argument behind `usher`.
//!
//! Property: it is understood, and always in the same way, or there are words about what is wrong. Nothing is carried
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
        Ok(understood) => assert_eq!(usher::cli::understood(arguments()), Ok(understood)),
        Err(told) => assert!(!told.trim().is_empty()),
    }
}
