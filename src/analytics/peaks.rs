//! The peak of each hour, with the capacity and the refusals on the same axis.

use licensing::time::{At, Hour};

use super::HOUR_MS;
use super::fold::fold_events;
use super::history::{History, What};

/// One hour of a license.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_field_names, reason = "the hour's peak is what it is called")]
pub(crate) struct Peak {
    /// Which.
    pub(crate) hour: Hour,
    /// The most seats held at any moment of it, also those carried over from the hour before.
    pub(crate) peak: u32,
    /// Seats that may be held at its end.
    pub(crate) capacity: u32,
    /// Acquires refused for any reason.
    pub(crate) refused: u64,
    /// The same, those that one holder repeated within ten minutes counted once, in the hour of the first.
    pub(crate) refusals: u64,
}

/// The hours that a history touches, in their order.
pub(crate) fn peaks(history: &History) -> Vec<Peak> {
    let first = Hour::of(history.period.from).get();
    let behind = history.period.to.ms().div_ceil(HOUR_MS);
    let behind = u32::try_from(behind).unwrap_or(u32::MAX).max(first);
    let mut hours: Vec<Peak> = (first..behind)
        .map(|hour| Peak {
            hour: Hour::new(hour),
            peak: 0,
            capacity: 0,
            refused: 0,
            refusals: 0,
        })
        .collect();
    let place = |at: At| (Hour::of(at).get().saturating_sub(first)) as usize;
    for (from, to, step) in history.stretches() {
        // What holds when an hour begins counts in it, even if it changes in that very moment.
        for hour in hours.iter_mut().take(place(to) + 1).skip(place(from)) {
            hour.peak = hour.peak.max(step.in_use);
            hour.capacity = step.limit;
        }
    }
    for event in &history.events {
        if let (What::Refused(..), Some(hour)) = (event.what, hours.get_mut(place(event.at))) {
            hour.refused += 1;
        }
    }
    for row in fold_events(history) {
        if let Some(hour) = hours.get_mut(place(row.first)) {
            hour.refusals += 1;
        }
    }
    hours
}
