//! Three real nodes over mTLS on loopback, their data on disk.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use licensing::catalogue::{HolderPolicy, OfflineMode, PlanTerms};
use licensing::command::{
    Acquire, Command, CreateCustomer, CreateLicense, CreatePlan, CreateProduct, NewNode, Proposal,
};
use licensing::id::{
    ClusterId, CustomerId, FingerprintHash, HolderKey, JoinTokenId, LicenseId, NodeId, PlanId, ProductId, SecretHash,
    SessionHash,
};
use licensing::ledger::Ledger;
use licensing::outcome::{Outcome, Rejection};
use licensing::time::Span;
use raft::seams::{Entropy, Seams, SystemEntropy};
use raft::{Authority, Cluster, Identity, JoinToken, Joiner, Node, NodeConfig, Tuning, join, join_secret_hash};
use storage::Directory;

const LICENSE: LicenseId = LicenseId::from_bytes([4; 16]);

fn free_address() -> String {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().to_string()
}

fn seams(dir: &Path) -> Seams {
    Seams::system(Arc::new(Directory::open(dir).unwrap()))
}

fn config(identity: Identity, listen: &str, tuning: Tuning) -> NodeConfig {
    let secrets: Arc<[u8]> = Arc::from(&b"the appliance's"[..]);
    NodeConfig {
        identity,
        listen: listen.to_owned(),
        tuning,
        secrets,
        tls: true,
    }
}

async fn ask(cluster: &Cluster, command: Command) -> Outcome {
    let proposal = Proposal::by_system(command);
    cluster.propose(proposal).await.unwrap().outcome
}

async fn wait_for(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    for _ in 0..400 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} did not come within 20 s");
}

struct Cluster3 {
    tuning: Tuning,
    dirs: Vec<tempfile::TempDir>,
    addresses: Vec<String>,
    identities: Vec<Identity>,
    nodes: Vec<Option<Node>>,
}

impl Cluster3 {
    async fn start() -> Self {
        // Few entries to a snapshot, so that a node that joins late needs one.
        Self::start_tuned(Tuning {
            snapshot_entries: 40,
            log_entries_kept: 10,
            ..Tuning::default()
        })
        .await
    }

    async fn start_tuned(tuning: Tuning) -> Self {
        let mut all = Self {
            tuning,
            dirs: Vec::new(),
            addresses: Vec::new(),
            identities: Vec::new(),
            nodes: Vec::new(),
        };
        let identity = Identity::found(ClusterId::from_bytes([9; 16])).unwrap();
        let node = all.add(identity.clone()).await;
        let first = NewNode {
            name: "one".into(),
            peer_address: all.addresses[0].as_str().into(),
            api_url: "https://one".into(),
            spki: identity.spki().unwrap(),
        };
        all.nodes[node].as_ref().unwrap().found(first).await.unwrap();
        for _ in 0..2 {
            all.join(None).await;
        }
        let cluster = all.cluster(0);
        wait_for("three voters of which one may be lost", async || {
            cluster.status().tolerance() == Some(1)
        })
        .await;
        all
    }

    async fn add(&mut self, identity: Identity) -> usize {
        let (dir, address) = (tempfile::tempdir().unwrap(), free_address());
        self.add_at(identity, dir, address).await
    }

    async fn add_at(&mut self, identity: Identity, dir: tempfile::TempDir, address: String) -> usize {
        let node = Node::start(config(identity.clone(), &address, self.tuning), seams(dir.path()))
            .await
            .unwrap();
        self.dirs.push(dir);
        self.addresses.push(address);
        self.identities.push(identity);
        self.nodes.push(Some(node));
        self.nodes.len() - 1
    }

    async fn join(&mut self, replaces: Option<NodeId>) -> usize {
        let token = self.token().await;
        let address = free_address();
        let joiner = Joiner {
            name: "another".to_owned(),
            peer_address: address.clone(),
            api_url: "https://another".to_owned(),
            replaces,
        };
        let (identity, secrets) = join(&raft::seams::Tcp, &self.addresses[0], &token, joiner)
            .await
            .unwrap();
        assert_eq!(secrets, b"the appliance's");
        self.add_at(identity, tempfile::tempdir().unwrap(), address).await
    }

    async fn token(&self) -> JoinToken {
        let (mut id, mut secret) = ([0; 10], [0; 16]);
        SystemEntropy.fill(&mut id);
        SystemEntropy.fill(&mut secret);
        let cluster = self.cluster(0);
        let id = JoinTokenId::from_bytes(id);
        let expires_at = cluster.ledger(Ledger::at).after(Span::from_secs(600));
        ask(
            &cluster,
            Command::CreateJoinToken {
                id,
                secret: join_secret_hash(&secret),
                expires_at,
            },
        )
        .await;
        let authority: &Authority = &self.identities[0].authority;
        JoinToken {
            cluster: self.identities[0].cluster,
            id,
            secret,
            ca_hash: authority.hash(),
        }
    }

    fn cluster(&self, node: usize) -> Cluster {
        self.nodes[node].as_ref().unwrap().cluster().clone()
    }

    /// Ends a node at once, as a kill would: no transfer, no last checkpoint.
    fn kill(&mut self, node: usize) {
        drop(self.nodes[node].take());
    }

    async fn restart(&mut self, node: usize) {
        let dir = self.dirs[node].path().to_owned();
        // What the killed node's threads still write keeps the directory locked for a moment.
        let mut disk = None;
        wait_for("the data directory", async || {
            disk = Directory::open(&dir).ok();
            disk.is_some()
        })
        .await;
        let seams = Seams::system(Arc::new(disk.unwrap()));
        let config = config(self.identities[node].clone(), &self.addresses[node], self.tuning);
        self.nodes[node] = Some(Node::start(config, seams).await.unwrap());
    }

    fn leader(&self) -> Option<usize> {
        let led = |node: &Option<Node>| {
            node.as_ref()
                .is_some_and(|node| node.cluster().status().leader == Some(node.cluster().me()))
        };
        self.nodes.iter().position(led)
    }
}

async fn sell(cluster: &Cluster, seats: u32) {
    let (product, plan, customer) = (
        ProductId::from_bytes([1; 16]),
        PlanId::from_bytes([2; 16]),
        CustomerId::from_bytes([3; 16]),
    );
    let create = CreateProduct {
        id: product,
        code: "app".into(),
        name: "App".into(),
        key_prefix: "APP".into(),
        renewal_url: None,
    };
    assert_eq!(
        ask(cluster, Command::CreateProduct(create)).await,
        Outcome::Changed { version: 1 }
    );
    let terms = PlanTerms {
        seats,
        overage_max: 0,
        ttl: Span::from_secs(360),
        heartbeat: Span::from_secs(300),
        offline: OfflineMode::Lenient,
        grace: Span::from_secs(86_400),
        ghosts_max: None,
        sessions_per_holder_max: 4,
        holder: HolderPolicy::Fingerprint,
        entitlements: licensing::catalogue::Entitlements::new(),
    };
    let create = CreatePlan {
        id: plan,
        product,
        code: "pro".into(),
        name: "Pro".into(),
        terms,
    };
    assert_eq!(
        ask(cluster, Command::CreatePlan(create)).await,
        Outcome::Changed { version: 1 }
    );
    let create = CreateCustomer {
        id: customer,
        name: "Acme".into(),
        email: None,
        reference: None,
    };
    assert_eq!(
        ask(cluster, Command::CreateCustomer(create)).await,
        Outcome::Changed { version: 1 }
    );
    let create = CreateLicense {
        id: LICENSE,
        plan,
        customer,
        key: SecretHash::from_bytes([5; 32]),
        key_hint: "ABCDE".into(),
        seats: None,
        starts_at: None,
        expires_at: None,
        entitlements: licensing::catalogue::Entitlements::new(),
    };
    assert_eq!(
        ask(cluster, Command::CreateLicense(create)).await,
        Outcome::Changed { version: 1 }
    );
}

async fn acquire(cluster: &Cluster, holder: u8) -> Outcome {
    let acquire = Acquire {
        license: LICENSE,
        session: SessionHash::from_bytes([holder; 32]),
        by_fingerprint: HolderKey::from_bytes([holder; 16]),
        by_instance: None,
        fingerprint: FingerprintHash::from_bytes([holder; 32]),
        replaces: None,
        client: None,
    };
    ask(cluster, Command::Acquire(acquire)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_asked_for_at_any_node_survives_the_leader_and_then_all_nodes() {
    let mut all = Cluster3::start().await;
    sell(&all.cluster(1), 2).await;
    assert!(matches!(acquire(&all.cluster(2), 1).await, Outcome::Granted(_)));

    let leader = all.leader().unwrap();
    all.kill(leader);
    let other = (leader + 1) % 3;
    assert!(matches!(acquire(&all.cluster(other), 2).await, Outcome::Granted(_)));
    let third = acquire(&all.cluster((leader + 2) % 3), 3).await;
    assert!(
        matches!(
            third,
            Outcome::Rejected(Rejection::SeatLimitReached {
                limit: 2,
                in_use: 2,
                ..
            })
        ),
        "{third:?}"
    );

    for node in 0..3 {
        all.kill(node);
    }
    for node in 0..3 {
        all.restart(node).await;
    }
    let cluster = all.cluster(leader);
    cluster.barrier().await.unwrap();
    assert_eq!(cluster.ledger(|ledger| ledger.seats(LICENSE).unwrap().in_use), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_join_token_admits_one_node_and_only_from_the_cluster_it_pins() {
    let mut all = Cluster3::start().await;
    let token = all.token().await;
    let joiner = || Joiner {
        name: "x".to_owned(),
        peer_address: "127.0.0.1:1".to_owned(),
        api_url: "https://x".to_owned(),
        replaces: None,
    };
    let forged = JoinToken {
        ca_hash: [0; 32],
        ..token.clone()
    };
    assert!(
        join(&raft::seams::Tcp, &all.addresses[0], &forged, joiner())
            .await
            .is_err()
    );
    let cluster = all.cluster(0);
    let audited = cluster.ledger(Ledger::audit_root);
    let wrong = JoinToken {
        secret: [0; 16],
        ..token.clone()
    };
    assert!(
        join(&raft::seams::Tcp, &all.addresses[1], &wrong, joiner())
            .await
            .is_err()
    );
    // Strangers leave no trace in the log.
    assert_eq!(cluster.ledger(Ledger::audit_root), audited);
    assert!(
        join(&raft::seams::Tcp, &all.addresses[1], &token, joiner())
            .await
            .is_ok()
    );
    assert!(
        join(&raft::seams::Tcp, &all.addresses[1], &token, joiner())
            .await
            .is_err()
    );
    // A fourth node is a learner at most: it must not raise the quorum.
    wait_for("the learner", async || cluster.status().member_list.members.len() == 4).await;
    assert_eq!(cluster.status().member_list.voters(), 3);
    all.kill(2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_node_tells_what_may_be_lost_as_the_leader_sees_it() {
    let mut all = Cluster3::start().await;
    let leader = all.leader().unwrap();
    let (follower, other) = (all.cluster((leader + 1) % 3), (leader + 2) % 3);
    assert_eq!(follower.status().tolerance(), None);
    let told = follower.status_by_leader().await;
    assert_eq!(told.tolerance(), Some(1));
    assert_eq!(told.member_list.seen_by, all.identities[leader].node);
    assert!(told.member_list.members.iter().all(|member| member.lag.is_some()));

    all.kill(other);
    wait_for("the loss to be noticed", async || {
        follower.status_by_leader().await.tolerance() == Some(0)
    })
    .await;

    // The last one hears of no leader soon, and does not guess.
    all.kill(leader);
    wait_for("no leader", async || {
        follower.status_by_leader().await.tolerance().is_none()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_replaces_a_dead_one_gets_a_snapshot_and_its_vote_and_the_dead_one_is_refused() {
    let mut all = Cluster3::start().await;
    let cluster = all.cluster(0);
    sell(&cluster, 50).await;
    for holder in 1..=50 {
        assert!(matches!(acquire(&cluster, holder).await, Outcome::Granted(_)));
    }
    let dead = all.identities[2].node;
    all.kill(2);
    wait_for("a snapshot", async || cluster.status().snapshot > 40).await;

    let fresh = all.join(Some(dead)).await;
    let voters = |cluster: &Cluster| -> Vec<NodeId> {
        cluster
            .status()
            .member_list
            .members
            .iter()
            .filter(|member| member.voter)
            .map(|member| member.node)
            .collect()
    };
    let new = all.identities[fresh].node;
    wait_for("the swap", async || {
        voters(&cluster).contains(&new) && !voters(&cluster).contains(&dead)
    })
    .await;
    assert_eq!(voters(&cluster).len(), 3);
    wait_for("the removal", async || {
        cluster.ledger(|ledger| ledger.node(dead).unwrap().removed_at.is_some())
    })
    .await;
    let copy = all.cluster(fresh);
    copy.barrier().await.unwrap();
    assert_eq!(copy.ledger(|ledger| ledger.seats(LICENSE).unwrap().in_use), 50);

    // The dead one comes back with its old disk: nobody listens to it, and it can do no harm.
    all.restart(2).await;
    let returned = all.cluster(2);
    assert!(returned.barrier().await.is_err());
    assert!(matches!(
        acquire(&cluster, 51).await,
        Outcome::Rejected(Rejection::SeatLimitReached { .. })
    ));
    assert_eq!(voters(&cluster).len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_shuts_down_hands_over_first() {
    // Nobody's patience ends within this test: what leads next was handed the lead.
    let mut all = Cluster3::start_tuned(Tuning {
        election_min: Duration::from_secs(60),
        election_max: Duration::from_secs(61),
        ..Tuning::default()
    })
    .await;
    let leader = all.leader().unwrap();
    let node = all.nodes[leader].take().unwrap();
    let other = all.cluster((leader + 1) % 3);
    node.shutdown().await;
    wait_for("the next leader", async || {
        other
            .status()
            .leader
            .is_some_and(|led| led != all.identities[leader].node)
    })
    .await;
    other.barrier().await.unwrap();
}
