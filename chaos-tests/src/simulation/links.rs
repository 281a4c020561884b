//! The network as the faults left it. Each direction of each link is cut, slow or whole until a time of its own, and
//! turmoil is told afresh whenever one of them changes, because its own marks of a link do not add up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use turmoil::Sim;

use super::world::{Trace, World};
use crate::history::Us;

/// What is wrong with a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ailment {
    /// What the first sends never reaches the second.
    Cut,
    /// What either sends arrives when the link is released, all at once and late.
    Held,
    /// One message in some hundreds is lost, and the connection it was part of with it.
    Lossy,
}

/// The links of a run that are not well.
pub(super) struct Links {
    world: Arc<World>,
    /// Until when, by who sends, who hears and what is wrong.
    ailing: BTreeMap<(String, String, Ailment), Us>,
}

/// Of 10,000 messages on a lossy link so many are lost.
const LOST_OF_10_000: f64 = 30.0;

impl Links {
    /// All links are well.
    pub(super) fn new(world: &Arc<World>) -> Self {
        Self {
            world: Arc::clone(world),
            ailing: BTreeMap::new(),
        }
    }

    /// What one sends does not reach the other until then.
    pub(super) fn cut_oneway(&mut self, sim: &mut Sim<'_>, from: &str, to: &str, until: Us) {
        self.ail(sim, from, to, Ailment::Cut, until);
    }

    /// Neither reaches the other until then.
    pub(super) fn cut(&mut self, sim: &mut Sim<'_>, a: &str, b: &str, until: Us) {
        self.cut_oneway(sim, a, b, until);
        self.cut_oneway(sim, b, a, until);
    }

    /// The two have a link of this kind until then.
    pub(super) fn spoil(&mut self, sim: &mut Sim<'_>, a: &str, b: &str, ailment: Ailment, until: Us) {
        let (a, b) = if a < b { (a, b) } else { (b, a) };
        self.ail(sim, a, b, ailment, until);
    }

    fn ail(&mut self, sim: &mut Sim<'_>, from: &str, to: &str, ailment: Ailment, until: Us) {
        if from == to {
            return;
        }
        let until_now = self
            .ailing
            .entry((from.to_owned(), to.to_owned(), ailment))
            .or_default();
        *until_now = (*until_now).max(until);
        self.world
            .note(Trace::Events, format!("{ailment:?} {from} {to}").as_bytes());
        self.set(sim, from, to);
    }

    /// Mends what is due.
    pub(super) fn mend(&mut self, sim: &mut Sim<'_>, now: Us) {
        let pairs: BTreeSet<(String, String)> = {
            let is_due = |(_, until): &(_, &Us)| **until <= now;
            let due = self.ailing.iter().filter(is_due);
            due.map(|((from, to, _), _)| (from.clone(), to.clone())).collect()
        };
        self.ailing.retain(|_, until| *until > now);
        for (from, to) in pairs {
            self.world.note(Trace::Events, format!("mended {from} {to}").as_bytes());
            self.set(sim, &from, &to);
        }
    }

    /// Mends everything now.
    pub(super) fn mend_all(&mut self, sim: &mut Sim<'_>) {
        self.mend(sim, Us::MAX);
    }

    /// Nothing that this machine still sends is heard: its power goes without a goodbye.
    pub(super) fn silence(sim: &Sim<'_>, name: &str, others: impl Iterator<Item = String>) {
        for other in others {
            sim.partition(name, other.as_str());
        }
    }

    /// Makes the links of a machine again what they are here.
    pub(super) fn unsilence(&self, sim: &mut Sim<'_>, name: &str, others: impl Iterator<Item = String>) {
        for other in others {
            self.set(sim, name, &other);
        }
    }

    /// Tells turmoil how it is between two machines.
    fn set(&self, sim: &mut Sim<'_>, a: &str, b: &str) {
        let is = |from: &str, to: &str, ailment| self.ailing.contains_key(&(from.to_owned(), to.to_owned(), ailment));
        let either = |ailment| is(a, b, ailment) || is(b, a, ailment);
        sim.release(a, b);
        sim.repair(a, b);
        if either(Ailment::Held) {
            sim.hold(a, b);
        }
        let lost = if either(Ailment::Lossy) {
            LOST_OF_10_000 / 10_000.0
        } else {
            0.0
        };
        sim.set_link_fail_rate(a, b, lost);
        for (from, to) in [(a, b), (b, a)] {
            if is(from, to, Ailment::Cut) {
                sim.partition_oneway(from, to);
            }
        }
    }
}
