//! One run: three machines, clients, a phase of faults, then peace in which the cluster must heal and agree.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use raft::seams::Entropy;
use raft::{Tuning, runtime};
use storage::faulty::FaultyDisk;
use trust::UnixSeconds;
use usher::founding::{self, Founding};

use super::faults::Faults;
use super::host::{Machine, Machines, Setting, power_on};
use super::setup::{SEATS, TTL_SECONDS, set_up};
use super::surroundings::{EPOCH_MS, SimulatedClock, SimulatedEntropy};
use super::workload::Workload;
use super::world::{Trace, World};
use crate::checks::{self, Terms};
use crate::history::{History, Us};

const CLIENTS: u64 = 6;
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
    faults: Faults,
    faults_until: Us,
    leaders: BTreeSet<(u64, u64)>,
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
        faults: Faults::new(world, &machines, &names, CALM_UNTIL, faults_until),
        faults_until,
        leaders: BTreeSet::new(),
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

impl Run {
    fn to_its_end(&mut self, sim: &mut turmoil::Sim<'_>, failed: &RefCell<Option<String>>) -> Result<Vec<String>> {
        let mut healed = false;
        loop {
            let now = u64::try_from(sim.elapsed().as_micros())?;
            if now >= self.faults_until && !healed {
                healed = true;
                self.faults.heal(sim, now);
            }
            self.faults.happen(sim, now);
            sim.step().map_err(|error| anyhow!("the simulation failed: {error}"))?;
            self.note_leaders();
            self.faults.blow_fuses(sim, now);
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

    fn note_leaders(&mut self) {
        for (name, machine) in self.machines.borrow().iter() {
            let Some(cluster) = &machine.cluster else { continue };
            let status = cluster.status();
            if status.leader == Some(cluster.me()) && self.leaders.insert((status.term, cluster.me().get())) {
                self.world.count("leaders");
                self.world
                    .note(Trace::Events, format!("{name} leads term {}", status.term).as_bytes());
            }
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
        let terms: BTreeSet<u64> = self.leaders.iter().map(|(term, _)| *term).collect();
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
