//! The cluster as one node sees it: for `status`, probes and metrics.

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
        let (proposals_waiting, heartbeats_waiting) = proposer.waiting();
        Self {
            node: me,
            leader: metrics.current_leader.map(NodeId::new),
            term: metrics.current_term,
            last_log: metrics.last_log_index.unwrap_or(0),
            applied: machine.applied(),
            snapshot: metrics.snapshot.as_ref().map_or(0, openraft::LogId::index),
            members: members.collect(),
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
        let voters: Vec<&Member> = self.members.iter().filter(|member| member.voter).collect();
        let leads = self.leader == Some(self.node);
        let answers = |member: &Member| member.heard_ms_ago.is_some_and(|ms| ms <= SILENT_MS);
        let has_all = |member: &Member| member.matched.is_some_and(|matched| matched + LAG_MAX >= self.last_log);
        let keeps_up = |member: &&&Member| !leads || member.node == self.node || (answers(member) && has_all(member));
        voters.iter().filter(keeps_up).count().checked_sub(voters.len() / 2 + 1)
    }
}
