//! The cluster as one node sees it: for `status`, probes and metrics.

use std::collections::BTreeSet;

use licensing::id::NodeId;
use licensing::time::At;
use openraft::RaftMetrics;
use serde::{Deserialize, Serialize};

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
    /// Who is in it.
    pub member_list: MemberList,
    /// The ledger's time.
    pub at: At,
    /// Proposals that wait here.
    pub proposals_waiting: usize,
    /// Heartbeats that wait here.
    pub heartbeats_waiting: usize,
    /// What the log's writer counted.
    pub log: storage::log::LogStats,
}

/// Who leads, as one of the nodes knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownLeader {
    /// The term that the node is in.
    pub term: u64,
    /// The leader that it follows.
    pub leader: Option<NodeId>,
}

impl KnownLeader {
    pub(crate) fn of(metrics: &RaftMetrics<TypeConfig>) -> Self {
        Self {
            term: metrics.current_term,
            leader: metrics.current_leader.map(NodeId::new),
        }
    }
}

/// Who is in the cluster, as one of its nodes sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberList {
    /// Who sees it so. Only a leader knows who keeps up.
    pub seen_by: NodeId,
    /// Everybody the membership names.
    pub members: Vec<Member>,
    /// The sets of voters of which a majority each must agree: one, or more while voters change.
    pub quorums: Vec<BTreeSet<NodeId>>,
}

/// A member as the node that [sees](MemberList::seen_by) it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Which.
    pub node: NodeId,
    /// Whether it votes.
    pub voter: bool,
    /// Entries it has yet to receive; only a leader knows.
    pub lag: Option<u64>,
    /// Its wall clock less the seer's, in milliseconds, when last heard.
    pub clock_offset_ms: Option<i64>,
    /// How long ago it last answered the seer. Only a leader asks all the time.
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
        let (proposals_waiting, heartbeats_waiting) = proposer.waiting();
        Self {
            node: me,
            leader: metrics.current_leader.map(NodeId::new),
            term: metrics.current_term,
            last_log: metrics.last_log_index.unwrap_or(0),
            applied: machine.applied(),
            snapshot: metrics.snapshot.as_ref().map_or(0, openraft::LogId::index),
            member_list: MemberList::of(me, metrics, peers),
            at: machine.ledger(licensing::ledger::Ledger::at),
            proposals_waiting,
            heartbeats_waiting,
            log,
        }
    }

    /// How many more nodes may be lost before the cluster stops answering; `None` also where it is not the leader that
    /// sees its members so.
    pub fn tolerance(&self) -> Option<usize> {
        let leads = self.leader == Some(self.member_list.seen_by);
        leads.then(|| self.member_list.tolerance()).flatten()
    }
}

impl MemberList {
    pub(crate) fn of(me: NodeId, metrics: &RaftMetrics<TypeConfig>, peers: &Peers) -> Self {
        let (heard, now) = (peers.heard(), peers.boot_ms());
        let membership = metrics.membership_config.membership();
        let voters: BTreeSet<u64> = membership.voter_ids().collect();
        let last_log = metrics.last_log_index.unwrap_or(0);
        let lag = |id: u64| {
            let replication = metrics.replication.as_ref()?;
            if id == me.get() {
                return Some(0);
            }
            Some(last_log.saturating_sub(replication.get(&id)?.as_ref()?.index()))
        };
        let member = |id: u64| {
            let heard = heard.get(&NodeId::new(id));
            Member {
                node: NodeId::new(id),
                voter: voters.contains(&id),
                lag: lag(id),
                clock_offset_ms: heard.and_then(|heard| peers.clock_offset_ms(heard)),
                heard_ms_ago: heard.map(|heard| now.saturating_sub(heard.boot_ms)),
            }
        };
        let committed = metrics.committed_membership_config.membership();
        Self {
            seen_by: me,
            members: membership.nodes().map(|(id, _)| member(*id)).collect(),
            quorums: quorums(committed.get_joint_config(), membership.get_joint_config()),
        }
    }

    /// The nodes that vote.
    pub fn voters(&self) -> usize {
        self.members.iter().filter(|member| member.voter).count()
    }

    /// How many more nodes may be lost before the cluster stops answering, if it is its leader that sees it so.
    fn tolerance(&self) -> Option<usize> {
        let keeps_up = |member: &&Member| {
            let answers = member.heard_ms_ago.is_some_and(|ms| ms <= SILENT_MS);
            let has_all = member.lag.is_some_and(|lag| lag <= LAG_MAX);
            member.node == self.seen_by || (answers && has_all)
        };
        let present: BTreeSet<NodeId> = self.members.iter().filter(keeps_up).map(|member| member.node).collect();
        let spare = |quorum: &BTreeSet<NodeId>| quorum.intersection(&present).count().checked_sub(quorum.len() / 2 + 1);
        // While voters change, the old and the new ones must both agree, so the weaker of the two counts.
        self.quorums.iter().map(spare).min().flatten()
    }
}

/// The sets of voters that count while the newest membership may not be committed yet: if its leader dies, those who have
/// not heard of it go by the one before.
fn quorums(committed: &[BTreeSet<u64>], newest: &[BTreeSet<u64>]) -> Vec<BTreeSet<NodeId>> {
    let older = committed.iter().filter(|voters| !newest.contains(voters));
    let ids = |voters: &BTreeSet<u64>| voters.iter().copied().map(NodeId::new).collect();
    newest.iter().chain(older).map(ids).collect()
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
            lag: Some(0),
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
            member_list: MemberList {
                seen_by: NodeId::new(1),
                members: everybody.iter().map(member).collect(),
                quorums,
            },
            at: At::default(),
            proposals_waiting: 0,
            heartbeats_waiting: 0,
            log: storage::log::LogStats::default(),
        }
    }

    #[test]
    fn until_a_change_of_voters_is_committed_those_before_it_count() {
        let (old, new) = (BTreeSet::from([1, 2, 3]), BTreeSet::from([1, 2, 4]));
        let both = [old, new];
        let [before, after] = [&both[..1], &both[1..]];
        assert_eq!(quorums(before, &both).len(), 2);
        assert_eq!(quorums(&both, after).len(), 2);
        assert_eq!(quorums(after, after).len(), 1);

        // Node 3 is gone, and node 4 takes its place: nobody else may go before everybody may know.
        let mut status = status(&[&[1, 2, 4], &[1, 2, 3]]);
        status
            .member_list
            .members
            .retain(|member| member.node != NodeId::new(3));
        assert_eq!(status.tolerance(), Some(0));
    }

    #[test]
    fn three_voters_can_lose_one_unless_one_is_silent() {
        let mut status = status(&[&[1, 2, 3]]);
        assert_eq!(status.tolerance(), Some(1));
        status.member_list.members[2].heard_ms_ago = Some(SILENT_MS + 1);
        assert_eq!(status.tolerance(), Some(0));
        status.member_list.members[1].heard_ms_ago = None;
        assert_eq!(status.tolerance(), None);
    }

    #[test]
    fn a_voter_that_lacks_much_counts_as_lost() {
        let mut status = status(&[&[1, 2, 3]]);
        status.member_list.members[1].lag = Some(LAG_MAX + 1);
        assert_eq!(status.tolerance(), Some(0));
        status.member_list.members[1].lag = None;
        assert_eq!(status.tolerance(), Some(0));
    }

    #[test]
    fn a_follower_alone_does_not_say_what_may_be_lost() {
        let mut status = status(&[&[1, 2, 3]]);
        status.member_list.seen_by = NodeId::new(2);
        assert_eq!(status.tolerance(), None);
    }

    #[test]
    fn while_a_third_voter_is_added_none_can_be_lost() {
        assert_eq!(status(&[&[1, 2], &[1, 2, 3]]).tolerance(), Some(0));
    }
}
