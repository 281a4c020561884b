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
use usher::keys::Keys;
use usher::server::{Server, ServerConfig};

use super::surroundings::{SimulatedClock, SimulatedEntropy, SimulatedNet};
use super::world::World;

/// The peer port of every machine.
pub(super) const PEER_PORT: u16 = 7000;
/// The API port of every machine.
pub(super) const API_PORT: u16 = 8000;

/// A machine and what is on it.
pub(super) struct Machine {
    /// Its disk as it is now; a power loss puts another in its place.
    pub(super) disk: FaultyDisk,
    /// Its clocks.
    pub(super) clock: Arc<SimulatedClock>,
    /// Its node's keys, once it was admitted.
    pub(super) keys: Option<Keys>,
    /// The ledger's entrance, while the server runs.
    pub(super) cluster: Option<Cluster>,
    /// Why the server stopped by itself, if it did while it had power.
    pub(super) failure: Option<String>,
    /// Whether it has power.
    pub(super) up: bool,
}

/// All machines, by name: `n1`, `n2`, `n3`.
pub(super) type Machines = Rc<RefCell<BTreeMap<String, Machine>>>;

/// What is the same on all machines.
#[derive(Clone)]
pub(super) struct Setting {
    /// The universe.
    pub(super) world: Arc<World>,
    /// The nodes' timing.
    pub(super) tuning: Tuning,
}

/// A key hash for a node that has no certificate: this simulation leaves TLS out.
pub(super) fn no_spki(name: &str) -> SecretHash {
    let mut bytes = [0; 32];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    SecretHash::from_bytes(bytes)
}

/// How a machine presents its node.
pub(super) fn new_node(name: &str) -> NewNode {
    NewNode {
        name: name.into(),
        peer_address: format!("{name}:{PEER_PORT}").into(),
        api_url: format!("http://{name}:{API_PORT}").into(),
        spki: no_spki(name),
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
    let (disk, clock) = {
        let machines = machines.borrow();
        (machines[&name].disk.clone(), Arc::clone(&machines[&name].clock))
    };
    let seams = Seams {
        clock,
        entropy: Arc::new(SimulatedEntropy(Arc::clone(&setting.world))),
        net: Arc::new(SimulatedNet(Arc::clone(&setting.world))),
        disk: Arc::new(disk.clone()),
    };
    let failure = match serve(&name, &machines, keys, seams, setting.tuning).await {
        Ok(never) => never,
        Err(error) => format!("{error:#}"),
    };
    // A disk without power fails everything; that is not the server's fault.
    if !disk.lost_power() {
        machines
            .borrow_mut()
            .get_mut(&name)
            .expect("a machine is never removed")
            .failure = Some(failure);
    }
    std::future::pending().await
}

async fn serve(name: &str, machines: &Machines, keys: Keys, seams: Seams, tuning: Tuning) -> Result<String> {
    let founds = keys.identity.node.get() == 1;
    let config = ServerConfig::simulated(format!("0.0.0.0:{PEER_PORT}"), format!("0.0.0.0:{API_PORT}"), tuning);
    let mut server = Server::start(config, &keys, seams).await?;
    if founds {
        server.node().found(new_node(name)).await?;
    }
    let cluster = server.node().cluster().clone();
    machines
        .borrow_mut()
        .get_mut(name)
        .expect("a machine is never removed")
        .cluster = Some(cluster);
    Ok(server.failed().await)
}
