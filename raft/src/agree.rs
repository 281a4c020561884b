//! ReplicasAgree, checked while running: nodes compare their ledgers' digests at equal positions. A node that differs
//! from a majority that agrees has a wrong ledger and stops before it answers from it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use licensing::digest::Digest;
use licensing::id::NodeId;
use tokio::time::Instant;

use crate::machine::Machine;
use crate::peers::Peers;
use crate::wire::{Answer, Request};

/// Digests are kept at entries whose index is a multiple of this.
pub(crate) const DIGEST_EVERY: u64 = 64;

/// How many of them are kept.
const DIGESTS_KEPT: usize = 256;

/// How often nodes compare.
const COMPARE_EVERY: Duration = Duration::from_secs(10);

/// The newest digests of a ledger, with the index of the entry after which each was taken.
#[derive(Debug, Default)]
pub(crate) struct Digests(VecDeque<(u64, Digest)>);

impl Digests {
    /// Keeps the digest after entry `index`, if it is one to keep.
    pub(crate) fn note(&mut self, index: u64, digest: impl FnOnce() -> Digest) {
        if index.is_multiple_of(DIGEST_EVERY) {
            if self.0.len() == DIGESTS_KEPT {
                self.0.pop_front();
            }
            self.0.push_back((index, digest()));
        }
    }

    pub(crate) fn all(&self) -> Vec<(u64, Digest)> {
        self.0.iter().copied().collect()
    }
}

/// Where two nodes' digests differ, if they do.
fn difference(ours: &[(u64, Digest)], theirs: &[(u64, Digest)]) -> Option<u64> {
    ours.iter().find_map(|(index, digest)| {
        theirs
            .iter()
            .find(|(other, _)| other == index)
            .filter(|(_, other)| other != digest)
            .map(|_| *index)
    })
}

/// Compares for as long as the node runs; returns when this node must stop, saying why.
pub(crate) async fn watch(peers: Arc<Peers>, machine: Machine) -> String {
    loop {
        tokio::time::sleep(COMPARE_EVERY).await;
        let others: Vec<NodeId> = machine.ledger(|ledger| {
            let live = ledger
                .nodes()
                .filter(|node| node.removed_at.is_none() && node.id != peers.me);
            live.map(|node| node.id).collect()
        });
        let mut heard = Vec::new();
        for other in &others {
            if let Some(theirs) = ask(&peers, *other).await {
                heard.push((*other, theirs));
            }
        }
        if let Some(why) = verdict(&machine.digests(), &heard, others.len() + 1) {
            return why;
        }
    }
}

async fn ask(peers: &Arc<Peers>, node: NodeId) -> Option<Vec<(u64, Digest)>> {
    let mut connection = peers.connect(node).await.ok()?;
    match connection
        .call(&Request::Digests, Instant::now() + Duration::from_secs(2))
        .await
    {
        Ok(Answer::Digests(digests)) => Some(digests),
        Ok(_) | Err(_) => None,
    }
}

/// Why this node must stop: it differs from others that agree with each other and are more than half of all `nodes`.
fn verdict(ours: &[(u64, Digest)], heard: &[(NodeId, Vec<(u64, Digest)>)], nodes: usize) -> Option<String> {
    let differing: Vec<_> = heard
        .iter()
        .filter_map(|(node, theirs)| Some((node, theirs, difference(ours, theirs)?)))
        .collect();
    for (node, _, index) in &differing {
        tracing::error!(%node, index, "two ledgers differ at the same entry");
    }
    let agreeing = |one: &[(u64, Digest)]| {
        let same = differing
            .iter()
            .filter(|(_, other, _)| difference(one, other).is_none());
        same.count()
    };
    let (node, _, index) = differing.iter().find(|(_, theirs, _)| agreeing(theirs) * 2 > nodes)?;
    Some(format!(
        "this node's ledger differs from that of node {node} and of most others at entry {index}; join it anew with an \
         empty data directory"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use licensing::command::{Command, Entry, Proposal};
    use licensing::ledger::Ledger;
    use licensing::time::At;

    fn digest_of(ticks: u64) -> Digest {
        let mut ledger = Ledger::new();
        for tick in 0..ticks {
            let command = Command::Tick;
            let proposal = Proposal::by_system(command);
            ledger.apply(&Entry::at(At::from_ms(tick), vec![proposal]));
        }
        ledger.digest()
    }

    #[test]
    fn a_node_that_differs_from_two_that_agree_stops() {
        let (right, wrong) = (vec![(64, digest_of(1))], vec![(64, digest_of(2))]);
        let heard = [(NodeId::new(2), right.clone()), (NodeId::new(3), right.clone())];
        assert!(verdict(&wrong, &heard, 3).is_some());
        assert!(verdict(&right, &heard, 3).is_none());
    }

    #[test]
    fn two_of_five_do_not_stop_the_others() {
        let (right, wrong) = (vec![(64, digest_of(1))], vec![(64, digest_of(2))]);
        let heard = [
            (NodeId::new(2), wrong.clone()),
            (NodeId::new(3), wrong),
            (NodeId::new(4), right.clone()),
            (NodeId::new(5), right.clone()),
        ];
        assert!(verdict(&right, &heard, 5).is_none());
    }

    #[test]
    fn a_node_that_differs_from_one_goes_on() {
        let (right, wrong) = (vec![(64, digest_of(1))], vec![(64, digest_of(2))]);
        assert!(verdict(&right, &[(NodeId::new(2), wrong), (NodeId::new(3), right.clone())], 3).is_none());
    }

    #[test]
    fn digests_at_different_entries_are_not_compared() {
        assert!(difference(&[(64, digest_of(1))], &[(128, digest_of(2))]).is_none());
    }
}
