//! When the seats will not be enough any more.

use licensing::time::At;
use serde::Serialize;
use utoipa::ToSchema;

use super::{AboutFigure, or_none, rounded, text};
use crate::analytics::DAY_MS;
use crate::analytics::forecast::{DAYS_MIN, Days, Forecast};
use crate::api::analytics::report::Table;
use crate::api::time::Timestamp;

/// When the seats will not be enough any more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForecastBody {
    #[serde(flatten)]
    about: AboutFigure,
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
    pub(in crate::api::analytics) fn of(about: AboutFigure, capacity: u32, days: &Days, found: Forecast) -> Self {
        let bare = Self {
            about,
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

    fn period(&self) -> Option<&AboutFigure> {
        Some(&self.about)
    }
}
