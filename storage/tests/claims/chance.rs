//! Repeatable chance, and a runtime whose time passes only when nothing else can happen.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use storage::faulty::{FaultyDisk, PowerLoss};

/// A seeded source of chance (SplitMix64).
#[derive(Debug, Clone)]
pub(crate) struct Chance(Arc<AtomicU64>);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seed)))
    }

    pub(crate) fn draw(&self) -> u64 {
        let mut z = self
            .0
            .fetch_add(0x9e37_79b9_7f4a_7c15, Relaxed)
            .wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn in_range(&self, range: Range<u64>) -> u64 {
        range.start + self.draw() % (range.end - range.start)
    }

    pub(crate) fn one_in(&self, n: u64) -> bool {
        self.in_range(0..n) == 0
    }

    pub(crate) fn bytes(&self, length: Range<u64>) -> Vec<u8> {
        (0..self.in_range(length))
            .map(|_| self.draw().to_le_bytes()[0])
            .collect()
    }

    pub(crate) fn index(&self, len: usize) -> usize {
        usize::try_from(self.in_range(0..len as u64)).unwrap()
    }

    pub(crate) fn power_loss(&self) -> PowerLoss {
        [
            PowerLoss::Nothing,
            PowerLoss::Random,
            PowerLoss::Random,
            PowerLoss::Everything,
        ][self.index(4)]
    }

    /// A disk that takes its chances from here.
    pub(crate) fn disk(&self) -> FaultyDisk {
        let chance = self.clone();
        FaultyDisk::new(Arc::new(move || chance.draw()))
    }
}

/// Runs a future in time that is not real.
pub(crate) fn simulate<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(future)
}

/// Waits for something that a disk without power never answers; `None` if that is what happened.
pub(crate) async fn unless_dead<T>(disk: &FaultyDisk, future: impl Future<Output = T>) -> Option<T> {
    let outcome = tokio::time::timeout(Duration::from_secs(3600), future).await.ok();
    assert!(outcome.is_some() || disk.lost_power(), "a disk with power answers");
    outcome
}
