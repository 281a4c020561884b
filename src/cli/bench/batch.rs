//! `usher bench batch`: heartbeats of many sessions with one call, as fast as they are answered.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::sessions::acquiring;
use super::tables;
use super::target::{Target, Token, with_machine};
use crate::bench::{Batch as Beating, Machine};
use crate::cli::output::{Output, remark};
use crate::cli::{Answered, words};

/// Acquire many sessions, then beat for them in batches
#[derive(Debug, Args)]
pub(super) struct Batch {
    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    token: Token,

    /// How many sessions
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
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
}

impl Batch {
    pub(super) async fn run(self, output: Output) -> Answered {
        let token = self.token.required()?;
        let plan = acquiring(&self.target, self.sessions, self.clients)?;
        let used = self.target.used().await?;
        remark(&format!("Acquiring {} sessions …", self.sessions));
        let (acquired, sessions) = plan.run(None).await;
        tables::check_answered(&acquired)?;
        let held = sessions.len();
        let batch = Beating {
            nodes: self.target.nodes()?,
            token,
            sessions,
            per_call: usize::try_from(self.per_call)?,
            clients: usize::try_from(self.clients)?,
            duration: self.duration,
            used,
        };
        let report = batch.run().await;
        tables::check_answered(&report)?;
        let per_call = usize::try_from(self.per_call)?.min(held);
        let beats = report.rate() * f64::from(u32::try_from(per_call)?);
        let mut settings = self.target.settings();
        settings.extend([
            ("sessions", self.sessions.to_string()),
            ("per call", self.per_call.to_string()),
            ("clients", self.clients.to_string()),
            ("duration", format!("{:?}", self.duration)),
        ]);
        let figures = json!({"sessions": held, "heartbeats_rate": beats.round(), "calls": report.to_json()});
        output.answer(&with_machine(&Machine::this(), &settings, figures), |page| {
            let reports = std::slice::from_ref(&report);
            tables::calls(*page, reports) + &tables::used(*page, reports) + &format!("{beats:.0} heartbeats/s\n")
        })?;
        Ok(())
    }
}
