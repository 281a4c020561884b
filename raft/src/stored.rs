//! What raft stores, as bytes. The envelopes around them, with versions and checksums, are storage's.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The bytes of something of raft.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("log data has no type that postcard cannot write")
}

/// What those bytes were; `what` names them in the error.
pub(crate) fn decode<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> io::Result<T> {
    postcard::from_bytes(bytes)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("{what} cannot be read: {error}")))
}

/// Bytes that storage vouches for but that do not mean anything: another version wrote them.
pub(crate) fn damaged(file: &str, what: &io::Error) -> storage::Error {
    storage::Error::Corrupt {
        file: file.to_owned(),
        what: what.to_string(),
    }
}
