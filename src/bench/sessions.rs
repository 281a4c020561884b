//! Many sessions that stay: for measuring what they cost in memory and at a restart.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use raft::seams::{Clock, SystemClock};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::client::VirtualClient;
use super::measure::Measure;
use super::report::Report;
use super::run_name;
use super::session_ids::SessionIds;
use super::used::Used;
use super::wire::Nodes;

/// Gaps are looked for within this time from the beginning.
const WATCHED: Duration = Duration::from_secs(3_600);

/// Acquires sessions of distinct holders and leaves them.
#[derive(Debug, Clone)]
pub struct Sessions {
    /// Whom to ask.
    pub nodes: Arc<Nodes>,
    /// The license whose seats are taken; it needs one seat for each session.
    pub license_key: String,
    /// How many sessions.
    pub count: u64,
    /// How many clients acquire at once.
    pub clients: usize,
}

impl Sessions {
    /// Acquires them, and gives their secret ids with the report.
    pub async fn run(self, used: Option<Used>) -> (Report, SessionIds) {
        let (begin, begun_unix_ms) = (Instant::now(), SystemClock.unix_ms());
        let measure = Arc::new(Measure::without_end(begin, WATCHED, self.nodes.len()));
        let acquired = Arc::new(Acquired::default());
        let before = Used::begin(used.as_ref()).await;
        self.acquire(&measure, &acquired).await;
        let report = Report {
            used: before.end().await,
            ..measure.report(&self.nodes, self.clients, begun_unix_ms)
        };
        (report, acquired.take())
    }

    /// Acquires them into a place where others can use them meanwhile.
    pub(super) async fn acquire(&self, measure: &Arc<Measure>, acquired: &Arc<Acquired>) {
        let (next, run) = (Arc::new(AtomicU64::new(0)), run_name());
        let mut clients = JoinSet::new();
        for number in 0..self.clients {
            let client = VirtualClient::new(&self.nodes, measure, &self.license_key, &run, number);
            let (next, acquired) = (Arc::clone(&next), Arc::clone(acquired));
            clients.spawn(acquire_many(client, run.clone(), self.count, next, acquired));
        }
        while clients.join_next().await.is_some() {}
    }
}

/// Sessions that were acquired so far.
#[derive(Debug, Default)]
pub(super) struct Acquired(Mutex<SessionIds>);

impl Acquired {
    fn ids(&self) -> std::sync::MutexGuard<'_, SessionIds> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn len(&self) -> usize {
        self.ids().len()
    }

    /// Reads the ids of sessions from a place on, at most so many.
    pub(super) fn read<T>(
        &self,
        from: usize,
        count: usize,
        read: impl FnOnce(&mut dyn Iterator<Item = &str>) -> T,
    ) -> T {
        let ids = self.ids();
        let until = from.saturating_add(count).min(ids.len());
        read(&mut (from..until).filter_map(|at| ids.get(at)))
    }

    fn take(&self) -> SessionIds {
        std::mem::take(&mut self.ids())
    }
}

async fn acquire_many(
    mut client: VirtualClient,
    run: String,
    count: u64,
    next: Arc<AtomicU64>,
    acquired: Arc<Acquired>,
) {
    loop {
        let holder = next.fetch_add(1, Ordering::Relaxed);
        if holder >= count {
            return;
        }
        client.become_holder(&run, holder);
        match client.acquire().await {
            Ok(session) if acquired.ids().push(&session) => {}
            // The license is full, or ended: the next answer would be the same.
            _ => return,
        }
    }
}
