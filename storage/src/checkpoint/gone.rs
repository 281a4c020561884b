//! What is left of audit leaves that were dropped: their hashes, so that the audit's tree stays whole. The hashes of two
//! leaves that are a pair in the tree are one hash, and so on upward, so little is left where all is gone.

use licensing::audit::AuditRecord;
use licensing::merkle::TreeHash;
use redb::{AccessGuard, ReadableTable, Table};

use super::audit::opened;
use super::table::FILE;
use crate::codec::{self, Kind};
use crate::error::{Context, Error};

/// The hash of a complete subtree of the audit's tree, whose leaves were dropped. It stands where its first leaf was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// The index of the first of its leaves.
    pub first: u64,
    /// How high it is: it has two to the power of this leaves.
    pub level: u8,
    /// The subtree's hash.
    pub hash: TreeHash,
}

/// Above the level of any tree that fits its own size.
const LEVELS_MAX: u8 = 63;

impl Gone {
    /// The index behind the last of its leaves.
    pub const fn end(&self) -> u64 {
        self.first + (1 << self.level)
    }

    /// The index of the subtree that makes a pair with this one.
    const fn other(&self) -> u64 {
        self.first ^ (1 << self.level)
    }

    fn seal(&self) -> Vec<u8> {
        let payload = [&[self.level][..], self.hash.as_bytes()].concat();
        codec::seal(Kind::AuditGone, &self.first.to_be_bytes(), &payload)
    }

    fn open(first: u64, sealed: &[u8]) -> Result<Self, Error> {
        let part = || format!("the hash of dropped audit leaf {first}");
        let payload = codec::open(Kind::AuditGone, &first.to_be_bytes(), sealed);
        let payload = payload.map_err(|broken| broken.of(FILE, &part()))?;
        let read = || {
            let (level, hash) = payload.split_first()?;
            let fits = *level < LEVELS_MAX && first.trailing_zeros() >= u32::from(*level);
            let hash = TreeHash::from_bytes(hash.try_into().ok().filter(|_| fits)?);
            let level = *level;
            Some(Self { first, level, hash })
        };
        read().ok_or_else(|| Error::corrupt(FILE, format!("{} is malformed", part())))
    }
}

/// What stands at an index of the audit.
#[derive(Debug)]
pub(super) enum Stored {
    Leaf(AuditRecord),
    Gone(Gone),
}

impl Stored {
    pub(super) fn open((index, sealed): &(AccessGuard<'_, u64>, AccessGuard<'_, &[u8]>)) -> Result<Self, Error> {
        Self::of(index.value(), sealed.value())
    }

    pub(super) fn of(index: u64, sealed: &[u8]) -> Result<Self, Error> {
        if sealed.get(1) == Some(&(Kind::AuditGone as u8)) {
            Gone::open(index, sealed).map(Self::Gone)
        } else {
            opened(index, sealed).map(Self::Leaf)
        }
    }

    /// The leaf, if it is one.
    pub(super) fn leaf(self) -> Option<AuditRecord> {
        match self {
            Self::Leaf(record) => Some(record),
            Self::Gone(_) => None,
        }
    }

    /// The index of the first leaf it stands for.
    pub(super) const fn first(&self) -> u64 {
        match self {
            Self::Leaf(record) => record.index,
            Self::Gone(gone) => gone.first,
        }
    }

    /// The index behind the last.
    pub(super) const fn end(&self) -> u64 {
        match self {
            Self::Leaf(record) => record.index + 1,
            Self::Gone(gone) => gone.end(),
        }
    }
}

/// The hash that stands for the leaf of an index, if it was dropped.
pub(super) fn covering(table: &impl ReadableTable<u64, &'static [u8]>, index: u64) -> Result<Option<Gone>, Error> {
    let Some(row) = table.range(..=index).context(FILE, "read")?.next_back() else {
        return Ok(None);
    };
    match Stored::open(&row.context(FILE, "read")?)? {
        Stored::Gone(gone) if gone.first <= index && index < gone.end() => Ok(Some(gone)),
        _ => Ok(None),
    }
}

/// Puts a leaf's hash in its place.
pub(super) fn drop_leaf(table: &mut Table<'_, u64, &'static [u8]>, record: &AuditRecord) -> Result<(), Error> {
    let (first, hash) = (record.index, TreeHash::leaf(&record.leaf));
    let mut gone = Gone { first, level: 0, hash };
    while let Some(other) = gone_at(table, gone.other())?.filter(|other| other.level == gone.level) {
        let (left, right) = if other.first < gone.first {
            (other, gone)
        } else {
            (gone, other)
        };
        table.remove(right.first).context(FILE, "write")?;
        gone = Gone {
            first: left.first,
            level: left.level + 1,
            hash: TreeHash::node(left.hash, right.hash),
        };
    }
    table.insert(gone.first, &gone.seal()[..]).context(FILE, "write")?;
    Ok(())
}

fn gone_at(table: &Table<'_, u64, &'static [u8]>, index: u64) -> Result<Option<Gone>, Error> {
    let Some(sealed) = table.get(index).context(FILE, "read")? else {
        return Ok(None);
    };
    match Stored::of(index, sealed.value())? {
        Stored::Gone(gone) => Ok(Some(gone)),
        Stored::Leaf(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_a_hash_are_frozen_and_one_that_does_not_fit_its_place_is_malformed() {
        let gone = Gone {
            first: 8,
            level: 3,
            hash: TreeHash::from_bytes([7; 32]),
        };
        let sealed = gone.seal();
        let payload = codec::open(Kind::AuditGone, &8_u64.to_be_bytes(), &sealed);
        assert_eq!(payload, Ok(&[&[3_u8][..], &[7; 32]].concat()[..]));
        assert_eq!(Gone::open(8, &sealed).expect("it is sound"), gone);
        assert!(matches!(Gone::open(16, &sealed), Err(Error::Corrupt { .. })));
        let misplaced = Gone { level: 4, ..gone };
        assert!(matches!(Gone::open(8, &misplaced.seal()), Err(Error::Corrupt { .. })));
    }
}
