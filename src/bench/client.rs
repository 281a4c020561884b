//! What a virtual client does: take a seat, keep it, give it back. In a closed loop it lives by its own pace, in an open
//! loop it takes a step when one is due.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::Mix;
use super::closed::Span;
use super::measure::{Kind, Measure};
use super::wire::{Nodes, Wire};

/// How long a client waits before it asks again: long enough not to spin, short enough to see when a leader is back.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// A call that no node answers is given up after so many tries, and counted as failed once more.
const TRIES_MAX: u32 = 3_000;

/// What a license answers of which every seat is held.
const NO_SEAT: &str = "SEAT_LIMIT_REACHED";

/// One client with one fingerprint.
pub(super) struct VirtualClient {
    wire: Wire,
    measure: Arc<Measure>,
    number: usize,
    license_key: String,
    hardware_id: String,
    acquires: u64,
    pause: Duration,
    /// Whether it is to hear that no seat is free.
    expects_refusal: bool,
    /// What it holds, in an open loop.
    session: Option<String>,
    /// How often it has beaten for that.
    beats: u32,
}

/// Why a call is over without success.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Over;

/// What a single try of a call came to that was not answered as it should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// Another try may be: there was no leader, or no connection.
    ForNow,
    /// Another try would be answered the same.
    ForGood,
}

/// A call, ready to be sent.
struct Prepared {
    kind: Kind,
    method: Method,
    path: &'static str,
    body: String,
}

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
            expects_refusal: false,
            session: None,
            beats: 0,
        }
    }

    /// The same for this mix.
    pub(super) fn for_mix(self, mix: Mix) -> Self {
        Self {
            expects_refusal: mix == Mix::Refused,
            ..self
        }
    }

    /// From now on its calls count in another measurement.
    pub(super) fn measured_by(&mut self, measure: &Arc<Measure>) {
        self.measure = Arc::clone(measure);
    }

    /// Its number among the clients.
    pub(super) const fn number(&self) -> usize {
        self.number
    }

    /// Whether it holds a seat, in an open loop.
    pub(super) const fn holds(&self) -> bool {
        self.session.is_some()
    }

    /// The same, with a pause after each heartbeat.
    pub(super) fn with_pause(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// Lives until the measurement ends, and gives back what it still holds.
    pub(super) async fn live(mut self, mix: Mix, span: Arc<Span>) {
        while span.goes_on() {
            let Ok(session) = self.acquire().await else { continue };
            if mix == Mix::Refused {
                // It has what the others are to be refused for.
                span.over().await;
                let _ = self.release(&session).await;
                return;
            }
            let mut left = match mix {
                Mix::Cycle { heartbeats } => u64::from(heartbeats),
                Mix::Heartbeats | Mix::Refused => u64::MAX,
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

    /// Takes seats and beats until it stands at the given place of the mix's cycle, so that clients which take turns
    /// keep the mix from the first call on.
    pub(super) async fn prepare(&mut self, mix: Mix, place: usize) -> Result<(), Over> {
        let place = u32::try_from(place).unwrap_or(0);
        let beats = match mix {
            Mix::Cycle { heartbeats } => match (place % (heartbeats + 2)).checked_sub(1) {
                None => return Ok(()),
                Some(beats) => beats,
            },
            Mix::Heartbeats | Mix::Refused => 0,
        };
        self.session = Some(self.acquire().await?);
        self.beats = beats;
        Ok(())
    }

    /// Makes the one call of the mix that comes next, which was due then. A call that may succeed later comes again with
    /// the next step.
    pub(super) async fn step(&mut self, mix: Mix, due: Instant) {
        let heartbeats = match mix {
            Mix::Cycle { heartbeats } => heartbeats,
            Mix::Heartbeats | Mix::Refused => u32::MAX,
        };
        let Some(session) = self.session.take() else {
            let prepared = self.prepared_acquire();
            match self.try_once(&prepared, due).await {
                Ok(answer) => {
                    self.session = session_id(&answer).ok();
                    (self.beats, self.acquires) = (0, self.acquires + 1);
                }
                Err(Failed::ForGood) => self.acquires += 1,
                Err(Failed::ForNow) => {}
            }
            return;
        };
        let beats = self.beats < heartbeats;
        let prepared = if beats {
            prepared_heartbeat(&session)
        } else {
            prepared_release(&session)
        };
        match self.try_once(&prepared, due).await {
            Ok(_) if beats => {
                self.beats = self.beats.saturating_add(1);
                self.session = Some(session);
            }
            Err(Failed::ForNow) => self.session = Some(session),
            Ok(_) | Err(Failed::ForGood) => {}
        }
    }

    /// Gives back what it holds, if anything.
    pub(super) async fn give_back(&mut self) {
        if let Some(session) = self.session.take() {
            // Fails only if the session is over, which is what it is to come to.
            let _ = self.release(&session).await;
        }
    }

    /// Becomes a client on another machine.
    pub(super) fn become_holder(&mut self, run: &str, holder: u64) {
        self.hardware_id = format!("bench-{run}-holder-{holder}");
    }

    /// Takes a seat and gives the session's secret id.
    pub(super) async fn acquire(&mut self) -> Result<String, Over> {
        let prepared = self.prepared_acquire();
        // The next one is another request, whatever comes of this one.
        self.acquires += 1;
        session_id(&self.call(prepared).await?)
    }

    /// Keeps a seat.
    pub(super) async fn heartbeat(&mut self, session: &str) -> Result<(), Over> {
        self.call(prepared_heartbeat(session)).await.map(drop)
    }

    /// Whether a seat is held by this session; `None` if nobody says so or the contrary. It is in no measurement.
    pub(super) async fn is_held(&mut self, session: &str) -> Option<bool> {
        let Prepared { method, path, body, .. } = prepared_heartbeat(session);
        for _ in 0..TRIES_MAX {
            match self.wire.send(method.clone(), path, body.clone()).await {
                Ok(answer) if answer.status == 200 => return Some(true),
                Ok(answer) if code_of(answer.status, &answer.body).starts_with("SESSION_") => return Some(false),
                Ok(_) | Err(_) => {
                    self.wire.turn();
                    sleep(TRY_AGAIN_AFTER).await;
                }
            }
        }
        None
    }

    /// Keeps a seat by a single call that was due then.
    pub(super) async fn heartbeat_once(&mut self, session: &str, due: Instant) -> Result<(), Failed> {
        self.try_once(&prepared_heartbeat(session), due).await.map(drop)
    }

    /// Gives a seat back.
    pub(super) async fn release(&mut self, session: &str) -> Result<(), Over> {
        self.call(prepared_release(session)).await.map(drop)
    }

    fn prepared_acquire(&self) -> Prepared {
        let body = json!({
            "license_key": self.license_key,
            "hardware_id": self.hardware_id,
            "request_id": format!("{}-{}", self.hardware_id, self.acquires),
        });
        Prepared {
            kind: Kind::Acquire,
            method: Method::POST,
            path: "/api/v1/licenses/acquire",
            body: body.to_string(),
        }
    }

    /// Makes a call until it is answered for good. Each try is a call of its own in the measurement.
    async fn call(&mut self, prepared: Prepared) -> Result<Bytes, Over> {
        for _ in 0..TRIES_MAX {
            match self.try_once(&prepared, Instant::now()).await {
                Ok(answer) => return Ok(answer),
                // A seat that is not free may be in a moment; the others wait for no better answer.
                Err(Failed::ForGood) if self.expects_refusal => return Err(Over),
                Err(failed) => {
                    sleep(TRY_AGAIN_AFTER).await;
                    if failed == Failed::ForGood {
                        return Err(Over);
                    }
                }
            }
        }
        Err(Over)
    }

    /// Makes a call once. It takes from when it was due.
    async fn try_once(&mut self, prepared: &Prepared, due: Instant) -> Result<Bytes, Failed> {
        let Prepared {
            kind,
            method,
            path,
            body,
        } = prepared;
        let failed = match self.wire.send(method.clone(), path, body.clone()).await {
            Ok(answer) if answer.status == 200 => {
                self.measure.answered(self.number, *kind, answer.node, due);
                return Ok(answer.body);
            }
            Ok(answer) => {
                let code = code_of(answer.status, &answer.body);
                if self.expects_refusal && code == NO_SEAT {
                    self.measure.answered(self.number, Kind::Refused, answer.node, due);
                    return Err(Failed::ForGood);
                }
                self.measure.failed(self.number, due, &code);
                if matches!(answer.status, 429 | 500..) {
                    Failed::ForNow
                } else {
                    return Err(Failed::ForGood);
                }
            }
            Err(silence) => {
                self.measure.failed(self.number, due, silence.name());
                Failed::ForNow
            }
        };
        self.wire.turn();
        Err(failed)
    }
}

fn prepared_heartbeat(session: &str) -> Prepared {
    Prepared {
        kind: Kind::Heartbeat,
        method: Method::PUT,
        path: "/api/v1/licenses/heartbeat",
        body: session_body(session),
    }
}

fn prepared_release(session: &str) -> Prepared {
    Prepared {
        kind: Kind::Release,
        method: Method::POST,
        path: "/api/v1/licenses/release",
        body: session_body(session),
    }
}

fn session_id(answer: &[u8]) -> Result<String, Over> {
    serde_json::from_slice::<Seat>(answer)
        .map(|seat| seat.session_id)
        .map_err(|_| Over)
}

fn session_body(session: &str) -> String {
    format!("{{\"session_id\":\"{session}\"}}")
}

/// The code of a problem, or the status of an answer that is none.
pub(super) fn code_of(status: u16, body: &[u8]) -> String {
    serde_json::from_slice::<Code>(body).map_or_else(|_| format!("HTTP {status}"), |problem| problem.code)
}
