//! Sessions whose end this node never had on record: a snapshot brought it past them. What it has of their beginning is
//! dropped when their end would have been.
//!
//! Which these are is known only while the snapshot is put in place: they began before it, on record here, and are not
//! among the sessions that live in it. So each snapshot leaves a sweep to be made, for when all that it skipped is old
//! enough. A session that lived in one snapshot and was over in the next is an orphan of that.

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

const SWEEPS: &str = "orphans";

/// Sweeps that are remembered. With one more the newest two become one, which is made as late as the later of them.
const SWEEPS_MAX: usize = 32;

/// A sweep that is to be made. A layout is never edited: a changed one gets the next version of its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sweep {
    /// Leaves before this index were here when the snapshot came.
    before: u64,
    /// Those before this index were looked at.
    next: u64,
}

impl Sweep {
    /// The name under which the sessions are written down that live in the snapshot, in their order.
    fn live(&self) -> String {
        format!("sessions of the snapshot at {}", self.before)
    }
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
    let mut sweeps: Vec<Sweep> = stored(tx, SWEEPS)?.unwrap_or_default();
    let is_same = sweeps.last().is_some_and(|last| last.before == before);
    if is_same || sweeps.len() == SWEEPS_MAX {
        sweeps.pop().map_or(Ok(()), |last| forget(tx, &last.live()))?;
    }
    let sweep = Sweep { before, next: 0 };
    store(tx, &sweep.live(), &live)?;
    sweeps.push(sweep);
    store(tx, SWEEPS, &sweeps)
}

/// Drops some of what has no end, where every leaf before `behind` was looked at: whatever ended before the first leaf that
/// came after a snapshot is old enough by then.
pub(super) fn advance(tx: &WriteTransaction, behind: u64) -> Result<(), Error> {
    let mut sweeps: Vec<Sweep> = stored(tx, SWEEPS)?.unwrap_or_default();
    let Some(sweep) = sweeps.first_mut().filter(|sweep| behind > sweep.before) else {
        return Ok(());
    };
    let name = sweep.live();
    let live: Vec<SessionNo> = stored(tx, &name)?.ok_or_else(missing)?;
    let is_over = drop_orphans(tx, sweep, &live)?;
    if is_over {
        forget(tx, &name)?;
        sweeps.remove(0);
    }
    if sweeps.is_empty() {
        forget(tx, SWEEPS)
    } else {
        store(tx, SWEEPS, &sweeps)
    }
}

fn missing() -> Error {
    Error::corrupt(FILE, "the mark of a snapshot's sessions is missing")
}

/// Goes on with a sweep, and says whether it is over.
fn drop_orphans(tx: &WriteTransaction, sweep: &mut Sweep, live: &[SessionNo]) -> Result<bool, Error> {
    let mut table = tx.open_table(audit::TABLE).context(FILE, "write")?;
    let mut orphans = Vec::new();
    let mut looked_at = 0;
    let rows = table.range(sweep.next..sweep.before).context(FILE, "read")?;
    for row in rows.take(LEAVES_AT_ONCE) {
        let row = Stored::open(&row.context(FILE, "read")?)?;
        looked_at += 1;
        sweep.next = row.end();
        let Some(record) = row.leaf() else { continue };
        let Ok(leaf) = AuditLeaf::decode(&record.leaf) else {
            continue;
        };
        match leaf.content().event {
            // Of those that ended before the snapshot came everything has been dropped with their end.
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
    Ok(looked_at < LEAVES_AT_ONCE)
}
