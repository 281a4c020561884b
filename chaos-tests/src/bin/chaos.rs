//! Faults against real server processes, judged by what clients saw.
#![allow(
    clippy::print_stdout,
    reason = "a program for people, on a terminal or in a test's log"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use chaos_tests::checks::{self, Terms};
use chaos_tests::client::{Client, Recorder};
use chaos_tests::cluster::Cluster;
use chaos_tests::disks::{self, LoopDisk};
use chaos_tests::history::Told;
use clap::{Parser, Subcommand};
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

/// Breaks a three-node cluster of real processes and checks what its clients saw.
#[derive(Parser)]
struct Arguments {
    /// The usher executable.
    #[arg(long, env = "USHER_BIN", default_value = "target/debug/usher")]
    usher: PathBuf,
    /// A folder for data; a temporary one if not given.
    #[arg(long)]
    data: Option<PathBuf>,
    #[command(subcommand)]
    run: Run,
}

#[derive(Subcommand)]
enum Run {
    /// 1,000 holders ask at once for 100 seats over all nodes, again and again, with leader kills in between.
    Rush {
        /// How often.
        #[arg(long, default_value_t = 50)]
        rounds: usize,
        /// How many ask.
        #[arg(long, default_value_t = 1_000)]
        holders: usize,
    },
    /// All nodes are killed with SIGKILL under load, again and again.
    KillAll {
        /// How often.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// The power of all three disks is cut under load, again and again. Needs root.
    PowerCut {
        /// How often.
        #[arg(long, default_value_t = 20)]
        rounds: usize,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    match runtime
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(run(arguments)))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("FAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let data = match arguments.data {
        Some(data) => data,
        None => std::env::temp_dir().join(format!("usher-chaos-{}", std::process::id())),
    };
    std::fs::create_dir_all(&data)?;
    let outcome = match arguments.run {
        Run::Rush { rounds, holders } => rush(&arguments.usher, &data, rounds, holders).await,
        Run::KillAll { rounds } => kill_all(&arguments.usher, &data, rounds).await,
        Run::PowerCut { rounds } => power_cut(&arguments.usher, &data, rounds).await,
    };
    if outcome.is_ok() {
        // The demo has removed its own part, which may be all there was.
        match std::fs::remove_dir_all(&data) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{} cannot be removed", data.display()));
            }
            _ => {}
        }
    } else {
        println!("the data is left in {}", data.display());
    }
    outcome
}

fn http() -> Result<reqwest::Client> {
    Ok(reqwest::Client::builder()
        .timeout(Duration::from_secs(8))
        .no_proxy()
        .pool_max_idle_per_host(1_000)
        .build()?)
}

/// A license of its own for a run.
async fn license(cluster: &Cluster, seats: u32, ttl_seconds: u64) -> Result<String> {
    let name = format!("chaos-{:x}", rand::random::<u32>());
    let id = |value: &Value| {
        value
            .get("id")
            .and_then(Value::as_str)
            .map(str::to_owned)
            .context("an answer without id")
    };
    let post = reqwest::Method::POST;
    let product = json!({ "code": name, "name": name, "key_prefix": "CHAOS" });
    let product = id(&cluster.admin(post.clone(), "/products", &product).await?)?;
    let plan = json!({
        "product": product, "code": "chaos", "name": "Chaos", "seats": seats,
        "ttl_seconds": ttl_seconds, "heartbeat_seconds": (ttl_seconds / 3).max(1), "offline": "strict",
    });
    let plan = id(&cluster.admin(post.clone(), "/plans", &plan).await?)?;
    let customer = id(&cluster
        .admin(post.clone(), "/customers", &json!({ "name": name }))
        .await?)?;
    let license = cluster
        .admin(post, "/licenses", &json!({ "plan": plan, "customer": customer }))
        .await?;
    license
        .get("license_key")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .context("a license without its key")
}

async fn rush(usher: &Path, data: &Path, rounds: usize, holders: usize) -> Result<()> {
    let mut cluster = Cluster::start(usher, data)?;
    cluster.ready(Duration::from_secs(30)).await?;
    let http = http()?;
    for round in 0..rounds {
        // Every third round the leader dies in the middle of it.
        let kill = round % 3 == 2;
        let key = license(&cluster, 100, 360).await?;
        let recorder = Recorder::default();
        let client = Client::new(http.clone(), cluster.urls(), &key, &recorder);
        let begun = Instant::now();
        let leader = cluster.leader().await;
        let asking = join_all((0..holders).map(|holder| {
            let client = client.clone();
            async move {
                let name = format!("holder-{holder:04}");
                client
                    .acquire(&name, &format!("request-{round}-{holder}"), Duration::from_secs(30))
                    .await
            }
        }));
        let killed = async {
            if kill && let Some(leader) = leader {
                sleep(Duration::from_millis(rand::random_range(20..200))).await;
                cluster.kill(leader);
            }
        };
        let (told, ()) = tokio::join!(asking, killed);
        let granted: Vec<&Told> = told.iter().filter(|told| matches!(told, Told::Held { .. })).collect();
        let refused = told
            .iter()
            .filter(|told| matches!(told, Told::Refused { code } if code == "SEAT_LIMIT_REACHED"));
        let (granted_count, refused_count) = (granted.len(), refused.count());
        ensure!(
            granted_count == 100.min(holders) && refused_count == holders.saturating_sub(100),
            "round {round}: {granted_count} grants and {refused_count} refusals of {holders}"
        );
        let first = |told: &Told| match told {
            Told::Held { session, .. } => Some(session.clone()),
            _ => None,
        };
        // Every grant asked for again under its own name gives the same session.
        for (holder, before) in told
            .iter()
            .enumerate()
            .filter(|(_, told)| first(told).is_some())
            .take(20)
        {
            let name = format!("holder-{holder:04}");
            let again = client
                .acquire(&name, &format!("request-{round}-{holder}"), Duration::from_secs(30))
                .await;
            ensure!(
                first(&again) == first(before),
                "round {round}: {name} asked again and got {again:?}"
            );
        }
        judge(
            &recorder,
            &Terms {
                seats: 100,
                ttl: 360_000_000,
            },
        )?;
        if kill && let Some(leader) = leader {
            cluster.restart(leader)?;
            cluster.ready(Duration::from_secs(30)).await?;
        }
        println!(
            "round {:>2}: 100 of {holders} granted{} in {} ms",
            round + 1,
            if kill { ", leader killed," } else { "" },
            begun.elapsed().as_millis()
        );
    }
    println!("rush: {rounds} rounds, exactly 100 grants in each");
    Ok(())
}

fn judge(recorder: &Recorder, terms: &Terms) -> Result<()> {
    let broken = checks::all(&recorder.history(), terms);
    ensure!(broken.is_empty(), "{} laws broken: {}", broken.len(), broken.join("; "));
    Ok(())
}

/// Clients that acquire, beat and release until they are told to stop.
async fn load(client: Client, holder: String, until: Instant) {
    let within = Duration::from_secs(20);
    let mut times = 0;
    while Instant::now() < until {
        times += 1;
        let told = client
            .acquire(&holder, &format!("request-{holder}-{times}"), within)
            .await;
        let Told::Held { session, .. } = told else {
            sleep(Duration::from_millis(rand::random_range(10..100))).await;
            continue;
        };
        for _ in 0..rand::random_range(1..20) {
            sleep(Duration::from_millis(rand::random_range(5..60))).await;
            if Instant::now() >= until || !matches!(client.heartbeat(&session, within).await, Told::Held { .. }) {
                break;
            }
        }
        if rand::random_bool(0.8) {
            client.release(&session, within).await;
        }
    }
}

const LOAD_SEATS: u32 = 20;
const LOAD_HOLDERS: usize = 40;
const LOAD_TTL_SECONDS: u64 = 10;

fn under_load(cluster: &Cluster, recorder: &Recorder, key: &str, span: Duration) -> tokio::task::JoinSet<()> {
    let client = Client::new(http().unwrap_or_default(), cluster.urls(), key, recorder);
    let until = Instant::now() + span;
    let mut clients = tokio::task::JoinSet::new();
    for holder in 0..LOAD_HOLDERS {
        clients.spawn(load(client.clone(), format!("holder-{holder:03}"), until));
    }
    clients
}

async fn kill_all(usher: &Path, data: &Path, rounds: usize) -> Result<()> {
    let mut cluster = Cluster::start(usher, data)?;
    cluster.ready(Duration::from_secs(30)).await?;
    let key = license(&cluster, LOAD_SEATS, LOAD_TTL_SECONDS).await?;
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
        report(round, &recorder);
    }
    judge_load(&recorder)?;
    println!("kill-all: {rounds} rounds, nothing acknowledged was lost");
    Ok(())
}

async fn power_cut(usher: &Path, data: &Path, rounds: usize) -> Result<()> {
    if let Some(why) = disks::unavailable() {
        println!("SKIPPED power-cut: {why}");
        return Ok(());
    }
    let mut cluster = Cluster::start(usher, &data.join("cluster"))?;
    cluster.ready(Duration::from_secs(30)).await?;
    let mounted = onto_own_disks(&mut cluster, data)?;
    cluster.ready(Duration::from_secs(30)).await?;
    let key = license(&cluster, LOAD_SEATS, LOAD_TTL_SECONDS).await?;
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
        report(round, &recorder);
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

fn judge_load(recorder: &Recorder) -> Result<()> {
    let history = recorder.history();
    let held = history
        .calls
        .iter()
        .filter(|call| matches!(call.told, Told::Held { .. }))
        .count();
    if held < 100 {
        bail!("only {held} calls were answered: the run says nothing");
    }
    judge(
        recorder,
        &Terms {
            seats: LOAD_SEATS as usize,
            ttl: LOAD_TTL_SECONDS * 1_000_000,
        },
    )
}

fn report(round: usize, recorder: &Recorder) {
    let history = recorder.history();
    let answered = history.calls.iter().filter(|call| call.answered.is_some()).count();
    println!(
        "round {:>2}: {answered} answers of {} calls so far",
        round + 1,
        history.calls.len()
    );
}
