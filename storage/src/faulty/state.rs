//! What a faulty disk knows: its files, their names, and what is yet to befall it.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::time::Duration;

use super::image::Image;
use super::{Call, Counts};
use crate::disk::{Lane, Work};

/// A failure to come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    pub(super) call: Call,
    /// How many such calls still succeed.
    pub(super) after: u64,
    pub(super) error: io::ErrorKind,
}

/// A power loss to come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fuse {
    /// The kind of call that it counts; without one, every call that changes something.
    pub(super) call: Option<Call>,
    /// How many such calls still succeed.
    pub(super) after: u64,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) names: BTreeMap<String, usize>,
    pub(super) names_durable: BTreeMap<String, usize>,
    /// What `names` looked like after each change since its last sync.
    pub(super) names_unsynced: Vec<BTreeMap<String, usize>>,
    pub(super) images: Vec<Image>,
    pub(super) dead: bool,
    /// How often the machine has restarted.
    pub(super) boot: u64,
    pub(super) fuse: Option<Fuse>,
    pub(super) faults: Vec<Fault>,
    pub(super) capacity: Option<u64>,
    pub(super) stall_max: Duration,
    pub(super) history: u64,
    pub(super) counts: Counts,
    pub(super) lanes: BTreeMap<Lane, LaneQueue>,
}

#[derive(Default)]
pub(super) struct LaneQueue {
    pub(super) queued: VecDeque<Work>,
    /// Whether a task is working it off.
    pub(super) busy: bool,
    /// How much longer the next piece of work takes.
    pub(super) stall: Duration,
}

impl State {
    /// Decides the fate of a call before it is made.
    pub(super) fn allow(&mut self, call: Call) -> io::Result<()> {
        if self.dead {
            return Err(io::Error::other("the power is gone"));
        }
        if call != Call::Read {
            self.counts.changes += 1;
            if let Some(fuse) = self.fuse.as_mut().filter(|fuse| fuse.call.is_none_or(|it| it == call)) {
                if fuse.after == 0 {
                    self.dead = true;
                    return Err(io::Error::other("the power went away"));
                }
                fuse.after -= 1;
            }
        }
        if let Some(nth) = self
            .faults
            .iter()
            .position(|fault| fault.call == call && fault.after == 0)
        {
            return Err(self.faults.remove(nth).error.into());
        }
        for fault in self.faults.iter_mut().filter(|fault| fault.call == call) {
            fault.after -= 1;
        }
        Ok(())
    }

    pub(super) fn remember(&mut self, call: Call, file: usize, number: u64, data: &[u8]) {
        let mut sum = crc32fast::Hasher::new();
        sum.update(&[call as u8]);
        sum.update(&file.to_le_bytes());
        sum.update(&number.to_le_bytes());
        sum.update(data);
        self.history = self.history.rotate_left(7).wrapping_mul(0x0000_0100_0000_01b3) ^ u64::from(sum.finalize());
    }

    pub(super) fn used(&self) -> u64 {
        self.names.values().map(|file| self.images[*file].len() as u64).sum()
    }
}
