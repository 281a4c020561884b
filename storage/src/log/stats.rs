//! What the log has done, for metrics.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

use super::queue::Change;
use crate::disk::File;

/// The upper bounds of the buckets that fsyncs are counted in; one more bucket has no bound.
pub const FSYNC_BOUNDS: [Duration; 11] = [
    Duration::from_micros(100),
    Duration::from_micros(250),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(500),
];

/// What the log has done since it was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogStats {
    /// The file's length.
    pub file_bytes: u64,
    /// Transactions written.
    pub writes: u64,
    /// Entries written; by `writes`, how many shared an fsync.
    pub entries: u64,
    /// Bytes of these entries.
    pub entry_bytes: u64,
    /// Fsyncs that succeeded.
    pub fsyncs: u64,
    /// How long they took together.
    pub fsync_total: Duration,
    /// How long the longest took.
    pub fsync_max: Duration,
    /// Fsyncs by duration, one more than [`FSYNC_BOUNDS`].
    pub fsync_buckets: [u64; FSYNC_BOUNDS.len() + 1],
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    file_bytes: AtomicU64,
    writes: AtomicU64,
    entries: AtomicU64,
    entry_bytes: AtomicU64,
    fsyncs: AtomicU64,
    fsync_total_us: AtomicU64,
    fsync_max_us: AtomicU64,
    fsync_buckets: [AtomicU64; FSYNC_BOUNDS.len() + 1],
}

impl Counters {
    pub(super) fn count(&self, changes: &[Change]) {
        self.writes.fetch_add(1, Relaxed);
        for change in changes {
            if let Change::Append(entries) = change {
                self.entries.fetch_add(entries.len() as u64, Relaxed);
                let bytes: usize = entries.iter().map(|(_, bytes)| bytes.len()).sum();
                self.entry_bytes.fetch_add(bytes as u64, Relaxed);
            }
        }
    }

    fn count_fsync(&self, took: Duration) {
        let bucket = FSYNC_BOUNDS
            .iter()
            .position(|bound| took <= *bound)
            .unwrap_or(FSYNC_BOUNDS.len());
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.fsyncs.fetch_add(1, Relaxed);
        self.fsync_total_us.fetch_add(took_us, Relaxed);
        self.fsync_max_us.fetch_max(took_us, Relaxed);
        self.fsync_buckets[bucket].fetch_add(1, Relaxed);
    }

    pub(super) fn read(&self) -> LogStats {
        LogStats {
            file_bytes: self.file_bytes.load(Relaxed),
            writes: self.writes.load(Relaxed),
            entries: self.entries.load(Relaxed),
            entry_bytes: self.entry_bytes.load(Relaxed),
            fsyncs: self.fsyncs.load(Relaxed),
            fsync_total: Duration::from_micros(self.fsync_total_us.load(Relaxed)),
            fsync_max: Duration::from_micros(self.fsync_max_us.load(Relaxed)),
            fsync_buckets: std::array::from_fn(|bucket| self.fsync_buckets[bucket].load(Relaxed)),
        }
    }
}

/// The log's file, with its fsyncs counted.
#[derive(Debug)]
pub(super) struct Timed {
    file: Box<dyn File>,
    counters: Arc<Counters>,
}

impl Timed {
    pub(super) fn new(file: Box<dyn File>, counters: Arc<Counters>) -> Self {
        Self { file, counters }
    }
}

impl File for Timed {
    fn len(&self) -> io::Result<u64> {
        let len = self.file.len()?;
        self.counters.file_bytes.store(len, Relaxed);
        Ok(len)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_at(offset, out)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write_at(offset, data)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)?;
        self.counters.file_bytes.store(len, Relaxed);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let start = Instant::now();
        self.file.sync()?;
        self.counters.count_fsync(start.elapsed());
        Ok(())
    }
}
