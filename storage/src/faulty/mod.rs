//! A disk for tests and the simulation: it loses power, tears and reorders writes, fills up, fails and is slow, all on
//! command and all from one injected source of randomness, so that a run can be repeated bit by bit.

mod file;
mod image;
mod state;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::disk::{Lane, Work};
use crate::lost_sync;
pub use image::PowerLoss;
use state::{Fault, Fuse, State};

/// Where the disk takes its chances from.
pub type Draw = Arc<dyn Fn() -> u64 + Send + Sync>;

/// A kind of call to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Reading. Does not count as an I/O for the fuse, since it changes nothing.
    Read,
    /// Writing.
    Write,
    /// Cutting or extending.
    SetLen,
    /// Making a file's bytes durable.
    Sync,
    /// Creating, renaming or removing a file, or making that durable.
    Names,
}

/// What a disk has been through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls that change something.
    pub changes: u64,
    /// Syncs of a file.
    pub syncs: u64,
    /// Sectors that a power loss took or set back.
    pub sectors_lost: u64,
}

/// The disk. Clones are handles on the same one.
#[derive(Clone)]
pub struct FaultyDisk {
    state: Arc<Mutex<State>>,
    draw: Draw,
}

impl fmt::Debug for FaultyDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("FaultyDisk")
            .field("dead", &state.dead)
            .field("counts", &state.counts)
            .finish_non_exhaustive()
    }
}

/// The commands.
impl FaultyDisk {
    /// An empty disk that takes its chances from `draw`.
    pub fn new(draw: Draw) -> Self {
        Self {
            state: Arc::default(),
            draw,
        }
    }

    /// Takes the power now. Every later call fails, and no answer is given any more.
    pub fn cut_power(&self) {
        self.state().dead = true;
    }

    /// Takes the power at the call after `changes` more calls that change something; a write may happen in part.
    pub fn cut_power_after(&self, changes: u64) {
        self.state().fuse = Some(Fuse {
            call: None,
            after: changes,
        });
    }

    /// Takes the power in the sync of a file that comes after `syncs` more of them, so that there is something to lose.
    pub fn cut_power_in_sync(&self, syncs: u64) {
        self.state().fuse = Some(Fuse {
            call: Some(Call::Sync),
            after: syncs,
        });
    }

    /// Takes back a power loss to come.
    pub fn keep_power(&self) {
        self.state().fuse = None;
    }

    /// Whether the power is gone.
    pub fn lost_power(&self) -> bool {
        self.state().dead
    }

    /// Takes the power if it is still there, and gives the disk as it is found when it is back.
    #[must_use]
    pub fn power_loss(&self, mode: PowerLoss) -> Self {
        let mut state = self.state();
        state.dead = true;
        let mut below = |bound: usize| self.below(bound);
        let names = match mode {
            PowerLoss::Nothing => state.names_durable.clone(),
            PowerLoss::Everything => state.names.clone(),
            PowerLoss::Random => match below(state.names_unsynced.len() + 1) {
                0 => state.names_durable.clone(),
                nth => state.names_unsynced[nth - 1].clone(),
            },
        };
        let mut counts = state.counts;
        let mut images = Vec::new();
        for (file, image) in state.images.iter().enumerate() {
            let found = names.values().any(|known| *known == file);
            let (survivor, lost) = if found {
                image.survivor(mode, &mut below)
            } else {
                Default::default()
            };
            images.push(survivor);
            counts.sectors_lost += lost;
        }
        let next = State {
            names_durable: names.clone(),
            names,
            images,
            boot: state.boot + 1,
            capacity: state.capacity,
            stall_max: state.stall_max,
            history: state.history,
            counts,
            ..State::default()
        };
        Self {
            state: Arc::new(Mutex::new(next)),
            draw: Arc::clone(&self.draw),
        }
    }

    /// Ends the process that uses the disk, and gives the disk as the next process finds it: what was written is still in
    /// the page cache, synced or not. Names are durable, because a process that opens a directory syncs it first.
    #[must_use]
    pub fn process_end(&self) -> Self {
        let mut state = self.state();
        state.dead = true;
        let next = State {
            names_durable: state.names.clone(),
            names: state.names.clone(),
            images: state.images.clone(),
            boot: state.boot,
            capacity: state.capacity,
            stall_max: state.stall_max,
            history: state.history,
            counts: state.counts,
            ..State::default()
        };
        Self {
            state: Arc::new(Mutex::new(next)),
            draw: Arc::clone(&self.draw),
        }
    }

    /// Lets the call of this kind fail that comes after `after` more of them, once. A failed sync loses what it should
    /// have made durable, and the next one succeeds without it, as on Linux.
    pub fn fail(&self, call: Call, after: u64, error: io::ErrorKind) {
        self.state().faults.push(Fault { call, after, error });
    }

    /// Bounds the length of all files together.
    pub fn set_capacity(&self, bytes: u64) {
        self.state().capacity = Some(bytes);
    }

    /// Leaves room for so many more bytes.
    pub fn fill(&self, left: u64) {
        let mut state = self.state();
        state.capacity = Some(state.used() + left);
    }

    /// Lets files grow without a bound.
    pub fn set_unlimited(&self) {
        self.state().capacity = None;
    }

    /// Lets one piece of work in a hundred take up to this long.
    pub fn set_stall_max(&self, stall_max: Duration) {
        self.state().stall_max = stall_max;
    }

    /// Lets the next piece of work on one lane take so much longer, while the others go on.
    pub fn stall(&self, lane: Lane, stall: Duration) {
        self.state().lanes.entry(lane).or_default().stall = stall;
    }

    /// Flips one bit of a file behind everybody's back. `false` if there is no such bit.
    pub fn flip_bit(&self, name: &str, bit: usize) -> bool {
        let mut state = self.state();
        let Some(file) = state.names.get(name).copied() else {
            return false;
        };
        let exists = bit / 8 < state.images[file].len();
        state.images[file].flip(bit);
        exists
    }

    /// A file's bytes as reads see them.
    pub fn contents(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state();
        state.names.get(name).map(|file| state.images[*file].bytes().to_vec())
    }

    /// What the disk has been through, with the incarnations before it.
    pub fn counts(&self) -> Counts {
        self.state().counts
    }

    /// A hash of every change in its order: two runs that did the same have the same.
    pub fn history(&self) -> u64 {
        self.state().history
    }
}

impl FaultyDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn below(&self, bound: usize) -> usize {
        usize::try_from((self.draw)() % bound.max(1) as u64).expect("it is below a usize")
    }

    /// How long a piece of work takes: mostly about a millisecond, sometimes ten, rarely a stall; and what
    /// [`stall`](Self::stall) asks for, once.
    fn latency(&self, lane: Lane) -> Duration {
        let (stall_max, stall) = {
            let mut state = self.state();
            let stall = std::mem::take(&mut state.lanes.entry(lane).or_default().stall);
            (state.stall_max, stall)
        };
        let stall_us = usize::try_from(stall_max.as_micros()).unwrap_or(usize::MAX - 1);
        let us = match self.below(100) {
            0..90 => 200 + self.below(1_500),
            90..99 => 2_000 + self.below(8_000),
            _ => 20_000 + self.below(stall_us + 1),
        };
        stall + Duration::from_micros(us as u64)
    }

    async fn work_off(self, lane: Lane) {
        while let Some(work) = self.next(lane) {
            tokio::time::sleep(self.latency(lane)).await;
            if self.lost_power() {
                return;
            }
            let answer = work();
            if self.below(4) == 0 {
                // Durable, and nobody knows yet.
                tokio::time::sleep(Duration::from_micros(self.below(3_000) as u64)).await;
            }
            if self.lost_power() {
                return;
            }
            answer();
        }
    }

    fn next(&self, lane: Lane) -> Option<Work> {
        let mut state = self.state();
        let queue = state.lanes.entry(lane).or_default();
        let work = queue.queued.pop_front();
        queue.busy = work.is_some();
        work
    }

    fn change_names(&self, change: impl FnOnce(&mut State) -> io::Result<()>) -> io::Result<()> {
        let mut state = self.state();
        state.allow(Call::Names)?;
        change(&mut state)?;
        let names = state.names.clone();
        state.names_unsynced.push(names);
        Ok(())
    }

    fn sync_names(&self) -> io::Result<()> {
        let synced = {
            let mut state = self.state();
            state.allow(Call::Names).map(|()| {
                state.names_durable = state.names.clone();
                state.names_unsynced.clear();
            })
        };
        lost_sync::names(self, synced)
    }
}
