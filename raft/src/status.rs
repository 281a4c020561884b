//! The cluster as one node sees it: for `status`, probes and metrics.

use std::collections::BTreeSet;

use licensing::id::NodeId;
use licensing::time::At;
use openraft::RaftMetrics;

use crate::machine::Machine;
use crate::peers::Peers;
use crate::propose::Proposer;
use crate::types::TypeConfig;

/// What a node knows about its cluster now.
#[derive(Debug, Clone)]
pub struct ClusterStatus {
    /// The node that answers.
    pub node: NodeId,
    /// The leader it follows.
    pub leader: Option<NodeId>,
    /// The term it is in.
    pub term: u64,
    /// The newest entry it has.
    pub last_log: u64,
    /// The newest entry it has applied.
    pub applied: u64,
    /// The newest entry its snapshot covers.
    pub snapshot: u64,
    /// Everybody the membership names.
    pub members: Vec<Member>,
    /// The sets of voters of which a majority each must agree: one, or two while voters change.
    pub quorums: Vec<BTreeSet<NodeId>>,
    /// The ledger's time.
    pub at: At,
    /// Proposals that wait here.
    pub proposals_waiting: usize,
    /// Heartbeats that wait here.
    pub heartbeats_waiting: usize,
    /// What the log's writer counted.
    pub log: storage::log::LogStats,
}

/// A member as this node sees it.
#[derive(Debug, Clone)]
pub struct Member {
    /// Which.
    pub node: NodeId,
    /// Whether it votes.
    pub voter: bool,
    /// The newest entry it is known to have; only a leader knows.
    pub matched: Option<u64>,
    /// Its wall clock less ours, in milliseconds, when last heard.
    pub clock_offset_ms: Option<i64>,
    /// How long ago it last answered us. Only a leader asks all the time.
    pub heard_ms_ago: Option<u64>,
}

/// A member that has not answered its leader for this long may be gone.
pub(crate) const SILENT_MS: u64 = 3_000;

/// A member that lacks more entries than these does not keep up.
const LAG_MAX: u64 = 1_000;

impl ClusterStatus {
    pub(crate) fn of(
        me: NodeId,
        metrics: &RaftMetrics<TypeConfig>,
        peers: &Peers,
        machine: &Machine,
        log: storage::log::LogStats,
        proposer: &Proposer,
    ) -> Self {
        let (heard, now) = (peers.heard(), peers.boot_ms());
        let membership = metrics.membership_config.membership();
        let voters: Vec<u64> = membership.voter_ids().collect();
        let matched = |id: u64| {
            let replication = metrics.replication.as_ref()?;
            Some(replication.get(&id)?.as_ref()?.index())
        };
        let members = membership.nodes().map(|(id, _)| Member {
            node: NodeId::new(*id),
            voter: voters.contains(id),
            matched: if *id == me.get() {
                metrics.last_log_index
            } else {
                matched(*id)
            },
            clock_offset_ms: heard
                .get(&NodeId::new(*id))
                .and_then(|heard| peers.clock_offset_ms(heard)),
            heard_ms_ago: heard
                .get(&NodeId::new(*id))
                .map(|heard| now.saturating_sub(heard.boot_ms)),
        });
        let quorum = |voters: &BTreeSet<u64>| voters.iter().copied().map(NodeId::new).collect();
        let (proposals_waiting, heartbeats_waiting) = proposer.waiting();
        Self {
            node: me,
            leader: metrics.current_leader.map(NodeId::new),
            term: metrics.current_term,
            last_log: metrics.last_log_index.unwrap_or(0),
            applied: machine.applied(),
            snapshot: metrics.snapshot.as_ref().map_or(0, openraft::LogId::index),
            members: members.collect(),
            quorums: membership.get_joint_config().iter().map(quorum).collect(),
            at: machine.ledger(licensing::ledger::Ledger::at),
            proposals_waiting,
            heartbeats_waiting,
            log,
        }
    }

    /// How many more nodes may be lost before the cluster stops answering, as far as this node can tell: only a leader
    /// knows who keeps up; another node counts everybody in.
    pub fn tolerance(&self) -> Option<usize> {
        self.leader?;
        let leads = self.leader == Some(self.node);
        let answers = |member: &Member| member.heard_ms_ago.is_some_and(|ms| ms <= SILENT_MS);
        let has_all = |member: &Member| member.matched.is_some_and(|matched| matched + LAG_MAX >= self.last_log);
        let keeps_up = |member: &&Member| !leads || member.node == self.node || (answers(member) && has_all(member));
        let present: BTreeSet<NodeId> = self.members.iter().filter(keeps_up).map(|member| member.node).collect();
        let spare = |quorum: &BTreeSet<NodeId>| quorum.intersection(&present).count().checked_sub(quorum.len() / 2 + 1);
        // While voters change, the old and the new ones must both agree, so the weaker of the two counts.
        self.quorums.iter().map(spare).min().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(quorums: &[&[u64]]) -> ClusterStatus {
        let quorum = |voters: &&[u64]| voters.iter().copied().map(NodeId::new).collect();
        let quorums: Vec<BTreeSet<NodeId>> = quorums.iter().map(quorum).collect();
        let member = |node: &NodeId| Member {
            node: *node,
            voter: true,
            matched: Some(10),
            clock_offset_ms: None,
            heard_ms_ago: Some(0),
        };
        let everybody: BTreeSet<NodeId> = quorums.iter().flatten().copied().collect();
        ClusterStatus {
            node: NodeId::new(1),
            leader: Some(NodeId::new(1)),
            term: 1,
            last_log: 10,
            applied: 10,
            snapshot: 0,
            members: everybody.iter().map(member).collect(),
            quorums,
            at: At::default(),
            proposals_waiting: 0,
            heartbeats_waiting: 0,
            log: storage::log::LogStats::default(),
        }
    }

    #[test]
    fn three_voters_can_lose_one_unless_one_is_silent() {
        let mut status = status(&[&[1, 2, 3]]);
        assert_eq!(status.tolerance(), Some(1));
        status.members[2].heard_ms_ago = Some(SILENT_MS + 1);
        assert_eq!(status.tolerance(), Some(0));
        status.members[1].heard_ms_ago = None;
        assert_eq!(status.tolerance(), None);
    }

    #[test]
    fn while_a_third_voter_is_added_none_can_be_lost() {
        assert_eq!(status(&[&[1, 2], &[1, 2, 3]]).tolerance(), Some(0));
    }
}
