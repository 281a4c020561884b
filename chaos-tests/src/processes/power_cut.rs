//! The power of all three disks is cut at once.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use super::judge::judge_load;
use super::load::{self, SEATS, TTL_SECONDS, under_load};
use crate::client::Recorder;
use crate::cluster::Cluster;
use crate::disks::{self, LoopDisk};

/// The power of all three disks is cut under load, again and again. Needs root.
pub async fn power_cut(usher: &Path, data: &Path, rounds: usize) -> Result<()> {
    if let Some(why) = disks::unavailable() {
        println!("SKIPPED power-cut: {why}");
        return Ok(());
    }
    let mut cluster = Cluster::start(usher, &data.join("cluster"))?;
    cluster.ready(Duration::from_secs(30)).await?;
    let mounted = onto_own_disks(&mut cluster, data)?;
    cluster.ready(Duration::from_secs(30)).await?;
    let key = cluster.admin().license(SEATS, TTL_SECONDS, TTL_SECONDS / 3).await?;
    let recorder = Recorder::default();
    for round in 0..rounds {
        let clients = under_load(&cluster, &recorder, &key, Duration::from_secs(6));
        sleep(Duration::from_millis(rand::random_range(1_000..2_500))).await;
        for (node, disk) in mounted.iter().enumerate() {
            cluster.freeze(node)?;
            disk.cut_power()?;
        }
        for disk in &mounted {
            disk.check_dead()?;
        }
        for node in 0..cluster.len() {
            cluster.kill(node);
        }
        for disk in &mounted {
            disk.unmount()?;
            disk.mount()?;
        }
        for node in 0..cluster.len() {
            cluster.restart(node)?;
        }
        cluster.ready(Duration::from_secs(30)).await?;
        clients.join_all().await;
        load::report(round, &recorder);
    }
    judge_load(&recorder)?;
    for node in 0..cluster.len() {
        cluster.kill(node);
    }
    for disk in &mounted {
        disk.unmount()?;
    }
    drop(cluster);
    println!("power-cut: {rounds} rounds, nothing acknowledged was lost");
    Ok(())
}

/// Moves each node's data to a disk of its own, mounted where the data was.
fn onto_own_disks(cluster: &mut Cluster, data: &Path) -> Result<Vec<LoopDisk>> {
    for node in 0..cluster.len() {
        cluster.kill(node);
    }
    let mut disks = Vec::new();
    for node in 0..cluster.len() {
        let directory = cluster.data_directory(node)?;
        disks.push(LoopDisk::under(
            &data.join(format!("disk-{node}.ext4")),
            &directory,
            512,
        )?);
        cluster.restart(node)?;
    }
    Ok(disks)
}
