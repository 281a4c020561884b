//! What happens when: all of it follows from the seed. Real processes are not bit-identical, so a schedule that is run
//! again gives the same faults in the same order, not the same run.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use super::faults::Fault;

/// Faults of one round.
const FAULTS_PER_ROUND: usize = 8;

/// From one fault's beginning to the next one's, in milliseconds.
const APART_MS: std::ops::Range<u64> = 1_000..3_500;

/// Whom a fault hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// Whoever leads when it comes.
    Leader,
    /// The machine of this number.
    Machine(usize),
}

/// One fault that is to come.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Planned {
    pub(super) fault: Fault,
    pub(super) target: Target,
    /// When it begins, from the beginning of its round.
    pub(super) after: Duration,
    /// For how long.
    pub(super) span: Duration,
    /// What else is up to chance in it, in [0, 1).
    pub(super) chance: f64,
}

/// Deals rounds of faults, from a stack that has each fault once, shuffled, and again when it is empty: so every fault
/// comes soon, in every combination.
pub(super) struct Schedule {
    random: StdRng,
    faults: Vec<Fault>,
    stack: Vec<Fault>,
}

impl Schedule {
    pub(super) fn new(seed: u64, faults: Vec<Fault>) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            faults,
            stack: Vec::new(),
        }
    }

    /// How many rounds it takes until each fault has come.
    pub(super) fn rounds_for_all(&self) -> usize {
        self.faults.len().div_ceil(FAULTS_PER_ROUND)
    }

    /// The next round.
    pub(super) fn round(&mut self, machines: usize) -> Vec<Planned> {
        let mut after = Duration::ZERO;
        let mut round = Vec::new();
        while round.len() < FAULTS_PER_ROUND {
            let Some(fault) = self.deal() else { break };
            after += Duration::from_millis(self.random.random_range(APART_MS));
            let target = match self.random.random_range(0..2 * machines) {
                machine if machine < machines => Target::Machine(machine),
                _ => Target::Leader,
            };
            let (shortest, longest) = fault.span_ms();
            round.push(Planned {
                fault,
                target,
                after,
                span: Duration::from_millis(self.random.random_range(shortest..=longest)),
                chance: self.random.random(),
            });
        }
        round
    }

    fn deal(&mut self) -> Option<Fault> {
        if self.stack.is_empty() {
            self.stack.clone_from(&self.faults);
            self.stack.shuffle(&mut self.random);
        }
        self.stack.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_schedule_in_which_every_fault_comes() {
        let mut first = Schedule::new(7, Fault::ALL.to_vec());
        let mut again = Schedule::new(7, Fault::ALL.to_vec());
        let mut seen = Vec::new();
        for _ in 0..first.rounds_for_all() {
            let round = first.round(3);
            assert_eq!(round, again.round(3));
            seen.extend(round.into_iter().map(|planned| planned.fault));
        }
        assert!(Fault::ALL.iter().all(|fault| seen.contains(fault)));
    }
}
