//! What goes wrong in a run, and when it is mended: power, links, clocks, slow disks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use storage::faulty::PowerLoss;

use super::host::Machines;
use super::world::{Trace, World};
use crate::history::Us;

/// The faults of one run.
pub(super) struct Faults {
    world: Arc<World>,
    machines: Machines,
    names: Vec<String>,
    /// When a machine without power gets it back.
    power_back: BTreeMap<String, Us>,
    /// When a cut link is repaired.
    link_back: BTreeMap<(String, String), Us>,
    next: Us,
    until: Us,
}

impl Faults {
    /// Faults on these machines from one time of the run until another.
    pub(super) fn new(world: &Arc<World>, machines: &Machines, names: &[String], from: Us, until: Us) -> Self {
        Self {
            world: Arc::clone(world),
            machines: Machines::clone(machines),
            names: names.to_vec(),
            power_back: BTreeMap::new(),
            link_back: BTreeMap::new(),
            next: from,
            until,
        }
    }

    /// Lets happen what is due now: a fault, and the end of others.
    pub(super) fn happen(&mut self, sim: &mut turmoil::Sim<'_>, now: Us) {
        if now >= self.next && now < self.until {
            self.next = now + 200_000 + self.world.below(4_000_000);
            self.fault(sim, now);
        }
        self.bring_back(sim, now);
    }

    /// Takes the power of machines whose fuse has blown.
    pub(super) fn blow_fuses(&mut self, sim: &mut turmoil::Sim<'_>, now: Us) {
        let is_blown = |name: &String| {
            let machines = self.machines.borrow();
            machines[name].up && machines[name].disk.lost_power()
        };
        let blown: Vec<String> = self.names.iter().filter(|name| is_blown(name)).cloned().collect();
        for name in blown {
            self.world.count("fuses blown");
            self.cut_power(sim, &name);
            self.power_back.insert(name, now + 50_000 + self.world.below(5_000_000));
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

    /// Ends all faults.
    pub(super) fn heal(&mut self, sim: &mut turmoil::Sim<'_>, now: Us) {
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
}
