//! Linearizable reads by ReadIndex: the leader confirms that it leads and names the newest committed entry; once this
//! node has applied that far, its ledger answers for everything acknowledged before the read began.
//!
//! Those who wait share one round: however many strangers ask, the peers see one question at a time. Lease reads are
//! not used (openraft calls them LeaseRead); a restarted node forgets the lease that it promised.

use std::sync::Arc;
use std::time::Duration;

use licensing::id::NodeId;
use openraft::ReadPolicy;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout_at};

use crate::ProposeError;
use crate::leader::Leadership;
use crate::machine::Machine;
use crate::peers::Peers;
use crate::propose::Carrier;
use crate::types::Raft;

/// Reads that may wait at one node.
const QUEUE_MAX: usize = 16_384;

/// How long a round may look for a leader.
const READ_WITHIN: Duration = Duration::from_secs(3);

/// How long to wait before looking again.
const RETRY_AFTER: Duration = Duration::from_millis(25);

type Waiter = oneshot::Sender<Result<(), ProposeError>>;

/// The entrance for linearizable reads. Clones share the queue.
#[derive(Clone)]
pub(crate) struct Reads(mpsc::Sender<Waiter>);

impl Reads {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Waiter>) {
        let (ask, waiters) = mpsc::channel(QUEUE_MAX);
        (Self(ask), waiters)
    }

    /// Waits until this node's ledger holds everything that was acknowledged anywhere before the call.
    pub(crate) async fn barrier(&self) -> Result<(), ProposeError> {
        let (answer, passed) = oneshot::channel();
        self.0.try_send(answer).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => ProposeError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => ProposeError::ShuttingDown,
        })?;
        passed.await.unwrap_or(Err(ProposeError::ShuttingDown))
    }
}

/// Runs the rounds.
pub(crate) struct Rounds {
    pub(crate) raft: Raft,
    pub(crate) machine: Machine,
    pub(crate) peers: Arc<Peers>,
    pub(crate) leadership: Arc<Leadership>,
    pub(crate) carrier: Arc<Carrier>,
}

impl Rounds {
    /// Serves the queue for as long as anybody can ask.
    pub(crate) async fn run(self, mut waiters: mpsc::Receiver<Waiter>) {
        while let Some(first) = waiters.recv().await {
            let mut round = vec![first];
            while let Ok(waiter) = waiters.try_recv() {
                round.push(waiter);
            }
            let result = self.round().await;
            for waiter in round {
                let _ = waiter.send(result);
            }
        }
    }

    async fn round(&self) -> Result<(), ProposeError> {
        let by = Instant::now() + READ_WITHIN;
        loop {
            if let Some(index) = self.read_index(by).await {
                return timeout_at(by, self.machine.wait_applied(index))
                    .await
                    .map_err(|_| ProposeError::NoLeader);
            }
            if Instant::now() + RETRY_AFTER >= by {
                return Err(ProposeError::NoLeader);
            }
            sleep(RETRY_AFTER).await;
        }
    }

    async fn read_index(&self, by: Instant) -> Option<u64> {
        let leader = self.leadership.leader()?;
        tokio::select! { biased;
            index = self.ask(leader, by) => index,
            () = self.leadership.leads_no_more(leader) => None,
        }
    }

    async fn ask(&self, leader: NodeId, by: Instant) -> Option<u64> {
        if leader != self.peers.me {
            return self.carrier.read_index(leader, by).await;
        }
        let asked = timeout_at(by, self.raft.get_read_linearizer(ReadPolicy::ReadIndex)).await;
        Some(asked.ok()?.ok()?.read_log_id().index())
    }
}
