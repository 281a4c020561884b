//! A way to one peer that outlives the patience of those who use it.
//!
//! openraft gives up a heartbeat after a tenth of a second. If that ended the connection, or the handshake that makes
//! one, a node that is slow for a moment could never be reached again: each try would begin anew and end too early. So a
//! task of its own connects and carries one request after the other, and who gave up only does not hear the answer.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use licensing::id::NodeId;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::peers::Peers;
use crate::wire::{Answer, Request};

/// A request may be on its way for at least this long, however soon its caller gives up.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);

/// Why a call has no answer.
#[derive(Debug)]
pub(crate) enum CallError {
    /// There is no connection.
    Unreachable(io::Error),
    /// There was one. The request may have been handled.
    Lost(io::Error),
}

impl From<CallError> for io::Error {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Unreachable(error) | CallError::Lost(error) => error,
        }
    }
}

/// A way to one peer. Dropping it ends the connection.
pub(crate) struct Link {
    exchanges: mpsc::Sender<Exchange>,
    task: JoinHandle<()>,
}

/// A request that waits for its turn.
struct Exchange {
    request: Request,
    within: Duration,
    answer: oneshot::Sender<Result<Answer, CallError>>,
}

impl Link {
    /// A link to `peer`; it connects when it is first used.
    pub(crate) fn to(peer: NodeId, peers: Arc<Peers>) -> Self {
        let (exchanges, waiting) = mpsc::channel(1);
        let task = tokio::spawn(carry(peer, peers, waiting));
        Self { exchanges, task }
    }

    /// Sends `request` and waits for its answer.
    pub(crate) async fn call(&self, request: Request, within: Duration) -> Result<Answer, CallError> {
        let by = Instant::now() + within;
        let (answer, told) = oneshot::channel();
        let exchange = Exchange {
            request,
            within,
            answer,
        };
        let gone = |_| CallError::Lost(io::ErrorKind::BrokenPipe.into());
        let exchanged = async {
            self.exchanges
                .send(exchange)
                .await
                .map_err(|_| CallError::Lost(io::ErrorKind::BrokenPipe.into()))?;
            told.await.map_err(gone)?
        };
        timeout_at(by, exchanged)
            .await
            .unwrap_or_else(|_| Err(CallError::Lost(io::ErrorKind::TimedOut.into())))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(peer: NodeId, peers: Arc<Peers>, mut waiting: mpsc::Receiver<Exchange>) {
    let mut connection = None;
    while let Some(Exchange {
        request,
        within,
        answer,
    }) = waiting.recv().await
    {
        let mut open = match connection.take() {
            Some(open) => open,
            None => match peers.connect(peer).await {
                Ok(open) => open,
                Err(error) => {
                    // Who gave up does not hear.
                    let _ = answer.send(Err(CallError::Unreachable(error)));
                    continue;
                }
            },
        };
        if answer.is_closed() {
            connection = Some(open);
            continue;
        }
        let by = Instant::now() + within.max(ANSWER_WITHIN);
        let told = open.call(&request, by).await;
        if told.is_ok() {
            connection = Some(open);
        }
        let _ = answer.send(told.map_err(CallError::Lost));
    }
}
