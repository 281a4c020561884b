//! openraft's state machine: the ledger in memory, checkpointed to disk behind it.
//!
//! `apply` runs commands on the ledger and answers. A task of its own takes what changed about once a second and writes
//! it with the applied position in one durable transaction; a restart loads that and replays the log. The log may be
//! purged only up to a snapshot, and a snapshot is built from a durable checkpoint, so what a restart needs is there.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::{Stream, TryStreamExt};
use licensing::digest::Digest;
use licensing::ledger::Ledger;
use openraft::entry::RaftEntry;
use openraft::storage::{EntryResponder, RaftSnapshotBuilder, RaftStateMachine, Snapshot};
use openraft::{EntryPayload, OptionalSend};
use storage::checkpoint::{Checkpoint, Loaded, StateFile};
use storage::disk::Disk;
use storage::snapshot::{Incoming, Snapshot as SnapshotFile, Snapshots};
use tokio::sync::{broadcast, watch};

use crate::agree::Digests;
use crate::feed::{Feed, Told};
use crate::stored::{damaged, decode, encode};
use crate::types::{Answers, LogId, Membership, Payload, SnapshotMeta, TypeConfig};

/// How long changes wait in memory for their checkpoint.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

/// This many changed rows bring a checkpoint forward. Nothing is applied while changes are taken, which is some 0.3 µs a
/// row: some 6 ms while the disk keeps up.
const CHECKPOINT_ROWS_MAX: usize = 20_000;

/// A node's ledger and its way to disk. Clones share it.
#[derive(Clone)]
pub(crate) struct Machine {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    file: StateFile,
    snapshots: Snapshots,
    /// Held from taking changes until they are on disk, and while a snapshot replaces everything: what is written must
    /// be in the order in which it was taken.
    writing: tokio::sync::Mutex<()>,
    /// The index of the last applied entry, for those who wait for it.
    applied: watch::Sender<u64>,
    /// Tells those who watch sessions.
    feed: Feed,
    /// The error that ended the writing of checkpoints, if one did.
    failed: watch::Sender<Option<String>>,
}

#[derive(Default)]
struct State {
    ledger: Ledger,
    applied: Option<LogId>,
    membership: Membership,
    digests: Digests,
}

impl State {
    fn of(loaded: Loaded) -> io::Result<Self> {
        Ok(Self {
            applied: decode("the applied log id", &loaded.applied)?,
            membership: decode("the membership", &loaded.membership)?,
            ledger: loaded.ledger,
            digests: Digests::default(),
        })
    }

    /// The index of the last applied entry; 0 if there is none.
    fn index(&self) -> u64 {
        self.applied.map_or(0, |id| id.index())
    }

    fn apply(&mut self, id: LogId, payload: Payload) -> Answers {
        let answers = match payload {
            EntryPayload::Blank => Answers::default(),
            EntryPayload::Normal(batch) => Answers(self.ledger.apply(&batch.0)),
            EntryPayload::Membership(members) => {
                self.membership = Membership::new(Some(id), members);
                Answers::default()
            }
        };
        self.applied = Some(id);
        let ledger = &self.ledger;
        self.digests.note(id.index(), || ledger.digest());
        answers
    }
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Machine(applied {:?})", self.state().applied)
    }
}

impl Machine {
    /// Loads the last checkpoint, or an empty ledger.
    pub(crate) async fn open(disk: Arc<dyn Disk>) -> Result<Self, storage::Error> {
        let file = StateFile::open(Arc::clone(&disk)).await?;
        let snapshots = Snapshots::open(disk, &file).await?;
        let state = match file.load().await? {
            Some(loaded) => State::of(loaded).map_err(|error| damaged("the state file", &error))?,
            None => State::default(),
        };
        let index = state.index();
        Ok(Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                file,
                snapshots,
                writing: tokio::sync::Mutex::default(),
                applied: watch::Sender::new(index),
                feed: Feed::default(),
                failed: watch::Sender::new(None),
            }),
        })
    }

    /// Makes a snapshot of the ledger if it is ahead of a log that ends at this entry, and no snapshot is as new.
    ///
    /// An entry is applied when a majority has it on disk, which need not include this node: a power cut may take the
    /// end of the log and leave the checkpoint. openraft then takes the log for purged up to the checkpoint, and such
    /// entries must be in a snapshot, or nobody could be brought up to date from here.
    pub(crate) async fn cover(&self, log_ends_at: u64) -> Result<(), storage::Error> {
        let (file, snapshots) = (&self.shared.file, &self.shared.snapshots);
        let covered = snapshots.current().map_or(0, |snapshot| snapshot.applied_index());
        if self.applied() > log_ends_at.max(covered) {
            snapshots.build(file).await?;
        }
        Ok(())
    }

    /// Reads the ledger as it is on this node now.
    pub(crate) fn ledger<T>(&self, read: impl FnOnce(&Ledger) -> T) -> T {
        read(&self.state().ledger)
    }

    /// Reads the ledger, if nobody writes to it at the moment.
    pub(crate) fn try_ledger<T>(&self, read: impl FnOnce(&Ledger) -> T) -> Option<T> {
        self.shared.state.try_lock().ok().map(|state| read(&state.ledger))
    }

    /// The newest digests of the ledger, each with the index of the entry after which it was taken.
    pub(crate) fn digests(&self) -> Vec<(u64, Digest)> {
        self.state().digests.all()
    }

    /// Opens a file for a snapshot that a leader sends.
    pub(crate) async fn receive_snapshot(&self) -> Result<Incoming, storage::Error> {
        self.shared.snapshots.receive().await
    }

    /// The index of the last applied entry.
    pub(crate) fn applied(&self) -> u64 {
        *self.shared.applied.borrow()
    }

    /// Begins to watch sessions.
    pub(crate) fn watch_sessions(&self) -> broadcast::Receiver<Told> {
        self.shared.feed.watch()
    }

    /// Waits until the entry at `index` has been applied here.
    pub(crate) async fn wait_applied(&self, index: u64) {
        let mut applied = self.shared.applied.subscribe();
        // The sender lives in `self`, so the wait cannot fail while it lasts.
        let _ = applied.wait_for(|at| *at >= index).await;
    }

    /// Waits for an error that ended the checkpoints: the node must stop then.
    pub(crate) async fn failure(&self) -> String {
        let mut failed = self.shared.failed.subscribe();
        // The sender lives in `self`, so the wait cannot fail while it lasts.
        let _ = failed.wait_for(Option::is_some).await;
        failed.borrow().clone().unwrap_or_default()
    }

    /// The audit and closed usage on disk.
    pub(crate) fn history(&self) -> &StateFile {
        &self.shared.file
    }

    /// Waits until [`history`](Self::history) shows what was applied before this call. The node does not wait for its
    /// next checkpoint then, but writes it; those who ask meanwhile share it.
    pub(crate) async fn catch_up_history(&self) -> Result<(), storage::Error> {
        let applied = self.state().index();
        if applied <= self.shared.file.applied_index() {
            return Ok(());
        }
        self.checkpoint_to(applied).await
    }

    /// Writes checkpoints for as long as the node runs.
    pub(crate) async fn write_checkpoints(self) {
        let mut applied = self.shared.applied.subscribe();
        loop {
            if applied.changed().await.is_err() {
                return;
            }
            let due = tokio::time::Instant::now() + CHECKPOINT_EVERY;
            while self.state().ledger.changed_rows() < CHECKPOINT_ROWS_MAX
                && tokio::time::timeout_at(due, applied.changed()).await.is_ok()
            {}
            if let Err(error) = self.checkpoint().await {
                tracing::error!(%error, "the ledger cannot be written; this node stops");
                self.shared.failed.send_replace(Some(error.to_string()));
                return;
            }
        }
    }

    /// Writes a last checkpoint, so that the next start replays little.
    pub(crate) async fn close(&self) {
        if let Err(error) = self.checkpoint().await {
            tracing::warn!(%error, "the last checkpoint was not written; the log makes it good");
        }
    }

    async fn checkpoint(&self) -> Result<(), storage::Error> {
        self.checkpoint_to(u64::MAX).await
    }

    /// Writes a checkpoint, unless another that is as new as `wanted` was written while this one waited for its turn.
    async fn checkpoint_to(&self, wanted: u64) -> Result<(), storage::Error> {
        let _writing = self.shared.writing.lock().await;
        if wanted <= self.shared.file.applied_index() {
            return Ok(());
        }
        if self.shared.state.is_poisoned() {
            // Half of an entry was applied. The checkpoint before it is whole, and must stay the newest.
            let error = io::Error::other("applying an entry panicked");
            return Err(damaged("the ledger in memory", &error));
        }
        let checkpoint = {
            let mut state = self.state();
            let index = state.index();
            // The index is 0 for nothing applied and for the first entry alike; neither is worth skipping.
            if index > 0 && index <= self.shared.file.applied_index() {
                return Ok(());
            }
            Checkpoint {
                changes: state.ledger.take_changes(),
                applied: encode(&state.applied),
                applied_index: index,
                membership: encode(&state.membership),
                digest: state.ledger.digest(),
            }
        };
        self.shared.feed.tell(&checkpoint.changes);
        self.shared.file.write(checkpoint).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A snapshot with what its file says that it covers.
    pub(crate) fn describe(snapshot: SnapshotFile) -> io::Result<Snapshot0> {
        let meta = SnapshotMeta {
            last_log_id: decode("the snapshot's log id", snapshot.applied())?,
            last_membership: decode("the snapshot's membership", snapshot.membership())?,
        };
        Ok(Snapshot { meta, snapshot })
    }
}

type Snapshot0 = openraft::alias::SnapshotOf<TypeConfig, SnapshotFile>;

impl RaftSnapshotBuilder<TypeConfig> for Machine {
    type SnapshotData = SnapshotFile;

    async fn build_snapshot(&mut self) -> Result<Snapshot0, io::Error> {
        self.checkpoint().await.map_err(io::Error::other)?;
        // The build reads a frozen view of the durable file; checkpoints go on meanwhile.
        let snapshot = self
            .shared
            .snapshots
            .build(&self.shared.file)
            .await
            .map_err(io::Error::other)?;
        Self::describe(snapshot)
    }
}

impl RaftStateMachine<TypeConfig> for Machine {
    type SnapshotData = SnapshotFile;
    type SnapshotBuilder = Self;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, Membership), io::Error> {
        let state = self.state();
        Ok((state.applied, state.membership.clone()))
    }

    async fn apply<S>(&mut self, mut entries: S) -> Result<(), io::Error>
    where
        S: Stream<Item = Result<EntryResponder<TypeConfig>, io::Error>> + Unpin + OptionalSend,
    {
        while let Some((entry, responder)) = entries.try_next().await? {
            let id = entry.log_id();
            let answers = self.state().apply(id, entry.payload);
            self.shared.applied.send_replace(id.index());
            if let Some(responder) = responder {
                responder.send(answers);
            }
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> Self {
        self.clone()
    }

    async fn install_snapshot(&mut self, meta: &SnapshotMeta, snapshot: SnapshotFile) -> Result<(), io::Error> {
        let _writing = self.shared.writing.lock().await;
        let loaded = self
            .shared
            .snapshots
            .install(&snapshot, &self.shared.file)
            .await
            .map_err(io::Error::other)?;
        let state = State::of(loaded)?;
        if state.applied != meta.last_log_id {
            let (held, announced) = (state.applied, &meta.last_log_id);
            return Err(io::Error::other(format!(
                "the snapshot holds {held:?}, not {announced:?} as announced"
            )));
        }
        let index = state.index();
        *self.state() = state;
        self.shared.applied.send_replace(index);
        self.shared.feed.tell_anew();
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot0>, io::Error> {
        self.shared.snapshots.current().map(Self::describe).transpose()
    }
}

#[cfg(test)]
mod tests {
    use storage::MemoryDisk;

    use super::*;

    #[tokio::test]
    async fn what_a_power_cut_took_from_the_log_is_in_a_snapshot() {
        let machine = Machine::open(Arc::new(MemoryDisk::new().unwrap())).await.unwrap();
        let id = LogId::new(openraft::alias::CommittedLeaderIdOf::<TypeConfig>::new(1), 5);
        machine.state().apply(id, EntryPayload::Blank);
        machine.shared.applied.send_replace(5);
        machine.checkpoint().await.unwrap();
        let covered = || {
            machine
                .shared
                .snapshots
                .current()
                .map(|snapshot| snapshot.applied_index())
        };
        machine.cover(5).await.unwrap();
        assert_eq!(covered(), None);
        machine.cover(3).await.unwrap();
        assert_eq!(covered(), Some(5));
    }
}
