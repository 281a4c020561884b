//! `usher bench`: how fast a cluster is, measured on it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Answered;
use super::output::{Cell, Output, Page, Style, remark};
use super::secret::Secret;
use super::words;
use crate::bench::{Batch, CallReport, Gap, Mix, Nodes, Report, Seats, Sessions};
use crate::private;

/// Measure how fast a cluster is
///
/// Virtual clients take, keep and give back seats. Each client sends its next call when the last one is answered, over
/// a connection of its own, and the clients are spread over the nodes. The license needs a seat for each client.
/// Nothing is left behind.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "\
Examples:
  usher bench --license-key CODITECT-… --url http://127.0.0.1:4600
  usher bench --license-key CODITECT-… --url http://a:4600,http://b:4600 --clients 1,64,1000
  usher bench --license-key CODITECT-… --duration 60s --failover-gap     then kill the leader
  usher bench sessions --license-key CODITECT-… --count 100000           acquire and leave them live
  usher bench batch --license-key CODITECT-… --token usher_… --sessions 100000")]
pub(super) struct Bench {
    #[command(subcommand)]
    shape: Option<Shape>,

    #[command(flatten)]
    target: Target,

    /// How many clients at once; with commas, one measurement after another
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "64")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    clients: Vec<u32>,

    /// How long to measure
    #[arg(long, value_name = "TIME", value_parser = words::some_time, default_value = "10s")]
    duration: Duration,

    /// How long to run before it counts
    #[arg(long, value_name = "TIME", value_parser = words::duration, default_value = "2s")]
    warmup: Duration,

    /// End after this many calls, if that comes first
    #[arg(long, value_name = "CALLS")]
    count: Option<u64>,

    /// heartbeats:acquires:releases, `acquire` (no heartbeats) or `heartbeat` (nothing else)
    #[arg(long, value_name = "MIX", default_value = "10:1:1")]
    mix: Mix,

    /// Also tell the longest times in which nothing was answered, to the millisecond
    #[arg(long)]
    failover_gap: bool,
}

#[derive(Debug, Subcommand)]
enum Shape {
    /// Acquire many sessions of distinct holders and leave them live
    Sessions {
        #[command(flatten)]
        target: Target,

        /// How many sessions
        #[arg(long, value_name = "N", default_value_t = 100_000)]
        count: u64,

        /// How many clients acquire at once
        #[arg(long, value_name = "N", default_value_t = 64)]
        #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
        clients: u32,

        /// Write the sessions' secret ids into this file, one per line, readable by you alone
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
    },
    /// Acquire many sessions, then beat for them in batches
    Batch {
        #[command(flatten)]
        target: Target,

        /// An API token of scope `heartbeats` or `admin` [env: USHER_TOKEN]
        #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
        token: Option<String>,

        /// A file that holds the API token [env: USHER_TOKEN_FILE]
        #[arg(long, value_name = "FILE")]
        token_file: Option<PathBuf>,

        /// How many sessions
        #[arg(long, value_name = "N", default_value_t = 100_000)]
        sessions: u64,

        /// Sessions in one call
        #[arg(long, value_name = "N", default_value_t = 1_000)]
        #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
        per_call: u32,

        /// How many clients call at once
        #[arg(long, value_name = "N", default_value_t = 8)]
        #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
        clients: u32,

        /// How long to beat
        #[arg(long, value_name = "TIME", value_parser = words::some_time, default_value = "10s")]
        duration: Duration,
    },
}

/// What is measured.
#[derive(Debug, Clone, Args)]
struct Target {
    /// The nodes' API URLs, with commas between
    #[arg(long, env = "USHER_URL", value_name = "URL,…", value_delimiter = ',')]
    #[arg(value_parser = words::api_url, default_value = "http://127.0.0.1:4600")]
    url: Vec<String>,

    /// The certificate authority to trust, PEM; needed for https
    #[arg(long, env = "USHER_CACERT", value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// The license whose seats to take [env: USHER_LICENSE_KEY]
    #[arg(long, value_name = "KEY", conflicts_with = "license_key_file")]
    license_key: Option<String>,

    /// A file that holds the license key [env: USHER_LICENSE_KEY_FILE]
    #[arg(long, value_name = "FILE")]
    license_key_file: Option<PathBuf>,
}

impl Target {
    fn nodes(&self) -> anyhow::Result<Arc<Nodes>> {
        Ok(Arc::new(Nodes::new(&self.url, self.cacert.as_deref())?))
    }

    fn license_key(&self) -> Result<String, super::Failure> {
        let key = Secret {
            flag: "--license-key",
            variable: "USHER_LICENSE_KEY",
            given: self.license_key.as_deref(),
            file: self.license_key_file.as_deref(),
        };
        Ok(key.required()?.to_string())
    }
}

impl Bench {
    pub(super) async fn run(self, output: Output) -> Answered {
        match self.shape {
            None => self.run_seats(output).await,
            Some(Shape::Sessions {
                target,
                count,
                clients,
                save,
            }) => {
                let plan = sessions(&target, count, clients)?;
                let (report, sessions) = plan.run().await;
                check_answered(&report)?;
                if let Some(path) = save {
                    let saved = private::write(&path, (sessions.join("\n") + "\n").as_bytes());
                    saved.with_context(|| format!("--save: {} cannot be written", path.display()))?;
                }
                let answer = json!({"sessions": sessions.len(), "acquiring": report.to_json()});
                output.answer(&answer, |page| {
                    calls_table(*page, std::slice::from_ref(&report))
                        + &format!("{} sessions are live.\n", sessions.len())
                })?;
                Ok(())
            }
            Some(Shape::Batch {
                target,
                token,
                token_file,
                sessions: count,
                per_call,
                clients,
                duration,
            }) => {
                let token = Secret {
                    flag: "--token",
                    variable: "USHER_TOKEN",
                    given: token.as_deref(),
                    file: token_file.as_deref(),
                };
                let token = token.required()?.to_string();
                remark(&format!("Acquiring {count} sessions …"));
                let (acquiring, sessions) = sessions(&target, count, clients)?.run().await;
                check_answered(&acquiring)?;
                let per_call = usize::try_from(per_call)?;
                let clients = usize::try_from(clients)?;
                let batch = Batch {
                    nodes: target.nodes()?,
                    token,
                    sessions,
                    per_call,
                    clients,
                    duration,
                };
                let held = batch.sessions.len();
                let report = batch.run().await;
                check_answered(&report)?;
                let beats = report.rate() * f64::from(u32::try_from(per_call.min(held))?);
                let answer = json!({"sessions": held, "heartbeats_rate": beats.round(), "calls": report.to_json()});
                output.answer(&answer, |page| {
                    calls_table(*page, std::slice::from_ref(&report)) + &format!("{beats:.0} heartbeats/s\n")
                })?;
                Ok(())
            }
        }
    }

    async fn run_seats(self, output: Output) -> Answered {
        let (license_key, nodes) = (self.target.license_key()?, self.target.nodes()?);
        let mut reports = Vec::new();
        for clients in &self.clients {
            remark(&format!("{clients} clients for {:?} …", self.warmup + self.duration));
            let plan = Seats {
                nodes: Arc::clone(&nodes),
                license_key: license_key.clone(),
                clients: usize::try_from(*clients)?,
                mix: self.mix,
                warm_up: self.warmup,
                duration: self.duration,
                calls_max: self.count,
            };
            let report = plan.run().await;
            check_answered(&report)?;
            reports.push(report);
        }
        let answer = json!({"runs": reports.iter().map(Report::to_json).collect::<Vec<Value>>()});
        output.answer(&answer, |page| {
            let gaps = if self.failover_gap {
                gaps_table(*page, &reports)
            } else {
                String::new()
            };
            calls_table(*page, &reports) + &nodes_table(*page, &reports) + &gaps
        })?;
        Ok(())
    }
}

fn sessions(target: &Target, count: u64, clients: u32) -> Result<Sessions, super::Failure> {
    let clients = usize::try_from(clients)?;
    Ok(Sessions {
        license_key: target.license_key()?,
        nodes: target.nodes()?,
        count,
        clients,
    })
}

/// A measurement without a single good answer measured nothing.
fn check_answered(report: &Report) -> anyhow::Result<()> {
    if report.answered() > 0 {
        return Ok(());
    }
    let errors: Vec<String> = report
        .errors
        .iter()
        .map(|(why, count)| format!("{why} ({count} times)"))
        .collect();
    if errors.is_empty() {
        bail!("no call was answered in the time that it had; give it more of it");
    }
    bail!(
        "no call was answered as it should be: {}; check --url and --license-key",
        errors.join(", ")
    )
}

fn ms(span: Duration) -> Cell {
    Cell::number(format!("{:.2}", span.as_secs_f64() * 1_000.0))
}

fn calls_table(page: Page, reports: &[Report]) -> String {
    let row = |report: &Report, call: &CallReport| {
        vec![
            Cell::number(report.clients),
            Cell::new(call.kind.name()),
            Cell::number(call.count),
            Cell::number(format!("{:.0}", call.rate)),
            ms(call.p50),
            ms(call.p95),
            ms(call.p99),
            ms(call.max),
        ]
    };
    let mut rows = Vec::new();
    for report in reports {
        rows.extend(report.calls.iter().map(|call| row(report, call)));
        if report.calls.len() > 1 {
            let total = [report.answered().to_string(), format!("{:.0}", report.rate())].map(Cell::number);
            let mut sum = vec![Cell::number(report.clients), Cell::new("all")];
            sum.extend(total.map(|cell| cell.styled(Style::Strong)));
            rows.push(sum);
        }
    }
    let headings = [
        "CLIENTS",
        "CALL",
        "ANSWERS",
        "PER SECOND",
        "P50 MS",
        "P95 MS",
        "P99 MS",
        "MAX MS",
    ];
    let mut text = page.table(&headings, &rows);
    for report in reports {
        for (why, count) in &report.errors {
            let line = format!("{} clients: {why}: {count} times\n", report.clients);
            text.push_str(&page.paint(Style::Warning, &line));
        }
    }
    text
}

fn nodes_table(page: Page, reports: &[Report]) -> String {
    let rows: Vec<Vec<Cell>> = reports
        .iter()
        .filter(|report| report.nodes.len() > 1)
        .flat_map(|report| report.nodes.iter().map(move |node| (report.clients, node)))
        .map(|(clients, node)| vec![Cell::number(clients), Cell::new(&node.url), Cell::number(node.answers)])
        .collect();
    if rows.is_empty() {
        String::new()
    } else {
        format!("\n{}", page.table(&["CLIENTS", "NODE", "ANSWERS"], &rows))
    }
}

fn gaps_table(page: Page, reports: &[Report]) -> String {
    let row = |report: &Report, gap: &Gap| {
        vec![
            Cell::number(report.clients),
            Cell::number(gap.length().as_millis()),
            Cell::new(crate::bench::timestamp(gap.from_unix_ms)),
            Cell::new(crate::bench::timestamp(gap.to_unix_ms)),
        ]
    };
    let rows: Vec<Vec<Cell>> = reports
        .iter()
        .flat_map(|report| report.gaps.iter().map(|gap| row(report, gap)))
        .collect();
    format!(
        "\n{}",
        page.table(&["CLIENTS", "SILENT MS", "LAST ANSWER", "NEXT ANSWER"], &rows)
    )
}
