//! The figures as the API shows them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use licensing::id::{HolderKey, LicenseId};
use licensing::ledger::Ledger;
use licensing::time::At;
use serde::Serialize;
use utoipa::ToSchema;

use super::Replayed;
use super::report::Table;
use crate::analytics::duration::Durations;
use crate::analytics::forecast::{DAYS_MIN, Days, Forecast};
use crate::analytics::heat::Cell;
use crate::analytics::history::History;
use crate::analytics::peaks::Peak;
use crate::analytics::{DAY_MS, HOUR_MS};
use crate::api::id::{self, Id};
use crate::api::time::Timestamp;

/// What every figure begins with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About {
    license: LicenseId,
    from: At,
    to: At,
    complete: bool,
}

impl About {
    pub(super) fn of(license: LicenseId, history: &History) -> Self {
        Self {
            license,
            from: history.period.from,
            to: history.period.to,
            complete: history.complete,
        }
    }
}

/// A figure of people: four digits behind the point.
fn rounded(figure: f64) -> f64 {
    (figure * 10_000.0).round() / 10_000.0
}

fn text(figure: f64) -> String {
    rounded(figure).to_string()
}

fn or_none<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// The peaks of a license's hours.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Peaks {
    license: id::LicenseId,
    /// The beginning of the period, which is not before the license's.
    from: Timestamp,
    /// The moment behind its end.
    to: Timestamp,
    /// Whether this node has the whole history of the period that was asked for.
    complete: bool,
    /// The hours that the period touches.
    items: Vec<PeakHour>,
}

/// One hour of a license.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeakHour {
    /// When the hour begins.
    hour: Timestamp,
    /// The most seats held at any moment.
    peak: u32,
    /// Seats that could be held at its end.
    capacity: u32,
    /// Acquires refused, for any reason.
    refused: u64,
    /// The same without retries: what one holder repeated within ten minutes is counted once.
    refusals: u64,
}

impl Peaks {
    pub(super) fn of(about: About, rows: &[Peak]) -> Self {
        let item = |row: &Peak| PeakHour {
            hour: Timestamp(At::from_ms(u64::from(row.hour.get()) * HOUR_MS)),
            peak: row.peak,
            capacity: row.capacity,
            refused: row.refused,
            refusals: row.refusals,
        };
        Self {
            license: Id(about.license),
            from: Timestamp(about.from),
            to: Timestamp(about.to),
            complete: about.complete,
            items: rows.iter().map(item).collect(),
        }
    }
}

impl Table for Peaks {
    const COLUMNS: &'static [&'static str] = &["hour", "peak", "capacity", "refused", "refusals"];

    fn rows(&self) -> Vec<Vec<String>> {
        let row = |item: &PeakHour| {
            vec![
                item.hour.to_string(),
                item.peak.to_string(),
                item.capacity.to_string(),
                item.refused.to_string(),
                item.refusals.to_string(),
            ]
        };
        self.items.iter().map(row).collect()
    }
}

/// The hours of the week.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeatMap {
    license: id::LicenseId,
    /// The beginning of the period, which is not before the license's.
    from: Timestamp,
    /// The moment behind its end.
    to: Timestamp,
    /// Whether this node has the whole history of the period that was asked for.
    complete: bool,
    /// How many minutes the clock is ahead of UTC.
    utc_offset: i32,
    /// The 168 hours.
    items: Vec<HeatHour>,
}

/// One hour of the week.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeatHour {
    /// 1 is Monday.
    weekday: u8,
    /// From 0 to 23.
    hour: u8,
    /// Seats in use on average over all such hours of the period, weighted by time; `null` if it has none.
    mean: Option<f64>,
    /// The most at any moment.
    peak: u32,
    /// Refusals, retries folded.
    refusals: u64,
    /// How many seconds of the period lie in such hours.
    seconds: u64,
}

impl HeatMap {
    pub(super) fn of(about: About, utc_offset: i32, cells: &[Cell]) -> Self {
        let hour = |place: usize| u8::try_from(place % 24).unwrap_or_default();
        let weekday = |place: usize| u8::try_from(place / 24 + 1).unwrap_or_default();
        let item = |(place, cell): (usize, &Cell)| HeatHour {
            weekday: weekday(place),
            hour: hour(place),
            mean: cell.mean().map(rounded),
            peak: cell.peak,
            refusals: cell.refusals,
            seconds: cell.ms / 1_000,
        };
        Self {
            license: Id(about.license),
            from: Timestamp(about.from),
            to: Timestamp(about.to),
            complete: about.complete,
            utc_offset,
            items: cells.iter().enumerate().map(item).collect(),
        }
    }
}

impl Table for HeatMap {
    const COLUMNS: &'static [&'static str] = &["weekday", "hour", "mean", "peak", "refusals", "seconds"];

    fn rows(&self) -> Vec<Vec<String>> {
        let row = |item: &HeatHour| {
            vec![
                item.weekday.to_string(),
                item.hour.to_string(),
                or_none(item.mean),
                item.peak.to_string(),
                item.refusals.to_string(),
                item.seconds.to_string(),
            ]
        };
        self.items.iter().map(row).collect()
    }
}

/// For how long how many seats were in use.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Curve {
    license: id::LicenseId,
    /// The beginning of the period, which is not before the license's.
    from: Timestamp,
    /// The moment behind its end.
    to: Timestamp,
    /// Whether this node has the whole history of the period that was asked for.
    complete: bool,
    /// Seats that can be held at its end.
    capacity: u32,
    /// The points. Between two of them the curve is as high as at the one with more seats.
    items: Vec<CurvePoint>,
}

/// One point of the duration curve.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CurvePoint {
    /// So many seats or more …
    seats: u32,
    /// … were in use for this share of the time, from 0 to 1 …
    share: f64,
    /// … and so many milliseconds.
    milliseconds: u64,
}

impl Curve {
    pub(super) fn of(about: About, found: &Durations) -> Self {
        let total = found.total_ms().max(1) as f64;
        let points = found.curve().into_iter().map(|point| CurvePoint {
            seats: point.seats,
            share: rounded(point.ms as f64 / total),
            milliseconds: point.ms,
        });
        Self {
            license: Id(about.license),
            from: Timestamp(about.from),
            to: Timestamp(about.to),
            complete: about.complete,
            capacity: found.capacity,
            items: points.collect(),
        }
    }
}

impl Table for Curve {
    const COLUMNS: &'static [&'static str] = &["seats", "share", "milliseconds"];

    fn rows(&self) -> Vec<Vec<String>> {
        let row = |item: &CurvePoint| {
            vec![
                item.seats.to_string(),
                item.share.to_string(),
                item.milliseconds.to_string(),
            ]
        };
        self.items.iter().map(row).collect()
    }
}

/// What was used of what there is.
#[derive(Debug, Serialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "they are the names of the document")]
pub(crate) struct Idle {
    license: id::LicenseId,
    /// The beginning of the period, which is not before the license's.
    from: Timestamp,
    /// The moment behind its end.
    to: Timestamp,
    /// Whether this node has the whole history of the period that was asked for.
    complete: bool,
    /// Seats that can be held at its end.
    capacity: u32,
    /// The most in use at any moment.
    max: u32,
    /// The least number of seats that was enough for 95 % of the time.
    p95: u32,
    /// Seats in use on average, weighted by time.
    mean: f64,
    /// Seats that were never in use at once.
    idle_at_max: u32,
    /// Seats that were not in use for 95 % of the time.
    idle_at_p95: u32,
    /// For which share of the time every seat was in use, from 0 to 1.
    full_share: f64,
}

impl Idle {
    pub(super) fn of(about: About, found: &Durations) -> Self {
        let p95 = found.enough_for(95);
        Self {
            license: Id(about.license),
            from: Timestamp(about.from),
            to: Timestamp(about.to),
            complete: about.complete,
            capacity: found.capacity,
            max: found.max,
            p95,
            mean: rounded(found.mean()),
            idle_at_max: found.capacity.saturating_sub(found.max),
            idle_at_p95: found.capacity.saturating_sub(p95),
            full_share: rounded(found.full_ms as f64 / found.total_ms().max(1) as f64),
        }
    }
}

impl Table for Idle {
    const COLUMNS: &'static [&'static str] = &[
        "capacity",
        "max",
        "p95",
        "mean",
        "idle_at_max",
        "idle_at_p95",
        "full_share",
    ];

    fn rows(&self) -> Vec<Vec<String>> {
        vec![vec![
            self.capacity.to_string(),
            self.max.to_string(),
            self.p95.to_string(),
            self.mean.to_string(),
            self.idle_at_max.to_string(),
            self.idle_at_p95.to_string(),
            self.full_share.to_string(),
        ]]
    }
}

/// What would have been with more seats.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhatIf {
    license: id::LicenseId,
    /// The beginning of the period, which is not before the license's.
    from: Timestamp,
    /// The moment behind its end.
    to: Timestamp,
    /// Whether this node has the whole history of the period that was asked for.
    complete: bool,
    /// Refusals for want of a seat, retries folded.
    refusals: u64,
    /// For how long who was refused is assumed to have kept a seat.
    hold_seconds: u64,
    /// Where that comes from.
    hold_is: HoldIs,
    /// A row for each number of further seats.
    items: Vec<WithMore>,
}

/// Where the assumed time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HoldIs {
    /// The call named it.
    Given,
    /// The median of the sessions that ended in the period.
    Median,
    /// An hour, because no session ended in the period.
    Assumed,
}

/// What would have been with so many more seats.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WithMore {
    /// Further seats.
    seats: u32,
    /// Refusals that would not have happened.
    avoided: u64,
    /// Refusals that would have happened nevertheless.
    left: u64,
}

impl WhatIf {
    pub(super) fn of(about: About, found: Replayed) -> Self {
        let item = |(seats, avoided): (u32, u64)| WithMore {
            seats,
            avoided,
            left: found.refusals - avoided,
        };
        Self {
            license: Id(about.license),
            from: Timestamp(about.from),
            to: Timestamp(about.to),
            complete: about.complete,
            refusals: found.refusals,
            hold_seconds: found.hold.secs_ceil(),
            hold_is: found.hold_is,
            items: (1..).zip(found.avoided).map(item).collect(),
        }
    }
}

impl Table for WhatIf {
    const COLUMNS: &'static [&'static str] = &["seats", "avoided", "left", "hold_seconds"];

    fn rows(&self) -> Vec<Vec<String>> {
        let row = |item: &WithMore| {
            vec![
                item.seats.to_string(),
                item.avoided.to_string(),
                item.left.to_string(),
                self.hold_seconds.to_string(),
            ]
        };
        self.items.iter().map(row).collect()
    }
}

/// When the seats will not be enough any more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForecastBody {
    license: id::LicenseId,
    /// The beginning of the period, which is not before the license's.
    from: Timestamp,
    /// The moment behind its end.
    to: Timestamp,
    /// Whether this node has the whole history of the period that was asked for.
    complete: bool,
    /// What there is to say.
    verdict: Verdict,
    /// Whole days that the trend is made of.
    days: u64,
    /// How many there must be.
    days_needed: u64,
    /// Seats that can be held at the end.
    capacity: u32,
    /// The peak of the busiest weekday at the end, as the trend has it.
    level: Option<f64>,
    /// By how many seats the daily peaks grow in a week: the 90 % interval's lower end.
    weekly_low: Option<f64>,
    /// The likely growth.
    weekly_likely: Option<f64>,
    /// The interval's upper end.
    weekly_high: Option<f64>,
    /// The earliest day, by the upper end, on which every seat will be in use; `null` if that is not within a year.
    earliest: Option<String>,
    /// The likely day.
    likely: Option<String>,
    /// The latest day, by the lower end.
    latest: Option<String>,
}

/// What a forecast comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// There are too few days for a trend.
    TooLittleData,
    /// The busiest weekdays use every seat already.
    Reached,
    /// It is likely within a year.
    Expected,
    /// It is not likely within a year.
    NotWithinAYear,
}

impl ForecastBody {
    pub(super) fn of(about: About, capacity: u32, days: &Days, found: Forecast) -> Self {
        let bare = Self {
            license: Id(about.license),
            from: Timestamp(about.from),
            to: Timestamp(about.to),
            complete: about.complete,
            verdict: Verdict::TooLittleData,
            days: days.peaks.len() as u64,
            days_needed: DAYS_MIN as u64,
            capacity,
            level: None,
            weekly_low: None,
            weekly_likely: None,
            weekly_high: None,
            earliest: None,
            likely: None,
            latest: None,
        };
        let Forecast::Trend(trend) = found else { return bare };
        let last = days.first + days.peaks.len() as u64 - 1;
        let day = |ahead: u32| {
            let ms = (last + u64::from(ahead)) * DAY_MS;
            let mut text = Timestamp(At::from_ms(ms)).to_string();
            text.truncate("2026-11-22".len());
            text
        };
        let weekly = trend.slope.map(|slope| Some(rounded(slope * 7.0)));
        Self {
            verdict: match trend.reached[1] {
                Some(0) => Verdict::Reached,
                Some(_) => Verdict::Expected,
                None => Verdict::NotWithinAYear,
            },
            level: Some(rounded(trend.level)),
            weekly_low: weekly[0],
            weekly_likely: weekly[1],
            weekly_high: weekly[2],
            earliest: trend.reached[0].map(day),
            likely: trend.reached[1].map(day),
            latest: trend.reached[2].map(day),
            ..bare
        }
    }
}

impl Table for ForecastBody {
    const COLUMNS: &'static [&'static str] = &[
        "days",
        "capacity",
        "level",
        "weekly_low",
        "weekly_likely",
        "weekly_high",
        "earliest",
        "likely",
        "latest",
    ];

    fn rows(&self) -> Vec<Vec<String>> {
        let figure = |figure: Option<f64>| figure.map(text).unwrap_or_default();
        vec![vec![
            self.days.to_string(),
            self.capacity.to_string(),
            figure(self.level),
            figure(self.weekly_low),
            figure(self.weekly_likely),
            figure(self.weekly_high),
            or_none(self.earliest.as_ref()),
            or_none(self.likely.as_ref()),
            or_none(self.latest.as_ref()),
        ]]
    }
}

/// The versions of the application that hold seats.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Versions {
    license: id::LicenseId,
    /// The cluster's clock.
    at: Timestamp,
    /// The versions, the most used first.
    items: Vec<VersionInUse>,
}

/// A version of an application.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionInUse {
    /// The application, as it names itself.
    app: Option<String>,
    /// Its version.
    version: Option<String>,
    /// The SDK and its version.
    sdk: Option<String>,
    /// Live sessions.
    sessions: u64,
    /// Holders.
    holders: u64,
}

impl Versions {
    pub(super) fn of(ledger: &Ledger, license: id::LicenseId) -> Self {
        type Said = [Option<String>; 3];
        let mut found: BTreeMap<Said, (u64, BTreeSet<HolderKey>)> = BTreeMap::new();
        for session in ledger.sessions_of(license.0, None) {
            let client = session.client.as_deref();
            let said = |text: Option<&std::sync::Arc<str>>| text.map(ToString::to_string);
            let key = [
                said(client.and_then(|client| client.app.as_ref())),
                said(client.and_then(|client| client.version.as_ref())),
                said(client.and_then(|client| client.sdk.as_ref())),
            ];
            let row = found.entry(key).or_default();
            row.0 += 1;
            row.1.insert(session.holder);
        }
        let item = |([app, version, sdk], (sessions, holders)): (Said, (u64, BTreeSet<HolderKey>))| VersionInUse {
            app,
            version,
            sdk,
            sessions,
            holders: holders.len() as u64,
        };
        let mut items: Vec<VersionInUse> = found.into_iter().map(item).collect();
        items.sort_by_key(|item| std::cmp::Reverse(item.sessions));
        Self {
            license,
            at: Timestamp(ledger.at()),
            items,
        }
    }
}

impl Table for Versions {
    const COLUMNS: &'static [&'static str] = &["app", "version", "sdk", "sessions", "holders"];

    fn rows(&self) -> Vec<Vec<String>> {
        let row = |item: &VersionInUse| {
            vec![
                or_none(item.app.as_ref()),
                or_none(item.version.as_ref()),
                or_none(item.sdk.as_ref()),
                item.sessions.to_string(),
                item.holders.to_string(),
            ]
        };
        self.items.iter().map(row).collect()
    }
}
