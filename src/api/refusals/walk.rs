//! From the newest refusal backward, retries folded as they are met.

use std::collections::BTreeMap;
use std::ops::Range;

use licensing::audit::Topic;
use licensing::time::At;
use licensing::usage::Refusal as Reason;
use storage::checkpoint::{Order, StateFile};

use super::{Refused, Who};
use crate::analytics::fold::{RETRY_WITHIN, is_retry};
use crate::api::problem::ApiError;
use crate::api::recall::decode;

/// The most records that one call looks at, in either direction.
const LOOKED_MAX: usize = 10_000;

/// Records that are read at once.
const READ_AT_ONCE: usize = 500;

/// A refusal with its retries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// The latest of them.
    pub(super) last: Refused,
    /// When the first was.
    pub(super) first_at: At,
    /// How many there are.
    pub(super) tries: u64,
}

impl Row {
    fn of(last: Refused) -> Self {
        let first_at = last.at;
        Self {
            last,
            first_at,
            tries: 1,
        }
    }
}

/// Some rows, and the index before which to go on.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) rows: Vec<Row>,
    pub(super) next: Option<u64>,
}

/// Folds refusals that come from the newest on. A row stands where its latest refusal is.
#[derive(Debug)]
struct Folding {
    wanted: usize,
    reason: Option<Reason>,
    /// When those who were met were refused next.
    later: BTreeMap<Who, At>,
    rows: Vec<Row>,
    /// Where the row of each lies, of those that retries may still belong to.
    open: BTreeMap<Who, usize>,
    /// The index of the first refusal that no row has room for.
    over: Option<u64>,
}

impl Folding {
    /// Takes the next refusal, which is earlier than all before.
    fn take(&mut self, refused: Refused) {
        if self
            .reason
            .is_some_and(|reason| Reason::of(&refused.rejection) != reason)
        {
            return;
        }
        let who = refused.who();
        let later = self.later.insert(who.clone(), refused.at);
        if later.is_some_and(|later| is_retry(refused.at, later)) {
            // One without a row here belongs to a row of the page before, or to one there is no room for.
            if let Some(place) = self.open.get(&who) {
                let row = &mut self.rows[*place];
                row.first_at = refused.at;
                row.tries += 1;
            }
            return;
        }
        self.open.remove(&who);
        if self.rows.len() < self.wanted {
            self.open.insert(who, self.rows.len());
            self.rows.push(Row::of(refused));
        } else {
            self.over.get_or_insert(refused.index);
        }
    }

    /// Whether the page is full and a refusal at `at` can be a retry of none of its rows.
    fn is_done(&self, at: At) -> bool {
        let is_open = |place: &usize| is_retry(at, self.rows[*place].first_at);
        self.over.is_some() && !self.open.values().any(is_open)
    }
}

/// The rows whose latest refusal lies in a range of indexes, the latest first, at most `wanted` of them.
pub(super) async fn rows(
    file: &StateFile,
    topics: Vec<Topic>,
    range: Range<u64>,
    reason: Option<Reason>,
    wanted: usize,
) -> Result<Found, ApiError> {
    let mut folding = Folding {
        wanted,
        reason,
        later: BTreeMap::new(),
        rows: Vec::new(),
        open: BTreeMap::new(),
        over: None,
    };
    let mut rest = range;
    let (mut looked, mut is_first) = (0, true);
    loop {
        let part = read(file, &topics, rest.clone(), Order::NewestFirst).await?;
        if let (true, Some(newest)) = (is_first, part.first()) {
            folding.later = later(file, &topics, newest).await?;
        }
        is_first = false;
        let is_last = part.len() < READ_AT_ONCE;
        for refused in part {
            (rest.end, looked) = (refused.index, looked + 1);
            if folding.is_done(refused.at) {
                return Ok(folding.found(None));
            }
            folding.take(refused);
        }
        if is_last {
            return Ok(folding.found(None));
        }
        if looked >= LOOKED_MAX {
            return Ok(folding.found(Some(rest.end)));
        }
        tokio::task::yield_now().await;
    }
}

impl Folding {
    /// What was found; `stopped` is where the look ended before there was nothing more to look at.
    fn found(self, stopped: Option<u64>) -> Found {
        // The next page begins with the refusal that had no room.
        let over = self.over.map(|index| index + 1);
        Found {
            rows: self.rows,
            next: over.or(stopped),
        }
    }
}

/// When those were refused next that were refused up to ten minutes after a refusal, and in or before it.
async fn later(file: &StateFile, topics: &[Topic], newest: &Refused) -> Result<BTreeMap<Who, At>, ApiError> {
    let mut found = BTreeMap::new();
    let mut rest = newest.index + 1..i64::MAX.unsigned_abs();
    let end = newest.at.after(RETRY_WITHIN);
    for _ in 0..LOOKED_MAX / READ_AT_ONCE {
        let part = read(file, topics, rest.clone(), Order::OldestFirst).await?;
        let is_last = part.len() < READ_AT_ONCE;
        for refused in part {
            if refused.at > end {
                return Ok(found);
            }
            rest.start = refused.index + 1;
            found.entry(refused.who()).or_insert(refused.at);
        }
        if is_last {
            break;
        }
    }
    Ok(found)
}

/// The row that a refusal belongs to.
pub(super) async fn around(file: &StateFile, refused: &Refused) -> Result<Row, ApiError> {
    let topics = [Topic::RefusalsOf(refused.license)];
    let mut row = Row::of(refused.clone());
    for order in [Order::OldestFirst, Order::NewestFirst] {
        let mut rest = match order {
            Order::OldestFirst => refused.index + 1..i64::MAX.unsigned_abs(),
            Order::NewestFirst => 0..refused.index,
        };
        let mut edge = refused.at;
        'looking: for _ in 0..LOOKED_MAX / READ_AT_ONCE {
            let part = read(file, &topics, rest.clone(), order).await?;
            let is_last = part.len() < READ_AT_ONCE;
            for other in part {
                match order {
                    Order::OldestFirst => rest.start = other.index + 1,
                    Order::NewestFirst => rest.end = other.index,
                }
                if !is_retry(edge.min(other.at), edge.max(other.at)) {
                    break 'looking;
                }
                if other.who() == refused.who() {
                    edge = other.at;
                    row.tries += 1;
                    match order {
                        Order::OldestFirst => row.last = other,
                        Order::NewestFirst => row.first_at = other.at,
                    }
                }
            }
            if is_last {
                break;
            }
        }
    }
    Ok(row)
}

pub(super) async fn read(
    file: &StateFile,
    topics: &[Topic],
    range: Range<u64>,
    order: Order,
) -> Result<Vec<Refused>, ApiError> {
    let found = file.audit_about(topics.to_vec(), range, order, READ_AT_ONCE).await;
    let mut refused = Vec::new();
    for record in found.map_err(ApiError::internal)? {
        // Whatever is about refusals is one.
        refused.extend(Refused::of(record.index, decode(&record)?));
    }
    Ok(refused)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use licensing::id::{HolderKey, LicenseId};
    use licensing::outcome::Rejection;
    use licensing::time::Span;
    use proptest::prelude::*;

    use super::*;

    fn refused(index: u64, minute: u64, holder: u8, other_reason: bool) -> Refused {
        let retry_after = Span::from_secs(1);
        let (limit, in_use) = (1, 1);
        Refused {
            index,
            at: At::from_ms(minute * 60_000),
            license: LicenseId::from_bytes([1; 16]),
            holder: HolderKey::from_bytes([holder; 16]),
            rejection: if other_reason {
                Rejection::HolderLimitReached {
                    limit,
                    in_use,
                    retry_after,
                }
            } else {
                Rejection::SeatLimitReached {
                    limit,
                    in_use,
                    retry_after,
                }
            },
        }
    }

    /// Some refusals in their order, a few minutes apart.
    fn refusals() -> impl Strategy<Value = Vec<Refused>> {
        prop::collection::vec((0_u64..9, 0_u8..4, prop::bool::weighted(0.2)), 0..60).prop_map(|steps| {
            let mut minute = 100;
            let made = steps.into_iter().zip(0..).map(|((pause, holder, other), index)| {
                minute += pause;
                refused(index, minute, holder, other)
            });
            made.collect()
        })
    }

    /// The rows of all of them, folded from the oldest on.
    fn forward(all: &[Refused]) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for refused in all {
            let own = rows.iter_mut().rev().find(|row| row.last.who() == refused.who());
            match own {
                Some(row) if is_retry(row.last.at, refused.at) => {
                    row.last = refused.clone();
                    row.tries += 1;
                }
                _ => rows.push(Row::of(refused.clone())),
            }
        }
        rows.sort_by_key(|row| std::cmp::Reverse(row.last.index));
        rows
    }

    /// A page of what is before an index, as [`rows`] finds it.
    fn page(all: &[Refused], before: u64, wanted: usize) -> Found {
        let newest = all.iter().rfind(|refused| refused.index < before);
        let mut later = BTreeMap::new();
        for refused in all.iter().filter(|refused| refused.index >= before) {
            if newest.is_some_and(|newest| is_retry(newest.at, refused.at)) {
                later.entry(refused.who()).or_insert(refused.at);
            }
        }
        let mut folding = Folding {
            wanted,
            reason: None,
            later,
            rows: Vec::new(),
            open: BTreeMap::new(),
            over: None,
        };
        for refused in all.iter().rev().filter(|refused| refused.index < before) {
            if folding.is_done(refused.at) {
                break;
            }
            folding.take(refused.clone());
        }
        folding.found(None)
    }

    proptest! {
        #[test]
        fn the_pages_together_are_all_rows_whole_and_once(all in refusals(), wanted in 1_usize..6) {
            let (mut found, mut before) = (Vec::new(), u64::MAX);
            loop {
                let page = page(&all, before, wanted);
                prop_assert!(page.rows.len() <= wanted);
                found.extend(page.rows);
                match page.next {
                    Some(next) => {
                        prop_assert!(next < before);
                        before = next;
                    }
                    None => break,
                }
            }
            prop_assert_eq!(found, forward(&all));
        }
    }
}
