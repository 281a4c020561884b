//! `usher bench`: virtual clients that take, keep and give back seats as fast as a cluster answers them.
//!
//! Each client sends one call at a time and the next when it is answered (a closed loop), over a connection of its own.
//! `wire` is that connection, `client` what a client does, `measure` what is counted, `timeline` when the cluster was
//! silent, `report` what is told of it. `sessions`, `batch` and `load` are runs of other shapes.

mod batch;
mod client;
mod load;
mod measure;
mod report;
mod sessions;
mod timeline;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use licensing::id::encode_base32;
use raft::seams::{Clock, Entropy, SystemClock, SystemEntropy};
use tokio::task::JoinSet;
use tokio::time::Instant;

pub use batch::Batch;
pub use load::Load;
pub use measure::Kind;
pub use report::{CallReport, Gap, NodeReport, Report, timestamp};
pub use sessions::Sessions;
pub use wire::{Nodes, NodesError};

use client::VirtualClient;
use measure::Measure;

/// What each client does, over and over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// Acquire a seat, beat so many times, release it.
    Cycle {
        /// Heartbeats between acquire and release.
        heartbeats: u32,
    },
    /// Acquire one seat before the measurement and beat for it until the end.
    Heartbeats,
}

/// A text that is no mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected heartbeats:acquires:releases such as 10:1:1 (the last two are 1), `acquire` or `heartbeat`")]
pub struct ParseMixError;

impl std::str::FromStr for Mix {
    type Err = ParseMixError;

    fn from_str(text: &str) -> Result<Self, ParseMixError> {
        match text {
            "acquire" => return Ok(Self::Cycle { heartbeats: 0 }),
            "heartbeat" => return Ok(Self::Heartbeats),
            _ => {}
        }
        let heartbeats = text
            .strip_suffix(":1:1")
            .and_then(|number| number.parse().ok())
            .ok_or(ParseMixError)?;
        Ok(Self::Cycle { heartbeats })
    }
}

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
            clients.spawn(client.live(self.mix, Arc::clone(&span)));
        }
        tokio::time::sleep_until(begin).await;
        let begun_unix_ms = SystemClock.unix_ms();
        // A bound on calls ends it early.
        while clients.join_next().await.is_some() {}
        measure.report(&self.nodes, self.clients, begun_unix_ms)
    }
}

/// When a measurement counts and when it ends.
#[derive(Debug)]
struct Span {
    begin: Instant,
    end: Instant,
    calls_left: AtomicU64,
}

impl Span {
    /// Lets every client come to its end.
    fn stop(&self) {
        self.calls_left.store(0, Ordering::Relaxed);
    }

    /// Whether another call is to be made.
    fn goes_on(&self) -> bool {
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

/// A name that no other run has, for fingerprints that are not those of an earlier one.
fn run_name() -> String {
    let mut bytes = [0; 5];
    SystemEntropy.fill(&mut bytes);
    encode_base32(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_is_counted_per_acquire() {
        assert_eq!("10:1:1".parse(), Ok(Mix::Cycle { heartbeats: 10 }));
        assert_eq!("acquire".parse(), Ok(Mix::Cycle { heartbeats: 0 }));
        assert_eq!("heartbeat".parse(), Ok(Mix::Heartbeats));
        for text in ["", "10", "10:1", "10:2:1", "-1:1:1", "release"] {
            assert_eq!(text.parse::<Mix>(), Err(ParseMixError), "{text}");
        }
    }
}
