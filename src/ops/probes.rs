//! Is this node alive, and is it ready: two questions with different cures. A restart helps the first, patience or a
//! look at the cluster the second.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use licensing::ledger::Ledger;
use raft::Cluster;
use raft::seams::Seams;
use storage::disk::Lane;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::signer::Signer;

/// How long the disk may take to come round to a question.
const DISK_ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// How long a probe waits for the node to find itself recovered.
const RECOVERY_ASKED_FOR: Duration = Duration::from_millis(50);

/// What a node that goes away is told apart by from one that is ready. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    /// From now on the node is not ready: balancers send new clients elsewhere.
    pub fn begin(&self) {
        self.0.store(true, Relaxed);
    }

    fn has_begun(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) name: &'static str,
    /// What is wrong, for people; `None` if nothing is.
    pub(super) problem: Option<String>,
}

/// What the probes look at.
#[derive(Clone)]
pub(super) struct Probes {
    pub(super) cluster: Cluster,
    pub(super) seams: Seams,
    pub(super) signer: Arc<Signer>,
    pub(super) draining: Draining,
}

/// What `/livez` looks at. Never the quorum: restarting a node does not bring back another one.
pub(super) const LIVE: [&str; 1] = ["storage"];

/// What `/readyz` looks at. A follower is ready: it serves every call.
pub(super) const READY: [&str; 6] = ["storage", "draining", "leader", "recovered", "member", "signer"];

impl Probes {
    /// Looks at one thing. `None` if there is no check of this name.
    pub(super) async fn check(&self, name: &str) -> Option<Check> {
        let (name, problem) = match name {
            "storage" => ("storage", self.storage().await),
            "draining" => ("draining", self.draining()),
            "leader" => ("leader", self.leader()),
            "recovered" => ("recovered", self.recovered().await),
            "member" => ("member", self.member()),
            "signer" => ("signer", self.signer()),
            _ => return None,
        };
        Some(Check { name, problem })
    }

    /// The log's own thread does nothing but write and fsync: if it answers, neither hangs.
    async fn storage(&self) -> Option<String> {
        let (tell, told) = oneshot::channel();
        let answer = move || {
            let _ = tell.send(());
        };
        self.seams.disk.perform(Lane::Log, Box::new(|| Box::new(answer)));
        match timeout(DISK_ANSWERS_WITHIN, told).await {
            Ok(Ok(())) => None,
            Ok(Err(_)) => Some("the log's thread has ended".to_owned()),
            Err(_) => Some(format!(
                "the disk has not answered for {} s",
                DISK_ANSWERS_WITHIN.as_secs()
            )),
        }
    }

    fn draining(&self) -> Option<String> {
        self.draining
            .has_begun()
            .then(|| "the node is shutting down".to_owned())
    }

    fn leader(&self) -> Option<String> {
        self.cluster
            .status()
            .leader
            .is_none()
            .then(|| "no leader is known".to_owned())
    }

    async fn recovered(&self) -> Option<String> {
        let recovered = self.cluster.is_recovered(RECOVERY_ASKED_FOR).await;
        (!recovered).then(|| "what was committed before the start is not all applied yet".to_owned())
    }

    fn member(&self) -> Option<String> {
        let me = self.cluster.me();
        self.cluster.ledger(|ledger| match ledger.node(me) {
            Some(node) if node.removed_at.is_none() => None,
            Some(_) => Some("this node was removed from its cluster".to_owned()),
            None => Some("the ledger here does not know this node: it was not founded, or has to catch up".to_owned()),
        })
    }

    fn signer(&self) -> Option<String> {
        let over = self.cluster.ledger(Ledger::at) >= self.signer.certified_until();
        over.then(|| "the cluster's certificate has expired; `usher key install` takes a new one".to_owned())
    }
}
