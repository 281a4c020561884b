//! Connections to peers, and openraft's network on them.
//!
//! A connection carries one request at a time, each with a deadline; after an error it is dropped and the next call
//! connects anew. openraft gets connections of their own for replication, for heartbeats, for snapshots and for each
//! vote, so that none waits behind another. Peers are found by the addresses in the ledger, which change by command; a node
//! whose ledger does not know a peer yet, because nothing was committed to it since it lost power, finds it by the
//! address that the membership was made with.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use licensing::id::{ClusterId, NodeId};
use openraft::errors::{NetworkError, RPCError, ReplicationClosed, StreamingError, Unreachable};
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

/// A reply that took longer says too little about when its clock was read.
const WALL_ROUND_TRIP_MAX_MS: u64 = 500;

/// How long entries may be on their way and into a peer's log. A slow disk is not a dead peer: to give up means to send
/// all of it again.
const APPEND_WITHIN: Duration = Duration::from_secs(2);

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

/// What a peer's replies told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard {
    /// When the last one came, on our boot clock.
    pub boot_ms: u64,
    wall: Option<HeardWall>,
}

/// A peer's wall clock, against our boot clock. Not against our wall clock: if that one jumps, every peer's clock would
/// seem to jump with it, and one wrong clock would look like a majority.
#[derive(Debug, Clone, Copy)]
struct HeardWall {
    less_boot_ms: i64,
    /// When it was heard, on our boot clock.
    boot_ms: u64,
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

    /// How far a peer's wall clock is ahead of ours, in milliseconds.
    pub(crate) fn clock_offset_ms(&self, heard: &Heard) -> Option<i64> {
        let theirs = self.boot_ms().saturating_add_signed(heard.wall?.less_boot_ms);
        i64::try_from(i128::from(theirs) - i128::from(self.seams.clock.unix_ms())).ok()
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
            } else if let Some(heard) = heard.get(&voter).and_then(|heard| heard.wall)
                && boot.saturating_sub(heard.boot_ms) <= WALL_FRESH_MS
            {
                walls.heard.push(boot.saturating_add_signed(heard.less_boot_ms));
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

    /// Notes what a peer's wall clock said; `sent_ms` and `received_ms` are of our boot clock.
    fn note(&self, from: NodeId, wall_ms: u64, sent_ms: u64, received_ms: u64) {
        let took = received_ms.saturating_sub(sent_ms);
        let wall = (took <= WALL_ROUND_TRIP_MAX_MS).then(|| HeardWall {
            less_boot_ms: i64::try_from(i128::from(wall_ms) - i128::from(sent_ms + took / 2)).unwrap_or(i64::MAX),
            boot_ms: received_ms,
        });
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let wall = wall.or_else(|| heard.get(&from)?.wall);
        let boot_ms = received_ms;
        heard.insert(from, Heard { boot_ms, wall });
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
        let sent = self.peers.boot_ms();
        let reply: Reply = timeout_at(by, async {
            frame::write(&mut self.stream, request).await?;
            frame::read(&mut self.stream, frame::FRAME_BYTES_MAX).await
        })
        .await??;
        self.peers.note(self.to, reply.wall_ms, sent, self.peers.boot_ms());
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

/// Why a call has no answer. openraft waits longer before it tries again a peer that cannot be reached.
enum CallError {
    Unreachable(io::Error),
    Lost(io::Error),
}

impl From<CallError> for io::Error {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Unreachable(error) | CallError::Lost(error) => error,
        }
    }
}

impl From<CallError> for RPCError<TypeConfig> {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Unreachable(error) => Self::Unreachable(Unreachable::new(&error)),
            CallError::Lost(error) => Self::Network(NetworkError::new(&error)),
        }
    }
}

fn unexpected(answer: &Answer) -> CallError {
    CallError::Unreachable(io::Error::new(
        io::ErrorKind::InvalidData,
        format!("an answer to another question: {answer:?}"),
    ))
}

impl Client {
    async fn call(&mut self, request: &Request, within: Duration) -> Result<Answer, CallError> {
        let by = Instant::now() + within;
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => timeout_at(by, self.peers.connect(self.to))
                .await
                .map_err(io::Error::from)
                .and_then(|connected| connected)
                .map_err(CallError::Unreachable)?,
        };
        let answer = connection.call(request, by).await.map_err(CallError::Lost)?;
        self.connection = Some(connection);
        Ok(answer)
    }

    async fn send_snapshot(&mut self, vote: Vote, snapshot: &Snapshot) -> io::Result<SnapshotResponse<TypeConfig>> {
        self.go_on(&Request::SnapshotBegin { vote }).await?;
        let mut reader = snapshot.snapshot.reader();
        while let Some(chunk) = reader.next().await.map_err(io::Error::other)? {
            self.go_on(&Request::SnapshotChunk(chunk)).await?;
        }
        match self.call(&Request::SnapshotEnd, INSTALL_WITHIN).await? {
            Answer::Snapshot(response) => Ok(response),
            other => Err(unexpected(&other).into()),
        }
    }

    async fn go_on(&mut self, request: &Request) -> io::Result<()> {
        match self.call(request, CHUNK_WITHIN).await? {
            Answer::GoOn => Ok(()),
            other => Err(unexpected(&other).into()),
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
        let within = if request.entries.is_empty() {
            option.soft_ttl()
        } else {
            APPEND_WITHIN
        };
        match self.call(&Request::Append(request), within).await? {
            Answer::Append(response) => Ok(response),
            other => Err(unexpected(&other).into()),
        }
    }

    async fn vote(
        &mut self,
        request: VoteRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        match self.call(&Request::Vote(request), option.soft_ttl()).await? {
            Answer::Vote(response) => Ok(response),
            other => Err(unexpected(&other).into()),
        }
    }

    async fn pre_vote(
        &mut self,
        request: VoteRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        match self.call(&Request::PreVote(request), option.soft_ttl()).await? {
            Answer::Vote(response) => Ok(response),
            other => Err(unexpected(&other).into()),
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
        match self.call(&Request::Transfer(request), option.soft_ttl()).await? {
            Answer::Transfer(response) => Ok(response),
            other => Err(unexpected(&other).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::seams::Clock;
    use storage::MemoryDisk;

    const T: u64 = 1_800_000_000_000;

    #[derive(Debug, Default)]
    struct Hands {
        unix_ms: AtomicU64,
        boot_ms: AtomicU64,
    }

    impl Clock for Hands {
        fn unix_ms(&self) -> u64 {
            self.unix_ms.load(Ordering::Relaxed)
        }

        fn boot_ms(&self) -> u64 {
            self.boot_ms.load(Ordering::Relaxed)
        }
    }

    async fn peers(hands: &Arc<Hands>) -> Arc<Peers> {
        let disk = Arc::new(MemoryDisk::new().unwrap());
        let machine = Machine::open(disk.clone()).await.unwrap();
        let seams = Seams {
            clock: Arc::clone(hands) as Arc<dyn Clock>,
            ..Seams::system(disk)
        };
        Peers::new(ClusterId::from_bytes([1; 16]), NodeId::new(1), seams, None, machine)
    }

    fn agreed(peers: &Peers) -> Option<u64> {
        peers.walls((1..=3).map(NodeId::new)).agreed_ms()
    }

    #[tokio::test]
    async fn our_own_wall_clock_that_jumps_moves_nobody_elses() {
        let hands = Arc::new(Hands::default());
        let peers = peers(&hands).await;
        hands.unix_ms.store(T, Ordering::Relaxed);
        peers.note(NodeId::new(2), T, 0, 0);
        peers.note(NodeId::new(3), T, 0, 0);
        hands.boot_ms.store(50, Ordering::Relaxed);
        hands.unix_ms.store(T + 3_600_000, Ordering::Relaxed);
        assert_eq!(agreed(&peers), Some(T + 50));
    }

    #[tokio::test]
    async fn a_clock_read_long_ago_on_the_way_does_not_count() {
        let hands = Arc::new(Hands::default());
        let peers = peers(&hands).await;
        hands.unix_ms.store(T, Ordering::Relaxed);
        peers.note(NodeId::new(2), T + 60_000, 0, 120_000);
        assert!(peers.heard()[&NodeId::new(2)].wall.is_none());
        assert_eq!(agreed(&peers), None);
    }
}
