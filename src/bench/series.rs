//! What happened when: answers, failures and latencies, slot by slot over the measured time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

use super::measure::LATENCY_MAX_US;

/// A series has at most so many slots, so that it can be drawn and read, and takes little memory however long it is.
const SLOTS_MAX: usize = 150;

/// How long a slot may be. Each is a multiple of the one before, so that slots can be put together.
const SLOTS_MS: [u64; 9] = [100, 200, 1_000, 2_000, 10_000, 20_000, 60_000, 600_000, 3_600_000];

/// Slots of the measured time. When they become too many, longer ones take their place.
#[derive(Debug)]
pub(super) struct Series(Mutex<Slots>);

#[derive(Debug)]
struct Slots {
    /// Which of the lengths they have.
    length: usize,
    slots: Vec<Slot>,
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

impl Slot {
    fn new() -> Self {
        Self {
            latencies: Histogram::new_with_bounds(1, LATENCY_MAX_US, 1).expect("the bounds are in order"),
            failures: 0,
        }
    }

    fn add(&mut self, other: &Self) {
        let added = self.latencies.add(&other.latencies);
        added.expect("all histograms have the same bounds");
        self.failures += other.failures;
    }

    fn told(&self) -> Moment {
        let quantile = |quantile| Duration::from_micros(self.latencies.value_at_quantile(quantile));
        Moment {
            answers: self.latencies.len(),
            failures: self.failures,
            p50: quantile(0.50),
            p99: quantile(0.99),
        }
    }
}

impl Slots {
    /// The slot of a time, after making room for it; `None` after years.
    fn at(&mut self, since_begin: Duration) -> Option<&mut Slot> {
        let ms = since_begin.as_millis();
        let at = loop {
            let at = usize::try_from(ms / u128::from(SLOTS_MS[self.length])).ok()?;
            if at < SLOTS_MAX {
                break at;
            }
            self.lengthen()?;
        };
        while self.slots.len() <= at {
            self.slots.push(Slot::new());
        }
        self.slots.get_mut(at)
    }

    /// Puts slots together to longer ones.
    fn lengthen(&mut self) -> Option<()> {
        let together = SLOTS_MS.get(self.length + 1)? / SLOTS_MS[self.length];
        let together = usize::try_from(together).ok()?;
        let longer = self.slots.chunks(together).map(|shorter| {
            let mut slot = Slot::new();
            for other in shorter {
                slot.add(other);
            }
            slot
        });
        self.slots = longer.collect();
        self.length += 1;
        Some(())
    }
}

impl Series {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Slots {
            length: 0,
            slots: Vec::new(),
        }))
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an answer when it came.
    pub(super) fn answered(&self, since_begin: Duration, took_us: u64) {
        if let Some(slot) = self.slots().at(since_begin) {
            slot.latencies.saturating_record(took_us);
        }
    }

    /// Notes a failure when it showed.
    pub(super) fn failed(&self, since_begin: Duration) {
        if let Some(slot) = self.slots().at(since_begin) {
            slot.failures += 1;
        }
    }

    /// The slots of the time that was measured.
    pub(super) fn history(&self, measured: Duration) -> History {
        let mut slots = self.slots();
        // What was silent at the end belongs to it as well.
        slots.at(measured.saturating_sub(Duration::from_millis(1)));
        let slot = Duration::from_millis(SLOTS_MS[slots.length]);
        let begun = usize::try_from(measured.as_nanos().div_ceil(slot.as_nanos())).unwrap_or(usize::MAX);
        History {
            slot,
            moments: slots.slots.iter().take(begun).map(Slot::told).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn slots_are_few_however_long_it_lasts_and_keep_what_they_held() {
        let series = Series::new();
        for seconds in 0..600 {
            series.answered(SECOND * seconds, 1_000);
        }
        let history = series.history(600 * SECOND);
        assert_eq!((history.slot.as_secs(), history.moments.len()), (10, 60));
        assert!(history.moments.iter().all(|moment| moment.answers == 10), "{history:?}");
    }

    #[test]
    fn an_answer_counts_in_the_slot_it_came_in() {
        let series = Series::new();
        for ms in [0, 99, 100] {
            series.answered(Duration::from_millis(ms), 1_000);
        }
        series.failed(Duration::from_millis(250));
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
