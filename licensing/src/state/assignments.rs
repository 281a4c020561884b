//! Seats that are assigned by name.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::assignment::Assignment;
use crate::id::{HolderKey, LicenseId};
use crate::row::{Row, RowKey};
use crate::state::{Record, Rows};

/// Assignments, one per license and holder.
#[derive(Debug, Default)]
pub(crate) struct Assignments {
    pub(crate) rows: Rows<Assignment>,
    /// How many a license has, if any.
    counts: BTreeMap<LicenseId, u32>,
}

impl Assignments {
    /// How many seats of a license are assigned.
    pub(crate) fn count(&self, license: LicenseId) -> u32 {
        self.counts.get(&license).copied().unwrap_or(0)
    }

    /// The seat that is assigned to a holder.
    pub(crate) fn get(&self, license: LicenseId, holder: HolderKey) -> Option<&Assignment> {
        self.rows.get((license, holder))
    }

    /// The assigned seats of a license in holder order, after `after`.
    pub(crate) fn of(&self, license: LicenseId, after: Option<HolderKey>) -> impl Iterator<Item = &Assignment> {
        let all = Bound::Included((license, HolderKey::from_bytes([0; 16])));
        let first = after.map_or(all, |holder| Bound::Excluded((license, holder)));
        self.rows
            .range((first, Bound::Unbounded))
            .take_while(move |assignment| assignment.license == license)
    }

    /// Adds an assignment that is not there yet.
    pub(crate) fn add(&mut self, assignment: Assignment) {
        *self.counts.entry(assignment.license).or_default() += 1;
        self.rows.put(assignment);
    }

    /// Takes an assignment out, if it is there.
    pub(crate) fn remove(&mut self, license: LicenseId, holder: HolderKey) -> Option<Assignment> {
        let removed = self.rows.remove((license, holder))?;
        match self.count(license) {
            ..=1 => self.counts.remove(&license),
            more => self.counts.insert(license, more - 1),
        };
        Some(removed)
    }

    pub(crate) fn build_index(&mut self) {
        self.counts = self.counts_of_rows();
    }

    pub(crate) fn index_follows_rows(&self) -> bool {
        self.counts == self.counts_of_rows()
    }

    fn counts_of_rows(&self) -> BTreeMap<LicenseId, u32> {
        let mut counts = BTreeMap::new();
        for assignment in self.rows.iter() {
            *counts.entry(assignment.license).or_default() += 1;
        }
        counts
    }
}

impl Record for Assignment {
    type Key = (LicenseId, HolderKey);

    fn key(&self) -> Self::Key {
        (self.license, self.holder)
    }

    fn row_key((license, holder): Self::Key) -> RowKey {
        RowKey::Assignment(license, holder)
    }

    fn into_row(self) -> Row {
        Row::Assignment(self)
    }
}
