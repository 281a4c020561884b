//! When the seats will not be enough any more: the trend of the daily peaks, with an interval.
//!
//! The slope is the median of the slopes between all pairs of days that are the same day of the week (Sen's estimator
//! with seasons of a week, as Hirsch, Slack and Smith published it in 1982), so weekends and single odd days do not bend
//! it. Its 90 % interval comes from the ranks of these slopes, by the variance of Kendall's S with ties. The line lies on
//! the weekday with the highest peaks, and turns around the middle of the period.

use super::DAY_MS;
use super::history::History;

/// Fewer whole days than this say nothing about weeks.
pub(crate) const DAYS_MIN: usize = 28;

/// A forecast looks no further than this many days ahead.
pub(crate) const DAYS_AHEAD_MAX: u32 = 365;

/// The quantile of the normal distribution that leaves 5 % on either side.
const Z90: f64 = 1.645;

const WEEK: usize = 7;

/// The peak of each whole day of a history, on a clock that is so many minutes ahead of UTC, and the number of the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Days {
    /// Days since 1970.
    pub(crate) first: u64,
    /// In their order.
    pub(crate) peaks: Vec<u32>,
}

/// What is to be expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Forecast {
    /// There are too few days to say.
    TooLittle,
    /// There is a trend.
    Trend(Trend),
}

/// A trend of daily peaks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Trend {
    /// Seats a day: the least and the most of the interval, and in between the likely one.
    pub(crate) slope: [f64; 3],
    /// The busiest weekday's peak as the line has it on the last day.
    pub(crate) level: f64,
    /// The first day on which the line reaches the capacity, by the steepest slope, the likely one and the least, counted
    /// from the last day on; `None` if none within a year does.
    pub(crate) reached: [Option<u32>; 3],
}

/// The daily peaks of a history.
pub(crate) fn days(history: &History, minutes_ahead: i32) -> Days {
    let local = |ms: u64| ms.saturating_add_signed(i64::from(minutes_ahead) * 60_000);
    let first = local(history.period.from.ms()).div_ceil(DAY_MS);
    let behind = local(history.period.to.ms()) / DAY_MS;
    let count = usize::try_from(behind.saturating_sub(first)).unwrap_or(0);
    let mut peaks = vec![0_u32; count];
    for (from, to, step) in history.stretches() {
        let (from, to) = (local(from.ms()) / DAY_MS, local(to.ms()) / DAY_MS);
        for day in from.max(first)..=to.min(behind.saturating_sub(1)) {
            if let Some(peak) = usize::try_from(day - first).ok().and_then(|place| peaks.get_mut(place)) {
                *peak = (*peak).max(step.in_use);
            }
        }
    }
    Days { first, peaks }
}

/// What the peaks of consecutive days say about reaching a capacity.
pub(crate) fn forecast(peaks: &[u32], capacity: u32) -> Forecast {
    if peaks.len() < DAYS_MIN {
        return Forecast::TooLittle;
    }
    let slopes = slopes(peaks);
    let slope = [rank(&slopes, false, peaks), median(&slopes), rank(&slopes, true, peaks)];
    let middle = (peaks.len() - 1) as f64 / 2.0;
    let levels = (0..WEEK).map(|weekday| level(peaks, weekday, slope[1], middle));
    let level = levels.fold(f64::MIN, f64::max);
    // The last day is as far behind the middle as the first is before it.
    let at_end = |slope: f64| level + slope * middle;
    let reached = [slope[2], slope[1], slope[0]].map(|slope| days_until(at_end(slope), slope, capacity));
    Forecast::Trend(Trend {
        slope,
        level: at_end(slope[1]),
        reached,
    })
}

/// The slopes between all pairs of the same weekday, in their order.
fn slopes(peaks: &[u32]) -> Vec<f64> {
    let mut slopes = Vec::new();
    for (at, early) in peaks.iter().enumerate() {
        let later = peaks.iter().enumerate().skip(at + WEEK).step_by(WEEK);
        slopes.extend(later.map(|(then, late)| (f64::from(*late) - f64::from(*early)) / (then - at) as f64));
    }
    slopes.sort_unstable_by(f64::total_cmp);
    slopes
}

fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    match sorted.len() % 2 {
        0 => f64::midpoint(sorted[half - 1], sorted[half]),
        _ => sorted[half],
    }
}

/// The upper or the lower end of the slopes' interval.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank is a small whole number, and not negative"
)]
fn rank(slopes: &[f64], upper: bool, peaks: &[u32]) -> f64 {
    let reach = Z90 * variance(peaks).sqrt();
    let count = slopes.len() as f64;
    let last = slopes.len() - 1;
    // Ranks are counted from 1 and rounded away from the middle.
    let place = if upper {
        f64::midpoint(count, reach).ceil()
    } else {
        ((count - reach) / 2.0).floor() - 1.0
    };
    slopes[(place.max(0.0) as usize).min(last)]
}

/// The variance of Kendall's S over the weekdays, if there were no trend.
fn variance(peaks: &[u32]) -> f64 {
    let part = |count: usize| (count * count.saturating_sub(1) * (2 * count + 5)) as f64;
    let of_weekday = |weekday: usize| {
        let mut values: Vec<u32> = peaks.iter().skip(weekday).step_by(WEEK).copied().collect();
        values.sort_unstable();
        let ties: f64 = values
            .chunk_by(|one, next| one == next)
            .map(|tied| part(tied.len()))
            .sum();
        (part(values.len()) - ties) / 18.0
    };
    (0..WEEK).map(of_weekday).sum()
}

/// How high a weekday lies in the middle of the period, if all its days are moved there along the slope.
fn level(peaks: &[u32], weekday: usize, slope: f64, middle: f64) -> f64 {
    let days = peaks.iter().enumerate().skip(weekday).step_by(WEEK);
    let mut moved: Vec<f64> = days
        .map(|(day, peak)| f64::from(*peak) - slope * (day as f64 - middle))
        .collect();
    moved.sort_unstable_by(f64::total_cmp);
    median(&moved)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "days are whole, within a year and not negative"
)]
fn days_until(level: f64, slope: f64, capacity: u32) -> Option<u32> {
    let missing = f64::from(capacity) - level;
    if missing <= 0.0 {
        return Some(0);
    }
    let days = (missing / slope).ceil();
    (slope > 0.0 && days <= f64::from(DAYS_AHEAD_MAX)).then_some(days as u32)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "these figures are made to be exact")]

    use proptest::prelude::*;

    use super::*;

    fn trend(peaks: &[u32], capacity: u32) -> Trend {
        match forecast(peaks, capacity) {
            Forecast::Trend(trend) => trend,
            Forecast::TooLittle => panic!("{} days are enough", peaks.len()),
        }
    }

    /// Weekdays that grow by a seat a week, and weekends that do so at a third.
    fn growing(days: u32) -> Vec<u32> {
        (0..days)
            .map(|day| if day % 7 < 5 { 30 + day / 7 } else { 10 + day / 7 })
            .collect()
    }

    #[test]
    fn four_weeks_are_needed() {
        assert_eq!(forecast(&growing(27), 100), Forecast::TooLittle);
        assert_ne!(forecast(&growing(28), 100), Forecast::TooLittle);
    }

    #[test]
    fn steady_growth_reaches_the_capacity_when_arithmetic_says_so() {
        let found = trend(&growing(70), 50);
        assert_eq!(found.slope, [1.0 / 7.0; 3]);
        // In the tenth week the busiest weekdays are at 39. Eleven more seats take eleven weeks, from its Monday on.
        let [earliest, likely, latest] = found.reached.map(Option::unwrap);
        assert_eq!((earliest, latest), (likely, likely));
        assert!((67..=77).contains(&likely), "{likely}");
    }

    #[test]
    fn what_does_not_grow_is_never_reached_and_what_is_reached_is_so_today() {
        let flat = vec![20; 60];
        assert_eq!(trend(&flat, 21).reached, [None; 3]);
        assert_eq!(trend(&flat, 20).reached, [Some(0); 3]);
        let slow: Vec<u32> = (0..60).map(|day| 20 + day / 30).collect();
        assert_eq!(trend(&slow, 500).reached, [None; 3]);
    }

    #[test]
    fn an_odd_day_does_not_bend_the_line() {
        let mut peaks = growing(70);
        peaks[33] = 400;
        peaks[60] = 0;
        assert_eq!(trend(&peaks, 50).slope[1], 1.0 / 7.0);
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_likely_day(peaks in prop::collection::vec(0_u32..50, DAYS_MIN..120), capacity in 0_u32..80) {
            let Trend { slope, reached, .. } = trend(&peaks, capacity);
            prop_assert!(slope[0] <= slope[1] && slope[1] <= slope[2], "{slope:?}");
            // Never is later than any day.
            let [earliest, likely, latest] = reached.map(|day| day.unwrap_or(u32::MAX));
            prop_assert!(earliest <= likely && likely <= latest, "{reached:?}");
        }

        #[test]
        fn a_planted_trend_lies_in_the_interval_most_of_the_time(seed in 0_u64..1_000) {
            // Not a law for each draw: that it holds in nine of ten is checked over all of these.
            let inside = (0..20_u64).filter(|nth| {
                let noise = |day: u64| {
                    let mixed = (seed * 20 + nth).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ day.wrapping_mul(0xd1b5_4a32_d192_ed03);
                    u32::try_from((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 61).unwrap()
                };
                let peaks: Vec<u32> = (0..84).map(|day| 20 + u32::try_from(day).unwrap() / 7 + noise(day)).collect();
                let slope = trend(&peaks, 100).slope;
                slope[0] <= 1.0 / 7.0 && 1.0 / 7.0 <= slope[2]
            });
            prop_assert!(inside.count() >= 12);
        }
    }
}
