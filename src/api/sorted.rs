//! Lists in an order that is asked for: every row is looked at, a bounded number under one lock, and the first of those
//! that match are kept. A page therefore costs the same wherever it begins, and no order needs an index of its own.

use std::cmp::Ordering;
use std::fmt::{Display, Write as _};
use std::str::FromStr;

use axum::Json as Answer;
use icu_normalizer::properties::{CanonicalDecompositionBorrowed, Decomposed};
use licensing::ledger::Ledger;
use licensing::time::At;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::page::{Limit, Listed, Page, ROWS_PER_LOCK, read_cursor};
use super::problem::ApiError;

/// How much of a text is compared. What is longer is told apart by the ids.
const KEY_BYTES_MAX: usize = 64;

/// Which way a list goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// From the least to the greatest, from the oldest to the newest.
    #[default]
    Asc,
    /// The other way round.
    Desc,
}

impl Order {
    fn compare<K: Ord>(self, one: &K, other: &K) -> Ordering {
        match self {
            Self::Asc => one.cmp(other),
            Self::Desc => other.cmp(one),
        }
    }
}

/// What a row is sorted by: bytes that are in the order of what they stand for. They lie in the key itself, with zeros
/// behind them, since one is made for each row of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SortKey {
    bytes: [u8; KEY_BYTES_MAX],
    len: usize,
}

impl SortKey {
    /// The first of these bytes, as many as are compared.
    fn of(bytes: &[u8]) -> Self {
        let len = bytes.len().min(KEY_BYTES_MAX);
        let mut key = Self {
            bytes: [0; KEY_BYTES_MAX],
            len,
        };
        key.bytes[..len].copy_from_slice(&bytes[..len]);
        key
    }

    /// A text, whatever its case and its marks: `École` is beside `ecole`, and those two in the order of themselves.
    pub(crate) fn text(text: &str) -> Self {
        if text.is_ascii() {
            let mut key = Self::of(text.as_bytes());
            key.bytes.make_ascii_lowercase();
            return key;
        }
        let mut key = Self::of(&[]);
        let mut has_room = push_bare(text, |character| key.push(character)) && key.push('\0');
        for character in text.chars() {
            if !has_room {
                break;
            }
            has_room = push_lower(character, &mut |character| key.push(character));
        }
        key
    }

    /// Adds a character, or as many of its bytes as there is room for; whether there is room for more.
    fn push(&mut self, character: char) -> bool {
        let mut bytes = [0; 4];
        for byte in character.encode_utf8(&mut bytes).bytes() {
            if self.len == KEY_BYTES_MAX {
                return false;
            }
            self.bytes[self.len] = byte;
            self.len += 1;
        }
        self.len < KEY_BYTES_MAX
    }

    /// A number.
    pub(crate) fn number(number: impl Into<u64>) -> Self {
        Self::of(&number.into().to_be_bytes())
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// An end, after which comes what has none.
    pub(crate) fn end(end: Option<At>) -> Self {
        Self::number(end.map_or(u64::MAX, At::ms))
    }
}

/// A text in lower case, without the marks that its letters bear.
pub(crate) fn folded(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    push_bare(text, |character| {
        bare.push(character);
        true
    });
    bare
}

/// The same, given away one by one for as long as there is room; whether there was. Each letter is looked at by itself: a
/// list of ten thousand names is sorted so for each of its pages.
fn push_bare(text: &str, mut push: impl FnMut(char) -> bool) -> bool {
    let mut letters = text.chars().filter(|character| !is_mark(*character));
    letters.all(|letter| push_lower(unmarked(letter), &mut push))
}

fn push_lower(character: char, push: &mut impl FnMut(char) -> bool) -> bool {
    if character.is_ascii() {
        return push(character.to_ascii_lowercase());
    }
    character.to_lowercase().all(push)
}

const DECOMPOSITION: CanonicalDecompositionBorrowed<'static> = CanonicalDecompositionBorrowed::new();

/// A letter without its marks.
fn unmarked(mut letter: char) -> char {
    while !letter.is_ascii() {
        letter = match DECOMPOSITION.decompose(letter) {
            Decomposed::Singleton(same) => same,
            Decomposed::Expansion(base, mark) if is_mark(mark) => base,
            Decomposed::Expansion(..) | Decomposed::Default => break,
        };
    }
    letter
}

fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}')
}

/// Where a page of a sorted list ends.
pub(crate) type Place<K> = (SortKey, K);

/// A place as a cursor: what was sorted by, in hexadecimal, and the row's id.
fn cursor_at<K: Display>((key, id): &Place<K>) -> String {
    let key = key.as_bytes();
    let mut cursor = String::with_capacity(2 * key.len() + 1);
    for byte in key {
        // Writing to a text cannot fail.
        let _ = write!(cursor, "{byte:02x}");
    }
    cursor + &format!(".{id}")
}

/// Reads such a cursor.
pub(crate) fn read_place<K>(text: &str, read: impl Fn(&str) -> Option<K>) -> Option<Place<K>> {
    let (hex, id) = text.split_once('.')?;
    let pairs = hex.as_bytes().chunks(2);
    let key: Option<Vec<u8>> = pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let key = key.filter(|key| key.len() <= KEY_BYTES_MAX && hex.len() % 2 == 0)?;
    Some((SortKey::of(&key), read(id)?))
}

/// Reads the cursor of a sorted list of ids. One that a list in id order gave has no place in this one.
pub(crate) fn read_place_cursor<K: FromStr>(cursor: Option<&str>) -> Result<Option<Place<K>>, ApiError> {
    read_cursor(cursor, |text| read_place(text, |id| id.parse().ok()))
}

/// The first rows after a place.
struct Best<K> {
    wanted: usize,
    order: Order,
    after: Option<Place<K>>,
    found: Vec<Place<K>>,
    /// The last of those that are wanted, once there are as many.
    bound: Option<Place<K>>,
    total: u64,
}

impl<K: Copy + Ord> Best<K> {
    fn offer(&mut self, place: Place<K>) {
        self.total += 1;
        let comes_after = |other: &Place<K>| self.order.compare(&place, other) == Ordering::Greater;
        if self.after.as_ref().is_none_or(comes_after) && !self.bound.as_ref().is_some_and(comes_after) {
            self.found.push(place);
        }
        if self.found.len() >= 2 * self.wanted {
            self.settle();
        }
    }

    fn settle(&mut self) {
        let order = self.order;
        self.found.sort_unstable_by(|one, other| order.compare(one, other));
        self.found.truncate(self.wanted);
        if self.found.len() == self.wanted {
            self.bound = self.found.last().copied();
        }
    }
}

/// A page of rows in an order, with the number of all that match. `key` is what a row is sorted by, or `None` if it is
/// not asked for; `show` makes of it what is shown.
pub(crate) async fn sorted<R: Listed, T>(
    api: &Api,
    limit: Limit,
    order: Order,
    after: Option<Place<R::Id>>,
    mut key: impl FnMut(&Ledger, &R) -> Option<SortKey>,
    show: impl Fn(&Ledger, &R) -> Option<T>,
) -> Result<Answer<Page<T>>, ApiError> {
    let look = |ledger: &Ledger, last| {
        let rows: Vec<&R> = R::after(ledger, last).take(ROWS_PER_LOCK).collect();
        for row in &rows {
            row.fetch();
        }
        let keyed = rows.into_iter().map(|row| (row.id(), key(ledger, row)));
        keyed.collect()
    };
    let row = |ledger: &Ledger, id| R::find(ledger, id).and_then(|row| show(ledger, row));
    sorted_by(api, limit, order, after, look, row).await
}

/// The same of rows that are no list of their own. `look` gives the ids of the next rows after one, at most
/// [`ROWS_PER_LOCK`], each with what it is sorted by; `show` makes of an id what is shown.
pub(crate) async fn sorted_by<K: Copy + Ord + Display, T>(
    api: &Api,
    limit: Limit,
    order: Order,
    after: Option<Place<K>>,
    mut look: impl FnMut(&Ledger, Option<K>) -> Vec<(K, Option<SortKey>)>,
    show: impl Fn(&Ledger, K) -> Option<T>,
) -> Result<Answer<Page<T>>, ApiError> {
    let mut best = Best {
        // One more than asked for tells whether there is a next page.
        wanted: limit.get() + 1,
        order,
        after,
        found: Vec::new(),
        bound: None,
        total: 0,
    };
    let mut last = None;
    loop {
        let more = api.cluster().ledger(|ledger| {
            let rows = look(ledger, last);
            for (id, key) in &rows {
                if let Some(key) = key {
                    best.offer((*key, *id));
                }
            }
            last = rows.last().map(|(id, _)| *id).or(last);
            rows.len() == ROWS_PER_LOCK
        });
        if !more {
            break;
        }
        tokio::task::yield_now().await;
    }
    best.settle();
    let more = best.found.len() > limit.get();
    best.found.truncate(limit.get());
    let items = api
        .cluster()
        .ledger(|ledger| best.found.iter().filter_map(|(_, id)| show(ledger, *id)).collect());
    Ok(Answer(Page {
        items,
        next_cursor: best.found.last().filter(|_| more).map(cursor_at),
        total: Some(best.total),
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    /// Every page of a list of these keys, as ids.
    fn pages(keys: &[u64], order: Order, limit: usize) -> Vec<Vec<usize>> {
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let mut best = Best {
                wanted: limit + 1,
                order,
                after: after.take(),
                found: Vec::new(),
                bound: None,
                total: 0,
            };
            for (id, key) in keys.iter().enumerate() {
                best.offer((SortKey::number(*key), id));
            }
            best.settle();
            let more = best.found.len() > limit;
            best.found.truncate(limit);
            pages.push(best.found.iter().map(|(_, id)| *id).collect());
            after = best.found.last().copied();
            if !more {
                return pages;
            }
        }
    }

    #[test]
    fn pages_go_through_everything_in_order_and_equals_by_their_ids() {
        let keys = [5, 1, 9, 5, 0, 5, 7];
        assert_eq!(pages(&keys, Order::Asc, 3), [vec![4, 1, 0], vec![3, 5, 6], vec![2]]);
        assert_eq!(pages(&keys, Order::Desc, 3), [vec![2, 6, 5], vec![3, 0, 1], vec![4]]);
        assert_eq!(pages(&keys, Order::Asc, 7).len(), 1);
        assert_eq!(pages(&[], Order::Desc, 3), [Vec::<usize>::new()]);
    }

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let place = (SortKey::text("Ärzte & Co"), 17_u64);
        let text = cursor_at(&place);
        let read = |text: &str| read_place(text, |id| id.parse::<u64>().ok());
        assert_eq!(read(&text), Some(place));
        assert_eq!(read(".17"), Some((SortKey::of(&[]), 17)));
        assert_eq!(read(&format!("{}.17", "61".repeat(KEY_BYTES_MAX + 1))), None);
        assert_eq!(
            (read("a.17"), read("zz.17"), read("aa17"), read("aa.x")),
            (None, None, None, None)
        );
    }

    #[test]
    fn letters_with_marks_are_beside_those_without() {
        let mut names = [
            "Zoo",
            "Élan",
            "fuji",
            "École",
            "apple",
            "E\u{301}cole B",
            "Ecole",
            "Ecole A",
        ];
        names.sort_by_cached_key(|name| SortKey::text(name));
        assert_eq!(
            names,
            [
                "apple",
                "Ecole",
                "École",
                "Ecole A",
                "E\u{301}cole B",
                "Élan",
                "fuji",
                "Zoo"
            ]
        );
        assert_eq!(
            (folded("Ế ǅ İ가"), folded("\u{212b}")),
            ("e ǆ i가".to_owned(), "a".to_owned())
        );
        let long = "é".repeat(KEY_BYTES_MAX);
        assert_eq!(SortKey::text(&long).as_bytes(), "e".repeat(KEY_BYTES_MAX).as_bytes());
        // What fits in part is in its order all the same.
        let wide = |last: &str| SortKey::text(&("x".repeat(KEY_BYTES_MAX - 2) + last));
        assert!(wide("a") < wide("日"));
        // Two that are folded to one text are told apart, also where one page ends between them.
        assert!(SortKey::text("Ecole") < SortKey::text("École"));
    }

    #[test]
    fn texts_sort_whatever_their_case_and_numbers_by_their_size() {
        assert!(SortKey::text("alpha") < SortKey::text("Beta"));
        assert!(SortKey::text("alpha") < SortKey::text("alphabet"));
        assert_eq!(SortKey::text("ALPHA"), SortKey::text("alpha"));
        assert_eq!(SortKey::text("ÄRZTE"), SortKey::text("ärzte"));
        assert!(SortKey::number(9_u32) < SortKey::number(10_u32));
        assert!(SortKey::end(Some(At::from_ms(5))) < SortKey::end(None));
    }
}
