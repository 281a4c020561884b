//! Whether the cluster could do without a node. A removal cannot be taken back: the ledger's word is final, and a cluster
//! that lost its majority by it would never answer again.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use licensing::id::NodeId;
use openraft::rt::WatchReceiver;
use tokio::time::{Instant, timeout_at};

use super::Cluster;
use crate::wire::Request;

/// How long a voter may take to show that it is there.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// Why a node must not be removed now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemovalError {
    /// Nobody else votes.
    #[error(
        "node {node} is the only node that votes, so the cluster would never answer again without it. Let another node \
         join, and remove this one when the other votes"
    )]
    OnlyVoter {
        /// The node.
        node: NodeId,
    },
    /// The voters that would remain have no majority that answers.
    #[error(
        "the cluster would stop answering without node {node}: {} of {remaining} voters that would remain answer now, \
         which is no majority. Bring back {}, or remove what is gone for good first",
        remaining - silent.len(),
        names(silent)
    )]
    NoMajority {
        /// The node.
        node: NodeId,
        /// How many voters would remain.
        remaining: usize,
        /// Those of them that do not answer.
        silent: Vec<NodeId>,
    },
}

fn names(nodes: &[NodeId]) -> String {
    let names: Vec<String> = nodes.iter().map(|node| format!("node {node}")).collect();
    names.join(" and ")
}

/// Whether so many of `voters` are a majority of them. Nobody is no majority of nobody.
pub(crate) fn is_majority(count: usize, voters: usize) -> bool {
    count * 2 > voters
}

impl Cluster {
    /// Asks the voters that would remain without `node` whether they are there. What the ledger has removed already, or
    /// does not know, may be removed again: that changes nothing.
    ///
    /// # Errors
    ///
    /// Without `node` the cluster would stop answering.
    pub async fn check_removal(&self, node: NodeId) -> Result<(), RemovalError> {
        let leaves = |id: NodeId| self.ledger(|ledger| ledger.node(id).is_some_and(|node| node.removed_at.is_some()));
        let voters: BTreeSet<NodeId> = {
            let metrics = self.raft.metrics();
            let metrics = metrics.borrow_watched();
            let membership = metrics.membership_config.membership();
            membership.voter_ids().map(NodeId::new).collect()
        };
        if !voters.contains(&node) || leaves(node) {
            return Ok(());
        }
        let rest = voters.into_iter().filter(|voter| *voter != node && !leaves(*voter));
        let rest: Vec<NodeId> = rest.collect();
        if rest.is_empty() {
            return Err(RemovalError::OnlyVoter { node });
        }
        let answering = join_all(rest.iter().map(|voter| self.answers(*voter))).await;
        let silent = rest.iter().zip(&answering).filter(|(_, answers)| !**answers);
        let silent: Vec<NodeId> = silent.map(|(voter, _)| *voter).collect();
        if is_majority(rest.len() - silent.len(), rest.len()) {
            return Ok(());
        }
        Err(RemovalError::NoMajority {
            node,
            remaining: rest.len(),
            silent,
        })
    }

    /// Whether a node answers, over a connection that was made for the question.
    async fn answers(&self, node: NodeId) -> bool {
        if node == self.me {
            return true;
        }
        let by = Instant::now() + ANSWERS_WITHIN;
        let ask = async {
            let mut connection = self.peers.connect(node).await.ok()?;
            connection.call(&Request::Digests, by).await.ok()
        };
        matches!(timeout_at(by, ask).await, Ok(Some(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_who_is_missing_and_what_to_do() {
        let error = RemovalError::NoMajority {
            node: NodeId::new(2),
            remaining: 4,
            silent: vec![NodeId::new(3), NodeId::new(5)],
        };
        assert_eq!(
            error.to_string(),
            "the cluster would stop answering without node 2: 2 of 4 voters that would remain answer now, which is no \
             majority. Bring back node 3 and node 5, or remove what is gone for good first"
        );
    }

    #[test]
    fn nobody_is_no_majority_of_nobody() {
        assert!(!is_majority(0, 0) && !is_majority(1, 2) && is_majority(1, 1) && is_majority(2, 3));
    }
}
