//! Many sessions that stay: for measuring what they cost in memory and at a restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use raft::seams::{Clock, SystemClock};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::client::VirtualClient;
use super::measure::Measure;
use super::report::Report;
use super::run_name;
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
    pub async fn run(self) -> (Report, Vec<String>) {
        let (begin, begun_unix_ms) = (Instant::now(), SystemClock.unix_ms());
        let measure = Arc::new(Measure::without_end(begin, WATCHED, self.nodes.len()));
        let (next, run) = (Arc::new(AtomicU64::new(0)), run_name());
        let mut clients = JoinSet::new();
        for number in 0..self.clients {
            clients.spawn(acquire_many(
                self.clone(),
                Arc::clone(&measure),
                Arc::clone(&next),
                run.clone(),
                number,
            ));
        }
        let mut sessions = Vec::new();
        while let Some(acquired) = clients.join_next().await {
            sessions.extend(acquired.unwrap_or_default());
        }
        (measure.report(&self.nodes, self.clients, begun_unix_ms), sessions)
    }
}

async fn acquire_many(
    plan: Sessions,
    measure: Arc<Measure>,
    next: Arc<AtomicU64>,
    run: String,
    number: usize,
) -> Vec<String> {
    let mut client = VirtualClient::new(&plan.nodes, &measure, &plan.license_key, &run, number);
    let mut sessions = Vec::new();
    loop {
        let holder = next.fetch_add(1, Ordering::Relaxed);
        if holder >= plan.count {
            return sessions;
        }
        client.become_holder(&run, holder);
        match client.acquire().await {
            Ok(session) => sessions.push(session),
            // The license is full, or ended: the next answer would be the same.
            Err(_) => return sessions,
        }
    }
}
