//! One run: three machines, clients, a phase of faults, then peace in which the cluster must heal and agree.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use hyper::Method;
use licensing::command::{Actor, Command, Proposal};
use licensing::id::{JoinTokenId, NodeId, SecretHash};
use licensing::outcome::Outcome as Answer;
use licensing::time::Span;
use raft::seams::Entropy;
use raft::{Cluster, Tuning, runtime};
use serde_json::json;
use storage::faulty::{FaultyDisk, PowerLoss};
use tokio::time::sleep;
use trust::UnixSeconds;
use usher::founding::{self, Founding};

use super::host::{Machine, Machines, Setting, new_node, power_on};
use super::surroundings::{EPOCH_MS, SimulatedClock, SimulatedEntropy};
use super::workload::{Workload, http};
use super::world::{Trace, World};
use crate::checks::{self, Terms};
use crate::history::{History, Us};

const CLIENTS: u64 = 6;
const SEATS: u32 = 3;
const TTL_SECONDS: u64 = 6;
/// When faults begin: by then three nodes vote.
const CALM_UNTIL: Us = 20_000_000;
/// The cluster must be whole this long after the last fault.
const HEAL_WITHIN: Us = 60_000_000;

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// Broken laws and failures; none in a good run.
    pub broken: Vec<String>,
    /// A hash of each trace with its length: events, network, then each disk.
    pub traces: Vec<(String, u64)>,
    /// How often each fault and answer happened.
    pub counts: BTreeMap<&'static str, u64>,
    /// Simulated seconds.
    pub seconds: u64,
}

/// What the harness knows while a run goes on.
struct Run {
    world: Arc<World>,
    machines: Machines,
    names: Vec<String>,
    /// When a machine without power gets it back.
    power_back: BTreeMap<String, Us>,
    /// When a cut link is repaired.
    link_back: BTreeMap<(String, String), Us>,
    next_fault: Us,
    faults_until: Us,
    leaders: std::collections::BTreeSet<(u64, u64)>,
}

/// Runs `seed` with `seconds` of faults.
pub fn run(seed: u64, seconds: u64) -> Outcome {
    align_task_ids();
    let world = World::new(seed);
    let entropy: Arc<dyn Entropy> = Arc::new(SimulatedEntropy(Arc::clone(&world)));
    runtime::set_thread_entropy(Some(Arc::clone(&entropy)));
    let outcome = simulate(seed, seconds, &world, &*entropy);
    runtime::set_thread_entropy(None);
    let (mut broken, traces) = match outcome {
        Ok((broken, traces)) => (broken, traces),
        Err(error) => (vec![format!("{error:#}")], Vec::new()),
    };
    broken.truncate(10);
    Outcome {
        seed,
        broken,
        traces,
        counts: world.counts(),
        seconds,
    }
}

/// tokio shards the tasks of a runtime by an id that the whole process counts, and drops them shard by shard when a
/// machine loses power. A run must therefore begin at the same residue as the one it is to repeat.
fn align_task_ids() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime can be built");
    loop {
        let task = runtime.spawn(async {});
        let id: u64 = task.id().to_string().parse().expect("a task id is a number");
        if id.is_multiple_of(64) {
            return;
        }
    }
}

type Traces = Vec<(String, u64)>;

fn simulate(seed: u64, seconds: u64, world: &Arc<World>, entropy: &dyn Entropy) -> Result<(Vec<String>, Traces)> {
    let max_latency = [3, 10, 40][usize::try_from(world.below(3))?];
    let mut builder = turmoil::Builder::new();
    builder
        .rng_seed(seed)
        .epoch(std::time::UNIX_EPOCH + Duration::from_millis(EPOCH_MS))
        .tick_duration(Duration::from_millis(1))
        .simulation_duration(Duration::from_secs(100_000))
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(max_latency))
        .tcp_capacity(4_096)
        .enable_random_order();
    let mut sim = builder.build();

    let names: Vec<String> = (1..=3).map(|node| format!("n{node}")).collect();
    let machines: Machines = Rc::default();
    for name in &names {
        let draws = Arc::clone(world);
        let disk = FaultyDisk::new(Arc::new(move || draws.draw()));
        let clock = Arc::new(SimulatedClock::default());
        let machine = Machine {
            disk,
            clock,
            keys: None,
            cluster: None,
            failure: None,
            up: true,
        };
        machines.borrow_mut().insert(name.clone(), machine);
    }
    let setting = Setting {
        world: Arc::clone(world),
        tuning: Tuning {
            snapshot_entries: 20 + world.below(200),
            log_entries_kept: world.below(50),
            ..Tuning::default()
        },
    };
    for name in &names {
        let (name, machines, setting) = (name.clone(), Rc::clone(&machines), setting.clone());
        sim.host(name.clone(), move || {
            power_on(name.clone(), Rc::clone(&machines), setting.clone())
        });
    }

    let first = Founding {
        name: "n1".to_owned(),
        peer_address: "n1".to_owned(),
        api_url: "n1".to_owned(),
        root_key: None,
    };
    let (keys, _) = founding::make_keys(&first, entropy, UnixSeconds::new(EPOCH_MS / 1_000))?;
    machines.borrow_mut().get_mut("n1").context("n1")?.keys = Some(keys);

    let faults_until = CALM_UNTIL + seconds * 1_000_000;
    let key: Rc<RefCell<Option<String>>> = Rc::default();
    let failed: Rc<RefCell<Option<String>>> = Rc::default();
    {
        let (machines, world, key, failed) = (
            Rc::clone(&machines),
            Arc::clone(world),
            Rc::clone(&key),
            Rc::clone(&failed),
        );
        sim.client("operator", async move {
            match set_up(&machines, &world).await {
                Ok(made) => *key.borrow_mut() = Some(made),
                Err(error) => *failed.borrow_mut() = Some(format!("the cluster could not be set up: {error:#}")),
            }
            Ok(())
        });
    }
    let history: Rc<RefCell<History>> = Rc::default();
    for client in 0..CLIENTS {
        let workload = Workload {
            world: Arc::clone(world),
            history: Rc::clone(&history),
            nodes: names.clone(),
        };
        let holder = format!("holder-{client}");
        sim.client(
            format!("c{client}"),
            workload.run(holder, Rc::clone(&key), faults_until + 5_000_000),
        );
    }

    let mut run = Run {
        world: Arc::clone(world),
        machines: Rc::clone(&machines),
        names,
        power_back: BTreeMap::new(),
        link_back: BTreeMap::new(),
        next_fault: CALM_UNTIL,
        faults_until,
        leaders: std::collections::BTreeSet::new(),
    };
    let mut broken = run.to_its_end(&mut sim, &failed)?;
    broken.extend(run.disagreement());
    let terms = Terms {
        seats: SEATS as usize,
        ttl: TTL_SECONDS * 1_000_000,
    };
    broken.extend(checks::all(&history.borrow(), &terms));
    let traces = run.traces();
    // Disks die before the nodes do: a node that is dropped would otherwise write a clean end.
    for machine in machines.borrow_mut().values_mut() {
        machine.disk.cut_power();
        machine.cluster = None;
    }
    Ok((broken, traces))
}

/// Makes a cluster of three voters and something to license.
async fn set_up(machines: &Machines, world: &Arc<World>) -> Result<String> {
    let cluster = loop {
        if let Some(cluster) = machines.borrow()["n1"].cluster.clone() {
            break cluster;
        }
        sleep(Duration::from_millis(50)).await;
    };
    for name in ["n2", "n3"] {
        let id = admit(&cluster, name, world).await?;
        let mut machines = machines.borrow_mut();
        let mut keys = machines["n1"].keys.clone().context("n1 has keys")?;
        keys.identity.node = id;
        machines.get_mut(name).context("a machine")?.keys = Some(keys);
    }
    while cluster.status().tolerance() != Some(1) {
        sleep(Duration::from_millis(100)).await;
    }
    let entropy = SimulatedEntropy(Arc::clone(world));
    let lookup = machines.borrow()["n1"]
        .keys
        .clone()
        .context("n1 has keys")?
        .secrets
        .lookup;
    let token = founding::create_admin_token(&cluster, &lookup, &entropy).await?;
    let post = async |path: &str, body: serde_json::Value| {
        let (success, answer) = http("n1", Method::POST, &format!("/api/v1{path}"), Some(&token), &body).await?;
        if success {
            Ok(answer)
        } else {
            Err(anyhow!("POST {path}: {answer}"))
        }
    };
    let product = post(
        "/products",
        json!({ "code": "sim", "name": "Sim", "key_prefix": "SIM" }),
    )
    .await?;
    let plan = json!({
        "product": product["id"], "code": "sim", "name": "Sim", "seats": SEATS,
        "ttl_seconds": TTL_SECONDS, "heartbeat_seconds": 2, "offline": "strict",
    });
    let plan = post("/plans", plan).await?;
    let customer = post("/customers", json!({ "name": "Sim" })).await?;
    let license = post("/licenses", json!({ "plan": plan["id"], "customer": customer["id"] })).await?;
    Ok(license["license_key"].as_str().context("a license key")?.to_owned())
}

async fn admit(cluster: &Cluster, name: &str, world: &World) -> Result<NodeId> {
    let mut id = [0; 10];
    id[..8].copy_from_slice(&world.draw().to_le_bytes());
    let (id, secret) = (JoinTokenId::from_bytes(id), SecretHash::from_bytes([7; 32]));
    let expires_at = cluster
        .ledger(licensing::ledger::Ledger::at)
        .after(Span::from_secs(600));
    let propose = async |command| {
        let proposal = Proposal {
            actor: Actor::System,
            request: None,
            not_after: None,
            command,
        };
        cluster.propose(proposal).await
    };
    propose(Command::CreateJoinToken { id, secret, expires_at }).await?;
    let admission = Command::AdmitNode {
        token: id,
        secret,
        node: new_node(name),
        replaces: None,
    };
    match propose(admission).await?.outcome {
        Answer::Admitted { node } => Ok(node),
        other => Err(anyhow!("{name} was not admitted: {other:?}")),
    }
}

impl Run {
    fn to_its_end(&mut self, sim: &mut turmoil::Sim<'_>, failed: &RefCell<Option<String>>) -> Result<Vec<String>> {
        let mut healed = false;
        loop {
            let now = u64::try_from(sim.elapsed().as_micros())?;
            if now >= self.next_fault && now < self.faults_until {
                self.next_fault = now + 200_000 + self.world.below(4_000_000);
                self.fault(sim, now);
            }
            if now >= self.faults_until && !healed {
                healed = true;
                self.heal(sim, now);
            }
            self.bring_back(sim, now);
            sim.step().map_err(|error| anyhow!("the simulation failed: {error}"))?;
            self.watch(sim, now);
            if let Some(why) = self.failure().or_else(|| failed.borrow().clone()) {
                return Ok(vec![why]);
            }
            let calm = healed && now > self.faults_until + 12_000_000;
            if calm && self.is_whole() {
                return Ok(Vec::new());
            }
            if now > self.faults_until + HEAL_WITHIN {
                return Ok(vec![format!(
                    "not whole {} s after the last fault",
                    HEAL_WITHIN / 1_000_000
                )]);
            }
        }
    }

    fn pick(&self) -> String {
        let at = usize::try_from(self.world.below(self.names.len() as u64)).unwrap_or(0);
        self.names[at].clone()
    }

    fn is_up(&self, name: &str) -> bool {
        self.machines.borrow()[name].up
    }

    fn fault(&mut self, sim: &mut turmoil::Sim<'_>, now: Us) {
        let until = now + 100_000 + self.world.below(8_000_000);
        let name = self.pick();
        match self.world.below(10) {
            0..3 if self.is_up(&name) => {
                self.cut_power(sim, &name);
                self.power_back.insert(name, until);
            }
            3 if self.is_up(&name) => {
                // Inside some commit to come.
                self.machines.borrow()[&name].disk.cut_power_after(self.world.below(60));
                self.world.count("fuses lit");
            }
            4 => {
                self.world.count("blackouts");
                for name in self.names.clone() {
                    if self.is_up(&name) {
                        self.cut_power(sim, &name);
                    }
                    self.power_back
                        .insert(name, now + 100_000 + self.world.below(3_000_000));
                }
            }
            5..7 => {
                self.world.count("isolations");
                for other in self.names.clone() {
                    self.cut_link(sim, &name, &other, until);
                }
            }
            7 => {
                self.world.count("partitions");
                let other = self.pick();
                self.cut_link(sim, &name, &other, until);
            }
            8 => {
                let off_by = i64::try_from(self.world.below(7_200_000)).unwrap_or(0) - 3_600_000;
                self.machines.borrow()[&name]
                    .clock
                    .off_by_ms
                    .store(off_by, Ordering::Relaxed);
                self.world.count("clock steps");
            }
            _ => {
                let off_by = self.world.below(1_500_000);
                self.machines.borrow()[&name]
                    .disk
                    .set_stall_max(Duration::from_micros(off_by));
                self.world.count("slow disks");
            }
        }
    }

    fn cut_link(&mut self, sim: &turmoil::Sim<'_>, a: &str, b: &str, until: Us) {
        let link = if a < b {
            (a.to_owned(), b.to_owned())
        } else {
            (b.to_owned(), a.to_owned())
        };
        if a != b && !self.link_back.contains_key(&link) && self.is_up(a) && self.is_up(b) {
            sim.partition(a, b);
            self.world.note(Trace::Events, format!("cut {link:?}").as_bytes());
            self.link_back.insert(link, until);
        }
    }

    fn cut_power(&self, sim: &mut turmoil::Sim<'_>, name: &str) {
        {
            let mut machines = self.machines.borrow_mut();
            let machine = machines.get_mut(name).expect("a machine is never removed");
            // Dead before the server is dropped: redb would write a clean end.
            machine.disk.cut_power();
            machine.up = false;
            machine.cluster = None;
        }
        sim.crash(name);
        let mode = match self.world.below(3) {
            0 => PowerLoss::Nothing,
            1 => PowerLoss::Random,
            _ => PowerLoss::Everything,
        };
        let mut machines = self.machines.borrow_mut();
        let machine = machines.get_mut(name).expect("a machine is never removed");
        machine.disk = machine.disk.power_loss(mode);
        self.world.note(Trace::Events, format!("power cut {name}").as_bytes());
        self.world.count("power cuts");
    }

    fn bring_back(&mut self, sim: &mut turmoil::Sim<'_>, now: Us) {
        let due = |when: &Us| *when <= now;
        let names: Vec<String> = self
            .power_back
            .iter()
            .filter(|(_, at)| due(at))
            .map(|(name, _)| name.clone())
            .collect();
        for name in names {
            self.power_back.remove(&name);
            self.machines
                .borrow_mut()
                .get_mut(&name)
                .expect("a machine is never removed")
                .up = true;
            sim.bounce(name.as_str());
            self.world.note(Trace::Events, format!("power back {name}").as_bytes());
        }
        let links: Vec<(String, String)> = self
            .link_back
            .iter()
            .filter(|(_, at)| due(at))
            .map(|(link, _)| link.clone())
            .collect();
        for link in links {
            self.link_back.remove(&link);
            sim.repair(link.0.as_str(), link.1.as_str());
            self.world.note(Trace::Events, format!("repaired {link:?}").as_bytes());
        }
    }

    fn heal(&mut self, sim: &mut turmoil::Sim<'_>, now: Us) {
        for at in self.power_back.values_mut().chain(self.link_back.values_mut()) {
            *at = now;
        }
        for machine in self.machines.borrow().values() {
            machine.disk.cut_power_after(u64::MAX);
            machine.disk.set_stall_max(Duration::ZERO);
            machine.clock.off_by_ms.store(0, Ordering::Relaxed);
        }
        sim.set_max_message_latency(Duration::from_millis(5));
        self.world.note(Trace::Events, b"heal");
    }

    /// Notes new leaders, and takes the power where a fuse has blown.
    fn watch(&mut self, sim: &mut turmoil::Sim<'_>, now: Us) {
        let mut blown = Vec::new();
        for (name, machine) in self.machines.borrow().iter() {
            if machine.up && machine.disk.lost_power() {
                blown.push(name.clone());
            }
            if let Some(cluster) = &machine.cluster {
                let status = cluster.status();
                if status.leader == Some(cluster.me()) && self.leaders.insert((status.term, cluster.me().get())) {
                    self.world.count("leaders");
                    self.world
                        .note(Trace::Events, format!("{name} leads term {}", status.term).as_bytes());
                }
            }
        }
        for name in blown {
            self.world.count("fuses blown");
            self.cut_power(sim, &name);
            self.power_back.insert(name, now + 50_000 + self.world.below(5_000_000));
        }
    }

    fn failure(&self) -> Option<String> {
        let machines = self.machines.borrow();
        machines
            .iter()
            .find_map(|(name, machine)| machine.failure.as_ref().map(|why| format!("{name} stopped: {why}")))
    }

    fn is_whole(&self) -> bool {
        let machines = self.machines.borrow();
        let applied: Vec<Option<(u64, bool)>> = machines
            .values()
            .map(|machine| {
                let status = machine.cluster.as_ref()?.status();
                Some((status.applied, status.leader.is_some()))
            })
            .collect();
        applied
            .iter()
            .all(|seen| seen.is_some_and(|(index, led)| led && Some(index) == applied[0].map(|first| first.0)))
    }

    /// ReplicasAgree and OneLeaderPerTerm, at the end.
    fn disagreement(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let machines = self.machines.borrow();
        let digests: Vec<_> = machines
            .values()
            .filter_map(|machine| machine.cluster.as_ref())
            .map(|cluster| {
                (
                    cluster.status().applied,
                    cluster.ledger(licensing::ledger::Ledger::digest),
                )
            })
            .collect();
        if digests
            .windows(2)
            .any(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1)
        {
            broken.push("ReplicasAgree: ledgers differ at the same entry".to_owned());
        }
        let terms: std::collections::BTreeSet<u64> = self.leaders.iter().map(|(term, _)| *term).collect();
        if terms.len() != self.leaders.len() {
            broken.push("OneLeaderPerTerm: two nodes led one term".to_owned());
        }
        broken
    }

    fn traces(&self) -> Traces {
        let mut traces: Traces = Vec::new();
        for (trace, (hash, count)) in self.world.hashes() {
            traces.push((format!("{trace:?} ({count})").to_lowercase(), hash));
        }
        for (name, machine) in self.machines.borrow().iter() {
            traces.push((format!("disk of {name}"), machine.disk.history()));
        }
        traces
    }
}
