//! Checkpoints: the ledger's rows on disk as of one applied entry, and the history that the ledger does not keep.
//!
//! A checkpoint is one transaction: changed rows, new audit leaves, closed usage hours, the applied log id, the
//! membership and the ledger's digest. So after any crash the file is exactly one of the checkpoints that were written,
//! and the raft log is replayed from there. An installed snapshot replaces the rows and the closed usage in one
//! transaction too; the audit leaves that this node has stay. What history is no longer kept is dropped with checkpoints.

mod audit;
mod dropping;
mod gone;
mod history;
mod orphans;
mod section;
mod table;
mod topics;
mod usage;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use licensing::digest::Digest;
use licensing::ledger::{Changes, Ledger};
use licensing::row::Row;

use crate::disk::{Disk, Lane, guarded, open_or_create, run};
use crate::error::Error;
pub use audit::Kept;
#[cfg(feature = "fuzzing")]
pub(crate) use audit::extent_again;
pub use gone::Gone;
pub(crate) use section::Section;
pub(crate) use table::{FILE, Mark, StateTables, View};
pub use topics::Order;

/// A file up to this length is checked to the last page when it is opened. For half of it that takes 0.3 s of a processor.
const CHECKED_BYTES_MAX: u64 = 1 << 30;

/// What goes to disk together.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// What changed since the checkpoint before.
    pub changes: Changes,
    /// The index of the last entry that the changes come from.
    pub applied_index: u64,
    /// That entry's log id.
    pub applied: Vec<u8>,
    /// The membership as of that entry.
    pub membership: Vec<u8>,
    /// The ledger's digest after that entry.
    pub digest: Digest,
}

/// What a checkpoint gives back.
#[derive(Debug)]
pub struct Loaded {
    /// The ledger, with the digest it was written with.
    pub ledger: Ledger,
    /// The index of the last entry in it.
    pub applied_index: u64,
    /// That entry's log id.
    pub applied: Vec<u8>,
    /// The membership as of that entry.
    pub membership: Vec<u8>,
}

/// The file of checkpoints. Clones are handles on the same one.
#[derive(Clone)]
pub struct StateFile {
    shared: Arc<Shared>,
}

struct Shared {
    disk: Arc<dyn Disk>,
    tables: StateTables,
    held: Mutex<Held>,
}

/// What the file holds, as far as later writes care.
#[derive(Debug, Default)]
struct Held {
    /// The index of the last entry in it; `None` if there is no checkpoint.
    applied_index: Option<u64>,
    /// What ended the file.
    failed: Option<Error>,
}

impl fmt::Debug for StateFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateFile")
            .field("applied_index", &self.applied_index())
            .finish_non_exhaustive()
    }
}

impl StateFile {
    /// Opens the file, creating an empty one on an empty disk.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] or [`Error::Panicked`] if it is damaged.
    pub async fn open(disk: Arc<dyn Disk>) -> Result<Self, Error> {
        Self::open_checking(disk, CHECKED_BYTES_MAX).await
    }

    /// Opens the file as if it were too large to be checked, to see what its reads find by themselves.
    #[cfg(any(test, feature = "sim"))]
    pub async fn open_as_large(disk: Arc<dyn Disk>) -> Result<Self, Error> {
        Self::open_checking(disk, 0).await
    }

    async fn open_checking(disk: Arc<dyn Disk>, checked_bytes_max: u64) -> Result<Self, Error> {
        let opener = Arc::clone(&disk);
        let (tables, mark) = run(&disk, Lane::State, FILE, move || {
            let tables = open_or_create(&opener, FILE, |file| StateTables::open(file, checked_bytes_max))?;
            let mark = tables.view()?.mark()?;
            Ok((tables, mark))
        })
        .await?;
        let held = Held {
            applied_index: mark.map(|mark| mark.applied_index),
            failed: None,
        };
        Ok(Self {
            shared: Arc::new(Shared {
                disk,
                tables,
                held: Mutex::new(held),
            }),
        })
    }

    /// Reads the ledger back. `None` if there never was a checkpoint.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] names the row that is not what was written; if every row is sound by itself, it says that
    /// they do not add up to the digest.
    pub async fn load(&self) -> Result<Option<Loaded>, Error> {
        let shared = Arc::clone(&self.shared);
        run(&self.shared.disk, Lane::State, FILE, move || shared.load()).await
    }

    /// Writes a checkpoint: durable when this returns.
    ///
    /// # Errors
    ///
    /// Any error ends the file: every later write is refused, and the node must stop.
    pub async fn write(&self, checkpoint: Checkpoint) -> Result<(), Error> {
        self.change(checkpoint.applied_index, move |shared| {
            let (changes, mark) = checkpoint.split();
            shared.tables.write(&changes, &mark)
        })
        .await
    }

    /// The applied index of what the file holds; 0 if it holds nothing. The raft log may be purged up to here.
    pub fn applied_index(&self) -> u64 {
        self.held_index().unwrap_or(0)
    }

    /// The applied index of what the file holds.
    pub(crate) fn held_index(&self) -> Option<u64> {
        self.shared.held().applied_index
    }

    /// Sees the file as it is now, whatever is written to it afterwards.
    pub(crate) async fn view(&self) -> Result<View, Error> {
        let shared = Arc::clone(&self.shared);
        run(&self.shared.disk, Lane::Snapshot, FILE, move || shared.tables.view()).await
    }

    /// Puts the rows of a snapshot in the place of what is there.
    pub(crate) async fn replace(
        &self,
        mark: Mark,
        rows: impl Iterator<Item = Result<SealedRows, Error>> + Send + 'static,
    ) -> Result<(), Error> {
        self.change(mark.applied_index, move |shared| shared.tables.replace(rows, &mark))
            .await
    }

    /// Brings the file to an applied index, which never goes back: what is behind it may be gone from the log.
    async fn change(
        &self,
        applied_index: u64,
        work: impl FnOnce(&Shared) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        let shared = Arc::clone(&self.shared);
        run(&self.shared.disk, Lane::State, FILE, move || {
            shared.held().check(applied_index)?;
            let outcome = guarded(FILE, || work(&shared));
            // Noted before the lane goes on, so that nothing is written behind a failure.
            match &outcome {
                Ok(()) => shared.held().applied_index = Some(applied_index),
                Err(error) => shared.held().failed = Some(error.clone()),
            }
            outcome
        })
        .await
    }
}

impl Held {
    fn check(&self, applied_index: u64) -> Result<(), Error> {
        if let Some(error) = &self.failed {
            return Err(error.stopped());
        }
        match self.applied_index {
            Some(held) if applied_index < held => {
                let what = format!("a checkpoint at {applied_index} must not replace the one at {held}");
                Err(Error::Refused {
                    file: FILE.to_owned(),
                    what,
                })
            }
            _ => Ok(()),
        }
    }
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self) -> Result<Option<Loaded>, Error> {
        let view = self.tables.view()?;
        let Some(mark) = view.mark()? else {
            view.check_empty()?;
            return Ok(None);
        };
        let ledger = ledger(FILE, &mark, view.ledger_rows()?)?;
        Ok(Some(Loaded {
            ledger,
            applied_index: mark.applied_index,
            applied: mark.applied,
            membership: mark.membership,
        }))
    }
}

impl Checkpoint {
    fn split(self) -> (Changes, Mark) {
        let mark = Mark {
            applied_index: self.applied_index,
            applied: self.applied,
            membership: self.membership,
            digest: *self.digest.as_bytes(),
        };
        (self.changes, mark)
    }
}

/// Some rows of a section in key order, each in its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SealedRows {
    pub(crate) section: Section,
    pub(crate) rows: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Builds the ledger from its rows as they are read, and compares its digest with the one it was written with.
pub(crate) fn ledger(file: &str, mark: &Mark, rows: impl Iterator<Item = Result<Row, Error>>) -> Result<Ledger, Error> {
    let mut failed = None;
    let ledger = Ledger::from_rows(rows.map_while(|row| row.map_err(|error| failed = Some(error)).ok()));
    if let Some(error) = failed {
        return Err(error);
    }
    let ledger = ledger.map_err(|error| Error::corrupt(file, format!("its rows make no ledger: {error}")))?;
    if ledger.digest().as_bytes() != &mark.digest {
        return Err(Error::corrupt(
            file,
            "its rows do not add up to the digest that they were written with",
        ));
    }
    Ok(ledger)
}
