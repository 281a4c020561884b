//! Seats that were never needed.

use serde::Serialize;
use utoipa::ToSchema;

use super::{AboutFigure, or_none, rounded};
use crate::analytics::duration::Durations;
use crate::api::analytics::report::Table;

/// What was used of what there is. Of a period of which nothing is on record (`from` is `to` then) every figure is `null`.
#[derive(Debug, Serialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "they are the names of the document")]
pub(crate) struct Idle {
    #[serde(flatten)]
    about: AboutFigure,
    /// Seats that can be held at its end.
    capacity: u32,
    /// The most in use at any moment.
    max: Option<u32>,
    /// The least number of seats that was enough for 95 % of the time.
    p95: Option<u32>,
    /// Seats in use on average, weighted by time.
    mean: Option<f64>,
    /// Seats that were never in use at once.
    idle_at_max: Option<u32>,
    /// Seats that were not in use for 95 % of the time.
    idle_at_p95: Option<u32>,
    /// For which share of the time every seat was in use, from 0 to 1.
    full_share: Option<f64>,
}

impl Idle {
    pub(in crate::api::analytics) fn of(about: AboutFigure, found: &Durations) -> Self {
        let total_ms = found.total_ms();
        let is_known = total_ms > 0;
        let (max, p95) = (found.max, found.enough_for(95));
        let idle_at = |seats: u32| found.capacity.saturating_sub(seats);
        Self {
            about,
            capacity: found.capacity,
            max: is_known.then_some(max),
            p95: is_known.then_some(p95),
            mean: is_known.then(|| rounded(found.mean())),
            idle_at_max: is_known.then(|| idle_at(max)),
            idle_at_p95: is_known.then(|| idle_at(p95)),
            full_share: is_known.then(|| rounded(found.full_ms as f64 / total_ms as f64)),
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
            or_none(self.max),
            or_none(self.p95),
            or_none(self.mean),
            or_none(self.idle_at_max),
            or_none(self.idle_at_p95),
            or_none(self.full_share),
        ]]
    }

    fn period(&self) -> Option<&AboutFigure> {
        Some(&self.about)
    }
}
