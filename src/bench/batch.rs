//! Heartbeats in batches, as a gateway sends them for the applications behind it.

use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use raft::seams::{Clock, SystemClock};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::client::code_of;
use super::measure::{Kind, Measure};
use super::report::Report;
use super::wire::{Nodes, Wire};

/// How long a client waits after a batch that was not answered.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// Beats for given sessions in batches, for a while.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Whom to ask.
    pub nodes: Arc<Nodes>,
    /// A token of scope `heartbeats` or `admin`.
    pub token: String,
    /// The sessions' secret ids.
    pub sessions: Vec<String>,
    /// Sessions in one call, at most 10,000.
    pub per_call: usize,
    /// How many clients call at once; each has sessions of its own.
    pub clients: usize,
    /// How long.
    pub duration: Duration,
}

impl Batch {
    /// Beats, and reports calls; each of them stands for [`per_call`](Self::per_call) heartbeats.
    pub async fn run(self) -> Report {
        let (begin, begun_unix_ms) = (Instant::now(), SystemClock.unix_ms());
        let measure = Arc::new(Measure::of(begin, self.duration, self.nodes.len()));
        let bodies: Vec<String> = self
            .sessions
            .chunks(self.per_call.max(1))
            .map(|chunk| json!({"session_ids": chunk, "tokens": false}).to_string())
            .collect();
        let mut clients = JoinSet::new();
        for number in 0..self.clients.min(bodies.len()) {
            let own = bodies.iter().skip(number).step_by(self.clients).cloned().collect();
            let wire = Wire::new(&self.nodes, number).with_token(&self.token);
            clients.spawn(beat(wire, Arc::clone(&measure), number, own, begin + self.duration));
        }
        while clients.join_next().await.is_some() {}
        measure.report(&self.nodes, self.clients, begun_unix_ms)
    }
}

async fn beat(mut wire: Wire, measure: Arc<Measure>, number: usize, bodies: Vec<String>, end: Instant) {
    for body in bodies.iter().cycle() {
        let begun = Instant::now();
        if begun >= end {
            return;
        }
        let why = match wire
            .send(Method::PUT, "/api/v1/licenses/heartbeats", body.clone())
            .await
        {
            Ok(answer) if answer.status == 200 => {
                measure.answered(number, Kind::Batch, answer.node, begun);
                for _ in 0..refusals(&answer.body) {
                    measure.failed(number, begun, "session not kept");
                }
                continue;
            }
            Ok(answer) => code_of(answer.status, &answer.body),
            Err(silence) => silence.name().to_owned(),
        };
        measure.failed(number, begun, &why);
        wire.turn();
        sleep(TRY_AGAIN_AFTER).await;
    }
}

/// How many sessions of a batch were refused. Reading the whole answer would cost more than the call.
fn refusals(answer: &[u8]) -> usize {
    const REFUSED: &[u8] = b"\"ok\":false";
    answer
        .windows(REFUSED.len())
        .filter(|window| *window == REFUSED)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_sessions_are_counted() {
        let answer =
            br#"{"results":[{"session":"ses_1","ok":true},{"ok":false,"code":"SESSION_EXPIRED"},{"ok":false}]}"#;
        assert_eq!(refusals(answer), 2);
        assert_eq!(refusals(b"{}"), 0);
    }
}
