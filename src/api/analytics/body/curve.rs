//! The duration curve.

use serde::Serialize;
use utoipa::ToSchema;

use super::{AboutFigure, rounded};
use crate::analytics::duration::{AtLeast, Durations};
use crate::api::analytics::report::Table;

/// For how long how many seats were in use.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Curve {
    #[serde(flatten)]
    about: AboutFigure,
    /// Seats that can be held at its end.
    capacity: u32,
    /// The points. Between two of them the curve is as high as at the one with more seats. There are none of a period of
    /// which nothing is on record.
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
    pub(in crate::api::analytics) fn of(about: AboutFigure, found: &Durations) -> Self {
        let total_ms = found.total_ms();
        let points = if total_ms > 0 { found.curve() } else { Vec::new() };
        let point = |point: AtLeast| CurvePoint {
            seats: point.seats,
            share: rounded(point.ms as f64 / total_ms as f64),
            milliseconds: point.ms,
        };
        Self {
            about,
            capacity: found.capacity,
            items: points.into_iter().map(point).collect(),
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

    fn period(&self) -> Option<&AboutFigure> {
        Some(&self.about)
    }
}
