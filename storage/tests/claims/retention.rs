//! What history is no longer kept is dropped, and nothing else: against a model that has all of it and takes out what is too
//! old.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use licensing::audit::{AuditEvent, AuditLeaf, AuditRecord, LeafV1, Topic};
use licensing::command::Command;
use licensing::id::{PlanId, SessionNo};
use licensing::merkle::TreeHash;
use licensing::retention::KeptFrom;
use licensing::time::{At, Hour};
use proptest::prelude::*;
use storage::checkpoint::{Gone, Order, StateFile};
use storage::faulty::FaultyDisk;

use crate::business::{Business, History, history_of, license};
use crate::chance::{Chance, simulate, unless_dead};
use crate::snapshots::Node;

/// As many checkpoints as any history of these tests needs to be dropped to the end.
const CHECKPOINTS: u64 = 12;

async fn open(disk: &FaultyDisk) -> StateFile {
    StateFile::open(Arc::new(disk.clone())).await.unwrap()
}

fn content(record: &AuditRecord) -> LeafV1 {
    AuditLeaf::decode(&record.leaf).unwrap().content().clone()
}

fn is_sign_in(command: &Command) -> bool {
    ["sign_in", "sign_in_by_provider", "sign_out"].contains(&command.name())
}

/// What is left of a history.
fn kept(all: &History, from: KeptFrom) -> History {
    let is_old = |leaf: &LeafV1| leaf.at < from.sessions;
    let over: BTreeSet<SessionNo> = all
        .audit
        .iter()
        .map(content)
        .filter(is_old)
        .filter_map(|leaf| match leaf.event {
            AuditEvent::Ended { no, .. } => Some(no),
            _ => None,
        })
        .collect();
    let is_kept = |record: &&AuditRecord| {
        let leaf = content(record);
        match &leaf.event {
            AuditEvent::Granted { no, .. } | AuditEvent::Ended { no, .. } | AuditEvent::Identified { no, .. } => {
                !over.contains(no)
            }
            AuditEvent::Refused { license, .. } => license.is_none() || !is_old(&leaf),
            AuditEvent::Changed { command } => !is_old(&leaf) || !is_sign_in(command),
            AuditEvent::Dropped { .. } | AuditEvent::Linked { .. } => true,
        }
    };
    let is_kept_hour = |(_, hour): &(_, Hour)| *hour >= Hour::of(from.usage);
    let usage = all.usage.iter().filter(|(key, _)| is_kept_hour(key));
    History {
        audit: all.audit.iter().filter(is_kept).cloned().collect(),
        usage: usage.map(|(key, hour)| (*key, hour.clone())).collect(),
    }
}

/// Goes on for as long as there may be something to drop, with what happens meanwhile.
async fn drop_all(business: &mut Business, state: &StateFile, from: KeptFrom) {
    for _ in 0..CHECKPOINTS {
        business.work();
        let mut checkpoint = business.checkpoint();
        checkpoint.changes.kept_from = from;
        state.write(checkpoint).await.unwrap();
    }
}

/// Some moment of a history, or one before it.
fn moment(all: &History, share: u64) -> At {
    let place = usize::try_from(share).unwrap() * all.audit.len() / 100;
    all.audit.get(place).map_or(At::from_ms(0), |record| content(record).at)
}

/// The tree of RFC 6962, section 2.1, of a range of leaves or of what is left of them.
fn root(leaves: &BTreeMap<u64, AuditRecord>, gone: &BTreeMap<u64, Gone>, first: u64, size: u64) -> TreeHash {
    if let Some(gone) = gone.get(&first).filter(|gone| gone.end() - gone.first == size) {
        return gone.hash;
    }
    match size {
        0 => TreeHash::empty(),
        1 => TreeHash::leaf(&leaves[&first].leaf),
        _ => {
            let left = size.next_power_of_two() / 2;
            TreeHash::node(
                root(leaves, gone, first, left),
                root(leaves, gone, first + left, size - left),
            )
        }
    }
}

/// The root of the audit's tree as what is on disk has it.
async fn root_of(state: &StateFile, size: u64) -> TreeHash {
    let leaves = state.audit(0..u64::MAX, usize::MAX).await.unwrap();
    let gone = state.audit_gone(0..u64::MAX, usize::MAX).await.unwrap();
    let leaves = leaves.into_iter().map(|record| (record.index, record)).collect();
    let gone = gone.into_iter().map(|gone| (gone.first, gone)).collect();
    root(&leaves, &gone, 0, size)
}

fn about(all: &[AuditRecord], topics: &[Topic]) -> Vec<AuditRecord> {
    let is_about = |record: &&AuditRecord| {
        Topic::of(&content(record).event)
            .iter()
            .any(|topic| topics.contains(topic))
    };
    all.iter().filter(is_about).cloned().collect()
}

fn topics() -> Vec<Vec<Topic>> {
    vec![
        vec![Topic::Refusals],
        vec![Topic::RefusalsOf(license(1)), Topic::Refusals],
        vec![Topic::Seats(license(0))],
        vec![
            Topic::Seats(license(2)),
            Topic::License(license(2)),
            Topic::RefusalsOf(license(2)),
        ],
        vec![Topic::Plan(PlanId::from_bytes([2; 16])), Topic::Seats(license(3))],
    ]
}

/// Every way to read a history gives what is left of it.
async fn check(state: &StateFile, left: &History, range: std::ops::Range<u64>, limit: usize) {
    assert_eq!(history_of(state).await, *left);
    let within = |records: &[AuditRecord]| -> Vec<AuditRecord> {
        records
            .iter()
            .filter(|record| range.contains(&record.index))
            .cloned()
            .collect()
    };
    let newest_first = |records: &[AuditRecord]| -> Vec<AuditRecord> { records.iter().rev().cloned().collect() };
    let first = |mut records: Vec<AuditRecord>| {
        records.truncate(limit);
        records
    };
    let some = within(&left.audit);
    assert_eq!(state.audit(range.clone(), limit).await.unwrap(), first(some.clone()));
    assert_eq!(
        state.audit_back(range.clone(), limit).await.unwrap(),
        first(newest_first(&some))
    );
    for topics in topics() {
        let expected = about(&left.audit, &topics);
        let found = state
            .audit_about(topics.clone(), 0..u64::MAX, Order::OldestFirst, usize::MAX)
            .await;
        assert_eq!(found.unwrap(), expected);
        let some = within(&expected);
        for (order, expected) in [
            (Order::OldestFirst, some.clone()),
            (Order::NewestFirst, newest_first(&some)),
        ] {
            let found = state
                .audit_about(topics.clone(), range.clone(), order, limit)
                .await
                .unwrap();
            assert_eq!(found, first(expected));
        }
    }
    for record in left.audit.iter().step_by(5) {
        let LeafV1 { at, seq, .. } = content(record);
        let since = state.audit_index_at(at).await.unwrap();
        let found = state.audit(since..u64::MAX, 1).await.unwrap();
        let expected = left.audit.iter().find(|other| content(other).at >= at);
        assert_eq!(found.first(), expected);
        let of_it: Vec<_> = left
            .audit
            .iter()
            .filter(|other| content(other).seq == seq)
            .cloned()
            .collect();
        assert_eq!(state.audit_of_commands(vec![seq]).await.unwrap(), of_it);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_dropped_is_what_was_over_long_enough_ago_and_all_else_is_found_in_every_way(
        seed: u64,
        runs in prop::collection::vec((0_u64..120, 0_u64..110, 0_u64..110), 1..4),
        from in 0_u64..300,
        length in 0_u64..300,
        limit in 1_usize..60,
    ) {
        simulate(async {
            let chance = Chance::new(seed);
            let disk = chance.disk();
            let mut state = open(&disk).await;
            let mut business = Business::found(&chance);
            let mut kept_from = KeptFrom::default();
            for (entries, sessions, usage) in runs {
                business.work_and_save(entries, &state).await;
                // What is gone does not come back, whatever is said later.
                kept_from.sessions = kept_from.sessions.max(moment(&business.history, sessions));
                kept_from.usage = kept_from.usage.max(moment(&business.history, usage));
                drop_all(&mut business, &state, kept_from).await;
                let left = kept(&business.history, kept_from);
                check(&state, &left, from..from + length, limit).await;
                let size = business.ledger.audit_size();
                assert_eq!(root_of(&state, size).await, business.ledger.audit_root());
                drop(state);
                state = open(&disk).await;
                check(&state, &left, from..from + length, limit).await;
            }
        });
    }
}

#[test]
fn the_histories_of_these_tests_have_sessions_that_began_before_and_ended_after() {
    simulate(async {
        let chance = Chance::new(12);
        let mut business = Business::found(&chance);
        (0..300).for_each(|_| business.work());
        business.checkpoint();
        let all = &business.history;
        let from = KeptFrom {
            sessions: moment(all, 50),
            usage: moment(all, 50),
        };
        let left = kept(all, from);
        let is_old = |record: &&AuditRecord| content(record).at < from.sessions;
        let old_grants = left
            .audit
            .iter()
            .filter(is_old)
            .filter(|record| matches!(content(record).event, AuditEvent::Granted { .. }));
        assert!(old_grants.count() > 0);
        assert!(left.audit.len() < all.audit.len() - 100 && left.usage.len() < all.usage.len());
    });
}

#[test]
fn what_is_on_record_of_sessions_that_ended_while_a_snapshot_was_waited_for_goes_too() {
    let mut orphans = 0;
    for seed in 0..24 {
        orphans += simulate(brought_forward(seed));
    }
    assert!(orphans > 100, "{orphans}");
}

/// A node is brought forward by snapshots, and drops what is old between them and after. Gives how many beginnings had no end
/// there.
async fn brought_forward(seed: u64) -> usize {
    let chance = Chance::new(seed);
    let (node, behind) = (Node::fresh(seed).await, Node::fresh(seed + 1_000).await);
    let mut business = Business::found(&chance);
    let (mut has, mut from) = (BTreeSet::new(), KeptFrom::default());
    let here = |left: History, has: &BTreeSet<u64>| -> Vec<AuditRecord> {
        let here = left.audit.into_iter();
        here.filter(|record| has.contains(&record.index)).collect()
    };
    for _ in 0..chance.in_range(1..5) {
        let first = business.history.audit.len() as u64;
        (0..chance.in_range(20..120)).for_each(|_| business.work());
        for _ in 0..CHECKPOINTS {
            business.work();
            let mut checkpoint = business.checkpoint();
            node.state.write(checkpoint.clone()).await.unwrap();
            checkpoint.changes.kept_from = from;
            behind.state.write(checkpoint).await.unwrap();
        }
        has.extend(first..business.history.audit.len() as u64);
        // Nothing goes too early.
        let found = history_of(&behind.state).await.audit;
        let left = here(kept(&business.history, from), &has);
        assert!(left.iter().all(|record| found.contains(record)));

        business.work_and_save(chance.in_range(10..80), &node.state).await;
        behind.follow(&node).await;
        if chance.one_in(2) {
            from.sessions = from.sessions.max(moment(&business.history, chance.in_range(20..100)));
        }
    }
    let missed = business.history.audit.len() as u64;
    let orphans = ended_unseen(&business.history, &has);
    business.work_and_save(60, &behind.state).await;
    from.sessions = moment(&business.history, 99);
    assert!(from.sessions > content(&business.history.audit[usize::try_from(missed).unwrap()]).at);
    drop_all(&mut business, &behind.state, from).await;
    has.extend(missed..business.history.audit.len() as u64);
    let found = history_of(&behind.state).await.audit;
    assert_eq!(found, here(kept(&business.history, from), &has));
    orphans
}

#[test]
fn what_one_snapshot_skipped_goes_though_others_keep_coming() {
    simulate(async {
        let chance = Chance::new(31);
        let (node, behind) = (Node::fresh(1).await, Node::fresh(2).await);
        let mut business = Business::found(&chance);
        let mut has = BTreeSet::new();
        let mut ends = Vec::new();
        for skipped in [60, 10, 10] {
            let first = business.history.audit.len() as u64;
            (0..80).for_each(|_| business.work());
            let checkpoint = business.checkpoint();
            node.state.write(checkpoint.clone()).await.unwrap();
            behind.state.write(checkpoint).await.unwrap();
            ends.push(business.history.audit.len());
            has.extend(first..business.history.audit.len() as u64);
            business.work_and_save(skipped, &node.state).await;
            behind.follow(&node).await;
        }
        let all = business.history.clone();
        // All that the first of them skipped is old enough, and nothing that the others did.
        let from = KeptFrom {
            sessions: content(&all.audit[ends[1] - 1]).at,
            ..KeptFrom::default()
        };
        let begun = |history: &History| -> BTreeSet<u64> {
            let old = history
                .audit
                .iter()
                .map(content)
                .filter(|leaf| leaf.index < ends[0] as u64);
            let begun = old.filter(|leaf| matches!(leaf.event, AuditEvent::Granted { .. }));
            begun.map(|leaf| leaf.index).collect()
        };
        let left = begun(&kept(&all, from));
        let orphans = begun(&history_of(&behind.state).await).difference(&left).count();
        drop_all(&mut business, &behind.state, from).await;
        assert_eq!(begun(&history_of(&behind.state).await), left);
        assert!(orphans > 5 && ended_unseen(&all, &has) > 5, "{orphans}");
    });
}

/// How many beginnings there are of which the end is not.
fn ended_unseen(all: &History, has: &BTreeSet<u64>) -> usize {
    let leaves = || all.audit.iter().map(content);
    let is_here = |leaf: &LeafV1| has.contains(&leaf.index);
    let unseen: BTreeSet<SessionNo> = leaves()
        .filter(|leaf| !is_here(leaf))
        .filter_map(|leaf| match leaf.event {
            AuditEvent::Ended { no, .. } => Some(no),
            _ => None,
        })
        .collect();
    leaves()
        .filter(is_here)
        .filter(|leaf| matches!(leaf.event, AuditEvent::Granted { no, .. } if unseen.contains(&no)))
        .count()
}

#[test]
fn a_long_history_goes_in_pieces_and_its_hashes_become_few() {
    simulate(async {
        let chance = Chance::new(13);
        let state = open(&chance.disk()).await;
        let mut business = Business::found(&chance);
        business.work_and_save(1_500, &state).await;
        let from = KeptFrom {
            sessions: moment(&business.history, 99),
            usage: At::from_ms(0),
        };
        let (all, left) = (business.history.audit.len(), kept(&business.history, from).audit.len());
        assert!(all - left > 2_000, "{left} of {all}");
        let mut before = all;
        let mut pieces = 0;
        while before > left {
            let mut checkpoint = business.checkpoint();
            checkpoint.changes.kept_from = from;
            state.write(checkpoint).await.unwrap();
            let now = state.audit(0..u64::MAX, usize::MAX).await.unwrap().len();
            // Of each end that is looked at the beginning goes too.
            assert!(before - now <= 3 * 1_000, "{} at once", before - now);
            assert!(now < before && now >= left);
            (before, pieces) = (now, pieces + 1);
        }
        assert!(pieces >= 2);
        let gone = state.audit_gone(0..u64::MAX, usize::MAX).await.unwrap();
        let leaves: u64 = gone.iter().map(|gone| gone.end() - gone.first).sum();
        assert_eq!(usize::try_from(leaves).unwrap(), all - left);
        assert!(
            gone.len() < (all - left) / 2,
            "{} hashes for {leaves} leaves",
            gone.len()
        );
        assert_eq!(
            root_of(&state, business.ledger.audit_size()).await,
            business.ledger.audit_root()
        );
    });
}

/// Works, drops and loses power; whatever is found afterwards is what one of the checkpoints left, and goes on from there.
async fn lives(seed: u64) -> u64 {
    let chance = Chance::new(seed);
    let mut disk = chance.disk();
    let mut state = open(&disk).await;
    let mut business = Business::found(&chance);
    business.work_and_save(chance.in_range(40..200), &state).await;
    let mut from = KeptFrom::default();
    let mut lost = 0;
    for _ in 0..3 {
        let at = |share| moment(&business.history, share);
        (from.sessions, from.usage) = (from.sessions.max(at(60)), from.usage.max(at(60)));
        disk.cut_power_after(chance.in_range(0..60));
        let mut saved = (business.history.clone(), business.ledger.digest());
        loop {
            business.work();
            let mut checkpoint = business.checkpoint();
            checkpoint.changes.kept_from = from;
            match unless_dead(&disk, state.write(checkpoint)).await {
                Some(outcome) => outcome.unwrap(),
                None => break,
            }
            saved = (business.history.clone(), business.ledger.digest());
        }
        drop(state);
        disk = disk.power_loss(chance.power_loss());
        lost += disk.counts().sectors_lost;
        state = open(&disk).await;
        let loaded = state.load().await.unwrap().unwrap();
        let mut history = saved.0;
        if loaded.ledger.digest() != saved.1 {
            // The last one got through although nobody was told.
            history = business.history.clone();
            assert_eq!(loaded.ledger.digest(), business.ledger.digest());
        }
        let found = history_of(&state).await;
        let least = kept(&history, from);
        assert!(least.audit.iter().all(|record| found.audit.contains(record)));
        assert!(found.audit.iter().all(|record| history.audit.contains(record)));
        assert_eq!(
            root_of(&state, loaded.ledger.audit_size()).await,
            loaded.ledger.audit_root()
        );
        business = Business::restarted(loaded, history, &chance);
        drop_all(&mut business, &state, from).await;
        check(&state, &kept(&business.history, from), 0..u64::MAX, usize::MAX).await;
    }
    lost
}

#[test]
fn a_power_cut_while_history_is_dropped_loses_nothing_that_is_kept() {
    let lost: u64 = (0..60).map(|seed| simulate(lives(seed))).sum();
    assert!(lost > 200, "the cuts cost {lost} sectors, too few to prove anything");
}
