//! openraft's type parameters, fixed once for production and simulation alike.

use std::fmt;
use std::sync::Arc;

use licensing::command::Entry;
use licensing::outcome::Applied;
use openraft::alias;
use serde::{Deserialize, Serialize};

use crate::machine::Machine;

/// A log entry's commands. Shared, since the log's cache, the replication and `apply` all hold it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Batch(pub Arc<Entry>);

impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} commands at {}", self.0.proposals.len(), self.0.at.ms())
    }
}

/// The answers to a batch, one per command; none for entries of raft's own.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Answers(pub Vec<Applied>);

openraft::declare_raft_types!(
    /// One configuration for both worlds. The leader id is the standard one, so that a term has one leader and fences.
    pub(crate) TypeConfig:
        D = Batch,
        R = Answers,
        NodeId = u64,
        Node = openraft::impls::BasicNode,
        LeaderId = openraft::impls::leader_id_std::LeaderId<u64, u64>,
        AsyncRuntime = crate::runtime::Runtime,
);

/// The consensus engine with our state machine.
pub(crate) type Raft = openraft::Raft<TypeConfig, Machine>;
/// A position in the log.
pub(crate) type LogId = alias::LogIdOf<TypeConfig>;
/// A vote for a leader of a term.
pub(crate) type Vote = alias::VoteOf<TypeConfig>;
/// An entry of the log.
pub(crate) type LogEntry = alias::EntryOf<TypeConfig>;
/// The members as of some entry.
pub(crate) type Membership = alias::StoredMembershipOf<TypeConfig>;
/// What a snapshot covers.
pub(crate) type SnapshotMeta = alias::SnapshotMetaOf<TypeConfig>;
/// What an entry carries.
pub(crate) type Payload = openraft::EntryPayload<Batch, u64, openraft::impls::BasicNode>;
