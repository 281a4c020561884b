//! `usher bench sessions`: sessions that stay.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::tables;
use super::target::{Target, with_machine};
use crate::bench::{Machine, Sessions as Acquiring};
use crate::cli::output::Output;
use crate::cli::{Answered, Failure};
use crate::private;

/// Acquire many sessions of distinct holders and leave them live
#[derive(Debug, Args)]
pub(super) struct Sessions {
    #[command(flatten)]
    target: Target,

    /// How many sessions
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    count: u64,

    /// How many clients acquire at once
    #[arg(long, value_name = "N", default_value_t = 64)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    clients: u32,

    /// Write the sessions' secret ids into this file, one per line, readable by you alone
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

impl Sessions {
    pub(super) async fn run(self, output: Output) -> Answered {
        let plan = acquiring(&self.target, self.count, self.clients)?;
        let (mut report, sessions) = plan.run(self.target.used().await?).await;
        tables::check_answered(&report)?;
        if let Some(path) = &self.save {
            let mut lines: String = sessions.iter().flat_map(|id| [id, "\n"]).collect();
            let saved = private::write(path, lines.as_bytes());
            zeroize::Zeroize::zeroize(&mut lines);
            saved.with_context(|| format!("--save: {} cannot be written", path.display()))?;
        }
        let mut settings = self.target.settings();
        settings.push(("count", self.count.to_string()));
        settings.push(("clients", self.clients.to_string()));
        let figures = json!({"sessions": sessions.len(), "acquiring": report.to_json()});
        output.answer(&with_machine(&Machine::this(), &settings, figures), |page| {
            report.gaps.clear();
            let reports = std::slice::from_ref(&report);
            tables::calls(*page, reports)
                + &tables::used(*page, reports)
                + &format!("{} sessions are live.\n", sessions.len())
        })?;
        Ok(())
    }
}

/// Acquires so many sessions.
pub(super) fn acquiring(target: &Target, count: u64, clients: u32) -> Result<Acquiring, Failure> {
    let clients = usize::try_from(clients)?;
    Ok(Acquiring {
        license_key: target.license_key()?,
        nodes: target.nodes()?,
        count,
        clients,
    })
}
