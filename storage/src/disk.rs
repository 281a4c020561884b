//! Where bytes live and who touches them: a directory in production, memory that loses power in the simulation.
//!
//! Everything above this file works on an `Arc<dyn Disk>`, so the code that is tested against power cuts is the code
//! that runs.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::error::{Context, Error};
use crate::lost_sync::{self, Watched};

/// One open file, which stays open when its name goes to another file or is removed. Reading beyond its end is an
/// error, and nobody writes there: a file grows by [`set_len`](File::set_len) alone.
pub trait File: fmt::Debug + Send + Sync + 'static {
    /// The file's length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file holds nothing.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills `out` from `offset`.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Writes all of `data` at `offset`. Nothing is durable before [`sync`](File::sync) has returned.
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()>;

    /// Cuts the file, or extends it with zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Returns when everything written so far survives a power cut.
    fn sync(&self) -> io::Result<()>;
}

/// A queue of work on a disk. Lanes do not wait for each other, so a long snapshot delays no vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Writes to the raft log: the latency that clients feel.
    Log,
    /// Checkpoints and installations.
    State,
    /// Building, receiving and sending snapshots.
    Snapshot,
    /// Reads of the log and of history.
    Read,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 4] = [Self::Log, Self::State, Self::Snapshot, Self::Read];

    /// The lane's name, for threads and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::State => "state",
            Self::Snapshot => "snapshot",
            Self::Read => "read",
        }
    }
}

/// What to do to bytes. It returns what to tell people afterwards.
pub type Work = Box<dyn FnOnce() -> Answer + Send>;

/// What to tell people once the work is done. A disk that lost power during the work tells nobody anything, exactly as
/// a machine would, which is why this is apart from the work itself.
pub type Answer = Box<dyn FnOnce() + Send>;

/// A flat folder of files with executors for work on them.
pub trait Disk: fmt::Debug + Send + Sync + 'static {
    /// Opens a file for reading and writing; creates it if it is not there.
    fn open(&self, name: &str) -> io::Result<Box<dyn File>>;

    /// The names of all files, in order.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Gives a file another name, in place of a file that had it. When this returns the new name survives a power cut.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file. After a power cut it may be there again.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Which run of the machine this is: the same for every process until the machine restarts, and never again then.
    fn boot_id(&self) -> io::Result<String>;

    /// How much can still be written.
    fn free_bytes(&self) -> io::Result<u64>;

    /// Queues work on a lane; each lane does its work and gives its answers one after the other, in the order of these
    /// calls. Production: a thread per lane. Simulation: a task per lane, which must be called inside a tokio runtime.
    fn perform(&self, lane: Lane, work: Work);
}

/// Opens a file as whatever `open` makes of it. A new one gets its name only when it is complete and durable: redb cannot
/// open a file again in which it began to make a database, and such a file has promised nothing to anybody.
///
/// A failed sync of the file is noted, and after one nothing is opened before the machine was restarted.
pub(crate) fn open_or_create<T>(
    disk: &Arc<dyn Disk>,
    name: &'static str,
    open: impl FnOnce(Box<dyn File>) -> Result<T, Error>,
) -> Result<T, Error> {
    lost_sync::check(&**disk)?;
    let open = |file| open(Box::new(Watched::new(Arc::clone(disk), name, file)));
    let names = disk.list().context(name, "look for")?;
    if names.iter().any(|known| known == name) {
        return open(disk.open(name).context(name, "open")?);
    }
    let unfinished = format!("{name}.tmp");
    if names.contains(&unfinished) {
        disk.remove(&unfinished).context(&unfinished, "remove")?;
    }
    let made = open(disk.open(&unfinished).context(&unfinished, "create")?)?;
    disk.rename(&unfinished, name).context(&unfinished, "rename")?;
    Ok(made)
}

/// Does `work` on a lane and brings back what it returned. Once called it runs to its end, even if nobody waits.
pub(crate) async fn run<T: Send + 'static>(
    disk: &Arc<dyn Disk>,
    lane: Lane,
    file: &str,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let file = file.to_owned();
    let (tell, told) = oneshot::channel();
    disk.perform(
        lane,
        Box::new(move || {
            let outcome = guarded(&file, work);
            Box::new(move || drop(tell.send(outcome)))
        }),
    );
    match told.await {
        Ok(outcome) => outcome,
        // Only a disk that lost power drops an answer, and then there is nobody left to tell.
        Err(_) => std::future::pending().await,
    }
}

/// Turns a panic into an error. redb may panic on pages that changed behind its back; reporting the file is worth more
/// than a dead thread, and a caller that gets an error stops the node either way.
pub(crate) fn guarded<T>(file: &str, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(Error::Panicked {
            file: file.to_owned(),
            message,
        })
    })
}

/// Lets redb work on any [`File`]. The one place that knows redb's view of a file, which its next version changes.
#[derive(Debug)]
pub(crate) struct Backend(pub(crate) Box<dyn File>);

impl redb::StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write_at(offset, data)
    }
}
