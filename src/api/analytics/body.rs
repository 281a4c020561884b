//! The figures as the API shows them, one file each.

mod curve;
mod forecast;
mod heat;
mod idle;
mod peaks;
mod versions;
mod what_if;

use licensing::id::LicenseId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::analytics::history::History;
use crate::api::id::{self, Id};
use crate::api::time::Timestamp;

pub(super) use curve::Curve;
pub(super) use forecast::ForecastBody;
pub(super) use heat::HeatMap;
pub(super) use idle::Idle;
pub(super) use peaks::Peaks;
pub(super) use versions::Versions;
pub(super) use what_if::{HoldIs, WhatIf};

/// What every figure begins with.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct AboutFigure {
    license: id::LicenseId,
    /// The beginning of the period, which is not before the license's, nor before what is kept.
    from: Timestamp,
    /// The moment behind its end.
    to: Timestamp,
    /// Whether this node has the whole history of the period that was asked for.
    complete: bool,
    /// Since when history is kept: what was before is dropped. `null` if nothing was dropped.
    kept_from: Option<Timestamp>,
}

impl AboutFigure {
    /// What of it stands in tables.
    pub(super) const COLUMNS: [&str; 3] = ["from", "to", "complete"];

    /// The same as texts.
    pub(super) fn cells(&self) -> [String; 3] {
        [self.from.to_string(), self.to.to_string(), self.complete.to_string()]
    }

    pub(super) fn of(license: LicenseId, history: &History) -> Self {
        Self {
            license: Id(license),
            from: Timestamp(history.period.from),
            to: Timestamp(history.period.to),
            complete: history.complete,
            kept_from: history.kept_from.map(Timestamp),
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
