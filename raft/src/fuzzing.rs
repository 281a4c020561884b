//! Doors for `fuzz/targets`, and for nothing else: what peers send and what lies in the log, read and written again.

use std::io;
use std::sync::Arc;

use futures::FutureExt;
use licensing::command::{Command, Entry, Proposal};
use licensing::digest::Digest;
use licensing::id::{ClusterId, JoinTokenId, NodeId, SecretHash};
use licensing::time::At;
use openraft::raft::{AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, VoteRequest, VoteResponse};
use openraft::{EntryPayload, alias};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::facts::NodeFacts;
use crate::frame::{self, FRAME_BYTES_MAX};
use crate::identity::{Authority, NodeKey, spki_hash, spki_of};
use crate::server::HELLO_BYTES_MAX;
use crate::status::{Member, MemberList};
use crate::stored;
use crate::tls::Certificate;
use crate::types::{Batch, LogEntry, LogId, Membership, TypeConfig, Vote};
use crate::wire::{Answer, Hello, JOIN_BYTES_MAX, JoinReply, JoinRequest, PROTOCOL, ProposeRefusal, Reply, Request};

/// A kind of message between peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// The first of a connection.
    Hello,
    /// What a peer asks.
    Request,
    /// What it is answered.
    Reply,
    /// What a joiner sends, who is a stranger as yet.
    JoinRequest,
    /// What it is answered.
    JoinReply,
}

impl Message {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Hello,
        Self::Request,
        Self::Reply,
        Self::JoinRequest,
        Self::JoinReply,
    ];

    /// Reads a frame as a connection does, and gives the frame that says the same.
    pub fn again(self, stream: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Hello => again::<Hello>(stream, HELLO_BYTES_MAX),
            Self::Request => again::<Request>(stream, FRAME_BYTES_MAX),
            Self::Reply => again::<Reply>(stream, FRAME_BYTES_MAX),
            Self::JoinRequest => again::<JoinRequest>(stream, JOIN_BYTES_MAX),
            Self::JoinReply => again::<JoinReply>(stream, JOIN_BYTES_MAX),
        }
    }
}

fn again<T: Serialize + DeserializeOwned>(stream: &[u8], bytes_max: usize) -> io::Result<Vec<u8>> {
    let message = read::<T>(stream, bytes_max)?;
    Ok(frame(&message))
}

fn read<T: DeserializeOwned>(mut stream: &[u8], bytes_max: usize) -> io::Result<T> {
    let read = frame::read(&mut stream, bytes_max).now_or_never();
    read.expect("bytes in memory are there at once")
}

fn frame<T: Serialize>(message: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = frame::write(&mut bytes, message).now_or_never();
    let written = written.expect("memory takes bytes at once");
    written.expect("what was read from a frame fits into one");
    bytes
}

/// The public key in a joiner's frame, and what the ledger would know it by.
pub fn joiners_key(stream: &[u8]) -> io::Result<(Vec<u8>, SecretHash)> {
    let request: JoinRequest = read(stream, JOIN_BYTES_MAX)?;
    let spki = spki_hash(&spki_of(&request.public_key));
    Ok((request.public_key, spki))
}

/// The hash of the key in a certificate that somebody shows, and whether it is that of a node.
pub fn certificate(cluster: ClusterId, node: NodeId, der: &[u8]) -> (Option<SecretHash>, bool) {
    let shown = Certificate::new(cluster, der.to_vec().into());
    (shown.spki(), shown.is_node(node))
}

/// A kind of bytes that raft leaves to storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// An entry of the log.
    Entry,
    /// The vote.
    Vote,
    /// A position in the log.
    LogId,
    /// The membership.
    Membership,
}

impl Stored {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Entry, Self::Vote, Self::LogId, Self::Membership];

    /// Reads the bytes and gives those that say the same.
    pub fn again(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Entry => stored::decode::<LogEntry>("the entry", bytes).map(|entry| stored::encode(&entry)),
            Self::Vote => stored::decode::<Vote>("the vote", bytes).map(|vote| stored::encode(&vote)),
            Self::LogId => stored::decode::<Option<LogId>>("the log id", bytes).map(|id| stored::encode(&id)),
            Self::Membership => {
                stored::decode::<Membership>("the membership", bytes).map(|members| stored::encode(&members))
            }
        }
    }
}

/// The commands of a stored entry, if it has any.
pub fn commands(entry: &[u8]) -> Option<Arc<Entry>> {
    let entry: LogEntry = stored::decode("the entry", entry).ok()?;
    match entry.payload {
        EntryPayload::Normal(batch) => Some(batch.0),
        EntryPayload::Blank | EntryPayload::Membership(_) => None,
    }
}

/// A stored entry with these commands.
pub fn entry(commands: Entry) -> Vec<u8> {
    stored::encode(&log_entry(EntryPayload::Normal(Batch(Arc::new(commands)))))
}

fn member_list() -> MemberList {
    let member = Member {
        node: NodeId::new(2),
        voter: true,
        lag: Some(3),
        clock_offset_ms: Some(-4),
        heard_ms_ago: Some(50),
    };
    MemberList {
        seen_by: NodeId::new(1),
        members: vec![member],
        quorums: vec![[NodeId::new(1), NodeId::new(2)].into()],
    }
}

fn log_id() -> LogId {
    LogId::new(alias::CommittedLeaderIdOf::<TypeConfig>::new(3), 7)
}

fn log_entry(payload: EntryPayload<Batch, u64, openraft::impls::BasicNode>) -> LogEntry {
    LogEntry {
        log_id: log_id(),
        payload,
    }
}

fn members() -> openraft::Membership<u64, openraft::impls::BasicNode> {
    let voters = [1, 2, 3].into_iter().collect();
    let nodes = (1..=4)
        .map(|node| (node, openraft::impls::BasicNode::new(format!("10.0.0.{node}:4601"))))
        .collect::<std::collections::BTreeMap<_, _>>();
    openraft::Membership::new(vec![voters], nodes).expect("every voter is a node")
}

/// One of each that is stored, to begin with.
pub fn stored_samples() -> Vec<(Stored, Vec<u8>)> {
    let entry = |payload| (Stored::Entry, stored::encode(&log_entry(payload)));
    vec![
        entry(EntryPayload::Blank),
        entry(EntryPayload::Membership(members())),
        (Stored::Vote, stored::encode(&Vote::new_committed(3, 1))),
        (Stored::LogId, stored::encode(&Some(log_id()))),
        (
            Stored::Membership,
            stored::encode(&Membership::new(Some(log_id()), members())),
        ),
    ]
}

/// One of each frame that peers send, to begin with.
pub fn frame_samples(tick: &Entry) -> Vec<(Message, Vec<u8>)> {
    let cluster = ClusterId::from_bytes([7; 16]);
    let vote = Vote::new_committed(3, 1);
    let append = AppendEntriesRequest {
        vote,
        prev_log_id: Some(log_id()),
        entries: vec![
            log_entry(EntryPayload::Normal(Batch(Arc::new(tick.clone())))),
            log_entry(EntryPayload::Membership(members())),
        ],
        leader_commit: Some(log_id()),
    };
    let proposal = Proposal::by_system(Command::StepClock {
        from: At::from_ms(1),
        to: At::from_ms(2),
    });
    let requests = [
        Request::Append(append),
        Request::Vote(VoteRequest::new(Vote::new(4, 2), Some(log_id()))),
        Request::PreVote(VoteRequest::new(Vote::new(4, 2), None)),
        Request::SnapshotBegin { vote },
        Request::SnapshotChunk(vec![1, 2, 3]),
        Request::SnapshotEnd,
        Request::Propose(vec![proposal]),
        Request::ReadIndex,
        Request::Digests,
        Request::MemberList,
        Request::Facts,
        Request::HandOver(Some(NodeId::new(2))),
    ];
    let answers = [
        Answer::Append(AppendEntriesResponse::Success),
        Answer::Vote(VoteResponse::new(vote, Some(log_id()), true)),
        Answer::GoOn,
        Answer::Snapshot(SnapshotResponse::new(vote)),
        Answer::Proposed(Err(ProposeRefusal::Unknown)),
        Answer::ReadIndex(Some(7)),
        Answer::Digests(vec![(7, Digest::from_bytes([5; 32]))]),
        Answer::Stopped,
        Answer::MemberList(Some(member_list())),
        Answer::Facts(NodeFacts {
            last_log: 9,
            applied: 8,
            log_bytes: 1 << 20,
            disk_free_bytes: Some(1 << 30),
            wall_ms: 7,
            about: b"about".to_vec(),
        }),
        Answer::HandedOver(Err("busy".to_owned())),
    ];
    let mut samples: Vec<_> = requests.map(|request| (Message::Request, frame(&request))).into();
    samples.extend(answers.map(|answer| (Message::Reply, frame(&Reply { wall_ms: 9, answer }))));
    let key = NodeKey::generate().expect("a key can be made");
    samples.extend([
        (
            Message::Hello,
            frame(&Hello {
                protocol: PROTOCOL,
                cluster,
                from: NodeId::new(1),
                to: NodeId::new(2),
            }),
        ),
        (
            Message::JoinRequest,
            frame(&JoinRequest {
                protocol: PROTOCOL,
                token: JoinTokenId::from_bytes([1; 10]),
                secret: [2; 16],
                name: "two".to_owned(),
                peer_address: "10.0.0.2:4601".to_owned(),
                api_url: "https://two.example".to_owned(),
                public_key: key.public(),
                replaces: Some(NodeId::new(1)),
            }),
        ),
        (
            Message::JoinReply,
            frame(&JoinReply::Admitted {
                node: NodeId::new(2),
                cluster,
                authority: Authority::generate(cluster).expect("an authority can be made"),
                certificate: vec![0x30, 0],
                secrets: b"secrets".to_vec(),
            }),
        ),
        (Message::JoinReply, frame(&JoinReply::NotNow("busy".to_owned()))),
    ]);
    samples
}
