//! The exact peak of each hour.

use licensing::time::At;
use serde::Serialize;
use utoipa::ToSchema;

use super::AboutFigure;
use crate::analytics::HOUR_MS;
use crate::analytics::peaks::Peak;
use crate::api::analytics::report::Table;
use crate::api::time::Timestamp;

/// The peaks of a license's hours.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Peaks {
    #[serde(flatten)]
    about: AboutFigure,
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
    pub(in crate::api::analytics) fn of(about: AboutFigure, rows: &[Peak]) -> Self {
        let item = |row: &Peak| PeakHour {
            hour: Timestamp(At::from_ms(u64::from(row.hour.get()) * HOUR_MS)),
            peak: row.peak,
            capacity: row.capacity,
            refused: row.refused,
            refusals: row.refusals,
        };
        Self {
            about,
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
