//! The raft log under power cuts: what was acknowledged is there, and what is there was handed over, in that order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use storage::faulty::FaultyDisk;
use storage::log::{LogState, RaftLog};

use crate::chance::{Chance, simulate, unless_dead};

/// What is done to the log.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Append(Vec<(u64, Vec<u8>)>),
    Vote(Vec<u8>),
    Truncate(Option<u64>),
    Purge(u64, Vec<u8>),
}

/// What the log should hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Model {
    pub(crate) vote: Option<Vec<u8>>,
    pub(crate) purged: Option<(u64, Vec<u8>)>,
    pub(crate) entries: BTreeMap<u64, Vec<u8>>,
}

impl Model {
    pub(crate) fn apply(&mut self, step: &Step) {
        match step.clone() {
            Step::Append(entries) => self.entries.extend(entries),
            Step::Vote(vote) => self.vote = Some(vote),
            Step::Truncate(after) => drop(self.entries.split_off(&after.map_or(0, |index| index + 1))),
            Step::Purge(index, id) => {
                self.entries = self.entries.split_off(&(index + 1));
                self.purged = Some((index, id));
            }
        }
    }

    /// The index that comes next.
    fn next(&self) -> u64 {
        let last = self.entries.keys().next_back().copied();
        let purged = self.purged.as_ref().map(|(index, _)| *index);
        last.max(purged).map_or(0, |index| index + 1)
    }

    fn random_step(&self, chance: &Chance) -> Step {
        let next = self.next();
        let purged = self.purged.as_ref().map_or(0, |(index, _)| index + 1);
        match chance.in_range(0..10) {
            0 | 1 => Step::Vote(chance.bytes(1..40)),
            2 if chance.one_in(5) => Step::Truncate(None),
            2 if next > purged => Step::Truncate(chance.in_range(purged..next + 1).checked_sub(1)),
            3 => Step::Purge(chance.in_range(purged..next + 3), chance.bytes(0..20)),
            _ => Step::Append(
                (next..next + chance.in_range(1..6))
                    .map(|i| (i, chance.bytes(0..900)))
                    .collect(),
            ),
        }
    }
}

/// One life of a log between two power cuts, as its user sees it.
struct Life {
    steps: Vec<Step>,
    acknowledged: Arc<Mutex<Vec<usize>>>,
    committed: Vec<Vec<u8>>,
}

impl Life {
    fn new() -> Self {
        Self {
            steps: Vec::new(),
            acknowledged: Arc::default(),
            committed: Vec::new(),
        }
    }

    fn take(&mut self, log: &RaftLog, step: Step) {
        let nth = self.steps.len();
        self.steps.push(step.clone());
        let acknowledged = Arc::clone(&self.acknowledged);
        let done = Box::new(move |outcome: Result<(), storage::Error>| {
            outcome.unwrap();
            acknowledged.lock().unwrap().push(nth);
        });
        match step {
            Step::Append(entries) => log.append(entries, done),
            Step::Truncate(after) => log.truncate_after(after, done),
            Step::Purge(index, id) => log.purge(index, id, done),
            Step::Vote(vote) => {
                let saved = log.save_vote(vote);
                tokio::spawn(async move { done(saved.await) });
            }
        }
    }

    /// How many steps must have survived.
    fn certain(&self) -> usize {
        self.acknowledged.lock().unwrap().iter().max().map_or(0, |nth| nth + 1)
    }
}

/// Uses the log until the power is gone.
async fn live(disk: &FaultyDisk, log: &RaftLog, before: &Model, chance: &Chance) -> Life {
    let (mut life, mut model) = (Life::new(), before.clone());
    disk.cut_power_after(chance.in_range(0..60));
    while !disk.lost_power() {
        for _ in 0..chance.in_range(1..8) {
            let step = model.random_step(chance);
            model.apply(&step);
            life.take(log, step);
        }
        if chance.one_in(3) {
            let committed = chance.bytes(1..9);
            life.committed.push(committed.clone());
            log.save_committed(committed);
        }
        tokio::time::sleep(Duration::from_micros(chance.in_range(1..4_000))).await;
    }
    life
}

/// Opens the log after a power cut, with up to two more cuts while it recovers.
async fn recover(mut disk: FaultyDisk, chance: &Chance) -> (FaultyDisk, RaftLog, LogState) {
    for cuts in 0.. {
        disk = disk.power_loss(chance.power_loss());
        if cuts < 2 && chance.one_in(2) {
            disk.cut_power_after(chance.in_range(0..25));
        }
        if let Some(opened) = unless_dead(&disk, RaftLog::open(Arc::new(disk.clone()))).await {
            let (log, state) = opened.unwrap();
            return (disk, log, state);
        }
    }
    unreachable!("the third try has power")
}

pub(crate) async fn contents(log: &RaftLog, state: &LogState) -> Result<Model, storage::Error> {
    let range = state.first.unwrap_or(0)..state.last.map_or(0, |last| last + 1);
    let entries = log.read(range, usize::MAX).await?;
    Ok(Model {
        vote: state.vote.clone(),
        purged: state.purged.clone(),
        entries: entries.into_iter().collect(),
    })
}

/// Finds how much of a life survived, and that it is enough and no fiction.
fn explain(found: &Model, before: &Model, life: &Life) {
    let (mut model, mut survived) = (before.clone(), None);
    for nth in 0..=life.steps.len() {
        if model == *found {
            survived = Some(nth);
        }
        life.steps.get(nth).inspect(|step| model.apply(step));
    }
    let survived = survived.expect("what is there is what a number of steps left behind, in their order");
    assert!(
        survived >= life.certain(),
        "{survived} of {} acknowledged steps survived",
        life.certain()
    );
}

async fn lives(seed: u64) -> u64 {
    let chance = Chance::new(seed);
    let mut disk = chance.disk();
    let (log, mut state) = RaftLog::open(Arc::new(disk.clone())).await.unwrap();
    let (mut log, mut model) = (Some(log), Model::default());
    for _ in 0..5 {
        let life = live(&disk, log.as_ref().unwrap(), &model, &chance).await;
        let committed_before = state.committed.clone();
        // The machine is gone before anything of it can run on.
        drop(log.take());
        let (next_disk, next_log, next_state) = recover(disk, &chance).await;
        let found = contents(&next_log, &next_state).await.unwrap();
        explain(&found, &model, &life);
        let noted = next_state.committed.as_ref();
        assert!(noted == committed_before.as_ref() || life.committed.iter().any(|one| Some(one) == noted));
        (disk, log, state, model) = (next_disk, Some(next_log), next_state, found);
    }
    disk.counts().sectors_lost
}

#[test]
fn acknowledged_changes_survive_any_power_cut_and_nothing_else_appears() {
    let lost: u64 = (0..800).map(|seed| simulate(lives(seed))).sum();
    assert!(lost > 1_000, "the cuts cost {lost} sectors, too few to prove anything");
}

#[test]
fn the_same_seed_writes_the_same_bytes() {
    let history = |seed| {
        simulate(async move {
            let chance = Chance::new(seed);
            let disk = chance.disk();
            let (log, _) = RaftLog::open(Arc::new(disk.clone())).await.unwrap();
            live(&disk, &log, &Model::default(), &chance).await;
            disk.history()
        })
    };
    assert_eq!(history(7), history(7));
    assert_ne!(history(7), history(8));
}
