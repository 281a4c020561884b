//! All nodes are killed at once.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use super::judge::judge_load;
use super::load::{self, SEATS, TTL_SECONDS, under_load};
use crate::client::Recorder;
use crate::cluster::Cluster;

/// All nodes are killed with SIGKILL under load, again and again.
pub async fn kill_all(usher: &Path, data: &Path, rounds: usize) -> Result<()> {
    let mut cluster = Cluster::start(usher, data)?;
    cluster.ready(Duration::from_secs(30)).await?;
    let key = cluster.admin().license(SEATS, TTL_SECONDS, TTL_SECONDS / 3).await?;
    let recorder = Recorder::default();
    for round in 0..rounds {
        let clients = under_load(&cluster, &recorder, &key, Duration::from_secs(8));
        sleep(Duration::from_millis(rand::random_range(1_500..3_500))).await;
        for node in 0..cluster.len() {
            cluster.kill(node);
        }
        for node in 0..cluster.len() {
            cluster.restart(node)?;
        }
        cluster.ready(Duration::from_secs(30)).await?;
        clients.join_all().await;
        load::report(round, &recorder);
    }
    judge_load(&recorder)?;
    println!("kill-all: {rounds} rounds, nothing acknowledged was lost");
    Ok(())
}
