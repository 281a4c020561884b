//! A light load that goes on until it is told to end.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::client::VirtualClient;
use super::closed::Span;
use super::measure::Measure;
use super::wire::Nodes;
use super::{Mix, run_name};

/// No load goes on longer.
const LASTS: Duration = Duration::from_secs(24 * 3_600);

/// Clients that keep a seat each, with pauses between their heartbeats.
#[derive(Debug)]
pub struct Load {
    measure: Arc<Measure>,
    span: Arc<Span>,
    clients: JoinSet<()>,
}

impl Load {
    /// Starts so many clients.
    pub fn start(nodes: &Arc<Nodes>, license_key: &str, clients: usize, pause: Duration) -> Self {
        let begin = Instant::now();
        let measure = Arc::new(Measure::without_end(begin, Duration::ZERO, nodes.len()));
        let span = Arc::new(Span {
            begin,
            end: begin + LASTS,
            calls_left: AtomicU64::new(u64::MAX),
        });
        let (run, mut running) = (run_name(), JoinSet::new());
        for number in 0..clients {
            let client = VirtualClient::new(nodes, &measure, license_key, &run, number).with_pause(pause);
            running.spawn(client.live(Mix::Heartbeats, Arc::clone(&span)));
        }
        Self {
            measure,
            span,
            clients: running,
        }
    }

    /// How many calls were answered as they should be.
    pub fn answers(&self) -> u64 {
        self.measure.answers()
    }

    /// How many sessions ended that their clients had not given back.
    pub fn sessions_lost(&self) -> u64 {
        self.measure.sessions_lost()
    }

    /// Gives the seats back and ends, or ends without if nobody takes them back in time.
    pub async fn stop(mut self, within: Duration) {
        self.span.stop();
        let given_back = async { while self.clients.join_next().await.is_some() {} };
        if tokio::time::timeout(within, given_back).await.is_err() {
            self.clients.abort_all();
        }
    }
}
