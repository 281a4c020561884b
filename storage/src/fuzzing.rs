//! Doors for `fuzz/targets`, and for nothing else: a snapshot's stream, an envelope and the marks, read from bytes.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::checkpoint::{Mark, Section, extent_again};
use crate::codec::{self, Kind};
use crate::disk::File;
use crate::error::Error;
pub use crate::snapshot::fuzzing::{Received, mend, receive};
use crate::snapshot::fuzzing::{header_again, rows_again};
use crate::{identity, log};

/// A file that is these bytes.
#[derive(Debug)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl File for Bytes {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let from = usize::try_from(offset).ok().and_then(|from| self.0.get(from..));
        let found = from.and_then(|from| from.get(..out.len()));
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, _: u64, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A kind of value that is stored under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// An entry of the log.
    LogEntry,
    /// How far the log was purged.
    Purged,
    /// What a checkpoint is of.
    Checkpoint,
    /// Which audit leaves there are.
    AuditExtent,
    /// The first frame of a snapshot.
    SnapshotHeader,
    /// Some rows of a snapshot.
    SnapshotRows,
    /// A row of the ledger, with the number of its section before its key.
    Row,
}

impl Value {
    /// Every kind that is tried.
    pub const ALL: [Self; 7] = [
        Self::LogEntry,
        Self::Purged,
        Self::Checkpoint,
        Self::AuditExtent,
        Self::SnapshotHeader,
        Self::SnapshotRows,
        Self::Row,
    ];

    const fn kind(self) -> Kind {
        match self {
            Self::LogEntry => Kind::LogEntry,
            Self::Purged => Kind::Purged,
            Self::Checkpoint => Kind::Checkpoint,
            Self::AuditExtent => Kind::AuditExtent,
            Self::SnapshotHeader => Kind::SnapshotHeader,
            Self::SnapshotRows => Kind::SnapshotRows,
            Self::Row => Kind::Row,
        }
    }

    /// Takes a payload out of its envelope.
    pub fn open(self, key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        codec::open(self.kind(), key, sealed).ok().map(<[u8]>::to_vec)
    }

    /// Puts a payload into an envelope.
    pub fn seal(self, key: &[u8], payload: &[u8]) -> Vec<u8> {
        codec::seal(self.kind(), key, payload)
    }

    /// Reads a payload, and gives the one that says the same.
    pub fn again(self, key: &[u8], payload: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::LogEntry => Some(payload.to_vec()),
            Self::Purged => log::purged_again(payload),
            Self::Checkpoint => again::<Mark>(payload),
            Self::AuditExtent => extent_again(payload),
            Self::SnapshotHeader => header_again(payload),
            Self::SnapshotRows => rows_again(payload),
            Self::Row => {
                let (section, key) = key.split_first()?;
                let section = Section::from_number(*section)?;
                let row = section.read("state", key, &section.seal(key, payload)).ok()?;
                Some(row.encode())
            }
        }
    }
}

pub(crate) fn again<T: Serialize + DeserializeOwned>(payload: &[u8]) -> Option<Vec<u8>> {
    let value: T = postcard::from_bytes(payload).ok()?;
    Some(postcard::to_stdvec(&value).expect("what postcard has read it can write"))
}

/// Reads the text of a `FORMAT` file.
pub fn format_file(text: &str) -> Result<crate::StoreId, Error> {
    identity::parse(text)
}
