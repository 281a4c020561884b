//! `usher bench failover`: a demo's leader is killed again and again.

use std::path::PathBuf;

use clap::Args;

use super::tables;
use super::target::{Page, with_machine};
use crate::bench::{Document, Failover as Killing, FailoverReport, Kill, Machine};
use crate::cli::output::{Cell, Output, Page as Paper, Style, remark};
use crate::cli::{Answered, Failure};
use crate::config::{LogFormat, LogLevel};
use crate::demo::Demo;
use crate::telemetry;

/// Kill the leader of a demo again and again, and tell what that costs
///
/// Clients beat and take seats all the time. The leader's process is killed as by a power cut, started again, and once
/// the cluster is whole again every seat that somebody was told to have, or to have given back, is asked for. Gives 1 if
/// one was lost.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher demo --detach -o json > demo.json
  usher bench failover --demo demo.json --kills 20 --report failover.html
  usher demo --stop")]
pub(super) struct Failover {
    /// What `usher demo --detach -o json` printed
    #[arg(long, value_name = "FILE")]
    demo: PathBuf,

    /// How often to kill
    #[arg(long, value_name = "N", default_value_t = 20)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000))]
    kills: u32,

    /// How many clients beat at once
    #[arg(long, value_name = "N", default_value_t = 64)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    clients: u32,

    /// What the moments of the kills follow from: the same seed, the same pauses
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,

    #[command(flatten)]
    page: Page,
}

impl Failover {
    pub(super) async fn run(self, output: Output) -> Answered {
        telemetry::start(LogLevel::Warn, LogFormat::Text)?;
        self.page.check()?;
        let mut demo = Demo::described(&self.demo)?;
        let plan = Killing {
            kills: self.kills,
            clients: usize::try_from(self.clients)?,
            seed: self.seed,
        };
        let report = plan.run(&mut demo, remark).await?;
        tables::check_answered(&report.load)?;
        let machine = Machine::this();
        let settings = [
            ("nodes", "three of `usher demo`, on this machine".to_owned()),
            ("kills", self.kills.to_string()),
            ("clients", self.clients.to_string()),
            ("seed", self.seed.to_string()),
        ];
        self.page
            .write(|| Document::new(&machine, &settings).with_failover(&report))?;
        output.answer(&with_machine(&machine, &settings, report.to_json()), |page| {
            told(*page, &report)
        })?;
        if report.lost() > 0 {
            Err(Failure::Code(1))
        } else {
            Ok(())
        }
    }
}

fn told(page: Paper, report: &FailoverReport) -> String {
    let row = |(kill, number): (&Kill, u32)| {
        vec![
            Cell::number(number),
            Cell::new(&kill.node),
            Cell::number(kill.silent.as_millis()),
            Cell::number(kill.ready.as_millis()),
            Cell::number(kill.whole.as_millis()),
            Cell::number(kill.acquires.asked + kill.releases.asked),
            Cell::number(kill.acquires.lost + kill.releases.lost),
        ]
    };
    let rows: Vec<Vec<Cell>> = report.kills.iter().zip(1..).map(row).collect();
    let headings = ["KILL", "NODE", "SILENT MS", "READY MS", "WHOLE MS", "CHECKED", "LOST"];
    let silent = |share| format!("{} ms", report.silent(share).as_millis());
    let bad = |count: u64| {
        let style = if count > 0 { Style::Bad } else { Style::Good };
        Cell::new(count.to_string()).styled(style)
    };
    page.table(&headings, &rows)
        + "\n"
        + &page.details(&[
            ("silent, p50", Cell::new(silent(0.50))),
            ("silent, p99", Cell::new(silent(0.99))),
            ("silent, max", Cell::new(silent(1.0))),
            ("sessions lost", bad(report.sessions_lost)),
            ("acknowledged acquires lost", bad(report.acquires().lost)),
            ("acknowledged releases lost", bad(report.releases().lost)),
        ])
}
