//! The demo as a person at a terminal sees it: a line that tells how the cluster is, and keys that kill and restart.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::terminal::Terminal;
use crate::bench::{Load, Nodes};
use crate::cli::output::{Style, wants_colour, write_out};
use crate::cli::status;
use crate::client::{Call, Client};
use crate::demo::Demo;

/// Clients that keep a seat each while the demo is watched.
const CLIENTS: usize = 20;

/// How long each waits between its heartbeats.
const PAUSE: Duration = Duration::from_millis(100);

/// How often answers are counted to see how long there were none.
const COUNT_EVERY: Duration = Duration::from_millis(10);

/// How often the line is written anew.
const WRITE_EVERY: Duration = Duration::from_millis(500);

/// How long the clients may take to give their seats back.
const GIVE_BACK_WITHIN: Duration = Duration::from_secs(5);

/// Shows a demo until its user has seen enough. Without a terminal it shows the cluster once.
pub(super) async fn show(demo: &mut Demo) -> Result<()> {
    let client = demo.client()?;
    let Some(mut terminal) = Terminal::take() else {
        return Ok(write_out(&format!("{}\n", overview(&client).await))?);
    };
    say("\nKeys: k kills the leader, r starts what was killed, s shows the nodes, q ends the demo.\n")?;
    let urls: Vec<String> = demo.nodes.iter().map(|node| node.api.clone()).collect();
    let load = Load::start(&Arc::new(Nodes::new(&urls, None)?), &demo.license_key, CLIENTS, PAUSE);
    let shown = watch(demo, &client, &load, &mut terminal).await;
    say("\nGiving the seats back …")?;
    load.stop(GIVE_BACK_WITHIN).await;
    shown
}

/// How long nothing was answered.
struct Silence {
    answers: u64,
    since: Instant,
    longest: Duration,
}

impl Silence {
    /// Looks at the count of answers; gives the length of a silence that has just ended and was worth telling.
    fn look(&mut self, answers: u64) -> Option<Duration> {
        if answers == self.answers {
            return None;
        }
        let silent = self.since.elapsed();
        (self.answers, self.since) = (answers, Instant::now());
        self.longest = self.longest.max(silent);
        (silent > Duration::from_millis(300)).then_some(silent)
    }
}

async fn watch(demo: &mut Demo, client: &Client, load: &Load, terminal: &mut Terminal) -> Result<()> {
    let (mut count, mut write) = (interval(COUNT_EVERY), interval(WRITE_EVERY));
    for timer in [&mut count, &mut write] {
        timer.set_missed_tick_behavior(MissedTickBehavior::Skip);
    }
    let mut silence = Silence {
        answers: 0,
        since: Instant::now(),
        longest: Duration::ZERO,
    };
    let mut before = load.answers();
    loop {
        tokio::select! {
            _ = count.tick() => if let Some(silent) = silence.look(load.answers()) {
                say(&format!("Answers again after {} ms.", silent.as_millis()))?;
            },
            _ = write.tick() => {
                let now = load.answers();
                let rate = (now - before) * 1_000 / u64::try_from(WRITE_EVERY.as_millis()).unwrap_or(1);
                before = now;
                status_line(demo, client, load, rate, silence.longest).await?;
            }
            key = terminal.key() => match key {
                Some('k') => kill_leader(demo, client).await?,
                Some('r') => restart(demo)?,
                Some('s') => say(&overview(client).await)?,
                Some('q') | None => return Ok(()),
                Some(_) => {}
            },
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
    }
}

async fn status_line(demo: &Demo, client: &Client, load: &Load, rate: u64, longest: Duration) -> Result<()> {
    let up = demo.nodes.iter().filter(|node| node.process.runs()).count();
    let leader = leader(demo, client).await.map_or("none", |at| &demo.nodes[at].name);
    let text = format!(
        "leader {leader} | {up} of {} nodes up | {CLIENTS} seats, {} lost | {rate} answers/s | longest silence {} ms",
        demo.nodes.len(),
        load.sessions_lost(),
        longest.as_millis()
    );
    let text = Style::Strong.paint(&text, wants_colour(&std::io::stdout()));
    Ok(write_out(&format!("\r\x1b[2K{text}"))?)
}

/// The running node that leads.
async fn leader(demo: &Demo, client: &Client) -> Option<usize> {
    let cluster = client.call(Call::get("/cluster").once()).await.ok()?;
    let leader = cluster["leader"].as_u64()?;
    demo.nodes
        .iter()
        .position(|node| node.id == leader && node.process.runs())
}

async fn kill_leader(demo: &Demo, client: &Client) -> Result<()> {
    let Some(at) = leader(demo, client).await else {
        return say("There is no leader to kill at the moment.");
    };
    let node = &demo.nodes[at];
    say(&format!(
        "Killing the leader {} (process {}), as a power cut would.",
        node.name, node.process.pid
    ))?;
    node.process.kill().await
}

fn restart(demo: &mut Demo) -> Result<()> {
    let ended: Vec<usize> = (0..demo.nodes.len())
        .filter(|at| !demo.nodes[*at].process.runs())
        .collect();
    if ended.is_empty() {
        return say("All nodes run; k kills the leader.");
    }
    for at in ended {
        demo.restart(at)?;
        say(&format!(
            "{} is started again; it catches up by itself.",
            demo.nodes[at].name
        ))?;
    }
    Ok(())
}

/// The cluster's nodes, as `usher status` tells them.
async fn overview(client: &Client) -> String {
    match client.call(Call::get("/cluster").once()).await {
        Ok(cluster) => status::overview(&cluster),
        Err(failure) => failure.to_string(),
    }
}

/// Writes a line of its own, above the one that is written anew; for terminals alone.
fn say(text: &str) -> Result<()> {
    write_out(&format!("\r\x1b[2K{text}\n")).context("standard output")
}
