//! A node, put together: read [`Node::start`] from top to bottom.

mod removal;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use licensing::command::{Command, NewNode, Proposal};
use licensing::id::NodeId;
use licensing::ledger::Ledger;
use licensing::outcome::{Applied, Outcome};
use openraft::impls::BasicNode;
use openraft::rt::WatchReceiver;
use openraft::{Config, SnapshotPolicy};
use storage::checkpoint::StateFile;
use storage::disk::Disk;
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::ProposeError;
use crate::agree;
use crate::facts::{Facts, NodeFacts};
use crate::feed::Told;
use crate::hand_over::hand_over;
use crate::identity::Identity;
use crate::join::Admissions;
use crate::leader::Leadership;
use crate::log::Log;
use crate::machine::Machine;
use crate::members;
use crate::network::Network;
use crate::peers::Peers;
use crate::propose::{Beats, Carrier, Proposer};
use crate::reads::{Reads, Rounds};
use crate::recovery::Recovery;
use crate::seams::Seams;
use crate::server::PeerPort;
use crate::status::{ClusterStatus, KnownLeader};
use crate::tls::PeerTls;
use crate::types::{LogId, Raft};
use crate::wire::{Answer, Request};

pub use removal::RemovalError;
pub(crate) use removal::is_majority;

/// How long a status waits for what the leader sees.
const LEADER_TELLS_WITHIN: Duration = Duration::from_secs(1);

/// How long it waits before it asks the leader, maybe another one, again.
const LEADER_ASKED_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// When followers lose patience, and how much log is kept. The defaults suit nodes that are at most 10 ms apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuning {
    /// How often a leader beats.
    pub heartbeat: Duration,
    /// The least time without a leader before a node asks for votes.
    pub election_min: Duration,
    /// The most; also how long a follower believes in a silent leader.
    pub election_max: Duration,
    /// A snapshot is made after this many entries.
    pub snapshot_entries: u64,
    /// This many entries before a snapshot stay in the log for followers that are a little behind.
    pub log_entries_kept: u64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            // A leader is missed after `election_max` and some time from `election_min` on: eight beats. On two cores
            // with sixteen idle loops, a thousand clients and a writer that synced all the time none was missed by mistake;
            // no beat waits for a disk. A vote has to reach another node's disk and be answered within `election_min`.
            heartbeat: Duration::from_millis(50),
            election_min: Duration::from_millis(160),
            election_max: Duration::from_millis(240),
            snapshot_entries: 200_000,
            log_entries_kept: 50_000,
        }
    }
}

/// What a node is started with.
#[derive(Debug)]
pub struct NodeConfig {
    /// Who it is.
    pub identity: Identity,
    /// Where its peer port listens, `host:port`.
    pub listen: String,
    /// Its timing.
    pub tuning: Tuning,
    /// What a node that it admits is given beside its identity.
    pub secrets: Arc<[u8]>,
    /// Whether peers speak TLS. Only simulations say no.
    pub tls: bool,
}

/// Why a node did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// This node's disk or its bytes are wrong.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// The peer port cannot be opened.
    #[error("the peer port {address} cannot be opened: {source}")]
    Listen {
        /// Where.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The node's certificate or key cannot be used.
    #[error("the node's certificate cannot be used: {0}")]
    Identity(#[source] std::io::Error),
    /// The consensus engine refused to start.
    #[error("the consensus engine did not start: {0}")]
    Raft(String),
    /// The cluster could not be founded.
    #[error("the cluster could not be founded: {0}")]
    Found(String),
}

/// A running node.
pub struct Node {
    cluster: Cluster,
    peer_address: SocketAddr,
    tasks: JoinSet<Option<String>>,
}

/// The entrance to the replicated ledger on one node. Clones share it.
#[derive(Clone)]
pub struct Cluster {
    me: NodeId,
    raft: Raft,
    log: Log,
    machine: Machine,
    peers: Arc<Peers>,
    proposer: Proposer,
    reads: Reads,
    carrier: Arc<Carrier>,
    recovery: Arc<Recovery>,
    facts: Facts,
}

/// How long a peer may take to answer a question.
const ASK_WITHIN: Duration = Duration::from_secs(4);

fn engine(tuning: &Tuning) -> Result<Arc<Config>, StartError> {
    let ms = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let config = Config {
        cluster_name: "usher".to_owned(),
        heartbeat_interval: ms(tuning.heartbeat),
        election_timeout_min: ms(tuning.election_min),
        election_timeout_max: ms(tuning.election_max),
        install_snapshot_timeout: 10_000,
        snapshot_policy: SnapshotPolicy::LogsSinceLast(tuning.snapshot_entries),
        max_in_snapshot_log_to_keep: tuning.log_entries_kept,
        purge_batch_size: (tuning.log_entries_kept / 10).max(1),
        enable_pre_vote: Some(true),
        // openraft's default lets a restarted leader go on in its old term after it lost the unflushed tail of its
        // log; the simulation lost committed entries with it.
        enable_leader_restore: Some(false),
        ..Config::default()
    };
    config
        .validate()
        .map(Arc::new)
        .map_err(|error| StartError::Raft(error.to_string()))
}

/// Makes the empty files of a node on its disk. A node that finds them gone later knows that it lost something.
pub async fn prepare(disk: Arc<dyn Disk>) -> Result<(), storage::Error> {
    Machine::open(Arc::clone(&disk)).await.map(drop)?;
    Log::open(disk).await.map(drop)
}

impl Node {
    /// Starts a node on its disk. It answers at once; whether it has caught up says [`Cluster::is_recovered`].
    pub async fn start(config: NodeConfig, seams: Seams) -> Result<Self, StartError> {
        let identity = &config.identity;
        let me = identity.node;
        let tls = config
            .tls
            .then(|| PeerTls::new(identity))
            .transpose()
            .map_err(StartError::Identity)?;
        let machine = Machine::open(Arc::clone(&seams.disk)).await?;
        let log = Log::open(Arc::clone(&seams.disk)).await?;
        machine.cover(log.last_index()).await?;
        let recovery = Arc::new(Recovery::from(log.last_index()));
        let peers = Peers::new(identity.cluster, me, seams.clone(), tls.clone(), machine.clone());
        let listener = seams.net.listen(&config.listen).await;
        let opened = |source| StartError::Listen {
            address: config.listen.clone(),
            source,
        };
        let listener = listener.map_err(opened)?;
        let peer_address = listener.local_addr().map_err(opened)?;
        let network = Network(Arc::clone(&peers));
        let raft = Raft::new(me.get(), engine(&config.tuning)?, network, log.clone(), machine.clone())
            .await
            .map_err(|error| StartError::Raft(error.to_string()))?;
        peers.watch(raft.metrics());

        let leadership = Leadership::new(raft.clone(), machine.clone(), Arc::clone(&peers), seams.clone());
        let carrier = Carrier::new(Arc::clone(&leadership), Arc::clone(&peers));
        let (proposer, queues) = Proposer::new();
        let (reads, waiters) = Reads::new();
        let facts = Facts {
            log: log.clone(),
            machine: machine.clone(),
            disk: Arc::clone(&seams.disk),
            about: Arc::default(),
        };
        let port = PeerPort {
            seams: seams.clone(),
            tls,
            peers: Arc::clone(&peers),
            raft: raft.clone(),
            machine: machine.clone(),
            leadership: Arc::clone(&leadership),
            admissions: Admissions {
                cluster: identity.cluster,
                authority: identity.authority.clone(),
                secrets: Arc::clone(&config.secrets),
                proposer: proposer.clone(),
                machine: machine.clone(),
                reads: reads.clone(),
            },
            facts: facts.clone(),
        };
        let rounds = Rounds {
            raft: raft.clone(),
            machine: machine.clone(),
            peers: Arc::clone(&peers),
            leadership: Arc::clone(&leadership),
            carrier: Arc::clone(&carrier),
        };

        let mut tasks = JoinSet::new();
        tasks.spawn(ends_never(Arc::new(port).serve(listener)));
        tasks.spawn(ends_never(Arc::clone(&carrier).run(queues)));
        tasks.spawn(ends_never(rounds.run(waiters)));
        tasks.spawn(ends_never(Arc::clone(&leadership).tick()));
        tasks.spawn(ends_never(machine.clone().write_checkpoints()));
        tasks.spawn(ends_never(members::follow_ledger(
            raft.clone(),
            machine.clone(),
            Arc::clone(&peers),
            leadership,
        )));
        tasks.spawn(ends_with(agree::watch(Arc::clone(&peers), machine.clone())));
        let failing = machine.clone();
        tasks.spawn(ends_with(async move { failing.failure().await }));
        tasks.spawn(ends_with(engine_stopped(raft.clone())));
        let cluster = Cluster {
            me,
            raft,
            log,
            machine,
            peers,
            proposer,
            reads,
            carrier,
            recovery,
            facts,
        };
        Ok(Self {
            cluster,
            peer_address,
            tasks,
        })
    }

    /// Founds a new cluster with this node as its first. Does nothing when that was done before.
    pub async fn found(&self, node: NewNode) -> Result<(), StartError> {
        let failed = |why: String| StartError::Found(why);
        let cluster = &self.cluster;
        if cluster.ledger(|ledger| ledger.cluster_id().is_some()) {
            return Ok(());
        }
        if cluster.log.is_empty() {
            let address = BasicNode {
                addr: node.peer_address.to_string(),
            };
            let members = std::collections::BTreeMap::from([(cluster.me.get(), address)]);
            cluster
                .raft
                .initialize(members)
                .await
                .map_err(|error| failed(error.to_string()))?;
        }
        let command = Command::FoundCluster {
            cluster: cluster.peers.cluster,
            node,
        };
        let proposal = Proposal::by_system(command);
        let applied = cluster
            .propose(proposal)
            .await
            .map_err(|error| failed(error.to_string()))?;
        match applied.outcome {
            Outcome::Rejected(rejection) if cluster.ledger(|ledger| ledger.cluster_id().is_none()) => {
                Err(failed(rejection.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// The entrance to the ledger.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Where the peer port listens.
    pub fn peer_address(&self) -> SocketAddr {
        self.peer_address
    }

    /// Waits until the node cannot go on, and says why: its disk failed, its ledger is wrong, or its engine stopped.
    pub async fn failed(&mut self) -> String {
        loop {
            match self.tasks.join_next().await {
                Some(Ok(Some(why))) => return why,
                Some(Ok(None)) => {}
                Some(Err(error)) => return format!("a task of the node ended: {error}"),
                None => std::future::pending::<()>().await,
            }
        }
    }

    /// Hands the lead to another node if it is ours, and stops.
    pub async fn shutdown(mut self) {
        if let Err(why) = self.cluster.transfer_lead(None).await {
            tracing::debug!(why, "the lead was not handed over");
        }
        // Peers first: what they still send would find no engine, which it would call an error.
        self.tasks.shutdown().await;
        if let Err(error) = self.cluster.raft.shutdown().await {
            tracing::warn!(%error, "the consensus engine did not stop cleanly");
        }
        self.cluster.machine.close().await;
    }
}

async fn ends_never(work: impl Future<Output = ()>) -> Option<String> {
    work.await;
    None
}

async fn ends_with(work: impl Future<Output = String>) -> Option<String> {
    Some(work.await)
}

async fn engine_stopped(raft: Raft) -> String {
    let mut metrics = raft.metrics();
    loop {
        if let Err(fatal) = &metrics.borrow_watched().running_state {
            return format!("the consensus engine stopped: {fatal}");
        }
        if metrics.changed().await.is_err() {
            return "the consensus engine stopped".to_owned();
        }
    }
}

impl Cluster {
    /// This node.
    pub fn me(&self) -> NodeId {
        self.me
    }

    /// Proposes a command and waits for its outcome. Any node may be asked.
    pub async fn propose(&self, proposal: Proposal) -> Result<Applied, ProposeError> {
        self.proposer.propose(proposal).await
    }

    /// Beats for sessions, at most 10,000 of them.
    pub async fn heartbeat(&self, sessions: Vec<licensing::id::SessionNo>) -> Result<Beats, ProposeError> {
        self.proposer.heartbeat(sessions).await
    }

    /// Waits until [`ledger`](Self::ledger) shows everything that was acknowledged anywhere before this call.
    pub async fn barrier(&self) -> Result<(), ProposeError> {
        self.reads.barrier().await
    }

    /// Reads this node's ledger as it is now; it may be behind unless [`barrier`](Self::barrier) was passed.
    pub fn ledger<T>(&self, read: impl FnOnce(&Ledger) -> T) -> T {
        self.machine.ledger(read)
    }

    /// The audit and closed usage on disk, off the path of commands.
    pub fn history(&self) -> &StateFile {
        self.machine.history()
    }

    /// The same once it shows everything that [`ledger`](Self::ledger) showed before this call.
    ///
    /// # Errors
    ///
    /// The disk's, after which the node stops.
    pub async fn latest_history(&self) -> Result<&StateFile, storage::Error> {
        self.machine.catch_up_history().await?;
        Ok(self.machine.history())
    }

    /// Who leads, as far as this node knows.
    pub fn known_leader(&self) -> KnownLeader {
        KnownLeader::of(&self.raft.metrics().borrow_watched())
    }

    /// The cluster as this node sees it.
    pub fn status(&self) -> ClusterStatus {
        let log = self.log.stats();
        ClusterStatus::of(
            self.me,
            &self.raft.metrics().borrow_watched(),
            &self.peers,
            &self.machine,
            log,
            &self.proposer,
        )
    }

    /// The same, with the members as their leader sees them, if it answers soon: it alone knows who keeps up.
    pub async fn status_by_leader(&self) -> ClusterStatus {
        let by = Instant::now() + LEADER_TELLS_WITHIN;
        loop {
            let mut status = self.status();
            let Some(leader) = status.leader.filter(|leader| *leader != self.me) else {
                return status;
            };
            if let Some(list) = self.carrier.member_list(leader, by).await {
                status.member_list = list;
                return status;
            }
            if Instant::now() + LEADER_ASKED_AGAIN_AFTER >= by {
                return status;
            }
            sleep(LEADER_ASKED_AGAIN_AFTER).await;
        }
    }

    /// Whether this node has heard of a leader since it started and applied what was committed then.
    pub async fn is_recovered(&self, within: Duration) -> bool {
        let index = |id: &Option<LogId>| id.as_ref().map(LogId::index);
        let wait = self.raft.wait(Some(within));
        let waiting = wait.metrics(
            |metrics| {
                let (committed, applied) = (&metrics.cluster_committed, &metrics.last_applied);
                self.recovery.is_over(index(committed), index(applied))
            },
            "what was committed before the start is applied",
        );
        waiting.await.is_ok()
    }

    /// Hands the lead to `to`, or to the voter that is furthest. Does nothing on a node that does not lead.
    pub async fn transfer_lead(&self, to: Option<NodeId>) -> Result<(), String> {
        hand_over(&self.raft, self.me, to).await
    }

    /// Asks the node that leads, `leader`, to do that.
    pub async fn ask_to_transfer_lead(&self, leader: NodeId, to: Option<NodeId>) -> Result<(), String> {
        if leader == self.me {
            return self.transfer_lead(to).await;
        }
        match self.peers.ask(leader, &Request::HandOver(to), ASK_WITHIN).await {
            Ok(Answer::HandedOver(done)) => done,
            Ok(_) | Err(_) => Err(format!("node {leader}, which leads, does not answer")),
        }
    }

    /// What a node says of itself; `None` if it does not answer.
    pub async fn facts_of(&self, node: NodeId) -> Option<NodeFacts> {
        if node == self.me {
            return Some(self.facts.read(self.peers.wall_ms()));
        }
        match self.peers.ask(node, &Request::Facts, ASK_WITHIN).await {
            Ok(Answer::Facts(facts)) => Some(facts),
            Ok(_) | Err(_) => None,
        }
    }

    /// What the appliance adds to this node's facts. Only the first is heard.
    pub fn tell_about(&self, about: impl Fn() -> Vec<u8> + Send + Sync + 'static) {
        let _ = self.facts.about.set(Box::new(about));
    }

    /// Begins to watch what becomes of sessions here, up to about a second late.
    pub fn watch_sessions(&self) -> broadcast::Receiver<Told> {
        self.machine.watch_sessions()
    }
}
