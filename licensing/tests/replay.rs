//! A ledger that goes through rows, checkpoints and crashes is the ledger that stayed in memory.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod random;

use std::collections::BTreeMap;

use licensing::audit::{AuditLeaf, AuditRecord};
use licensing::command::{Actor, Entry};
use licensing::invariant::check_ledger;
use licensing::ledger::{Changes, Ledger};
use licensing::merkle::Frontier;
use licensing::outcome::Applied;
use licensing::row::{Row, RowKey, Table};
use licensing::usage::UsageHour;
use proptest::prelude::*;
use random::{Caller, START, catalogue, config, event, proposal, terms};

/// A disk: rows as bytes, and the history that is only appended to.
#[derive(Clone, Default)]
struct Store {
    rows: BTreeMap<(u8, Vec<u8>), Vec<u8>>,
    audit: Vec<AuditRecord>,
    usage: Vec<UsageHour>,
}

impl Store {
    fn checkpoint(&mut self, changes: Changes) {
        assert!(
            changes.rows.is_sorted_by(|one, next| one.0 < next.0),
            "rows come in key order, each once"
        );
        for (key, row) in changes.rows {
            let place = (key.table().number(), key.to_bytes().to_vec());
            match row {
                Some(row) => {
                    assert_eq!(row.key(), key);
                    self.rows.insert(place, row.encode());
                }
                None => _ = self.rows.remove(&place),
            }
        }
        self.audit.extend(changes.audit);
        self.usage.extend(changes.usage);
    }

    fn rows(&self) -> impl Iterator<Item = Row> {
        self.rows.iter().map(|((table, key), bytes)| {
            let table = Table::from_number(*table).unwrap();
            let row = Row::decode(table, bytes).unwrap();
            assert_eq!(RowKey::from_bytes(table, key).unwrap(), row.key());
            row
        })
    }

    fn load(&self) -> Ledger {
        Ledger::from_rows(self.rows()).unwrap()
    }
}

/// A log with the answers and the digest after each entry, from a ledger that never leaves memory.
struct Log {
    entries: Vec<Entry>,
    answers: Vec<Vec<Applied>>,
    ledger: Ledger,
    history: Changes,
}

fn record(terms: [licensing::catalogue::PlanTerms; 2], events: Vec<random::Event>) -> Log {
    let mut ledger = Ledger::new();
    let mut caller = Caller::new();
    let (mut entries, mut answers) = (Vec::new(), Vec::new());
    let mut apply = |entry: Entry| {
        let applied = ledger.apply(&entry);
        entries.push(entry);
        answers.push(applied.clone());
        applied
    };
    let proposals = catalogue(terms)
        .into_iter()
        .map(|command| proposal(Actor::System, command))
        .collect();
    apply(Entry::at(START, proposals));
    for event in events {
        for (at, proposal) in caller.proposals(event) {
            let applied = apply(Entry::at(at, vec![proposal]));
            caller.hear(&applied[0]);
        }
    }
    let history = ledger.take_changes();
    Log {
        entries,
        answers,
        ledger,
        history,
    }
}

/// What a node does at a point of its log.
#[derive(Debug, Clone, Copy)]
enum Fate {
    GoesOn,
    Checkpoints,
    /// Loses its memory and replays the log from its last checkpoint.
    Crashes,
    /// Gets all rows from a peer, as a snapshot.
    Installs,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![
        6 => Just(Fate::GoesOn),
        3 => Just(Fate::Checkpoints),
        1 => Just(Fate::Crashes),
        1 => Just(Fate::Installs),
    ];
    prop::collection::vec(fate, 1..30)
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn checkpoints_and_crashes_change_nothing(
        terms in [terms(), terms()],
        events in prop::collection::vec(event(), 1..80),
        fates in fates(),
    ) {
        let log = record(terms, events);
        let (mut ledger, mut store, mut applied_in_store) = (Ledger::new(), Store::default(), 0);
        let mut fates = fates.into_iter().cycle();
        for (index, entry) in log.entries.iter().enumerate() {
            prop_assert_eq!(&ledger.apply(entry), &log.answers[index]);
            match fates.next().unwrap() {
                Fate::GoesOn => {}
                Fate::Checkpoints => {
                    store.checkpoint(ledger.take_changes());
                    applied_in_store = index + 1;
                    let loaded = store.load();
                    prop_assert_eq!(loaded.digest(), ledger.digest());
                    prop_assert!(!loaded.has_changes() && loaded.changed_rows() == 0);
                }
                Fate::Crashes => {
                    ledger = store.load();
                    check_ledger(&ledger).unwrap();
                    for missed in applied_in_store..=index {
                        prop_assert_eq!(&ledger.apply(&log.entries[missed]), &log.answers[missed]);
                    }
                }
                Fate::Installs => {
                    store.checkpoint(ledger.take_changes());
                    applied_in_store = index + 1;
                    ledger = Ledger::from_rows(ledger.rows()).unwrap();
                }
            }
        }
        store.checkpoint(ledger.take_changes());
        prop_assert_eq!(ledger.digest(), log.ledger.digest());
        prop_assert_eq!(store.load().digest(), log.ledger.digest());
        prop_assert!(store.rows().eq(log.ledger.rows()));
        prop_assert_eq!(&store.audit, &log.history.audit);
        prop_assert_eq!(&store.usage, &log.history.usage);
    }

    #[test]
    fn an_entry_is_its_proposals_one_after_the_other(
        terms in [terms(), terms()],
        events in prop::collection::vec(event(), 1..60),
    ) {
        let log = record(terms, events);
        let mut together: Vec<Entry> = Vec::new();
        for entry in log.entries {
            match together.last_mut() {
                Some(last) if last.at == entry.at => last.proposals.extend(entry.proposals),
                _ => together.push(entry),
            }
        }
        let mut ledger = Ledger::new();
        let answers: Vec<Applied> = together.iter().flat_map(|entry| ledger.apply(entry)).collect();
        prop_assert_eq!(answers, log.answers.into_iter().flatten().collect::<Vec<_>>());
        prop_assert_eq!(ledger.digest(), log.ledger.digest());
        prop_assert_eq!(ledger.take_changes().audit, log.history.audit);
    }

    #[test]
    fn the_audit_can_be_rebuilt_from_its_leaves(
        terms in [terms(), terms()],
        events in prop::collection::vec(event(), 1..60),
    ) {
        let log = record(terms, events);
        let mut frontier = Frontier::default();
        for (index, record) in (0..).zip(&log.history.audit) {
            let AuditLeaf::V1(leaf) = AuditLeaf::decode(&record.leaf).unwrap();
            prop_assert_eq!((record.index, leaf.index), (index, index));
            frontier.append(&record.leaf);
        }
        prop_assert_eq!(frontier.size(), log.ledger.audit_size());
        prop_assert_eq!(frontier.root(), log.ledger.audit_root());
    }
}
