//! The audit: every change, grant, refusal and end, in the order of its hash tree.

mod record;

use std::borrow::Cow;
use std::ops::Range;

use axum::Json as Answer;
use axum::extract::State;
use licensing::audit::{AuditEvent, AuditLeaf, AuditRecord};
use licensing::ledger::Ledger;
use serde::{Deserialize, Deserializer, Serialize};
use storage::checkpoint::{Gone, StateFile};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::Api;
use super::caller::Caller;
use super::extract::Query;
use super::page::Limit;
use super::problem::ApiError;
use super::retention::since;
use super::sorted::Order;
use super::text::{Handle, digits, read_text};
use super::time::Timestamp;
use record::Record;

pub(super) use record::{EventKind, actor_text};

/// Records of the audit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditPage {
    /// The records, in their order.
    items: Vec<Record>,
    /// What to send as `after` for the next page of a list that goes forward; `null` at the end.
    next_after: Option<u64>,
    /// What to send as `before` for the next page of a list that goes back; `null` at the beginning.
    next_before: Option<u64>,
    /// The hashes that stand for records which were dropped, between the items and before the first: for an offline check.
    /// Only where every record is asked for, the oldest first.
    hashes: Vec<Subtree>,
    /// Since when sessions that ended are on record, and refusals and sign-ins: those before are dropped. `null` if none were.
    kept_from: Option<Timestamp>,
    /// How many records there are, those that were dropped counted.
    size: u64,
    /// The root of their RFC 6962 tree, in hexadecimal.
    root: String,
}

/// The hash of a complete subtree of the RFC 6962 tree, whose records were dropped.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Subtree {
    /// The place of its first record.
    index: u64,
    /// How many records it stands for: a power of two.
    leaves: u64,
    /// The hash, in hexadecimal.
    hash: String,
}

impl Subtree {
    fn of(gone: &Gone) -> Self {
        Self {
            index: gone.first,
            leaves: gone.end() - gone.first,
            hash: gone.hash.to_string(),
        }
    }
}

/// Which records to show.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// How many records a page has.
    #[serde(default)]
    limit: Limit,
    /// The `index` after which to go on; left out, from the beginning.
    #[param(value_type = Option<After>)]
    after: Option<After>,
    /// The `index` before which to go on; left out, from the end.
    #[param(value_type = Option<After>)]
    before: Option<After>,
    /// Whether the oldest or the newest come first.
    #[serde(default)]
    order: Order,
    /// Only what happened in this way.
    event: Option<EventKind>,
    /// Only of this command, such as `create_license`.
    command: Option<Handle>,
    /// Only what this one asked for: the id of a person or a token, `client` or `system`.
    actor: Option<Handle>,
    /// Only what is about the one with this id: a license, a session, a holder, or what was changed.
    about: Option<Handle>,
    /// Only what happened at this time or later.
    #[param(value_type = Option<Timestamp>)]
    from: Option<Timestamp>,
    /// Only what happened before this time.
    #[param(value_type = Option<Timestamp>)]
    to: Option<Timestamp>,
}

impl AuditQuery {
    /// Whether every record is asked for.
    fn is_all(&self) -> bool {
        self.event.is_none()
            && self.command.is_none()
            && self.actor.is_none()
            && self.about.is_none()
            && self.from.is_none()
            && self.to.is_none()
    }

    fn is_about(&self, record: &Record) -> bool {
        let mut ids = [&record.subject, &record.license, &record.holder].into_iter().flatten();
        self.about.as_deref().is_none_or(|wanted| ids.any(|id| *id == *wanted))
    }
}

/// The index of a record after which to go on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct After(u64);

/// Records that are read at once.
const CHUNK: usize = 1_000;

/// Hashes of one page. Between two records there are at most some sixty.
const HASHES_MAX: usize = 20_000;

/// Records that one call looks at.
const LOOKED_AT_MAX: usize = 10_000;

/// The largest that there may be: what a signed number of 64 bits holds, as the document says.
const AFTER_MAX: u64 = i64::MAX.unsigned_abs();

impl<'de> Deserialize<'de> for After {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| {
            digits(text)
                .filter(|index| *index <= AFTER_MAX)
                .map(Self)
                .ok_or("expected the index of a record: a whole number")
        })
    }
}

impl PartialSchema for After {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(0))
            .into()
    }
}

impl ToSchema for After {
    fn name() -> Cow<'static, str> {
        "RecordIndex".into()
    }
}

/// Show the audit. A record appears about a second after its command. A node that was brought up by a snapshot begins
/// with the first record that it has, and what is kept for a time only is gone after it. A page of what is rare may have
/// fewer records than asked for, or none, and yet say where to go on: a call looks at a bounded number of them. `size`
/// and `root` are the ledger's own: they may count records that have yet to appear.
#[utoipa::path(
    get, path = "/audit", tag = "audit", params(AuditQuery), security(("api_token" = [])),
    responses((status = 200, description = "A page of records.", body = AuditPage)),
)]
pub(super) async fn list_audit(
    State(api): State<Api>,
    _: Caller,
    Query(query): Query<AuditQuery>,
) -> Result<Answer<AuditPage>, ApiError> {
    let history = api.cluster().history();
    let mut range = query.after.map_or(0, |After(index)| index.saturating_add(1))..u64::MAX;
    range.end = query.before.map_or(range.end, |After(index)| index);
    if let Some(Timestamp(from)) = query.from {
        range.start = range
            .start
            .max(history.audit_index_at(from).await.map_err(ApiError::internal)?);
    }
    if let Some(Timestamp(to)) = query.to {
        range.end = range
            .end
            .min(history.audit_index_at(to).await.map_err(ApiError::internal)?);
    }
    let first = range.start;
    let found = match query.order {
        Order::Asc => forward(history, range, &query).await?,
        Order::Desc => {
            range.end = range.end.min(api.cluster().ledger(Ledger::audit_size));
            back(history, range, &query).await?
        }
    };
    let mut hashes = Vec::new();
    if query.order == Order::Asc && query.is_all() {
        let end = found.next.map_or(u64::MAX, |last| last + 1);
        let gone = history
            .audit_gone(first..end, HASHES_MAX)
            .await
            .map_err(ApiError::internal)?;
        hashes.extend(gone.iter().map(Subtree::of));
    }
    let (size, root, kept_from) = api.cluster().ledger(|ledger: &Ledger| {
        let kept_from = since(ledger.kept_from().sessions);
        (ledger.audit_size(), ledger.audit_root().to_string(), kept_from)
    });
    Ok(Answer(AuditPage {
        items: found.items,
        next_after: found.next.filter(|_| query.order == Order::Asc),
        next_before: found.next.filter(|_| query.order == Order::Desc),
        hashes,
        kept_from,
        size,
        root,
    }))
}

/// Records that were found, and the index of the last that was looked at if there may be more.
struct Found {
    items: Vec<Record>,
    next: Option<u64>,
}

/// The record if it is asked for. Most are not, and are put into words for nobody.
fn asked_for(record: &AuditRecord, query: &AuditQuery) -> Result<Option<Record>, ApiError> {
    let AuditLeaf::V1(leaf) = AuditLeaf::decode(&record.leaf).map_err(ApiError::internal)?;
    let (event, command) = match &leaf.event {
        AuditEvent::Granted { .. } => (EventKind::Granted, None),
        AuditEvent::Ended { .. } => (EventKind::Ended, None),
        AuditEvent::Changed { command } => (EventKind::Changed, Some(command.name())),
        AuditEvent::Refused { command, .. } => (EventKind::Refused, Some(&**command)),
        AuditEvent::Identified { .. } => (EventKind::Identified, None),
        AuditEvent::Dropped { .. } => (EventKind::Dropped, None),
        AuditEvent::Linked { .. } => (EventKind::Linked, None),
    };
    let wanted = query.command.as_deref();
    if query.event.is_some_and(|wanted| wanted != event) || wanted.is_some_and(|wanted| command != Some(wanted)) {
        return Ok(None);
    }
    if query
        .actor
        .as_deref()
        .is_some_and(|actor| actor_text(leaf.actor) != actor)
    {
        return Ok(None);
    }
    let record = Record::of(record, leaf);
    Ok(query.is_about(&record).then_some(record))
}

/// Goes from the range's start on.
async fn forward(history: &StateFile, range: Range<u64>, query: &AuditQuery) -> Result<Found, ApiError> {
    let (mut items, mut start, mut looked_at) = (Vec::new(), range.start, 0);
    while looked_at < LOOKED_AT_MAX {
        let records = history.audit(start..range.end, CHUNK).await;
        let records = records.map_err(ApiError::internal)?;
        let ends = records.len() < CHUNK;
        for record in records {
            looked_at += 1;
            start = record.index + 1;
            if let Some(item) = asked_for(&record, query)? {
                items.push(item);
                if items.len() == query.limit.get() {
                    return Ok(Found {
                        items,
                        next: Some(start - 1),
                    });
                }
            }
        }
        if ends {
            return Ok(Found { items, next: None });
        }
    }
    let next = start.checked_sub(1);
    Ok(Found { items, next })
}

/// Goes from the range's end back.
async fn back(history: &StateFile, range: Range<u64>, query: &AuditQuery) -> Result<Found, ApiError> {
    let (mut items, mut end, mut looked_at) = (Vec::new(), range.end, 0);
    while looked_at < LOOKED_AT_MAX {
        let records = history.audit_back(range.start..end, CHUNK).await;
        let records = records.map_err(ApiError::internal)?;
        let ends = records.len() < CHUNK;
        for record in records {
            looked_at += 1;
            end = record.index;
            if let Some(item) = asked_for(&record, query)? {
                items.push(item);
                if items.len() == query.limit.get() {
                    let next = Some(end).filter(|end| *end > range.start);
                    return Ok(Found { items, next });
                }
            }
        }
        if ends {
            return Ok(Found { items, next: None });
        }
    }
    let next = Some(end).filter(|end| *end > range.start);
    Ok(Found { items, next })
}
