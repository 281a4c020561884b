//! The usual load: more holders than there are seats, each of whom acquires, beats and gives back, again and again.

use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep};

use crate::client::{Client, Recorder};
use crate::cluster::Cluster;
use crate::history::Told;

/// Seats of the license that they want.
pub(super) const SEATS: u32 = 20;

/// How long its sessions live without a heartbeat.
pub(super) const TTL_SECONDS: u64 = 10;

/// The longest pause between two of a session's heartbeats.
const BEAT_MS_MAX: u64 = 60;

/// How many want a seat.
const HOLDERS: usize = 40;

/// Connections for all of a run's clients.
pub(super) fn http() -> Result<reqwest::Client> {
    Ok(reqwest::Client::builder()
        .timeout(Duration::from_secs(8))
        .no_proxy()
        .pool_max_idle_per_host(1_000)
        .build()?)
}

/// Begins the load on a cluster.
pub(super) fn under_load(
    cluster: &Cluster,
    recorder: &Recorder,
    key: &str,
    span: Duration,
) -> tokio::task::JoinSet<()> {
    let client = Client::new(http().unwrap_or_default(), cluster.urls(), key, recorder);
    let until = Instant::now() + span;
    let mut clients = tokio::task::JoinSet::new();
    for holder in 0..HOLDERS {
        clients.spawn(hold(
            client.clone(),
            format!("holder-{holder:03}"),
            move || Instant::now() >= until,
            BEAT_MS_MAX,
        ));
    }
    clients
}

/// A client that acquires, beats up to every so many milliseconds and releases, until it is enough.
pub(crate) async fn hold(client: Client, holder: String, enough: impl Fn() -> bool, beat_ms_max: u64) {
    let within = Duration::from_secs(20);
    let mut times = 0;
    while !enough() {
        times += 1;
        let told = client
            .acquire(&holder, &format!("request-{holder}-{times}"), within)
            .await;
        let Told::Held { session, .. } = told else {
            sleep(Duration::from_millis(rand::random_range(10..100))).await;
            continue;
        };
        for _ in 0..rand::random_range(1..20) {
            sleep(Duration::from_millis(rand::random_range(5..beat_ms_max))).await;
            if enough() || !matches!(client.heartbeat(&session, within).await, Told::Held { .. }) {
                break;
            }
        }
        if rand::random_bool(0.8) {
            client.release(&session, within).await;
        }
    }
}

/// Says how the load goes.
pub(super) fn report(round: usize, recorder: &Recorder) {
    let history = recorder.history();
    let answered = history.calls.iter().filter(|call| call.answered.is_some()).count();
    println!(
        "round {:>2}: {answered} answers of {} calls so far",
        round + 1,
        history.calls.len()
    );
}
