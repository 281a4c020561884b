//! `usher bench` without a verb: seats are taken, kept and given back, in a closed or an open loop.

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::tables;
use super::target::{Page, Target, with_machine};
use crate::bench::{Arrivals, Document, Kind, Machine, Mix, OpenLoop, Rate, Report, Seats as Closed, Used};
use crate::cli::output::{Output, remark};
use crate::cli::{Answered, Failure, words};

#[derive(Debug, Args)]
pub(super) struct Seats {
    #[command(flatten)]
    target: Target,

    /// How many clients at once; with commas, one measurement after another
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "64")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    clients: Vec<u32>,

    /// Calls in a second, due whatever becomes of the others; with commas, one measurement after another
    ///
    /// Each client has at most one call open. What no client was free for in time is counted as sent late or never sent.
    #[arg(
        long,
        value_name = "N/s,…",
        value_delimiter = ',',
        allow_negative_numbers = true,
        conflicts_with = "count"
    )]
    rate: Vec<Rate>,

    /// How the calls of --rate follow each other: `poisson`, at random as from many, or `fixed`
    #[arg(long, value_name = "HOW", requires = "rate")]
    arrivals: Option<Arrivals>,

    /// What the random moments of --rate follow from: the same seed, the same moments
    #[arg(long, value_name = "NUMBER", requires = "rate")]
    seed: Option<u64>,

    /// How long to measure
    #[arg(long, value_name = "TIME", value_parser = words::some_time, default_value = "10s")]
    duration: Duration,

    /// How long to run before it counts
    #[arg(long, value_name = "TIME", value_parser = words::duration, default_value = "2s")]
    warmup: Duration,

    /// End after this many calls, if that comes first
    #[arg(long, value_name = "CALLS")]
    count: Option<u64>,

    /// heartbeats:acquires:releases, `acquire` (no heartbeats), `heartbeat` (nothing else) or `refused`
    ///
    /// `refused` counts refusals as answers: more clients than the license has seats ask for one again and again.
    #[arg(long, value_name = "MIX", default_value = "10:1:1")]
    mix: Mix,

    /// Also tell the longest times in which nothing was answered, to the millisecond
    #[arg(long)]
    failover_gap: bool,

    #[command(flatten)]
    page: Page,
}

impl Seats {
    pub(super) async fn run(self, output: Output) -> Answered {
        if self.rate.len() > 1 && self.clients.len() > 1 {
            return Err(Failure::Usage(
                "--rate and --clients both name several: vary one, and give a single value of the other".to_owned(),
            ));
        }
        self.target.license_key()?;
        self.page.check()?;
        let used = self.target.used().await?;
        let mut reports = Vec::new();
        for clients in &self.clients {
            if self.rate.is_empty() {
                reports.push(self.closed(*clients, used.clone()).await?);
            }
            for rate in &self.rate {
                reports.push(self.open(*clients, *rate, used.clone()).await?);
            }
        }
        let (machine, settings) = (Machine::this(), self.settings());
        self.page
            .write(|| Document::new(&machine, &settings).with_runs(&reports))?;
        let runs = json!({"runs": reports.iter().map(Report::to_json).collect::<Vec<Value>>()});
        output.answer(&with_machine(&machine, &settings, runs), |page| {
            let gaps = if self.failover_gap {
                tables::gaps(*page, &reports)
            } else {
                String::new()
            };
            tables::calls(*page, &reports)
                + &tables::offered(*page, &reports)
                + &tables::nodes(*page, &reports)
                + &tables::used(*page, &reports)
                + &gaps
        })?;
        if self.mix != Mix::Refused
            && reports
                .iter()
                .any(|report| report.errors.contains_key("SEAT_LIMIT_REACHED"))
        {
            remark("The license has too few seats for so many clients; `--mix refused` measures refusals.");
        }
        Ok(())
    }

    async fn closed(&self, clients: u32, used: Option<Used>) -> Result<Report, Failure> {
        let lasts = self.warmup + self.duration;
        remark(&format!("{} for {lasts:?} …", tables::clients(clients)));
        let plan = Closed {
            nodes: self.target.nodes()?,
            license_key: self.target.license_key()?,
            clients: usize::try_from(clients)?,
            mix: self.mix,
            warm_up: self.warmup,
            duration: self.duration,
            calls_max: self.count,
            used,
        };
        self.checked(plan.run().await)
    }

    async fn open(&self, clients: u32, rate: Rate, used: Option<Used>) -> Result<Report, Failure> {
        let lasts = self.warmup + self.duration;
        remark(&format!(
            "{rate} calls a second from {} for {lasts:?} …",
            tables::clients(clients)
        ));
        let plan = OpenLoop {
            nodes: self.target.nodes()?,
            license_key: self.target.license_key()?,
            clients: usize::try_from(clients)?,
            mix: self.mix,
            rate,
            arrivals: self.arrivals(),
            seed: self.seed(),
            warm_up: self.warmup,
            duration: self.duration,
            used,
        };
        self.checked(plan.run().await)
    }

    fn arrivals(&self) -> Arrivals {
        self.arrivals.unwrap_or(Arrivals::Poisson)
    }

    fn seed(&self) -> u64 {
        self.seed.unwrap_or(1)
    }

    fn checked(&self, report: Report) -> Result<Report, Failure> {
        let refused = report.calls.iter().any(|call| call.kind == Kind::Refused);
        if self.mix == Mix::Refused && !refused && report.failed() == 0 {
            return Err(anyhow::anyhow!(
                "nobody was refused: the license has a seat for each of the {} clients; give more --clients than it has \
                 seats, or a longer --duration",
                report.clients
            )
            .into());
        }
        tables::check_answered(&report)?;
        Ok(report)
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        let listed = |values: Vec<String>| values.join(", ");
        let mut settings = self.target.settings();
        settings.push((
            "clients",
            listed(self.clients.iter().map(ToString::to_string).collect()),
        ));
        if !self.rate.is_empty() {
            settings.push((
                "rate",
                listed(self.rate.iter().map(|rate| format!("{rate}/s")).collect()),
            ));
            settings.push(("arrivals", self.arrivals().name().to_owned()));
            settings.push(("seed", self.seed().to_string()));
        }
        settings.push(("mix", self.mix.to_string()));
        settings.push(("duration", format!("{:?}", self.duration)));
        settings.push(("warmup", format!("{:?}", self.warmup)));
        settings
    }
}
