//! What a measurement tells.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

use super::measure::Kind;
use super::open::Offered;
use super::series::{History, Moment};
use super::used::NodeUse;

/// What a measurement came to.
#[derive(Debug, Clone)]
pub struct Report {
    /// How many clients there were.
    pub clients: usize,
    /// How long it counted.
    pub measured: Duration,
    /// The kinds of calls that were answered as they should be.
    pub calls: Vec<CallReport>,
    /// What went wrong how often, by code.
    pub errors: BTreeMap<String, u64>,
    /// Who answered.
    pub nodes: Vec<NodeReport>,
    /// The longest times without a good answer, the longest first.
    pub gaps: Vec<Gap>,
    /// When it began to count.
    pub begun_unix_ms: u64,
    /// What happened when.
    pub history: History,
    /// What was to be sent, if that was planned and not left to the answers.
    pub offered: Option<Offered>,
    /// What the nodes used, if they were asked.
    pub used: Vec<NodeUse>,
}

/// One kind of call.
#[derive(Debug, Clone)]
pub struct CallReport {
    /// Which.
    pub kind: Kind,
    /// How many were answered.
    pub count: u64,
    /// How many in a second.
    pub rate: f64,
    /// Half of them took no longer.
    pub p50: Duration,
    /// 95 of 100 took no longer.
    pub p95: Duration,
    /// 99 of 100 took no longer.
    pub p99: Duration,
    /// None took longer.
    pub max: Duration,
    /// Which share took no longer than what, up to all.
    pub curve: Vec<(f64, Duration)>,
}

/// One node.
#[derive(Debug, Clone)]
pub struct NodeReport {
    /// Which.
    pub url: String,
    /// How many calls it answered as it should.
    pub answers: u64,
}

/// A time in which nothing was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The last answer before.
    pub from_unix_ms: u64,
    /// The first answer after.
    pub to_unix_ms: u64,
}

impl Gap {
    /// How long it was.
    pub fn length(&self) -> Duration {
        Duration::from_millis(self.to_unix_ms - self.from_unix_ms)
    }

    fn to_json(self) -> Value {
        json!({
            "ms": self.to_unix_ms - self.from_unix_ms,
            "from": timestamp(self.from_unix_ms),
            "to": timestamp(self.to_unix_ms),
        })
    }
}

/// A time as the API writes it.
pub fn timestamp(unix_ms: u64) -> String {
    let ms = i64::try_from(unix_ms).unwrap_or(i64::MAX);
    format!(
        "{:.3}",
        jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX)
    )
}

impl CallReport {
    pub(super) fn of(kind: Kind, histogram: &Histogram<u64>, measured: Duration) -> Self {
        let quantile = |quantile| Duration::from_micros(histogram.value_at_quantile(quantile));
        Self {
            kind,
            count: histogram.len(),
            rate: rate(histogram.len(), measured),
            p50: quantile(0.50),
            p95: quantile(0.95),
            p99: quantile(0.99),
            max: Duration::from_micros(histogram.max()),
            curve: curve(histogram.len())
                .into_iter()
                .map(|share| (share, quantile(share)))
                .collect(),
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "count": self.count,
            "rate": rounded(self.rate),
            "p50_ms": ms(self.p50),
            "p95_ms": ms(self.p95),
            "p99_ms": ms(self.p99),
            "max_ms": ms(self.max),
            "percentiles": self.curve.iter().map(|(share, took)| json!([share, ms(*took)])).collect::<Vec<_>>(),
        })
    }
}

/// The shares of which a histogram of so many calls can tell how long they took: ten for each nine that it has.
fn curve(count: u64) -> Vec<f64> {
    #[allow(clippy::cast_precision_loss, reason = "it is a matter of how many digits there are")]
    let finest = 1.0 / (count as f64).max(1.0);
    let slower = (0..).map(|step: u32| 10_f64.powf(-f64::from(step) / 10.0));
    let shares = slower.take_while(|slower| *slower > finest).map(|slower| 1.0 - slower);
    shares.chain([1.0]).collect()
}

#[allow(clippy::cast_precision_loss, reason = "a rate is told with a few digits")]
fn rate(count: u64, measured: Duration) -> f64 {
    if measured.is_zero() {
        0.0
    } else {
        count as f64 / measured.as_secs_f64()
    }
}

pub(super) fn ms(span: Duration) -> f64 {
    rounded(span.as_secs_f64() * 1_000.0)
}

pub(super) fn rounded(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

impl Report {
    /// Calls that were answered as they should be.
    pub fn answered(&self) -> u64 {
        self.calls.iter().map(|call| call.count).sum()
    }

    /// How many in a second.
    pub fn rate(&self) -> f64 {
        rate(self.answered(), self.measured)
    }

    /// Calls that were not.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    /// The report for programs.
    pub fn to_json(&self) -> Value {
        let calls: Map<_, _> = self
            .calls
            .iter()
            .map(|call| (call.kind.name().to_owned(), call.to_json()))
            .collect();
        let node = |node: &NodeReport| json!({"url": node.url, "answers": node.answers});
        json!({
            "clients": self.clients,
            "seconds": rounded(self.measured.as_secs_f64()),
            "answers": self.answered(),
            "rate": rounded(self.rate()),
            "calls": calls,
            "errors": self.errors,
            "nodes": self.nodes.iter().map(node).collect::<Vec<_>>(),
            "longest_gap": self.gaps.first().map(|gap| gap.to_json()),
            "gaps": self.gaps.iter().map(|gap| gap.to_json()).collect::<Vec<_>>(),
            "begun": timestamp(self.begun_unix_ms),
            "loop": if self.offered.is_some() { "open" } else { "closed" },
            "offered": self.offered.as_ref().map(Offered::to_json),
            "history": self.history.to_json(),
            "processes": self.used.iter().map(|used| used.to_json(self.answered())).collect::<Vec<_>>(),
        })
    }
}

impl History {
    fn to_json(&self) -> Value {
        let list = |figure: fn(&Moment) -> Value| self.moments.iter().map(figure).collect::<Vec<_>>();
        // Without an answer there is no latency, which is not the same as none at all.
        let took = |span: Duration, moment: &Moment| (moment.answers > 0).then(|| ms(span));
        json!({
            "slot_ms": u64::try_from(self.slot.as_millis()).unwrap_or(u64::MAX),
            "answers": list(|moment| json!(moment.answers)),
            "failures": list(|moment| json!(moment.failures)),
            "p50_ms": self.moments.iter().map(|moment| took(moment.p50, moment)).collect::<Vec<_>>(),
            "p99_ms": self.moments.iter().map(|moment| took(moment.p99, moment)).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_has_no_finer_shares_than_calls() {
        assert_eq!(curve(0), [1.0]);
        assert_eq!(curve(1), [1.0]);
        let shares = curve(1_000);
        assert!(shares.is_sorted() && shares.first() == Some(&0.0) && shares.last() == Some(&1.0));
        assert!(shares.iter().any(|share| (share - 0.99).abs() < 1e-9), "{shares:?}");
        assert!(
            shares
                .iter()
                .filter(|share| **share < 1.0)
                .all(|share| 1.0 - share > 0.000_999)
        );
    }

    #[test]
    fn a_report_tells_every_percentile_within_what_a_histogram_keeps() {
        let mut histogram = Histogram::new_with_bounds(1, 60_000_000, 3).expect("the bounds are in order");
        for us in 1..=10_000 {
            histogram.saturating_record(us);
        }
        let call = CallReport::of(Kind::Acquire, &histogram, Duration::from_secs(2));
        for (told, exact) in [
            (call.p50, 5_000_u32),
            (call.p95, 9_500),
            (call.p99, 9_900),
            (call.max, 10_000),
        ] {
            let error = (told.as_secs_f64() * 1e6 / f64::from(exact) - 1.0).abs();
            assert!(error < 0.001, "{told:?} for {exact} µs");
        }
        assert!((call.rate - 5_000.0).abs() < 1e-9);
    }
}
