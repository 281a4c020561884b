//! Connections to peers, and openraft's network on them.
//!
//! A connection carries one request at a time, each with a deadline; after an error it is dropped and the next call
//! connects anew. openraft gets connections of their own for replication, for heartbeats and votes, and for snapshots,
//! so that none waits behind another. Peers are found by the addresses in the ledger, which change by command; a node
//! whose ledger does not know a peer yet, because nothing was committed to it since it lost power, finds it by the
//! address that the membership was made with.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use licensing::id::{ClusterId, NodeId};
use openraft::errors::{RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::impls::BasicNode;
use openraft::network::v2::RaftNetworkV2;
use openraft::network::{RPCOption, RaftNetworkFactory};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, TransferLeaderRequest, TransferLeaderResponse,
    VoteRequest, VoteResponse,
};
use openraft::rt::WatchReceiver;
use openraft::{OptionalSend, RaftMetrics};
use storage::snapshot::Snapshot as SnapshotFile;
use tokio::time::{Instant, timeout_at};

use crate::clock::Walls;
use crate::frame;
use crate::machine::Machine;
use crate::seams::{BoxStream, Seams};
use crate::tls::PeerTls;
use crate::types::{TypeConfig, Vote};
use crate::wire::{Answer, Hello, PROTOCOL, Reply, Request};

/// How long a connection may take to be made.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// A peer's clock counts for this long after it was heard.
const WALL_FRESH_MS: u64 = 10_000;

/// How long one chunk of a snapshot may take.
const CHUNK_WITHIN: Duration = Duration::from_secs(10);

/// How long a peer may take to check and install a snapshot: a million rows take seconds, on a slow disk more.
const INSTALL_WITHIN: Duration = Duration::from_secs(120);

/// What this node knows of its peers, and how it reaches them.
pub(crate) struct Peers {
    /// The cluster.
    pub cluster: ClusterId,
    /// This node.
    pub me: NodeId,
    seams: Seams,
    /// `None` only in simulations that leave TLS out.
    tls: Option<PeerTls>,
    machine: Machine,
    metrics: OnceLock<Metrics>,
    heard: Mutex<BTreeMap<NodeId, Heard>>,
}

/// openraft's view of itself, the membership in it.
type Metrics = openraft::alias::WatchReceiverOf<TypeConfig, RaftMetrics<TypeConfig>>;

/// What a peer's last reply told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard {
    /// Its wall clock less ours, in milliseconds.
    pub offset_ms: i64,
    /// When, on our boot clock.
    pub boot_ms: u64,
}

impl Peers {
    /// The peers of node `me`, found in the machine's ledger.
    pub(crate) fn new(
        cluster: ClusterId,
        me: NodeId,
        seams: Seams,
        tls: Option<PeerTls>,
        machine: Machine,
    ) -> Arc<Self> {
        Arc::new(Self {
            cluster,
            me,
            seams,
            tls,
            machine,
            metrics: OnceLock::new(),
            heard: Mutex::default(),
        })
    }

    /// What each peer's last reply told.
    pub(crate) fn heard(&self) -> BTreeMap<NodeId, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Now, on the clock that [`Heard::boot_ms`] is of.
    pub(crate) fn boot_ms(&self) -> u64 {
        self.seams.clock.boot_ms()
    }

    /// The wall clocks of `voters` as far as they were heard lately, our own among them.
    pub(crate) fn walls(&self, voters: impl Iterator<Item = NodeId>) -> Walls {
        let (wall, boot) = (self.seams.clock.unix_ms(), self.seams.clock.boot_ms());
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let mut walls = Walls::default();
        for voter in voters {
            walls.voters += 1;
            if voter == self.me {
                walls.heard.push(wall);
            } else if let Some(heard) = heard.get(&voter)
                && boot.saturating_sub(heard.boot_ms) <= WALL_FRESH_MS
            {
                walls.heard.push(wall.saturating_add_signed(heard.offset_ms));
            }
        }
        walls
    }

    /// Connects to `to` and says who we are.
    pub(crate) async fn connect(self: &Arc<Self>, to: NodeId) -> io::Result<Connection> {
        let address = self.address(to).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::NotFound,
                format!("the address of node {to} is not known"),
            )
        })?;
        let by = Instant::now() + CONNECT_WITHIN;
        timeout_at(by, async {
            let mut stream = self.seams.net.connect(&address).await?;
            if let Some(tls) = &self.tls {
                stream = tls.connect(to, stream).await?;
            }
            let hello = Hello {
                protocol: PROTOCOL,
                cluster: self.cluster,
                from: self.me,
                to,
            };
            frame::write(&mut stream, &hello).await?;
            Ok(Connection {
                peers: Arc::clone(self),
                to,
                stream,
            })
        })
        .await?
    }

    /// Lets peers be found by the membership too.
    pub(crate) fn watch(&self, metrics: Metrics) {
        // Set once, as the node is put together.
        let _ = self.metrics.set(metrics);
    }

    fn address(&self, of: NodeId) -> Option<Arc<str>> {
        let known = self
            .machine
            .ledger(|ledger| ledger.node(of).map(|node| Arc::clone(&node.peer_address)));
        known.or_else(|| {
            let metrics = self.metrics.get()?.borrow_watched();
            metrics
                .membership_config
                .membership()
                .get_node(&of.get())
                .map(|node| node.addr.as_str().into())
        })
    }

    fn note(&self, from: NodeId, wall_ms: u64, sent_ms: u64, received_ms: u64) {
        let middle = sent_ms / 2 + received_ms / 2;
        let offset_ms = i64::try_from(i128::from(wall_ms) - i128::from(middle)).unwrap_or(i64::MAX);
        let heard = Heard {
            offset_ms,
            boot_ms: self.seams.clock.boot_ms(),
        };
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(from, heard);
    }
}

/// A connection to one peer.
pub(crate) struct Connection {
    peers: Arc<Peers>,
    to: NodeId,
    stream: BoxStream,
}

impl Connection {
    /// Sends `request` and waits for its answer until `by`. After an error the connection must not be used again.
    pub(crate) async fn call(&mut self, request: &Request, by: Instant) -> io::Result<Answer> {
        let sent = self.peers.seams.clock.unix_ms();
        let reply: Reply = timeout_at(by, async {
            frame::write(&mut self.stream, request).await?;
            frame::read(&mut self.stream, frame::FRAME_BYTES_MAX).await
        })
        .await??;
        self.peers
            .note(self.to, reply.wall_ms, sent, self.peers.seams.clock.unix_ms());
        Ok(reply.answer)
    }
}

/// openraft's way to make clients.
pub(crate) struct Network(pub Arc<Peers>);

impl RaftNetworkFactory<TypeConfig> for Network {
    type Network = Client;

    async fn new_client(&mut self, target: u64, _: &BasicNode) -> Client {
        Client {
            peers: Arc::clone(&self.0),
            to: NodeId::new(target),
            connection: None,
        }
    }
}

/// A client of one peer for one purpose.
pub(crate) struct Client {
    peers: Arc<Peers>,
    to: NodeId,
    connection: Option<Connection>,
}

fn unreachable(error: &io::Error) -> RPCError<TypeConfig> {
    RPCError::Unreachable(Unreachable::new(error))
}

fn unexpected(answer: &Answer) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("an answer to another question: {answer:?}"),
    )
}

impl Client {
    async fn call(&mut self, request: &Request, within: Duration) -> io::Result<Answer> {
        let by = Instant::now() + within;
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => timeout_at(by, self.peers.connect(self.to)).await??,
        };
        let answer = connection.call(request, by).await?;
        self.connection = Some(connection);
        Ok(answer)
    }

    async fn send_snapshot(&mut self, vote: Vote, snapshot: &Snapshot) -> io::Result<SnapshotResponse<TypeConfig>> {
        let begin = Request::SnapshotBegin {
            vote,
            meta: snapshot.meta.clone(),
        };
        self.go_on(&begin).await?;
        let mut reader = snapshot.snapshot.reader();
        while let Some(chunk) = reader.next().await.map_err(io::Error::other)? {
            self.go_on(&Request::SnapshotChunk(chunk)).await?;
        }
        match self.call(&Request::SnapshotEnd, INSTALL_WITHIN).await? {
            Answer::Snapshot(response) => Ok(response),
            other => Err(unexpected(&other)),
        }
    }

    async fn go_on(&mut self, request: &Request) -> io::Result<()> {
        match self.call(request, CHUNK_WITHIN).await? {
            Answer::GoOn => Ok(()),
            other => Err(unexpected(&other)),
        }
    }
}

type Snapshot = openraft::alias::SnapshotOf<TypeConfig, SnapshotFile>;

impl RaftNetworkV2<TypeConfig> for Client {
    type SnapshotData = SnapshotFile;

    async fn append_entries(
        &mut self,
        request: AppendEntriesRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<TypeConfig>, RPCError<TypeConfig>> {
        match self.call(&Request::Append(request), option.soft_ttl()).await {
            Ok(Answer::Append(response)) => Ok(response),
            Ok(other) => Err(unreachable(&unexpected(&other))),
            Err(error) => Err(unreachable(&error)),
        }
    }

    async fn vote(
        &mut self,
        request: VoteRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        match self.call(&Request::Vote(request), option.soft_ttl()).await {
            Ok(Answer::Vote(response)) => Ok(response),
            Ok(other) => Err(unreachable(&unexpected(&other))),
            Err(error) => Err(unreachable(&error)),
        }
    }

    async fn pre_vote(
        &mut self,
        request: VoteRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        match self.call(&Request::PreVote(request), option.soft_ttl()).await {
            Ok(Answer::Vote(response)) => Ok(response),
            Ok(other) => Err(unreachable(&unexpected(&other))),
            Err(error) => Err(unreachable(&error)),
        }
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: Snapshot,
        cancel: impl Future<Output = ReplicationClosed> + OptionalSend + 'static,
        _: RPCOption,
    ) -> Result<SnapshotResponse<TypeConfig>, StreamingError<TypeConfig>> {
        tokio::select! { biased;
            closed = cancel => Err(StreamingError::Closed(closed)),
            sent = self.send_snapshot(vote, &snapshot) => {
                sent.map_err(|error| StreamingError::Unreachable(Unreachable::new(&error)))
            }
        }
    }

    async fn transfer_leader(
        &mut self,
        request: TransferLeaderRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<TransferLeaderResponse<TypeConfig>, RPCError<TypeConfig>> {
        match self.call(&Request::Transfer(request), option.soft_ttl()).await {
            Ok(Answer::Transfer(response)) => Ok(response),
            Ok(other) => Err(unreachable(&unexpected(&other))),
            Err(error) => Err(unreachable(&error)),
        }
    }
}
