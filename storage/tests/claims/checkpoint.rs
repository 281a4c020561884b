//! Checkpoints: whatever happens, the state file is exactly one of those that were written.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::sync::Arc;

use licensing::audit::{AuditLeaf, AuditRecord, Topic};
use licensing::digest::Digest;
use licensing::id::PlanId;
use licensing::ledger::Ledger;
use licensing::row::Table;
use licensing::time::Hour;
use proptest::prelude::*;
use storage::Error;
use storage::checkpoint::{Kept, Loaded, Order, StateFile};
use storage::faulty::{Call, FaultyDisk, PowerLoss};

use crate::business::{Business, History, history_of, license, log_id, members};
use crate::chance::{Chance, simulate, unless_dead};

async fn open(disk: &FaultyDisk) -> StateFile {
    StateFile::open(Arc::new(disk.clone())).await.unwrap()
}

async fn load(state: &StateFile) -> Loaded {
    state.load().await.unwrap().unwrap()
}

#[test]
fn an_empty_disk_has_no_checkpoint() {
    simulate(async {
        let state = open(&Chance::new(1).disk()).await;
        assert!(state.load().await.unwrap().is_none());
        assert_eq!(state.applied_index(), 0);
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_loaded_is_what_was_written(seed: u64, saves in prop::collection::vec(0_u64..30, 1..6)) {
        simulate(async {
            let chance = Chance::new(seed);
            let disk = chance.disk();
            let state = open(&disk).await;
            let mut business = Business::found(&chance);
            for entries in saves {
                business.work_and_save(entries, &state).await;
            }
            drop(state);
            let state = open(&disk).await;
            let loaded = load(&state).await;
            assert_eq!(loaded.ledger.digest(), business.ledger.digest());
            assert!(loaded.ledger.rows().eq(business.ledger.rows()));
            assert_eq!(loaded.applied_index, business.applied_index);
            assert_eq!((loaded.applied, loaded.membership), (log_id(loaded.applied_index), members(loaded.applied_index)));
            assert_eq!(history_of(&state).await, business.history);
        });
    }
}

#[test]
fn the_business_of_these_tests_fills_every_table() {
    let chance = Chance::new(3);
    let mut business = Business::found(&chance);
    let mut tables = BTreeSet::new();
    for _ in 0..300 {
        business.work();
        tables.extend(business.ledger.rows().map(|row| row.key().table()));
    }
    assert_eq!(tables, BTreeSet::from(Table::ALL));
    business.checkpoint();
    assert!(!business.history.audit.is_empty() && !business.history.usage.is_empty());
}

/// Every checkpoint that was handed over, by its applied index.
#[derive(Default)]
struct Written(BTreeMap<u64, (Digest, History)>);

impl Written {
    fn note(&mut self, business: &Business) {
        let written = (business.ledger.digest(), business.history.clone());
        self.0.insert(business.applied_index, written);
    }
}

/// Works and writes until the power is gone; gives the index of the last checkpoint that was acknowledged.
async fn live(
    disk: &FaultyDisk,
    state: &StateFile,
    business: &mut Business,
    written: &mut Written,
    chance: &Chance,
) -> u64 {
    disk.cut_power_after(chance.in_range(0..150));
    let mut acknowledged = state.applied_index();
    loop {
        (0..chance.in_range(0..6)).for_each(|_| business.work());
        let checkpoint = business.checkpoint();
        written.note(business);
        match unless_dead(disk, state.write(checkpoint)).await {
            Some(outcome) => outcome.unwrap(),
            None => return acknowledged,
        }
        acknowledged = business.applied_index;
    }
}

/// Opens and loads the state after a power cut, with up to two more cuts meanwhile.
async fn recover(mut disk: FaultyDisk, chance: &Chance) -> (FaultyDisk, StateFile, Option<Loaded>) {
    for cuts in 0.. {
        disk = disk.power_loss(chance.power_loss());
        if cuts < 2 && chance.one_in(2) {
            disk.cut_power_after(chance.in_range(0..30));
        }
        let opened = unless_dead(&disk, StateFile::open(Arc::new(disk.clone()))).await;
        if let Some(Ok(state)) = opened
            && let Some(loaded) = unless_dead(&disk, state.load()).await
        {
            return (disk, state, loaded.unwrap());
        }
        assert!(disk.lost_power(), "a disk with power opens");
    }
    unreachable!("the third try has power")
}

async fn lives(seed: u64) -> u64 {
    let chance = Chance::new(seed);
    let mut disk = chance.disk();
    let mut state = open(&disk).await;
    let (mut business, mut written) = (Business::found(&chance), Written::default());
    for _ in 0..4 {
        let acknowledged = live(&disk, &state, &mut business, &mut written, &chance).await;
        drop(state);
        let (next_disk, next_state, loaded) = recover(disk, &chance).await;
        (disk, state) = (next_disk, next_state);
        let Some(loaded) = loaded else {
            assert_eq!(acknowledged, 0, "an acknowledged checkpoint is gone");
            (business, written) = (Business::found(&chance), Written::default());
            continue;
        };
        assert!(
            loaded.applied_index >= acknowledged,
            "{} is older than {acknowledged}",
            loaded.applied_index
        );
        let (digest, history) = &written.0[&loaded.applied_index];
        assert_eq!(loaded.ledger.digest(), *digest);
        assert_eq!(
            (&loaded.applied, &loaded.membership),
            (&log_id(loaded.applied_index), &members(loaded.applied_index))
        );
        assert_eq!(history_of(&state).await, *history);
        assert_eq!(
            history.audit.len() as u64,
            loaded.ledger.audit_size(),
            "every audit leaf is there"
        );
        business = Business::restarted(loaded, history.clone(), &chance);
    }
    disk.counts().sectors_lost
}

#[test]
fn after_any_power_cut_the_state_is_one_checkpoint_and_no_older_than_the_last_acknowledged() {
    let lost: u64 = (0..300).map(|seed| simulate(lives(seed))).sum();
    assert!(lost > 1_000, "the cuts cost {lost} sectors, too few to prove anything");
}

#[test]
fn a_failed_checkpoint_ends_the_file() {
    simulate(async {
        for call in [Call::Write, Call::Sync, Call::SetLen] {
            let chance = Chance::new(5);
            let disk = chance.disk();
            let state = open(&disk).await;
            let mut business = Business::found(&chance);
            business.work_and_save(3, &state).await;
            disk.fail(call, 0, ErrorKind::Other);
            let mut outcome = Ok(());
            while outcome.is_ok() {
                (0..200).for_each(|_| business.work());
                outcome = state.write(business.checkpoint()).await;
            }
            assert!(matches!(outcome, Err(Error::Io { .. })), "{call:?}: {outcome:?}");
            let later = state.write(business.checkpoint()).await;
            assert!(matches!(later, Err(Error::Stopped { .. })), "{call:?}: {later:?}");
        }
    });
}

#[test]
fn a_full_disk_is_named_and_what_was_acknowledged_is_there() {
    simulate(async {
        let chance = Chance::new(6);
        let disk = chance.disk();
        let state = open(&disk).await;
        let mut business = Business::found(&chance);
        business.work_and_save(3, &state).await;
        let saved = business.applied_index;
        disk.set_capacity(disk.contents("state.redb").unwrap().len() as u64);
        let mut outcome = Ok(());
        while outcome.is_ok() {
            (0..200).for_each(|_| business.work());
            outcome = state.write(business.checkpoint()).await;
        }
        assert!(
            matches!(&outcome, Err(Error::Full { file, .. }) if file == "state.redb"),
            "{outcome:?}"
        );
        drop(state);
        let disk = disk.power_loss(PowerLoss::Nothing);
        disk.set_capacity(u64::MAX);
        assert!(load(&open(&disk).await).await.applied_index >= saved);
    });
}

#[test]
fn a_checkpoint_never_goes_back() {
    simulate(async {
        let chance = Chance::new(7);
        let state = open(&chance.disk()).await;
        let mut business = Business::found(&chance);
        business.work_and_save(3, &state).await;
        let mut older = business.checkpoint();
        older.applied_index -= 1;
        assert!(matches!(state.write(older).await, Err(Error::Refused { .. })));
        assert_eq!(state.applied_index(), business.applied_index);
    });
}

#[test]
fn rows_that_do_not_add_up_are_called_damage() {
    simulate(async {
        let chance = Chance::new(8);
        let state = open(&chance.disk()).await;
        let mut business = Business::found(&chance);
        let mut checkpoint = business.checkpoint();
        checkpoint.digest = Ledger::new().digest();
        state.write(checkpoint).await.unwrap();
        let error = state.load().await.unwrap_err();
        assert!(error.to_string().contains("do not add up"), "{error}");
    });
}

#[test]
fn a_lost_row_is_called_damage() {
    simulate(async {
        let chance = Chance::new(9);
        let state = open(&chance.disk()).await;
        let mut business = Business::found(&chance);
        let mut checkpoint = business.checkpoint();
        checkpoint.changes.rows.pop();
        state.write(checkpoint).await.unwrap();
        assert!(matches!(state.load().await, Err(Error::Corrupt { .. })));
    });
}

#[test]
fn an_audit_leaf_is_never_rewritten() {
    simulate(async {
        let chance = Chance::new(10);
        let state = open(&chance.disk()).await;
        let mut business = Business::found(&chance);
        let first = business.checkpoint();
        state.write(first.clone()).await.unwrap();
        state.write(first.clone()).await.unwrap();
        let mut other = first;
        other.changes.audit[0].leaf.push(0);
        assert!(matches!(state.write(other).await, Err(Error::Refused { .. })));
    });
}

#[test]
fn history_is_read_in_pages() {
    simulate(async {
        let chance = Chance::new(11);
        let state = open(&chance.disk()).await;
        let mut business = Business::found(&chance);
        business.work_and_save(300, &state).await;
        let all = &business.history.audit;
        assert_eq!(state.audit(10..u64::MAX, 5).await.unwrap(), all[10..15]);
        assert_eq!(state.audit(10..12, 5).await.unwrap(), all[10..12]);
        assert_eq!(state.audit(12..12, 5).await.unwrap(), []);
        let of_one: Vec<_> = business
            .history
            .usage
            .values()
            .filter(|hour| hour.license == license(1))
            .cloned()
            .collect();
        assert!(of_one.len() >= 3, "{}", of_one.len());
        let (from, to) = (of_one[1].hour, of_one[2].hour);
        let all = Hour::new(0)..Hour::new(u32::MAX);
        assert_eq!(state.usage(license(1), from..to, 9).await.unwrap(), of_one[1..2]);
        assert_eq!(state.usage(license(1), all.clone(), usize::MAX).await.unwrap(), of_one);
        assert_eq!(state.usage(license(1), all.clone(), 2).await.unwrap(), of_one[..2]);
        assert_eq!(state.usage(license(99), all, usize::MAX).await.unwrap(), []);
    });
}

/// The leaves about any of these topics, by reading all of them.
fn about(all: &[AuditRecord], topics: &[Topic]) -> Vec<AuditRecord> {
    let is_about = |record: &&AuditRecord| {
        let leaf = AuditLeaf::decode(&record.leaf).unwrap();
        Topic::of(&leaf.content().event)
            .iter()
            .any(|topic| topics.contains(topic))
    };
    all.iter().filter(is_about).cloned().collect()
}

fn topics() -> Vec<Vec<Topic>> {
    let refusals = |nth| Topic::RefusalsOf(license(nth));
    vec![
        vec![],
        vec![Topic::Refusals],
        vec![Topic::Refusals, refusals(1)],
        (0..5).map(refusals).collect(),
        vec![Topic::Seats(license(2))],
        vec![Topic::Seats(license(2)), Topic::License(license(2)), refusals(2)],
        vec![Topic::Plan(PlanId::from_bytes([2; 16])), Topic::Seats(license(0))],
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_leaves_about_something_are_found_as_if_all_were_read(
        seed: u64, saves in prop::collection::vec(0_u64..40, 1..5), from in 0_u64..60, length in 0_u64..200, limit in 1_usize..40,
    ) {
        simulate(async {
            let chance = Chance::new(seed);
            let state = open(&chance.disk()).await;
            let mut business = Business::found(&chance);
            for entries in saves {
                business.work_and_save(entries, &state).await;
            }
            let all = &business.history.audit;
            let range = from..from + length;
            let within = |record: &AuditRecord| range.contains(&record.index);
            for topics in topics() {
                let mut expected = about(all, &topics);
                let found = state.audit_about(topics.clone(), 0..u64::MAX, Order::OldestFirst, usize::MAX).await.unwrap();
                assert_eq!(found, expected);
                expected.retain(within);
                let mut newest_first = expected.clone();
                newest_first.reverse();
                for (order, mut expected) in [(Order::OldestFirst, expected), (Order::NewestFirst, newest_first)] {
                    expected.truncate(limit);
                    let found = state.audit_about(topics.clone(), range.clone(), order, limit).await.unwrap();
                    assert_eq!(found, expected);
                }
            }
            for record in all.iter().step_by(7) {
                let content = AuditLeaf::decode(&record.leaf).unwrap();
                let (at, seq) = (content.content().at, content.content().seq);
                let first = all.iter().position(|other| AuditLeaf::decode(&other.leaf).unwrap().content().at >= at);
                assert_eq!(state.audit_index_at(at).await.unwrap(), first.unwrap() as u64);
                let of_it: Vec<_> =
                    all.iter().filter(|other| AuditLeaf::decode(&other.leaf).unwrap().content().seq == seq).cloned().collect();
                assert_eq!(state.audit_of_commands(vec![seq]).await.unwrap(), of_it);
            }
            let kept = Kept { whole_from: 0, end: all.len() as u64 };
            assert_eq!(state.audit_kept().await.unwrap(), kept);
        });
    }
}
