//! The closed hours of usage on disk. Which hours there are is written down apart, a bit each: hours without any use have
//! no record, and one that a flipped bit in the engine's pages has made invisible must not look like one of them.

use std::ops::{Bound, Range};

use licensing::id::LicenseId;
use licensing::row::{Row, RowKey, Table as Rows};
use licensing::time::Hour;
use licensing::usage::UsageHour;
use redb::{ReadableTable, Table, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::section::Section;
use super::table::{FILE, View};
use crate::codec::{self, Kind};
use crate::error::{Context, Error};

/// By license and number of the chunk, a bit per hour of it, the lowest first.
pub(super) const INDEX: TableDefinition<&[u8], &[u8]> = TableDefinition::new("closed_usage_index");

/// The hours of a chunk: three weeks.
const CHUNK_HOURS: u32 = 512;

type Bits = [u8; CHUNK_HOURS as usize / 8];

/// Writes down which hours there are.
pub(super) struct Index<'tx> {
    table: Table<'tx, &'static [u8], &'static [u8]>,
    /// The chunk that is being changed.
    chunk: Option<(RowKey, Bits)>,
}

impl<'tx> Index<'tx> {
    pub(super) fn open(tx: &'tx WriteTransaction) -> Result<Self, Error> {
        Ok(Self {
            table: tx.open_table(INDEX).context(FILE, "write")?,
            chunk: None,
        })
    }

    /// Notes the hour with this key. Hours that come in order are cheap.
    pub(super) fn note(&mut self, key: &[u8]) -> Result<(), Error> {
        self.set(key, true)
    }

    /// Whether there is an hour with this key from now on.
    fn set(&mut self, key: &[u8], is_there: bool) -> Result<(), Error> {
        let (license, hour) = parse(key)?;
        let key = chunk_key(license, hour / CHUNK_HOURS);
        if self.chunk.as_ref().is_none_or(|(current, _)| *current != key) {
            self.write_chunk()?;
            let before = self.table.get(&key.to_bytes()[..]).context(FILE, "read")?;
            let bits = before.map_or(Ok([0; _]), |sealed| bits(&key.to_bytes(), sealed.value()))?;
            self.chunk = Some((key, bits));
        }
        if let Some((_, bits)) = &mut self.chunk {
            let bit = hour % CHUNK_HOURS;
            let (byte, mask) = (&mut bits[bit as usize / 8], 1 << (bit % 8));
            *byte = if is_there { *byte | mask } else { *byte & !mask };
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.write_chunk()
    }

    fn write_chunk(&mut self) -> Result<(), Error> {
        if let Some((key, bits)) = self.chunk.take() {
            let key = key.to_bytes();
            if bits == [0; _] {
                self.table.remove(&key[..]).context(FILE, "write")?;
                return Ok(());
            }
            let sealed = codec::seal(Kind::UsageIndex, &key, &bits);
            self.table.insert(&key[..], &sealed[..]).context(FILE, "write")?;
        }
        Ok(())
    }
}

/// Writes down which hours there are in a file that does not say so yet.
pub(super) fn prepare(tx: &WriteTransaction) -> Result<(), Error> {
    let hours = tx.open_table(Section::ClosedUsage.table()).context(FILE, "read")?;
    let mut index = Index::open(tx)?;
    for row in hours.range::<&[u8]>(..).context(FILE, "read")? {
        index.note(row.context(FILE, "read")?.0.value())?;
    }
    index.finish()
}

/// The first key behind another.
fn key_behind(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    behind: &[u8],
) -> Result<Option<Vec<u8>>, Error> {
    let rest = (Bound::Excluded(behind), Bound::Unbounded);
    let mut rows = table.range::<&[u8]>(rest).context(FILE, "read")?;
    let key = |(key, _): (redb::AccessGuard<'_, &[u8]>, _)| key.value().to_vec();
    rows.next().transpose().context(FILE, "read").map(|row| row.map(key))
}

/// The most rows and licenses that a sweep comes by with one checkpoint.
const SWEPT_AT_ONCE: usize = 1_000;

/// A sweep through the hours of all licenses that drops the old ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sweep {
    /// What is older than this hour is dropped, or being dropped.
    before: u32,
    /// The key behind which the sweep goes on; `None` if it is over.
    behind: Option<Vec<u8>>,
}

impl Sweep {
    /// Goes on. One that is over begins again once older hours than before are to be dropped.
    pub(super) fn advance(&mut self, tx: &WriteTransaction, kept_from: Hour) -> Result<(), Error> {
        if self.behind.is_none() && kept_from.get() > self.before {
            (self.before, self.behind) = (kept_from.get(), Some(Vec::new()));
        }
        let Some(behind) = &mut self.behind else { return Ok(()) };
        let mut table = tx.open_table(Section::ClosedUsage.table()).context(FILE, "write")?;
        let mut index = Index::open(tx)?;
        for _ in 0..SWEPT_AT_ONCE {
            let Some(key) = key_behind(&table, behind)? else {
                self.behind = None;
                break;
            };
            let (license, hour) = parse(&key)?;
            if hour < self.before {
                table.remove(&key[..]).context(FILE, "write")?;
                index.set(&key, false)?;
                *behind = key;
            } else {
                // The rest of this license is younger.
                *behind = RowKey::UsageHour(license, Hour::new(u32::MAX)).to_bytes().to_vec();
            }
        }
        index.finish()
    }
}

impl View {
    pub(super) fn usage(&self, license: LicenseId, hours: &Range<Hour>, limit: usize) -> Result<Vec<UsageHour>, Error> {
        if hours.is_empty() {
            return Ok(Vec::new());
        }
        let key = |hour| RowKey::UsageHour(license, hour).to_bytes();
        let (from, to) = (key(hours.start), key(hours.end));
        let table = self.tx.open_table(Section::ClosedUsage.table()).context(FILE, "read")?;
        let rows = table.range::<&[u8]>(&from[..]..&to[..]).context(FILE, "read")?;
        let mut found = Vec::new();
        for row in rows.take(limit) {
            let (key, sealed) = row.context(FILE, "read")?;
            match Section::ClosedUsage.read(FILE, key.value(), sealed.value())? {
                Row::UsageHour(hour) => found.push(hour),
                _ => unreachable!("the section's rows are read as usage hours"),
            }
        }
        let noted = self.noted(license, hours, limit)?;
        if found.iter().map(|hour| hour.hour.get()).ne(noted.iter().copied()) {
            let what = format!(
                "{} closed hours of {license} are found where {} were written",
                found.len(),
                noted.len()
            );
            return Err(Error::corrupt(FILE, what));
        }
        Ok(found)
    }

    /// The hours of a range that there must be, at most `limit` of them.
    fn noted(&self, license: LicenseId, hours: &Range<Hour>, limit: usize) -> Result<Vec<u32>, Error> {
        let table = self.tx.open_table(INDEX).context(FILE, "read")?;
        let key = |hour: u32| chunk_key(license, hour / CHUNK_HOURS).to_bytes();
        let (from, to) = (key(hours.start.get()), key(hours.end.get() - 1));
        let mut noted = Vec::new();
        for row in table.range::<&[u8]>(&from[..]..=&to[..]).context(FILE, "read")? {
            let (key, sealed) = row.context(FILE, "read")?;
            let (bits, (_, chunk)) = (bits(key.value(), sealed.value())?, parse(key.value())?);
            let set = (0..CHUNK_HOURS).filter(|bit| bits[*bit as usize / 8] & (1 << (bit % 8)) != 0);
            let there = set.map(|bit| chunk * CHUNK_HOURS + bit);
            noted.extend(there.filter(|hour| hours.contains(&Hour::new(*hour))));
            if noted.len() >= limit {
                noted.truncate(limit);
                break;
            }
        }
        Ok(noted)
    }
}

fn chunk_key(license: LicenseId, chunk: u32) -> RowKey {
    RowKey::UsageHour(license, Hour::new(chunk))
}

fn parse(key: &[u8]) -> Result<(LicenseId, u32), Error> {
    match RowKey::from_bytes(Rows::UsageHours, key) {
        Ok(RowKey::UsageHour(license, hour)) => Ok((license, hour.get())),
        _ => Err(Error::corrupt(
            FILE,
            format!("a usage hour has a key of {} bytes", key.len()),
        )),
    }
}

fn bits(key: &[u8], sealed: &[u8]) -> Result<Bits, Error> {
    codec::open(Kind::UsageIndex, key, sealed)
        .map_err(|broken| broken.of(FILE, "the index of the closed usage hours"))?
        .try_into()
        .map_err(|_| {
            Error::corrupt(
                FILE,
                "a chunk of the index of the closed usage hours has another length",
            )
        })
}
