//! `usher demo`: three nodes on this machine.

mod show;
mod terminal;

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::Answered;
use super::output::{Cell, Output, Page, remark};
use crate::config::{LogFormat, LogLevel};
use crate::demo::{Demo as Running, Layout, Scale};
use crate::telemetry;

/// Run three nodes on this machine, to see a leader die and no seat get lost
///
/// The nodes are real: processes of their own, with their data on disk and TLS between them. In a terminal the demo
/// stays up, with keys that kill and restart. Without one it starts, shows the cluster and ends.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher demo                               k kills the leader, r restarts it, q ends the demo
  usher demo --detach -o json > demo.json  leaves it running, for scripts
  usher demo --scale --detach              100,000 live sessions, 90 days of history
  usher demo --stop")]
pub(super) struct Demo {
    /// Leave the nodes running and tell how to reach them
    #[arg(long, conflicts_with = "stop")]
    detach: bool,

    /// End the demo that was left running
    #[arg(long)]
    stop: bool,

    /// The first of the ports; each node takes three of the next ten
    #[arg(long, value_name = "PORT", conflicts_with = "stop")]
    base_port: Option<u16>,

    /// Where the nodes keep their data; without it a directory for temporary files
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Make a large cluster with a long history, to see lists and figures as they are then
    ///
    /// The cluster is founded days ago, on nodes whose clocks are behind, and everything in it is made through its API
    /// as the days go by. That takes minutes.
    #[arg(long, conflicts_with = "stop")]
    scale: bool,

    #[command(flatten)]
    sizes: Sizes,
}

/// How large `--scale` makes it.
#[derive(Debug, Args)]
struct Sizes {
    /// Licenses of --scale, with a quarter as many customers
    #[arg(long, value_name = "N", default_value_t = 10_000, requires = "scale")]
    #[arg(value_parser = clap::value_parser!(u32).range(2..=100_000))]
    licenses: u32,

    /// Live sessions of --scale
    #[arg(long, value_name = "N", default_value_t = 100_000, requires = "scale")]
    #[arg(value_parser = clap::value_parser!(u32).range(..=2_000_000))]
    sessions: u32,

    /// Days of history of --scale
    #[arg(long, value_name = "N", default_value_t = 90, requires = "scale")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=400))]
    days: u32,
}

impl Demo {
    pub(super) async fn run(self, output: Output) -> Answered {
        // The clocks of a past cluster step all the time, which its nodes would warn of.
        let level = if self.scale { LogLevel::Error } else { LogLevel::Warn };
        telemetry::start(level, LogFormat::Text)?;
        let Sizes {
            licenses,
            sessions,
            days,
        } = self.sizes;
        let scale = self.scale.then_some(Scale {
            licenses,
            sessions,
            days,
        });
        let directory = match self.data {
            Some(data) => std::path::absolute(&data).context("--data")?,
            None => Layout::usual_directory(),
        };
        if self.stop {
            let demo = Running::recorded(&directory)?;
            let demo = demo.with_context(|| format!("no demo was started in {}", directory.display()))?;
            let ended = demo.stop().await?;
            let answer = json!({"stopped": ended, "data_dir": directory});
            return Ok(output.answer(&answer, |_| {
                format!("{ended} nodes were ended and their files removed.\n")
            })?);
        }
        let layout = Layout::new(&directory, self.base_port)?;
        let mut demo = tokio::select! {
            started = Running::start(&layout, scale, remark) => started?,
            _ = tokio::signal::ctrl_c() => {
                Running::abandon(&directory).await?;
                return Err(super::Failure::Code(1));
            }
        };
        output.answer(&demo.to_json(), |page| introduced(*page, &demo, self.detach))?;
        if self.detach {
            return Ok(());
        }
        let shown = show::show(&mut demo).await;
        remark("Ending the nodes …");
        demo.stop().await?;
        Ok(shown?)
    }
}

fn introduced(page: Page, demo: &Running, detached: bool) -> String {
    let facts = demo.to_json();
    let text = |member: &str| Cell::new(facts[member].as_str().unwrap_or_default());
    let node = |node: &serde_json::Value| {
        let text = |member: &str| Cell::new(node[member].as_str().unwrap_or_default());
        vec![
            Cell::number(&node["node_id"]),
            text("name"),
            Cell::number(&node["pid"]),
            text("api"),
            text("ops"),
        ]
    };
    let nodes: Vec<Vec<Cell>> = facts["nodes"].as_array().into_iter().flatten().map(node).collect();
    let nodes = page.table(&["NODE", "NAME", "PID", "API", "OPS"], &nodes);
    let secrets = page.details(&[
        ("admin token", text("admin_token")),
        ("set-up link", text("setup_link")),
        ("license key", text("license_key")),
        ("root file", text("root_file")),
        ("data", text("data_dir")),
    ]);
    let urls: Vec<&str> = facts["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|n| n["api"].as_str())
        .collect();
    let urls = urls.join(",");
    let token = facts["admin_token"].as_str().unwrap_or_default();
    let after = if detached {
        format!(
            "\nThe nodes go on. `usher demo --stop --data {}` ends them.\n",
            text("data_dir").as_text()
        )
    } else {
        String::new()
    };
    format!(
        "\n{nodes}\n{secrets}\nIn another terminal:\n\n  export USHER_URL={urls}\n  export USHER_TOKEN={token}\n  usher status\n{after}"
    )
}
