//! Makes the raft membership follow the ledger. Admission and removal are commands; this loop, on whoever leads, turns
//! them into membership changes and can be interrupted anywhere.
//!
//! An admitted node becomes a learner at once. It becomes a voter when it has caught up, in place of the node it
//! replaces by one joint change, or while the cluster has fewer than [`VOTERS_TARGET`] voters. Otherwise it stays a
//! learner: a wiped node that comes back under a new number must not raise the quorum its old self still counts in.
//!
//! No change is begun that too few of the new voters are there to finish, since a joint change that stays half done stops
//! everything; one that a leader left half done is finished by the next. A removed node votes, and is listened to, until
//! the change that takes it out is made, which may be its own last act as the leader.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use licensing::command::{Command, Proposal};
use licensing::id::NodeId;
use openraft::impls::BasicNode;
use openraft::rt::WatchReceiver;
use openraft::{ChangeMembers, ServerState};
use tokio::time::timeout;

use crate::leader::Leadership;
use crate::machine::Machine;
use crate::node::is_majority;
use crate::peers::Peers;
use crate::status::SILENT_MS;
use crate::types::Raft;

/// A cluster grows to this many voters by itself.
pub const VOTERS_TARGET: usize = 3;

/// How often the membership is compared with the ledger.
const COMPARE_EVERY: Duration = Duration::from_millis(500);

/// An heir has taken the lead by then, or does not.
const HAND_OVER_WITHIN: Duration = Duration::from_secs(2);

/// A learner this many entries behind, or fewer, has caught up.
const CAUGHT_UP_LAG: u64 = 64;

/// One change to the membership.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    /// This node is to leave, so another leads first.
    HandOver(u64),
    AddLearner(u64, String),
    SetVoters(BTreeSet<u64>),
    Forget(u64),
    Remove(NodeId),
}

/// What a decision is made from.
struct Seen {
    me: u64,
    /// Whether this leader has tried to hand over the lead already.
    has_handed_over: bool,
    voters: BTreeSet<u64>,
    /// The old and the new voters of a change that its leader did not live to finish; empty if there is none.
    unfinished: Vec<BTreeSet<u64>>,
    learners: BTreeSet<u64>,
    caught_up: BTreeSet<u64>,
    /// Who answered lately, this node among them.
    present: BTreeSet<u64>,
    /// The ledger's nodes.
    nodes: BTreeMap<u64, Listed>,
}

/// A node as the ledger lists it.
struct Listed {
    removed: bool,
    replaces: Option<u64>,
    address: String,
}

impl Seen {
    /// The next change, one at a time: each must be committed before another is thought of.
    fn next(&self) -> Option<Change> {
        if !self.unfinished.is_empty() {
            // Forward if enough of the new voters are there, else back.
            return self
                .unfinished
                .iter()
                .rev()
                .find_map(|voters| self.vote_for(voters.clone()));
        }
        self.lead_to_hand_over()
            .or_else(|| self.voters_without_the_removed())
            .or_else(|| self.learner_to_forget())
            .or_else(|| self.replaced_to_remove())
            .or_else(|| self.learner_to_add())
            .or_else(|| self.voters_with_a_replacement())
            .or_else(|| self.voters_with_one_more())
    }

    /// A leader can take itself out, but the others would be without one until they noticed. It tries once.
    fn lead_to_hand_over(&self) -> Option<Change> {
        if self.has_handed_over || !self.is_removed(self.me) {
            return None;
        }
        let is_heir = |id: &&u64| **id != self.me && !self.is_removed(**id) && self.present.contains(id);
        let heir = self.voters.intersection(&self.caught_up).find(is_heir);
        heir.map(|id| Change::HandOver(*id))
    }

    fn voters_without_the_removed(&self) -> Option<Change> {
        let staying = self.voters.iter().copied().filter(|id| !self.is_removed(*id)).collect();
        if staying == self.voters {
            return None;
        }
        self.vote_for(staying)
    }

    fn learner_to_forget(&self) -> Option<Change> {
        let gone = self.learners.iter().find(|id| self.is_removed(**id));
        gone.map(|id| Change::Forget(*id))
    }

    fn replaced_to_remove(&self) -> Option<Change> {
        let replaced = |(id, node): (&u64, &Listed)| node.replaces.filter(|_| self.voters.contains(id));
        let mut replaced = self.nodes.iter().filter_map(replaced);
        let old = replaced.find(|old| !self.is_removed(*old) && !self.voters.contains(old));
        old.map(|old| Change::Remove(NodeId::new(old)))
    }

    fn learner_to_add(&self) -> Option<Change> {
        let outside = |id: u64| !self.voters.contains(&id) && !self.learners.contains(&id) && !self.is_removed(id);
        let (new, node) = self.nodes.iter().find(|(id, _)| outside(**id))?;
        Some(Change::AddLearner(*new, node.address.clone()))
    }

    fn voters_with_a_replacement(&self) -> Option<Change> {
        let ready = |id: &u64| self.caught_up.contains(id) && !self.voters.contains(id);
        self.nodes.iter().filter(|(id, _)| ready(id)).find_map(|(id, node)| {
            let old = node.replaces.filter(|old| self.voters.contains(old))?;
            let staying = self.voters.iter().copied().filter(|voter| *voter != old);
            self.vote_for(staying.chain([*id]).collect())
        })
    }

    fn voters_with_one_more(&self) -> Option<Change> {
        if self.voters.len() >= VOTERS_TARGET {
            return None;
        }
        let mut ready = self.learners.iter().filter(|id| self.caught_up.contains(id));
        ready.find_map(|id| self.vote_for(self.voters.iter().copied().chain([*id]).collect()))
    }

    /// The change to these voters, if enough of them are there to finish it.
    fn vote_for(&self, voters: BTreeSet<u64>) -> Option<Change> {
        let present = voters.intersection(&self.present).count();
        is_majority(present, voters.len()).then_some(Change::SetVoters(voters))
    }

    fn is_removed(&self, id: u64) -> bool {
        self.nodes.get(&id).is_some_and(|node| node.removed)
    }
}

/// Keeps the membership like the ledger for as long as the node runs.
pub(crate) async fn follow_ledger(raft: Raft, machine: Machine, peers: Arc<Peers>, leadership: Arc<Leadership>) {
    let mut due = tokio::time::interval(COMPARE_EVERY);
    due.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut handed_over_in = None;
    loop {
        due.tick().await;
        let Some(seen) = look(&raft, &machine, &peers, handed_over_in) else {
            continue;
        };
        let Some(change) = seen.next() else { continue };
        if matches!(change, Change::HandOver(_)) {
            handed_over_in = Some(raft.metrics().borrow_watched().current_term);
        }
        tracing::info!(?change, "the membership follows the ledger");
        if let Err(error) = make(&raft, &leadership, change).await {
            tracing::warn!(error, "the membership could not be changed; it is tried again");
        }
    }
}

fn look(raft: &Raft, machine: &Machine, peers: &Peers, handed_over_in: Option<u64>) -> Option<Seen> {
    let metrics = raft.metrics();
    let metrics = metrics.borrow_watched();
    if metrics.state != ServerState::Leader {
        return None;
    }
    let membership = metrics.membership_config.membership();
    let unfinished = match membership.get_joint_config().as_slice() {
        [_] => Vec::new(),
        joint => joint.to_vec(),
    };
    let last = metrics.last_log_index.unwrap_or(0);
    let caught_up = metrics.replication.iter().flatten().filter_map(|(id, matched)| {
        let matched = matched.as_ref().map_or(0, openraft::LogId::index);
        (matched > 0 && matched + CAUGHT_UP_LAG >= last).then_some(*id)
    });
    let now = peers.boot_ms();
    let heard = peers.heard();
    let present = heard
        .iter()
        .filter(|(_, heard)| now.saturating_sub(heard.boot_ms) <= SILENT_MS)
        .map(|(id, _)| id.get());
    Some(Seen {
        me: peers.me.get(),
        has_handed_over: handed_over_in == Some(metrics.current_term),
        unfinished,
        voters: membership.voter_ids().collect(),
        learners: membership.learner_ids().collect(),
        caught_up: caught_up.collect(),
        present: present.chain([peers.me.get()]).collect(),
        nodes: machine.ledger(|ledger| ledger.nodes().map(|node| (node.id.get(), Listed::of(node))).collect()),
    })
}

impl Listed {
    fn of(node: &licensing::cluster::Node) -> Self {
        Self {
            removed: node.removed_at.is_some(),
            replaces: node.replaces.map(NodeId::get),
            address: node.peer_address.to_string(),
        }
    }
}

async fn make(raft: &Raft, leadership: &Leadership, change: Change) -> Result<(), String> {
    let changed = match change {
        Change::HandOver(heir) => {
            let refused = |error: openraft::error::Fatal<_>| error.to_string();
            raft.trigger().transfer_leader(heir).await.map_err(refused)?;
            let taken = leadership.leads_no_more(leadership.me());
            return timeout(HAND_OVER_WITHIN, taken)
                .await
                .map_err(|_| format!("node {heir} did not take the lead"));
        }
        Change::AddLearner(id, addr) => raft.add_learner(id, BasicNode { addr }, false).await,
        Change::SetVoters(voters) => raft.change_membership(voters, false).await,
        Change::Forget(id) => {
            raft.change_membership(ChangeMembers::RemoveNodes(BTreeSet::from([id])), false)
                .await
        }
        Change::Remove(node) => {
            let command = Command::RemoveNode { node };
            let proposal = Proposal::by_system(command);
            let refusal = |refusal| format!("{refusal:?}");
            return leadership.propose(vec![proposal]).await.map(drop).map_err(refusal);
        }
    };
    changed.map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(voters: &[u64], learners: &[u64], caught_up: &[u64], nodes: &[(u64, bool, Option<u64>)]) -> Seen {
        Seen {
            me: 1,
            has_handed_over: false,
            unfinished: Vec::new(),
            voters: voters.iter().copied().collect(),
            learners: learners.iter().copied().collect(),
            caught_up: caught_up.iter().copied().collect(),
            present: voters.iter().chain(learners).copied().collect(),
            nodes: nodes
                .iter()
                .map(|(id, removed, replaces)| {
                    let (removed, replaces, address) = (*removed, *replaces, format!("n{id}:1"));
                    (
                        *id,
                        Listed {
                            removed,
                            replaces,
                            address,
                        },
                    )
                })
                .collect(),
        }
    }

    fn without(mut seen: Seen, silent: &[u64]) -> Seen {
        seen.present.retain(|id| !silent.contains(id));
        seen
    }

    #[test]
    fn an_admitted_node_becomes_a_learner() {
        let seen = seen(&[1], &[], &[1], &[(1, false, None), (7, false, None)]);
        assert_eq!(seen.next(), Some(Change::AddLearner(7, "n7:1".to_owned())));
    }

    #[test]
    fn a_learner_votes_once_it_has_caught_up_and_voters_are_wanted() {
        let nodes = [(1, false, None), (7, false, None)];
        assert_eq!(seen(&[1], &[7], &[1], &nodes).next(), None);
        assert_eq!(
            seen(&[1], &[7], &[1, 7], &nodes).next(),
            Some(Change::SetVoters(BTreeSet::from([1, 7])))
        );
    }

    #[test]
    fn a_fourth_node_stays_a_learner() {
        let nodes = [(1, false, None), (2, false, None), (3, false, None), (9, false, None)];
        assert_eq!(seen(&[1, 2, 3], &[9], &[1, 2, 3, 9], &nodes).next(), None);
    }

    #[test]
    fn a_replacement_takes_its_predecessors_vote_in_one_change_and_then_removes_it() {
        let nodes = [
            (1, false, None),
            (2, false, None),
            (3, false, None),
            (9, false, Some(3)),
        ];
        let swapped = BTreeSet::from([1, 2, 9]);
        assert_eq!(
            seen(&[1, 2, 3], &[9], &[1, 2, 9], &nodes).next(),
            Some(Change::SetVoters(swapped))
        );
        assert_eq!(
            seen(&[1, 2, 9], &[], &[1, 2, 9], &nodes).next(),
            Some(Change::Remove(NodeId::new(3)))
        );
    }

    #[test]
    fn a_removed_node_leaves_the_voters_and_then_the_learners() {
        let nodes = [(1, false, None), (2, false, None), (3, true, None)];
        let left = BTreeSet::from([1, 2]);
        assert_eq!(
            seen(&[1, 2, 3], &[], &[1, 2], &nodes).next(),
            Some(Change::SetVoters(left))
        );
        assert_eq!(seen(&[1, 2], &[3], &[1, 2], &nodes).next(), Some(Change::Forget(3)));
    }

    #[test]
    fn a_removed_voter_stays_until_a_majority_of_the_rest_is_there() {
        let nodes = [(1, false, None), (2, true, None), (3, false, None)];
        let seen = || seen(&[1, 2, 3], &[], &[1, 2], &nodes);
        assert_eq!(without(seen(), &[3]).next(), None);
        assert_eq!(seen().next(), Some(Change::SetVoters(BTreeSet::from([1, 3]))));
    }

    #[test]
    fn removed_voters_leave_together() {
        let nodes = [(1, false, None), (2, true, None), (3, true, None)];
        let seen = without(seen(&[1, 2, 3], &[], &[1, 2], &nodes), &[3]);
        assert_eq!(seen.next(), Some(Change::SetVoters(BTreeSet::from([1]))));
    }

    #[test]
    fn a_removed_voter_that_has_to_stay_holds_up_nothing_else() {
        let nodes = [(1, false, None), (2, true, None), (3, false, None), (9, false, Some(3))];
        let add = Change::AddLearner(9, "n9:1".to_owned());
        assert_eq!(without(seen(&[1, 2, 3], &[], &[1, 2], &nodes), &[3]).next(), Some(add));
        let swap = Change::SetVoters(BTreeSet::from([1, 2, 9]));
        let seen = without(seen(&[1, 2, 3], &[9], &[1, 2, 9], &nodes), &[3]);
        assert_eq!(seen.next(), Some(swap));
    }

    #[test]
    fn a_learner_that_has_gone_silent_gets_no_vote() {
        let nodes = [(1, false, None), (7, false, None)];
        assert_eq!(without(seen(&[1], &[7], &[1, 7], &nodes), &[7]).next(), None);
    }

    #[test]
    fn a_change_that_was_left_half_done_goes_forward_or_else_back() {
        let nodes = [(1, false, None), (2, false, None), (3, true, None), (4, false, None)];
        let (old, new) = (BTreeSet::from([1, 2, 3]), BTreeSet::from([1, 2, 4]));
        let left = |silent: &[u64]| {
            let mut seen = without(seen(&[1, 2, 3, 4], &[], &[1], &nodes), silent);
            seen.unfinished = vec![old.clone(), new.clone()];
            seen.next()
        };
        assert_eq!(left(&[]), Some(Change::SetVoters(new.clone())));
        assert_eq!(left(&[2, 4]), Some(Change::SetVoters(old.clone())));
        assert_eq!(left(&[2, 3, 4]), None);
    }

    #[test]
    fn a_leader_that_is_removed_hands_over_once_and_then_takes_itself_out() {
        let nodes = [(1, true, None), (2, false, None)];
        let mut seen = seen(&[1, 2], &[], &[1, 2], &nodes);
        assert_eq!(seen.next(), Some(Change::HandOver(2)));
        seen.has_handed_over = true;
        assert_eq!(seen.next(), Some(Change::SetVoters(BTreeSet::from([2]))));
    }

    #[test]
    fn the_last_voter_is_never_removed() {
        assert_eq!(seen(&[1], &[], &[1], &[(1, true, None)]).next(), None);
    }
}
