//! The line that changes wait in, and the writer that takes as many of them as wait into one transaction.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;

use super::stats::Counters;
use super::table::{FILE, LogFile};
use super::{Done, LogState};
use crate::disk::{Answer, Disk, Lane, guarded};
use crate::error::Error;

/// One transaction takes about this much at most, so that a vote does not wait behind a flood of entries for long.
const BATCH_BYTES_MAX: usize = 8 << 20;

/// How long a note of what is committed waits for a write to ride with.
const COMMITTED_WAIT: Duration = Duration::from_millis(20);

/// One thing to do to the log.
#[derive(Debug)]
pub(super) enum Change {
    /// Add entries at the end.
    Append(Vec<(u64, Vec<u8>)>),
    /// Replace the vote.
    Vote(Vec<u8>),
    /// Replace the note of what is committed.
    Committed(Vec<u8>),
    /// Remove the entries after an index.
    Truncate(Option<u64>),
    /// Remove the entries up to an index, which has this id.
    Purge(u64, Vec<u8>),
    /// Change nothing: its answer says that everything before is durable.
    Nothing,
}

impl Change {
    fn bytes(&self) -> usize {
        match self {
            Self::Append(entries) => entries.iter().map(|(_, bytes)| bytes.len()).sum(),
            _ => 0,
        }
    }
}

/// A change and who waits for it.
struct Waiting {
    change: Change,
    done: Done,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// The newest note of what is committed, if it is not written yet.
    committed: Option<Vec<u8>>,
    /// Work is on the lane, and will look at this queue when it is through.
    busy: bool,
    /// Somebody will look after the note of what is committed if no write takes it along.
    timer: bool,
    /// The index that the next entry must have; `None` while any will do.
    next: Option<u64>,
    /// The index behind what was purged: the log never ends before it.
    kept_from: Option<u64>,
    failed: Option<Error>,
}

/// The log's queue and file.
pub(super) struct Writer {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) file: LogFile,
    pub(super) counters: Arc<Counters>,
    queue: Mutex<Queue>,
    runtime: Handle,
}

impl Writer {
    pub(super) fn new(disk: Arc<dyn Disk>, file: LogFile, state: &LogState, counters: Arc<Counters>) -> Self {
        let kept_from = state.purged.as_ref().map(|(index, _)| index + 1);
        let next = state.last.map(|index| index + 1).max(kept_from);
        let queue = Queue {
            next,
            kept_from,
            ..Queue::default()
        };
        Self {
            disk,
            file,
            counters,
            queue: Mutex::new(queue),
            runtime: Handle::current(),
        }
    }

    /// Puts a change into the line.
    pub(super) fn submit(self: &Arc<Self>, change: Change, done: Done) {
        let mut queue = self.queue();
        if let Some(error) = &queue.failed {
            let error = error.stopped();
            drop(queue);
            return done(Err(error));
        }
        if let Err(error) = queue.check(&change) {
            queue.failed = Some(error.clone());
            drop(queue);
            done(Err(error));
            return self.tell_the_rest();
        }
        queue.waiting.push_back(Waiting { change, done });
        self.start(queue);
    }

    /// Keeps the newest note of what is committed until a write takes it along.
    pub(super) fn note_committed(self: &Arc<Self>, committed: Vec<u8>) {
        let mut queue = self.queue();
        queue.committed = Some(committed);
        if !queue.busy {
            self.write_later(queue);
        }
    }

    /// Sees to it that the note of what is committed is written some time. A write of its own would cost an fsync that
    /// the next entry had to wait for.
    fn write_later(self: &Arc<Self>, mut queue: MutexGuard<'_, Queue>) {
        if std::mem::replace(&mut queue.timer, true) {
            return;
        }
        let writer = Arc::downgrade(self);
        self.runtime.spawn(async move {
            tokio::time::sleep(COMMITTED_WAIT).await;
            if let Some(writer) = writer.upgrade() {
                let mut queue = writer.queue();
                queue.timer = false;
                // If work is on the lane, what comes after it looks after the note.
                if queue.committed.is_some() && queue.failed.is_none() && !queue.busy {
                    writer.start(queue);
                }
            }
        });
    }

    /// Whether something was handed over that is not durable yet.
    pub(super) fn is_busy(&self) -> Result<bool, Error> {
        let queue = self.queue();
        queue
            .failed
            .as_ref()
            .map_or(Ok(queue.busy), |error| Err(error.stopped()))
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that work is on the lane.
    fn start(self: &Arc<Self>, mut queue: MutexGuard<'_, Queue>) {
        if !std::mem::replace(&mut queue.busy, true) {
            drop(queue);
            let writer = Arc::clone(self);
            self.disk.perform(Lane::Log, Box::new(move || writer.write()));
        }
    }

    /// Writes what waits, up to a transaction's bound. The lane gives the answer when it is through.
    fn write(self: Arc<Self>) -> Answer {
        let (changes, dones) = self.queue().take();
        let outcome = self.write_changes(&changes);
        Box::new(move || {
            if let Err(error) = &outcome {
                // Before anybody is told, so that nothing slips in behind it.
                self.queue().failed.get_or_insert_with(|| error.clone());
            }
            for done in dones {
                done(outcome.clone());
            }
            self.tell_the_rest();
            self.go_on();
        })
    }

    fn write_changes(&self, changes: &[Change]) -> Result<(), Error> {
        if changes.iter().all(|change| matches!(change, Change::Nothing)) {
            return Ok(());
        }
        guarded(FILE, || self.file.write(changes))?;
        self.counters.count(changes);
        Ok(())
    }

    /// After the work: the lane's thread takes what came in meanwhile, without asking anyone.
    fn go_on(self: &Arc<Self>) {
        let mut queue = self.queue();
        queue.busy = false;
        if !queue.waiting.is_empty() {
            self.start(queue);
        } else if queue.committed.is_some() && queue.failed.is_none() {
            self.write_later(queue);
        }
    }

    /// Once the log has failed nothing is acknowledged any more: after a failed write or fsync nobody knows what the disk
    /// holds.
    fn tell_the_rest(&self) {
        let mut queue = self.queue();
        let Some(error) = queue.failed.as_ref().map(Error::stopped) else {
            return;
        };
        let waiting = std::mem::take(&mut queue.waiting);
        drop(queue);
        for Waiting { done, .. } in waiting {
            done(Err(error.clone()));
        }
    }
}

impl Queue {
    /// Follows where the log will end, and refuses what would leave a gap.
    fn check(&mut self, change: &Change) -> Result<(), Error> {
        match change {
            Change::Append(entries) => {
                for (index, _) in entries {
                    if self.next.is_some_and(|next| next != *index) {
                        let next = self.next.unwrap_or_default();
                        let what = format!("entry {index} must not follow: the next one is {next}");
                        return Err(Error::Refused {
                            file: FILE.to_owned(),
                            what,
                        });
                    }
                    self.next = Some(index + 1);
                }
            }
            Change::Truncate(after) => {
                let next = after.map_or(0, |index| index + 1);
                self.next = self.next.map(|end| end.min(next)).max(self.kept_from);
            }
            Change::Purge(index, _) => {
                self.kept_from = self.kept_from.max(Some(index + 1));
                self.next = self.next.max(self.kept_from);
            }
            Change::Vote(_) | Change::Committed(_) | Change::Nothing => {}
        }
        Ok(())
    }

    fn take(&mut self) -> (Vec<Change>, Vec<Done>) {
        let (mut changes, mut dones, mut bytes) = (Vec::new(), Vec::new(), 0);
        while bytes < BATCH_BYTES_MAX
            && let Some(Waiting { change, done }) = self.waiting.pop_front()
        {
            bytes += change.bytes();
            changes.push(change);
            dones.push(done);
        }
        // The note may name entries that still wait; it must never be on disk before they are.
        if self.waiting.is_empty() {
            changes.extend(self.committed.take().map(Change::Committed));
        }
        (changes, dones)
    }
}
