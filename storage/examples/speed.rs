//! How fast the storage is on this machine's disk: `cargo run --release -p storage --example speed [directory]`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints, and stops at the first surprise"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use storage::disk::Disk;
use storage::log::RaftLog;
use storage::{Directory, Error, MemoryDisk};
use tokio::sync::Semaphore;
use tokio::time::Instant;

const ENTRY_BYTES: usize = 128;
const RUN: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> Result<(), Error> {
    let path = std::env::args()
        .nth(1)
        .map_or_else(|| PathBuf::from("speed-data"), PathBuf::from);
    for outstanding in [1, 64, 512] {
        let disk: Arc<dyn Disk> = Arc::new(Directory::open(&path.join(format!("log-{outstanding}")))?);
        log(&format!("{outstanding} outstanding"), disk, outstanding).await?;
    }
    log("512 outstanding, in memory", Arc::new(MemoryDisk::new().unwrap()), 512).await?;
    std::fs::remove_dir_all(&path).unwrap();
    Ok(())
}

/// Appends single entries for a while, so many at a time, then purges in one go what it wrote.
async fn log(name: &str, disk: Arc<dyn Disk>, outstanding: usize) -> Result<(), Error> {
    let (log, _) = RaftLog::open(disk).await?;
    let (start, before) = (Instant::now(), log.stats());
    let slots = Arc::new(Semaphore::new(outstanding));
    let latencies = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut index = 0;
    while start.elapsed() < RUN {
        let slot = Arc::clone(&slots).acquire_owned().await.unwrap();
        let (asked, latencies) = (Instant::now(), Arc::clone(&latencies));
        let done = Box::new(move |outcome: Result<(), Error>| {
            outcome.unwrap();
            latencies.lock().unwrap().push(asked.elapsed());
            drop(slot);
        });
        log.append(vec![(index, vec![7; ENTRY_BYTES])], done);
        index += 1;
    }
    log.flush().await?;
    let (took, after) = (start.elapsed().as_secs_f64(), log.stats());
    let fsyncs = after.fsyncs - before.fsyncs;
    let mut latencies = std::mem::take(&mut *latencies.lock().unwrap());
    latencies.sort();
    println!(
        "log, {name}: {:.0} appends/s, {:.0} fsyncs/s, {:.1} appends per fsync, p50 {:?}, p99 {:?}, fsync mean {:?}",
        f64::from(u32::try_from(index).unwrap()) / took,
        f64::from(u32::try_from(fsyncs).unwrap()) / took,
        f64::from(u32::try_from(index).unwrap()) / f64::from(u32::try_from(fsyncs).unwrap()),
        latencies[latencies.len() / 2],
        latencies[latencies.len() * 99 / 100],
        after.fsync_total.saturating_sub(before.fsync_total) / u32::try_from(fsyncs).unwrap(),
    );
    let purge = Instant::now();
    log.purge(index - index / 10, b"id".to_vec(), Box::new(Result::unwrap));
    log.flush().await?;
    println!(
        "  purge of {} entries in one go: {:?}",
        index - index / 10,
        purge.elapsed()
    );
    Ok(())
}
