//! The log's redb file: entries by index, and the marks beside them.
//!
//! One-phase commits: one fsync per transaction, which is what a client waits for. After a crash redb takes the newer
//! of its two last commits whose pages all have their checksums, so what was acknowledged is there, and what was not is
//! there whole or not at all.

use std::ops::Range;

use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};

use super::LogState;
use super::queue::Change;
use crate::codec::{self, Kind};
use crate::disk::{Backend, File};
use crate::error::{Context, Error};

pub(crate) const FILE: &str = "raft-log.redb";

const ENTRIES: TableDefinition<u64, &[u8]> = TableDefinition::new("entries");
const MARKS: TableDefinition<&str, &[u8]> = TableDefinition::new("marks");

/// The entries that matter are in the raft crate's memory; this is for the pages above them.
const CACHE_BYTES: usize = 16 << 20;

/// A value that there is one of. Its name is its key.
#[derive(Debug, Clone, Copy)]
struct Mark {
    name: &'static str,
    kind: Kind,
}

const VOTE: Mark = Mark {
    name: "vote",
    kind: Kind::Vote,
};
const COMMITTED: Mark = Mark {
    name: "committed",
    kind: Kind::Committed,
};
const PURGED: Mark = Mark {
    name: "purged",
    kind: Kind::Purged,
};

pub(super) struct LogFile {
    db: Database,
}

impl LogFile {
    /// Opens the file and says what it holds. Every page is checked, which a log that is purged can afford: damage is
    /// found before the node takes part, not when a peer asks for an old entry.
    pub(super) fn open(file: Box<dyn File>) -> Result<(Self, LogState), Error> {
        let db = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .set_check_integrity_on_open(true)
            .create_with_backend(Backend(file))
            .context(FILE, "open")?;
        let log = Self { db };
        // Makes the tables of a new file; changes nothing in an old one.
        log.write(&[])?;
        let state = log.state()?;
        Ok((log, state))
    }

    /// Does all changes in one durable transaction.
    pub(super) fn write(&self, changes: &[Change]) -> Result<(), Error> {
        let tx = self.db.begin_write().context(FILE, "write")?;
        {
            let mut entries = tx.open_table(ENTRIES).context(FILE, "write")?;
            let mut marks = tx.open_table(MARKS).context(FILE, "write")?;
            for change in changes {
                apply(change, &mut entries, &mut marks)?;
            }
        }
        tx.commit().context(FILE, "sync")
    }

    /// Reads entries from the range's start, until one is missing or `bytes_max` is reached.
    pub(super) fn read(&self, range: Range<u64>, bytes_max: usize) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let tx = self.db.begin_read().context(FILE, "read")?;
        let table = tx.open_table(ENTRIES).context(FILE, "read")?;
        let (mut found, mut bytes, mut next) = (Vec::new(), 0, range.start);
        for row in table.range(range).context(FILE, "read")? {
            let (index, value) = row.context(FILE, "read")?;
            let index = index.value();
            if index != next || (bytes > 0 && bytes >= bytes_max) {
                break;
            }
            let entry = entry(index, value.value())?;
            bytes += entry.len();
            next += 1;
            found.push((index, entry.to_vec()));
        }
        Ok(found)
    }

    fn state(&self) -> Result<LogState, Error> {
        let tx = self.db.begin_read().context(FILE, "read")?;
        let entries = tx.open_table(ENTRIES).context(FILE, "read")?;
        let marks = tx.open_table(MARKS).context(FILE, "read")?;
        let index = |row: Option<(redb::AccessGuard<'_, u64>, _)>| row.map(|(index, _)| index.value());
        let state = LogState {
            vote: mark(&marks, VOTE)?,
            committed: mark(&marks, COMMITTED)?,
            purged: mark(&marks, PURGED)?.map(|bytes| parse_purged(&bytes)).transpose()?,
            first: index(entries.first().context(FILE, "read")?),
            last: index(entries.last().context(FILE, "read")?),
        };
        check_no_gap(&state, entries.len().context(FILE, "read")?)?;
        Ok(state)
    }
}

type Entries<'tx> = redb::Table<'tx, u64, &'static [u8]>;
type Marks<'tx> = redb::Table<'tx, &'static str, &'static [u8]>;

fn apply(change: &Change, entries: &mut Entries<'_>, marks: &mut Marks<'_>) -> Result<(), Error> {
    match change {
        Change::Append(new) => {
            for (index, bytes) in new {
                let mut place = entries
                    .insert_reserve(index, codec::sealed_len(bytes))
                    .context(FILE, "write")?;
                codec::seal_into(Kind::LogEntry, &index.to_be_bytes(), bytes, place.as_mut());
            }
            Ok(())
        }
        Change::Vote(vote) => set(marks, VOTE, vote),
        Change::Committed(committed) => set(marks, COMMITTED, committed),
        Change::Truncate(after) => {
            let first = after.map_or(0, |index| index + 1);
            entries
                .retain_in::<u64, _>(first.., |_, _| false)
                .context(FILE, "truncate")
        }
        Change::Purge(index, id) => purge(*index, id, entries, marks),
        Change::Nothing => Ok(()),
    }
}

/// Purging again, or less, changes nothing: what is gone stays gone.
fn purge(index: u64, id: &[u8], entries: &mut Entries<'_>, marks: &mut Marks<'_>) -> Result<(), Error> {
    let before = mark(marks, PURGED)?.map(|payload| parse_purged(&payload)).transpose()?;
    if before.is_some_and(|(before, _)| before >= index) {
        return Ok(());
    }
    entries
        .retain_in::<u64, _>(..=index, |_, _| false)
        .context(FILE, "purge")?;
    set(marks, PURGED, &purged(index, id))
}

fn entry(index: u64, sealed: &[u8]) -> Result<&[u8], Error> {
    codec::open(Kind::LogEntry, &index.to_be_bytes(), sealed)
        .map_err(|broken| broken.of(FILE, &format!("log entry {index}")))
}

fn set(marks: &mut Marks<'_>, mark: Mark, payload: &[u8]) -> Result<(), Error> {
    let sealed = codec::seal(mark.kind, mark.name.as_bytes(), payload);
    marks.insert(mark.name, &sealed[..]).context(FILE, "write")?;
    Ok(())
}

fn mark(marks: &impl ReadableTable<&'static str, &'static [u8]>, mark: Mark) -> Result<Option<Vec<u8>>, Error> {
    let Some(sealed) = marks.get(mark.name).context(FILE, "read")? else {
        return Ok(None);
    };
    codec::open(mark.kind, mark.name.as_bytes(), sealed.value())
        .map(|payload| Some(payload.to_vec()))
        .map_err(|broken| broken.of(FILE, mark.name))
}

fn purged(index: u64, id: &[u8]) -> Vec<u8> {
    [&index.to_le_bytes(), id].concat()
}

fn parse_purged(payload: &[u8]) -> Result<(u64, Vec<u8>), Error> {
    let (index, id) = payload
        .split_first_chunk()
        .ok_or_else(|| Error::corrupt(FILE, "the mark of what is purged is too short"))?;
    Ok((u64::from_le_bytes(*index), id.to_vec()))
}

/// Reads the mark of what is purged, and gives the one that says the same.
#[cfg(feature = "fuzzing")]
pub(crate) fn purged_again(payload: &[u8]) -> Option<Vec<u8>> {
    let (index, id) = parse_purged(payload).ok()?;
    Some(purged(index, &id))
}

/// Entries stand without a gap, right behind what was purged.
fn check_no_gap(state: &LogState, count: u64) -> Result<(), Error> {
    let purged = state.purged.as_ref().map(|(index, _)| *index);
    let sound = match (state.first, state.last) {
        (Some(first), Some(last)) => {
            last.checked_sub(first) == count.checked_sub(1) && purged.is_none_or(|purged| first == purged + 1)
        }
        _ => count == 0,
    };
    if sound {
        return Ok(());
    }
    let what = format!(
        "{count} entries from {:?} to {:?} behind {purged:?} leave a gap",
        state.first, state.last
    );
    Err(Error::corrupt(FILE, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_of_what_is_purged_is_frozen() {
        assert_eq!(purged(0x0102, b"id"), [2, 1, 0, 0, 0, 0, 0, 0, b'i', b'd']);
        assert_eq!(parse_purged(&purged(7, b"")).expect("it is whole"), (7, Vec::new()));
        assert!(parse_purged(&[0; 7]).is_err());
    }
}
