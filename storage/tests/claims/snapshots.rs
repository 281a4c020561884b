//! Snapshots: whole or not at all, never older, never another cluster's.

use std::io::ErrorKind;
use std::sync::Arc;

use licensing::audit::Topic;
use licensing::digest::Digest;
use licensing::id::ClusterId;
use licensing::ledger::Ledger;
use storage::Error;
use storage::checkpoint::{Order, StateFile};
use storage::disk::Disk;
use storage::faulty::{Call, FaultyDisk, PowerLoss};
use storage::snapshot::{Snapshot, Snapshots};

use crate::business::{Business, history_of, license, log_id, members};
use crate::chance::{Chance, simulate, unless_dead};

const MODES: [PowerLoss; 3] = [PowerLoss::Nothing, PowerLoss::Random, PowerLoss::Everything];

/// A node's disk with its state and snapshots.
pub(crate) struct Node {
    disk: FaultyDisk,
    pub(crate) state: StateFile,
    snapshots: Snapshots,
}

impl Node {
    async fn open(disk: FaultyDisk) -> Self {
        let state = StateFile::open(Arc::new(disk.clone())).await.unwrap();
        let snapshots = Snapshots::open(Arc::new(disk.clone()), &state).await.unwrap();
        Self { disk, state, snapshots }
    }

    pub(crate) async fn fresh(seed: u64) -> Self {
        Self::open(Chance::new(seed).disk()).await
    }

    /// What the node would start with.
    async fn digest(&self) -> Option<Digest> {
        self.state.load().await.unwrap().map(|loaded| loaded.ledger.digest())
    }

    async fn receive(&self, pieces: &[Vec<u8>]) -> Result<Snapshot, Error> {
        let mut incoming = self.snapshots.receive().await?;
        for piece in pieces {
            incoming.write(piece.clone()).await?;
        }
        incoming.finish().await
    }

    /// A snapshot of another node takes the place of all rows.
    pub(crate) async fn follow(&self, other: &Self) {
        let snapshot = other.snapshots.build(&other.state).await.unwrap();
        let received = self.receive(&pieces(&snapshot).await).await.unwrap();
        self.snapshots.install(&received, &self.state).await.unwrap();
    }

    fn snapshot_files(&self) -> Vec<String> {
        self.disk
            .list()
            .unwrap()
            .into_iter()
            .filter(|name| name.starts_with("snap-"))
            .collect()
    }
}

/// A business that has done so much, with its state saved.
async fn business(node: &Node, seed: u64, entries: u64) -> Business {
    let mut business = Business::found(&Chance::new(seed));
    business.work_and_save(entries, &node.state).await;
    business
}

pub(crate) async fn pieces(snapshot: &Snapshot) -> Vec<Vec<u8>> {
    let (mut reader, mut pieces) = (snapshot.reader(), Vec::new());
    while let Some(piece) = reader.next().await.unwrap() {
        pieces.push(piece);
    }
    pieces
}

/// The pieces of a snapshot of some work, and the business that did it.
async fn sent(seed: u64, entries: u64) -> (Vec<Vec<u8>>, Business) {
    let node = Node::fresh(seed).await;
    let business = business(&node, seed, entries).await;
    let snapshot = node.snapshots.build(&node.state).await.unwrap();
    (pieces(&snapshot).await, business)
}

#[test]
fn a_snapshot_brings_another_node_to_the_same_state() {
    simulate(async {
        for seed in 0..20 {
            let (pieces, business) = sent(seed, 100 * seed).await;
            let node = Node::fresh(seed).await;
            let snapshot = node.receive(&pieces).await.unwrap();
            assert!(
                node.snapshots.current().is_none(),
                "it is not the current one before it is installed"
            );
            let installed = node.snapshots.install(&snapshot, &node.state).await.unwrap();
            assert!(installed.ledger.rows().eq(business.ledger.rows()));
            assert_eq!(
                (installed.applied_index, installed.applied),
                (business.applied_index, log_id(business.applied_index))
            );
            assert_eq!(installed.membership, members(business.applied_index));
            let current = node.snapshots.current().unwrap();
            assert_eq!(current.digest(), business.ledger.digest());
            assert_eq!(current.cluster(), business.ledger.cluster_id());
            assert_eq!(
                current.bytes().unwrap(),
                pieces.iter().map(|piece| piece.len() as u64).sum()
            );
            let restarted = Node::open(node.disk.power_loss(PowerLoss::Nothing)).await;
            assert_eq!(restarted.digest().await, Some(business.ledger.digest()));
            let history = history_of(&restarted.state).await;
            assert_eq!(history.usage, business.history.usage, "closed usage hours travel");
            assert_eq!(history.audit, [], "audit leaves do not");
        }
    });
}

#[test]
fn a_large_snapshot_travels_in_pieces() {
    simulate(async {
        let node = Node::fresh(1).await;
        let mut business = business(&node, 1, 100).await;
        business.enrol(8_000);
        business.work_and_save(1, &node.state).await;
        let snapshot = node.snapshots.build(&node.state).await.unwrap();
        let pieces = pieces(&snapshot).await;
        assert!(
            pieces.iter().filter(|piece| piece.len() > 200 << 10).count() > 1,
            "{}",
            pieces.len()
        );
        assert!(pieces.iter().all(|piece| piece.len() < 300 << 10));
        // On its way it may be cut anywhere.
        let bytes = pieces.concat();
        let cut: Vec<_> = bytes.chunks(70_001).map(<[u8]>::to_vec).collect();
        let other = Node::fresh(2).await;
        let received = other.receive(&cut).await.unwrap();
        other.snapshots.install(&received, &other.state).await.unwrap();
        assert_eq!(other.digest().await, Some(business.ledger.digest()));
    });
}

#[test]
fn installing_keeps_the_audit_leaves_that_this_node_has() {
    simulate(async {
        let (node, behind) = (Node::fresh(1).await, Node::fresh(2).await);
        let mut business = Business::found(&Chance::new(1));
        let checkpoint = business.checkpoint();
        node.state.write(checkpoint.clone()).await.unwrap();
        behind.state.write(checkpoint).await.unwrap();
        let before = business.history.audit.clone();
        business.work_and_save(50, &node.state).await;
        behind.follow(&node).await;
        assert!(!before.is_empty());
        assert_eq!(history_of(&behind.state).await.audit, before);
        // It goes on behind the leaves that it missed.
        let missed = business.history.audit.len();
        business.work_and_save(50, &behind.state).await;
        let after = history_of(&behind.state).await.audit;
        assert_eq!(after, [&before[..], &business.history.audit[missed..]].concat());
        let kept = behind.state.audit_kept().await.unwrap();
        assert_eq!(
            (kept.whole_from, kept.end),
            (missed as u64, business.history.audit.len() as u64)
        );
        let seats = vec![Topic::Seats(license(1))];
        let found = behind
            .state
            .audit_about(seats, 0..u64::MAX, Order::OldestFirst, usize::MAX)
            .await
            .unwrap();
        assert!(!found.is_empty() && found.iter().all(|record| after.contains(record)));
    });
}

#[test]
fn building_again_without_news_gives_the_same_snapshot() {
    simulate(async {
        let node = Node::fresh(3).await;
        business(&node, 3, 20).await;
        let first = node.snapshots.build(&node.state).await.unwrap();
        let writes = node.disk.counts().changes;
        let second = node.snapshots.build(&node.state).await.unwrap();
        assert_eq!(
            (second.applied_index(), node.disk.counts().changes),
            (first.applied_index(), writes)
        );
    });
}

#[test]
fn one_snapshot_is_kept_and_the_one_before_stays_readable_for_its_readers() {
    simulate(async {
        let node = Node::fresh(4).await;
        let mut business = business(&node, 4, 50).await;
        let first = node.snapshots.build(&node.state).await.unwrap();
        let whole = pieces(&first).await;
        business.work_and_save(50, &node.state).await;
        node.snapshots.build(&node.state).await.unwrap();
        assert_eq!(node.snapshot_files(), [format!("snap-{:020}", business.applied_index)]);
        assert_eq!(pieces(&first).await, whole);
    });
}

#[test]
fn a_build_does_not_see_what_is_written_meanwhile() {
    simulate(async {
        let node = Node::fresh(5).await;
        let mut business = business(&node, 5, 50).await;
        let (index, digest) = (business.applied_index, business.ledger.digest());
        let (built, ()) = tokio::join!(node.snapshots.build(&node.state), async {
            tokio::time::sleep(std::time::Duration::from_millis(8)).await;
            business.work_and_save(50, &node.state).await;
        });
        let built = built.unwrap();
        assert_eq!((built.applied_index(), built.digest()), (index, digest));
        assert!(node.state.applied_index() > index);
    });
}

#[test]
fn there_is_nothing_to_build_before_the_first_checkpoint() {
    simulate(async {
        let node = Node::fresh(6).await;
        assert!(matches!(
            node.snapshots.build(&node.state).await,
            Err(Error::Refused { .. })
        ));
    });
}

#[test]
fn an_older_snapshot_never_replaces_a_newer_state() {
    simulate(async {
        let node = Node::fresh(7).await;
        let mut business = business(&node, 7, 50).await;
        let older = pieces(&node.snapshots.build(&node.state).await.unwrap()).await;
        business.work_and_save(50, &node.state).await;
        let received = node.receive(&older).await.unwrap();
        let refused = node.snapshots.install(&received, &node.state).await;
        assert!(matches!(refused, Err(Error::Refused { .. })), "{refused:?}");
        assert_eq!(node.digest().await, Some(business.ledger.digest()));
    });
}

#[test]
fn a_build_that_an_installation_overtook_does_not_replace_it() {
    simulate(async {
        let (newer, theirs) = sent(8, 400).await;
        let node = Node::fresh(9).await;
        business(&node, 8, 50).await;
        let received = node.receive(&newer).await.unwrap();
        let (built, installed) = tokio::join!(node.snapshots.build(&node.state), async {
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
            node.snapshots.install(&received, &node.state).await
        });
        installed.unwrap();
        assert_eq!(node.snapshots.current().unwrap().digest(), theirs.ledger.digest());
        assert!(built.unwrap().applied_index() <= theirs.applied_index);
        let restarted = Node::open(node.disk.power_loss(PowerLoss::Nothing)).await;
        assert_eq!(restarted.snapshots.current().unwrap().digest(), theirs.ledger.digest());
        assert_eq!(restarted.digest().await, Some(theirs.ledger.digest()));
    });
}

#[test]
fn another_clusters_snapshot_is_refused() {
    simulate(async {
        let (pieces, _) = sent(10, 50).await;
        let node = Node::fresh(11).await;
        let mut other = Business::found_as(ClusterId::from_bytes([9; 16]), &Chance::new(11));
        node.state.write(other.checkpoint()).await.unwrap();
        let received = node.receive(&pieces).await.unwrap();
        let refused = node.snapshots.install(&received, &node.state).await;
        assert!(
            matches!(&refused, Err(Error::Refused { what, .. }) if what.contains("clu_")),
            "{refused:?}"
        );
        assert_eq!(node.digest().await, Some(other.ledger.digest()));
    });
}

#[test]
fn a_snapshot_whose_rows_do_not_add_up_replaces_nothing() {
    simulate(async {
        let liar = Node::fresh(12).await;
        let mut business = Business::found(&Chance::new(12));
        let mut checkpoint = business.checkpoint();
        checkpoint.digest = Ledger::new().digest();
        checkpoint.applied_index = 100;
        liar.state.write(checkpoint).await.unwrap();
        let pieces = pieces(&liar.snapshots.build(&liar.state).await.unwrap()).await;

        let node = Node::fresh(13).await;
        let mine = self::business(&node, 13, 3).await;
        let received = node.receive(&pieces).await.unwrap();
        let refused = node.snapshots.install(&received, &node.state).await;
        assert!(
            matches!(&refused, Err(Error::Corrupt { what, .. }) if what.contains("do not add up")),
            "{refused:?}"
        );
        assert_eq!(node.digest().await, Some(mine.ledger.digest()));
        assert!(node.snapshots.current().is_none());
    });
}

#[test]
fn missing_doubled_swapped_and_cut_pieces_are_found() {
    simulate(async {
        let (whole, _) = sent(14, 200).await;
        let node = Node::fresh(15).await;
        for nth in 0..whole.len() {
            let mut missing = whole.clone();
            missing.remove(nth);
            let mut doubled = whole.clone();
            doubled.insert(nth, whole[nth].clone());
            let mut swapped = whole.clone();
            swapped.swap(nth, (nth + 1) % whole.len());
            let mut cut = whole.clone();
            cut[nth].pop();
            for (how, wrong) in [
                ("missing", missing),
                ("doubled", doubled),
                ("swapped", swapped),
                ("cut", cut),
            ] {
                let outcome = node.receive(&wrong).await;
                assert!(
                    matches!(outcome, Err(Error::Corrupt { .. })),
                    "piece {nth} {how}: {outcome:?}"
                );
            }
        }
        let longer = [&whole[..], &[vec![0]]].concat();
        assert!(matches!(node.receive(&longer).await, Err(Error::Corrupt { .. })));
        assert!(matches!(node.receive(&[]).await, Err(Error::Corrupt { .. })));
    });
}

#[test]
fn what_an_abandoned_transfer_left_is_swept_away() {
    simulate(async {
        let (whole, _) = sent(16, 20).await;
        let node = Node::fresh(17).await;
        let mut abandoned = node.snapshots.receive().await.unwrap();
        abandoned.write(whole[0].clone()).await.unwrap();
        let alive = node.receive(&whole).await.unwrap();
        assert_eq!(node.snapshot_files().len(), 2, "both are in use");
        drop(abandoned);
        let third = node.receive(&whole).await.unwrap();
        assert_eq!(node.snapshot_files().len(), 2, "the abandoned one is gone");
        node.snapshots.install(&alive, &node.state).await.unwrap();
        drop((alive, third));
        let restarted = Node::open(node.disk.power_loss(PowerLoss::Everything)).await;
        assert_eq!(restarted.snapshot_files().len(), 1);
    });
}

#[test]
fn a_failed_sync_of_a_snapshot_publishes_nothing() {
    simulate(async {
        let node = Node::fresh(18).await;
        business(&node, 18, 20).await;
        node.disk.fail(Call::Sync, 0, ErrorKind::Other);
        assert!(matches!(
            node.snapshots.build(&node.state).await,
            Err(Error::Io { operation: "sync", .. })
        ));
        assert!(node.snapshots.current().is_none());
    });
}

/// Cuts the power at every change that `work` makes, and hands what is found afterwards to `check`, together with
/// whether the work had been finished.
async fn at_every_cut<W, C>(prepared: &FaultyDisk, work: W, check: C)
where
    W: AsyncFn(&Node) -> Result<(), Error>,
    C: AsyncFn(&Node, bool),
{
    for changes in 0.. {
        for mode in MODES {
            let node = Node::open(prepared.power_loss(PowerLoss::Everything)).await;
            node.disk.cut_power_after(changes);
            let finished = unless_dead(&node.disk, work(&node)).await;
            let finished = match finished {
                Some(Err(error)) => panic!("with power it succeeds, not: {error}"),
                outcome => outcome.is_some(),
            };
            let disk = node.disk.clone();
            drop(node);
            // And once more while it starts again.
            let once_more = disk.power_loss(mode);
            once_more.cut_power_after(changes % 7);
            unless_dead(&once_more, Node::open(once_more.clone())).await;
            let found = Node::open(once_more.power_loss(mode)).await;
            assert!(
                !found.snapshot_files().iter().any(|name| name.contains("tmp")),
                "{changes} {mode:?}"
            );
            assert!(found.snapshot_files().len() <= 1, "{changes} {mode:?}");
            check(&found, finished).await;
            if finished && mode == MODES[2] {
                return;
            }
        }
    }
}

#[test]
fn a_power_cut_anywhere_in_a_build_leaves_the_old_snapshot_or_the_new() {
    simulate(async {
        let node = Node::fresh(20).await;
        let mut business = business(&node, 20, 30).await;
        let old = node.snapshots.build(&node.state).await.unwrap().applied_index();
        business.work_and_save(30, &node.state).await;
        let (new, digest) = (business.applied_index, business.ledger.digest());
        at_every_cut(
            &node.disk,
            async |node| node.snapshots.build(&node.state).await.map(drop),
            async |found, finished| {
                let current = found.snapshots.current().unwrap().applied_index();
                assert!(current == new || (current == old && !finished), "{current} {finished}");
                assert_eq!(found.digest().await, Some(digest));
                let built = found.snapshots.build(&found.state).await.unwrap();
                assert_eq!(built.digest(), digest);
            },
        )
        .await;
    });
}

#[test]
fn a_power_cut_anywhere_in_an_installation_leaves_the_old_state_or_the_new() {
    simulate(async {
        let (pieces, theirs) = sent(21, 60).await;
        let node = Node::fresh(21).await;
        let mine = business(&node, 21, 20).await;
        node.snapshots.build(&node.state).await.unwrap();
        let (old, new) = (mine.ledger.digest(), theirs.ledger.digest());
        at_every_cut(
            &node.disk,
            async |node| {
                let received = node.receive(&pieces).await?;
                node.snapshots.install(&received, &node.state).await.map(drop)
            },
            async |found, finished| {
                let (state, current) = (found.digest().await.unwrap(), found.snapshots.current().unwrap());
                assert!(state == new || (state == old && !finished), "{finished}");
                assert_eq!(current.digest(), state, "snapshot and state go together");
                let leaves = history_of(&found.state).await.audit;
                assert_eq!(leaves, mine.history.audit);
            },
        )
        .await;
    });
}
