//! What a node asks of its disk in one life, as raft asks it: prepared once, so that it can be done again and again and
//! cut short at any change.

use std::collections::BTreeMap;

use licensing::digest::Digest;
use storage::checkpoint::{Checkpoint, StateFile};
use storage::faulty::FaultyDisk;
use storage::snapshot::Snapshots;

use crate::business::{Business, History, log_id};
use crate::chance::Chance;
use crate::log_crashes::Step;
use crate::snapshots::pieces;

/// One thing that a node asks.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    /// Something of the log. Nobody waits for it.
    Log(Step),
    /// A note of how far the log is committed.
    Committed(u64),
    /// Waits until the log is durable.
    Flush,
    /// A checkpoint. The log goes on meanwhile.
    Save(Box<Checkpoint>),
    /// A snapshot of the newest checkpoint. Everything goes on meanwhile.
    Build,
    /// Waits for the checkpoints and snapshots.
    Join,
    /// A snapshot that a leader sends.
    Install { pieces: Vec<Vec<u8>>, applied_index: u64 },
}

/// What the state file holds at one index.
#[derive(Debug, Clone)]
pub(crate) struct Saved {
    pub(crate) digest: Digest,
    pub(crate) history: History,
}

/// A life, and what must come of it.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) ops: Vec<Op>,
    /// The entry of every index that was committed, and the ledger's digest after it.
    pub(crate) entries: Vec<(Vec<u8>, Digest)>,
    /// Every checkpoint and installation by its index.
    pub(crate) saved: BTreeMap<u64, Saved>,
}

/// The note of how far the log is committed.
pub(crate) fn committed(index: u64) -> Vec<u8> {
    index.to_le_bytes().to_vec()
}

/// Writes a script: the node, and the leader that it hears from when it has fallen behind.
struct Author {
    chance: Chance,
    script: Script,
    business: Business,
    history: History,
    leader: (StateFile, Snapshots),
    /// The last index in the log, in the state file and in a snapshot.
    logged: u64,
    saved: u64,
    built: u64,
    purged: u64,
}

impl Script {
    /// Prepares a life of so many turns.
    pub(crate) async fn write(seed: u64, turns: u64) -> Self {
        let chance = Chance::new(seed);
        let disk: FaultyDisk = chance.disk();
        let state = StateFile::open(std::sync::Arc::new(disk.clone())).await.unwrap();
        let snapshots = Snapshots::open(std::sync::Arc::new(disk), &state).await.unwrap();
        let business = Business::found(&chance);
        let mut author = Author {
            script: Script::default(),
            history: History::default(),
            leader: (state, snapshots),
            logged: 0,
            saved: 0,
            built: 0,
            purged: 0,
            business,
            chance,
        };
        author.begin();
        for turn in 0..turns {
            author.turn(turn).await;
        }
        author.script
    }

    /// The steps of the log, in their order.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.ops.iter().filter_map(|op| match op {
            Op::Log(step) => Some(step),
            _ => None,
        })
    }
}

impl Author {
    /// Index 0 is raft's own; the founding follows it.
    fn begin(&mut self) {
        let blank = Vec::new();
        let digest = licensing::ledger::Ledger::new().digest();
        self.script.entries.push((blank.clone(), digest));
        self.push(Op::Log(Step::Vote(b"the first vote".to_vec())));
        self.push(Op::Log(Step::Append(vec![(0, blank)])));
        self.append();
    }

    async fn turn(&mut self, turn: u64) {
        (0..self.chance.in_range(1..4)).for_each(|_| self.business.work());
        self.append();
        // Every kind has its turn, so that a short life has all of them too.
        match turn % 8 {
            0 => self.vote(),
            1 | 4 => self.save().await,
            2 | 5 => self.build().await,
            3 => self.change_one_s_mind(),
            6 => self.purge(),
            _ => self.install().await,
        }
        if self.chance.one_in(2) {
            self.push(Op::Committed(self.logged));
        }
        if self.chance.one_in(4) {
            self.push(Op::Flush);
        }
    }

    fn push(&mut self, op: Op) {
        self.script.ops.push(op);
    }

    /// Hands what was decided to the log.
    fn append(&mut self) {
        self.note_entries();
        let from = self.logged + 1;
        let entries: Vec<_> = (from..)
            .zip(&self.script.entries[usize::try_from(from).unwrap()..])
            .map(|(index, (entry, _))| (index, entry.clone()))
            .collect();
        self.logged += entries.len() as u64;
        self.push(Op::Log(Step::Append(entries)));
    }

    fn note_entries(&mut self) {
        let known = self.script.entries.len() - 1;
        let new = self.business.journal[known..].iter();
        let new = new.map(|(entry, digest)| (postcard::to_stdvec(entry).unwrap(), *digest));
        self.script.entries.extend(new.collect::<Vec<_>>());
    }

    fn vote(&mut self) {
        let vote = self.chance.bytes(1..40);
        self.push(Op::Log(Step::Vote(vote)));
    }

    async fn save(&mut self) {
        let checkpoint = self.business.checkpoint();
        self.leader.0.write(checkpoint.clone()).await.unwrap();
        self.history.audit.extend(checkpoint.changes.audit.iter().cloned());
        self.history.usage = self.business.history.usage.clone();
        self.saved = checkpoint.applied_index;
        self.remember_saved();
        self.push(Op::Save(Box::new(checkpoint)));
    }

    fn remember_saved(&mut self) {
        let saved = Saved {
            digest: self.business.ledger.digest(),
            history: self.history.clone(),
        };
        self.script.saved.insert(self.saved, saved);
    }

    async fn build(&mut self) {
        if self.saved <= self.built {
            self.save().await;
        }
        self.built = self.saved;
        self.push(Op::Build);
    }

    /// Entries that another leader takes back.
    fn change_one_s_mind(&mut self) {
        let from = self.logged + 1;
        let unwanted = (from..from + self.chance.in_range(1..5)).map(|index| (index, self.chance.bytes(1..300)));
        let unwanted = unwanted.collect();
        self.push(Op::Log(Step::Append(unwanted)));
        if self.chance.one_in(2) {
            self.push(Op::Flush);
        }
        self.vote();
        self.push(Op::Log(Step::Truncate(Some(self.logged))));
    }

    fn purge(&mut self) {
        let upto = self.built.min(self.saved);
        if upto > self.purged {
            self.purged = self.chance.in_range(self.purged + 1..upto + 1);
            self.push(Op::Join);
            self.push(Op::Log(Step::Purge(self.purged, log_id(self.purged))));
        }
    }

    /// The others go on without this node, whose log then begins behind the snapshot that it gets.
    async fn install(&mut self) {
        (0..self.chance.in_range(2..8)).for_each(|_| self.business.work());
        self.note_entries();
        let checkpoint = self.business.checkpoint();
        self.leader.0.write(checkpoint).await.unwrap();
        let snapshot = self.leader.1.build(&self.leader.0).await.unwrap();
        let applied_index = snapshot.applied_index();
        self.history.usage = self.business.history.usage.clone();
        (self.saved, self.built, self.purged, self.logged) =
            (applied_index, applied_index, applied_index, applied_index);
        self.remember_saved();
        self.push(Op::Join);
        let pieces = pieces(&snapshot).await;
        self.push(Op::Install { pieces, applied_index });
        self.push(Op::Log(Step::Purge(applied_index, log_id(applied_index))));
    }
}
