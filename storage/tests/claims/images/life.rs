//! A life on a disk, up to its end or the disk's, and what was acknowledged in it.

use std::sync::{Arc, Mutex, MutexGuard};

use storage::checkpoint::{Loaded, StateFile};
use storage::disk::Disk;
use storage::faulty::FaultyDisk;
use storage::log::{LogState, RaftLog};
use storage::snapshot::Snapshots;
use storage::{Error, StoreId, identify};
use tokio::task::JoinHandle;

use super::script::{Op, Script, committed};
use crate::chance::unless_dead;
use crate::log_crashes::Step;

pub(crate) const STORE: StoreId = StoreId::from_bytes([7; 16]);

/// A node's store, opened.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) disk: FaultyDisk,
    pub(crate) store: StoreId,
    pub(crate) log: RaftLog,
    pub(crate) log_state: LogState,
    pub(crate) state: StateFile,
    pub(crate) snapshots: Snapshots,
    pub(crate) loaded: Option<Loaded>,
}

impl Node {
    /// Opens everything, as a node does when it starts. `None` if the power went away meanwhile.
    pub(crate) async fn open(disk: &FaultyDisk) -> Option<Result<Self, Error>> {
        match unless_dead(disk, Self::open_all(disk)).await {
            // What is answered by a disk without power is not an answer.
            Some(Err(_)) | None if disk.lost_power() => None,
            opened => opened,
        }
    }

    async fn open_all(disk: &FaultyDisk) -> Result<Self, Error> {
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let store = identify(disk, STORE)?;
        let (log, log_state) = RaftLog::open(Arc::clone(&shared)).await?;
        let state = StateFile::open(Arc::clone(&shared)).await?;
        let snapshots = Snapshots::open(shared, &state).await?;
        let loaded = state.load().await?;
        Ok(Self {
            disk: disk.clone(),
            store,
            log,
            log_state,
            state,
            snapshots,
            loaded,
        })
    }
}

/// What was asked and what was acknowledged.
#[derive(Debug, Default, Clone)]
pub(crate) struct Progress {
    /// Steps of the log: asked, and acknowledged with all before them.
    pub(crate) steps_asked: usize,
    pub(crate) steps_certain: usize,
    /// Notes of what is committed: how many were asked, and the last that a flush made certain.
    pub(crate) committed_asked: Vec<u64>,
    pub(crate) committed_certain: Option<u64>,
    /// Checkpoints and installations.
    pub(crate) saved_asked: Vec<u64>,
    pub(crate) saved_certain: Option<u64>,
    /// Snapshots that were built or installed.
    pub(crate) snapshots_asked: Vec<u64>,
    pub(crate) snapshot_certain: Option<u64>,
    /// The first error that a disk with power gave.
    pub(crate) failed: Option<Error>,
}

/// A life's progress, noted by whoever is told.
#[derive(Debug, Clone, Default)]
struct Notes(Arc<Mutex<Progress>>);

impl Notes {
    fn get(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap()
    }

    /// Notes a success, or the failure that ends the life.
    fn told(&self, outcome: Result<(), Error>, success: impl FnOnce(&mut Progress)) {
        let mut progress = self.get();
        match outcome {
            Ok(()) => success(&mut progress),
            Err(error) => drop(progress.failed.get_or_insert(error)),
        }
    }

    fn has_failed(&self) -> bool {
        self.get().failed.is_some()
    }
}

/// How a process ends that the power did not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Killed,
    Closed,
}

/// Somebody who lives a script.
pub(crate) struct Life {
    node: Node,
    notes: Notes,
    tasks: Vec<JoinHandle<()>>,
}

impl Life {
    /// Lives the script until its end, a failure, or the end of the power. A process that is killed leaves the disk as
    /// if without power, which [`FaultyDisk::process_end`] takes back.
    pub(crate) async fn live(script: &Script, disk: &FaultyDisk, end: End) -> Progress {
        let notes = Notes::default();
        match Node::open(disk).await {
            None => {}
            Some(Err(error)) => notes.told(Err(error), |_| ()),
            Some(Ok(node)) => {
                let mut life = Self {
                    node,
                    notes: notes.clone(),
                    tasks: Vec::new(),
                };
                for op in &script.ops {
                    if disk.lost_power() || notes.has_failed() {
                        break;
                    }
                    life.ask(op).await;
                }
                life.join().await;
                life.flush().await;
                life.end(end);
            }
        }
        notes.get().clone()
    }

    /// The process ends. Killed, it does nothing more; else its files are closed, which writes to them.
    fn end(self, end: End) {
        if end == End::Killed {
            self.node.disk.cut_power();
        }
        for task in &self.tasks {
            task.abort();
        }
    }

    async fn ask(&mut self, op: &Op) {
        match op {
            Op::Log(step) => self.step(step.clone()),
            Op::Committed(index) => {
                self.notes.get().committed_asked.push(*index);
                self.node.log.save_committed(committed(*index));
            }
            Op::Flush => self.flush().await,
            Op::Save(checkpoint) => self.save(checkpoint.as_ref().clone()),
            Op::Build => {
                // A snapshot is built from a checkpoint that is durable.
                self.join().await;
                self.build();
            }
            Op::Join => self.join().await,
            Op::Install { pieces, applied_index } => {
                self.notes.get().saved_asked.push(*applied_index);
                self.notes.get().snapshots_asked.push(*applied_index);
                let installed = unless_dead(&self.node.disk, self.install(pieces)).await;
                if let Some(outcome) = installed {
                    self.notes.told(outcome, |progress| {
                        progress.saved_certain = Some(*applied_index);
                        progress.snapshot_certain = Some(*applied_index);
                    });
                }
            }
        }
        // Others have a turn, so that what is asked of several lanes is done at once.
        tokio::time::sleep(std::time::Duration::from_micros(700)).await;
    }

    fn step(&mut self, step: Step) {
        let nth = {
            let mut progress = self.notes.get();
            progress.steps_asked += 1;
            progress.steps_asked
        };
        let notes = self.notes.clone();
        let done = Box::new(move |outcome| {
            notes.told(outcome, |progress| {
                progress.steps_certain = progress.steps_certain.max(nth);
            });
        });
        let log = &self.node.log;
        match step {
            Step::Append(entries) => log.append(entries, done),
            Step::Truncate(after) => log.truncate_after(after, done),
            Step::Purge(index, id) => log.purge(index, id, done),
            Step::Vote(vote) => {
                let saved = log.save_vote(vote);
                self.tasks.push(tokio::spawn(async move { done(saved.await) }));
            }
        }
    }

    async fn flush(&self) {
        let noted = self.notes.get().committed_asked.last().copied();
        if let Some(outcome) = unless_dead(&self.node.disk, self.node.log.flush()).await {
            self.notes.told(outcome, |progress| progress.committed_certain = noted);
        }
    }

    fn save(&mut self, checkpoint: storage::checkpoint::Checkpoint) {
        let (state, notes, index) = (self.node.state.clone(), self.notes.clone(), checkpoint.applied_index);
        notes.get().saved_asked.push(index);
        self.tasks.push(tokio::spawn(async move {
            let outcome = state.write(checkpoint).await;
            notes.told(outcome, |progress| progress.saved_certain = Some(index));
        }));
    }

    fn build(&mut self) {
        let (state, snapshots, notes) = (self.node.state.clone(), self.node.snapshots.clone(), self.notes.clone());
        let newest = notes.get().saved_asked.last().copied();
        notes.get().snapshots_asked.extend(newest);
        self.tasks.push(tokio::spawn(async move {
            match snapshots.build(&state).await {
                Ok(built) => notes.told(Ok(()), |progress| {
                    progress.snapshot_certain = progress.snapshot_certain.max(Some(built.applied_index()));
                }),
                Err(error) => notes.told(Err(error), |_| ()),
            }
        }));
    }

    async fn install(&self, pieces: &[Vec<u8>]) -> Result<(), Error> {
        let mut incoming = self.node.snapshots.receive().await?;
        for piece in pieces {
            incoming.write(piece.clone()).await?;
        }
        let snapshot = incoming.finish().await?;
        self.node.snapshots.install(&snapshot, &self.node.state).await?;
        Ok(())
    }

    async fn join(&mut self) {
        for mut task in self.tasks.drain(..) {
            match unless_dead(&self.node.disk, &mut task).await {
                Some(outcome) => outcome.unwrap(),
                None => task.abort(),
            }
        }
    }
}
