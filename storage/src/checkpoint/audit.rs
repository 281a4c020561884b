//! The audit leaves on disk. Which of them there must be is written down apart: a flipped bit in the engine's pages can
//! make leaves invisible without touching one of them, and an audit that lacks some must not look whole.

use std::ops::Range;

use licensing::audit::{AuditLeaf, AuditRecord};
use redb::{ReadableTable, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::gone::{self, Gone, Stored};
use super::table::{FILE, MARKS, View};
use super::topics;
use crate::codec::{self, Kind};
use crate::error::{Context, Error};

pub(super) const TABLE: TableDefinition<u64, &[u8]> = TableDefinition::new("audit");

const EXTENT: &str = "audit";

/// Which leaves were written. A layout is never edited: a changed one gets the next version of its envelope.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Extent {
    /// The index behind the last leaf.
    end: u64,
    /// Where leaves are missing below that, because a snapshot brought this node over them: from, and up to. In order.
    gaps: Vec<(u64, u64)>,
}

impl Extent {
    /// Takes a new leaf in. Leaves before it that this node never had are a gap.
    fn add(&mut self, index: u64) {
        if index > self.end {
            self.gaps.push((self.end, index));
        }
        self.end = index + 1;
    }

    /// The first leaf of a range that should be there, if there is one.
    fn first_in(&self, range: Range<u64>) -> Option<u64> {
        let behind_gaps = self.gaps.iter().fold(
            range.start,
            |at, (from, to)| {
                if (*from..*to).contains(&at) { *to } else { at }
            },
        );
        (behind_gaps < range.end.min(self.end)).then_some(behind_gaps)
    }

    /// Refuses a range that nothing was found for, if something should be there.
    fn check_whole(&self, range: Range<u64>) -> Result<(), Error> {
        let missing = |index| Error::corrupt(FILE, format!("audit leaf {index} is missing"));
        self.first_in(range).map_or(Ok(()), |index| Err(missing(index)))
    }
}

/// Adds leaves. One that is there already must be the same.
pub(super) fn append(tx: &WriteTransaction, records: &[AuditRecord]) -> Result<(), Error> {
    if records.is_empty() {
        return Ok(());
    }
    let mut extent = stored_or_found(tx)?;
    let mut table = tx.open_table(TABLE).context(FILE, "write")?;
    let mut fresh = Vec::with_capacity(records.len());
    for record in records {
        let AuditRecord { index, leaf } = record;
        if *index < extent.end {
            check_same(&table, record)?;
            continue;
        }
        let sealed = codec::seal(Kind::AuditLeaf, &index.to_be_bytes(), leaf);
        table.insert(index, &sealed[..]).context(FILE, "write")?;
        extent.add(*index);
        fresh.push(record);
    }
    drop(table);
    topics::append(tx, fresh)?;
    store(tx, &extent)
}

/// Checks that a leaf which was written before is there, or was dropped since.
fn check_same(table: &impl ReadableTable<u64, &'static [u8]>, record: &AuditRecord) -> Result<(), Error> {
    let index = record.index;
    let before = table.get(index).context(FILE, "read")?;
    let before = before.map(|sealed| Stored::of(index, sealed.value())).transpose()?;
    match before.and_then(Stored::leaf) {
        Some(before) if before == *record => Ok(()),
        Some(_) => Err(refused(format!(
            "audit leaf {index} is there already, with other content"
        ))),
        None if gone::covering(table, index)?.is_some() => Ok(()),
        None => Err(refused(format!(
            "audit leaf {index} is behind the newest and was not there"
        ))),
    }
}

/// Writes down which leaves there are in a file that does not say so yet.
pub(super) fn prepare(tx: &WriteTransaction) -> Result<(), Error> {
    let extent = stored_or_found(tx)?;
    store(tx, &extent)
}

/// The index behind the last leaf.
pub(super) fn end(tx: &WriteTransaction) -> Result<u64, Error> {
    stored_or_found(tx).map(|extent| extent.end)
}

fn stored_or_found(tx: &WriteTransaction) -> Result<Extent, Error> {
    if let Some(extent) = stored(&tx.open_table(MARKS).context(FILE, "read")?)? {
        return Ok(extent);
    }
    let mut extent = Extent::default();
    let table = tx.open_table(TABLE).context(FILE, "read")?;
    for row in table.range::<u64>(..).context(FILE, "read")? {
        extent.add(row.context(FILE, "read")?.0.value());
    }
    Ok(extent)
}

fn stored(marks: &impl ReadableTable<&'static str, &'static [u8]>) -> Result<Option<Extent>, Error> {
    let Some(sealed) = marks.get(EXTENT).context(FILE, "read")? else {
        return Ok(None);
    };
    let payload = codec::open(Kind::AuditExtent, EXTENT.as_bytes(), sealed.value())
        .map_err(|broken| broken.of(FILE, "the mark of the audit"))?;
    postcard::from_bytes(payload)
        .map(Some)
        .map_err(|error| Error::corrupt(FILE, format!("the mark of the audit: {error}")))
}

fn store(tx: &WriteTransaction, extent: &Extent) -> Result<(), Error> {
    let payload = postcard::to_stdvec(extent).expect("the extent is plain data, which postcard takes");
    let sealed = codec::seal(Kind::AuditExtent, EXTENT.as_bytes(), &payload);
    let mut marks = tx.open_table(MARKS).context(FILE, "write")?;
    marks.insert(EXTENT, &sealed[..]).context(FILE, "write")?;
    Ok(())
}

/// Reads the mark of the audit, and gives the one that says the same.
#[cfg(feature = "fuzzing")]
pub(crate) fn extent_again(payload: &[u8]) -> Option<Vec<u8>> {
    crate::fuzzing::again::<Extent>(payload)
}

/// Which audit leaves a node has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The index from which on none is missing.
    pub whole_from: u64,
    /// The index behind the last.
    pub end: u64,
}

impl View {
    /// Which leaves there are.
    pub(super) fn kept(&self) -> Result<Kept, Error> {
        let extent = self.extent()?;
        Ok(Kept {
            whole_from: extent.gaps.last().map_or(0, |(_, to)| *to),
            end: extent.end,
        })
    }

    fn extent(&self) -> Result<Extent, Error> {
        stored(&self.tx.open_table(MARKS).context(FILE, "read")?)?
            .ok_or_else(|| Error::corrupt(FILE, "the mark of the audit is missing"))
    }

    pub(super) fn audit(&self, range: Range<u64>, limit: usize) -> Result<Vec<AuditRecord>, Error> {
        let mut found = Vec::new();
        self.walk(&range, |stored| {
            found.extend(stored.leaf());
            found.len() < limit
        })?;
        Ok(found)
    }

    /// The same from the newest on.
    pub(super) fn audit_back(&self, range: Range<u64>, limit: usize) -> Result<Vec<AuditRecord>, Error> {
        let mut found = Vec::new();
        if range.is_empty() {
            return Ok(found);
        }
        let (extent, table) = (self.extent()?, self.tx.open_table(TABLE).context(FILE, "read")?);
        let mut next = range.end;
        for row in table.range(range.clone()).context(FILE, "read")?.rev() {
            let stored = Stored::open(&row.context(FILE, "read")?)?;
            let (first, end) = (stored.first(), stored.end());
            extent.check_whole(end..next)?;
            // A hash may stand for leaves behind the range, too.
            let overlaps = end > next && next < range.end;
            if first >= next || overlaps || end > extent.end || extent.first_in(first..first + 1).is_none() {
                return Err(out_of_place(first));
            }
            next = first;
            found.extend(stored.leaf());
            if found.len() == limit {
                return Ok(found);
            }
        }
        let gone = gone::covering(&table, range.start)?;
        extent.check_whole(gone.map_or(range.start, |gone| gone.end())..next)?;
        Ok(found)
    }

    /// The hashes that stand for leaves of a range which were dropped, at most `limit` of them.
    pub(super) fn gone(&self, range: &Range<u64>, limit: usize) -> Result<Vec<Gone>, Error> {
        let mut found = Vec::new();
        self.walk(range, |stored| {
            if let Stored::Gone(gone) = stored {
                found.push(gone);
            }
            found.len() < limit
        })?;
        Ok(found)
    }

    /// Goes through what stands for the leaves of a range, each of which there must be, until `take` wants no more.
    fn walk(&self, range: &Range<u64>, mut take: impl FnMut(Stored) -> bool) -> Result<(), Error> {
        if range.is_empty() {
            return Ok(());
        }
        let (extent, table) = (self.extent()?, self.tx.open_table(TABLE).context(FILE, "read")?);
        let mut next = range.start;
        // A hash stands where the first of its leaves was, which may be before the range.
        if let Some(gone) = gone::covering(&table, range.start)?.filter(|gone| gone.first < range.start) {
            next = gone.end();
            if !take(Stored::Gone(gone)) {
                return Ok(());
            }
        }
        if next >= range.end {
            return Ok(());
        }
        for row in table.range(next..range.end).context(FILE, "read")? {
            let stored = Stored::open(&row.context(FILE, "read")?)?;
            let (first, end) = (stored.first(), stored.end());
            extent.check_whole(next..first)?;
            if first < next || end > extent.end || extent.first_in(first..first + 1).is_none() {
                return Err(out_of_place(first));
            }
            next = end;
            if !take(stored) {
                return Ok(());
            }
        }
        extent.check_whole(next..range.end)
    }
}

/// The index of the first leaf of which `is_behind` is true; once it is, it stays so. Where leaves are missing or were
/// dropped before it, it may be the index of one of those.
pub(super) fn first_leaf(
    table: &impl ReadableTable<u64, &'static [u8]>,
    is_behind: impl Fn(&AuditLeaf) -> bool,
) -> Result<u64, Error> {
    let last = table.last().context(FILE, "read")?;
    let end = last.map_or(Ok(0), |row| Stored::open(&row).map(|stored| stored.end()))?;
    let (mut low, mut high) = (0, end);
    while low < high {
        let middle = low + (high - low) / 2;
        match next_leaf(table, middle..high)? {
            Some(record) if !is_behind(&decode(&record)?) => low = record.index + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// The first leaf of a range. Neighbours that are gone are few hashes, so there is not much to go over.
fn next_leaf(table: &impl ReadableTable<u64, &'static [u8]>, range: Range<u64>) -> Result<Option<AuditRecord>, Error> {
    for row in table.range(range).context(FILE, "read")? {
        if let Some(record) = Stored::open(&row.context(FILE, "read")?)?.leaf() {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

pub(super) fn decode(record: &AuditRecord) -> Result<AuditLeaf, Error> {
    AuditLeaf::decode(&record.leaf)
        .map_err(|error| Error::corrupt(FILE, format!("audit leaf {}: {error}", record.index)))
}

/// The leaf in its envelope.
pub(super) fn opened(index: u64, sealed: &[u8]) -> Result<AuditRecord, Error> {
    let leaf = codec::open(Kind::AuditLeaf, &index.to_be_bytes(), sealed)
        .map_err(|broken| broken.of(FILE, &format!("audit leaf {index}")))?;
    Ok(AuditRecord {
        index,
        leaf: leaf.to_vec(),
    })
}

fn out_of_place(index: u64) -> Error {
    Error::corrupt(FILE, format!("audit leaf {index} is out of place"))
}

fn refused(what: String) -> Error {
    Error::Refused {
        file: FILE.to_owned(),
        what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_snapshot_skipped_is_not_expected_and_all_else_is() {
        let mut extent = Extent::default();
        for index in [0, 1, 5, 6, 9] {
            extent.add(index);
        }
        assert_eq!((extent.end, &extent.gaps[..]), (10, &[(2, 5), (7, 9)][..]));
        let expected: Vec<u64> = (0..20)
            .filter(|index| extent.first_in(*index..index + 1).is_some())
            .collect();
        assert_eq!(expected, [0, 1, 5, 6, 9]);
        assert_eq!(
            (extent.first_in(2..20), extent.first_in(7..9), extent.first_in(10..20)),
            (Some(5), None, None)
        );
    }

    #[test]
    fn the_bytes_of_an_extent_are_frozen() {
        let extent = Extent {
            end: 300,
            gaps: vec![(2, 5)],
        };
        assert_eq!(
            postcard::to_stdvec(&extent).expect("it is plain data"),
            [172, 2, 1, 2, 5]
        );
    }
}
