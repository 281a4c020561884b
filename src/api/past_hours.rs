//! What the hours that have passed come to, by product. They do not change any more, so each node reads them once, off
//! the way of the calls, and keeps thirty days of sums.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use licensing::id::{LicenseId, ProductId};
use licensing::ledger::Ledger;
use licensing::time::Hour;
use licensing::usage::{Refusal, UsageHour};
use tokio::sync::watch;

use super::Api;

/// How far back the sums go.
pub(super) const HOURS_KEPT: u32 = 30 * 24;

/// Licenses whose names are taken from the ledger under one lock.
const LICENSES_PER_LOCK: usize = 2_000;

/// What an hour of a product came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sum {
    /// The sum of its licenses' peaks.
    pub(super) peak: u64,
    /// Acquires refused, by reason.
    pub(super) refusals: BTreeMap<Refusal, u64>,
}

impl Sum {
    /// Adds what a license did in the hour.
    pub(super) fn add(&mut self, hour: &UsageHour) {
        self.peak += u64::from(hour.peak);
        for (reason, count) in &hour.refusals {
            *self.refusals.entry(*reason).or_default() += count;
        }
    }
}

/// Sums by hour and product.
pub(super) type Sums = BTreeMap<(Hour, ProductId), Sum>;

/// The sums that this node has read.
#[derive(Default)]
pub(super) struct PastHours(Mutex<State>);

#[derive(Default)]
struct State {
    sums: Arc<Sums>,
    /// Every hour before this one is read.
    read_to: Hour,
    /// Ends when the reading that goes on has ended.
    reading: Option<watch::Receiver<()>>,
}

impl PastHours {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Api {
    /// The sums as far as they are read, and the hour before which they are. What is missing is read behind; who asks
    /// waits for it, but not for `patience`.
    pub(super) async fn past_hours(&self, patience: std::time::Duration) -> (Arc<Sums>, Hour) {
        let closed_to = self.cluster().ledger(Ledger::hours_closed_to);
        if let Some(mut reading) = self.reading_to(closed_to) {
            // It ends with its sender.
            let _ = tokio::time::timeout(patience, reading.changed()).await;
        }
        let state = self.0.past_hours.state();
        (Arc::clone(&state.sums), state.read_to)
    }

    /// The reading of the hours before this one, which are closed, begun if there is none; `None` if they are read.
    fn reading_to(&self, closed_to: Hour) -> Option<watch::Receiver<()>> {
        let mut state = self.0.past_hours.state();
        if state.read_to >= closed_to {
            return None;
        }
        if let Some(reading) = &state.reading {
            return Some(reading.clone());
        }
        let (done, reading) = watch::channel(());
        state.reading = Some(reading.clone());
        let first = Hour::new(closed_to.get().saturating_sub(HOURS_KEPT));
        let hours = state.read_to.max(first)..closed_to;
        let api = self.clone();
        tokio::spawn(async move {
            let read = api.read_hours(hours.clone()).await;
            let mut state = api.0.past_hours.state();
            state.reading = None;
            match read {
                Ok(new) => {
                    let sums = Arc::make_mut(&mut state.sums);
                    sums.retain(|(hour, _), _| *hour >= first);
                    sums.extend(new);
                    state.read_to = hours.end;
                }
                Err(error) => tracing::warn!(%error, "the hours that have passed cannot be read"),
            }
            drop((state, done));
        });
        Some(reading)
    }

    async fn read_hours(&self, hours: Range<Hour>) -> Result<Sums, storage::Error> {
        let mut sums = Sums::new();
        let mut after = None;
        let limit = HOURS_KEPT as usize;
        let history = self.cluster().latest_history().await?;
        loop {
            let some: Vec<(LicenseId, Option<ProductId>)> = self.cluster().ledger(|ledger| {
                let licenses = ledger.licenses(after).take(LICENSES_PER_LOCK);
                let product = |plan| ledger.plan(plan).map(|plan| plan.product);
                licenses.map(|license| (license.id, product(license.plan))).collect()
            });
            for (license, product) in &some {
                let Some(product) = *product else { continue };
                for hour in history.usage(*license, hours.clone(), limit).await? {
                    sums.entry((hour.hour, product)).or_default().add(&hour);
                }
            }
            match some.last() {
                Some((last, _)) => after = Some(*last),
                None => return Ok(sums),
            }
        }
    }
}
