//! The state's redb file: a table per section, the audit leaves, and the mark of what the rows are as of.
//!
//! Two-phase commits with the allocator's state: there is about one a second, so the second fsync costs nobody anything,
//! a damaged commit is reported instead of rolled back, and opening a large file after a crash does not read all of it.

use std::collections::BTreeSet;
use std::ops::Bound;

use licensing::ledger::Changes;
use licensing::row::Row;
use licensing::usage::UsageHour;
use redb::{
    Database, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTableMetadata, TableDefinition, TableHandle,
    WriteTransaction,
};
use serde::{Deserialize, Serialize};

use super::SealedRows;
use super::section::{Section, closed};
use super::{audit, dropping, orphans, topics, usage};
use crate::codec::{self, Kind};
use crate::disk::{Backend, File, guarded};
use crate::error::{Context, Error};

pub(crate) const FILE: &str = "state.redb";

pub(super) const MARKS: TableDefinition<&str, &[u8]> = TableDefinition::new("marks");

const MARK: &str = "checkpoint";

/// The ledger is in memory already; this is for the pages above the rows that change.
const CACHE_BYTES: usize = 64 << 20;

/// What the rows are as of. A layout is never edited: a changed one gets the next version of its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The index of the last entry that is in the rows.
    pub(crate) applied_index: u64,
    /// That entry's log id.
    pub(crate) applied: Vec<u8>,
    /// The membership as of that entry.
    pub(crate) membership: Vec<u8>,
    /// The ledger's digest as of that entry.
    pub(crate) digest: [u8; 32],
}

pub(crate) struct StateTables {
    /// `None` only while it is dropped.
    db: Option<Database>,
}

/// The engine writes once more when it closes a file, and panics where it finds that damaged.
impl Drop for StateTables {
    fn drop(&mut self) {
        let db = self.db.take();
        let close = || {
            drop(db);
            Ok(())
        };
        if let Err(error) = guarded(FILE, close) {
            tracing::warn!(%error, "the state file cannot be closed; the next start reads what is durable in it");
        }
    }
}

impl StateTables {
    /// Opens the file. Every page of it is checked unless it is longer than `checked_bytes_max`: the engine checks none
    /// when it reads, and on a damaged page of its own it may take the whole process with it.
    pub(super) fn open(file: Box<dyn File>, checked_bytes_max: u64) -> Result<Self, Error> {
        let is_checked = file.len().context(FILE, "read")? <= checked_bytes_max;
        let db = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .set_check_integrity_on_open(is_checked)
            .create_with_backend(Backend(file))
            .context(FILE, "open")?;
        let tables = Self { db: Some(db) };
        tables.transact(|tx| {
            let found = check_known(tx)?;
            // A new file has none of them, and one of an older version may lack some.
            tx.open_table(MARKS).context(FILE, "write")?;
            tx.open_table(audit::TABLE).context(FILE, "write")?;
            Section::all().try_for_each(|section| tx.open_table(section.table()).map(drop).context(FILE, "write"))?;
            audit::prepare(tx)?;
            if !found.contains(usage::INDEX.name()) {
                usage::prepare(tx)?;
            }
            // Both were made in one transaction.
            if [topics::ENTRIES, topics::ENDS]
                .iter()
                .any(|table| found.contains(table.name()))
            {
                Ok(())
            } else {
                topics::prepare(tx)
            }
        })?;
        Ok(tables)
    }

    /// Writes changes and what they are as of.
    pub(super) fn write(&self, changes: &Changes, mark: &Mark) -> Result<(), Error> {
        self.transact(|tx| {
            write_rows(tx, changes)?;
            audit::append(tx, &changes.audit)?;
            write_usage(tx, &changes.usage)?;
            dropping::advance(tx, &changes.kept_from)?;
            write_mark(tx, mark)
        })
    }

    /// Writes rows in the place of all rows. The audit leaves stay: they do not travel with a snapshot.
    pub(super) fn replace(
        &self,
        rows: impl Iterator<Item = Result<SealedRows, Error>>,
        mark: &Mark,
    ) -> Result<(), Error> {
        self.transact(|tx| {
            for section in Section::all() {
                tx.delete_table(section.table()).context(FILE, "write")?;
                tx.open_table(section.table()).context(FILE, "write")?;
            }
            tx.delete_table(usage::INDEX).context(FILE, "write")?;
            write_sealed(tx, rows)?;
            dropping::usage_was_replaced(tx)?;
            orphans::note_live(tx)?;
            write_mark(tx, mark)
        })
    }

    /// Sees the tables as they are now.
    pub(super) fn view(&self) -> Result<View, Error> {
        Ok(View {
            tx: self.db().begin_read().context(FILE, "read")?,
        })
    }

    fn db(&self) -> &Database {
        self.db.as_ref().expect("it is taken by drop alone")
    }

    fn transact(&self, work: impl FnOnce(&WriteTransaction) -> Result<(), Error>) -> Result<(), Error> {
        let mut tx = self.db().begin_write().context(FILE, "write")?;
        tx.set_two_phase_commit(true);
        tx.set_quick_repair(true);
        work(&tx)?;
        tx.commit().context(FILE, "sync")
    }
}

/// A table that is not known here holds rows that would be lost without a word. A newer version made it, unless a known
/// one is missing: then it is that one, and its name is damaged. Gives the names of all tables.
fn check_known(tx: &WriteTransaction) -> Result<BTreeSet<String>, Error> {
    let known: BTreeSet<String> = Section::all()
        .map(|section| section.table().name().to_owned())
        .chain([MARKS.name(), audit::TABLE.name()].map(str::to_owned))
        .chain([usage::INDEX.name(), topics::ENTRIES.name(), topics::ENDS.name()].map(str::to_owned))
        .collect();
    let found: BTreeSet<String> = tx
        .list_tables()
        .context(FILE, "read")?
        .map(|table| table.name().to_owned())
        .collect();
    let Some(unknown) = found.difference(&known).next() else {
        return Ok(found);
    };
    if found.is_superset(&known) {
        return Err(Error::NewerFormat {
            file: FILE.to_owned(),
            what: format!("the table {unknown}"),
        });
    }
    Err(Error::corrupt(
        FILE,
        format!("it has a table {unknown:?} and lacks one that it should have"),
    ))
}

/// Changed rows come in key order, so every table is opened once.
fn write_rows(tx: &WriteTransaction, changes: &Changes) -> Result<(), Error> {
    for run in changes.rows.chunk_by(|(one, _), (next, _)| one.table() == next.table()) {
        let section = Section::Ledger(run[0].0.table());
        let mut table = tx.open_table(section.table()).context(FILE, "write")?;
        for (key, row) in run {
            let key = key.to_bytes();
            match row {
                Some(row) => table.insert(&key[..], &section.seal(&key, &row.encode())[..]),
                None => table.remove(&key[..]),
            }
            .context(FILE, "write")?;
        }
    }
    Ok(())
}

fn write_sealed(tx: &WriteTransaction, parts: impl Iterator<Item = Result<SealedRows, Error>>) -> Result<(), Error> {
    let mut index = usage::Index::open(tx)?;
    for part in parts {
        let SealedRows { section, rows } = part?;
        let mut table = tx.open_table(section.table()).context(FILE, "write")?;
        for (key, sealed) in rows {
            table.insert(&key[..], &sealed[..]).context(FILE, "write")?;
            if section == Section::ClosedUsage {
                index.note(&key)?;
            }
        }
    }
    index.finish()
}

fn write_usage(tx: &WriteTransaction, hours: &[UsageHour]) -> Result<(), Error> {
    let mut table = tx.open_table(Section::ClosedUsage.table()).context(FILE, "write")?;
    let mut index = usage::Index::open(tx)?;
    for hour in hours {
        let (key, sealed) = closed(hour);
        table.insert(&key[..], &sealed[..]).context(FILE, "write")?;
        index.note(&key)?;
    }
    index.finish()
}

fn write_mark(tx: &WriteTransaction, mark: &Mark) -> Result<(), Error> {
    let sealed = seal_mark(mark);
    let mut marks = tx.open_table(MARKS).context(FILE, "write")?;
    marks.insert(MARK, &sealed[..]).context(FILE, "write")?;
    Ok(())
}

fn seal_mark(mark: &Mark) -> Vec<u8> {
    let payload = postcard::to_stdvec(mark).expect("the mark is plain data of known lengths, which postcard takes");
    codec::seal(Kind::Checkpoint, MARK.as_bytes(), &payload)
}

/// The state as it was when this was made.
pub(crate) struct View {
    pub(super) tx: ReadTransaction,
}

impl View {
    /// What the rows are as of. `None` if there never was a checkpoint.
    pub(crate) fn mark(&self) -> Result<Option<Mark>, Error> {
        let marks = self.tx.open_table(MARKS).context(FILE, "read")?;
        let Some(sealed) = marks.get(MARK).context(FILE, "read")? else {
            return Ok(None);
        };
        let payload = codec::open(Kind::Checkpoint, MARK.as_bytes(), sealed.value())
            .map_err(|broken| broken.of(FILE, "the checkpoint's mark"))?;
        postcard::from_bytes(payload)
            .map(Some)
            .map_err(|error| Error::corrupt(FILE, format!("the checkpoint's mark: {error}")))
    }

    /// How many rows a section has.
    pub(crate) fn count(&self, section: Section) -> Result<u64, Error> {
        self.section(section)?.len().context(FILE, "read")
    }

    /// The rows of a section behind a key, each checked, about `bytes_max` of them and at least one if there is one.
    pub(crate) fn rows(&self, section: Section, after: Option<&[u8]>, bytes_max: usize) -> Result<SealedRows, Error> {
        let table = self.section(section)?;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let (mut rows, mut bytes) = (Vec::new(), 0);
        for row in table.range::<&[u8]>((from, Bound::Unbounded)).context(FILE, "read")? {
            let (key, sealed) = row.context(FILE, "read")?;
            section.open(FILE, key.value(), sealed.value())?;
            bytes += key.value().len() + sealed.value().len();
            rows.push((key.value().to_vec(), sealed.value().to_vec()));
            if bytes >= bytes_max {
                break;
            }
        }
        Ok(SealedRows { section, rows })
    }

    /// Every row of the ledger.
    pub(super) fn ledger_rows(&self) -> Result<impl Iterator<Item = Result<Row, Error>>, Error> {
        let mut rows = Vec::new();
        for section in Section::all().filter(|section| matches!(section, Section::Ledger(_))) {
            let table = self.section(section)?;
            let range = table.range::<&[u8]>(..).context(FILE, "read")?;
            rows.push(range.map(move |row| {
                let (key, sealed) = row.context(FILE, "read")?;
                section.read(FILE, key.value(), sealed.value())
            }));
        }
        Ok(rows.into_iter().flatten())
    }

    /// Rows without a mark are rows of nobody knows when.
    pub(super) fn check_empty(&self) -> Result<(), Error> {
        for section in Section::all() {
            if self.count(section)? > 0 {
                return Err(Error::corrupt(
                    FILE,
                    format!("{section} has rows, and the checkpoint's mark is missing"),
                ));
            }
        }
        Ok(())
    }

    fn section(&self, section: Section) -> Result<ReadOnlyTable<&'static [u8], &'static [u8]>, Error> {
        self.tx.open_table(section.table()).context(FILE, "read")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_a_mark_are_frozen() {
        let mark = Mark {
            applied_index: 300,
            applied: vec![1, 2],
            membership: vec![3],
            digest: [4; 32],
        };
        let written = seal_mark(&mark)
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        let digest = "04".repeat(32);
        assert_eq!(written, format!("010827000000828ff290ac020201020103{digest}"));
    }
}
