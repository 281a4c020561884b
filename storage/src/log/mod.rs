//! The raft log on disk, with group commit: whatever was handed over while one fsync ran goes into the next one.
//!
//! Everything is written in the order it was handed over, votes and entries in one line. Raft needs that: an entry that
//! became durable before the vote it was accepted under could be lost by a promise that was never kept.

mod queue;
mod stats;
mod table;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::disk::{Disk, Lane, open_or_create, run};
use crate::error::Error;
use queue::{Change, Writer};
use stats::{Counters, Timed};
pub use stats::{FSYNC_BOUNDS, LogStats};
pub(crate) use table::FILE;
use table::LogFile;
#[cfg(feature = "fuzzing")]
pub(crate) use table::purged_again;

/// Told once: when what it belongs to is durable, or will never be.
pub type Done = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// What the log holds when it is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogState {
    /// The last vote that was saved.
    pub vote: Option<Vec<u8>>,
    /// How far the log was known to be committed; may lag behind.
    pub committed: Option<Vec<u8>>,
    /// The last entry that was purged: its index and id.
    pub purged: Option<(u64, Vec<u8>)>,
    /// The index of the first entry.
    pub first: Option<u64>,
    /// The index of the last entry.
    pub last: Option<u64>,
}

/// The log. Clones are handles on the same one.
#[derive(Clone)]
pub struct RaftLog {
    writer: Arc<Writer>,
}

impl fmt::Debug for RaftLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RaftLog").finish_non_exhaustive()
    }
}

impl RaftLog {
    /// Opens the log, creating an empty one on an empty disk, and says what it holds.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the file's pages or marks are not what was written, or an index is missing.
    pub async fn open(disk: Arc<dyn Disk>) -> Result<(Self, LogState), Error> {
        let counters = Arc::new(Counters::default());
        let timed = Arc::clone(&counters);
        let opener = Arc::clone(&disk);
        let (file, state) = run(&disk, Lane::Log, FILE, move || {
            open_or_create(&opener, FILE, |file| LogFile::open(Box::new(Timed::new(file, timed))))
        })
        .await?;
        let writer = Arc::new(Writer::new(disk, file, &state, counters));
        Ok((Self { writer }, state))
    }

    /// Hands over entries, which follow the last one without a gap, and returns at once. `done` is told when they are
    /// durable, from whatever thread that becomes known on.
    pub fn append(&self, entries: Vec<(u64, Vec<u8>)>, done: Done) {
        self.writer.submit(Change::Append(entries), done);
    }

    /// Saves the vote: durable when the future has resolved. It is handed over by the call itself, so its place among
    /// the other changes does not depend on when the future is polled.
    pub fn save_vote(&self, vote: Vec<u8>) -> impl Future<Output = Result<(), Error>> + Send + 'static {
        self.handed_over(Change::Vote(vote))
    }

    /// Notes how far the log is committed. It rides with the next write, or goes by itself a few milliseconds later; a
    /// crash before that loses the note and nothing else.
    pub fn save_committed(&self, committed: Vec<u8>) {
        self.writer.note_committed(committed);
    }

    /// Removes every entry after `index`; all of them if it is `None`.
    pub fn truncate_after(&self, index: Option<u64>, done: Done) {
        self.writer.submit(Change::Truncate(index), done);
    }

    /// Removes every entry up to and with `index`, whose id is `id`. The log may be shorter than that: then the next
    /// entry is the one after `index`.
    pub fn purge(&self, index: u64, id: Vec<u8>, done: Done) {
        self.writer.submit(Change::Purge(index, id), done);
    }

    /// Reads the entries of a range from its start on, as many as fit into `bytes_max` and at least one. Sees everything
    /// that was handed over before. Entries that are not there are left out at the range's end, never in its middle.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if an entry is not what was written.
    pub async fn read(&self, range: Range<u64>, bytes_max: usize) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        if self.writer.is_busy()? {
            self.handed_over(Change::Nothing).await?;
        }
        let writer = Arc::clone(&self.writer);
        run(&self.writer.disk, Lane::Read, FILE, move || {
            writer.file.read(range, bytes_max)
        })
        .await
    }

    /// Resolves when everything that was handed over before is durable, the note of what is committed with it.
    ///
    /// # Errors
    ///
    /// Whatever ended the log.
    pub async fn flush(&self) -> Result<(), Error> {
        self.handed_over(Change::Nothing).await
    }

    /// What the log has done so far.
    pub fn stats(&self) -> LogStats {
        self.writer.counters.read()
    }

    fn handed_over(&self, change: Change) -> impl Future<Output = Result<(), Error>> + Send + 'static + use<> {
        let (tell, told) = oneshot::channel();
        self.writer.submit(change, Box::new(|outcome| drop(tell.send(outcome))));
        async {
            match told.await {
                Ok(outcome) => outcome,
                // Only a disk that lost power drops the question, and then there is nobody left to tell.
                Err(_) => std::future::pending().await,
            }
        }
    }
}
