//! A table in memory that knows what changed and what its rows add to the digest.

use std::collections::BTreeMap;
use std::ops::RangeBounds;

use serde::Serialize;

use crate::digest::Sum;
use crate::row::{self, Row, RowKey};

/// Something that is kept as a row.
pub(crate) trait Record: Clone + PartialEq + Serialize {
    /// What it is found by; keys order as the rows are stored.
    type Key: Copy + Ord;

    fn key(&self) -> Self::Key;

    fn row_key(key: Self::Key) -> RowKey;

    fn into_row(self) -> Row;

    /// What the row adds to the digest: a hash of its table and its bytes.
    fn sum(&self) -> Sum {
        Sum::of(&[&[Self::row_key(self.key()).table().number()], &row::encode(self)])
    }
}

/// Makes a stored type a [`Record`] with a key of one field. Its row and row key have the variant of its name.
macro_rules! record {
    ($record:ident by $($field:ident).+: $key:ty $(, sum $sum:path)?) => {
        impl $crate::state::Record for $record {
            type Key = $key;

            fn key(&self) -> $key {
                self.$($field).+
            }

            fn row_key(key: $key) -> $crate::row::RowKey {
                $crate::row::RowKey::$record(key)
            }

            fn into_row(self) -> $crate::row::Row {
                $crate::row::Row::$record(self)
            }

            $(fn sum(&self) -> $crate::digest::Sum {
                $sum(self)
            })?
        }
    };
}
pub(crate) use record;

/// The rows of one table, the only place where they change.
#[derive(Debug)]
pub(crate) struct Rows<R: Record> {
    /// Boxed, because rows are long and the nodes of a tree are filled by half where keys only grow.
    slots: BTreeMap<R::Key, Box<Slot<R>>>,
    /// Keys of rows that changed since the changes were last taken. A key can be in it twice if its row was removed and
    /// came again.
    changed: Vec<R::Key>,
    sum: Sum,
}

#[derive(Debug)]
struct Slot<R> {
    row: R,
    /// Whether the key is in `changed` already: a row that is renewed a thousand times is noted once.
    changed: bool,
}

impl<R: Record> Default for Rows<R> {
    fn default() -> Self {
        Self {
            slots: BTreeMap::new(),
            changed: Vec::new(),
            sum: Sum::default(),
        }
    }
}

impl<R: Record> Rows<R> {
    pub(crate) fn get(&self, key: R::Key) -> Option<&R> {
        self.slots.get(&key).map(|slot| &slot.row)
    }

    pub(crate) fn contains(&self, key: R::Key) -> bool {
        self.slots.contains_key(&key)
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &R> {
        self.slots.values().map(|slot| &slot.row)
    }

    pub(crate) fn range(&self, keys: impl RangeBounds<R::Key>) -> impl DoubleEndedIterator<Item = &R> {
        self.slots.range(keys).map(|(_, slot)| &slot.row)
    }

    /// Puts a row in the place of the one with its key, if there is one.
    pub(crate) fn put(&mut self, row: R) {
        let key = row.key();
        self.sum += row.sum();
        let before = self.slots.insert(key, Box::new(Slot { row, changed: true }));
        if before.as_ref().is_none_or(|slot| !slot.changed) {
            self.changed.push(key);
        }
        if let Some(slot) = before {
            self.sum -= slot.row.sum();
        }
    }

    /// Takes a row out.
    pub(crate) fn remove(&mut self, key: R::Key) -> Option<R> {
        let slot = self.slots.remove(&key)?;
        if !slot.changed {
            self.changed.push(key);
        }
        self.sum -= slot.row.sum();
        Some(slot.row)
    }

    /// Changes a row in place. `edit` says by how much the row's part of the digest grows: a small change to a long row
    /// then costs one short hash instead of two long ones.
    pub(crate) fn edit(&mut self, key: R::Key, edit: impl FnOnce(&mut R) -> Sum) -> Option<&R> {
        let slot = self.slots.get_mut(&key)?;
        self.sum += edit(&mut slot.row);
        if !slot.changed {
            slot.changed = true;
            self.changed.push(key);
        }
        Some(&slot.row)
    }

    /// Puts back a row that was stored; it is no change. Says whether its key was free.
    pub(crate) fn load(&mut self, row: R) -> bool {
        self.sum += row.sum();
        let slot = Box::new(Slot { row, changed: false });
        self.slots.insert(slot.row.key(), slot).is_none()
    }

    pub(crate) const fn sum(&self) -> Sum {
        self.sum
    }

    /// How many keys are noted as changed.
    pub(crate) const fn changed(&self) -> usize {
        self.changed.len()
    }

    /// Moves what changed to `into`, in key order.
    pub(crate) fn take_changes(&mut self, into: &mut Vec<(RowKey, Option<Row>)>) {
        let mut keys = std::mem::take(&mut self.changed);
        keys.sort_unstable();
        keys.dedup();
        into.extend(keys.into_iter().map(|key| {
            let row = self.slots.get_mut(&key).map(|slot| {
                slot.changed = false;
                slot.row.clone().into_row()
            });
            (R::row_key(key), row)
        }));
    }
}
