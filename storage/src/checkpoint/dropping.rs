//! Dropping what history is no longer kept. The ledger says from when on it is kept; this goes after it, a bounded number
//! of steps with each checkpoint and in its transaction, so that nobody waits for it and a crash changes nothing.
//!
//! A session goes as a whole: what was put on record when it began is dropped once its end is old enough. So whatever is
//! kept of an end has its beginning, and nothing of a session that lives is dropped, however long it has lived.

use licensing::audit::{AuditEvent, AuditLeaf, AuditRecord};
use licensing::id::{Seq, SessionNo};
use licensing::retention::KeptFrom;
use licensing::time::{At, Hour};
use redb::{ReadableTable, WriteTransaction};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::audit::{self, first_leaf};
use super::gone::{self, Stored};
use super::table::{FILE, MARKS};
use super::{orphans, topics, usage};
use crate::codec::{self, Kind};
use crate::error::{Context, Error};

const PROGRESS: &str = "dropping";

/// The most leaves that are looked at with one checkpoint. A dropped one takes some 50 µs.
pub(super) const LEAVES_AT_ONCE: usize = 1_000;

/// How far this node has come. A layout is never edited: a changed one gets the next version of its envelope.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    /// Every leaf before this index was looked at.
    leaves: u64,
    usage: usage::Sweep,
}

/// Drops some of what is older than it is kept.
pub(super) fn advance(tx: &WriteTransaction, kept_from: &KeptFrom) -> Result<(), Error> {
    if *kept_from == KeptFrom::default() {
        return Ok(());
    }
    let before: Progress = stored(tx, PROGRESS)?.unwrap_or_default();
    let mut progress = before.clone();
    drop_leaves(tx, &mut progress.leaves, kept_from.sessions)?;
    orphans::advance(tx, progress.leaves)?;
    progress.usage.advance(tx, Hour::of(kept_from.usage))?;
    if progress == before {
        Ok(())
    } else {
        store(tx, PROGRESS, &progress)
    }
}

/// The hours of usage were replaced: what was dropped of them may be there again.
pub(super) fn usage_was_replaced(tx: &WriteTransaction) -> Result<(), Error> {
    let mut progress: Progress = stored(tx, PROGRESS)?.unwrap_or_default();
    progress.usage = usage::Sweep::default();
    store(tx, PROGRESS, &progress)
}

/// What was written down under a name, if anything was.
pub(super) fn stored<T: DeserializeOwned>(tx: &WriteTransaction, name: &str) -> Result<Option<T>, Error> {
    let marks = tx.open_table(MARKS).context(FILE, "read")?;
    let Some(sealed) = marks.get(name).context(FILE, "read")? else {
        return Ok(None);
    };
    let part = "the mark of what was dropped";
    let payload = codec::open(Kind::Dropping, name.as_bytes(), sealed.value());
    postcard::from_bytes(payload.map_err(|broken| broken.of(FILE, part))?)
        .map(Some)
        .map_err(|error| Error::corrupt(FILE, format!("{part}: {error}")))
}

pub(super) fn store<T: Serialize>(tx: &WriteTransaction, name: &str, mark: &T) -> Result<(), Error> {
    let payload = postcard::to_stdvec(mark).expect("the mark is plain data, which postcard takes");
    let sealed = codec::seal(Kind::Dropping, name.as_bytes(), &payload);
    let mut marks = tx.open_table(MARKS).context(FILE, "write")?;
    marks.insert(name, &sealed[..]).context(FILE, "write")?;
    Ok(())
}

pub(super) fn forget(tx: &WriteTransaction, name: &str) -> Result<(), Error> {
    let mut marks = tx.open_table(MARKS).context(FILE, "write")?;
    marks.remove(name).context(FILE, "write")?;
    Ok(())
}

/// Goes on from `next` through the leaves that are older than `kept_from`.
fn drop_leaves(tx: &WriteTransaction, next: &mut u64, kept_from: At) -> Result<(), Error> {
    let mut table = tx.open_table(audit::TABLE).context(FILE, "write")?;
    let mut old = Vec::new();
    for row in table.range(*next..).context(FILE, "read")?.take(LEAVES_AT_ONCE) {
        let row = Stored::open(&row.context(FILE, "read")?)?;
        let end = row.end();
        if let Some(record) = row.leaf() {
            // What this release cannot read stays, as everything does that it has not been told to drop.
            if let Ok(leaf) = AuditLeaf::decode(&record.leaf) {
                if leaf.content().at >= kept_from {
                    break;
                }
                old.push((record, leaf));
            }
        }
        *next = end;
    }
    let mut dropped = Vec::new();
    for (record, leaf) in old {
        match &leaf.content().event {
            AuditEvent::Ended { no, .. } => {
                dropped.extend(begun(&table, *no)?);
                dropped.push(record);
            }
            event if event.is_a_visit() => dropped.push(record),
            _ => {}
        }
    }
    for record in &dropped {
        gone::drop_leaf(&mut table, record)?;
    }
    drop(table);
    topics::drop_entries(tx, &dropped)
}

/// What was put on record when a session began. It has the number of the command that granted it.
fn begun(table: &impl ReadableTable<u64, &'static [u8]>, no: SessionNo) -> Result<Vec<AuditRecord>, Error> {
    let command = Seq::new(no.get());
    let mut found = Vec::new();
    let first = first_leaf(table, |leaf| leaf.content().seq >= command)?;
    for row in table.range(first..).context(FILE, "read")? {
        let Some(record) = Stored::open(&row.context(FILE, "read")?)?.leaf() else {
            continue;
        };
        let leaf = audit::decode(&record)?;
        match leaf.content().event {
            _ if leaf.content().seq != command => break,
            AuditEvent::Granted { no: own, .. } | AuditEvent::Identified { no: own, .. } if own == no => {
                found.push(record);
            }
            _ => {}
        }
    }
    Ok(found)
}
