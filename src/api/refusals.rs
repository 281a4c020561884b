//! Acquires that were refused: the list, and why one of them was.
//!
//! A program that is refused asks again, so what one holder repeated within ten minutes is one row here.

mod explain;
mod link;
mod walk;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use axum::Json as Answer;
use axum::extract::State;
use licensing::audit::{AuditEvent, LeafV1, Topic};
use licensing::id::{CustomerId, HolderKey, LicenseId, decode_base32, encode_base32};
use licensing::ledger::Ledger;
use licensing::outcome::Rejection;
use licensing::time::At;
use licensing::usage::Refusal as Reason;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Caller;
use super::code::Code;
use super::customers::customer_id;
use super::extract::{InPath, Query};
use super::id::{self, Documented, Id};
use super::page::{Limit, Page, read_cursor};
use super::problem::ApiError;
use super::recall::{RECORDS_MAX, decode, held_at};
use super::resource::Shown;
use super::text::{Handle, digits};
use super::time::Timestamp;
use walk::Row;

pub(super) use link::explanation_url;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list_refusals))
        .routes(routes!(explain::explain_refusal))
        .routes(routes!(get_refusal))
}

/// The place of a refusal in the audit, as a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefusalNo(u64);

/// The name of a refusal.
pub(crate) type RefusalId = Id<RefusalNo>;

impl Documented for RefusalNo {
    const NAME: &'static str = "RefusalId";
    const PREFIX: &'static str = "ref";
    const BYTES: usize = 8;
}

impl fmt::Display for RefusalNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", Self::PREFIX, encode_base32(&self.0.to_be_bytes()))
    }
}

impl FromStr for RefusalNo {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = text.strip_prefix("ref_").and_then(decode_base32);
        bytes
            .map(|bytes| Self(u64::from_be_bytes(bytes)))
            .ok_or("expected ref_ followed by 13 characters of 0-9 a-z without i, l, o, u")
    }
}

/// Why an acquire was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefusalReason {
    /// Every seat was held.
    SeatLimitReached,
    /// Too many clients may still have been running on their offline grace.
    GhostLimitReached,
    /// The holder had as many sessions as it may have.
    HolderLimitReached,
    /// The license had ended.
    LicenseExpired,
    /// The license had not started.
    LicenseNotStarted,
    /// The license was on hold.
    LicenseSuspended,
    /// The license was ended for good.
    LicenseRevoked,
    /// The license's seats are assigned by name, and none was to who asked.
    SeatNotAssigned,
    /// Anything else: a late request, an ended session's request sent again.
    Other,
}

impl From<Reason> for RefusalReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::SeatLimit => Self::SeatLimitReached,
            Reason::GhostLimit => Self::GhostLimitReached,
            Reason::HolderLimit => Self::HolderLimitReached,
            Reason::LicenseExpired => Self::LicenseExpired,
            Reason::LicenseNotStarted => Self::LicenseNotStarted,
            Reason::LicenseSuspended => Self::LicenseSuspended,
            Reason::LicenseRevoked => Self::LicenseRevoked,
            Reason::NotAssigned => Self::SeatNotAssigned,
            Reason::Other => Self::Other,
        }
    }
}

impl From<RefusalReason> for Reason {
    fn from(reason: RefusalReason) -> Self {
        match reason {
            RefusalReason::SeatLimitReached => Self::SeatLimit,
            RefusalReason::GhostLimitReached => Self::GhostLimit,
            RefusalReason::HolderLimitReached => Self::HolderLimit,
            RefusalReason::LicenseExpired => Self::LicenseExpired,
            RefusalReason::LicenseNotStarted => Self::LicenseNotStarted,
            RefusalReason::LicenseSuspended => Self::LicenseSuspended,
            RefusalReason::LicenseRevoked => Self::LicenseRevoked,
            RefusalReason::SeatNotAssigned => Self::NotAssigned,
            RefusalReason::Other => Self::Other,
        }
    }
}

/// A refusal as the audit has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    index: u64,
    at: At,
    license: LicenseId,
    /// Who asked, if counted by fingerprint.
    holder: HolderKey,
    rejection: Rejection,
}

/// What retries have in common.
type Who = (LicenseId, HolderKey, Reason);

impl Refused {
    fn of(index: u64, leaf: LeafV1) -> Option<Self> {
        match leaf.event {
            AuditEvent::Refused {
                license: Some(license),
                holder: Some(holder),
                rejection,
                ..
            } => Some(Self {
                index,
                at: leaf.at,
                license,
                holder,
                rejection,
            }),
            _ => None,
        }
    }

    fn who(&self) -> Who {
        (self.license, self.holder, Reason::of(&self.rejection))
    }

    /// The limit that was reached and how much of it was in use, as the client was told.
    fn usage(&self) -> Option<(u32, u32)> {
        match self.rejection {
            Rejection::SeatLimitReached { limit, in_use, .. } | Rejection::HolderLimitReached { limit, in_use, .. } => {
                Some((limit, in_use))
            }
            Rejection::GhostLimitReached {
                limit, in_use, ghosts, ..
            } => Some((limit, in_use + ghosts)),
            _ => None,
        }
    }

    /// When the next seat could have been free without anybody giving one back.
    fn free_by(&self) -> Option<At> {
        match self.rejection {
            Rejection::SeatLimitReached { retry_after, .. }
            | Rejection::GhostLimitReached { retry_after, .. }
            | Rejection::HolderLimitReached { retry_after, .. } => Some(self.at.after(retry_after)),
            _ => None,
        }
    }
}

/// Acquires of one holder that were refused for one reason, each within ten minutes of the one before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    /// Its name: of the latest try.
    id: RefusalId,
    reason: RefusalReason,
    /// The code that the client was answered.
    code: &'static str,
    license: id::LicenseId,
    /// The last characters of the license's key.
    key_hint: String,
    customer: id::CustomerId,
    customer_name: String,
    /// The product's name.
    product: String,
    /// The plan's name.
    plan: String,
    /// Who asked: their machine.
    holder: id::HolderKey,
    /// Its host's name, if it has a live session by now.
    host: Option<String>,
    /// When it was refused first.
    first_at: Timestamp,
    /// When it was refused last.
    at: Timestamp,
    /// How often it asked.
    tries: u64,
    /// The limit that was reached, as of the last time.
    limit: Option<u32>,
    /// How much of it was in use.
    in_use: Option<u32>,
}

impl Refusal {
    /// The row with what it hangs on, if that is still there.
    fn of(ledger: &Ledger, row: &Row) -> Option<Self> {
        let refused = &row.last;
        let license = ledger.license(refused.license)?;
        let plan = ledger.plan(license.plan)?;
        let product = ledger.product(plan.product)?;
        let customer = ledger.customer(license.customer)?;
        let usage = refused.usage();
        Some(Self {
            id: Id(RefusalNo(refused.index)),
            reason: Reason::of(&refused.rejection).into(),
            code: refused.rejection.code(),
            license: Id(license.id),
            key_hint: license.key_hint.to_string(),
            customer: Id(customer.id),
            customer_name: customer.name.to_string(),
            product: product.name.to_string(),
            plan: plan.name.to_string(),
            holder: Id(refused.holder),
            host: host(ledger, license.id, refused.holder),
            first_at: Timestamp(row.first_at),
            at: Timestamp(refused.at),
            tries: row.tries,
            limit: usage.map(|(limit, _)| limit),
            in_use: usage.map(|(_, in_use)| in_use),
        })
    }
}

/// The name of a holder's host, if one of its sessions lives and says so.
fn host(ledger: &Ledger, license: LicenseId, holder: HolderKey) -> Option<String> {
    let none = licensing::id::SessionNo::default();
    let own = ledger
        .sessions_of(license, Some((holder, none)))
        .take_while(|session| session.holder == holder);
    let mut hosts = own.filter_map(|session| session.client.as_ref()?.hostname.as_ref());
    hosts.next().map(ToString::to_string)
}

/// Which refusals to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RefusalQuery {
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(pattern = "^[0-9]{1,19}$")]
    cursor: Option<String>,
    /// Only those of this license.
    #[param(value_type = Option<id::LicenseId>)]
    license: Option<id::LicenseId>,
    /// Only those of this customer's licenses: its id or reference.
    customer: Option<Handle>,
    /// Only those for this reason.
    reason: Option<RefusalReason>,
    /// Only those from this time on.
    #[param(value_type = Option<Timestamp>)]
    from: Option<Timestamp>,
    /// Only those before this time.
    #[param(value_type = Option<Timestamp>)]
    to: Option<Timestamp>,
}

impl RefusalQuery {
    /// Where to look for what the caller may see of it.
    fn topics(&self, ledger: &Ledger, caller: &Caller) -> Vec<Topic> {
        let asked = self.customer.as_ref().map(|text| customer_id(ledger, text));
        let only: Option<CustomerId> = match (asked, caller.customer()) {
            (None, own) => own,
            (Some(Some(customer)), own) if own.is_none_or(|own| own == customer) => Some(customer),
            // What is somebody else's has no refusals, like what is not there.
            (Some(_), _) => return Vec::new(),
        };
        let is_wanted = |license: &&licensing::catalogue::License| only.is_none_or(|only| only == license.customer);
        match (self.license, only) {
            (Some(Id(license)), _) => {
                let seen = ledger.license(license).filter(is_wanted);
                seen.map(|license| Topic::RefusalsOf(license.id)).into_iter().collect()
            }
            (None, None) => vec![Topic::Refusals],
            (None, Some(_)) => {
                let own = ledger.licenses(None).filter(is_wanted);
                own.map(|license| Topic::RefusalsOf(license.id)).collect()
            }
        }
    }
}

/// List refusals, the latest first. What one holder repeated within ten minutes is one item. A page may be short where
/// few of many records are wanted.
#[utoipa::path(
    get, path = "/refusals", tag = "refusals", params(RefusalQuery), security(("api_token" = [])),
    responses((status = 200, description = "A page of refusals.", body = Page<Refusal>)),
)]
pub(super) async fn list_refusals(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<RefusalQuery>,
) -> Result<Answer<Page<Refusal>>, ApiError> {
    let before: Option<u64> = read_cursor(query.cursor.as_deref(), digits)?;
    api.cluster().barrier().await?;
    let topics = api.cluster().ledger(|ledger| query.topics(ledger, &caller));
    let file = api.cluster().latest_history().await.map_err(ApiError::internal)?;
    let index = async |at: Option<Timestamp>, otherwise| match at {
        Some(Timestamp(at)) => file.audit_index_at(at).await.map_err(ApiError::internal),
        None => Ok(otherwise),
    };
    let start = index(query.from, 0).await?;
    let end = index(query.to, i64::MAX.unsigned_abs()).await?;
    let range = start..before.map_or(end, |before| before.min(end));
    let found = walk::rows(file, topics, range, query.reason.map(Reason::from), query.limit.get()).await?;
    let shown = |ledger: &Ledger| found.rows.iter().filter_map(|row| Refusal::of(ledger, row)).collect();
    Ok(Answer(Page {
        items: api.cluster().ledger(shown),
        next_cursor: found.next.map(|next| next.to_string()),
        total: None,
    }))
}

/// Why an acquire was refused, as far as the history says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefusalView {
    #[serde(flatten)]
    refusal: Refusal,
    /// What the client was told.
    detail: String,
    /// When the next seat could have been free without anybody giving one back.
    free_by: Option<Timestamp>,
    /// Who held the seats at that moment, those who held them longest first, at most 200 of them. `null` where that did
    /// not matter, and where too much has happened since to tell.
    holders: Option<Vec<SeatHolder>>,
    /// The license's seats now.
    now: SeatsNow,
    /// What to do next.
    next: Vec<String>,
}

/// Somebody who held a seat.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeatHolder {
    holder: id::HolderKey,
    /// Since when; `null` if this node does not know.
    since: Option<Timestamp>,
    /// Its sessions at that moment.
    sessions: u32,
    /// When the last of these ended; `null` if one still lives.
    ended_at: Option<Timestamp>,
    /// Its host's name, if it still has a live session.
    host: Option<String>,
}

/// How many seats a license has and how many are held.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct SeatsNow {
    /// Seats that may be held.
    limit: u32,
    /// Seats held.
    in_use: u32,
}

impl SeatsNow {
    fn of(ledger: &Ledger, license: LicenseId) -> Option<Self> {
        let seats = ledger.seats(license)?;
        Some(Self {
            limit: seats.limit,
            in_use: seats.in_use,
        })
    }
}

/// The most holders that an explanation shows.
const HOLDERS_MAX: usize = 200;

/// Explain a refusal.
#[utoipa::path(
    get, path = "/refusals/{id}", tag = "refusals", security(("api_token" = [])),
    params(("id" = String, Path, description = "The refusal's name, `ref_…`.")),
    responses((status = 200, description = "The refusal.", body = RefusalView)),
)]
pub(super) async fn get_refusal(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
) -> Result<Shown<RefusalView>, ApiError> {
    let RefusalNo(index) = text.parse().map_err(|_| not_found())?;
    api.cluster().barrier().await?;
    let file = api.cluster().latest_history().await.map_err(ApiError::internal)?;
    let found = file
        .audit(index..index.saturating_add(1), 1)
        .await
        .map_err(ApiError::internal)?;
    let record = found.first().ok_or_else(not_found)?;
    let refused = Refused::of(index, decode(record)?).ok_or_else(not_found)?;
    let is_seen = |ledger: &Ledger| {
        let license = ledger.license(refused.license);
        license.is_some_and(|license| caller.sees(license.customer))
    };
    if !api.cluster().ledger(is_seen) {
        return Err(not_found());
    }
    let row = walk::around(file, &refused).await?;
    let held = match row.last.rejection {
        Rejection::SeatLimitReached { .. } | Rejection::GhostLimitReached { .. } => {
            held_at(&api, refused.license, row.last.index, RECORDS_MAX).await?
        }
        _ => None,
    };
    let view = |ledger: &Ledger| {
        let license = ledger.license(refused.license)?;
        let plan = ledger.plan(license.plan)?;
        Some(RefusalView {
            refusal: Refusal::of(ledger, &row)?,
            detail: ApiError::from(row.last.rejection.clone()).problem("").detail,
            free_by: row.last.free_by().map(Timestamp),
            holders: held.as_deref().map(|held| holders(ledger, refused.license, held)),
            now: SeatsNow::of(ledger, refused.license)?,
            next: next_for_operators(&row.last.rejection, plan.terms.ghosts_max.is_some()),
        })
    };
    api.cluster().ledger(view).map(Shown::plain).ok_or_else(not_found)
}

fn not_found() -> ApiError {
    ApiError::new(
        Code::NotFound,
        "No refusal has this name on this node. List the refusals to see their names; a node that was brought up by a \
         snapshot does not have those from before it.",
    )
}

/// Those who held seats, their sessions together.
fn holders(
    ledger: &Ledger,
    license: LicenseId,
    held: &[(crate::analytics::history::Held, Option<At>)],
) -> Vec<SeatHolder> {
    let mut found: BTreeMap<HolderKey, SeatHolder> = BTreeMap::new();
    for (session, ended) in held {
        let row = found.entry(session.holder).or_insert_with(|| SeatHolder {
            holder: Id(session.holder),
            since: session.since.map(Timestamp),
            sessions: 0,
            ended_at: ended.map(Timestamp),
            host: host(ledger, license, session.holder),
        });
        row.sessions += 1;
        row.since = row.since.min(session.since.map(Timestamp));
        // It had its seat for as long as any of them lived.
        row.ended_at = match (row.ended_at, ended) {
            (Some(one), Some(other)) => Some(one.max(Timestamp(*other))),
            _ => None,
        };
    }
    let mut rows: Vec<SeatHolder> = found.into_values().collect();
    rows.sort_by_key(|row| (row.since, row.holder));
    rows.truncate(HOLDERS_MAX);
    rows
}

/// What who runs the licenses can do.
fn next_for_operators(rejection: &Rejection, caps_ghosts: bool) -> Vec<String> {
    let mut next: Vec<&str> = Vec::new();
    match rejection {
        Rejection::SeatLimitReached { .. } => {
            next.push("End a session that nobody uses any more; its seat is free at once.");
            next.push("Look at the license's usage: it tells how many refusals further seats would have avoided.");
            next.push("Give the license more seats, or its plan some overage.");
        }
        Rejection::GhostLimitReached { .. } => {
            next.push("Have one of the machines that went offline connected again, or wait until its grace ends.");
            if caps_ghosts {
                next.push("Raise the plan's cap on clients that are offline, if that many may run unseen.");
            }
        }
        Rejection::HolderLimitReached { .. } => {
            next.push("Have a running copy on that machine closed.");
            next.push("Raise the plan's sessions for each holder, if one machine may run more copies.");
        }
        Rejection::SeatNotAssigned { email, seats, assigned } => {
            match email {
                Some(_) if assigned < seats => next.push("Assign a seat of the license to this address."),
                Some(_) => {
                    next.push("Take a seat from somebody who needs none any more, then assign it to this address.");
                }
                None => next
                    .push("Have them show a token that says its provider has verified their address, or a user token."),
            }
            next.push(
                "Change the license to a plan that gives its seats to whoever comes first, if names do not matter.",
            );
        }
        Rejection::LicenseExpired { .. } => next.push("Extend the license, or send its holder where it is renewed."),
        Rejection::LicenseNotStarted { .. } => next.push("Start the license earlier, if it may be used already."),
        Rejection::LicenseSuspended { .. } => next.push("Reinstate the license once its reason is settled."),
        Rejection::LicenseRevoked { .. } => next.push("Issue another license; this one was ended for good."),
        _ => next.push("Nothing needs to be done: the application asks again by itself."),
    }
    next.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn a_refusals_name_is_read_as_it_is_written() {
        for index in [0, 1, 77_123, u64::MAX] {
            let text = RefusalNo(index).to_string();
            assert_eq!(text.parse::<RefusalNo>().unwrap(), RefusalNo(index));
            assert_eq!(text.len(), 17);
        }
        assert!("ref_0".parse::<RefusalNo>().is_err() && "000000000000a".parse::<RefusalNo>().is_err());
    }

    #[test]
    fn a_reason_is_called_as_in_reports_of_usage() {
        for reason in [
            Reason::SeatLimit,
            Reason::GhostLimit,
            Reason::HolderLimit,
            Reason::LicenseExpired,
            Reason::LicenseNotStarted,
            Reason::LicenseSuspended,
            Reason::LicenseRevoked,
            Reason::NotAssigned,
            Reason::Other,
        ] {
            let shown = RefusalReason::from(reason);
            assert_eq!(serde_json::to_value(shown).unwrap(), reason.name());
            assert_eq!(Reason::from(shown), reason);
        }
    }
}
