//! Seats that were never needed.

use serde::Serialize;
use utoipa::ToSchema;

use super::{AboutFigure, rounded};
use crate::analytics::duration::Durations;
use crate::api::analytics::report::Table;

/// What was used of what there is.
#[derive(Debug, Serialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "they are the names of the document")]
pub(crate) struct Idle {
    #[serde(flatten)]
    about: AboutFigure,
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
    pub(in crate::api::analytics) fn of(about: AboutFigure, found: &Durations) -> Self {
        let p95 = found.enough_for(95);
        Self {
            about,
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

    fn period(&self) -> Option<&AboutFigure> {
        Some(&self.about)
    }
}
