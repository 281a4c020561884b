//! A log: the commands of entries, one after another, applied to a ledger that begins empty.
//!
//! Property: whatever is committed, `apply` answers; every law of a ledger and of a step holds afterwards; and a ledger
//! that is loaded from its rows before each entry answers as the one that stayed in memory, and has its digest.

use licensing::audit::AuditLeaf;
use licensing::command::Entry;
use licensing::invariant::{Before, Step, check_ledger, check_step};
use licensing::ledger::Ledger;
use licensing::row::Row;

use crate::memory::bounded;

/// A longer log shows nothing that a shorter one would not, and takes its time.
const PROPOSALS_MAX: usize = 64;

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let entries = bounded(bytes, || read(bytes));
    let (mut ledger, mut stepped) = (Ledger::new(), Ledger::new());
    for entry in &entries {
        let rows: Vec<Row> = ledger.rows().map(|row| reread(&row)).collect();
        let mut loaded = Ledger::from_rows(rows).expect("a ledger is made of its rows");
        let applied = ledger.apply(entry);
        assert_eq!(applied.len(), entry.proposals.len());
        assert_eq!(loaded.apply(entry), applied);
        assert_eq!(loaded.digest(), ledger.digest());
        assert_eq!(check_ledger(&ledger), Ok(()));
        for leaf in ledger.take_changes().audit {
            AuditLeaf::decode(&leaf.leaf).expect("a leaf that was written is read");
        }
        step(&mut stepped, entry);
    }
}

/// The entry's proposals in entries of their own at the same time, which is the form that the laws of a step speak of.
fn step(ledger: &mut Ledger, entry: &Entry) {
    for proposal in &entry.proposals {
        let before = Before::of(ledger);
        let one = Entry {
            at: entry.at,
            proposals: vec![proposal.clone()],
            session_time: entry.session_time,
        };
        for applied in &ledger.apply(&one) {
            let step = Step {
                before: &before,
                at: entry.at,
                session_time: entry.session_time,
                proposal,
                applied,
                after: ledger,
            };
            assert_eq!(check_step(step), Ok(()));
        }
        ledger.take_changes();
    }
}

fn reread(row: &Row) -> Row {
    Row::decode(row.key().table(), &row.encode()).expect("a row that was written is read")
}

/// The entries, as far as they can be read.
fn read(mut bytes: &[u8]) -> Vec<Entry> {
    let (mut entries, mut proposals) = (Vec::new(), 0);
    while let Ok((entry, rest)) = postcard::take_from_bytes::<Entry>(bytes) {
        proposals += entry.proposals.len().max(1);
        if proposals > PROPOSALS_MAX {
            break;
        }
        entries.push(entry);
        bytes = rest;
    }
    entries
}
