//! One simulated machine: its disk, its clock, and the server that runs on it for as long as it has power.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use licensing::command::NewNode;
use licensing::id::SecretHash;
use raft::seams::Seams;
use raft::{Cluster, Tuning};
use storage::faulty::FaultyDisk;
use tokio::sync::Notify;
use usher::keys::Keys;
use usher::server::{Server, ServerConfig};

use super::surroundings::{SimulatedClock, SimulatedEntropy, SimulatedNet};
use super::world::World;

/// The peer port of every machine.
pub(super) const PEER_PORT: u16 = 7000;
/// The API port of every machine.
pub(super) const API_PORT: u16 = 8000;

/// A machine and what is on it.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, which the harness sets at one time and reads at another"
)]
pub(super) struct Machine {
    /// Its disk as it is now; a power loss puts another in its place.
    pub(super) disk: FaultyDisk,
    /// Its clocks.
    pub(super) clock: Arc<SimulatedClock>,
    /// Its node's keys, once it was admitted.
    pub(super) keys: Option<Keys>,
    /// The ledger's entrance, while the server runs.
    pub(super) cluster: Option<Cluster>,
    /// Tells the server to stop in order.
    pub(super) stop: Arc<Notify>,
    /// That the server stopped while the machine had power.
    pub(super) ended: Option<Ended>,
    /// Whether it has power, and a server that runs or is about to.
    pub(super) up: bool,
    /// Whether its disk is new, so that it waits to be admitted.
    pub(super) is_new: bool,
    /// Whether it loses power as soon as its node sees another term.
    pub(super) dies_at_new_term: bool,
    /// Whether its log may have lost its end to a power cut, while its checkpoint has all.
    pub(super) lost_its_tail: bool,
    /// Whether its disk may fail a call now.
    pub(super) disk_is_faulty: bool,
    /// Whether its disk has failed calls, and may have lost what it was told to keep. Only another disk cures that.
    pub(super) disk_is_suspect: bool,
    /// Whether its node refuses to start on the disk that it has.
    pub(super) is_beyond_repair: bool,
    /// What the operator wants to have done to it.
    pub(super) wish: Option<Wish>,
}

/// How a server stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// As it was told to.
    InOrder,
    /// Because it could not go on, and why.
    Failed(String),
}

/// What an operator does to a machine with his hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Takes its disk away and puts an empty one in.
    Wipe,
}

impl Machine {
    /// A machine with an empty disk.
    pub(super) fn new(world: &Arc<World>) -> Self {
        Self {
            disk: empty_disk(world),
            clock: Arc::default(),
            keys: None,
            cluster: None,
            stop: Arc::default(),
            ended: None,
            up: true,
            is_new: false,
            dies_at_new_term: false,
            lost_its_tail: false,
            disk_is_faulty: false,
            disk_is_suspect: false,
            is_beyond_repair: false,
            wish: None,
        }
    }

    /// Puts an empty disk into it. Its node is gone for good.
    pub(super) fn wipe(&mut self, world: &Arc<World>) {
        self.disk = empty_disk(world);
        self.keys = None;
        self.is_new = true;
        self.lost_its_tail = false;
        self.disk_is_suspect = false;
        self.is_beyond_repair = false;
    }
}

fn empty_disk(world: &Arc<World>) -> FaultyDisk {
    let world = Arc::clone(world);
    FaultyDisk::new(Arc::new(move || world.draw()))
}

/// All machines, by name: `n1`, `n2`, `n3`.
pub(super) type Machines = Rc<RefCell<BTreeMap<String, Machine>>>;

/// Changes a machine.
pub(super) fn change<T>(machines: &Machines, name: &str, change: impl FnOnce(&mut Machine) -> T) -> T {
    let mut machines = machines.borrow_mut();
    change(machines.get_mut(name).expect("a machine is never removed"))
}

/// The machine whose node takes itself for the leader.
pub(super) fn leader(machines: &Machines) -> Option<String> {
    let machines = machines.borrow();
    let leads = |machine: &Machine| {
        let cluster = machine.cluster.as_ref();
        cluster.is_some_and(|cluster| cluster.known_leader().leader == Some(cluster.me()))
    };
    let found = machines.iter().find(|(_, machine)| leads(machine));
    found.map(|(name, _)| name.clone())
}

/// What is the same on all machines.
#[derive(Clone)]
pub(super) struct Setting {
    /// The universe.
    pub(super) world: Arc<World>,
    /// The nodes' timing.
    pub(super) tuning: Tuning,
}

/// How a machine presents its node. This simulation leaves TLS out, so the key is a number that no other node has.
pub(super) fn new_node(name: &str, key: u64) -> NewNode {
    let mut spki = [0; 32];
    spki[..8].copy_from_slice(&key.to_le_bytes());
    NewNode {
        name: name.into(),
        peer_address: format!("{name}:{PEER_PORT}").into(),
        api_url: format!("http://{name}:{API_PORT}").into(),
        spki: SecretHash::from_bytes(spki),
    }
}

/// What runs on a machine from power-on to power-off.
pub(super) async fn power_on(name: String, machines: Machines, setting: Setting) -> turmoil::Result {
    let keys = loop {
        if let Some(keys) = machines.borrow()[&name].keys.clone() {
            break keys;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let (disk, clock, stop) = {
        let machines = machines.borrow();
        let machine = &machines[&name];
        (
            machine.disk.clone(),
            Arc::clone(&machine.clock),
            Arc::clone(&machine.stop),
        )
    };
    let seams = Seams {
        clock,
        entropy: Arc::new(SimulatedEntropy(Arc::clone(&setting.world))),
        net: Arc::new(SimulatedNet(Arc::clone(&setting.world))),
        disk: Arc::new(disk.clone()),
    };
    // An operator may change this between two starts: snapshots often, or hardly ever.
    let snapshot_entries_max = *setting.world.one_of(&[200, 5_000]);
    let tuning = Tuning {
        snapshot_entries: 20 + setting.world.below(snapshot_entries_max),
        ..setting.tuning
    };
    let ended = serve(&name, &machines, keys, seams, tuning, &stop).await;
    // A disk without power fails everything; that is not the server's fault.
    if !disk.lost_power() {
        let ended = match ended {
            Ok(()) => Ended::InOrder,
            Err(error) => Ended::Failed(format!("{error:#}")),
        };
        change(&machines, &name, |machine| machine.ended = Some(ended));
    }
    std::future::pending().await
}

async fn serve(name: &str, machines: &Machines, keys: Keys, seams: Seams, tuning: Tuning, stop: &Notify) -> Result<()> {
    let founds = keys.identity.node.get() == 1;
    let config = ServerConfig::simulated(format!("0.0.0.0:{PEER_PORT}"), format!("0.0.0.0:{API_PORT}"), tuning);
    let server = Server::start(config, &keys, seams).await?;
    if founds {
        server.node().found(new_node(name, 1)).await?;
    }
    let cluster = server.node().cluster().clone();
    change(machines, name, |machine| machine.cluster = Some(cluster));
    server.run_until(stop.notified()).await
}
