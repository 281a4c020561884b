//! What is counted, by the rules of `usher bench`: a call that was begun after the warm-up and answered before the end.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

/// The longest call that is told apart from longer ones.
const LATENCY_MAX_US: u64 = 60_000_000;

/// When a measurement counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) begin: Instant,
    pub(crate) end: Instant,
}

/// What one client saw, or all of them together.
#[derive(Debug)]
pub(crate) struct Measure {
    span: Span,
    latencies: BTreeMap<&'static str, Histogram<u64>>,
    errors: BTreeMap<String, u64>,
    answers: Vec<u64>,
    retries: u64,
}

impl Measure {
    pub(crate) fn new(span: Span, nodes: usize) -> Self {
        Self {
            span,
            latencies: BTreeMap::new(),
            errors: BTreeMap::new(),
            answers: vec![0; nodes],
            retries: 0,
        }
    }

    /// Whether another call is to be made.
    pub(crate) fn goes_on(&self) -> bool {
        Instant::now() < self.span.end
    }

    /// Counts a call that was answered as it should be.
    pub(crate) fn answered(&mut self, call: &'static str, node: usize, begun: Instant) {
        let now = Instant::now();
        if begun < self.span.begin || now > self.span.end {
            return;
        }
        self.answers[node] += 1;
        let took = u64::try_from((now - begun).as_micros()).unwrap_or(u64::MAX);
        let histogram = self.latencies.entry(call).or_insert_with(new_histogram);
        histogram.saturating_record(took.clamp(1, LATENCY_MAX_US));
    }

    /// Counts a call that was not.
    pub(crate) fn failed(&mut self, begun: Instant, why: &str) {
        if begun >= self.span.begin && begun <= self.span.end {
            *self.errors.entry(why.to_owned()).or_default() += 1;
        }
    }

    /// Counts a seat that another client had: the acquire goes on to the next.
    pub(crate) fn taken(&mut self, begun: Instant) {
        self.retries += u64::from(begun >= self.span.begin);
    }

    /// Adds what another client saw.
    pub(crate) fn add(&mut self, other: &Self) {
        for (call, histogram) in &other.latencies {
            let sum = self.latencies.entry(*call).or_insert_with(new_histogram);
            sum.add(histogram).expect("all histograms have the same bounds");
        }
        for (why, count) in &other.errors {
            *self.errors.entry(why.clone()).or_default() += count;
        }
        for (sum, answers) in self.answers.iter_mut().zip(&other.answers) {
            *sum += answers;
        }
        self.retries += other.retries;
    }

    /// The members that `usher bench -o json` tells of a run, and how often a seat was taken.
    pub(crate) fn to_json(&self, clients: usize, nodes: &[String]) -> Value {
        let measured = self.span.end - self.span.begin;
        let calls: Map<_, _> = self
            .latencies
            .iter()
            .map(|(call, histogram)| ((*call).to_owned(), call_to_json(histogram, measured)))
            .collect();
        let answers: u64 = self.answers.iter().sum();
        let node = |(url, answers): (&String, &u64)| json!({"url": url, "answers": answers});
        json!({
            "clients": clients,
            "seconds": measured.as_secs_f64(),
            "answers": answers,
            "rate": rate(answers, measured),
            "calls": calls,
            "errors": self.errors,
            "nodes": nodes.iter().zip(&self.answers).map(node).collect::<Vec<_>>(),
            "retries": self.retries,
        })
    }
}

fn call_to_json(histogram: &Histogram<u64>, measured: Duration) -> Value {
    let quantile = |quantile| ms(histogram.value_at_quantile(quantile));
    json!({
        "count": histogram.len(),
        "rate": rate(histogram.len(), measured),
        "p50_ms": quantile(0.50),
        "p95_ms": quantile(0.95),
        "p99_ms": quantile(0.99),
        "max_ms": ms(histogram.max()),
    })
}

#[allow(clippy::cast_precision_loss, reason = "a rate is told with a few digits")]
fn rate(count: u64, measured: Duration) -> f64 {
    (count as f64 / measured.as_secs_f64() * 1_000.0).round() / 1_000.0
}

#[allow(clippy::cast_precision_loss, reason = "a latency is at most a minute")]
fn ms(us: u64) -> f64 {
    us as f64 / 1_000.0
}

fn new_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LATENCY_MAX_US, 3).expect("the bounds are in order")
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn what_is_answered_before_the_beginning_or_after_the_end_is_not_counted() {
        let start = Instant::now();
        let span = Span {
            begin: start + SECOND,
            end: start + 3 * SECOND,
        };
        let mut one = Measure::new(span, 2);
        one.answered("put", 0, start);
        advance(SECOND).await;
        one.answered("put", 0, start);
        let begun = Instant::now();
        advance(SECOND).await;
        one.answered("put", 1, begun);
        advance(2 * SECOND).await;
        one.answered("put", 1, begun);
        one.failed(begun, "no answer");
        let mut all = Measure::new(span, 2);
        all.add(&one);
        all.add(&one);
        let told = all.to_json(2, &["a".to_owned(), "b".to_owned()]);
        assert_eq!(told["answers"], 2);
        assert!(
            (told["rate"].as_f64().expect("it is told") - 1.0).abs() < 1e-9,
            "{told}"
        );
        assert_eq!(told["nodes"][1]["answers"], 2);
        assert_eq!(told["errors"]["no answer"], 2);
    }
}
