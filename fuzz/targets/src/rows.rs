//! The rows of a ledger, as a checkpoint or a snapshot gives them back: of each the number of its table, its length in
//! two bytes, and its bytes.
//!
//! Property: a row that is read is written as it was read. Rows that make a ledger are all in it, and it can go on: its
//! indexes and its digest are those of its rows, and time may pass and every session end in it.

use licensing::command::{Command, Entry, Proposal};
use licensing::invariant::{digest_follows_rows, indexes_follow_rows};
use licensing::ledger::Ledger;
use licensing::row::{Row, RowKey, Table};
use licensing::time::Span;

use crate::memory::bounded;

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let rows = bounded(bytes, || read(bytes));
    for row in &rows {
        let (key, table) = (row.key(), row.key().table());
        let again = Row::decode(table, &row.encode()).expect("what was written is read");
        assert_eq!((&again, again.encode()), (row, row.encode()));
        assert_eq!(RowKey::from_bytes(table, &key.to_bytes()).ok(), Some(key));
    }
    let mut given = rows.clone();
    let Ok(mut ledger) = bounded(bytes, || Ledger::from_rows(rows)) else {
        return;
    };
    given.sort_by_key(Row::key);
    assert!(given.is_empty() || ledger.rows().eq(given), "a row was lost");
    follows(&ledger);
    let sessions: Vec<_> = ledger.sessions(None).map(|session| session.no).collect();
    let commands = sessions
        .iter()
        .map(|session| Command::Release { session: *session })
        .chain([
            Command::Heartbeat {
                sessions: sessions.clone(),
            },
            Command::Tick,
        ]);
    let proposals = commands.map(Proposal::by_system).collect();
    let at = ledger.at().after(Span::from_secs(3_600));
    ledger.apply(&Entry::at(at, proposals));
    follows(&ledger);
}

fn follows(ledger: &Ledger) {
    assert_eq!(indexes_follow_rows(ledger), Ok(()));
    assert_eq!(digest_follows_rows(ledger), Ok(()));
}

/// The rows that can be read, as far as the lengths lead.
fn read(mut bytes: &[u8]) -> Vec<Row> {
    let mut rows = Vec::new();
    while let Some(([table, low, high], rest)) = bytes.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let Some((row, rest)) = rest.split_at_checked(length) else {
            break;
        };
        rows.extend(Table::from_number(*table).and_then(|table| Row::decode(table, row).ok()));
        bytes = rest;
    }
    rows
}
