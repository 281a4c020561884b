//! Durability: the raft log, checkpoints of the ledger, snapshots, and the disk that they lie on.
//!
//! This crate promises that what it acknowledged is there after a power cut at any moment, and that bytes which are not
//! what was written are reported and never used. It must never decide anything about seats, and it knows nothing of
//! raft: log entries, votes, log ids and memberships are opaque bytes here.
//!
//! Reading order: [`disk`] (where bytes live), `codec` (the envelope around all of them), [`log`], [`checkpoint`],
//! [`snapshot`].

pub mod checkpoint;
mod codec;
mod directory;
pub mod disk;
mod error;
#[cfg(any(test, feature = "sim"))]
pub mod faulty;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod identity;
mod lanes;
pub mod log;
mod lost_sync;
mod memory;
pub mod snapshot;

pub use directory::Directory;
pub use error::Error;
pub use identity::{Contents, StoreId, contents, identify};
pub use memory::MemoryDisk;
