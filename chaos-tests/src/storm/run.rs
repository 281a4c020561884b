//! A storm from its beginning to its end: rounds of faults, each followed by calm in which the cluster must become whole
//! and what clients saw is judged.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use futures::future::try_join_all;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::applications::{self, Applications, Setting};
use super::faults::{Fault, strike};
use super::machine::Machine;
use super::requirements::Surroundings;
use super::schedule::{Planned, Schedule};
use super::site::{Audits, MACHINES, Site, api_url, trusting};
use super::tally::Tally;
use crate::checks::{self, Terms};
use crate::client::{Client, Recorder};
use crate::processes::load::hold;

/// Seats of a round's license, and those who want one.
const SEATS: u32 = 8;
const HOLDERS: usize = 12;

/// How long its sessions live without a heartbeat: less than the longest pause of a node.
const TTL_SECONDS: u64 = 10;

/// The longest pause between two of a session's heartbeats.
const BEAT_MS_MAX: u64 = 400;

/// How long the cluster may take to become whole when faults have ended.
const WHOLE_WITHIN: Duration = Duration::from_secs(60);

/// How long clients go on when the cluster is whole, so that what was lost meanwhile is noticed.
const CALM: Duration = Duration::from_secs(2);

/// How often to look who leads.
const LEADER_ASKED_EVERY: Duration = Duration::from_millis(200);

/// A storm's length and what it follows from.
#[derive(Debug, Clone, Args)]
pub struct Storm {
    /// How many minutes of it. At least as many rounds are made as it takes until every fault has come.
    #[arg(long, default_value_t = 3.0)]
    minutes: f64,
    /// The schedule's seed; one is drawn if none is given.
    #[arg(long)]
    seed: Option<u64>,
    /// Append what it came to to this file, as a line of JSON.
    #[arg(long)]
    results: Option<PathBuf>,
    /// What the results call this version.
    #[arg(long, default_value = "")]
    label: String,
    /// Only these faults; all of them if not given.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Where the sources are: the applications' program and its Python.
    #[arg(long, default_value = ".")]
    repository: PathBuf,
}

/// Makes a storm.
pub async fn storm(usher: &Path, folder: &Path, asked: &Storm, surroundings: &Surroundings) -> Result<()> {
    let seed = asked.seed.unwrap_or_else(rand::random);
    println!("storm: seed {seed}, {} minutes", asked.minutes);
    let mut tally = Tally {
        seed,
        label: asked.label.clone(),
        skipped: surroundings
            .missing
            .values()
            .flatten()
            .map(|fault| fault.name())
            .collect(),
        ..Tally::default()
    };
    let begun = Instant::now();
    let raged = rage(usher, folder, asked, surroundings, &mut tally).await;
    tally.took(begun.elapsed());
    if let Err(error) = &raged {
        tally.broken.push(format!("{error:#}"));
    }
    tally.print();
    if let Some(results) = &asked.results {
        tally.append(results)?;
    }
    if tally.broken.is_empty() {
        return Ok(());
    }
    let only = match asked.only.as_slice() {
        [] => String::new(),
        only => format!(" --only \"{}\"", only.join(",")),
    };
    println!(
        "the same schedule again (real processes never run twice alike):\n  {} --usher {} storm --minutes {} --seed {seed}{only}",
        std::env::current_exe()?.display(),
        usher.display(),
        asked.minutes
    );
    bail!("{} things are broken", tally.broken.len())
}

async fn rage(
    usher: &Path,
    folder: &Path,
    asked: &Storm,
    surroundings: &Surroundings,
    tally: &mut Tally,
) -> Result<()> {
    let faults: Vec<Fault> = Fault::ALL
        .into_iter()
        .filter(|fault| surroundings.allow(*fault))
        .filter(|fault| asked.only.is_empty() || asked.only.iter().any(|only| only == fault.name()))
        .collect();
    if faults.is_empty() {
        bail!("no fault has one of these names: {:?}", asked.only);
    }
    let mut schedule = Schedule::new(tally.seed, faults);
    let usher = std::path::absolute(usher)?;
    let site = Site::found(&usher, folder).await?;
    println!("three nodes run; their data is in {}", folder.display());
    let mut applications = Applications::start(setting(&site, asked, folder).await?)?;
    let until = Instant::now() + Duration::from_secs_f64(asked.minutes * 60.0);
    let rounds_min = schedule.rounds_for_all();
    let mut round = 0;
    while round < rounds_min || Instant::now() < until {
        let raged = weather(&site, &schedule.round(MACHINES), round, tally).await;
        tally.applications = applications.seen();
        tally.effects = site.effects();
        round += 1;
        tally.rounds += 1;
        if raged.is_err() {
            site.print_state().await;
            return raged;
        }
        applications.kill_one(round)?;
    }
    tally.applications = applications.end().await?;
    tally.broken.extend(tally.applications.broken());
    Ok(())
}

async fn setting(site: &Site, asked: &Storm, folder: &Path) -> Result<Setting> {
    let (python, program) = applications::program(&std::path::absolute(&asked.repository)?);
    let folder = folder.join("applications");
    std::fs::create_dir_all(&folder)?;
    Ok(Setting {
        python,
        program,
        folder,
        license_key: site
            .admin
            .license(
                applications::SEATS,
                applications::TTL_SECONDS,
                applications::HEARTBEAT_SECONDS,
            )
            .await?,
        urls: (0..MACHINES).map(api_url).collect(),
        root_file: site.root_file.clone(),
        ca_file: site.ca_file.clone(),
    })
}

/// One round: faults, calm, judgement.
async fn weather(site: &Site, planned: &[Planned], round: usize, tally: &mut Tally) -> Result<()> {
    let names: Vec<&str> = planned.iter().map(|planned| planned.fault.name()).collect();
    println!("round {:>2}: {}", round + 1, names.join(", "));
    let key = site.admin.license(SEATS, TTL_SECONDS, TTL_SECONDS / 3).await?;
    let recorder = Recorder::default();
    let leaders = Leaders::watch(site, &recorder);
    let enough = Arc::new(AtomicBool::new(false));
    let mut clients = begin_load(site, &recorder, &key, &enough)?;
    let struck = try_join_all(planned.iter().map(|planned| async {
        strike(planned, site, &recorder)
            .await
            .with_context(|| format!("{} ({:?})", planned.fault.name(), planned.target))
    }));
    struck.await?;
    for planned in planned {
        *tally.faults.entry(planned.fault.name()).or_default() += 1;
    }
    let healing = Instant::now();
    until_whole(site).await?;
    let healed = healing.elapsed();
    tally.healed_ms.push(u64::try_from(healed.as_millis())?);
    sleep(CALM).await;
    enough.store(true, Relaxed);
    while clients.join_next().await.is_some() {}
    tally.leader_changes += leaders.end();
    until_alike(site).await?;
    let history = recorder.history();
    tally.add(&history);
    let terms = Terms {
        seats: SEATS as usize,
        ttl: TTL_SECONDS * 1_000_000,
    };
    let mut broken = checks::all(&history, &terms);
    broken.extend(checks::linearizable(&history, &terms));
    if history.calls.iter().filter(|call| call.answered.is_some()).count() < 100 {
        broken.push("the recorded clients had hardly an answer: the round says nothing".to_owned());
    }
    println!(
        "          {} calls, whole again after {} ms",
        history.calls.len(),
        healed.as_millis()
    );
    if !broken.is_empty() {
        bail!(
            "{} laws broken in round {}: {}",
            broken.len(),
            round + 1,
            broken.join("; ")
        );
    }
    Ok(())
}

fn begin_load(site: &Site, recorder: &Recorder, key: &str, enough: &Arc<AtomicBool>) -> Result<JoinSet<()>> {
    let http = trusting(&site.ca_file)?.timeout(Duration::from_secs(8)).build()?;
    let urls: Vec<String> = (0..MACHINES).map(api_url).collect();
    let client = Client::new(http, urls, key, recorder);
    let mut clients = JoinSet::new();
    for holder in 0..HOLDERS {
        let enough = enough.clone();
        let enough = move || enough.load(Relaxed);
        clients.spawn(hold(client.clone(), format!("holder-{holder:02}"), enough, BEAT_MS_MAX));
    }
    Ok(clients)
}

/// Waits until all nodes have been seen with the same audit, which goes on growing while applications run.
async fn until_alike(site: &Site) -> Result<()> {
    let by = Instant::now() + WHOLE_WITHIN;
    let mut audits = Audits::default();
    while !audits.were_alike() {
        site.look_at_audits(&mut audits).await;
        if let Some(differing) = audits.replicas_agree() {
            bail!(differing);
        }
        if Instant::now() >= by {
            bail!("the nodes were not seen to have the same audit within {WHOLE_WITHIN:?}: {audits:?}");
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Waits until the cluster is whole: every node serves, and any one may be lost. A node that
/// has ended without being told to is broken at once.
async fn until_whole(site: &Site) -> Result<()> {
    let by = Instant::now() + WHOLE_WITHIN;
    loop {
        for machine in &site.machines {
            let mut machine = machine.lock().await;
            if let Some(ended) = machine.ended_by_itself()? {
                return machine.broken(&format!("the node has ended by itself with {ended}"));
            }
        }
        let ailments = site.ailments().await;
        if ailments.is_empty() {
            return Ok(());
        }
        if Instant::now() >= by {
            let machines = site.machines.iter().filter_map(|machine| machine.try_lock().ok());
            let ups = machines.filter(|machine| Machine::is_up(machine)).count();
            bail!(
                "not whole {WHOLE_WITHIN:?} after faults ended, {ups} nodes run: {}",
                ailments.join("; ")
            );
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Who led, watched from beside.
struct Leaders {
    watcher: tokio::task::JoinHandle<()>,
    changes: Arc<AtomicU64>,
}

impl Leaders {
    fn watch(site: &Site, recorder: &Recorder) -> Self {
        let changes: Arc<AtomicU64> = Arc::default();
        let (told, recorder, admin) = (changes.clone(), recorder.clone(), site.admin.clone());
        let watcher = tokio::spawn(async move {
            let mut term = 0;
            loop {
                for url in &admin.urls {
                    let call = admin
                        .http
                        .get(format!("{url}/api/v1/cluster"))
                        .timeout(Duration::from_millis(500));
                    let Ok(answer) = call.bearer_auth(&admin.token).send().await else {
                        continue;
                    };
                    let Ok(cluster) = answer.json::<serde_json::Value>().await else {
                        continue;
                    };
                    let (now, leads) = (cluster["term"].as_u64().unwrap_or_default(), &cluster["leader"]);
                    if !leads.is_null() && now > term {
                        if term > 0 {
                            recorder.led_anew();
                            told.fetch_add(1, Relaxed);
                        }
                        term = now;
                    }
                }
                sleep(LEADER_ASKED_EVERY).await;
            }
        });
        Self { watcher, changes }
    }

    fn end(self) -> u64 {
        self.watcher.abort();
        self.changes.load(Relaxed)
    }
}
