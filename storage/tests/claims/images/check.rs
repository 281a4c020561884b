//! What is found after a crash, held to what was acknowledged before it.

use std::collections::BTreeSet;
use std::fmt;

use licensing::command::Entry;
use licensing::ledger::Ledger;
use storage::checkpoint::Checkpoint;
use storage::disk::Disk;
use storage::faulty::{FaultyDisk, PowerLoss};

use super::life::{Node, Progress, STORE};
use super::script::{Script, committed};
use crate::business::{history_of, log_id, members};
use crate::log_crashes::{Model, Step, contents};

/// What a node found, for comparing two starts of it.
#[derive(PartialEq)]
pub(crate) struct Found {
    log: Model,
    committed: Option<Vec<u8>>,
    applied: Option<u64>,
    snapshot: Option<u64>,
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends = |range: &Model| Some((*range.entries.keys().next()?, *range.entries.keys().next_back()?));
        f.debug_struct("Found")
            .field("vote", &self.log.vote)
            .field("purged", &self.log.purged.as_ref().map(|(index, _)| index))
            .field("entries", &ends(&self.log))
            .field("committed", &self.committed)
            .field("applied", &self.applied)
            .field("snapshot", &self.snapshot)
            .finish_non_exhaustive()
    }
}

impl Found {
    pub(crate) async fn by(node: &Node) -> Self {
        Self {
            log: contents(&node.log, &node.log_state).await.unwrap(),
            committed: node.log_state.committed.clone(),
            applied: node.loaded.as_ref().map(|loaded| loaded.applied_index),
            snapshot: node.snapshots.current().map(|current| current.applied_index()),
        }
    }
}

/// Holds an opened node to what was acknowledged, and to what was asked at all.
pub(crate) async fn check(node: &Node, script: &Script, progress: &Progress) {
    assert_eq!(node.store, STORE);
    let log = contents(&node.log, &node.log_state).await.unwrap();
    check_log(&log, script, progress);
    check_committed(node, &log, progress);
    check_state(node, script, progress).await;
    check_snapshot(node, script, progress);
    check_together(node, &log);
    replay(node, &log, script);
}

/// What the log holds is what a number of steps left behind, in their order, and no fewer than are certain.
fn check_log(found: &Model, script: &Script, progress: &Progress) {
    let (mut model, mut survived) = (Model::default(), None);
    let steps: Vec<&Step> = script.steps().take(progress.steps_asked).collect();
    for nth in 0..=steps.len() {
        if model == *found {
            survived = Some(nth);
        }
        steps.get(nth).inspect(|step| model.apply(step));
    }
    let survived = survived.expect("the log holds what a number of steps left behind, in their order");
    let certain = progress.steps_certain;
    assert!(
        survived >= certain,
        "{survived} of {certain} acknowledged steps survived"
    );
}

fn check_committed(node: &Node, log: &Model, progress: &Progress) {
    let Some(found) = &node.log_state.committed else {
        assert_eq!(progress.committed_certain, None, "a note that was made certain is gone");
        return;
    };
    let index = progress
        .committed_asked
        .iter()
        .find(|index| committed(**index) == *found);
    let index = index.copied().expect("the note is one that was made");
    assert!(
        Some(index) >= progress.committed_certain,
        "the note went back to {index}"
    );
    let last = log.entries.keys().next_back().copied();
    let end = last.max(log.purged.as_ref().map(|(index, _)| *index));
    assert!(Some(index) <= end, "{index} is committed and not there");
}

async fn check_state(node: &Node, script: &Script, progress: &Progress) {
    let Some(loaded) = &node.loaded else {
        assert_eq!(progress.saved_certain, None, "an acknowledged checkpoint is gone");
        return;
    };
    let index = loaded.applied_index;
    assert!(
        progress.saved_asked.contains(&index),
        "nobody wrote a checkpoint at {index}"
    );
    assert!(
        Some(index) >= progress.saved_certain,
        "{index} is older than {:?}",
        progress.saved_certain
    );
    let saved = &script.saved[&index];
    assert_eq!(loaded.ledger.digest(), saved.digest);
    assert_eq!((&loaded.applied, &loaded.membership), (&log_id(index), &members(index)));
    let history = history_of(&node.state).await;
    assert_eq!(history.usage, saved.history.usage);
    assert_eq!(history.audit, saved.history.audit);
}

fn check_snapshot(node: &Node, script: &Script, progress: &Progress) {
    let names: Vec<String> = node.disk.list().unwrap();
    let ours: Vec<&String> = names.iter().filter(|name| name.starts_with("snap-")).collect();
    let Some(current) = node.snapshots.current() else {
        assert_eq!(progress.snapshot_certain, None, "an acknowledged snapshot is gone");
        assert!(ours.is_empty(), "{ours:?}");
        return;
    };
    let index = current.applied_index();
    assert!(
        progress.snapshots_asked.contains(&index),
        "nobody made a snapshot at {index}"
    );
    assert!(
        Some(index) >= progress.snapshot_certain,
        "the snapshot went back to {index}"
    );
    assert_eq!(current.digest(), script.saved[&index].digest);
    assert_eq!(*ours, [&format!("snap-{index:020}")]);
}

/// The files fit together: what the log has forgotten is in the state, and in the snapshot for those who ask.
fn check_together(node: &Node, log: &Model) {
    let applied = node.loaded.as_ref().map(|loaded| loaded.applied_index);
    let snapshot = node.snapshots.current().map(|current| current.applied_index());
    let purged = log.purged.as_ref().map(|(index, _)| *index);
    assert!(purged <= applied, "purged up to {purged:?}, applied up to {applied:?}");
    assert!(
        purged <= snapshot,
        "purged up to {purged:?}, snapshot up to {snapshot:?}"
    );
    assert!(
        snapshot <= applied,
        "the snapshot {snapshot:?} is ahead of the state {applied:?}"
    );
}

/// Replays what the log has behind the checkpoint, and holds the ledger to what it was the first time. Gives it with its
/// index.
fn replay(node: &Node, log: &Model, script: &Script) -> (Ledger, u64) {
    let decided = |index: u64| script.entries.get(usize::try_from(index).unwrap());
    // An entry that was taken back is not one to apply, and those behind it neither.
    replay_while(
        node,
        log,
        |index, entry| decided(index).is_some_and(|(decided, _)| entry == decided),
        |index, ledger| assert_eq!(ledger.digest(), decided(index).unwrap().1, "replayed up to {index}"),
    )
}

/// Replays all that the log has behind the checkpoint.
pub(crate) fn replayed(node: &Node, log: &Model) -> (Ledger, u64) {
    replay_while(node, log, |_, _| true, |_, _| ())
}

fn replay_while(
    node: &Node,
    log: &Model,
    applies: impl Fn(u64, &Vec<u8>) -> bool,
    check: impl Fn(u64, &Ledger),
) -> (Ledger, u64) {
    let ledger = node
        .loaded
        .as_ref()
        .map(|loaded| Ledger::from_rows(loaded.ledger.rows()).unwrap());
    let mut ledger = ledger.unwrap_or_default();
    let mut index = node.loaded.as_ref().map_or(0, |loaded| loaded.applied_index);
    while let Some(entry) = log.entries.get(&(index + 1)).filter(|entry| applies(index + 1, entry)) {
        ledger.apply(&postcard::from_bytes::<Entry>(entry).unwrap());
        index += 1;
        check(index, &ledger);
    }
    (ledger, index)
}

/// The node goes on from what it found, loses power, and finds what it did since.
pub(crate) async fn go_on(node: Node, script: &Script) {
    let log = contents(&node.log, &node.log_state).await.unwrap();
    let (mut ledger, index) = replay(&node, &log, script);
    let end = log.entries.keys().next_back().copied();
    let next = end
        .max(log.purged.as_ref().map(|(index, _)| *index))
        .map_or(0, |index| index + 1);
    node.log
        .append(vec![(next, b"the next".to_vec())], Box::new(Result::unwrap));
    node.log.save_vote(b"another vote".to_vec()).await.unwrap();
    let known: BTreeSet<u64> = node.loaded.iter().map(|loaded| loaded.applied_index).collect();
    if index > 0 && !known.contains(&index) {
        let checkpoint = Checkpoint {
            changes: ledger.take_changes(),
            applied_index: index,
            applied: log_id(index),
            membership: members(index),
            digest: ledger.digest(),
        };
        node.state.write(checkpoint).await.unwrap();
        node.snapshots.build(&node.state).await.unwrap();
    }
    let expected = Found {
        log: {
            let mut log = log;
            log.entries.insert(next, b"the next".to_vec());
            log.vote = Some(b"another vote".to_vec());
            log
        },
        committed: node.log_state.committed.clone(),
        applied: (index > 0).then_some(index),
        snapshot: node.snapshots.current().map(|current| current.applied_index()),
    };
    let disk = node.disk.power_loss(PowerLoss::Nothing);
    drop(node);
    let again = reopen(&disk).await;
    assert_eq!(Found::by(&again).await, expected);
    if index > 0 {
        let loaded = again.loaded.as_ref().expect("it was written before");
        assert_eq!(loaded.ledger.digest(), ledger.digest());
    }
}

/// Opens a disk with power.
pub(crate) async fn reopen(disk: &FaultyDisk) -> Node {
    Node::open(disk)
        .await
        .expect("there is power")
        .expect("what lost power opens")
}
