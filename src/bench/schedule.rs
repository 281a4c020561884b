//! When calls are due in an open loop: a plan that is made without looking at the answers.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::chance::Chance;

/// The fewest calls in a second.
const RATE_MIN: f64 = 0.01;

/// The most: more than that, and the plan itself would cost what is measured.
const RATE_MAX: f64 = 1_000_000.0;

/// Calls in a second.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Rate(f64);

/// A text that is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected calls in a second, from 0.01 to 1000000, such as 500 or 500/s")]
pub struct ParseRateError;

impl Rate {
    /// So many calls in a second, if it is a number that calls can come at.
    pub fn new(per_second: f64) -> Option<Self> {
        (RATE_MIN..=RATE_MAX).contains(&per_second).then_some(Self(per_second))
    }

    /// Calls in a second.
    pub const fn per_second(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Rate {
    type Err = ParseRateError;

    fn from_str(text: &str) -> Result<Self, ParseRateError> {
        let number = text.strip_suffix("/s").unwrap_or(text);
        number.parse().ok().and_then(Self::new).ok_or(ParseRateError)
    }
}

/// How calls follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrivals {
    /// As those of many who do not know of each other: at random, in bursts and with pauses.
    Poisson,
    /// At the same distance.
    Fixed,
}

/// A text that is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `poisson` (at random, as from many clients) or `fixed` (at the same distance)")]
pub struct ParseArrivalsError;

impl Arrivals {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Poisson => "poisson",
            Self::Fixed => "fixed",
        }
    }
}

impl FromStr for Arrivals {
    type Err = ParseArrivalsError;

    fn from_str(text: &str) -> Result<Self, ParseArrivalsError> {
        let all = [Self::Poisson, Self::Fixed];
        all.into_iter()
            .find(|arrivals| arrivals.name() == text)
            .ok_or(ParseArrivalsError)
    }
}

/// When each call is due, counted from the beginning. It has no end.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    mean: f64,
    arrivals: Arrivals,
    chance: Chance,
    planned: u64,
    /// When the last random one was due, in seconds.
    at: f64,
}

impl Schedule {
    /// The same seed makes the same plan.
    pub(super) fn new(rate: Rate, arrivals: Arrivals, seed: u64) -> Self {
        Self {
            mean: 1.0 / rate.per_second(),
            arrivals,
            chance: Chance(seed),
            planned: 0,
            at: 0.0,
        }
    }

    /// When the next call is due.
    pub(super) fn next_due(&mut self) -> Duration {
        let seconds = match self.arrivals {
            Arrivals::Poisson => {
                // The distance between two of many independent events is exponentially distributed.
                self.at -= self.chance.open_unit().ln() * self.mean;
                self.at
            }
            #[allow(clippy::cast_precision_loss, reason = "2^53 calls are more than any plan has")]
            Arrivals::Fixed => self.planned as f64 * self.mean,
        };
        self.planned += 1;
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dues(arrivals: Arrivals, seed: u64, count: usize) -> Vec<f64> {
        let rate = Rate::new(1_000.0).expect("calls can come at it");
        let mut schedule = Schedule::new(rate, arrivals, seed);
        (0..count).map(|_| schedule.next_due().as_secs_f64()).collect()
    }

    #[test]
    fn a_rate_is_a_number_that_calls_can_come_at() {
        assert_eq!("500".parse(), Ok(Rate(500.0)));
        assert_eq!("500/s".parse(), Ok(Rate(500.0)));
        assert_eq!("0.5".parse(), Ok(Rate(0.5)));
        for text in ["", "0", "-1", "NaN", "inf", "500/m", "1e9", "many", "/s", "0.001"] {
            assert_eq!(text.parse::<Rate>(), Err(ParseRateError), "{text}");
        }
        assert_eq!(Rate(500.0).to_string(), "500");
    }

    #[test]
    fn fixed_calls_come_at_the_same_distance_and_do_not_drift() {
        let dues = dues(Arrivals::Fixed, 1, 1_000_001);
        assert!((dues[1] - 0.001).abs() < 1e-9);
        assert!((dues[1_000_000] - 1_000.0).abs() < 1e-6, "{}", dues[1_000_000]);
    }

    #[test]
    #[allow(clippy::cast_precision_loss, reason = "counts of a test are small")]
    fn random_calls_come_at_the_rate_and_vary_as_independent_ones_do() {
        let dues = dues(Arrivals::Poisson, 7, 100_000);
        assert!(dues.is_sorted());
        let gaps: Vec<f64> = dues.windows(2).map(|two| two[1] - two[0]).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!((mean - 0.001).abs() < 0.000_02, "{mean}");
        // Of an exponential distribution the deviation is the mean.
        assert!(
            (variance.sqrt() / mean - 1.0).abs() < 0.03,
            "{}",
            variance.sqrt() / mean
        );
    }

    #[test]
    fn a_seed_is_a_plan() {
        assert_eq!(dues(Arrivals::Poisson, 3, 100), dues(Arrivals::Poisson, 3, 100));
        assert_ne!(dues(Arrivals::Poisson, 3, 100), dues(Arrivals::Poisson, 4, 100));
    }
}
