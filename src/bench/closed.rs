//! A closed loop: each client sends its next call when the last one is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use raft::seams::{Clock, SystemClock};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::client::VirtualClient;
use super::measure::Measure;
use super::report::Report;
use super::used::Used;
use super::wire::Nodes;
use super::{Mix, run_name};

/// How often somebody who only waits looks whether the end has come.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A measurement: how many clients do what for how long.
#[derive(Debug, Clone)]
pub struct Seats {
    /// Whom to ask.
    pub nodes: Arc<Nodes>,
    /// The license whose seats are taken; it needs one seat for each client.
    pub license_key: String,
    /// How many clients at once.
    pub clients: usize,
    /// What they do.
    pub mix: Mix,
    /// How long they do it before it counts.
    pub warm_up: Duration,
    /// How long it counts.
    pub duration: Duration,
    /// Ends the measurement after this many calls.
    pub calls_max: Option<u64>,
    /// Where the nodes tell what they use, if that is to be known.
    pub used: Option<Used>,
}

impl Seats {
    /// Runs the measurement and tells what came of it.
    pub async fn run(self) -> Report {
        let begin = Instant::now() + self.warm_up;
        let measure = Arc::new(Measure::of(begin, self.duration, self.nodes.len()));
        let span = Span {
            begin,
            end: begin + self.duration,
            calls_left: AtomicU64::new(self.calls_max.unwrap_or(u64::MAX)),
        };
        let (span, run) = (Arc::new(span), run_name());
        let mut clients = JoinSet::new();
        for number in 0..self.clients {
            let client = VirtualClient::new(&self.nodes, &measure, &self.license_key, &run, number);
            clients.spawn(client.for_mix(self.mix).live(self.mix, Arc::clone(&span)));
        }
        tokio::time::sleep_until(begin).await;
        let begun_unix_ms = SystemClock.unix_ms();
        let before = Used::begin(self.used.as_ref()).await;
        let ended = async { while clients.join_next().await.is_some() {} };
        tokio::pin!(ended);
        let used = tokio::select! {
            // A bound on calls ends it early.
            () = &mut ended => before.end().await,
            () = tokio::time::sleep_until(begin + self.duration) => {
                let used = before.end().await;
                ended.await;
                used
            }
        };
        Report {
            used,
            ..measure.report(&self.nodes, self.clients, begun_unix_ms)
        }
    }
}

/// When a measurement counts and when it ends.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) begin: Instant,
    pub(super) end: Instant,
    pub(super) calls_left: AtomicU64,
}

impl Span {
    /// Lets every client come to its end.
    pub(super) fn stop(&self) {
        self.calls_left.store(0, Ordering::Relaxed);
    }

    /// Waits for the end, which may come early.
    pub(super) async fn over(&self) {
        while Instant::now() < self.end && self.calls_left.load(Ordering::Relaxed) > 0 {
            let soon = Instant::now() + LOOK_EVERY;
            tokio::time::sleep_until(soon.min(self.end)).await;
        }
    }

    /// Whether another call is to be made.
    pub(super) fn goes_on(&self) -> bool {
        let now = Instant::now();
        if now < self.begin {
            return true;
        }
        let one_less = |left: u64| left.checked_sub(1);
        now < self.end
            && self
                .calls_left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
                .is_ok()
    }
}
