//! The disk of a real node: one directory, held by one process.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FlockOperation, flock};

use crate::disk::{Disk, File, Lane, Work};
use crate::error::Error;
use crate::identity::{StoreId, identify};
use crate::lanes::Lanes;
use crate::lost_sync;

/// Names the process that holds the directory, and is what the lock is on.
const LOCK_FILE: &str = "LOCK";

const RANDOM: &str = "/dev/urandom";

/// Drawn by the kernel when it starts; a container sees its host's.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// A data directory, locked for this process.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// The directory itself, open so that its entries can be made durable.
    entries: fs::File,
    lanes: Lanes,
    lock: Arc<Lock>,
    store: StoreId,
}

/// The lock on the directory. Every open file and every lane shares it, so nobody else gets the directory while a last
/// write is still on its way.
#[derive(Debug)]
struct Lock {
    _file: fs::File,
}

impl Directory {
    /// Opens the directory, creating it if it is not there, locks it for this process and checks its format.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] if another process has it, [`Error::Denied`] if this user may not use it,
    /// [`Error::NotADataDirectory`] if the path is something else than a directory or holds a part of a store,
    /// [`Error::NewerFormat`] if a newer version made it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            create_private(path).map_err(|source| refused(path, "create", source))?;
        }
        let entries = fs::File::open(path).map_err(|source| refused(path, "open", source))?;
        let lock = Arc::new(lock(path)?);
        let held = Arc::clone(&lock);
        let lanes = Lanes::start(move || Box::new(Arc::clone(&held)))
            .map_err(|source| refused(path, "start the threads of", source))?;
        let fresh = draw_id().map_err(|source| refused(Path::new(RANDOM), "read", source))?;
        let mut directory = Self {
            path: path.to_owned(),
            entries,
            lanes,
            lock,
            store: fresh,
        };
        // A process that was killed may have left names that are not durable yet.
        directory
            .sync_entries()
            .map_err(|source| refused(path, "sync", source))?;
        directory.store = identify(&directory, fresh)?;
        Ok(directory)
    }

    /// Which store it is. A directory that was wiped is another one.
    pub const fn store_id(&self) -> StoreId {
        self.store
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes names durable.
    fn sync_entries(&self) -> io::Result<()> {
        lost_sync::names(self, self.entries.sync_all())
    }
}

/// A directory is never part of a simulation, so its id may come from the system.
fn draw_id() -> io::Result<StoreId> {
    let mut bytes = [0; 16];
    fs::File::open(RANDOM)?.read_exact(&mut bytes)?;
    Ok(StoreId::from_bytes(bytes))
}

fn create_private(path: &Path) -> io::Result<()> {
    // What is made durable inside of it is lost if the directory itself is, or one above it.
    let missing = path
        .ancestors()
        .take_while(|above| !above.as_os_str().is_empty() && !above.exists());
    let parents: Vec<&Path> = missing.filter_map(Path::parent).collect();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    for parent in parents {
        let here = parent.as_os_str().is_empty();
        fs::File::open(if here { Path::new(".") } else { parent })?.sync_all()?;
    }
    Ok(())
}

fn lock(path: &Path) -> Result<Lock, Error> {
    let file = path.join(LOCK_FILE);
    let mut open = open_private(&file).map_err(|source| refused(&file, "open", source))?;
    if let Err(source) = flock(&open, FlockOperation::NonBlockingLockExclusive) {
        if source != rustix::io::Errno::WOULDBLOCK {
            return Err(refused(&file, "lock", source.into()));
        }
        let mut text = String::new();
        let pid = open
            .read_to_string(&mut text)
            .ok()
            .and_then(|_| text.trim().parse().ok());
        return Err(Error::Locked {
            directory: path.to_owned(),
            pid,
        });
    }
    let note_owner = |open: &mut fs::File| {
        open.set_len(0)?;
        writeln!(open, "{}", std::process::id())
    };
    note_owner(&mut open).map_err(|source| refused(&file, "write", source))?;
    Ok(Lock { _file: open })
}

fn open_private(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

fn refused(path: &Path, operation: &'static str, source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Error::Denied {
            path: path.to_owned(),
            source: Arc::new(source),
        },
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => Error::NotADataDirectory {
            what: format!("{}, or something above it, is a file; name a directory", path.display()),
        },
        _ => Error::io(&path.display().to_string(), operation, source),
    }
}

impl Disk for Directory {
    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        let path = self.path.join(name);
        let fresh = !path.exists();
        let file = open_private(&path)?;
        if fresh {
            self.sync_entries()?;
        }
        Ok(Box::new(OpenFile {
            file,
            _lock: Arc::clone(&self.lock),
        }))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = fs::read_dir(&self.path)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))?;
        self.sync_entries()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn boot_id(&self) -> io::Result<String> {
        let named = |source: io::Error| io::Error::new(source.kind(), format!("{BOOT_ID}: {source}"));
        fs::read_to_string(BOOT_ID)
            .map(|text| text.trim().to_owned())
            .map_err(named)
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let space = rustix::fs::fstatvfs(&self.entries)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }

    fn perform(&self, lane: Lane, work: Work) {
        self.lanes.perform(lane, work);
    }
}

#[derive(Debug)]
struct OpenFile {
    file: fs::File,
    _lock: Arc<Lock>,
}

impl File for OpenFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(out, offset)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write_all_at(data, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}
