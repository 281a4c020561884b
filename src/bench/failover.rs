//! What it costs when the leader dies: a demo's leader is killed again and again under load, and started again.
//!
//! Clients beat for a seat each all the time, and some take seats of new holders. After each kill every seat that
//! somebody was told to have is asked for: an acknowledged acquire must be known, whoever leads now.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use hyper::Method;
use raft::seams::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::client::VirtualClient;
use super::closed::Span;
use super::measure::Measure;
use super::report::{Report, ms};
use super::wire::{Nodes, Wire};
use super::{Mix, run_name};
use crate::chance::Chance;
use crate::client::{Call, Client};
use crate::demo::Demo;

/// Gaps are looked for within this time, and no failover measurement lasts longer.
const LASTS: Duration = Duration::from_secs(2 * 3_600);

/// How long the cluster is left alone before a kill, at least; up to a second more, so that a kill is not always at the
/// same place between two ticks.
const CALM: Duration = Duration::from_millis(1_500);

/// How long answers are to come again before the dead node is started.
const ANSWERED_FOR: Duration = Duration::from_millis(500);

/// How long anything may take: an election, a start.
const WITHIN: Duration = Duration::from_secs(60);

/// How often to look.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Clients that take seats of new holders all the time, and give every second one back.
const TAKERS: usize = 4;

/// How long each of them waits from one to the next.
const TAKE_EVERY: Duration = Duration::from_millis(50);

/// Clients that ask for every seat that was taken.
const CHECKERS: usize = 8;

/// A measurement of failovers.
#[derive(Debug, Clone, Copy)]
pub struct Failover {
    /// How often the leader is killed.
    pub kills: u32,
    /// How many clients beat.
    pub clients: usize,
    /// What the moments of the kills follow from.
    pub seed: u64,
}

/// One kill.
#[derive(Debug, Clone)]
pub struct Kill {
    /// The name of the node that led.
    pub node: String,
    /// When it was killed.
    pub at_unix_ms: u64,
    /// The time with no answer to any client around it: from the last answer to the next.
    pub silent: Duration,
    /// From the node's new start until it said that it was ready.
    pub ready: Duration,
    /// From the kill until the cluster could lose a node again.
    pub whole: Duration,
    /// Seats whose acquire was acknowledged, and that must be there.
    pub acquires: Checked,
    /// Seats whose release was acknowledged too, and that must be gone.
    pub releases: Checked,
}

/// Acknowledged operations that were asked for once the cluster was whole.
#[derive(Debug, Clone, Copy, Default)]
pub struct Checked {
    /// How many.
    pub asked: u64,
    /// Those of them that no node vouches for.
    pub lost: u64,
}

impl std::ops::AddAssign for Checked {
    fn add_assign(&mut self, other: Self) {
        self.asked += other.asked;
        self.lost += other.lost;
    }
}

/// What it came to.
#[derive(Debug, Clone)]
pub struct FailoverReport {
    /// The kills, in order.
    pub kills: Vec<Kill>,
    /// The load, over all of it.
    pub load: Report,
    /// Sessions that ended although their clients beat for them.
    pub sessions_lost: u64,
}

impl FailoverReport {
    /// The silence that so many of the kills did not exceed; the nearest one that was measured.
    pub fn silent(&self, share: f64) -> Duration {
        let mut all: Vec<Duration> = self.kills.iter().map(|kill| kill.silent).collect();
        all.sort_unstable();
        nearest_rank(&all, share)
    }

    /// Acknowledged operations that were lost; there may be none.
    pub fn lost(&self) -> u64 {
        self.sessions_lost + self.acquires().lost + self.releases().lost
    }

    /// Acknowledged acquires, over all kills.
    pub fn acquires(&self) -> Checked {
        self.all(|kill| kill.acquires)
    }

    /// Acknowledged releases, over all kills.
    pub fn releases(&self) -> Checked {
        self.all(|kill| kill.releases)
    }

    fn all(&self, of: impl Fn(&Kill) -> Checked) -> Checked {
        let mut sum = Checked::default();
        for kill in &self.kills {
            sum += of(kill);
        }
        sum
    }

    /// The report for programs.
    pub fn to_json(&self) -> Value {
        let kill = |kill: &Kill| {
            json!({
                "node": kill.node,
                "at": super::timestamp(kill.at_unix_ms),
                "silent_ms": ms(kill.silent),
                "ready_ms": ms(kill.ready),
                "whole_ms": ms(kill.whole),
                "acquires_checked": kill.acquires.asked,
                "acquires_lost": kill.acquires.lost,
                "releases_checked": kill.releases.asked,
                "releases_lost": kill.releases.lost,
            })
        };
        json!({
            "kills": self.kills.iter().map(kill).collect::<Vec<_>>(),
            "silent_ms": {
                "p50": ms(self.silent(0.50)),
                "p99": ms(self.silent(0.99)),
                "max": ms(self.silent(1.0)),
            },
            "sessions_lost": self.sessions_lost,
            "acquires_checked": self.acquires().asked,
            "acquires_lost": self.acquires().lost,
            "releases_checked": self.releases().asked,
            "releases_lost": self.releases().lost,
            "load": self.load.to_json(),
        })
    }
}

/// The value that a share of the sorted ones does not exceed.
fn nearest_rank(sorted: &[Duration], share: f64) -> Duration {
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "there are few kills"
    )]
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

impl Failover {
    /// Kills the leaders of a demo. Whatever happens, every node that was killed is started again. `tell` hears how far
    /// it is.
    ///
    /// # Errors
    ///
    /// The cluster is not whole at the beginning, or does not come back.
    pub async fn run(self, demo: &mut Demo, tell: impl Fn(&str)) -> anyhow::Result<FailoverReport> {
        let client = demo.client()?;
        let nodes = demo.nodes.len();
        if let Some(node) = demo.nodes.iter().find(|node| !node.process.runs()) {
            bail!("{} of the demo does not run; start another demo", node.name);
        }
        demo.wait_for(&client, nodes).await?;
        let load = Running::start(demo, self.clients)?;
        let measured = tokio::select! {
            kills = self.kill_all(demo, &client, &load, &tell) => kills,
            _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("it was interrupted")),
        };
        for at in 0..demo.nodes.len() {
            if !demo.nodes[at].process.runs() {
                demo.restart(at)?;
            }
        }
        let report = load.stop(self.clients).await;
        let (load, sessions_lost) = report;
        Ok(FailoverReport {
            kills: measured?,
            load,
            sessions_lost,
        })
    }

    async fn kill_all(
        self,
        demo: &mut Demo,
        client: &Client,
        load: &Running,
        tell: &impl Fn(&str),
    ) -> anyhow::Result<Vec<Kill>> {
        let (mut kills, mut chance) = (Vec::new(), Chance(self.seed));
        for number in 1..=self.kills {
            sleep(CALM + Duration::from_millis(chance.next() % 1_000)).await;
            let at = leader(demo, client).await?;
            tell(&format!(
                "Killing the leader {}, {number} of {} …",
                demo.nodes[at].name, self.kills
            ));
            kills.push(kill(demo, client, load, at).await?);
        }
        Ok(kills)
    }
}

/// Kills a node that leads, and waits until all is as before.
async fn kill(demo: &mut Demo, client: &Client, load: &Running, at: usize) -> anyhow::Result<Kill> {
    let (killed, at_unix_ms) = (Instant::now(), SystemClock.unix_ms());
    demo.nodes[at].process.kill().await?;
    let name = demo.nodes[at].name.clone();
    let dead = demo.nodes[at].id;
    until("another node leads", async || {
        let cluster = client.call(Call::get("/cluster").once()).await;
        cluster.is_ok_and(|cluster| cluster["leader"].as_u64().is_some_and(|leader| leader != dead))
    })
    .await?;
    let answers = load.measure.answers();
    let enough = u64::try_from(load.clients).unwrap_or(0);
    until("clients are answered again", async || {
        load.measure.answers() > answers + enough
    })
    .await?;
    sleep(ANSWERED_FOR).await;
    let silent = load.measure.silence_after(killed - load.begin);

    let started = Instant::now();
    demo.restart(at)?;
    let ops = Arc::new(Nodes::new(&[demo.nodes[at].ops.clone()], None)?);
    until("the node is ready again", async || {
        let answer = Wire::new(&ops, 0).send(Method::GET, "/readyz", String::new()).await;
        answer.is_ok_and(|answer| answer.status == 200)
    })
    .await
    .with_context(|| {
        format!(
            "{} was started again; its log is {}",
            name,
            demo.nodes[at].log_file.display()
        )
    })?;
    let ready = started.elapsed();
    demo.wait_for(client, demo.nodes.len()).await?;
    let whole = killed.elapsed();
    let (acquires, releases) = load.check().await?;
    Ok(Kill {
        node: name,
        at_unix_ms,
        silent,
        ready,
        whole,
        acquires,
        releases,
    })
}

/// Waits for something that is looked for again and again.
async fn until(what: &str, mut look: impl AsyncFnMut() -> bool) -> anyhow::Result<()> {
    let deadline = Instant::now() + WITHIN;
    while !look().await {
        if Instant::now() >= deadline {
            bail!("waited {WITHIN:?} until {what}");
        }
        sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// The node that leads.
async fn leader(demo: &Demo, client: &Client) -> anyhow::Result<usize> {
    let deadline = Instant::now() + WITHIN;
    loop {
        let cluster = client.call(Call::get("/cluster").once()).await;
        let leader = cluster.ok().and_then(|cluster| cluster["leader"].as_u64());
        let at = demo.nodes.iter().position(|node| Some(node.id) == leader);
        if let Some(at) = at.filter(|at| demo.nodes[*at].process.runs()) {
            return Ok(at);
        }
        if Instant::now() >= deadline {
            bail!("no node of the demo led for {WITHIN:?}");
        }
        sleep(LOOK_EVERY).await;
    }
}

/// What a client was told last of a seat.
enum Acknowledged {
    Acquire(String),
    Release(String),
}

/// The load.
struct Running {
    begin: Instant,
    begun_unix_ms: u64,
    nodes: Arc<Nodes>,
    license_key: String,
    clients: usize,
    measure: Arc<Measure>,
    span: Arc<Span>,
    /// What was acknowledged and not yet asked for.
    acknowledged: Arc<Mutex<Vec<Acknowledged>>>,
    tasks: JoinSet<()>,
}

impl Running {
    fn start(demo: &Demo, clients: usize) -> anyhow::Result<Self> {
        let urls: Vec<String> = demo.nodes.iter().map(|node| node.api.clone()).collect();
        let nodes = Arc::new(Nodes::new(&urls, None)?);
        let license_key = demo.bulk_license_key.clone();
        let begin = Instant::now();
        let measure = Arc::new(Measure::without_end(begin, LASTS, nodes.len()));
        let span = Arc::new(Span {
            begin,
            end: begin + LASTS,
            calls_left: AtomicU64::new(u64::MAX),
        });
        let acknowledged = Arc::new(Mutex::new(Vec::new()));
        let (run, mut tasks) = (run_name(), JoinSet::new());
        for number in 0..clients {
            let client = VirtualClient::new(&nodes, &measure, &license_key, &run, number);
            tasks.spawn(client.live(Mix::Heartbeats, Arc::clone(&span)));
        }
        for number in clients..clients + TAKERS {
            let client = VirtualClient::new(&nodes, &measure, &license_key, &run, number);
            tasks.spawn(take_seats(
                client,
                format!("{run}-{number}"),
                Arc::clone(&span),
                Arc::clone(&acknowledged),
            ));
        }
        Ok(Self {
            begin,
            begun_unix_ms: SystemClock.unix_ms(),
            nodes,
            license_key,
            clients,
            measure,
            span,
            acknowledged,
            tasks,
        })
    }

    /// Asks for every seat of which something was acknowledged since the last time, and gives it back. Gives what came of
    /// acquires and of releases.
    async fn check(&self) -> anyhow::Result<(Checked, Checked)> {
        let mut seats = std::mem::take(&mut *self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner));
        let measure = Arc::new(Measure::without_end(Instant::now(), Duration::ZERO, self.nodes.len()));
        let (run, mut checkers) = (run_name(), JoinSet::new());
        let each = seats.len().div_ceil(CHECKERS).max(1);
        for number in 0..CHECKERS {
            let own = seats.split_off(seats.len().saturating_sub(each));
            let mut client = VirtualClient::new(&self.nodes, &measure, &self.license_key, &run, number);
            checkers.spawn(async move {
                let (mut acquires, mut releases) = (Checked::default(), Checked::default());
                for told in own {
                    let (seat, checked, is_there) = match &told {
                        Acknowledged::Acquire(seat) => (seat, &mut acquires, true),
                        Acknowledged::Release(seat) => (seat, &mut releases, false),
                    };
                    checked.asked += 1;
                    checked.lost += u64::from(client.is_held(seat).await != Some(is_there));
                    let _ = client.release(seat).await;
                }
                (acquires, releases)
            });
        }
        let (mut acquires, mut releases) = (Checked::default(), Checked::default());
        while let Some(of_one) = checkers.join_next().await {
            let (of_acquires, of_releases) = of_one.context("a checker has stopped")?;
            acquires += of_acquires;
            releases += of_releases;
        }
        Ok((acquires, releases))
    }

    /// Ends the load, gives its seats back, and tells what it came to and how many sessions were lost.
    async fn stop(mut self, clients: usize) -> (Report, u64) {
        self.span.stop();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(WITHIN, ended).await.is_err() {
            self.tasks.abort_all();
        }
        // Only gives back what is held.
        let _ = self.check().await;
        let report = self.measure.report(&self.nodes, clients, self.begun_unix_ms);
        (report, self.measure.sessions_lost())
    }
}

/// Takes seats of new holders, gives every second one back, and keeps in mind what it was told.
async fn take_seats(
    mut client: VirtualClient,
    run: String,
    span: Arc<Span>,
    acknowledged: Arc<Mutex<Vec<Acknowledged>>>,
) {
    let mut holder = 0;
    while span.goes_on() {
        client.become_holder(&run, holder);
        holder += 1;
        if let Ok(seat) = client.acquire().await {
            let told = if holder % 2 == 1 {
                Some(Acknowledged::Acquire(seat))
            } else {
                // Of a release that nobody answered either may be true.
                let released = client.release(&seat).await;
                released.is_ok().then_some(Acknowledged::Release(seat))
            };
            acknowledged.lock().unwrap_or_else(PoisonError::into_inner).extend(told);
        }
        sleep(TAKE_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_few_kills_is_one_that_was_measured() {
        let all: Vec<Duration> = (1..=20).map(Duration::from_millis).collect();
        for (share, ms) in [(0.50, 10), (0.95, 19), (0.99, 20), (1.0, 20)] {
            assert_eq!(nearest_rank(&all, share).as_millis(), ms, "{share}");
        }
        assert_eq!(nearest_rank(&[], 0.5), Duration::ZERO);
    }
}
