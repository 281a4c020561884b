//! One run: three machines, clients, a phase of faults, then peace in which the cluster must heal and agree.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use futures::future::join_all;
use licensing::time::At;
use raft::seams::Entropy;
use raft::{Tuning, runtime};
use tokio::time::sleep;
use trust::UnixSeconds;
use turmoil::Sim;
use usher::founding::{self, Founding};

use super::faults::Faults;
use super::host::{Machine, Machines, Setting, power_on};
use super::http::now;
use super::office::Office;
use super::operator::Operator;
use super::outcome::{Outcome, Traces};
use super::setup::{Made, NAMED_SEATS, Sold, set_up, sold};
use super::surroundings::{EPOCH_MS, SimulatedEntropy};
use super::workload::Workload;
use super::world::{Trace, World};
use crate::checks;
use crate::history::{History, Us};

/// Faults begin so long after the cluster was made.
const CALM: Us = 1_000_000;
/// The cluster must be made by then.
const MADE_WITHIN: Us = 60_000_000;
/// How long clients go on after the last fault.
const CLIENTS_GO_ON: Us = 3_000_000;
/// A call under way at that time has its answer this long after the last fault.
const ANSWERED_AFTER: Us = 10_000_000;
/// The cluster must be whole this long after the last fault.
const HEAL_WITHIN: Us = 90_000_000;

/// What the harness knows while a run goes on.
struct Run {
    world: Arc<World>,
    machines: Machines,
    faults: Faults,
    /// How long there are faults.
    faults_for: Us,
    until: Until,
    leaders: BTreeSet<(u64, u64)>,
    led_anew: Vec<Us>,
    operator: Rc<RefCell<Work>>,
}

/// When the faults end. Not known before the cluster was made.
type Until = Rc<Cell<Us>>;

/// How far the operator is.
#[derive(Default)]
struct Work {
    made: Option<Rc<Made>>,
    /// Whether he has nothing to do.
    at_rest: bool,
    failed: Option<String>,
}

/// Runs `seed` with `seconds` of faults; `loud` tells every event on standard error.
pub fn run(seed: u64, seconds: u64, loud: bool) -> Outcome {
    align_task_ids();
    let world = World::new(seed, loud);
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

/// How the machines are connected, and what their operator has set for it.
struct Distance {
    latency_max: Duration,
    /// A step of the simulation, short beside the way of a message. Most of a run's cost goes with the number of steps.
    tick: Duration,
    tuning: Tuning,
}

impl Distance {
    fn of(world: &World) -> Self {
        let latency_ms = *world.one_of(&[3, 10, 40]);
        // Up to four times as far as the defaults are made for.
        let factor = if latency_ms > 10 { 4 } else { 1 };
        let tuning = Tuning::default();
        Self {
            latency_max: Duration::from_millis(latency_ms),
            tick: Duration::from_millis(latency_ms.div_ceil(10)),
            tuning: Tuning {
                heartbeat: tuning.heartbeat * factor,
                election_min: tuning.election_min * factor,
                election_max: tuning.election_max * factor,
                log_entries_kept: world.below(50),
                ..tuning
            },
        }
    }
}

fn network(seed: u64, distance: &Distance) -> Sim<'static> {
    let mut builder = turmoil::Builder::new();
    builder
        .rng_seed(seed)
        .epoch(std::time::UNIX_EPOCH + Duration::from_millis(EPOCH_MS))
        .tick_duration(distance.tick)
        .simulation_duration(Duration::from_secs(100_000))
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(distance.latency_max)
        .repair_rate(0.5)
        .tcp_capacity(4_096)
        .enable_random_order();
    builder.build()
}

fn simulate(seed: u64, seconds: u64, world: &Arc<World>, entropy: &dyn Entropy) -> Result<(Vec<String>, Traces)> {
    let distance = Distance::of(world);
    let mut sim = network(seed, &distance);
    let nodes: Vec<String> = (1..=3).map(|node| format!("n{node}")).collect();
    let machines = power_on_all(&mut sim, world, &nodes, distance.tuning);
    let first = Founding {
        name: "n1".to_owned(),
        peer_address: "n1".to_owned(),
        api_url: "n1".to_owned(),
        root_key: None,
    };
    let (keys, _) = founding::make_keys(&first, entropy, UnixSeconds::new(EPOCH_MS / 1_000))?;
    machines.borrow_mut().get_mut("n1").context("n1")?.keys = Some(keys);

    let until: Until = Rc::new(Cell::new(Us::MAX));
    let sold = sold(world);
    let operator = employ(&mut sim, world, &machines, &nodes, &sold, &until);
    let (clients, histories) = let_clients_in(&mut sim, world, &nodes, &sold, &operator, &until);
    let changes = open_office(&mut sim, world, &nodes, &operator, &until);
    let mut run = Run {
        world: Arc::clone(world),
        machines: Rc::clone(&machines),
        faults: Faults::new(world, &machines, &nodes, &clients),
        faults_for: seconds * 1_000_000,
        until,
        leaders: BTreeSet::new(),
        led_anew: Vec::new(),
        operator,
    };
    let mut broken = run.until_whole(&mut sim)?;
    broken.extend(run.disagreement());
    for (history, sold) in histories.iter().zip(&sold) {
        history.borrow_mut().led_anew.clone_from(&run.led_anew);
        broken.extend(checks::all(&history.borrow(), &sold.terms));
        broken.extend(checks::linearizable(&history.borrow(), &sold.terms));
    }
    broken.extend(checks::in_order(&merged(&histories)));
    if broken.is_empty() {
        broken.extend(run.wrong_with_named_seats(&changes.borrow()));
    }
    let traces = run.traces();
    // Disks die before the nodes do: a node that is dropped would otherwise write a clean end.
    for machine in machines.borrow_mut().values_mut() {
        machine.disk.cut_power();
        machine.cluster = None;
    }
    Ok((broken, traces))
}

fn power_on_all(sim: &mut Sim<'_>, world: &Arc<World>, nodes: &[String], tuning: Tuning) -> Machines {
    let machines: Machines = Rc::default();
    let setting = Setting {
        world: Arc::clone(world),
        tuning,
    };
    for name in nodes {
        machines.borrow_mut().insert(name.clone(), Machine::new(world));
        let (name, machines, setting) = (name.clone(), Rc::clone(&machines), setting.clone());
        sim.host(name.clone(), move || {
            power_on(name.clone(), Rc::clone(&machines), setting.clone())
        });
    }
    machines
}

fn employ(
    sim: &mut Sim<'_>,
    world: &Arc<World>,
    machines: &Machines,
    nodes: &[String],
    sold: &[Sold],
    until: &Until,
) -> Rc<RefCell<Work>> {
    let state: Rc<RefCell<Work>> = Rc::default();
    let (world, machines, nodes, sold) = (Arc::clone(world), Rc::clone(machines), nodes.to_vec(), sold.to_vec());
    let (work, until) = (Rc::clone(&state), Rc::clone(until));
    sim.client("operator", async move {
        let worked = async {
            let made = set_up(&machines, &world, &sold)
                .await
                .context("the cluster could not be set up")?;
            work.borrow_mut().made = Some(Rc::clone(&made));
            let operator = Operator {
                world,
                machines,
                nodes,
                made,
            };
            operator.work(&until, |is| work.borrow_mut().at_rest = is).await
        };
        let failed: Result<Infallible> = worked.await;
        work.borrow_mut().failed = failed.err().map(|error| format!("{error:#}"));
        Ok(())
    });
    state
}

/// Lets the clients of every license in, a house for each license, and gives the houses' names and what was seen there.
fn let_clients_in(
    sim: &mut Sim<'_>,
    world: &Arc<World>,
    nodes: &[String],
    sold: &[Sold],
    operator: &Rc<RefCell<Work>>,
    until: &Until,
) -> (Vec<String>, Vec<Rc<RefCell<History>>>) {
    let (mut names, mut histories) = (Vec::new(), Vec::new());
    for (license, sold) in sold.iter().enumerate() {
        let (house, history) = (format!("house-{license}"), Rc::<RefCell<History>>::default());
        let (world, nodes, seen, sold) = (Arc::clone(world), nodes.to_vec(), Rc::clone(&history), *sold);
        let (operator, until) = (Rc::clone(operator), Rc::clone(until));
        sim.client(house.clone(), async move {
            let made = made(&operator).await;
            let client = |number| Workload {
                world: Arc::clone(&world),
                history: Rc::clone(&seen),
                nodes: nodes.clone(),
                name: format!("{license}-{number}"),
                holder: format!("device-{license}-{}", number % sold.devices),
                license_key: made.license_keys[license].clone(),
            };
            let go_on = || now() < until.get().saturating_add(CLIENTS_GO_ON);
            join_all((0..sold.clients).map(|number| client(number).run(go_on))).await;
            Ok(())
        });
        names.push(house);
        histories.push(history);
    }
    (names, histories)
}

/// Opens the office that assigns seats by name, and gives what it sees.
fn open_office(
    sim: &mut Sim<'_>,
    world: &Arc<World>,
    nodes: &[String],
    operator: &Rc<RefCell<Work>>,
    until: &Until,
) -> Rc<RefCell<Vec<checks::Change>>> {
    let changes: Rc<RefCell<Vec<checks::Change>>> = Rc::default();
    let (world, nodes, seen) = (Arc::clone(world), nodes.to_vec(), Rc::clone(&changes));
    let (operator, until) = (Rc::clone(operator), Rc::clone(until));
    sim.client("office", async move {
        let office = Office {
            world,
            nodes,
            made: made(&operator).await,
            changes: seen,
        };
        office.work(|| now() < until.get().saturating_add(CLIENTS_GO_ON)).await;
        Ok(())
    });
    changes
}

/// What the operator made, once he has.
async fn made(operator: &RefCell<Work>) -> Rc<Made> {
    loop {
        if let Some(made) = operator.borrow().made.clone() {
            return made;
        }
        sleep(Duration::from_millis(50)).await;
    }
}

fn merged(histories: &[Rc<RefCell<History>>]) -> History {
    let calls = histories.iter().flat_map(|history| history.borrow().calls.clone());
    History {
        calls: calls.collect(),
        ..History::default()
    }
}

impl Run {
    fn until_whole(&mut self, sim: &mut Sim<'_>) -> Result<Vec<String>> {
        let mut healed = false;
        loop {
            let now = u64::try_from(sim.elapsed().as_micros())?;
            self.world.set_now(now);
            if self.until.get() == Us::MAX && self.operator.borrow().made.is_some() {
                self.until.set(now + CALM + self.faults_for);
                self.faults.begin(now + CALM, now + CALM + self.faults_for);
            }
            let until = self.until.get();
            if now >= until && !healed {
                healed = true;
                self.faults.heal(sim, now);
            }
            self.faults.happen(sim, now);
            sim.step().map_err(|error| anyhow!("the simulation failed: {error}"))?;
            self.note_leaders(now);
            self.faults.follow(sim, now);
            let failed = self.operator.borrow().failed.clone();
            if let Some(why) = self.faults.unexpected().or(failed) {
                return Ok(vec![why]);
            }
            let calm = healed && now > until + ANSWERED_AFTER;
            if calm && self.is_whole() {
                return Ok(Vec::new());
            }
            if now > until.saturating_add(HEAL_WITHIN) || (until == Us::MAX && now > MADE_WITHIN) {
                return Ok(vec![self.how_far_from_whole()]);
            }
        }
    }

    fn note_leaders(&mut self, now: Us) {
        for (name, machine) in self.machines.borrow().iter() {
            let Some(cluster) = &machine.cluster else { continue };
            let (known, me) = (cluster.known_leader(), cluster.me());
            if known.leader == Some(me) && self.leaders.insert((known.term, me.get())) {
                self.world.count("leaders");
                self.led_anew.push(now);
                self.world
                    .note(Trace::Events, format!("{name} leads term {}", known.term).as_bytes());
            }
        }
    }

    /// Whether every machine serves, all have applied the same, and one more node may be lost.
    fn is_whole(&self) -> bool {
        if !self.operator.borrow().at_rest {
            return false;
        }
        let machines = self.machines.borrow();
        let statuses = machines
            .values()
            .map(|machine| Some(machine.cluster.as_ref()?.status()));
        let Some(statuses) = statuses.collect::<Option<Vec<_>>>() else {
            return false;
        };
        let agree = statuses.windows(2).all(|pair| pair[0].applied == pair[1].applied);
        let same_leader = statuses.windows(2).all(|pair| pair[0].leader == pair[1].leader);
        let can_lose_one = statuses.iter().any(|status| status.tolerance() == Some(1));
        agree && same_leader && can_lose_one
    }

    fn how_far_from_whole(&self) -> String {
        let machines = self.machines.borrow();
        let state = |(name, machine): (&String, &Machine)| {
            let serving = machine.cluster.as_ref().map(|cluster| {
                let status = cluster.status();
                let member = |member: &raft::Member| (member.node.get(), member.voter, member.lag, member.heard_ms_ago);
                format!(
                    "node {} in term {} with leader {:?}, log {}, applied {}, tolerance {:?}, voters {:?}, members \
                     (voter, lag, heard ms ago) {:?}",
                    status.node,
                    status.term,
                    status.leader,
                    status.last_log,
                    status.applied,
                    status.tolerance(),
                    status.member_list.quorums,
                    status.member_list.members.iter().map(member).collect::<Vec<_>>()
                )
            });
            format!("{name}: {}", serving.unwrap_or_else(|| "not serving".to_owned()))
        };
        let states: Vec<String> = machines.iter().map(state).collect();
        format!(
            "not whole long after the last fault ({}; the operator is {})",
            states.join("; "),
            if self.operator.borrow().at_rest {
                "at rest"
            } else {
                "at work"
            }
        )
    }

    /// ReplicasAgree and OneLeaderPerTerm, at the end.
    fn disagreement(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let machines = self.machines.borrow();
        let digest = |cluster: &raft::Cluster| cluster.ledger(licensing::ledger::Ledger::digest);
        let clusters = machines.values().filter_map(|machine| machine.cluster.as_ref());
        let digests: Vec<_> = clusters
            .map(|cluster| (cluster.status().applied, digest(cluster)))
            .collect();
        let differ = |pair: &[(u64, _)]| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1;
        if digests.windows(2).any(differ) {
            broken.push("ReplicasAgree: ledgers differ at the same entry".to_owned());
        }
        let terms: BTreeMap<u64, u64> = self.leaders.iter().copied().collect();
        if terms.len() != self.leaders.len() {
            broken.push("OneLeaderPerTerm: two nodes led one term".to_owned());
        }
        broken
    }

    /// What is wrong with the seats that are assigned by name, once all nodes agree: any will do.
    fn wrong_with_named_seats(&self, changes: &[checks::Change]) -> Vec<String> {
        let machines = self.machines.borrow();
        let cluster = machines.values().find_map(|machine| machine.cluster.as_ref());
        let (Some(cluster), Some(made)) = (cluster, &self.operator.borrow().made) else {
            return Vec::new();
        };
        let (at_the_end, kept_from) = cluster.ledger(|ledger| {
            let assigned = ledger.assignments_of(made.named, None);
            let addresses = assigned.map(|assigned| assigned.email.to_string()).collect();
            (addresses, ledger.retention().kept_from)
        });
        if kept_from.sessions > At::default() {
            self.world.count("seeds that dropped history");
        }
        checks::named_seats(changes, NAMED_SEATS, &at_the_end, &History::default())
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
