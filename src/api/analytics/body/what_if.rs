//! What more seats would have changed.

use serde::Serialize;
use utoipa::ToSchema;

use super::AboutFigure;
use crate::api::analytics::Replayed;
use crate::api::analytics::report::Table;

/// What would have been with more seats.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhatIf {
    #[serde(flatten)]
    about: AboutFigure,
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
    pub(in crate::api::analytics) fn of(about: AboutFigure, found: Replayed) -> Self {
        let item = |(seats, avoided): (u32, u64)| WithMore {
            seats,
            avoided,
            left: found.refusals - avoided,
        };
        Self {
            about,
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

    fn period(&self) -> Option<&AboutFigure> {
        Some(&self.about)
    }
}
