//! `usher bench live`: many live sessions that each beat at their interval.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::tables;
use super::target::{Page, Target, Token, with_machine};
use crate::bench::{Document, Live as Watching, Machine};
use crate::cli::output::{Cell, Output, Style, remark};
use crate::cli::{Answered, Failure, words};

/// Acquire many sessions and watch each beat at its interval, as in production
///
/// The heartbeats are spread evenly over the interval and due whatever becomes of the others; each takes from when it
/// was due. The sessions are left to end by themselves. Gives 1 if one was lost.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher bench live --license-key CODITECT-… --sessions 100000 --interval 300s
  usher bench live --license-key CODITECT-… --sessions 1000000 --ops-url http://127.0.0.1:4602
  usher bench live --license-key CODITECT-… --per-call 1000 --token usher_…   through a gateway")]
pub(super) struct Live {
    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    token: Token,

    /// How many sessions
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    sessions: u64,

    /// How long each waits from one heartbeat to the next
    #[arg(long, value_name = "TIME", value_parser = words::some_time, default_value = "300s")]
    interval: Duration,

    /// How long to watch them, once all are there; without it, one interval
    #[arg(long, value_name = "TIME", value_parser = words::some_time)]
    duration: Option<Duration>,

    /// How many calls may be open at once
    #[arg(long, value_name = "N", default_value_t = 64)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    clients: u32,

    /// What is answered later than this after it was due counts as late
    #[arg(long, value_name = "TIME", value_parser = words::some_time, default_value = "1s")]
    late_after: Duration,

    /// Beat for so many sessions with one call, as a gateway does; needs --token
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    per_call: Option<u32>,

    #[command(flatten)]
    page: Page,
}

impl Live {
    pub(super) async fn run(self, output: Output) -> Answered {
        let gateway = match self.per_call {
            Some(per_call) => Some((usize::try_from(per_call)?, self.token.required()?)),
            None => None,
        };
        let license_key = self.target.license_key()?;
        self.page.check()?;
        let plan = Watching {
            nodes: self.target.nodes()?,
            license_key,
            sessions: self.sessions,
            interval: self.interval,
            duration: self.duration.unwrap_or(self.interval),
            clients: usize::try_from(self.clients)?,
            late_after: self.late_after,
            gateway,
            used: self.target.used().await?,
        };
        let Some(rate) = plan.rate() else {
            return Err(Failure::Usage(format!(
                "{} sessions every {:?} are less than a call in 100 s or more than a million a second; change \
                 --sessions, --interval or --per-call",
                self.sessions, self.interval
            )));
        };
        let watched = plan.duration;
        remark(&format!("Acquiring {} sessions …", self.sessions));
        let live = plan.run(rate, remark).await;
        tables::check_answered(&live.acquiring)?;
        if watched.as_secs_f64() * rate.per_second() >= 1.0 {
            tables::check_answered(&live.beating)?;
        }
        let (machine, settings) = (Machine::this(), self.settings(watched));
        self.page
            .write(|| Document::new(&machine, &settings).with_live(&live))?;
        let figures = json!({
            "sessions": live.sessions,
            "heartbeats_kept": live.kept,
            "heartbeats_late": live.late,
            "heartbeats_unanswered": live.unanswered,
            "sessions_lost": live.lost,
            "acquiring": live.acquiring.to_json(),
            "beating": live.beating.to_json(),
        });
        output.answer(&with_machine(&machine, &settings, figures), |page| {
            let bad = |count: u64| {
                let style = if count > 0 { Style::Bad } else { Style::Good };
                Cell::new(count.to_string()).styled(style)
            };
            let beating = std::slice::from_ref(&live.beating);
            tables::calls(*page, beating)
                + &tables::offered(*page, beating)
                + &tables::used(*page, beating)
                + "\n"
                + &page.details(&[
                    ("sessions live", Cell::new(live.sessions.to_string())),
                    ("acquired at", Cell::new(format!("{:.0}/s", live.acquiring.rate()))),
                    ("heartbeats that kept them", Cell::new(live.kept.to_string())),
                    ("of them late", bad(live.late)),
                    ("heartbeats unanswered", bad(live.unanswered)),
                    ("sessions lost", bad(live.lost)),
                ])
        })?;
        if live.sessions < self.sessions {
            remark("Not every session could be acquired; the license may have too few seats.");
            return Err(Failure::Code(1));
        }
        if live.lost > 0 { Err(Failure::Code(1)) } else { Ok(()) }
    }

    fn settings(&self, watched: Duration) -> Vec<(&'static str, String)> {
        let mut settings = self.target.settings();
        settings.extend([
            ("sessions", self.sessions.to_string()),
            ("interval", format!("{:?}", self.interval)),
            ("duration", format!("{watched:?}")),
            ("clients", self.clients.to_string()),
            ("late after", format!("{:?}", self.late_after)),
        ]);
        settings.extend(self.per_call.map(|per_call| ("per call", per_call.to_string())));
        settings
    }
}
