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
use super::session_ids::SessionIds;
use super::used::Used;
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
    pub sessions: SessionIds,
    /// Sessions in one call, at most 10,000.
    pub per_call: usize,
    /// How many clients call at once; each has sessions of its own.
    pub clients: usize,
    /// How long.
    pub duration: Duration,
    /// Where the nodes tell what they use, if that is to be known.
    pub used: Option<Used>,
}

impl Batch {
    /// Beats, and reports calls; each of them stands for [`per_call`](Self::per_call) heartbeats.
    pub async fn run(self) -> Report {
        let (begin, begun_unix_ms) = (Instant::now(), SystemClock.unix_ms());
        let measure = Arc::new(Measure::of(begin, self.duration, self.nodes.len()));
        let ids: Vec<&str> = self.sessions.iter().collect();
        let bodies: Vec<String> = ids.chunks(self.per_call.max(1)).map(batch_body).collect();
        let before = Used::begin(self.used.as_ref()).await;
        let mut clients = JoinSet::new();
        for number in 0..self.clients.min(bodies.len()) {
            let own = bodies.iter().skip(number).step_by(self.clients).cloned().collect();
            let wire = Wire::new(&self.nodes, number).with_token(&self.token);
            clients.spawn(beat(wire, Arc::clone(&measure), number, own, begin + self.duration));
        }
        while clients.join_next().await.is_some() {}
        Report {
            used: before.end().await,
            ..measure.report(&self.nodes, self.clients, begun_unix_ms)
        }
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
                for _ in kept(&answer.body).filter(|kept| !kept) {
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

/// What a call sends that beats for these sessions.
pub(super) fn batch_body(sessions: &[&str]) -> String {
    json!({"session_ids": sessions, "tokens": false}).to_string()
}

/// Whether each session of a batch was kept, in order. Reading the whole answer would cost more than the call.
pub(super) fn kept(answer: &[u8]) -> impl Iterator<Item = bool> {
    const MEMBER: &[u8] = b"\"ok\":";
    let found = answer.windows(MEMBER.len()).enumerate();
    let after = found
        .filter(|(_, window)| *window == MEMBER)
        .map(|(at, _)| at + MEMBER.len());
    after.map(|at| answer[at..].starts_with(b"true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_session_of_an_answer_is_kept_or_refused() {
        let answer =
            br#"{"results":[{"session":"ses_1","ok":true},{"ok":false,"code":"SESSION_EXPIRED"},{"ok":false}]}"#;
        assert_eq!(kept(answer).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!(kept(b"{}").count(), 0);
    }
}
