//! Processes that die, stop or stand still, and machines without power.

use std::time::Duration;

use anyhow::Result;
use futures::future::join_all;
use tokio::sync::MutexGuard;
use tokio::time::{Instant, sleep};

use crate::storm::machine::Machine;
use crate::storm::site::{MACHINES, Site};

/// How long a node that was started again may take to serve before the next one is stopped.
const SERVES_WITHIN: Duration = Duration::from_secs(30);

pub(super) async fn kill(site: &Site, machine: usize, span: Duration) -> Result<()> {
    let _out = site.out.lock().await;
    let mut machine = site.machines[machine].lock().await;
    machine.kill().await?;
    sleep(span).await;
    machine.start()
}

pub(super) async fn pause(site: &Site, machine: usize, span: Duration) -> Result<()> {
    let _out = site.out.lock().await;
    let machine = site.machines[machine].lock().await;
    machine.freeze().await?;
    sleep(span).await;
    machine.thaw()
}

pub(super) async fn stop(site: &Site, machine: usize, span: Duration) -> Result<()> {
    let _out = site.out.lock().await;
    let mut machine = site.machines[machine].lock().await;
    machine.stop().await?;
    sleep(span).await;
    machine.start()
}

pub(super) async fn rolling_restart(site: &Site) -> Result<()> {
    let _out = site.out.lock().await;
    for number in 0..MACHINES {
        let mut machine = site.machines[number].lock().await;
        machine.stop().await?;
        machine.start()?;
        // As an operator does: the next one when this one takes part again.
        let by = Instant::now() + SERVES_WITHIN;
        while Instant::now() < by && site.view(number).await.is_none_or(|view| view["leader"].is_null()) {
            sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
}

async fn all(site: &Site) -> Vec<MutexGuard<'_, Machine>> {
    let mut machines = Vec::new();
    for machine in &site.machines {
        machines.push(machine.lock().await);
    }
    machines
}

pub(super) async fn kill_all(site: &Site, span: Duration) -> Result<()> {
    let _out = site.out.lock().await;
    let mut machines = all(site).await;
    for killed in join_all(machines.iter_mut().map(|machine| machine.kill())).await {
        killed?;
    }
    sleep(span).await;
    machines.iter_mut().try_for_each(|machine| machine.start())
}

pub(super) async fn power_cut(site: &Site, machine: usize, span: Duration) -> Result<()> {
    let _out = site.out.lock().await;
    let mut machine = site.machines[machine].lock().await;
    machine.cut_power().await?;
    sleep(span).await;
    machine.restore_power().await?;
    machine.start()
}

pub(super) async fn power_cut_all(site: &Site, span: Duration) -> Result<()> {
    let _out = site.out.lock().await;
    let mut machines = all(site).await;
    for machine in &mut machines {
        machine.cut_power().await?;
    }
    sleep(span).await;
    for machine in &mut machines {
        machine.restore_power().await?;
    }
    machines.iter_mut().try_for_each(|machine| machine.start())
}
