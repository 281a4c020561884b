//! What goes wrong in a run, and when it is mended: power, processes, links, clocks, disks.

mod clocks;
mod power;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use storage::faulty::Call;
use turmoil::Sim;

use self::clocks::{Days, SlowStep};
use super::host::{Machine, Machines, Wish, leader};
use super::links::{Ailment, Links};
use super::world::{Trace, World};
use crate::history::Us;

/// The faults of one run.
pub(super) struct Faults {
    world: Arc<World>,
    machines: Machines,
    nodes: Vec<String>,
    /// Who else is on the network.
    clients: Vec<String>,
    links: Links,
    /// When a machine that does not run is started again.
    back: BTreeMap<String, Us>,
    /// The term of each machine when last seen.
    terms: BTreeMap<String, u64>,
    /// A step of the clock that takes long, if there is one.
    slow_step: Option<SlowStep>,
    /// When a machine whose log stalls loses power.
    cuts_behind_checkpoint: BTreeMap<String, Us>,
    /// When wall clocks that a wrong source of time has stepped are set right.
    clocks_right: BTreeMap<String, Us>,
    /// Days that are yet to pass in moments, if there are any.
    days: Option<Days>,
    /// How much later it is than by the run's time, by days that have passed in moments.
    passed_ms: i64,
    /// Why a node stopped that had no reason to.
    unexpected: Option<String>,
    next: Us,
    until: Us,
}

type Fault = fn(&mut Faults, &mut Sim<'_>, Us);

/// What may happen, how often compared with the others, and how it is counted.
const KINDS: &[(u64, &str, Fault)] = &[
    (5, "power cuts", Faults::power_cut),
    (2, "power cuts inside a write", Faults::fuse),
    (3, "power cuts inside a sync", Faults::fuse_in_sync),
    (2, "power cuts after a new term", Faults::fuse_at_term),
    (2, "power cuts behind a checkpoint", Faults::stall_log),
    (1, "power cuts of all machines", Faults::blackout),
    (2, "processes killed", Faults::kill),
    (2, "processes stopped in order", Faults::stop),
    (2, "nodes cut off", Faults::isolate),
    (2, "nodes cut off one way", Faults::isolate_oneway),
    (2, "links between nodes cut", Faults::partition),
    (2, "links between nodes cut one way", Faults::partition_oneway),
    (2, "links between nodes held", Faults::hold),
    (2, "lossy links", Faults::lose),
    (2, "answers to clients lost", Faults::deafen_client),
    (2, "wall clocks stepped", Faults::step_clock),
    (1, "wall clocks of a majority stepped", Faults::step_most_clocks),
    (1, "wall clocks stepped while disks are slow", Faults::step_slowly),
    (1, "days that passed in moments", Faults::begin_days),
    (1, "clocks drifting", Faults::drift_clock),
    (2, "slow disks", Faults::slow_disk),
    (1, "disk errors", Faults::disk_error),
    (1, "full disks", Faults::fill_disk),
];

/// Takes out the machines whose time has come.
fn take_due(due: &mut BTreeMap<String, Us>, now: Us) -> Vec<String> {
    let is_due = |(name, at): (&String, &Us)| (*at <= now).then(|| name.clone());
    let names: Vec<String> = due.iter().filter_map(is_due).collect();
    due.retain(|_, at| *at > now);
    names
}

impl Faults {
    /// Faults on these machines, none of them yet.
    pub(super) fn new(world: &Arc<World>, machines: &Machines, nodes: &[String], clients: &[String]) -> Self {
        Self {
            world: Arc::clone(world),
            machines: Machines::clone(machines),
            nodes: nodes.to_vec(),
            clients: clients.to_vec(),
            links: Links::new(world),
            back: BTreeMap::new(),
            terms: BTreeMap::new(),
            slow_step: None,
            cuts_behind_checkpoint: BTreeMap::new(),
            clocks_right: BTreeMap::new(),
            days: None,
            passed_ms: 0,
            unexpected: None,
            next: Us::MAX,
            until: 0,
        }
    }

    /// Lets faults happen from one time of the run until another. In every run power is lost inside a sync at least once.
    pub(super) fn begin(&mut self, from: Us, until: Us) {
        (self.next, self.until) = (from, until);
        self.machines.borrow()[&self.pick()]
            .disk
            .cut_power_in_sync(self.world.below(200));
    }

    /// Lets happen what is due now: a fault, and the end of others.
    pub(super) fn happen(&mut self, sim: &mut Sim<'_>, now: Us) {
        if now >= self.next && now < self.until {
            self.next = now + 100_000 + self.world.below(3_000_000);
            let sum = KINDS.iter().map(|(weight, ..)| weight).sum();
            let mut drawn = self.world.below(sum);
            for (weight, name, fault) in KINDS {
                if drawn < *weight {
                    self.world.note(Trace::Events, name.as_bytes());
                    self.world.count(name);
                    fault(self, sim, now);
                    break;
                }
                drawn -= weight;
            }
        }
        self.end_slow_step(now);
        self.let_days_pass(now);
        self.cut_behind_checkpoint(sim, now);
        self.links.mend(sim, now);
        self.set_clocks_right(now);
        self.bring_back(sim, now);
    }

    /// Follows up what happened in this step: blown fuses, new terms, processes that ended, wishes of the operator.
    pub(super) fn follow(&mut self, sim: &mut Sim<'_>, now: Us) {
        for name in self.nodes.clone() {
            if !self.is_up(&name) {
                if self.machine(&name, |machine| machine.wish.take()) == Some(Wish::Wipe) {
                    self.wipe(&name);
                }
                continue;
            }
            let (lost_power, ended, wish, term) = self.machine(&name, |machine| {
                let term = machine.cluster.as_ref().map(|cluster| cluster.known_leader().term);
                (
                    machine.disk.lost_power(),
                    machine.ended.take(),
                    machine.wish.take(),
                    term,
                )
            });
            let new_term = term.is_some() && self.terms.insert(name.clone(), term.unwrap_or(0)) != term;
            let doomed = new_term && self.lights_at_term(&name);
            if lost_power || doomed {
                self.world.count("fuses blown");
                self.cut_power(sim, &name);
                self.back.insert(name, now + 20_000 + self.world.below(3_000_000));
            } else if wish == Some(Wish::Wipe) {
                self.cut_power(sim, &name);
                self.wipe(&name);
            } else if let Some(how) = ended {
                self.world
                    .note(Trace::Events, format!("{name} ended: {how:?}").as_bytes());
                self.ended(sim, &name, how, now);
            }
        }
    }

    /// Why a node stopped that had no reason to.
    pub(super) fn unexpected(&self) -> Option<String> {
        self.unexpected.clone()
    }

    fn lights_at_term(&self, name: &str) -> bool {
        self.machine(name, |machine| std::mem::take(&mut machine.dies_at_new_term))
    }

    fn pick(&self) -> String {
        self.world.one_of(&self.nodes).clone()
    }

    fn is_up(&self, name: &str) -> bool {
        self.machines.borrow()[name].up
    }

    /// A machine that runs, if the one that was drawn does.
    fn pick_running(&self) -> Option<String> {
        Some(self.pick()).filter(|name| self.is_up(name))
    }

    fn a_while(&self, now: Us) -> Us {
        now + 100_000 + self.world.below(8_000_000)
    }

    fn power_cut(&mut self, sim: &mut Sim<'_>, now: Us) {
        if let Some(name) = self.pick_running() {
            self.cut_power(sim, &name);
            self.back.insert(name, self.a_while(now));
        }
    }

    fn fuse(&mut self, _: &mut Sim<'_>, _: Us) {
        if let Some(name) = self.pick_running() {
            self.machines.borrow()[&name].disk.cut_power_after(self.world.below(60));
        }
    }

    /// A sync takes no simulated time, so no other cut ever falls into one, and what is written between two syncs is lost.
    fn fuse_in_sync(&mut self, _: &mut Sim<'_>, _: Us) {
        if let Some(name) = self.pick_running() {
            self.machines.borrow()[&name]
                .disk
                .cut_power_in_sync(self.world.below(20));
        }
    }

    /// Every node loses power just when it has seen its next term: what it promised a candidate must be on its disk.
    fn fuse_at_term(&mut self, sim: &mut Sim<'_>, now: Us) {
        for machine in self.machines.borrow_mut().values_mut() {
            machine.dies_at_new_term = true;
        }
        // And so that there is a next term, the leader is not heard for a while.
        let leader = leader(&self.machines).unwrap_or_else(|| self.pick());
        for other in self.nodes.clone() {
            self.links.cut_oneway(sim, &leader, &other, now + 2_000_000);
        }
    }

    fn blackout(&mut self, sim: &mut Sim<'_>, now: Us) {
        for name in self.nodes.clone() {
            if self.is_up(&name) {
                self.cut_power(sim, &name);
                self.back.insert(name, now + 100_000 + self.world.below(3_000_000));
            }
        }
    }

    fn kill(&mut self, sim: &mut Sim<'_>, now: Us) {
        if let Some(name) = self.pick_running() {
            self.end_process(sim, &name);
            self.back.insert(name, now + 20_000 + self.world.below(3_000_000));
        }
    }

    fn stop(&mut self, _: &mut Sim<'_>, _: Us) {
        if let Some(name) = self.pick_running() {
            self.machines.borrow()[&name].stop.notify_one();
        }
    }

    fn isolate(&mut self, sim: &mut Sim<'_>, now: Us) {
        let (name, until) = (self.pick(), self.a_while(now));
        for other in self.nodes.clone() {
            self.links.cut(sim, &name, &other, until);
        }
    }

    fn isolate_oneway(&mut self, sim: &mut Sim<'_>, now: Us) {
        let (name, until, deaf) = (self.pick(), self.a_while(now), self.world.below(2) == 0);
        for other in self.nodes.clone() {
            let (from, to) = if deaf { (&other, &name) } else { (&name, &other) };
            self.links.cut_oneway(sim, from, to, until);
        }
    }

    fn partition(&mut self, sim: &mut Sim<'_>, now: Us) {
        let (a, b, until) = (self.pick(), self.pick(), self.a_while(now));
        self.links.cut(sim, &a, &b, until);
    }

    fn partition_oneway(&mut self, sim: &mut Sim<'_>, now: Us) {
        let (from, to, until) = (self.pick(), self.pick(), self.a_while(now));
        self.links.cut_oneway(sim, &from, &to, until);
    }

    fn hold(&mut self, sim: &mut Sim<'_>, now: Us) {
        let (a, b, until) = (self.pick(), self.pick(), self.a_while(now));
        self.links.spoil(sim, &a, &b, Ailment::Held, until);
    }

    fn lose(&mut self, sim: &mut Sim<'_>, now: Us) {
        let (a, b, until) = (self.pick(), self.pick(), self.a_while(now));
        self.links.spoil(sim, &a, &b, Ailment::Lossy, until);
    }

    /// The calls of a house are made, and nobody there learns what came of them.
    fn deafen_client(&mut self, sim: &mut Sim<'_>, now: Us) {
        let (house, until) = (self.world.one_of(&self.clients).clone(), self.a_while(now));
        for node in self.nodes.clone() {
            self.links.cut_oneway(sim, &node, &house, until);
        }
    }

    fn slow_disk(&mut self, _: &mut Sim<'_>, _: Us) {
        let most = Duration::from_micros(self.world.below(1_500_000));
        self.machines.borrow()[&self.pick()].disk.set_stall_max(most);
    }

    /// One disk at a time: what two of three have lost may be lost.
    fn disk_error(&mut self, _: &mut Sim<'_>, _: Us) {
        let is_suspect = |machine: &Machine| machine.disk_is_suspect;
        let others_are_sound = !self.world.is_disk_away() && !self.machines.borrow().values().any(is_suspect);
        if let Some(name) = self.pick_running().filter(|_| others_are_sound) {
            let call = *self.world.one_of(&[Call::Write, Call::Sync, Call::Read]);
            let after = self.world.below(20);
            self.machine(&name, |machine| {
                machine.disk_is_faulty = true;
                machine.disk_is_suspect = true;
                machine.disk.fail(call, after, ErrorKind::Other);
            });
        }
    }

    fn fill_disk(&mut self, _: &mut Sim<'_>, _: Us) {
        if let Some(name) = self.pick_running() {
            let left = self.world.below(1 << 18);
            self.machine(&name, |machine| {
                machine.disk_is_faulty = true;
                machine.disk.fill(left);
            });
        }
    }

    /// Ends all faults.
    pub(super) fn heal(&mut self, sim: &mut Sim<'_>, now: Us) {
        for at in self.back.values_mut() {
            *at = now;
        }
        self.cuts_behind_checkpoint.clear();
        self.links.mend_all(sim);
        for machine in self.machines.borrow_mut().values_mut() {
            machine.disk.keep_power();
            machine.disk.set_stall_max(Duration::ZERO);
            machine.disk.set_unlimited();
            machine.dies_at_new_term = false;
            machine.lost_its_tail = false;
            machine.clock.off_by_ms.store(self.passed_ms, Ordering::Relaxed);
            machine.clock.drift(0);
        }
        sim.set_max_message_latency(Duration::from_millis(5));
        self.world.note(Trace::Events, b"heal");
    }
}
