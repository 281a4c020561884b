//! The seed of a run and the trace of what happened in it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::history::Us;

/// What a trace entry is about. Each has a hash of its own, so that a difference says where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trace {
    /// Answers to clients, faults, restarts.
    Events,
    /// Bytes on connections.
    Network,
}

/// One simulated universe.
#[derive(Debug)]
pub(super) struct World {
    state: Mutex<State>,
    /// Whether events are also told on standard error, as they happen.
    loud: bool,
}

#[derive(Debug)]
struct State {
    random: u64,
    now: Us,
    disk_is_away: bool,
    hashes: BTreeMap<Trace, (u64, u64)>,
    counts: BTreeMap<&'static str, u64>,
}

impl World {
    /// The universe of `seed`.
    pub(super) fn new(seed: u64, loud: bool) -> Arc<Self> {
        let state = State {
            random: seed ^ 0x7573_6865_7221,
            now: 0,
            disk_is_away: false,
            hashes: BTreeMap::new(),
            counts: BTreeMap::new(),
        };
        Arc::new(Self {
            state: Mutex::new(state),
            loud,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next random number (splitmix64).
    pub(super) fn draw(&self) -> u64 {
        let mut state = self.state();
        state.random = state.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A random number of `0..below`; 0 if there is none.
    pub(super) fn below(&self, below: u64) -> u64 {
        self.draw() % below.max(1)
    }

    /// One of these, all as likely.
    pub(super) fn one_of<'a, T>(&self, choices: &'a [T]) -> &'a T {
        let nth = self.below(choices.len() as u64);
        &choices[usize::try_from(nth).expect("it is below a length")]
    }

    /// Sets the time at which the harness itself acts.
    pub(super) fn set_now(&self, now: Us) {
        self.state().now = now;
    }

    /// Says whether a node's disk was taken away and no other has its place yet. What two of three have lost may be lost,
    /// so no other disk may fail meanwhile.
    pub(super) fn set_disk_away(&self, is_away: bool) {
        self.state().disk_is_away = is_away;
    }

    /// Whether a node's disk was taken away and no other has its place yet.
    pub(super) fn is_disk_away(&self) -> bool {
        self.state().disk_is_away
    }

    /// Notes that something happened now.
    pub(super) fn note(&self, trace: Trace, what: &[u8]) {
        let elapsed = turmoil::sim_elapsed();
        let inside = elapsed.and_then(|elapsed| Us::try_from(elapsed.as_micros()).ok());
        let now = inside.unwrap_or_else(|| self.state().now);
        if self.loud && trace == Trace::Events {
            use std::io::Write;
            // A reader that has seen enough is no reason to end.
            let (seconds, ms) = (now / 1_000_000, now / 1_000 % 1_000);
            let _ = writeln!(
                std::io::stderr(),
                "{seconds:>4}.{ms:03} s  {}",
                String::from_utf8_lossy(what)
            );
        }
        let mut state = self.state();
        let (hash, count) = state.hashes.entry(trace).or_default();
        *hash = mix(mix(*hash, &now.to_le_bytes()), what);
        *count += 1;
    }

    /// Counts a fault or an answer.
    pub(super) fn count(&self, what: &'static str) {
        self.add(what, 1);
    }

    /// Counts so many of something.
    pub(super) fn add(&self, what: &'static str, count: u64) {
        *self.state().counts.entry(what).or_default() += count;
    }

    /// How often each thing happened.
    pub(super) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.state().counts.clone()
    }

    /// The hash of each trace and how many entries it has.
    pub(super) fn hashes(&self) -> BTreeMap<Trace, (u64, u64)> {
        self.state().hashes.clone()
    }
}

/// Folds `bytes` into `hash`.
pub(super) fn mix(mut hash: u64, bytes: &[u8]) -> u64 {
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = (hash ^ u64::from_le_bytes(word))
            .wrapping_mul(0x9fb2_1c65_1e98_df25)
            .rotate_left(29);
    }
    (hash ^ bytes.len() as u64).wrapping_mul(0x9fb2_1c65_1e98_df25)
}
