//! Snapshots: the state in one file, to bring another node up to date and to let the raft log be purged.
//!
//! A snapshot is built from a checkpoint that is durable already, beside the node's other work. One is kept, and it is
//! only ever replaced by a newer one. A received one is checked to the last row before anything is replaced.

mod build;
mod check;
mod format;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod install;
mod receive;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use licensing::digest::Digest;
use licensing::id::ClusterId;

use crate::checkpoint::StateFile;
use crate::disk::{Disk, File, Lane, run};
use crate::error::{Context, Error};
use check::check;
use format::{Frame, Header, Position};
pub use receive::Incoming;

pub(crate) const PREFIX: &str = "snap-";
const UNFINISHED: &str = ".tmp";

/// The snapshots of a disk. Clones are handles on the same ones.
#[derive(Clone)]
pub struct Snapshots {
    shared: Arc<Shared>,
}

struct Shared {
    disk: Arc<dyn Disk>,
    current: Mutex<Option<Snapshot>>,
    /// Held while the current snapshot is replaced, so that a build and an installation cannot overtake each other.
    replacing: tokio::sync::Mutex<()>,
    /// Unfinished files that somebody is still writing or will install.
    unfinished: Arc<Mutex<BTreeSet<String>>>,
    /// Makes the names of unfinished files unique.
    serial: AtomicU64,
}

/// One snapshot. The file stays readable while somebody holds this, also after a newer one has replaced it.
#[derive(Clone)]
pub struct Snapshot {
    disk: Arc<dyn Disk>,
    file: Arc<dyn File>,
    name: Arc<str>,
    header: Arc<Header>,
    /// Keeps an unfinished file from being swept away; `None` once it has its lasting name.
    _unfinished: Option<Arc<Unfinished>>,
}

/// An unfinished file in use.
#[derive(Debug)]
struct Unfinished {
    name: String,
    all: Arc<Mutex<BTreeSet<String>>>,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        lock(&self.all).remove(&self.name);
    }
}

/// A panicking holder leaves whole values behind in these locks, so their poison says nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshots")
            .field("current", &*lock(&self.shared.current))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("name", &self.name)
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

impl Snapshots {
    /// Finds the current snapshot, removes what a crash left behind, and finishes an installation that it interrupted.
    /// This comes before [`StateFile::load`].
    ///
    /// A damaged snapshot is removed with a warning: the checkpoint and the log hold everything that is in it, and a new
    /// one can be built.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub async fn open(disk: Arc<dyn Disk>, state: &StateFile) -> Result<Self, Error> {
        let opener = Arc::clone(&disk);
        let current = run(&disk, Lane::Snapshot, PREFIX, move || find(&opener)).await?;
        let shared = Shared {
            disk,
            current: Mutex::new(current.clone()),
            replacing: tokio::sync::Mutex::default(),
            unfinished: Arc::default(),
            serial: AtomicU64::default(),
        };
        let snapshots = Self {
            shared: Arc::new(shared),
        };
        if let Some(newer) = current.filter(|current| Some(current.applied_index()) > state.held_index()) {
            snapshots.install(&newer, state).await?;
        }
        Ok(snapshots)
    }

    /// The newest snapshot, if there is one.
    pub fn current(&self) -> Option<Snapshot> {
        lock(&self.shared.current).clone()
    }

    /// Gives a finished file its lasting name and removes the one before, unless that is as new.
    async fn publish(&self, snapshot: Snapshot) -> Result<Snapshot, Error> {
        if let Some(current) = self
            .current()
            .filter(|current| current.applied_index() >= snapshot.applied_index())
        {
            return Ok(current);
        }
        let lasting = lasting_name(snapshot.applied_index());
        let (from, to) = (Arc::clone(&snapshot.name), lasting.clone());
        let before = self.current().map(|before| before.name);
        let disk = Arc::clone(&self.shared.disk);
        run(&self.shared.disk, Lane::Snapshot, &lasting, move || {
            disk.rename(&from, &to).context(&to, "rename")?;
            before.map_or(Ok(()), |before| disk.remove(&before).context(&before, "remove"))
        })
        .await?;
        let snapshot = Snapshot {
            name: lasting.into(),
            _unfinished: None,
            ..snapshot
        };
        *lock(&self.shared.current) = Some(snapshot.clone());
        Ok(snapshot)
    }

    /// Makes a name for a file that is being written, and removes the files that nobody writes any more.
    async fn unfinished(&self, purpose: &str) -> Result<(Arc<Unfinished>, Arc<dyn File>), Error> {
        let name = format!(
            "{PREFIX}{purpose}-{}{UNFINISHED}",
            self.shared.serial.fetch_add(1, Relaxed)
        );
        lock(&self.shared.unfinished).insert(name.clone());
        let all = Arc::clone(&self.shared.unfinished);
        let unfinished = Arc::new(Unfinished {
            name: name.clone(),
            all,
        });
        let shared = Arc::clone(&self.shared);
        let file = run(&self.shared.disk, Lane::Snapshot, &name.clone(), move || {
            for abandoned in names(&*shared.disk)?.filter(|name| name.ends_with(UNFINISHED)) {
                if !lock(&shared.unfinished).contains(&abandoned) {
                    shared.disk.remove(&abandoned).context(&abandoned, "remove")?;
                }
            }
            shared.disk.open(&name).context(&name, "create")
        })
        .await?;
        Ok((unfinished, file.into()))
    }
}

impl Snapshot {
    /// The index of the last entry in it.
    pub fn applied_index(&self) -> u64 {
        self.header.mark.applied_index
    }

    /// That entry's log id.
    pub fn applied(&self) -> &[u8] {
        &self.header.mark.applied
    }

    /// The membership as of that entry.
    pub fn membership(&self) -> &[u8] {
        &self.header.mark.membership
    }

    /// The digest of the ledger in it.
    pub fn digest(&self) -> Digest {
        self.header.digest()
    }

    /// The cluster it is of; `None` before the cluster was founded.
    pub fn cluster(&self) -> Option<ClusterId> {
        self.header.cluster
    }

    /// Its length.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn bytes(&self) -> Result<u64, Error> {
        self.file.len().context(&self.name, "read")
    }

    /// Reads it from the beginning, piece by piece.
    pub fn reader(&self) -> SnapshotReader {
        SnapshotReader {
            snapshot: self.clone(),
            position: Position::default(),
            finished: false,
        }
    }
}

/// Reads a snapshot in order to send it.
#[derive(Debug)]
pub struct SnapshotReader {
    snapshot: Snapshot,
    position: Position,
    finished: bool,
}

impl SnapshotReader {
    /// The next piece, checked; mostly some hundred KiB. `None` behind the last.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the piece is not what was written.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if self.finished {
            return Ok(None);
        }
        let (file, name, mut position) = (
            Arc::clone(&self.snapshot.file),
            self.snapshot.name.clone(),
            self.position,
        );
        let (frame, sealed, position) = run(&self.snapshot.disk, Lane::Read, &self.snapshot.name, move || {
            let (frame, sealed) = position.read(&*file, &name)?;
            Ok((frame, sealed, position))
        })
        .await?;
        self.position = position;
        self.finished = matches!(frame, Frame::End { .. });
        Ok(Some(sealed))
    }
}

fn lasting_name(applied_index: u64) -> String {
    format!("{PREFIX}{applied_index:020}")
}

fn names(disk: &dyn Disk) -> Result<impl Iterator<Item = String> + use<>, Error> {
    Ok(disk
        .list()
        .context(PREFIX, "look for")?
        .into_iter()
        .filter(|name| name.starts_with(PREFIX)))
}

/// Finds the newest sound snapshot and removes every other file of ours.
fn find(disk: &Arc<dyn Disk>) -> Result<Option<Snapshot>, Error> {
    let mut found = None;
    for name in names(&**disk)?.collect::<Vec<_>>().into_iter().rev() {
        if found.is_none() && !name.ends_with(UNFINISHED) {
            found = open_sound(disk, &name)?;
            if found.is_some() {
                continue;
            }
        }
        disk.remove(&name).context(&name, "remove")?;
    }
    Ok(found)
}

fn open_sound(disk: &Arc<dyn Disk>, name: &str) -> Result<Option<Snapshot>, Error> {
    let file: Arc<dyn File> = disk.open(name).context(name, "open")?.into();
    match check(Arc::clone(&file), name) {
        Ok(header) => Ok(Some(Snapshot {
            disk: Arc::clone(disk),
            file,
            name: name.into(),
            header: Arc::new(header),
            _unfinished: None,
        })),
        Err(error @ Error::Corrupt { .. }) => {
            tracing::warn!(%error, "removing a damaged snapshot; a new one will be built");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
