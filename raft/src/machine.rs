//! openraft's state machine: the ledger in memory, checkpointed to disk behind it.
//!
//! `apply` runs commands on the ledger and answers. A task of its own takes what changed about once a second and writes
//! it with the applied position in one durable transaction; a restart loads that and replays the log. The log may be
//! purged only up to a snapshot, and a snapshot is built from a durable checkpoint, so what a restart needs is there.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::{Stream, TryStreamExt};
use licensing::{Digest, Ledger};
use openraft::entry::RaftEntry;
use openraft::storage::{EntryResponder, RaftSnapshotBuilder, RaftStateMachine, Snapshot};
use openraft::{EntryPayload, OptionalSend};
use storage::{Checkpoint, SnapshotFile, SnapshotWriter, StateFile};
use tokio::sync::watch;

use crate::agree::Digests;
use crate::log::{decode, encode};
use crate::types::{Answers, LogId, Membership, Payload, SnapshotMeta, TypeConfig};

/// How long changes wait in memory for their checkpoint.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

/// This many changed rows bring a checkpoint forward, so that one never grows into a stall.
const CHECKPOINT_ROWS_MAX: usize = 50_000;

/// A node's ledger and its way to disk. Clones share it.
#[derive(Clone)]
pub struct Machine {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Held while the state file is written or replaced: a checkpoint, a snapshot's build, an install.
    file: tokio::sync::Mutex<StateFile>,
    /// The index of the last applied entry, for those who wait for it.
    applied: watch::Sender<u64>,
    /// The error that ended the writing of checkpoints, if one did.
    failed: watch::Sender<Option<String>>,
}

struct State {
    ledger: Ledger,
    applied: Option<LogId>,
    membership: Membership,
    digests: Digests,
}

impl State {
    fn apply(&mut self, id: LogId, payload: Payload) -> Answers {
        self.applied = Some(id);
        let answers = match payload {
            EntryPayload::Blank => Answers::default(),
            EntryPayload::Normal(batch) => Answers(self.ledger.apply(&batch.0)),
            EntryPayload::Membership(members) => {
                self.membership = Membership::new(Some(id), members);
                Answers::default()
            }
        };
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
    pub async fn open(disk: Arc<dyn storage::Disk>) -> Result<Self, storage::Error> {
        let (file, loaded) = StateFile::open(disk).await?;
        let corrupt = |error: io::Error| storage::Error::corrupt(storage::STATE_FILE, &error.to_string());
        let state = match loaded {
            Some(loaded) => State {
                ledger: loaded.ledger,
                applied: Some(decode("the applied log id", &loaded.applied).map_err(corrupt)?),
                membership: decode("the membership", &loaded.membership).map_err(corrupt)?,
                digests: Digests::default(),
            },
            None => State {
                ledger: Ledger::new(),
                applied: None,
                membership: Membership::default(),
                digests: Digests::default(),
            },
        };
        let index = state.applied.map_or(0, |id| id.index());
        Ok(Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                file: tokio::sync::Mutex::new(file),
                applied: watch::Sender::new(index),
                failed: watch::Sender::new(None),
            }),
        })
    }

    /// Reads the ledger as it is on this node now.
    pub fn ledger<T>(&self, read: impl FnOnce(&Ledger) -> T) -> T {
        read(&self.state().ledger)
    }

    /// The newest digests of the ledger, each with the index of the entry after which it was taken.
    pub fn digests(&self) -> Vec<(u64, Digest)> {
        self.state().digests.all()
    }

    /// Opens a file for a snapshot of `bytes` bytes that a leader sends.
    pub async fn receive_snapshot(&self, bytes: u64) -> Result<SnapshotWriter, storage::Error> {
        self.shared.file.lock().await.receive_snapshot(bytes).await
    }

    /// The index of the last applied entry.
    pub fn applied(&self) -> u64 {
        *self.shared.applied.borrow()
    }

    /// Waits until the entry at `index` has been applied here.
    pub async fn wait_applied(&self, index: u64) {
        let mut applied = self.shared.applied.subscribe();
        // The sender lives in `self`, so the wait cannot fail while it lasts.
        let _ = applied.wait_for(|at| *at >= index).await;
    }

    /// Waits for an error that ended the checkpoints: the node must stop then.
    pub async fn failure(&self) -> String {
        let mut failed = self.shared.failed.subscribe();
        match failed.wait_for(Option::is_some).await {
            Ok(error) => error.clone().unwrap_or_default(),
            Err(_) => std::future::pending().await,
        }
    }

    /// Reads the audit and closed usage from disk, off the path of commands.
    pub async fn history<T>(
        &self,
        read: impl FnOnce(&StateFile) -> Result<T, storage::Error>,
    ) -> Result<T, storage::Error> {
        let file = self.shared.file.lock().await;
        read(&file)
    }

    /// Writes checkpoints for as long as the node runs.
    pub async fn write_checkpoints(self) {
        let mut applied = self.shared.applied.subscribe();
        loop {
            if applied.changed().await.is_err() {
                return;
            }
            let due = tokio::time::Instant::now() + CHECKPOINT_EVERY;
            while self.state().ledger.changed_rows() < CHECKPOINT_ROWS_MAX
                && tokio::time::timeout_at(due, applied.changed()).await.is_ok()
            {}
            let mut file = self.shared.file.lock().await;
            if let Err(error) = self.checkpoint(&mut file).await {
                tracing::error!(%error, "the ledger cannot be written; this node stops");
                self.shared.failed.send_replace(Some(error.to_string()));
                return;
            }
        }
    }

    /// Writes a last checkpoint, so that the next start replays little.
    pub async fn close(&self) {
        let mut file = self.shared.file.lock().await;
        if let Err(error) = self.checkpoint(&mut file).await {
            tracing::warn!(%error, "the last checkpoint was not written; the log makes it good");
        }
    }

    async fn checkpoint(&self, file: &mut StateFile) -> Result<(), storage::Error> {
        let checkpoint = {
            let mut state = self.state();
            let Some(applied) = state.applied else { return Ok(()) };
            Checkpoint {
                changes: state.ledger.take_changes(),
                applied: encode(&applied),
                applied_index: applied.index(),
                membership: encode(&state.membership),
                digest: state.ledger.digest(),
            }
        };
        file.write(checkpoint).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn snapshot_of(file: SnapshotFile) -> io::Result<Snapshot0> {
        let header = file.header();
        let meta = SnapshotMeta {
            last_log_id: Some(decode("the snapshot's log id", &header.applied)?),
            last_membership: decode("the snapshot's membership", &header.membership)?,
        };
        Ok(Snapshot { meta, snapshot: file })
    }
}

type Snapshot0 = openraft::alias::SnapshotOf<TypeConfig, SnapshotFile>;

impl RaftSnapshotBuilder<TypeConfig> for Machine {
    type SnapshotData = SnapshotFile;

    async fn build_snapshot(&mut self) -> Result<Snapshot0, io::Error> {
        let mut file = self.shared.file.lock().await;
        self.checkpoint(&mut file).await.map_err(io::Error::other)?;
        let building = file.build_snapshot();
        // The build reads a frozen view; checkpoints go on meanwhile.
        drop(file);
        let snapshot = building.await.map_err(io::Error::other)?;
        Self::snapshot_of(snapshot)
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
        let mut file = self.shared.file.lock().await;
        let loaded = file.install(snapshot).await.map_err(io::Error::other)?;
        let applied: LogId = decode("the snapshot's log id", &loaded.applied)?;
        if Some(applied) != meta.last_log_id {
            return Err(io::Error::other(format!("the snapshot holds {applied}, not {:?} as announced", meta.last_log_id)));
        }
        let membership = decode("the snapshot's membership", &loaded.membership)?;
        *self.state() =
            State { ledger: loaded.ledger, applied: Some(applied), membership, digests: Digests::default() };
        self.shared.applied.send_replace(applied.index());
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot0>, io::Error> {
        let file = self.shared.file.lock().await;
        let current = file.current_snapshot().await.map_err(io::Error::other)?;
        current.map(Self::snapshot_of).transpose()
    }
}
