//! A disk in memory, for a server that shall leave nothing behind.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, File, Lane, Work};
use crate::lanes::Lanes;

/// Files in memory. They are gone with the process.
#[derive(Debug)]
pub struct MemoryDisk {
    files: Mutex<BTreeMap<String, MemoryFile>>,
    lanes: Lanes,
}

impl MemoryDisk {
    /// An empty disk.
    ///
    /// # Errors
    ///
    /// The system does not let this process start its threads.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            files: Mutex::default(),
            lanes: Lanes::start(|| Box::new(()))?,
        })
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<String, MemoryFile>> {
        lock(&self.files)
    }
}

/// A panicking holder leaves whole values behind here, so the lock's poison says nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Disk for MemoryDisk {
    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        Ok(Box::new(self.files().entry(name.to_owned()).or_default().clone()))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.files().keys().cloned().collect())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = self.files();
        let file = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.files()
            .remove(name)
            .map(drop)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn boot_id(&self) -> io::Result<String> {
        Ok("memory".to_owned())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(u64::MAX)
    }

    fn perform(&self, lane: Lane, work: Work) {
        self.lanes.perform(lane, work);
    }
}

/// Pages of a file; shared by all who opened it, also after it was renamed or removed.
#[derive(Debug, Clone, Default)]
struct MemoryFile(Arc<Mutex<Vec<u8>>>);

impl MemoryFile {
    fn range(bytes: &[u8], offset: u64, len: usize) -> io::Result<std::ops::Range<usize>> {
        usize::try_from(offset)
            .ok()
            .and_then(|start| Some(start..start.checked_add(len)?))
            .filter(|range| range.end <= bytes.len())
            .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

impl File for MemoryFile {
    fn len(&self) -> io::Result<u64> {
        Ok(lock(&self.0).len() as u64)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = lock(&self.0);
        out.copy_from_slice(&bytes[Self::range(&bytes, offset, out.len())?]);
        Ok(())
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut bytes = lock(&self.0);
        let range = Self::range(&bytes, offset, data.len())?;
        bytes[range].copy_from_slice(data);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(|_| io::ErrorKind::StorageFull)?;
        lock(&self.0).resize(len, 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
