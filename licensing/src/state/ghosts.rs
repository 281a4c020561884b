//! Holders whose session expired while its token's grace still runs.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{HolderKey, LicenseId};
use crate::row::{Row, RowKey};
use crate::session::Ghost;
use crate::state::{Record, Rows};
use crate::time::At;

/// Ghosts, one per license and holder.
#[derive(Debug, Default)]
pub(crate) struct Ghosts {
    pub(crate) rows: Rows<Ghost>,
    index: Index,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Index {
    /// Ghosts by license, the next to end first.
    of_license: BTreeSet<(LicenseId, At, HolderKey)>,
    /// All ghosts, the next to end first.
    by_end: BTreeSet<(At, LicenseId, HolderKey)>,
    /// How many a license has, if any.
    counts: BTreeMap<LicenseId, u32>,
}

impl Ghosts {
    /// How many ghosts a license has.
    pub(crate) fn count(&self, license: LicenseId) -> u32 {
        self.index.counts.get(&license).copied().unwrap_or(0)
    }

    /// The ghost of a holder.
    pub(crate) fn get(&self, license: LicenseId, holder: HolderKey) -> Option<&Ghost> {
        self.rows.get((license, holder))
    }

    /// The ghosts of a license in holder order.
    pub(crate) fn of(&self, license: LicenseId) -> impl Iterator<Item = &Ghost> {
        let first = (license, HolderKey::from_bytes([0; 16]));
        self.rows
            .range(first..)
            .take_while(move |ghost| ghost.license == license)
    }

    /// When the ghosts of a license end, the next first.
    pub(crate) fn ends_of(&self, license: LicenseId) -> impl Iterator<Item = (At, HolderKey)> + '_ {
        let first = (license, At::default(), HolderKey::from_bytes([0; 16]));
        self.index
            .of_license
            .range(first..)
            .take_while(move |(of, ..)| *of == license)
            .map(|(_, at, holder)| (*at, *holder))
    }

    /// Adds a ghost, in the place of an earlier one of its holder.
    pub(crate) fn add(&mut self, ghost: Ghost) {
        self.remove(ghost.license, ghost.holder);
        self.index.add(&ghost);
        self.rows.put(ghost);
    }

    /// Ends the ghost of a holder, if there is one.
    pub(crate) fn remove(&mut self, license: LicenseId, holder: HolderKey) -> Option<Ghost> {
        let ghost = self.rows.remove((license, holder))?;
        self.index.remove(&ghost);
        Some(ghost)
    }

    /// Ends every ghost of a license whose grace is over.
    pub(crate) fn end_of(&mut self, license: LicenseId, at: At) {
        // Most of the time no grace at all is over, and that is known without a look at the license.
        while self.index.by_end.first().is_some_and(|(end, ..)| *end <= at)
            && let Some(holder) = self.over_of(license, at)
        {
            self.remove(license, holder);
        }
    }

    fn over_of(&self, license: LicenseId, at: At) -> Option<HolderKey> {
        let (end, holder) = self.ends_of(license).next()?;
        (end <= at).then_some(holder)
    }

    /// Ends one ghost whose grace is over, and says whether there was one.
    pub(crate) fn end_one(&mut self, at: At) -> bool {
        let over = self.over(at);
        if let Some((license, holder)) = over {
            self.remove(license, holder);
        }
        over.is_some()
    }

    /// The ghost whose grace has been over the longest.
    pub(crate) fn over(&self, at: At) -> Option<(LicenseId, HolderKey)> {
        let first = self.index.by_end.first().filter(|(end, ..)| *end <= at);
        first.map(|(_, license, holder)| (*license, *holder))
    }

    pub(crate) fn build_index(&mut self) {
        self.index = self.index_of_rows();
    }

    pub(crate) fn index_follows_rows(&self) -> bool {
        self.index == self.index_of_rows()
    }

    fn index_of_rows(&self) -> Index {
        let mut index = Index::default();
        self.rows.iter().for_each(|ghost| index.add(ghost));
        index
    }
}

impl Index {
    fn add(&mut self, ghost: &Ghost) {
        let Ghost {
            license,
            holder,
            grace_until,
            ..
        } = *ghost;
        self.of_license.insert((license, grace_until, holder));
        self.by_end.insert((grace_until, license, holder));
        *self.counts.entry(license).or_insert(0) += 1;
    }

    fn remove(&mut self, ghost: &Ghost) {
        let Ghost {
            license,
            holder,
            grace_until,
            ..
        } = *ghost;
        self.of_license.remove(&(license, grace_until, holder));
        self.by_end.remove(&(grace_until, license, holder));
        if let Some(count) = self.counts.get_mut(&license) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&license);
            }
        }
    }
}

impl Record for Ghost {
    type Key = (LicenseId, HolderKey);

    fn key(&self) -> Self::Key {
        (self.license, self.holder)
    }

    fn row_key((license, holder): Self::Key) -> RowKey {
        RowKey::Ghost(license, holder)
    }

    fn into_row(self) -> Row {
        Row::Ghost(self)
    }
}
