//! What a license did, hour by hour: the figures that reports and invoices are made of.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::State;
use licensing::ledger::Ledger;
use licensing::time::{At, Hour};
use licensing::usage::UsageHour as Row;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::caller::Caller;
use super::extract::{InPath, Query};
use super::license_view::named;
use super::page::{Limit, PastPage, read_cursor};
use super::problem::ApiError;
use super::retention::since;
use super::text::digits;
use super::time::Timestamp;

/// Milliseconds of an hour.
const HOUR_MS: u64 = 3_600_000;

/// One hour of a license.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsageHour {
    /// When the hour begins.
    hour: Timestamp,
    /// Whether it may still grow.
    open: bool,
    /// The most seats that were held at any moment.
    peak: u32,
    /// Sessions granted.
    grants: u64,
    /// Sessions renewed: heartbeats, and acquires that were sent again.
    renewals: u64,
    /// Sessions given back.
    releases: u64,
    /// Sessions that ended for want of a heartbeat.
    expiries: u64,
    /// Acquires refused, by reason.
    refusals: BTreeMap<&'static str, u64>,
}

impl UsageHour {
    fn of(row: &Row, open: bool) -> Self {
        Self {
            hour: Timestamp(begin(row.hour)),
            open,
            peak: row.peak,
            grants: row.grants,
            renewals: row.renewals,
            releases: row.releases,
            expiries: row.expiries,
            refusals: row
                .refusals
                .iter()
                .map(|(reason, count)| (reason.name(), *count))
                .collect(),
        }
    }
}

/// Which hours to show.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageQuery {
    /// How many hours a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(pattern = "^[0-9]{1,9}$")]
    cursor: Option<String>,
    /// From the hour that this lies in.
    #[param(value_type = Option<Timestamp>)]
    from: Option<Timestamp>,
    /// Before the hour that this lies in.
    #[param(value_type = Option<Timestamp>)]
    to: Option<Timestamp>,
}

fn begin(hour: Hour) -> At {
    At::from_ms(u64::from(hour.get()) * HOUR_MS)
}

/// Show a license's hours in their order, those without any use left out. An hour that has just passed may be missing
/// for a second.
#[utoipa::path(
    get, path = "/licenses/{id}/usage", tag = "licenses", security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id."), UsageQuery),
    responses((status = 200, description = "A page of hours.", body = PastPage<UsageHour>)),
)]
pub(super) async fn get_usage(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath<true>,
    Query(query): Query<UsageQuery>,
) -> Result<Answer<PastPage<UsageHour>>, ApiError> {
    let license = named(&api, &caller, &text).await?;
    let from = query.from.map_or(Hour::default(), |Timestamp(at)| Hour::of(at));
    let cursor: Option<u32> = read_cursor(query.cursor.as_deref(), digits)?;
    let after = cursor.map_or(from, |cursor| Hour::new(cursor.saturating_add(1)));
    let to = query.to.map_or(Hour::new(u32::MAX), |Timestamp(at)| Hour::of(at));
    let look = |ledger: &Ledger| (ledger.usage_open(license).cloned(), ledger.kept_from().usage);
    let (open, kept_from) = api.cluster().ledger(look);
    let hours = from.max(after).max(Hour::of(kept_from))..to;
    let open = open.filter(|row| hours.contains(&row.hour));
    // One more than asked for tells whether there is a next page.
    let closed = api.cluster().history().usage(license, hours, query.limit.get() + 1);
    let closed = closed.await.map_err(ApiError::internal)?;
    let mut items: Vec<(Hour, UsageHour)> = closed.iter().map(|row| (row.hour, UsageHour::of(row, false))).collect();
    // Read before the closed ones: if it closed in between it is among them already.
    items.extend(
        open.filter(|row| closed.last().is_none_or(|last| last.hour < row.hour))
            .map(|row| (row.hour, UsageHour::of(&row, true))),
    );
    Ok(Answer(page(items, query.limit, kept_from)))
}

fn page(mut items: Vec<(Hour, UsageHour)>, limit: Limit, kept_from: At) -> PastPage<UsageHour> {
    let more = items.len() > limit.get();
    items.truncate(limit.get());
    let next_cursor = items.last().filter(|_| more).map(|(hour, _)| hour.get().to_string());
    PastPage {
        items: items.into_iter().map(|(_, hour)| hour).collect(),
        next_cursor,
        kept_from: since(kept_from),
    }
}
