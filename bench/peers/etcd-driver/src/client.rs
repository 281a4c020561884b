//! What a virtual client does: take a seat, keep it, give it back.
//!
//! Each seat is a key of its own, which exists while the seat is held. A counter that every acquire and release compares
//! and swaps would be the other way, and the worse one for etcd: of all clients that read the same count one writes,
//! and the others have waited for a write in vain. Here an acquire succeeds at its first try unless another client has
//! that very seat, and the license is just as exactly counted.

use std::sync::Arc;
use std::time::Duration;

use prost::Message;
use tokio::time::{Instant, sleep};

use crate::measure::Measure;
use crate::messages::{Compare, PutRequest, PutResponse, RequestOp, TxnRequest, TxnResponse};
use crate::wire::{Failure, Method, Wire};

/// Before every key of a seat.
pub(crate) const SEATS: &str = "seats/";

/// Before every key of a session.
pub(crate) const SESSIONS: &str = "sessions/";

/// How long a client waits before it asks again, as in `usher bench`.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// A call that no node answers is given up after so many tries.
const TRIES_MAX: u32 = 3_000;

/// One client with one fingerprint.
pub(crate) struct VirtualClient {
    wire: Wire,
    measure: Measure,
    number: u64,
    seats: u64,
    acquires: u64,
}

/// A seat that is held.
struct Held {
    seat: String,
    session: String,
    key: String,
}

/// Why a call is over without success.
struct Over;

impl VirtualClient {
    pub(crate) fn new(nodes: &Arc<[String]>, measure: Measure, number: usize, seats: u64) -> Self {
        Self {
            wire: Wire::new(nodes, number),
            measure,
            number: number as u64,
            seats,
            acquires: 0,
        }
    }

    /// Lives until the measurement ends, gives back what it holds, and tells what it saw.
    pub(crate) async fn live(mut self, heartbeats: u32) -> Measure {
        while self.measure.goes_on() {
            let Ok(held) = self.acquire().await else { continue };
            let mut beats = 0;
            while beats < heartbeats && self.measure.goes_on() && self.heartbeat(&held, beats + 1).await.is_ok() {
                beats += 1;
            }
            // A failure is counted where it happens, and what stays behind is noticed after the run.
            let _ = self.release(&held).await;
        }
        self.measure
    }

    /// Takes the first seat that is free, from the client's own on, in one round trip per seat that is asked for.
    async fn acquire(&mut self) -> Result<Held, Over> {
        self.acquires += 1;
        let session = format!("ses_{:06}{:010}", self.number, self.acquires);
        let key = format!("{SESSIONS}{session}");
        let value = self.session_row(0);
        let begun = Instant::now();
        for step in 0..self.seats {
            let seat = format!("{SEATS}{}", (self.number + step) % self.seats);
            let request = TxnRequest {
                compare: vec![Compare::absent(&seat)],
                success: vec![RequestOp::put(&seat, &session), RequestOp::put(&key, &value)],
            };
            let answer: TxnResponse = self.call(Method::Txn, &request).await?;
            if answer.succeeded {
                self.measure.answered("acquire", self.wire.node(), begun);
                return Ok(Held { seat, session, key });
            }
            self.measure.taken(begun);
        }
        self.measure.failed(begun, "SEAT_LIMIT_REACHED");
        sleep(TRY_AGAIN_AFTER).await;
        Err(Over)
    }

    async fn heartbeat(&mut self, held: &Held, beat: u32) -> Result<(), Over> {
        let begun = Instant::now();
        let request = PutRequest {
            key: held.key.as_bytes().to_vec(),
            value: self.session_row(beat).into_bytes(),
        };
        let PutResponse {} = self.call(Method::Put, &request).await?;
        self.measure.answered("heartbeat", self.wire.node(), begun);
        Ok(())
    }

    async fn release(&mut self, held: &Held) -> Result<(), Over> {
        let begun = Instant::now();
        let request = TxnRequest {
            compare: vec![Compare::holds(&held.seat, &held.session)],
            success: vec![RequestOp::delete(&held.seat), RequestOp::delete(&held.key)],
        };
        let answer: TxnResponse = self.call(Method::Txn, &request).await?;
        if !answer.succeeded {
            self.measure.failed(begun, "SESSION_NOT_FOUND");
            return Err(Over);
        }
        self.measure.answered("release", self.wire.node(), begun);
        Ok(())
    }

    /// What is kept of a session: about as many bytes as a heartbeat's command has in usher's log.
    fn session_row(&self, beat: u32) -> String {
        format!(
            r#"{{"license":"lic_s8wfrxgw9qhqztwn906m9304rr","holder":"bench-{:06}","beat":{beat:013}}}"#,
            self.number
        )
    }

    /// Makes a call until it is answered. Each failed try is counted.
    async fn call<A: Message + Default>(&mut self, method: Method, message: &impl Message) -> Result<A, Over> {
        for _ in 0..TRIES_MAX {
            let begun = Instant::now();
            match self.wire.call(method, message).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => self.fail(begun, &failure).await,
            }
        }
        Err(Over)
    }

    async fn fail(&mut self, begun: Instant, failure: &Failure) {
        self.measure.failed(begun, &failure.name());
        sleep(TRY_AGAIN_AFTER).await;
        self.wire.turn();
    }
}
