//! What a measurement counts: how long calls took, what went wrong, who answered, and when nobody did.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::time::Instant;

use super::report::{CallReport, NodeReport, Report};
use super::series::Series;
use super::timeline::Timeline;
use super::wire::Nodes;

/// Clients share this many recorders: one each would take more memory than the server, one in all would be waited for.
const SHARDS: usize = 16;

/// The longest call that is told apart from longer ones.
pub(super) const LATENCY_MAX_US: u64 = 60_000_000;

/// A call of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Take a seat.
    Acquire,
    /// Keep it.
    Heartbeat,
    /// Give it back.
    Release,
    /// Ask for one when none is free, and hear so.
    Refused,
    /// Keep many.
    Batch,
}

impl Kind {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Acquire => "acquire",
            Self::Heartbeat => "heartbeat",
            Self::Release => "release",
            Self::Refused => "refused",
            Self::Batch => "batch",
        }
    }
}

#[derive(Debug, Default)]
struct Recorder {
    latencies: BTreeMap<Kind, Histogram<u64>>,
    errors: BTreeMap<String, u64>,
}

/// Which answers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// All from the beginning on.
    All,
    /// Those that came until then: in a closed loop the rate goes by that time.
    AnsweredUntil(Instant),
    /// Those to calls that were due until then, however late they came: in an open loop none may fall out of sight.
    DueUntil(Instant),
}

/// Everything that is counted from `begin` on.
#[derive(Debug)]
pub(super) struct Measure {
    begin: Instant,
    counted: Counted,
    shards: Vec<Mutex<Recorder>>,
    answers: Vec<AtomicU64>,
    timeline: Timeline,
    series: Series,
    /// When the last answer came that counts, in microseconds from the beginning.
    last_us: AtomicU64,
}

impl Measure {
    /// A measurement that goes on until nobody calls any more. Gaps are looked for only as long as it is `watched`.
    pub(super) fn without_end(begin: Instant, watched: Duration, nodes: usize) -> Self {
        Self {
            begin,
            counted: Counted::All,
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            answers: (0..nodes).map(|_| AtomicU64::new(0)).collect(),
            timeline: Timeline::new(watched),
            series: Series::new(),
            last_us: AtomicU64::new(0),
        }
    }

    /// A measurement that counts what is answered within `duration`.
    pub(super) fn of(begin: Instant, duration: Duration, nodes: usize) -> Self {
        Self {
            counted: Counted::AnsweredUntil(begin + duration),
            ..Self::without_end(begin, duration, nodes)
        }
    }

    /// A measurement that counts the calls that are due within `duration`, whenever they are answered.
    pub(super) fn of_due(begin: Instant, duration: Duration, nodes: usize) -> Self {
        Self {
            counted: Counted::DueUntil(begin + duration),
            ..Self::without_end(begin, duration, nodes)
        }
    }

    /// How long it has counted by now.
    fn measured(&self) -> Duration {
        let now = Instant::now();
        let until = match self.counted {
            Counted::All => now,
            Counted::AnsweredUntil(end) => end.min(now),
            // What came after the end was not done by then.
            Counted::DueUntil(end) => {
                let last = self.begin + Duration::from_micros(self.last_us.load(Ordering::Relaxed));
                end.max(last).min(now)
            }
        };
        until.saturating_duration_since(self.begin)
    }

    /// Whether a call counts that was due then and showed its end now.
    fn counts(&self, due: Instant, now: Instant) -> bool {
        due >= self.begin
            && match self.counted {
                Counted::All => true,
                Counted::AnsweredUntil(end) => now <= end,
                Counted::DueUntil(end) => due < end,
            }
    }

    fn shard(&self, client: usize) -> std::sync::MutexGuard<'_, Recorder> {
        self.shards[client % SHARDS]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call that was answered as it should be. It took from `begun`, which in an open loop is when it was due.
    pub(super) fn answered(&self, client: usize, kind: Kind, node: usize, begun: Instant) {
        let now = Instant::now();
        if !self.counts(begun, now) {
            return;
        }
        let since_begin = now - self.begin;
        self.timeline.mark(since_begin);
        let last_us = u64::try_from(since_begin.as_micros()).unwrap_or(u64::MAX);
        self.last_us.fetch_max(last_us, Ordering::Relaxed);
        if let Some(answers) = self.answers.get(node) {
            answers.fetch_add(1, Ordering::Relaxed);
        }
        let took = u64::try_from((now - begun).as_micros())
            .unwrap_or(u64::MAX)
            .clamp(1, LATENCY_MAX_US);
        self.series.answered(since_begin, took);
        let mut shard = self.shard(client);
        let histogram = shard.latencies.entry(kind).or_insert_with(new_histogram);
        histogram.saturating_record(took);
    }

    /// All calls so far that were answered as they should be.
    pub(super) fn answers(&self) -> u64 {
        self.answers.iter().map(|answers| answers.load(Ordering::Relaxed)).sum()
    }

    /// How often a call was refused because its session had ended.
    pub(super) fn sessions_lost(&self) -> u64 {
        let lost = |shard: &Recorder| {
            let of_sessions = shard.errors.iter().filter(|(why, _)| why.starts_with("SESSION_"));
            of_sessions.map(|(_, count)| count).sum::<u64>()
        };
        (0..SHARDS).map(|at| lost(&self.shard(at))).sum()
    }

    /// Counts a call that was not, also when that shows after the end only: no failure is kept quiet.
    pub(super) fn failed(&self, client: usize, begun: Instant, why: &str) {
        let in_time = match self.counted {
            Counted::All => true,
            Counted::AnsweredUntil(end) => begun <= end,
            Counted::DueUntil(end) => begun < end,
        };
        if begun >= self.begin && in_time {
            self.series.failed(Instant::now() - self.begin);
            *self.shard(client).errors.entry(why.to_owned()).or_default() += 1;
        }
    }

    /// The longest silence between two answers that reached beyond `from`, counted from the beginning.
    pub(super) fn silence_after(&self, from: Duration) -> Duration {
        self.timeline.silence_after(from)
    }

    /// What it all came to.
    pub(super) fn report(&self, nodes: &Nodes, clients: usize, begun_unix_ms: u64) -> Report {
        let measured = self.measured();
        let (mut latencies, mut errors) = (BTreeMap::<Kind, Histogram<u64>>::new(), BTreeMap::<String, u64>::new());
        for at in 0..SHARDS {
            let shard = self.shard(at);
            for (kind, histogram) in &shard.latencies {
                let sum = latencies.entry(*kind).or_insert_with(new_histogram);
                sum.add(histogram).expect("all histograms have the same bounds");
            }
            for (why, count) in &shard.errors {
                *errors.entry(why.clone()).or_default() += count;
            }
        }
        let calls = latencies
            .iter()
            .map(|(kind, histogram)| CallReport::of(*kind, histogram, measured))
            .collect();
        let answers = self.answers.iter().map(|answers| answers.load(Ordering::Relaxed));
        let node = |(url, answers): (&str, u64)| NodeReport {
            url: url.to_owned(),
            answers,
        };
        Report {
            clients,
            measured,
            calls,
            errors,
            nodes: nodes.urls().zip(answers).map(node).collect(),
            gaps: self.timeline.gaps(begun_unix_ms),
            begun_unix_ms,
            history: self.series.history(measured),
            offered: None,
            used: Vec::new(),
        }
    }
}

fn new_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LATENCY_MAX_US, 3).expect("the bounds are in order")
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn nodes() -> Nodes {
        Nodes::new(&["http://127.0.0.1:4600".to_owned()], None).expect("this is an address")
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_answered_before_the_beginning_or_after_the_end_is_not_counted() {
        let start = Instant::now();
        let measure = Measure::of(start + SECOND, 10 * SECOND, 1);
        measure.answered(0, Kind::Heartbeat, 0, start);
        advance(SECOND).await;
        measure.answered(0, Kind::Heartbeat, 0, start);
        let begun = Instant::now();
        for _ in 0..10 {
            advance(SECOND).await;
            measure.answered(0, Kind::Heartbeat, 0, begun);
        }
        advance(SECOND).await;
        for client in 0..64 {
            measure.answered(client, Kind::Heartbeat, 0, begun);
        }
        let report = measure.report(&nodes(), 64, 0);
        assert_eq!((report.answered(), report.measured), (10, 10 * SECOND));
        assert!((report.rate() - 1.0).abs() < 1e-9, "{}", report.rate());
        assert_eq!(report.nodes[0].answers, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_that_shows_after_the_end_is_told() {
        let begun = Instant::now();
        let measure = Measure::of(begun, SECOND, 1);
        advance(2 * SECOND).await;
        measure.failed(0, begun, "no answer");
        assert_eq!(measure.report(&nodes(), 1, 0).failed(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_of_an_open_loop_took_from_when_it_was_due_and_counts_however_late_it_is_answered() {
        let begun = Instant::now();
        let measure = Measure::of_due(begun, SECOND, 1);
        let due = begun + SECOND / 2;
        advance(4 * SECOND).await;
        measure.answered(0, Kind::Heartbeat, 0, due);
        measure.answered(0, Kind::Heartbeat, 0, begun + SECOND);
        let report = measure.report(&nodes(), 1, 0);
        assert_eq!((report.answered(), report.measured), (1, 4 * SECOND));
        let took = report.calls[0].max.as_secs_f64();
        assert!((took - 3.5).abs() < 0.01, "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn without_an_end_everything_is_counted_by_the_time_it_took() {
        let begun = Instant::now();
        let measure = Measure::without_end(begun, SECOND, 1);
        advance(4 * SECOND).await;
        measure.answered(0, Kind::Acquire, 0, begun);
        let report = measure.report(&nodes(), 1, 0);
        assert_eq!((report.answered(), report.measured), (1, 4 * SECOND));
    }
}
