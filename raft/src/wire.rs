//! What peers say to each other. One request, one reply, in order, on each connection.
//!
//! These are not stored, but nodes of two versions speak them during an upgrade: new requests go at the end, and
//! [`PROTOCOL`] counts breaks.

use licensing::command::Proposal;
use licensing::id::{ClusterId, JoinTokenId, NodeId};
use licensing::outcome::Applied;
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, TransferLeaderRequest, TransferLeaderResponse,
    VoteRequest, VoteResponse,
};
use serde::{Deserialize, Serialize};

use crate::facts::NodeFacts;
use crate::identity::{Authority, spki_hash, spki_of};
use crate::status::MemberList;
use crate::tls::Certificate;
use crate::types::{TypeConfig, Vote};

/// The version of this protocol; both ends must speak the same.
pub(crate) const PROTOCOL: u16 = 1;

/// The first frame of a peer connection.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Hello {
    /// The sender's [`PROTOCOL`].
    pub protocol: u16,
    /// The cluster it means.
    pub cluster: ClusterId,
    /// Who it is.
    pub from: NodeId,
    /// Whom it means to reach.
    pub to: NodeId,
}

/// What a peer asks.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Replicate entries, or beat.
    Append(AppendEntriesRequest<TypeConfig>),
    /// Vote for a leader.
    Vote(VoteRequest<TypeConfig>),
    /// Would you vote for a leader?
    PreVote(VoteRequest<TypeConfig>),
    /// Take the lead, or let another take it.
    Transfer(TransferLeaderRequest<TypeConfig>),
    /// A snapshot follows in chunks.
    SnapshotBegin {
        /// The leader's vote.
        vote: Vote,
    },
    /// The next bytes of the snapshot.
    SnapshotChunk(Vec<u8>),
    /// That was all of it: install it. Asked again until it is done.
    SnapshotEnd,
    /// Propose these commands, if you are the leader.
    Propose(Vec<Proposal>),
    /// Up to which entry must I have applied for a linearizable read?
    ReadIndex,
    /// The newest digests of your ledger, and where each was taken.
    Digests,
    /// Who keeps up with you, if you are the leader?
    MemberList,
    /// What do you know of yourself?
    Facts,
    /// Hand the lead to this node, or to the voter that is furthest.
    HandOver(Option<NodeId>),
}

/// A reply with the replier's wall clock, from which a leader knows its voters' clocks.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reply {
    /// The replier's wall clock, milliseconds since 1970.
    pub wall_ms: u64,
    /// The answer.
    pub answer: Answer,
}

/// The answer to a [`Request`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// To `Append`.
    Append(AppendEntriesResponse<TypeConfig>),
    /// To `Vote` and `PreVote`.
    Vote(VoteResponse<TypeConfig>),
    /// To `Transfer`.
    Transfer(TransferLeaderResponse<TypeConfig>),
    /// To `SnapshotBegin` and `SnapshotChunk`: go on. To `SnapshotEnd`: it is being installed, ask again.
    GoOn,
    /// To `SnapshotEnd`.
    Snapshot(SnapshotResponse<TypeConfig>),
    /// To `Propose`.
    Proposed(Result<Vec<Applied>, ProposeRefusal>),
    /// To `ReadIndex`: the index to wait for; `None` from a node that does not lead.
    ReadIndex(Option<u64>),
    /// To `Digests`: the index of the entry after which each was taken.
    Digests(Vec<(u64, licensing::digest::Digest)>),
    /// This node cannot answer: its raft has stopped.
    Stopped,
    /// To `MemberList`; `None` from a node that does not lead.
    MemberList(Option<MemberList>),
    /// To `Facts`.
    Facts(NodeFacts),
    /// To `HandOver`: done, or why not.
    HandedOver(Result<(), String>),
}

/// Why a forwarded proposal got no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ProposeRefusal {
    /// The node does not lead; nothing was proposed.
    NotLeader,
    /// It was proposed and its fate is not known.
    Unknown,
}

/// The one frame a joiner sends.
#[derive(Serialize, Deserialize)]
pub(crate) struct JoinRequest {
    /// The joiner's [`PROTOCOL`].
    pub protocol: u16,
    /// Which token admits it.
    pub token: JoinTokenId,
    /// The token's secret.
    pub secret: [u8; 16],
    /// Its name for people.
    pub name: String,
    /// Where its peer port will be.
    pub peer_address: String,
    /// Where its API will be.
    pub api_url: String,
    /// Its public key, a P-256 point.
    pub public_key: Vec<u8>,
    /// A node that it takes the place of.
    pub replaces: Option<NodeId>,
}

impl JoinRequest {
    /// Whether the joiner proved, with its certificate, that it has the private half of the key it names.
    pub(crate) fn is_of(&self, certificate: &Certificate) -> bool {
        certificate.spki() == Some(spki_hash(&spki_of(&self.public_key)))
    }
}

/// The longest join frame.
pub(crate) const JOIN_BYTES_MAX: usize = 16 << 10;

/// What a joiner is told.
#[derive(Serialize, Deserialize)]
pub(crate) enum JoinReply {
    /// It is admitted.
    Admitted {
        /// Its number.
        node: NodeId,
        /// The cluster.
        cluster: ClusterId,
        /// The cluster's certificate authority.
        authority: Authority,
        /// Its certificate, DER.
        certificate: Vec<u8>,
        /// The appliance's own secrets, opaque here.
        secrets: Vec<u8>,
    },
    /// It is not, and why.
    Refused(String),
    /// It may ask again, with the same key; and why.
    NotNow(String),
}
