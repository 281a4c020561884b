//! The parts of the state: every table of the ledger, and the history that travels with it.

use std::fmt;

use licensing::row::{Row, RowError, RowKey, Table};
use licensing::usage::UsageHour;
use redb::TableDefinition;

use crate::codec::{self, Kind};
use crate::error::Error;

/// One table of the state file, and one run of rows in a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    /// Rows that the ledger keeps in memory.
    Ledger(Table),
    /// Hours of usage that have passed, by license and hour.
    ClosedUsage,
}

/// Above every number of a ledger's table.
const CLOSED_USAGE: u8 = 128;

impl Section {
    /// Every section, in the order of a snapshot. The ledger's tables come from the ledger's own list, so a new one is
    /// in every checkpoint and snapshot.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Table::ALL.into_iter().map(Self::Ledger).chain([Self::ClosedUsage])
    }

    /// The section's number in stored bytes.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Ledger(table) => table.number(),
            Self::ClosedUsage => CLOSED_USAGE,
        }
    }

    /// The section with this number.
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        Self::all().find(|section| section.number() == number)
    }

    /// The section's redb table.
    pub(crate) const fn table(self) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
        TableDefinition::new(match self {
            Self::Ledger(table) => table.name(),
            Self::ClosedUsage => "closed_usage_hours",
        })
    }

    /// Puts a row into its envelope.
    pub(crate) fn seal(self, key: &[u8], row: &[u8]) -> Vec<u8> {
        codec::seal(self.kind(), &self.stored_under(key), row)
    }

    /// Takes a row out of its envelope.
    pub(crate) fn open<'a>(self, file: &str, key: &[u8], sealed: &'a [u8]) -> Result<&'a [u8], Error> {
        codec::open(self.kind(), &self.stored_under(key), sealed).map_err(|broken| broken.of(file, &self.name_of(key)))
    }

    /// Reads a row out of its envelope.
    pub(crate) fn read(self, file: &str, key: &[u8], sealed: &[u8]) -> Result<Row, Error> {
        let bytes = self.open(file, key, sealed)?;
        let row = Row::decode(self.rows_of(), bytes).map_err(|error| self.unreadable(file, key, &error))?;
        if row.key().to_bytes()[..] != *key {
            return Err(Error::corrupt(
                file,
                format!("{}: it holds another row", self.name_of(key)),
            ));
        }
        Ok(row)
    }

    /// The kind of row that it has.
    const fn rows_of(self) -> Table {
        match self {
            Self::Ledger(table) => table,
            Self::ClosedUsage => Table::UsageHours,
        }
    }

    const fn kind(self) -> Kind {
        match self {
            Self::Ledger(_) => Kind::Row,
            Self::ClosedUsage => Kind::UsageHour,
        }
    }

    fn stored_under(self, key: &[u8]) -> Vec<u8> {
        [&[self.number()], key].concat()
    }

    fn unreadable(self, file: &str, key: &[u8], error: &RowError) -> Error {
        let part = self.name_of(key);
        match error {
            RowError::Version { version, .. } => Error::NewerFormat {
                file: file.to_owned(),
                what: format!("version {version} of {part}"),
            },
            error => Error::corrupt(file, format!("{part}: {error}")),
        }
    }

    /// The row's place, for people.
    fn name_of(self, key: &[u8]) -> String {
        match RowKey::from_bytes(self.rows_of(), key) {
            Ok(key) => format!("row {key:?} of {self}"),
            Err(_) => format!("a row of {self} with a key of {} bytes", key.len()),
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger(table) => write!(f, "table {table}"),
            Self::ClosedUsage => f.write_str("the closed usage hours"),
        }
    }
}

/// The key and the bytes of an hour that has passed.
pub(crate) fn closed(hour: &UsageHour) -> (Vec<u8>, Vec<u8>) {
    let row = Row::UsageHour(hour.clone());
    let key = row.key().to_bytes().to_vec();
    let sealed = Section::ClosedUsage.seal(&key, &row.encode());
    (key, sealed)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_table_of_the_ledger_is_a_section() {
        let tables: Vec<Table> = Section::all()
            .filter_map(|section| match section {
                Section::Ledger(table) => Some(table),
                Section::ClosedUsage => None,
            })
            .collect();
        assert_eq!(tables, Table::ALL);
    }

    #[test]
    fn sections_share_no_number_and_no_name() {
        let numbers: BTreeSet<u8> = Section::all().map(Section::number).collect();
        let names: BTreeSet<String> = Section::all()
            .map(|section| redb::TableHandle::name(&section.table()).to_owned())
            .collect();
        assert_eq!(
            (numbers.len(), names.len()),
            (Section::all().count(), Section::all().count())
        );
        assert!(Section::all().all(|section| Section::from_number(section.number()) == Some(section)));
    }
}
