//! Disks that are slow, hang, are full, or fail. Where a node may not trust its disk any more, the operator replaces it.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::time::{Instant, sleep};

use crate::storm::machine::Machine;
use crate::storm::programs::{mortal, run};
use crate::storm::site::Site;

/// How long a node may take to stop after its disk has failed it.
const STOPS_WITHIN: Duration = Duration::from_secs(30);

/// How long a node may take to say that a write of a moment ago has found no room.
const NOTICES_WITHIN: Duration = Duration::from_secs(5);

/// A frozen disk is thawed after so many seconds by a process of its own, should the run die before it does that:
/// whoever waits for a frozen disk cannot be killed.
const THAW_AFTER_SECONDS: &str = "30";

/// How long a node that was just started may take to serve, or to refuse to.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// Attaches to a node and changes what these calls of it do.
fn inject(machine: &Machine, calls: &str, how: &str) -> Result<Child> {
    let told = machine.mount().with_extension("injected");
    let child = mortal("strace")
        .args(["-f", "-qq", "-e", "signal=none", "-o"])
        .arg(&told)
        .args(["-e", &format!("trace={calls}"), "-e", &format!("inject={calls}:{how}")])
        .args(["-p", &machine.pid()?.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok(child)
}

/// Lets go of a node.
fn detach(tracer: &mut Child) -> Result<()> {
    // In order, so that no thread stays stopped where the tracer left it.
    if tracer.try_wait()?.is_none() {
        run(&["kill", "-INT", &tracer.id().to_string()])?;
        tracer.wait()?;
    }
    Ok(())
}

/// How many calls were changed since the last time somebody attached.
fn injected(machine: &Machine) -> usize {
    let told = std::fs::read_to_string(machine.mount().with_extension("injected")).unwrap_or_default();
    told.matches("(INJECTED)").count() + told.matches("(DELAYED)").count()
}

pub(super) async fn slow(site: &Site, machine: usize, span: Duration, chance: f64) -> Result<()> {
    let mut machine = site.machines[machine].lock().await;
    let delay_us = if chance < 0.5 { 50_000 } else { 400_000 };
    let mut tracer = inject(&machine, "fdatasync,fsync", &format!("delay_enter={delay_us}"))?;
    sleep(span).await;
    detach(&mut tracer)?;
    if injected(&machine) > 0 {
        site.had_effect("syncs were slowed");
    }
    if machine.ended_by_itself()?.is_some() {
        return machine.broken("a slow disk has ended the node");
    }
    Ok(())
}

pub(super) async fn hung(site: &Site, machine: usize, span: Duration) -> Result<()> {
    let _out = site.out.lock().await;
    let machine = site.machines[machine].lock().await;
    let mount = machine.mount();
    let mount = mount.to_str().context("a path that is text")?;
    let mut watchdog = Command::new("sh")
        .args([
            "-c",
            &format!("sleep {THAW_AFTER_SECONDS}; exec fsfreeze -u \"$0\""),
            mount,
        ])
        .stderr(Stdio::null())
        .spawn()?;
    run(&["fsfreeze", "-f", mount])?;
    sleep(span).await;
    if waits_for_disk(&machine)? {
        site.had_effect("a node's thread waited for a hung disk");
    }
    run(&["fsfreeze", "-u", mount])?;
    watchdog.kill()?;
    watchdog.wait()?;
    Ok(())
}

/// Whether a thread of the node is in a call that cannot be interrupted.
fn waits_for_disk(machine: &Machine) -> Result<bool> {
    let threads = std::fs::read_dir(format!("/proc/{}/task", machine.pid()?))?;
    let stats = threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("stat")).ok());
    Ok(stats.into_iter().any(|stat| stat.contains(") D ")))
}

pub(super) async fn full(site: &Site, machine: usize, span: Duration) -> Result<()> {
    let _out = site.out.lock().await;
    let mut machine = site.machines[machine].lock().await;
    let logged = machine.log_bytes();
    let filler = machine.mount().join("filler");
    let filler = filler.to_str().context("a path that is text")?;
    // It fails when there is no room left, having taken what there was.
    for bytes in ["512M", "1M", "4K"] {
        for _ in 0..4_096 {
            if run(&["fallocate", "-o", &taken(filler), "-l", bytes, filler]).is_err() {
                break;
            }
        }
    }
    sleep(span).await;
    std::fs::remove_file(filler)?;
    // Only then is there room: until the journal has it, the blocks are not free, and a power cut brings the file back.
    let mount = machine.mount();
    run(&["sync", "-f", mount.to_str().context("a path that is text")?])?;
    // One that found no room stops, which takes a while; free some and start the node again, says the manual.
    let by = Instant::now() + NOTICES_WITHIN;
    while machine.is_up() && Instant::now() < by {
        if says_no_room(&machine, logged) {
            ensure!(machine.until_ended(STOPS_WITHIN).await?, "a node goes on without room");
        }
        machine.ended_by_itself()?;
        sleep(Duration::from_millis(100)).await;
    }
    if !machine.is_up() {
        if !says_no_room(&machine, logged) {
            return machine.broken("it has ended on a full disk and does not say why");
        }
        site.had_effect("a full disk stopped a node");
        machine.start()?;
    }
    Ok(())
}

/// Whether its log says so after so many bytes.
fn says_no_room(machine: &Machine, logged: usize) -> bool {
    machine.log_since(logged).to_lowercase().contains("no space left")
}

fn taken(file: &str) -> String {
    std::fs::metadata(file).map_or(0, |file| file.len()).to_string()
}

pub(super) async fn failing_sync(site: &Site, machine: usize) -> Result<()> {
    let _out = site.out.lock().await;
    let mut machine = site.machines[machine].lock().await;
    let mut tracer = inject(&machine, "fdatasync,fsync", "error=EIO:when=1")?;
    let stopped = stops(&mut machine, &mut tracer).await?;
    if !stopped {
        return machine.broken("it goes on after a failed sync");
    }
    site.had_effect("a failed sync stopped a node");
    // In this run of the machine nobody knows what the disk has, and the node must say so.
    machine.start()?;
    match serves_again(site, &mut machine).await? {
        Some(true) => return machine.broken("it has started from data of which a sync had failed"),
        Some(false) => site.had_effect("a node refused data of which a sync had failed"),
        None => {}
    }
    site.replace(&mut machine).await
}

pub(super) async fn failing_write(site: &Site, machine: usize) -> Result<()> {
    let _out = site.out.lock().await;
    let mut machine = site.machines[machine].lock().await;
    let mut tracer = inject(&machine, "pwrite64", "error=EIO:when=3")?;
    let stopped = stops(&mut machine, &mut tracer).await?;
    if !stopped {
        return machine.broken("it goes on after a failed write");
    }
    site.had_effect("a failed write stopped a node");
    machine.start()?;
    if serves_again(site, &mut machine).await? == Some(false) {
        return site.replace(&mut machine).await;
    }
    Ok(())
}

/// Whether a node that was just started serves, or has ended by itself; `None` if neither can be told.
async fn serves_again(site: &Site, machine: &mut Machine) -> Result<Option<bool>> {
    let by = Instant::now() + STARTS_WITHIN;
    while Instant::now() < by {
        if machine.ended_by_itself()?.is_some() {
            return Ok(Some(false));
        }
        if site.view(machine.number).await.is_some() {
            return Ok(Some(true));
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok(None)
}

/// Waits until a call was changed and the node has stopped by itself.
async fn stops(machine: &mut Machine, tracer: &mut Child) -> Result<bool> {
    let by = Instant::now() + STOPS_WITHIN;
    while injected(machine) == 0 {
        ensure!(Instant::now() < by, "no call was made to fail");
        sleep(Duration::from_millis(50)).await;
    }
    let stopped = machine.until_ended(STOPS_WITHIN).await?;
    detach(tracer)?;
    Ok(stopped)
}

pub(super) async fn dead(site: &Site, machine: usize) -> Result<()> {
    let _out = site.out.lock().await;
    let mut machine = site.machines[machine].lock().await;
    machine.cut_disk_power()?;
    if !machine.until_ended(STOPS_WITHIN).await? {
        return machine.broken("it goes on although its disk is dead");
    }
    site.had_effect("a dead disk stopped a node");
    site.replace(&mut machine).await
}
