//! What a measurement tells.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

use super::measure::Kind;

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
        })
    }
}

#[allow(clippy::cast_precision_loss, reason = "a rate is told with a few digits")]
fn rate(count: u64, measured: Duration) -> f64 {
    if measured.is_zero() {
        0.0
    } else {
        count as f64 / measured.as_secs_f64()
    }
}

fn ms(span: Duration) -> f64 {
    rounded(span.as_secs_f64() * 1_000.0)
}

fn rounded(number: f64) -> f64 {
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
        })
    }
}
