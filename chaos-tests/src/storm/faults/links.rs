//! Links that are cut, one way or both, lose, delay and spoil what they carry, or carry little.

use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use crate::storm::network::{Place, Rules};
use crate::storm::packets::Mistreatment;
use crate::storm::site::{MACHINES, Site};

fn others(machine: usize) -> Vec<usize> {
    (0..MACHINES).filter(|other| *other != machine).collect()
}

async fn while_forbidden(site: &Site, machine: usize, span: Duration, rules: &[String]) -> Result<()> {
    let place = &site.places[machine];
    let rules: Rules = place.forbid(rules)?;
    sleep(span).await;
    place.lift(&rules)
}

pub(super) async fn cut_off(site: &Site, machine: usize, span: Duration) -> Result<()> {
    let _out = site.out.lock().await;
    let others = others(machine);
    let rules = [Place::deaf_to(&others), Place::mute_to(&others)].concat();
    while_forbidden(site, machine, span, &rules).await
}

pub(super) async fn cut_off_from_all(site: &Site, machine: usize, span: Duration) -> Result<()> {
    let _out = site.out.lock().await;
    let others = others(machine);
    let mut rules = [Place::deaf_to(&others), Place::mute_to(&others)].concat();
    rules.push(Place::deaf_to_clients());
    while_forbidden(site, machine, span, &rules).await
}

pub(super) async fn deaf(site: &Site, machine: usize, span: Duration) -> Result<()> {
    let _out = site.out.lock().await;
    while_forbidden(site, machine, span, &Place::deaf_to(&others(machine))).await
}

pub(super) async fn mute(site: &Site, machine: usize, span: Duration) -> Result<()> {
    let _out = site.out.lock().await;
    while_forbidden(site, machine, span, &Place::mute_to(&others(machine))).await
}

pub(super) async fn non_transitive(site: &Site, machine: usize, span: Duration) -> Result<()> {
    // With a third node out there would be no majority.
    let _out = site.out.lock().await;
    let other = [(machine + 1) % MACHINES];
    let rules = [Place::deaf_to(&other), Place::mute_to(&other)].concat();
    while_forbidden(site, machine, span, &rules).await
}

pub(super) async fn clients_cut_off(site: &Site, machine: usize, span: Duration) -> Result<()> {
    while_forbidden(site, machine, span, &[Place::deaf_to_clients()]).await
}

pub(super) async fn loss(site: &Site, machine: usize, span: Duration, chance: f64) -> Result<()> {
    let percent = [2, 5, 10, 20, 30][part(chance, 5)];
    while_forbidden(site, machine, span, &Place::lossy(percent)).await
}

pub(super) async fn resets(site: &Site, machine: usize, span: Duration) -> Result<()> {
    let _out = site.out.lock().await;
    while_forbidden(site, machine, span, &Place::resetting(&others(machine))).await
}

pub(super) async fn delay(site: &Site, machine: usize, span: Duration, chance: f64) -> Result<()> {
    let late_ms = [5, 20, 50, 100, 250, 500][part(chance, 6)];
    let how = Mistreatment {
        late_ms,
        later_ms_max: late_ms / 2,
        corrupted_of_thousand: 0,
    };
    mistreat(site, machine, span, how).await
}

pub(super) async fn corruption(site: &Site, machine: usize, span: Duration) -> Result<()> {
    let how = Mistreatment {
        late_ms: 0,
        later_ms_max: 0,
        corrupted_of_thousand: 5,
    };
    mistreat(site, machine, span, how).await
}

async fn mistreat(site: &Site, machine: usize, span: Duration, how: Mistreatment) -> Result<()> {
    let place = &site.places[machine];
    // There is one queue for each machine, and one process that serves it.
    let _queue = site.queues[machine].lock().await;
    let (mut process, rules) = place.mistreat(how)?;
    sleep(span).await;
    place.spare(&mut process, &rules)
}

pub(super) async fn narrow(site: &Site, machine: usize, span: Duration) -> Result<()> {
    let place = &site.places[machine];
    let _link = site.links[machine].lock().await;
    place.narrow(512)?;
    sleep(span).await;
    place.widen()
}

/// Which of so many equal parts of [0, 1) a number is in.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a small number, not negative"
)]
fn part(chance: f64, parts: usize) -> usize {
    ((chance * parts as f64) as usize).min(parts - 1)
}
