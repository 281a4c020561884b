//! Which audit leaves are about what, so that those of one license are found without reading all of them.
//!
//! Each entry has its place among those of its topic and names the one before it, and the last place is written down apart:
//! an entry that a flipped bit in the engine's pages has made invisible leaves a hole, and a history that lacks something
//! must not look whole.

use std::collections::BTreeMap;
use std::ops::Range;

use licensing::audit::{AuditLeaf, AuditRecord, Topic};
use licensing::id::Seq;
use licensing::time::At;
use redb::{ReadOnlyTable, ReadableTable, TableDefinition, WriteTransaction};

use super::audit::{self, decode, first_leaf};
use super::gone::Stored;
use super::table::{FILE, View};
use crate::codec::{self, Kind};
use crate::error::{Context, Error};

/// By topic and index of the leaf: the entry's place among those of its topic, from 1, and that of the entry before it where
/// some between them were dropped.
pub(super) const ENTRIES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("audit_topics");

/// By topic: the place of its last entry.
pub(super) const ENDS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("audit_topic_ends");

const KEY_BYTES: usize = Topic::BYTES + 8;

type TopicKey = [u8; Topic::BYTES];

/// Which end of a history comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As it happened.
    OldestFirst,
    /// Backward from the end.
    NewestFirst,
}

/// Writes down what new leaves are about.
pub(super) fn append<'a>(
    tx: &WriteTransaction,
    leaves: impl IntoIterator<Item = &'a AuditRecord>,
) -> Result<(), Error> {
    let mut fresh: BTreeMap<TopicKey, Vec<u64>> = BTreeMap::new();
    for AuditRecord { index, leaf } in leaves {
        for topic in topics(leaf) {
            fresh.entry(topic.to_bytes()).or_default().push(*index);
        }
    }
    if fresh.is_empty() {
        return Ok(());
    }
    let mut entries = tx.open_table(ENTRIES).context(FILE, "write")?;
    let mut ends = tx.open_table(ENDS).context(FILE, "write")?;
    for (topic, indexes) in fresh {
        let before = ends.get(&topic[..]).context(FILE, "read")?;
        let mut place = before.map_or(Ok(0), |sealed| number(Kind::TopicEnd, &topic, sealed.value()))?;
        for index in indexes {
            let key = key(&topic, index);
            let sealed = Place::behind(place).seal(&key);
            entries.insert(&key[..], &sealed[..]).context(FILE, "write")?;
            place += 1;
        }
        ends.insert(&topic[..], &seal(Kind::TopicEnd, &topic, place)[..])
            .context(FILE, "write")?;
    }
    Ok(())
}

/// Takes out what dropped leaves were about.
pub(super) fn drop_entries(tx: &WriteTransaction, leaves: &[AuditRecord]) -> Result<(), Error> {
    if leaves.is_empty() {
        return Ok(());
    }
    let mut entries = tx.open_table(ENTRIES).context(FILE, "write")?;
    let mut ends = tx.open_table(ENDS).context(FILE, "write")?;
    for AuditRecord { index, leaf } in leaves {
        for topic in topics(leaf) {
            let topic = topic.to_bytes();
            let key = key(&topic, *index);
            let taken = entries.remove(&key[..]).context(FILE, "write")?;
            let before = taken.map(|sealed| Place::open(&key, sealed.value())).transpose()?;
            let before = before.ok_or_else(holed)?.before;
            let next = entry_behind(&entries, &topic, *index)?;
            if let Some((key, place)) = next {
                let sealed = Place { before, ..place }.seal(&key);
                entries.insert(&key[..], &sealed[..]).context(FILE, "write")?;
            } else if before == 0 {
                ends.remove(&topic[..]).context(FILE, "write")?;
            } else {
                ends.insert(&topic[..], &seal(Kind::TopicEnd, &topic, before)[..])
                    .context(FILE, "write")?;
            }
        }
    }
    Ok(())
}

/// The first entry of a topic behind an index.
fn entry_behind(
    entries: &impl ReadableTable<&'static [u8], &'static [u8]>,
    topic: &TopicKey,
    index: u64,
) -> Result<Option<(Key, Place)>, Error> {
    let (from, before) = (key(topic, index + 1), key(topic, u64::MAX));
    let mut later = entries.range::<&[u8]>(&from[..]..&before[..]).context(FILE, "read")?;
    let Some(entry) = later.next() else { return Ok(None) };
    let (index, place) = within(&entry.context(FILE, "read")?, &from, &before)?;
    Ok(Some((key(topic, index), place)))
}

/// Writes down what the leaves of a file are about that does not say so yet.
pub(super) fn prepare(tx: &WriteTransaction) -> Result<(), Error> {
    tx.open_table(ENTRIES).context(FILE, "write")?;
    tx.open_table(ENDS).context(FILE, "write")?;
    let table = tx.open_table(audit::TABLE).context(FILE, "read")?;
    let mut part = Vec::new();
    for row in table.range::<u64>(..).context(FILE, "read")? {
        part.extend(Stored::open(&row.context(FILE, "read")?)?.leaf());
        if part.len() == PREPARED_AT_ONCE {
            append(tx, &part)?;
            part.clear();
        }
    }
    append(tx, &part)
}

/// How many leaves of an older file are in memory at once.
const PREPARED_AT_ONCE: usize = 10_000;

/// A leaf that cannot be read is about nothing that this release could look for.
fn topics(leaf: &[u8]) -> Vec<Topic> {
    AuditLeaf::decode(leaf).map_or_else(|_| Vec::new(), |leaf| Topic::of(&leaf.content().event))
}

fn key(topic: &TopicKey, index: u64) -> [u8; KEY_BYTES] {
    let mut key = [0; KEY_BYTES];
    key[..Topic::BYTES].copy_from_slice(topic);
    key[Topic::BYTES..].copy_from_slice(&index.to_be_bytes());
    key
}

fn seal(kind: Kind, key: &[u8], place: u64) -> Vec<u8> {
    codec::seal(kind, key, &place.to_le_bytes())
}

fn number(kind: Kind, key: &[u8], sealed: &[u8]) -> Result<u64, Error> {
    codec::open(kind, key, sealed)
        .map_err(|broken| broken.of(FILE, PART))?
        .try_into()
        .map(u64::from_le_bytes)
        .map_err(|_| misshapen())
}

/// Where an entry stands among those of its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    place: u64,
    /// The place of the entry before it; 0 if it is the first.
    before: u64,
}

impl Place {
    /// The place behind another, with none between them.
    const fn behind(before: u64) -> Self {
        Self {
            place: before + 1,
            before,
        }
    }

    fn seal(self, key: &Key) -> Vec<u8> {
        if self == Self::behind(self.before) {
            return seal(Kind::TopicEntry, key, self.place);
        }
        let both = [self.place.to_le_bytes(), self.before.to_le_bytes()].concat();
        codec::seal(Kind::TopicEntry, key, &both)
    }

    fn open(key: &Key, sealed: &[u8]) -> Result<Self, Error> {
        let payload = codec::open(Kind::TopicEntry, key, sealed).map_err(|broken| broken.of(FILE, PART))?;
        let (place, before) = payload.split_at_checked(8).ok_or_else(misshapen)?;
        let place = place.try_into().map(u64::from_le_bytes).map_err(|_| misshapen())?;
        let before = match before {
            [] => place.checked_sub(1),
            _ => before
                .try_into()
                .ok()
                .map(u64::from_le_bytes)
                .filter(|before| *before < place),
        };
        before.map(|before| Self { place, before }).ok_or_else(misshapen)
    }
}

const PART: &str = "the index of the audit";

fn misshapen() -> Error {
    Error::corrupt(FILE, "an entry in the index of the audit has another length")
}

fn holed() -> Error {
    Error::corrupt(FILE, "the index of the audit lacks entries")
}

type Bytes = ReadOnlyTable<&'static [u8], &'static [u8]>;

type Key = [u8; KEY_BYTES];

type Entry<'a> = (
    redb::AccessGuard<'a, &'static [u8]>,
    redb::AccessGuard<'a, &'static [u8]>,
);

/// The index and the place of an entry, whose key must lie from one to before another. On a damaged page the engine may
/// be led astray and give one that does not.
fn within(entry: &Entry<'_>, from: &Key, before: &Key) -> Result<(u64, Place), Error> {
    let (key, sealed) = entry;
    let key: &Key = key.value().try_into().map_err(|_| holed())?;
    if key < from || key >= before {
        return Err(holed());
    }
    let index = u64::from_be_bytes(key[Topic::BYTES..].try_into().map_err(|_| holed())?);
    Ok((index, Place::open(key, sealed.value())?))
}

/// The entries of one topic in a range, in one direction.
struct Walk<'t> {
    entries: redb::Range<'t, &'static [u8], &'static [u8]>,
    from: Key,
    before: Key,
    order: Order,
    /// The place where the walk is: of the last entry before the next one, or of the next one itself if it goes back.
    at: u64,
    /// The place where it is over.
    last: u64,
}

impl<'t> Walk<'t> {
    fn new(entries: &'t Bytes, ends: &Bytes, topic: Topic, range: &Range<u64>, order: Order) -> Result<Self, Error> {
        let topic = topic.to_bytes();
        let first = places_before(entries, ends, &topic, range.start)?;
        let behind = places_before(entries, ends, &topic, range.end)?;
        let (at, last) = match order {
            Order::OldestFirst => (first, behind),
            Order::NewestFirst => (behind, first),
        };
        let (from, before) = (key(&topic, range.start), key(&topic, range.end));
        Ok(Self {
            entries: entries.range::<&[u8]>(&from[..]..&before[..]).context(FILE, "read")?,
            from,
            before,
            order,
            at,
            last,
        })
    }

    /// The index of the next leaf.
    fn step(&mut self) -> Result<Option<u64>, Error> {
        let entry = match self.order {
            Order::OldestFirst => self.entries.next(),
            Order::NewestFirst => self.entries.next_back(),
        };
        let is_over = self.at == self.last;
        let Some(entry) = entry else {
            return if is_over { Ok(None) } else { Err(holed()) };
        };
        let (index, place) = within(&entry.context(FILE, "read")?, &self.from, &self.before)?;
        let (here, next) = match self.order {
            Order::OldestFirst => (place.before, place.place),
            Order::NewestFirst => (place.place, place.before),
        };
        if is_over || here != self.at {
            return Err(holed());
        }
        self.at = next;
        Ok(Some(index))
    }
}

/// The place of the last entry of a topic before an index; 0 if there is none. Both neighbours, or the end of the topic,
/// must agree on it.
fn places_before(entries: &Bytes, ends: &Bytes, topic: &TopicKey, index: u64) -> Result<u64, Error> {
    let (first, at, last) = (key(topic, 0), key(topic, index), key(topic, u64::MAX));
    let mut earlier = entries.range::<&[u8]>(&first[..]..&at[..]).context(FILE, "read")?;
    let before = match earlier.next_back() {
        Some(entry) => within(&entry.context(FILE, "read")?, &first, &at)?.1.place,
        None => 0,
    };
    let mut later = entries.range::<&[u8]>(&at[..]..&last[..]).context(FILE, "read")?;
    let behind = match later.next() {
        Some(entry) => within(&entry.context(FILE, "read")?, &at, &last)?.1.before,
        None => ends
            .get(&topic[..])
            .context(FILE, "read")?
            .map_or(Ok(0), |sealed| number(Kind::TopicEnd, topic, sealed.value()))?,
    };
    if before == behind { Ok(before) } else { Err(holed()) }
}

impl View {
    /// The leaves about any of these topics in a range of indexes, each once.
    pub(super) fn about(
        &self,
        topics: &[Topic],
        range: &Range<u64>,
        order: Order,
        limit: usize,
    ) -> Result<Vec<AuditRecord>, Error> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let entries = self.tx.open_table(ENTRIES).context(FILE, "read")?;
        let ends = self.tx.open_table(ENDS).context(FILE, "read")?;
        let leaves = self.tx.open_table(audit::TABLE).context(FILE, "read")?;
        let mut walks = Vec::new();
        // The next leaf of each walk. A set, because one leaf may be about several topics.
        let mut heads = std::collections::BTreeSet::new();
        for topic in topics {
            let mut walk = Walk::new(&entries, &ends, *topic, range, order)?;
            heads.extend(walk.step()?.map(|index| (index, walks.len())));
            walks.push(walk);
        }
        let mut found: Vec<AuditRecord> = Vec::new();
        while found.len() < limit {
            let head = match order {
                Order::OldestFirst => heads.pop_first(),
                Order::NewestFirst => heads.pop_last(),
            };
            let Some((index, walk)) = head else { break };
            heads.extend(walks[walk].step()?.map(|index| (index, walk)));
            if found.last().is_some_and(|record| record.index == index) {
                continue;
            }
            let sealed = leaves.get(index).context(FILE, "read")?;
            let sealed = sealed.ok_or_else(|| Error::corrupt(FILE, format!("audit leaf {index} is missing")))?;
            found.push(audit::opened(index, sealed.value())?);
        }
        Ok(found)
    }

    /// The index of the first leaf from this time on, or the one that the next leaf gets.
    pub(super) fn first_at(&self, at: At) -> Result<u64, Error> {
        self.first(|leaf| leaf.content().at >= at)
    }

    /// The leaves of these commands.
    pub(super) fn of_commands(&self, seqs: &[Seq]) -> Result<Vec<AuditRecord>, Error> {
        let table = self.tx.open_table(audit::TABLE).context(FILE, "read")?;
        let mut found = Vec::new();
        for seq in seqs {
            let first = self.first(|leaf| leaf.content().seq >= *seq)?;
            for row in table.range(first..).context(FILE, "read")? {
                let Some(record) = Stored::open(&row.context(FILE, "read")?)?.leaf() else {
                    continue;
                };
                if decode(&record)?.content().seq != *seq {
                    break;
                }
                found.push(record);
            }
        }
        Ok(found)
    }

    fn first(&self, is_behind: impl Fn(&AuditLeaf) -> bool) -> Result<u64, Error> {
        let table = self.tx.open_table(audit::TABLE).context(FILE, "read")?;
        let found = first_leaf(&table, is_behind)?;
        // The search may have gone astray on a damaged page. Neighbours that are both there prove that it has not.
        self.audit(found.saturating_sub(1)..found + 1, 2)?;
        Ok(found)
    }
}
