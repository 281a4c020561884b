//! When answers came, by the millisecond, to find when none did.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::report::Gap;

/// How many of the longest gaps are told, however short they are.
const GAPS_TOLD: usize = 5;

/// Gaps of this length are told all, as a kill of a leader makes them, but no more than so many.
const LONG: Duration = Duration::from_millis(100);
const LONG_TOLD: usize = 200;

/// One bit per millisecond of the measurement.
#[derive(Debug)]
pub(super) struct Timeline {
    words: Vec<AtomicU64>,
}

impl Timeline {
    pub(super) fn new(duration: Duration) -> Self {
        let words = usize::try_from(duration.as_millis() / 64 + 1).unwrap_or(0);
        Self {
            words: (0..words).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Notes an answer. One that comes after the end is not noted.
    pub(super) fn mark(&self, since_begin: Duration) {
        let ms = since_begin.as_millis();
        let word = usize::try_from(ms / 64).ok().and_then(|word| self.words.get(word));
        if let Some(word) = word {
            let bit = 1 << (ms % 64);
            // Most answers fall into a millisecond that is marked already.
            if word.load(Ordering::Relaxed) & bit == 0 {
                word.fetch_or(bit, Ordering::Relaxed);
            }
        }
    }

    /// The longest times between two answers, the longest first.
    pub(super) fn gaps(&self, begun_unix_ms: u64) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let mut last = None;
        for ms in self.marked() {
            if let Some(last) = last.replace(ms).filter(|last| ms - last > 1) {
                gaps.push(Gap {
                    from_unix_ms: begun_unix_ms + last,
                    to_unix_ms: begun_unix_ms + ms,
                });
            }
        }
        gaps.sort_by_key(|gap| std::cmp::Reverse(gap.length()));
        let long = gaps.iter().take_while(|gap| gap.length() >= LONG).count();
        gaps.truncate(long.clamp(GAPS_TOLD, LONG_TOLD));
        gaps
    }

    /// The longest time between two answers that reached beyond `from`.
    pub(super) fn silence_after(&self, from: Duration) -> Duration {
        let from = u64::try_from(from.as_millis()).unwrap_or(u64::MAX);
        let mut last = None;
        let silences = self.marked().filter_map(|ms| {
            let before = last.replace(ms)?;
            (ms > from).then_some(ms - before)
        });
        Duration::from_millis(silences.max().unwrap_or(0))
    }

    fn marked(&self) -> impl Iterator<Item = u64> {
        self.words.iter().zip(0_u64..).flat_map(|(word, at)| {
            let word = word.load(Ordering::Relaxed);
            (0..64)
                .filter(move |bit| word & (1 << bit) != 0)
                .map(move |bit| at * 64 + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(answers_at_ms: &[u64]) -> Timeline {
        let timeline = Timeline::new(Duration::from_secs(1));
        for ms in answers_at_ms {
            timeline.mark(Duration::from_millis(*ms));
        }
        timeline
    }

    #[test]
    fn the_longest_gap_comes_first() {
        let gaps = timeline(&[0, 1, 2, 64, 65, 900, 901]).gaps(1_000_000);
        let spans: Vec<(u64, u64)> = gaps.iter().map(|gap| (gap.from_unix_ms, gap.to_unix_ms)).collect();
        assert_eq!(spans, [(1_000_065, 1_000_900), (1_000_002, 1_000_064)]);
        assert_eq!(gaps[0].length(), Duration::from_millis(835));
    }

    #[test]
    fn a_silence_counts_from_the_last_answer_before_it() {
        let timeline = timeline(&[0, 300, 310, 700, 710]);
        assert_eq!(timeline.silence_after(Duration::from_millis(305)).as_millis(), 390);
        assert_eq!(timeline.silence_after(Duration::from_millis(705)).as_millis(), 10);
        assert_eq!(timeline.silence_after(Duration::from_millis(710)), Duration::ZERO);
    }

    #[test]
    fn silence_before_the_first_and_after_the_last_answer_is_no_gap() {
        assert!(timeline(&[500]).gaps(0).is_empty());
        assert!(timeline(&[]).gaps(0).is_empty());
    }

    #[test]
    fn an_answer_after_the_end_is_not_noted() {
        assert!(timeline(&[0, 1_000_000]).gaps(0).is_empty());
    }
}
