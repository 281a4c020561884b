//! What a virtual client does: take a seat, keep it, give it back.

use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::measure::{Kind, Measure};
use super::wire::{Nodes, Wire};
use super::{Mix, Span};

/// How long a client waits before it asks again: long enough not to spin, short enough to see when a leader is back.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// A call that no node answers is given up after so many tries, and counted as failed once more.
const TRIES_MAX: u32 = 3_000;

/// One client with one fingerprint.
pub(super) struct VirtualClient {
    wire: Wire,
    measure: Arc<Measure>,
    number: usize,
    license_key: String,
    hardware_id: String,
    acquires: u64,
    pause: Duration,
}

/// Why a call is over without success.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Over;

#[derive(Deserialize)]
struct Seat {
    session_id: String,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

impl VirtualClient {
    pub(super) fn new(nodes: &Arc<Nodes>, measure: &Arc<Measure>, license_key: &str, run: &str, number: usize) -> Self {
        Self {
            wire: Wire::new(nodes, number),
            measure: Arc::clone(measure),
            number,
            license_key: license_key.to_owned(),
            hardware_id: format!("bench-{run}-{number}"),
            acquires: 0,
            pause: Duration::ZERO,
        }
    }

    /// The same, with a pause after each heartbeat.
    pub(super) fn with_pause(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// Lives until the measurement ends, and gives back what it still holds.
    pub(super) async fn live(mut self, mix: Mix, span: Arc<Span>) {
        while span.goes_on() {
            let Ok(session) = self.acquire().await else { continue };
            let mut left = match mix {
                Mix::Cycle { heartbeats } => u64::from(heartbeats),
                Mix::Heartbeats => u64::MAX,
            };
            let mut held = true;
            while held && left > 0 && span.goes_on() {
                held = self.heartbeat(&session).await.is_ok();
                left -= 1;
                if !self.pause.is_zero() {
                    sleep(self.pause).await;
                }
            }
            if held {
                // Fails only if the session is over, which is what it is to come to.
                let _ = self.release(&session).await;
            }
        }
    }

    /// Becomes a client on another machine.
    pub(super) fn become_holder(&mut self, run: &str, holder: u64) {
        self.hardware_id = format!("bench-{run}-holder-{holder}");
    }

    /// Takes a seat and gives the session's secret id.
    pub(super) async fn acquire(&mut self) -> Result<String, Over> {
        self.acquires += 1;
        let body = json!({
            "license_key": self.license_key,
            "hardware_id": self.hardware_id,
            "request_id": format!("{}-{}", self.hardware_id, self.acquires),
        });
        let answer = self
            .call(
                Kind::Acquire,
                Method::POST,
                "/api/v1/licenses/acquire",
                body.to_string(),
            )
            .await?;
        serde_json::from_slice::<Seat>(&answer)
            .map(|seat| seat.session_id)
            .map_err(|_| Over)
    }

    async fn heartbeat(&mut self, session: &str) -> Result<(), Over> {
        let body = session_body(session);
        self.call(Kind::Heartbeat, Method::PUT, "/api/v1/licenses/heartbeat", body)
            .await
            .map(drop)
    }

    async fn release(&mut self, session: &str) -> Result<(), Over> {
        let body = session_body(session);
        self.call(Kind::Release, Method::POST, "/api/v1/licenses/release", body)
            .await
            .map(drop)
    }

    /// Makes a call until it is answered for good. Each try is a call of its own in the measurement.
    async fn call(
        &mut self,
        kind: Kind,
        method: Method,
        path: &'static str,
        body: String,
    ) -> Result<bytes::Bytes, Over> {
        for _ in 0..TRIES_MAX {
            let begun = Instant::now();
            match self.wire.send(method.clone(), path, body.clone()).await {
                Ok(answer) if answer.status == 200 => {
                    self.measure.answered(self.number, kind, answer.node, begun);
                    return Ok(answer.body);
                }
                Ok(answer) => {
                    self.measure
                        .failed(self.number, begun, &code_of(answer.status, &answer.body));
                    let passes = matches!(answer.status, 429 | 500..);
                    // A seat that is not free may be in a moment; the others wait for no better answer.
                    sleep(TRY_AGAIN_AFTER).await;
                    if !passes {
                        return Err(Over);
                    }
                }
                Err(silence) => {
                    self.measure.failed(self.number, begun, silence.name());
                    sleep(TRY_AGAIN_AFTER).await;
                }
            }
            self.wire.turn();
        }
        Err(Over)
    }
}

fn session_body(session: &str) -> String {
    format!("{{\"session_id\":\"{session}\"}}")
}

/// The code of a problem, or the status of an answer that is none.
pub(super) fn code_of(status: u16, body: &[u8]) -> String {
    serde_json::from_slice::<Code>(body).map_or_else(|_| format!("HTTP {status}"), |problem| problem.code)
}
