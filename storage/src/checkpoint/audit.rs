//! The audit leaves on disk. Which of them there must be is written down apart: a flipped bit in the engine's pages can
//! make leaves invisible without touching one of them, and an audit that lacks some must not look whole.

use std::ops::Range;

use licensing::audit::AuditRecord;
use redb::{ReadableTable, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};

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
        let sealed = codec::seal(Kind::AuditLeaf, &index.to_be_bytes(), leaf);
        let before = table.insert(index, &sealed[..]).context(FILE, "write")?;
        match before {
            Some(before) if before.value() == sealed => {}
            Some(_) => {
                return Err(refused(format!(
                    "audit leaf {index} is there already, with other content"
                )));
            }
            None if *index < extent.end => {
                return Err(refused(format!(
                    "audit leaf {index} is behind the newest and was not there"
                )));
            }
            None => {
                extent.add(*index);
                fresh.push(record);
            }
        }
    }
    drop(table);
    topics::append(tx, fresh)?;
    store(tx, &extent)
}

/// Writes down which leaves there are in a file that does not say so yet.
pub(super) fn prepare(tx: &WriteTransaction) -> Result<(), Error> {
    let extent = stored_or_found(tx)?;
    store(tx, &extent)
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
        let extent = stored(&self.tx.open_table(MARKS).context(FILE, "read")?)?
            .ok_or_else(|| Error::corrupt(FILE, "the mark of the audit is missing"))?;
        Ok(Kept {
            whole_from: extent.gaps.last().map_or(0, |(_, to)| *to),
            end: extent.end,
        })
    }

    pub(super) fn audit(&self, range: Range<u64>, limit: usize) -> Result<Vec<AuditRecord>, Error> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let extent = stored(&self.tx.open_table(MARKS).context(FILE, "read")?)?
            .ok_or_else(|| Error::corrupt(FILE, "the mark of the audit is missing"))?;
        let missing = |index| Error::corrupt(FILE, format!("audit leaf {index} is missing"));
        let table = self.tx.open_table(TABLE).context(FILE, "read")?;
        let (mut found, mut next) = (Vec::new(), range.start);
        for row in table.range(range.clone()).context(FILE, "read")?.take(limit) {
            let record = record(row.context(FILE, "read")?)?;
            if let Some(index) = extent.first_in(next..record.index) {
                return Err(missing(index));
            }
            if extent.first_in(record.index..record.index + 1).is_none() || record.index < next {
                return Err(Error::corrupt(
                    FILE,
                    format!("audit leaf {} is out of place", record.index),
                ));
            }
            next = record.index + 1;
            found.push(record);
        }
        match extent.first_in(next..range.end) {
            Some(index) if found.len() < limit => Err(missing(index)),
            _ => Ok(found),
        }
    }
}

pub(super) fn record(
    (index, sealed): (redb::AccessGuard<'_, u64>, redb::AccessGuard<'_, &[u8]>),
) -> Result<AuditRecord, Error> {
    opened(index.value(), sealed.value())
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
