//! A measurement as one HTML file, to be sent around and kept: it needs nothing but itself, and shows what was measured
//! on what before it shows how fast that was.

mod charts;
mod parts;

use super::failover::FailoverReport;
use super::live::LiveReport;
use super::machine::Machine;
use super::plot::{count, escaped, milliseconds, number};
use super::report::{Report, timestamp};
use parts::{Tile, details, fact_table, table};

/// What every page looks like.
const STYLE: &str = include_str!("style.css");

/// A page about a measurement.
#[derive(Debug, Clone)]
pub struct Document {
    machine: Machine,
    settings: Vec<(&'static str, String)>,
    begun_unix_ms: u64,
    title: String,
    tiles: Vec<Tile>,
    body: String,
}

impl Document {
    /// A page without a measurement yet.
    pub fn new(machine: &Machine, settings: &[(&'static str, String)]) -> Self {
        Self {
            machine: machine.clone(),
            settings: settings.to_vec(),
            begun_unix_ms: 0,
            title: String::new(),
            tiles: Vec::new(),
            body: String::new(),
        }
    }

    /// Tells of runs of the same kind that followed each other.
    #[must_use]
    pub fn with_runs(mut self, reports: &[Report]) -> Self {
        let Some(best) = reports.iter().max_by(|one, other| one.rate().total_cmp(&other.rate())) else {
            return self;
        };
        self.begun_unix_ms = reports.first().map_or(0, |report| report.begun_unix_ms);
        self.title = match (&best.offered, reports.len()) {
            (Some(offered), 1) => format!(
                "{} of {} offered calls a second were answered",
                number(best.rate()),
                number(offered.rate.per_second())
            ),
            _ => format!("{} calls a second", number(best.rate())),
        };
        if reports.len() > 1 {
            self.title = format!("Up to {}", self.title);
            self.body += &charts::sweep(reports);
        } else {
            self.tiles = run_tiles(best);
        }
        for report in reports {
            self.run(&run_name(report), report);
        }
        self
    }

    /// Tells of live sessions that beat at their interval.
    #[must_use]
    pub fn with_live(mut self, live: &LiveReport) -> Self {
        self.begun_unix_ms = live.acquiring.begun_unix_ms;
        self.title = format!("{} live sessions", count(live.sessions));
        let p99 = live.beating.calls.iter().map(|call| call.p99).max().unwrap_or_default();
        self.tiles = vec![
            Tile::new(count(live.kept), "", "heartbeats kept their session"),
            Tile::new(count(live.late), "", "of them late").bad_if(live.late > 0),
            Tile::new(count(live.unanswered), "", "heartbeats unanswered").bad_if(live.unanswered > 0),
            Tile::new(count(live.lost), "", "sessions lost").bad_if(live.lost > 0),
            Tile::new(milliseconds(p99), "ms", "p99, from when they were due"),
            Tile::new(number(live.acquiring.rate()), "/s", "calls while acquiring"),
        ];
        self.run("The sessions beat", &live.beating);
        self.run("Before: acquiring them", &live.acquiring);
        self
    }

    /// Tells of leaders that were killed.
    #[must_use]
    pub fn with_failover(mut self, failover: &FailoverReport) -> Self {
        self.begun_unix_ms = failover.load.begun_unix_ms;
        let silent = |share| milliseconds(failover.silent(share));
        self.title = format!(
            "{} leaders killed: silent for {} ms at the median",
            failover.kills.len(),
            silent(0.5)
        );
        let (acquires, releases) = (failover.acquires(), failover.releases());
        let lost = acquires.lost + releases.lost;
        self.tiles = vec![
            Tile::new(silent(0.5), "ms", "silent, median"),
            Tile::new(silent(0.99), "ms", "silent, p99"),
            Tile::new(silent(1.0), "ms", "silent, longest"),
            Tile::new(count(failover.sessions_lost), "", "sessions lost").bad_if(failover.sessions_lost > 0),
            Tile::new(count(lost), "", "acknowledged calls lost").bad_if(lost > 0),
            Tile::new(count(acquires.asked + releases.asked), "", "calls checked"),
        ];
        let rows = failover.kills.iter().zip(1..).map(|(kill, number): (_, u64)| {
            vec![
                count(number),
                kill.node.clone(),
                timestamp(kill.at_unix_ms),
                milliseconds(kill.silent),
                milliseconds(kill.ready),
                milliseconds(kill.whole),
                count(kill.acquires.asked + kill.releases.asked),
                count(kill.acquires.lost + kill.releases.lost),
            ]
        });
        let headings = [
            "kill",
            "node",
            "at",
            "silent ms",
            "ready again ms",
            "whole again ms",
            "calls checked",
            "lost",
        ];
        self.body += "<h2>The kills</h2>\n<div class=\"grid\">\n";
        self.body += &charts::kills(failover);
        self.body += &charts::recoveries(failover);
        self.body += "</div>\n";
        self.body += "<div class=\"card scroll\">";
        self.body += &table(&headings, rows);
        self.body += "</div>\n";
        self.run("The load meanwhile", &failover.load);
        self
    }

    fn run(&mut self, name: &str, report: &Report) {
        self.body.extend(["<h2>", &escaped(name), "</h2>\n"]);
        self.body += &parts::calls(report);
        self.body += "<div class=\"grid\">\n";
        self.body += &charts::throughput(report);
        self.body += &charts::latency(report);
        self.body += &charts::percentiles(report);
        self.body += &parts::beside(report);
        self.body += "</div>\n<div class=\"grid\">\n";
        self.body += &parts::nodes(report);
        self.body += &parts::silences(report);
        self.body += "</div>\n";
    }

    /// The page.
    pub fn to_html(&self) -> String {
        let Machine {
            cpu,
            cpus,
            memory_bytes,
            kernel,
            usher,
        } = &self.machine;
        let memory = memory_bytes.map(|bytes| format!("{} GiB", number(parts::gibibytes(bytes))));
        let machine = [
            ("usher", Some(usher.clone())),
            ("processor", Some(format!("{cpus} × {cpu}"))),
            ("memory", memory),
            ("system", Some(kernel.clone())),
        ];
        let machine = machine.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let tiles: String = self.tiles.iter().map(Tile::to_html).collect();
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>usher bench: {title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <header><p>usher bench, {begun}</p>\n<h1>{title}</h1></header>\n\
             {tiles}{facts}{body}{notes}</main>\n</body>\n</html>\n",
            title = escaped(&self.title),
            begun = timestamp(self.begun_unix_ms),
            tiles = if tiles.is_empty() {
                String::new()
            } else {
                format!("<div class=\"tiles\">\n{tiles}</div>\n")
            },
            facts = fact_table(
                &details(self.settings.iter().map(|(name, value)| (*name, value.clone()))),
                &details(machine)
            ),
            body = self.body,
            notes = parts::NOTES,
        )
    }
}

fn run_tiles(report: &Report) -> Vec<Tile> {
    let mut tiles = vec![Tile::new(number(report.rate()), "/s", "calls answered")];
    if let Some(offered) = &report.offered {
        tiles.push(Tile::new(number(offered.rate.per_second()), "/s", "calls offered"));
    }
    for call in &report.calls {
        tiles.push(Tile::new(
            milliseconds(call.p99),
            "ms",
            &format!("p99 of {}", call.kind.name()),
        ));
    }
    tiles.push(Tile::new(count(report.failed()), "", "errors").bad_if(report.failed() > 0));
    if let Some(offered) = &report.offered {
        tiles.push(Tile::new(count(offered.unsent), "", "never sent").bad_if(offered.unsent > 0));
    }
    tiles
}

fn run_name(report: &Report) -> String {
    let clients = report.clients;
    match &report.offered {
        Some(offered) => format!(
            "{} calls a second, {clients} clients",
            number(offered.rate.per_second())
        ),
        None if clients == 1 => "1 client".to_owned(),
        None => format!("{} clients", count(u64::try_from(clients).unwrap_or(u64::MAX))),
    }
}
