//! Sessions whose end this node never had on record: a snapshot brought it past them. What it has of their beginning is
//! dropped when their end would have been.
//!
//! Which these are is known only while the snapshot is put in place: they began before it, on record here, and are not
//! among the sessions that live in it.

use licensing::audit::{AuditEvent, AuditLeaf};
use licensing::id::SessionNo;
use licensing::row::{RowKey, Table};
use redb::{ReadableTable, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::dropping::{LEAVES_AT_ONCE, forget, store, stored};
use super::gone::{self, Stored};
use super::section::Section;
use super::table::FILE;
use super::{audit, topics};
use crate::error::{Context, Error};

const SWEEP: &str = "orphans";

const LIVE: &str = "sessions of the snapshot";

/// A layout is never edited: a changed one gets the next version of its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sweep {
    /// Leaves before this index were here when the snapshot came.
    before: u64,
    /// Those before this index were looked at.
    next: u64,
}

/// Notes which sessions live, as the rows of a snapshot are in place.
pub(super) fn note_live(tx: &WriteTransaction) -> Result<(), Error> {
    let before = audit::end(tx)?;
    if before == 0 {
        return Ok(());
    }
    let rows = tx
        .open_table(Section::Ledger(Table::Sessions).table())
        .context(FILE, "read")?;
    let mut live = Vec::new();
    for row in rows.range::<&[u8]>(..).context(FILE, "read")? {
        let (key, _) = row.context(FILE, "read")?;
        match RowKey::from_bytes(Table::Sessions, key.value()) {
            Ok(RowKey::Session(no)) => live.push(no),
            Ok(_) | Err(_) => return Err(Error::corrupt(FILE, "a session is stored under another key")),
        }
    }
    drop(rows);
    store(tx, LIVE, &live)?;
    store(tx, SWEEP, &Sweep { before, next: 0 })
}

/// Drops some of what has no end, once every leaf before `behind` was looked at: whatever ended before the first leaf that
/// came after the snapshot is old enough by then.
pub(super) fn advance(tx: &WriteTransaction, behind: u64) -> Result<(), Error> {
    let Some(mut sweep) = stored::<Sweep>(tx, SWEEP)? else {
        return Ok(());
    };
    if behind <= sweep.before {
        return Ok(());
    }
    let live: Vec<SessionNo> =
        stored(tx, LIVE)?.ok_or_else(|| Error::corrupt(FILE, "a mark of the snapshot is missing"))?;
    let mut table = tx.open_table(audit::TABLE).context(FILE, "write")?;
    let mut orphans = Vec::new();
    let mut looked_at = 0;
    for row in table
        .range(sweep.next..sweep.before)
        .context(FILE, "read")?
        .take(LEAVES_AT_ONCE)
    {
        let row = Stored::open(&row.context(FILE, "read")?)?;
        looked_at += 1;
        sweep.next = row.end();
        let Some(record) = row.leaf() else { continue };
        let Ok(leaf) = AuditLeaf::decode(&record.leaf) else {
            continue;
        };
        match leaf.content().event {
            // What is left of those that ended before the snapshot came has been dropped with its end.
            AuditEvent::Granted { no, .. } | AuditEvent::Identified { no, .. } if live.binary_search(&no).is_err() => {
                orphans.push(record);
            }
            _ => {}
        }
    }
    for record in &orphans {
        gone::drop_leaf(&mut table, record)?;
    }
    drop(table);
    topics::drop_entries(tx, &orphans)?;
    if looked_at == LEAVES_AT_ONCE {
        store(tx, SWEEP, &sweep)
    } else {
        forget(tx, SWEEP)?;
        forget(tx, LIVE)
    }
}
