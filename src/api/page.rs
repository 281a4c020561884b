//! Lists in pages: so many items, and a cursor to go on from.

use std::fmt::Display;
use std::ops::ControlFlow;
use std::str::FromStr;

use axum::Json as Answer;
use licensing::catalogue::{Customer, License, Plan, Product};
use licensing::cluster::{ApiToken, JoinToken};
use licensing::id::{ApiTokenId, CustomerId, JoinTokenId, LicenseId, PersonId, PlanId, ProductId, SessionNo};
use licensing::ledger::Ledger;
use licensing::person::Person;
use licensing::session::Session;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::Api;
use super::id::Id;
use super::problem::ApiError;
use super::text::{digits, read_text};
use super::time::Timestamp;

/// Rows that are looked at under one lock of the ledger, so that a rare filter holds up no command.
pub(super) const ROWS_PER_LOCK: usize = 2_000;

/// Rows that one call looks at. A page of a rare filter ends early there and says where to go on.
const ROWS_PER_CALL: usize = 200_000;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items, in the list's own order.
    pub items: Vec<T>,
    /// What to send as `cursor` for the next page; `null` on the last.
    pub next_cursor: Option<String>,
    /// How many there are in all, where the list was asked for in an order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// A page of a list of what is over, some of which may be dropped by now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PastPage<T> {
    /// The items, in the list's own order.
    pub items: Vec<T>,
    /// What to send as `cursor` for the next page; `null` on the last.
    pub next_cursor: Option<String>,
    /// Since when there is any: what was before is dropped, and nothing is said of it here. `null` if nothing was dropped.
    pub kept_from: Option<Timestamp>,
}

/// How many items a page has, 1 to 200.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit(usize);

/// The most items of a page.
const LIMIT_MAX: usize = 200;

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl Limit {
    /// How many items.
    pub(crate) fn get(self) -> usize {
        self.0
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| {
            digits(text)
                .filter(|limit| (1..=LIMIT_MAX).contains(limit))
                .map(Self)
                .ok_or("expected a whole number of 1 to 200")
        })
    }
}

impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(LIMIT_MAX))
            .default(Some(Self::default().0.into()))
            .into()
    }
}

impl ToSchema for Limit {
    fn name() -> std::borrow::Cow<'static, str> {
        "Limit".into()
    }
}

/// A page that is being filled.
#[derive(Debug)]
pub(crate) struct Filling<K, T> {
    wanted: usize,
    looked_at: usize,
    items: Vec<(K, T)>,
    last: Option<K>,
    stopped: bool,
}

impl<K: Copy, T> Filling<K, T> {
    /// Takes the next row of the list; `item` is `None` if the row does not match. `Break` asks to stop looking.
    pub(crate) fn look_at(&mut self, key: K, item: Option<T>) -> ControlFlow<()> {
        self.looked_at += 1;
        self.last = Some(key);
        self.items.extend(item.map(|item| (key, item)));
        self.stopped = self.items.len() == self.wanted || self.looked_at == ROWS_PER_LOCK;
        if self.stopped {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// A row of the ledger that is listed in the order of its ids.
pub(crate) trait Listed: Sized + 'static {
    /// What it is found by.
    type Id: Copy + Ord + Display;

    /// Its id.
    fn id(&self) -> Self::Id;

    /// The row of an id.
    fn find(ledger: &Ledger, id: Self::Id) -> Option<&Self>;

    /// The rows after one.
    fn after(ledger: &Ledger, after: Option<Self::Id>) -> impl Iterator<Item = &Self>;

    /// Reads what of it lies elsewhere in memory, for each row at another place. Done for many rows one after another and
    /// with nothing between, many such reads are on their way at once, where else each is waited for.
    fn fetch(&self) {}
}

macro_rules! listed {
    ($($row:ty: $id:ty, $find:ident, $rows:ident;)+) => {$(
        impl Listed for $row {
            type Id = $id;

            fn id(&self) -> $id {
                self.id
            }

            fn find(ledger: &Ledger, id: $id) -> Option<&Self> {
                ledger.$find(id)
            }

            fn after(ledger: &Ledger, after: Option<$id>) -> impl Iterator<Item = &Self> {
                ledger.$rows(after)
            }
        }
    )+};
}

listed! {
    Product: ProductId, product, products;
    Plan: PlanId, plan, plans;
    Customer: CustomerId, customer, customers;
    License: LicenseId, license, licenses;
    Person: PersonId, person, people;
    ApiToken: ApiTokenId, api_token, api_tokens;
    JoinToken: JoinTokenId, join_token, join_tokens;
}

impl Listed for Session {
    type Id = SessionNo;

    fn id(&self) -> SessionNo {
        self.no
    }

    fn find(ledger: &Ledger, no: SessionNo) -> Option<&Self> {
        ledger.session(no)
    }

    fn after(ledger: &Ledger, after: Option<SessionNo>) -> impl Iterator<Item = &Self> {
        ledger.sessions(after)
    }

    fn fetch(&self) {
        let host = self.client.as_ref().and_then(|client| client.hostname.as_deref());
        std::hint::black_box(host.and_then(|host| host.as_bytes().first().copied()));
    }
}

/// A page of rows in id order. `show` makes of a row what is shown of it, or `None` if it is not asked for.
pub(crate) async fn list<R: Listed, T>(
    api: &Api,
    limit: Limit,
    cursor: Option<Id<R::Id>>,
    show: impl Fn(&Ledger, &R) -> Option<T>,
) -> Result<Answer<Page<T>>, ApiError> {
    let after = cursor.map(|Id(id)| id);
    let page = fill(
        api,
        limit,
        after,
        |id| id.to_string(),
        |ledger, after, filling| {
            let _ = R::after(ledger, after).try_for_each(|row| filling.look_at(row.id(), show(ledger, row)));
        },
    );
    page.await.map(Answer)
}

/// Fills a page with rows after `after`. `look` shows the ledger's rows after a key to [`Filling::look_at`], in order.
/// What was acknowledged before the call is here, since its caller was looked up as of then.
pub(crate) async fn fill<K: Copy, T>(
    api: &Api,
    limit: Limit,
    after: Option<K>,
    cursor: impl Fn(K) -> String,
    mut look: impl FnMut(&Ledger, Option<K>, &mut Filling<K, T>),
) -> Result<Page<T>, ApiError> {
    // One more than asked for tells whether there is a next page.
    let mut filling = Filling {
        wanted: limit.0 + 1,
        looked_at: 0,
        items: Vec::new(),
        last: after,
        stopped: true,
    };
    let mut looked_at = 0;
    while filling.stopped && filling.items.len() < filling.wanted && looked_at < ROWS_PER_CALL {
        (filling.stopped, filling.looked_at) = (false, 0);
        let after = filling.last;
        api.cluster().ledger(|ledger| look(ledger, after, &mut filling));
        looked_at += filling.looked_at;
        tokio::task::yield_now().await;
    }
    let more = filling.items.len() > limit.0;
    filling.items.truncate(limit.0);
    let next = match filling.items.last() {
        Some((key, _)) if more => Some(*key),
        _ => filling.last.filter(|_| filling.stopped),
    };
    Ok(Page {
        items: filling.items.into_iter().map(|(_, item)| item).collect(),
        next_cursor: next.map(cursor),
        total: None,
    })
}

/// Reads a cursor that a list gave.
pub(super) fn read_cursor<K>(cursor: Option<&str>, read: impl Fn(&str) -> Option<K>) -> Result<Option<K>, ApiError> {
    let problem = || ApiError::field("cursor", "not a cursor of this list; begin again without one");
    cursor.map(|text| read(text).ok_or_else(problem)).transpose()
}

/// Reads the id at the end of a cursor. One that a sorted list gave begins with what was sorted by, which a list in id
/// order does not need.
pub(super) fn read_id<K: FromStr>(cursor: &str) -> Option<Id<K>> {
    let id = cursor.rsplit('.').next()?;
    id.parse().ok().map(Id)
}

/// Whether `text` contains `part`, in any case. Most texts are plain, and a hundred thousand of them are looked through
/// without a copy of any.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    if part.is_empty() {
        return true;
    }
    if text.is_ascii() && part.is_ascii() {
        let (text, part) = (text.as_bytes(), part.as_bytes());
        let first = part[0].to_ascii_lowercase();
        // Looked at one by one: few places begin rightly.
        return (0..=text.len().saturating_sub(part.len())).any(|at| {
            let rest = text.get(at..at + part.len());
            text.get(at).is_some_and(|byte| byte.to_ascii_lowercase() == first)
                && rest.is_some_and(|rest| rest.eq_ignore_ascii_case(part))
        });
    }
    text.to_lowercase().contains(&part.to_lowercase())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn a_filling_page_stops_when_it_is_full_or_has_looked_long_enough() {
        let mut filling = Filling {
            wanted: 2,
            looked_at: 0,
            items: Vec::new(),
            last: None,
            stopped: false,
        };
        assert_eq!(filling.look_at(1, Some("a")), ControlFlow::Continue(()));
        assert_eq!(filling.look_at(2, Some("b")), ControlFlow::Break(()));
        let mut filling: Filling<usize, &str> = Filling {
            wanted: 2,
            looked_at: 0,
            items: Vec::new(),
            last: None,
            stopped: false,
        };
        let looked = (1..=2 * ROWS_PER_LOCK)
            .find(|row| filling.look_at(*row, None).is_break())
            .unwrap();
        assert_eq!((looked, filling.last), (ROWS_PER_LOCK, Some(ROWS_PER_LOCK)));
    }

    #[test]
    fn texts_are_found_in_any_case() {
        assert!(contains("Ada-Laptop.local", "LAPTOP") && contains("École des Ponts", "éCOLE"));
        assert!(contains("x", "") && !contains("x", "xx") && !contains("Ecole", "école"));
    }

    #[test]
    fn a_limit_is_1_to_200() {
        let read = |limit: &str| serde_json::from_value::<Limit>(limit.into()).is_ok();
        assert!(read("1") && read("200") && !read("0") && !read("201") && !read("+5"));
    }
}
