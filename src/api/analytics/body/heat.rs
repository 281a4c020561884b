//! Which hours of the week are busy.

use serde::Serialize;
use utoipa::ToSchema;

use super::{AboutFigure, or_none, rounded};
use crate::analytics::heat::Cell;
use crate::api::analytics::report::Table;

/// The hours of the week.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeatMap {
    #[serde(flatten)]
    about: AboutFigure,
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
    /// The most at any moment; `null` if the period has none.
    peak: Option<u32>,
    /// Refusals, retries folded; `null` if the period has none of these hours.
    refusals: Option<u64>,
    /// How many seconds of the period lie in such hours.
    seconds: u64,
}

impl HeatMap {
    pub(in crate::api::analytics) fn of(about: AboutFigure, utc_offset: i32, cells: &[Cell]) -> Self {
        let hour = |place: usize| u8::try_from(place % 24).unwrap_or_default();
        let weekday = |place: usize| u8::try_from(place / 24 + 1).unwrap_or_default();
        let item = |(place, cell): (usize, &Cell)| HeatHour {
            weekday: weekday(place),
            hour: hour(place),
            mean: cell.mean().map(rounded),
            peak: (cell.ms > 0).then_some(cell.peak),
            refusals: (cell.ms > 0).then_some(cell.refusals),
            seconds: cell.ms / 1_000,
        };
        Self {
            about,
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
                or_none(item.peak),
                or_none(item.refusals),
                item.seconds.to_string(),
            ]
        };
        self.items.iter().map(row).collect()
    }

    fn period(&self) -> Option<&AboutFigure> {
        Some(&self.about)
    }
}
