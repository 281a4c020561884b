//! Open usage hours: at most one for each license.
//!
//! A license whose seats are held has an open hour at every moment. When an hour has passed it is closed: by the next
//! command that counts the license, or by a tick. If seats are still held the next hour opens with them, hour after
//! hour up to now, so that an hour without any event still shows the seats that were held in it.

use std::collections::BTreeSet;

use crate::digest::Sum;
use crate::id::LicenseId;
use crate::ledger::LoadError;
use crate::row::{Row, RowKey, Table};
use crate::state::{Record, Rows};
use crate::time::Hour;
use crate::usage::{Refusal, UsageHour};

/// How many hours without an event are filled in at most. A cluster that was away for longer than this reports the
/// latest of them and leaves out those before.
pub(crate) const CARRIED_HOURS_MAX: u32 = 24;

/// One thing to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// A session was granted.
    Grant,
    /// A session was renewed.
    Renewal,
    /// A session was given back.
    Release,
    /// A session expired.
    Expiry,
    /// A session was ended by an operator or by its license.
    Revocation,
    /// An acquire was refused.
    Refusal(Refusal),
}

/// Open usage hours.
#[derive(Debug, Default)]
pub(crate) struct Hours {
    pub(crate) rows: Rows<UsageHour>,
    /// The same, the oldest hour first.
    by_hour: BTreeSet<(Hour, LicenseId)>,
    /// Hours that have passed, until they are taken.
    closed: Vec<UsageHour>,
}

impl Hours {
    /// The open hour of a license.
    pub(crate) fn open_of(&self, license: LicenseId) -> Option<&UsageHour> {
        self.rows
            .range((license, Hour::default())..)
            .next()
            .filter(|row| row.license == license)
    }

    /// Brings a license to the hour `now`, closing what has passed. `held` is what it holds, and held in between.
    pub(crate) fn settle(&mut self, license: LicenseId, now: Hour, held: u32) {
        if self.rows.contains((license, now)) {
            return;
        }
        while let Some(hour) = self.open_of(license).map(|row| row.hour).filter(|hour| *hour < now) {
            self.close((license, hour), now, held);
        }
        if self.open_of(license).is_none() {
            self.open(UsageHour::new(license, now, held));
        }
    }

    /// Counts one thing in the hour `now` of a license, and says whether that hour is open.
    pub(crate) fn count(&mut self, license: LicenseId, now: Hour, what: Counted) -> bool {
        let counted = self.rows.edit((license, now), |row| {
            *row.counter(what) += 1;
            unit(license, now, Some(what))
        });
        counted.is_some()
    }

    /// Notes that a license holds this many seats in its open hour `now`.
    pub(crate) fn raise_peak(&mut self, license: LicenseId, now: Hour, held: u32) {
        if self.rows.get((license, now)).is_some_and(|row| row.peak < held) {
            self.rows.edit((license, now), |row| {
                let more = held - row.peak;
                row.peak = held;
                times(peak_unit(license, now), u64::from(more))
            });
        }
    }

    /// Closes one hour that has passed, the oldest, and says whether there was one. `held` tells what a license holds.
    pub(crate) fn close_one(&mut self, now: Hour, held: impl Fn(LicenseId) -> u32) -> bool {
        let over = self.over(now);
        if let Some((hour, license)) = over {
            self.close((license, hour), now, held(license));
        }
        over.is_some()
    }

    /// The oldest hour that has passed and is not closed.
    pub(crate) fn over(&self, now: Hour) -> Option<(Hour, LicenseId)> {
        self.by_hour.first().filter(|(hour, _)| *hour < now).copied()
    }

    /// Closes an hour, and opens the next one to be reported if seats are held.
    fn close(&mut self, (license, hour): (LicenseId, Hour), now: Hour, held: u32) {
        self.by_hour.remove(&(hour, license));
        self.closed.extend(self.rows.remove((license, hour)));
        if held > 0 {
            let next = hour
                .get()
                .saturating_add(1)
                .max(now.get().saturating_sub(CARRIED_HOURS_MAX));
            self.open(UsageHour::new(license, Hour::new(next), held));
        }
    }

    fn open(&mut self, row: UsageHour) {
        self.by_hour.insert((row.hour, row.license));
        self.rows.put(row);
    }

    /// The hours that were closed since they were last taken.
    pub(crate) fn take_closed(&mut self) -> Vec<UsageHour> {
        std::mem::take(&mut self.closed)
    }

    pub(crate) fn build_index(&mut self) -> Result<(), LoadError> {
        self.by_hour = self.index_of_rows();
        let twice = self
            .rows
            .iter()
            .zip(self.rows.iter().skip(1))
            .any(|(one, next)| one.license == next.license);
        if twice {
            Err(LoadError::Clash {
                table: Table::UsageHours,
                field: "license",
            })
        } else {
            Ok(())
        }
    }

    pub(crate) fn index_follows_rows(&self) -> bool {
        self.by_hour == self.index_of_rows()
    }

    fn index_of_rows(&self) -> BTreeSet<(Hour, LicenseId)> {
        self.rows.iter().map(|row| (row.hour, row.license)).collect()
    }
}

impl UsageHour {
    fn counter(&mut self, what: Counted) -> &mut u64 {
        match what {
            Counted::Grant => &mut self.grants,
            Counted::Renewal => &mut self.renewals,
            Counted::Release => &mut self.releases,
            Counted::Expiry => &mut self.expiries,
            Counted::Revocation => &mut self.revocations,
            Counted::Refusal(reason) => self.refusals.entry(reason).or_insert(0),
        }
    }
}

/// What one more of something adds to the digest: a hash of its name. A counter's part is its value times this, so that
/// counting costs one hash and no look at the rest of the row. Without a name it stands for the row itself.
fn unit(license: LicenseId, hour: Hour, what: Option<Counted>) -> Sum {
    let name = match what {
        None => 0,
        Some(Counted::Grant) => 1,
        Some(Counted::Renewal) => 2,
        Some(Counted::Release) => 3,
        Some(Counted::Expiry) => 4,
        Some(Counted::Revocation) => 5,
        Some(Counted::Refusal(reason)) => 16 + reason as u8,
    };
    named_unit(license, hour, name)
}

fn peak_unit(license: LicenseId, hour: Hour) -> Sum {
    named_unit(license, hour, 6)
}

fn named_unit(license: LicenseId, hour: Hour, name: u8) -> Sum {
    Sum::of(&[
        &[Table::UsageHours.number(), name],
        license.as_bytes(),
        &hour.get().to_le_bytes(),
    ])
}

fn times(unit: Sum, n: u64) -> Sum {
    unit.times(Sum::of_limbs([n, 0, 0, 0]))
}

impl Record for UsageHour {
    type Key = (LicenseId, Hour);

    fn key(&self) -> Self::Key {
        (self.license, self.hour)
    }

    fn row_key((license, hour): Self::Key) -> RowKey {
        RowKey::UsageHour(license, hour)
    }

    fn into_row(self) -> Row {
        Row::UsageHour(self)
    }

    fn sum(&self) -> Sum {
        let unit = |what| unit(self.license, self.hour, what);
        let mut sum = unit(None);
        sum += times(peak_unit(self.license, self.hour), u64::from(self.peak));
        sum += times(unit(Some(Counted::Grant)), self.grants);
        sum += times(unit(Some(Counted::Renewal)), self.renewals);
        sum += times(unit(Some(Counted::Release)), self.releases);
        sum += times(unit(Some(Counted::Expiry)), self.expiries);
        sum += times(unit(Some(Counted::Revocation)), self.revocations);
        for (reason, count) in &self.refusals {
            sum += times(unit(Some(Counted::Refusal(*reason))), *count);
        }
        sum
    }
}
