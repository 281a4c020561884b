//! openraft's log on `storage::RaftLog`: entries as postcard, the newest of them also in memory.
//!
//! `append` makes entries readable at once and hands them to the log's writer, which fsyncs many at a time and then
//! calls back; a vote is on disk before `save_vote` returns; `committed` rides along with the next write. All of it goes
//! through one queue, so the order in which openraft asked is the order on disk.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;
use std::ops::{Bound, RangeBounds};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openraft::entry::RaftEntry;
use openraft::storage::{IOFlushed, LogState, RaftLogStorage};
use openraft::{OptionalSend, RaftLogReader};
use storage::disk::Disk;
use storage::log::{LogStats, RaftLog};
use tokio::sync::oneshot;

use crate::stored::{damaged, decode, encode};
use crate::types::{LogEntry, LogId, TypeConfig, Vote};

/// How many bytes of the newest entries stay in memory for replication and `apply`.
const CACHE_BYTES_MAX: usize = 64 << 20;

/// The most bytes that one read for replication returns.
const READ_BYTES_MAX: usize = 256 << 10;

/// The log of one node. Clones share it.
#[derive(Clone)]
pub(crate) struct Log {
    disk: Arc<RaftLog>,
    memory: Arc<Mutex<Memory>>,
}

struct Memory {
    vote: Option<Vote>,
    committed: Option<LogId>,
    purged: Option<LogId>,
    /// The index of the first entry that is there; reads begin no earlier.
    first: u64,
    last: Option<LogId>,
    /// The newest entries without a gap, with the size of each.
    cache: BTreeMap<u64, (LogEntry, usize)>,
    cache_bytes: usize,
}

impl Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let memory = self.memory();
        write!(
            f,
            "Log({} entries in memory, last {:?})",
            memory.cache.len(),
            memory.last
        )
    }
}

impl Log {
    /// Opens the log on `disk`.
    pub(crate) async fn open(disk: Arc<dyn Disk>) -> Result<Self, storage::Error> {
        let (disk, state) = RaftLog::open(disk).await?;
        let corrupt = |error: io::Error| damaged("the raft log", &error);
        let purged = state
            .purged
            .map(|(_, id)| decode("the purged log id", &id))
            .transpose()
            .map_err(corrupt)?;
        let last = match state.last {
            Some(index) => {
                let entries = disk.read(index..index + 1, usize::MAX).await?;
                let (_, bytes) = entries
                    .first()
                    .ok_or_else(|| corrupt(io::Error::other(format!("entry {index} is not there"))))?;
                Some(decode::<LogEntry>("a log entry", bytes).map_err(corrupt)?.log_id())
            }
            None => purged,
        };
        let memory = Memory {
            vote: state
                .vote
                .map(|bytes| decode("the vote", &bytes))
                .transpose()
                .map_err(corrupt)?,
            committed: state
                .committed
                .map(|bytes| decode("the committed log id", &bytes))
                .transpose()
                .map_err(corrupt)?,
            purged,
            first: state
                .first
                .unwrap_or_else(|| purged.map_or(0, |id: LogId| id.index() + 1)),
            last,
            cache: BTreeMap::new(),
            cache_bytes: 0,
        };
        Ok(Self {
            disk: Arc::new(disk),
            memory: Arc::new(Mutex::new(memory)),
        })
    }

    /// The log's own counters: sizes, fsyncs, how long they took.
    pub(crate) fn stats(&self) -> LogStats {
        self.disk.stats()
    }

    /// Whether nothing was ever written: a node that has not been initialised.
    pub(crate) fn is_empty(&self) -> bool {
        let memory = self.memory();
        memory.vote.is_none() && memory.last.is_none()
    }

    /// The index of the last entry, purged ones counted; 0 if there never was one.
    pub(crate) fn last_index(&self) -> u64 {
        self.memory().last.map_or(0, |id| id.index())
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, range: std::ops::Range<u64>, bytes_max: usize) -> io::Result<Vec<LogEntry>> {
        let range = {
            let memory = self.memory();
            let range = range.start.max(memory.first)..range.end;
            if range.is_empty() {
                return Ok(Vec::new());
            }
            if let Some(entries) = memory.cached(&range, bytes_max) {
                return Ok(entries);
            }
            range
        };
        let entries = self.disk.read(range, bytes_max).await.map_err(io::Error::other)?;
        entries.iter().map(|(_, bytes)| decode("a log entry", bytes)).collect()
    }
}

impl Memory {
    /// The entries of `range` up to `bytes_max`, if the first of them is in memory; at least one.
    fn cached(&self, range: &std::ops::Range<u64>, bytes_max: usize) -> Option<Vec<LogEntry>> {
        let first = *self.cache.first_key_value()?.0;
        if range.start < first {
            return None;
        }
        let mut bytes = 0;
        let mut entries = Vec::new();
        for (entry, size) in self.cache.range(range.clone()).map(|(_, cached)| cached) {
            bytes += size;
            if bytes > bytes_max && !entries.is_empty() {
                break;
            }
            entries.push(entry.clone());
        }
        Some(entries)
    }

    fn keep(&mut self, entry: LogEntry, size: usize) {
        if self.last.is_none() {
            self.first = entry.index();
        }
        self.last = Some(entry.log_id());
        self.cache_bytes += size;
        if let Some((_, old)) = self.cache.insert(entry.index(), (entry, size)) {
            self.cache_bytes -= old;
        }
        while self.cache_bytes > CACHE_BYTES_MAX && self.cache.len() > 1 {
            let Some((_, (_, size))) = self.cache.pop_first() else {
                break;
            };
            self.cache_bytes -= size;
        }
    }

    fn recount(&mut self) {
        self.cache_bytes = self.cache.values().map(|(_, size)| size).sum();
    }
}

fn bounds(range: &impl RangeBounds<u64>) -> std::ops::Range<u64> {
    let start = match range.start_bound() {
        Bound::Included(index) => *index,
        Bound::Excluded(index) => index + 1,
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(index) => index.saturating_add(1),
        Bound::Excluded(index) => *index,
        Bound::Unbounded => u64::MAX,
    };
    start..end
}

impl RaftLogReader<TypeConfig> for Log {
    async fn try_get_log_entries<R: RangeBounds<u64> + Clone + Debug + OptionalSend>(
        &mut self,
        range: R,
    ) -> Result<Vec<LogEntry>, io::Error> {
        self.read(bounds(&range), usize::MAX).await
    }

    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> Result<Vec<LogEntry>, io::Error> {
        self.read(start..end, READ_BYTES_MAX).await
    }

    async fn read_vote(&mut self) -> Result<Option<Vote>, io::Error> {
        Ok(self.memory().vote)
    }
}

impl RaftLogStorage<TypeConfig> for Log {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> Result<LogState<TypeConfig>, io::Error> {
        let memory = self.memory();
        Ok(LogState {
            last_purged_log_id: memory.purged,
            last_log_id: memory.last,
        })
    }

    async fn get_log_reader(&mut self) -> Self {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> Result<(), io::Error> {
        self.disk.save_vote(encode(vote)).await.map_err(io::Error::other)?;
        self.memory().vote = Some(*vote);
        Ok(())
    }

    async fn save_committed(&mut self, committed: Option<LogId>) -> Result<(), io::Error> {
        if let Some(committed) = committed {
            self.disk.save_committed(encode(&committed));
        }
        self.memory().committed = committed;
        Ok(())
    }

    async fn read_committed(&mut self) -> Result<Option<LogId>, io::Error> {
        Ok(self.memory().committed)
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<TypeConfig>) -> Result<(), io::Error>
    where
        I: IntoIterator<Item = LogEntry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let entries: Vec<(LogEntry, Vec<u8>)> = entries
            .into_iter()
            .map(|entry| (entry.clone(), encode(&entry)))
            .collect();
        let mut memory = self.memory();
        let mut rows = Vec::with_capacity(entries.len());
        for (entry, bytes) in entries {
            rows.push((entry.index(), bytes));
            let size = rows.last().map_or(0, |(_, bytes)| bytes.len());
            memory.keep(entry, size);
        }
        // Handed over under the lock, so that the queue's order is the order in memory.
        self.disk.append(
            rows,
            Box::new(move |result| callback.io_completed(result.map_err(io::Error::other))),
        );
        Ok(())
    }

    async fn truncate_after(&mut self, last: Option<LogId>) -> Result<(), io::Error> {
        let (done, truncated) = oneshot::channel();
        {
            let mut memory = self.memory();
            let first_gone = last.map_or(0, |id| id.index() + 1);
            memory.cache.split_off(&first_gone);
            memory.recount();
            // An entry that the log does not reach cuts nothing off.
            if memory.last.is_some_and(|id| id.index() >= first_gone) {
                memory.last = last.or(memory.purged);
            }
            let report = Box::new(move |result| drop(done.send(result)));
            self.disk.truncate_after(last.map(|id| id.index()), report);
        }
        finished(truncated).await
    }

    async fn purge(&mut self, upto: LogId) -> Result<(), io::Error> {
        let (done, purged) = oneshot::channel();
        {
            let mut memory = self.memory();
            memory.cache = memory.cache.split_off(&(upto.index() + 1));
            memory.recount();
            memory.purged = Some(upto);
            memory.first = upto.index() + 1;
            // By index: a snapshot of an older term may reach further than entries of a newer one.
            if memory.last.is_none_or(|last| last.index() < upto.index()) {
                memory.last = Some(upto);
            }
            let report = Box::new(move |result| drop(done.send(result)));
            self.disk.purge(upto.index(), encode(&upto), report);
        }
        finished(purged).await
    }
}

async fn finished(done: oneshot::Receiver<Result<(), storage::Error>>) -> io::Result<()> {
    match done.await {
        Ok(result) => result.map_err(io::Error::other),
        // The writer is gone: the node is shutting down or has lost its disk, and nothing may be acknowledged.
        Err(_) => std::future::pending().await,
    }
}
