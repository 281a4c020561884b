//! Faults of clocks.

use std::sync::atomic::Ordering;
use std::time::Duration;

use turmoil::Sim;

use super::{Faults, take_due};
use crate::history::Us;

const DAY_MS: i64 = 86_400_000;

/// All disks are slow between two steps of wall clocks.
pub(super) struct SlowStep {
    until: Us,
    /// The machine whose clock is right.
    true_one: String,
    /// How far the others' are off after the first step.
    off_by_ms: i64,
}

/// Days pass on all clocks, one in each moment.
pub(super) struct Days {
    left: u64,
    next: Us,
}

impl Faults {
    pub(super) fn step_clock(&mut self, _: &mut Sim<'_>, _: Us) {
        // A moment, hours, or years.
        let most_ms = self.world.one_of(&[500, 3_600_000, 10 * 365 * 86_400_000]);
        let off_by = i64::try_from(self.world.below(2 * most_ms)).unwrap_or(0) - i64::try_from(*most_ms).unwrap_or(0);
        self.put_clock(&self.pick(), off_by);
    }

    /// Two machines follow a source of time that is wrong by hours, or by nearly two days, so the cluster does; then the source
    /// is set right. A step of two days is not believed where history would be dropped by it.
    pub(super) fn step_most_clocks(&mut self, _: &mut Sim<'_>, now: Us) {
        if self.slow_step.is_some() {
            return;
        }
        let most_ms = *self.world.one_of(&[7_200_000, 7_200_000, 172_800_000]);
        let off_by = i64::try_from(self.world.below(most_ms)).unwrap_or(0);
        let (true_one, right) = (self.pick(), self.a_while(now));
        self.set_clocks_wrong(&true_one, off_by, right);
    }

    pub(super) fn set_clocks_wrong(&mut self, true_one: &str, off_by_ms: i64, until: Us) {
        for name in self.nodes.iter().filter(|name| *name != true_one) {
            self.put_clock(name, off_by_ms);
            self.clocks_right.insert(name.clone(), until);
        }
    }

    /// It takes the cluster seconds to write that its clock steps, and no election is due, since heartbeats wait for no disk.
    /// What its leader measures meanwhile must not be counted when clocks step once more.
    pub(super) fn step_slowly(&mut self, _: &mut Sim<'_>, now: Us) {
        if self.slow_step.is_some() {
            return;
        }
        let true_one = self.pick();
        let off_by_ms = i64::try_from(self.world.below(3_600_000)).unwrap_or(0);
        self.stall_disks(Duration::from_secs(4));
        self.set_clocks_wrong(&true_one, off_by_ms, Us::MAX);
        self.slow_step = Some(SlowStep {
            until: now + 2_000_000 + self.world.below(4_000_000),
            true_one,
            off_by_ms,
        });
    }

    pub(super) fn end_slow_step(&mut self, now: Us) {
        // With the other faults it ends by itself.
        let Some(step) = self.slow_step.take_if(|step| now >= step.until && now < self.until) else {
            return;
        };
        self.stall_disks(Duration::ZERO);
        let right = self.a_while(now);
        self.set_clocks_wrong(&step.true_one, step.off_by_ms + 3_600_000, right);
    }

    pub(super) fn stall_disks(&self, most: Duration) {
        for machine in self.machines.borrow().values() {
            machine.disk.set_stall_max(most);
        }
    }

    pub(super) fn set_clocks_right(&mut self, now: Us) {
        for name in take_due(&mut self.clocks_right, now) {
            self.put_clock(&name, 0);
        }
    }

    pub(super) fn drift_clock(&mut self, _: &mut Sim<'_>, _: Us) {
        let drift = i64::try_from(self.world.below(1_001)).unwrap_or(0) - 500;
        self.machines.borrow()[&self.pick()].clock.drift(drift);
    }

    /// History is dropped by days, and a run has seconds: a week passes, and more. Each step is short enough to be believed.
    pub(super) fn begin_days(&mut self, _: &mut Sim<'_>, now: Us) {
        self.days = Some(Days {
            left: 8 + self.world.below(8),
            next: now,
        });
    }

    pub(super) fn let_days_pass(&mut self, now: Us) {
        let Some(days) = self.days.as_mut().filter(|days| days.next <= now && now < self.until) else {
            return;
        };
        days.left -= 1;
        days.next = now + 200_000;
        if days.left == 0 {
            self.days = None;
        }
        self.passed_ms += DAY_MS;
        for machine in self.machines.borrow().values() {
            machine.clock.off_by_ms.fetch_add(DAY_MS, Ordering::Relaxed);
        }
    }

    /// Steps a wall clock, to be off by so much from what the time is by now.
    pub(super) fn put_clock(&self, name: &str, off_by_ms: i64) {
        let clock = &self.machines.borrow()[name].clock;
        clock.off_by_ms.store(self.passed_ms + off_by_ms, Ordering::Relaxed);
    }
}
