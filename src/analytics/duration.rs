//! How long how many seats were in use, and what of the capacity was never needed.

use std::collections::BTreeMap;

use super::history::History;

/// How long each number of seats was in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Durations {
    /// Milliseconds by seats in use.
    by_seats: BTreeMap<u32, u64>,
    /// The most at any moment, however short.
    pub(crate) max: u32,
    /// Milliseconds in which every seat was in use.
    pub(crate) full_ms: u64,
    /// Seats that may be held at the end.
    pub(crate) capacity: u32,
}

/// One point of the duration curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AtLeast {
    /// So many seats or more …
    pub(crate) seats: u32,
    /// … were in use for so many milliseconds.
    pub(crate) ms: u64,
}

/// Adds up a history.
pub(crate) fn durations(history: &History) -> Durations {
    let mut found = Durations {
        by_seats: BTreeMap::new(),
        max: 0,
        full_ms: 0,
        capacity: history.limit,
    };
    for (from, to, step) in history.stretches() {
        let ms = to.since(from).ms();
        if ms > 0 {
            *found.by_seats.entry(step.in_use).or_insert(0) += ms;
        }
        if step.limit > 0 && step.in_use >= step.limit {
            found.full_ms += ms;
        }
        found.max = found.max.max(step.in_use);
        found.capacity = step.limit;
    }
    found
}

impl Durations {
    /// Milliseconds altogether.
    pub(crate) fn total_ms(&self) -> u64 {
        self.by_seats.values().sum()
    }

    /// The curve: a point for 0 and for each number of seats that was in use for some time. Between two points it is as
    /// high as at the greater.
    pub(crate) fn curve(&self) -> Vec<AtLeast> {
        let mut ms = 0;
        let mut points: Vec<AtLeast> = Vec::with_capacity(self.by_seats.len() + 1);
        for (seats, more) in self.by_seats.iter().rev() {
            ms += more;
            points.push(AtLeast { seats: *seats, ms });
        }
        if points.last().is_none_or(|point| point.seats > 0) {
            points.push(AtLeast { seats: 0, ms });
        }
        points.reverse();
        points
    }

    /// The least number of seats that was enough for so many percent of the time.
    pub(crate) fn enough_for(&self, percent: u64) -> u32 {
        let needed = u128::from(self.total_ms()) * u128::from(percent);
        let mut ms = 0_u128;
        for (seats, more) in &self.by_seats {
            ms += u128::from(*more) * 100;
            if ms >= needed {
                return *seats;
            }
        }
        0
    }

    /// Seats in use on average, weighted by time.
    pub(crate) fn mean(&self) -> f64 {
        let seat_ms = self.by_seats.iter().map(|(seats, ms)| f64::from(*seats) * *ms as f64);
        seat_ms.sum::<f64>() / (self.total_ms().max(1)) as f64
    }
}
