//! Figures of a license's use, made of its history: each as JSON, and as a table for spreadsheets.

#![allow(clippy::cast_precision_loss, reason = "figures for people show a few digits")]

mod body;
mod report;

use axum::extract::State;
use licensing::ledger::Ledger;
use licensing::time::{At, Span};
use serde::{Deserialize, Deserializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::caller::Caller;
use super::extract::{InPath, Query};
use super::id::Id;
use super::license_view::named;
use super::problem::ApiError;
use super::recall::figures;
use super::text::{digits, read_text};
use super::time::Timestamp;
use crate::analytics::duration::durations;
use crate::analytics::forecast::{days, forecast};
use crate::analytics::heat::heat;
use crate::analytics::history::History;
use crate::analytics::peaks::peaks;
use crate::analytics::what_if;
use body::{AboutFigure, Curve, ForecastBody, HeatMap, HoldIs, Idle, Peaks, Versions, WhatIf};
use report::{Format, Report};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(get_peaks))
        .routes(routes!(get_heat_map))
        .routes(routes!(get_duration_curve))
        .routes(routes!(get_idle_seats))
        .routes(routes!(get_what_if))
        .routes(routes!(get_forecast))
        .routes(routes!(get_versions))
}

/// Which period to look at, and in which form.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeriodQuery {
    /// From this time on; left out, from 30 days before the end. At most 366 days before it.
    #[param(value_type = Option<Timestamp>)]
    from: Option<Timestamp>,
    /// Before this time; left out, up to now.
    #[param(value_type = Option<Timestamp>)]
    to: Option<Timestamp>,
    /// `json`, or `csv` for a table.
    #[serde(default)]
    format: Format,
}

/// The same on a clock of people.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LocalQuery {
    /// From this time on; left out, from 30 days before the end. At most 366 days before it.
    #[param(value_type = Option<Timestamp>)]
    from: Option<Timestamp>,
    /// Before this time; left out, up to now.
    #[param(value_type = Option<Timestamp>)]
    to: Option<Timestamp>,
    /// `json`, or `csv` for a table.
    #[serde(default)]
    format: Format,
    /// How many minutes the clock is ahead of UTC: 60 for UTC+1. Left out, it is UTC.
    #[serde(default)]
    utc_offset: MinutesAhead,
}

/// The same with what is assumed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhatIfQuery {
    /// From this time on; left out, from 30 days before the end. At most 366 days before it.
    #[param(value_type = Option<Timestamp>)]
    from: Option<Timestamp>,
    /// Before this time; left out, up to now.
    #[param(value_type = Option<Timestamp>)]
    to: Option<Timestamp>,
    /// `json`, or `csv` for a table.
    #[serde(default)]
    format: Format,
    /// Up to how many more seats.
    #[serde(default)]
    #[param(value_type = Option<MoreSeats>)]
    seats: MoreSeats,
    /// For how long who was refused would have kept a seat; left out, for the median time of the license's sessions that
    /// ended in the period.
    #[param(value_type = Option<HoldSeconds>)]
    hold_seconds: Option<HoldSeconds>,
}

/// In which form to show what is so now.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FormatQuery {
    /// `json`, or `csv` for a table.
    #[serde(default)]
    format: Format,
}

/// How far a clock is ahead of UTC.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MinutesAhead(i32);

/// The most that any clock is ahead of UTC or behind it.
const MINUTES_AHEAD_MAX: i32 = 14 * 60;

impl<'de> Deserialize<'de> for MinutesAhead {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| {
            let (sign, number) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
            digits::<i32>(number)
                .filter(|minutes| *minutes <= MINUTES_AHEAD_MAX)
                .map(|minutes| Self(sign * minutes))
                .ok_or("expected whole minutes from -840 to 840")
        })
    }
}

impl PartialSchema for MinutesAhead {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new().schema_type(Type::Integer);
        let schema = schema
            .minimum(Some(-MINUTES_AHEAD_MAX))
            .maximum(Some(MINUTES_AHEAD_MAX));
        schema.default(Some(0.into())).into()
    }
}

impl ToSchema for MinutesAhead {
    fn name() -> std::borrow::Cow<'static, str> {
        "MinutesAhead".into()
    }
}

macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident($type:ty), $text:literal, $min:literal..=$max:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name($type);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read_text(deserializer, |text| {
                    digits(text).filter(|number| ($min..=$max).contains(number)).map(Self).ok_or($expected)
                })
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let schema = ObjectBuilder::new().schema_type(Type::Integer);
                schema.minimum(Some($min)).maximum(Some($max)).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                $text.into()
            }
        }
    };
}

bounded!(
    /// Up to how many more seats.
    MoreSeats(u32), "MoreSeats", 1..=50, "expected a whole number of 1 to 50"
);
bounded!(
    /// For how long somebody would have kept a seat.
    HoldSeconds(u64), "HoldSeconds", 1..=31_622_400, "expected whole seconds, of 1 to 31622400"
);

impl Default for MoreSeats {
    fn default() -> Self {
        Self(10)
    }
}

/// The schemas that only parameters are made of, which the handlers' derive does not collect.
pub(super) fn schemas() -> [(String, RefOr<Schema>); 4] {
    [
        (MinutesAhead::name().into(), MinutesAhead::schema()),
        (MoreSeats::name().into(), MoreSeats::schema()),
        (HoldSeconds::name().into(), HoldSeconds::schema()),
        (<Format as ToSchema>::name().into(), Format::schema()),
    ]
}

fn ask(from: Option<Timestamp>, to: Option<Timestamp>) -> (Option<At>, Option<At>) {
    (from.map(|Timestamp(at)| at), to.map(|Timestamp(at)| at))
}

/// Show the exact peak of each hour, with the seats that could be held and the refusals.
#[utoipa::path(
    get, path = "/licenses/{id}/analytics/peaks", tag = "analytics", security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id."), PeriodQuery),
    responses((status = 200, description = "The hours, in their order.",
               content((Peaks = "application/json"), (String = "text/csv")))),
)]
pub(super) async fn get_peaks(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath<true>,
    Query(query): Query<PeriodQuery>,
) -> Result<Report<Peaks>, ApiError> {
    let license = named(&api, &caller, &text).await?;
    let (from, to) = ask(query.from, query.to);
    let (history, rows) = figures(&api, license, from, to, peaks).await?;
    Ok(Report::of(
        query.format,
        "peaks",
        Peaks::of(AboutFigure::of(license, &history), &rows),
    ))
}

/// Show which hours of the week are busy.
#[utoipa::path(
    get, path = "/licenses/{id}/analytics/heat-map", tag = "analytics", security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id."), LocalQuery),
    responses((status = 200, description = "The 168 hours of the week, from Monday 0:00 on.",
               content((HeatMap = "application/json"), (String = "text/csv")))),
)]
pub(super) async fn get_heat_map(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath<true>,
    Query(query): Query<LocalQuery>,
) -> Result<Report<HeatMap>, ApiError> {
    let license = named(&api, &caller, &text).await?;
    let (from, to) = ask(query.from, query.to);
    let MinutesAhead(ahead) = query.utc_offset;
    let (history, cells) = figures(&api, license, from, to, move |history| heat(history, ahead)).await?;
    let body = HeatMap::of(AboutFigure::of(license, &history), ahead, &cells);
    Ok(Report::of(query.format, "heat-map", body))
}

/// Show for which share of the time so many seats or more were in use.
#[utoipa::path(
    get, path = "/licenses/{id}/analytics/duration-curve", tag = "analytics", security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id."), PeriodQuery),
    responses((status = 200, description = "The curve's points, from no seat on.",
               content((Curve = "application/json"), (String = "text/csv")))),
)]
pub(super) async fn get_duration_curve(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath<true>,
    Query(query): Query<PeriodQuery>,
) -> Result<Report<Curve>, ApiError> {
    let license = named(&api, &caller, &text).await?;
    let (from, to) = ask(query.from, query.to);
    let (history, found) = figures(&api, license, from, to, durations).await?;
    let body = Curve::of(AboutFigure::of(license, &history), &found);
    Ok(Report::of(query.format, "duration-curve", body))
}

/// Show how many seats were never needed.
#[utoipa::path(
    get, path = "/licenses/{id}/analytics/idle", tag = "analytics", security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id."), PeriodQuery),
    responses((status = 200, description = "What was used of what there is.",
               content((Idle = "application/json"), (String = "text/csv")))),
)]
pub(super) async fn get_idle_seats(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath<true>,
    Query(query): Query<PeriodQuery>,
) -> Result<Report<Idle>, ApiError> {
    let license = named(&api, &caller, &text).await?;
    let (from, to) = ask(query.from, query.to);
    let (history, found) = figures(&api, license, from, to, durations).await?;
    let body = Idle::of(AboutFigure::of(license, &history), &found);
    Ok(Report::of(query.format, "idle", body))
}

/// Show how many refusals would not have happened with more seats: the recorded history once more, through the ledger's
/// own rules.
#[utoipa::path(
    get, path = "/licenses/{id}/analytics/what-if", tag = "analytics", security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id."), WhatIfQuery),
    responses((status = 200, description = "A row for each number of further seats.",
               content((WhatIf = "application/json"), (String = "text/csv")))),
)]
pub(super) async fn get_what_if(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath<true>,
    Query(query): Query<WhatIfQuery>,
) -> Result<Report<WhatIf>, ApiError> {
    let license = named(&api, &caller, &text).await?;
    let (from, to) = ask(query.from, query.to);
    let given = query.hold_seconds.map(|HoldSeconds(seconds)| Span::from_secs(seconds));
    let MoreSeats(seats) = query.seats;
    let replay = move |history: &History| replayed(history, given, seats);
    let (history, found) = figures(&api, license, from, to, replay).await?;
    let body = WhatIf::of(AboutFigure::of(license, &history), found?);
    Ok(Report::of(query.format, "what-if", body))
}

/// What was found by replaying.
pub(super) struct Replayed {
    hold: Span,
    hold_is: HoldIs,
    refusals: u64,
    /// How many are avoided with one more seat, two more, and so on.
    avoided: Vec<u64>,
}

/// What who was refused is assumed to have done with a seat if nothing else is known.
const HOLD_ASSUMED: Span = Span::from_secs(3_600);

/// The most entries of all replays of one call.
const REPLAYED_MAX: usize = 3 * what_if::ENTRIES_MAX;

fn replayed(history: &History, given: Option<Span>, seats: u32) -> Result<Replayed, ApiError> {
    let refusals = what_if::refusals(history);
    let (hold, hold_is) = match (given, what_if::median_hold(history)) {
        (Some(hold), _) => (hold, HoldIs::Given),
        (None, Some(hold)) => (hold, HoldIs::Median),
        (None, None) => (HOLD_ASSUMED, HoldIs::Assumed),
    };
    let entries = history.opening.len() + 2 * history.events.len();
    let mut avoided = Vec::new();
    for more in 1..=seats {
        // With all of them avoided, further seats change nothing, and without any there is nothing to ask.
        let best = avoided.last().copied().unwrap_or(0);
        if best == refusals {
            avoided.push(best);
            continue;
        }
        if entries > what_if::ENTRIES_MAX || entries * more as usize > REPLAYED_MAX {
            let problem = "too much has happened since then to go through it so often; choose a later time, or ask for \
                           fewer seats";
            return Err(ApiError::field("from", problem));
        }
        match what_if::avoided(history, more, hold) {
            Ok(count) => avoided.push(count),
            // What this node lacks it cannot replay; that the history is not whole is said beside it.
            Err(_) if !history.complete => break,
            Err(error) => return Err(ApiError::internal(error)),
        }
    }
    Ok(Replayed {
        hold,
        hold_is,
        refusals,
        avoided,
    })
}

/// Show when the seats will not be enough any more, if things go on as they do.
#[utoipa::path(
    get, path = "/licenses/{id}/analytics/forecast", tag = "analytics", security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id."), LocalQuery),
    responses((status = 200, description = "The trend of the daily peaks and the day it reaches the capacity.",
               content((ForecastBody = "application/json"), (String = "text/csv")))),
)]
pub(super) async fn get_forecast(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath<true>,
    Query(query): Query<LocalQuery>,
) -> Result<Report<ForecastBody>, ApiError> {
    let license = named(&api, &caller, &text).await?;
    let (mut from, to) = ask(query.from, query.to);
    if from.is_none() {
        // A trend needs more than the month that is shown elsewhere.
        let end = to.unwrap_or_else(|| api.cluster().ledger(Ledger::at));
        from = Some(At::from_ms(end.ms().saturating_sub(FORECAST_MS)));
    }
    let MinutesAhead(ahead) = query.utc_offset;
    let make = move |history: &History| {
        let days = days(history, ahead);
        let capacity = durations(history).capacity;
        (forecast(&days.peaks, capacity), days, capacity)
    };
    let (history, (found, days, capacity)) = figures(&api, license, from, to, make).await?;
    let body = ForecastBody::of(AboutFigure::of(license, &history), capacity, &days, found);
    Ok(Report::of(query.format, "forecast", body))
}

/// How far back a forecast looks by itself: 13 weeks.
const FORECAST_MS: u64 = 91 * 86_400_000;

/// Show which versions of the application hold seats now. The history does not keep them.
#[utoipa::path(
    get, path = "/licenses/{id}/analytics/versions", tag = "analytics", security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id."), FormatQuery),
    responses((status = 200, description = "The versions, the most used first.",
               content((Versions = "application/json"), (String = "text/csv")))),
)]
pub(super) async fn get_versions(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath<true>,
    Query(query): Query<FormatQuery>,
) -> Result<Report<Versions>, ApiError> {
    let license = named(&api, &caller, &text).await?;
    let body = api.cluster().ledger(|ledger| Versions::of(ledger, Id(license)));
    Ok(Report::of(query.format, "versions", body))
}
