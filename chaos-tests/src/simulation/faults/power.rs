//! Machines that lose power or their process, and how they come back.

use std::sync::Arc;
use std::time::Duration;

use storage::disk::Lane;
use storage::faulty::PowerLoss;
use turmoil::Sim;

use super::super::host::{self, Ended, Machine};
use super::super::links::Links;
use super::super::world::Trace;
use super::{Faults, take_due};
use crate::history::Us;

impl Faults {
    /// What is written to a machine's log waits, and its power goes away before that is on disk. The others have agreed on
    /// it meanwhile, so it is applied here, and a checkpoint has it: the log ends before the checkpoint.
    pub(super) fn stall_log(&mut self, _: &mut Sim<'_>, now: Us) {
        if let Some(name) = self.pick_running() {
            self.machines.borrow()[&name]
                .disk
                .stall(Lane::Log, Duration::from_secs(5));
            // A checkpoint is written a second after the first change that it has, which the stall outlasts.
            self.cuts_behind_checkpoint
                .insert(name, now + 1_300_000 + self.world.below(2_000_000));
        }
    }

    pub(super) fn cut_behind_checkpoint(&mut self, sim: &mut Sim<'_>, now: Us) {
        for name in take_due(&mut self.cuts_behind_checkpoint, now) {
            if self.is_up(&name) {
                self.cut_power(sim, &name);
                self.machine(&name, |machine| machine.lost_its_tail = true);
                self.back.insert(name, now + 20_000 + self.world.below(500_000));
            }
        }
    }

    /// A process ended by itself. Its supervisor starts it again; if its disk has failed it before and that does not help,
    /// somebody restarts the machine, and then puts another disk in.
    pub(super) fn ended(&mut self, sim: &mut Sim<'_>, name: &str, how: Ended, now: Us) {
        let (faulty, suspect) = self.machine(name, |machine| (machine.disk_is_faulty, machine.disk_is_suspect));
        let soon = now + 50_000 + self.world.below(2_000_000);
        match how {
            Ended::Failed(_) if suspect && !faulty => {
                let restarted = self.machine(name, |machine| std::mem::replace(&mut machine.is_beyond_repair, true));
                self.cut_power(sim, name);
                if restarted {
                    self.world.count("nodes beyond repair");
                } else {
                    self.back.insert(name.to_owned(), soon);
                }
            }
            how => {
                if let Ended::Failed(why) = how
                    && !faulty
                {
                    self.unexpected = Some(format!("{name} stopped: {why}"));
                }
                self.end_process(sim, name);
                self.back.insert(name.to_owned(), soon);
            }
        }
    }

    /// Another disk is put in. Its node is gone for good.
    pub(super) fn wipe(&mut self, name: &str) {
        let world = Arc::clone(&self.world);
        self.machine(name, |machine| machine.wipe(&world));
        // It starts when it has been admitted, not when it was due.
        self.back.remove(name);
        self.world.count("disks lost");
        self.world.note(Trace::Events, format!("new disk {name}").as_bytes());
    }

    pub(super) fn others(&self, name: &str) -> impl Iterator<Item = String> {
        let everybody = self.nodes.iter().chain(&self.clients);
        let others: Vec<String> = everybody.filter(|other| *other != name).cloned().collect();
        others.into_iter()
    }

    pub(super) fn cut_power(&self, sim: &mut Sim<'_>, name: &str) {
        let silently = self.world.below(2) == 0;
        if silently {
            Links::silence(sim, name, self.others(name));
        }
        // A fuse that blew at the disk blew while something was on its way there.
        let modes: &[PowerLoss] = if self.machine(name, |machine| machine.disk.lost_power()) {
            &[PowerLoss::Nothing, PowerLoss::Random]
        } else {
            &[PowerLoss::Nothing, PowerLoss::Random, PowerLoss::Everything]
        };
        // Dead before the server is dropped: redb would write a clean end.
        self.machine(name, |machine| machine.disk.cut_power());
        self.down(sim, name);
        let mode = *self.world.one_of(modes);
        self.machine(name, |machine| {
            let before = machine.disk.counts().sectors_lost;
            machine.disk = machine.disk.power_loss(mode);
            let lost = machine.disk.counts().sectors_lost - before;
            self.world.add("sectors lost", lost);
            self.world.add("power cuts that lost something", u64::from(lost > 0));
        });
        if silently {
            self.links.unsilence(sim, name, self.others(name));
        }
        self.world.note(Trace::Events, format!("power cut {name}").as_bytes());
    }

    /// The process ends; what it wrote is still in the page cache.
    pub(super) fn end_process(&self, sim: &mut Sim<'_>, name: &str) {
        self.machine(name, |machine| machine.disk.cut_power());
        self.down(sim, name);
        self.machine(name, |machine| machine.disk = machine.disk.process_end());
        self.world
            .note(Trace::Events, format!("process ended {name}").as_bytes());
    }

    pub(super) fn down(&self, sim: &mut Sim<'_>, name: &str) {
        self.machine(name, |machine| {
            machine.up = false;
            machine.cluster = None;
        });
        sim.crash(name);
    }

    pub(super) fn machine<T>(&self, name: &str, change: impl FnOnce(&mut Machine) -> T) -> T {
        host::change(&self.machines, name, change)
    }

    pub(super) fn bring_back(&mut self, sim: &mut Sim<'_>, now: Us) {
        for name in take_due(&mut self.back, now) {
            self.start(sim, &name);
        }
        // A machine with a new disk starts as soon as it has been admitted again.
        let admitted = |name: &&String| {
            let machine = &self.machines.borrow()[*name];
            !machine.up && machine.is_new && machine.keys.is_some()
        };
        let new: Vec<String> = self.nodes.iter().filter(admitted).cloned().collect();
        for name in new {
            self.start(sim, &name);
        }
    }

    pub(super) fn start(&self, sim: &mut Sim<'_>, name: &str) {
        self.machine(name, |machine| {
            machine.up = true;
            machine.is_new = false;
            machine.disk_is_faulty = false;
            machine.disk.set_unlimited();
        });
        sim.bounce(name);
        self.world.note(Trace::Events, format!("started {name}").as_bytes());
    }
}
