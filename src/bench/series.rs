//! What happened when: answers, failures and latencies, slot by slot over the measured time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

use super::measure::LATENCY_MAX_US;

/// A series has at most so many slots, so that it can be drawn and read, and takes little memory however long it is.
const SLOTS_MAX: u128 = 150;

/// How long a slot may be.
const SLOTS_MS: [u64; 12] = [
    100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 3_600_000,
];

/// Slots of the measured time.
#[derive(Debug)]
pub(super) struct Series {
    slot: Duration,
    slots: Vec<Mutex<Slot>>,
}

#[derive(Debug)]
struct Slot {
    /// Coarse, to a sixteenth: there are many of them.
    latencies: Histogram<u32>,
    failures: u64,
}

/// One slot, told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Calls that were answered as they should be.
    pub answers: u64,
    /// Calls that were not.
    pub failures: u64,
    /// Half of the answers took no longer.
    pub p50: Duration,
    /// 99 of 100 took no longer.
    pub p99: Duration,
}

/// What happened when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// How long each of the moments is.
    pub slot: Duration,
    /// One after the other; the last may be cut short.
    pub moments: Vec<Moment>,
}

impl Series {
    pub(super) fn new(duration: Duration) -> Self {
        let fits = |ms: &&u64| duration.as_millis().div_ceil(u128::from(**ms)) <= SLOTS_MAX;
        let slot_ms = SLOTS_MS.iter().find(fits).copied().unwrap_or(3_600_000);
        let slots = duration.as_millis().div_ceil(u128::from(slot_ms)).min(SLOTS_MAX);
        let slot = || {
            Mutex::new(Slot {
                latencies: Histogram::new_with_bounds(1, LATENCY_MAX_US, 1).expect("the bounds are in order"),
                failures: 0,
            })
        };
        Self {
            slot: Duration::from_millis(slot_ms),
            slots: (0..slots).map(|_| slot()).collect(),
        }
    }

    fn at(&self, since_begin: Duration) -> Option<MutexGuard<'_, Slot>> {
        let at = since_begin.as_nanos() / self.slot.as_nanos();
        let slot = usize::try_from(at).ok().and_then(|at| self.slots.get(at))?;
        Some(slot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes an answer when it came. One after the end is not noted.
    pub(super) fn answered(&self, since_begin: Duration, took_us: u64) {
        if let Some(mut slot) = self.at(since_begin) {
            slot.latencies.saturating_record(took_us);
        }
    }

    /// Notes a failure when it showed.
    pub(super) fn failed(&self, since_begin: Duration) {
        if let Some(mut slot) = self.at(since_begin) {
            slot.failures += 1;
        }
    }

    /// The slots of the time that was measured.
    pub(super) fn history(&self, measured: Duration) -> History {
        let begun = measured.as_nanos().div_ceil(self.slot.as_nanos());
        let begun = usize::try_from(begun).unwrap_or(usize::MAX);
        let told = |slot: &Mutex<Slot>| {
            let slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            let quantile = |quantile| Duration::from_micros(slot.latencies.value_at_quantile(quantile));
            Moment {
                answers: slot.latencies.len(),
                failures: slot.failures,
                p50: quantile(0.50),
                p99: quantile(0.99),
            }
        };
        History {
            slot: self.slot,
            moments: self.slots.iter().take(begun).map(told).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn slots_are_few_however_long_it_lasts() {
        for (seconds, slot_ms, slots) in [
            (10, 100, 100),
            (60, 500, 120),
            (600, 5_000, 120),
            (360_000, 3_600_000, 100),
        ] {
            let series = Series::new(SECOND * seconds);
            assert_eq!(
                (series.slot.as_millis(), series.slots.len()),
                (slot_ms, slots),
                "{seconds} s"
            );
        }
    }

    #[test]
    fn an_answer_counts_in_the_slot_it_came_in() {
        let series = Series::new(10 * SECOND);
        for ms in [0, 99, 100] {
            series.answered(Duration::from_millis(ms), 1_000);
        }
        series.failed(Duration::from_millis(250));
        series.answered(11 * SECOND, 1_000);
        let history = series.history(Duration::from_millis(350));
        let counts: Vec<(u64, u64)> = history
            .moments
            .iter()
            .map(|slot| (slot.answers, slot.failures))
            .collect();
        assert_eq!(counts, [(2, 0), (1, 0), (0, 1), (0, 0)]);
        let p99_us = history.moments[0].p99.as_micros();
        assert!((1_000..1_070).contains(&p99_us), "{p99_us}");
    }
}
