//! What a node knows of its peers, and connections to them.
//!
//! A connection carries one request at a time, each with a deadline; after an error it is dropped. Peers are found by
//! the addresses in the ledger, which change by command; a node whose ledger does not know a peer yet, because nothing
//! was committed to it since it lost power, finds it by the address that the membership was made with.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use licensing::id::{ClusterId, NodeId};
use openraft::RaftMetrics;
use openraft::rt::WatchReceiver;
use tokio::time::{Instant, timeout_at};

use crate::clock::Walls;
use crate::frame;
use crate::machine::Machine;
use crate::seams::{BoxStream, Seams};
use crate::tls::PeerTls;
use crate::types::TypeConfig;
use crate::wire::{Answer, Hello, PROTOCOL, Reply, Request};

/// How long a connection may take to be made.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// A peer's clock counts for this long after it was heard.
const WALL_FRESH_MS: u64 = 10_000;

/// A reply that took longer says too little about when its clock was read.
const WALL_ROUND_TRIP_MAX_MS: u64 = 500;

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

    /// Our wall clock, milliseconds since 1970.
    pub(crate) fn wall_ms(&self) -> u64 {
        self.seams.clock.unix_ms()
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

    /// Asks a peer one question, over a connection that is made for it.
    pub(crate) async fn ask(self: &Arc<Self>, to: NodeId, request: &Request, within: Duration) -> io::Result<Answer> {
        let by = Instant::now() + within;
        let mut connection = self.connect(to).await?;
        connection.call(request, by).await
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
