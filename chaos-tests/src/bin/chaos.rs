//! Faults against real server processes, judged by what clients saw.
#![allow(
    clippy::print_stdout,
    reason = "a program for people, on a terminal or in a test's log"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use chaos_tests::processes::{kill_all, power_cut, rush};
use chaos_tests::storm::{Mistreatment, Storm, Surroundings, mistreat, storm, surroundings};
use clap::{Parser, Subcommand};

/// Breaks a three-node cluster of real processes and checks what its clients saw.
#[derive(Parser)]
struct Arguments {
    /// The usher executable.
    #[arg(long, env = "USHER_BIN", default_value = "target/debug/usher")]
    usher: PathBuf,
    /// A folder for data; a temporary one if not given.
    #[arg(long)]
    data: Option<PathBuf>,
    #[command(subcommand)]
    run: Run,
}

#[derive(Subcommand)]
enum Run {
    /// 1,000 holders ask at once for 100 seats over all nodes, again and again, with leader kills in between.
    Rush {
        /// How often.
        #[arg(long, default_value_t = 50)]
        rounds: usize,
        /// How many ask.
        #[arg(long, default_value_t = 1_000)]
        holders: usize,
    },
    /// All nodes are killed with SIGKILL under load, again and again.
    KillAll {
        /// How often.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Every kind of fault comes down on three machines, while recorded clients and SDK applications hold seats. Needs
    /// root.
    Storm(Storm),
    /// What the storm runs beside a node: takes packets from the kernel's queue and mistreats them.
    #[command(hide = true)]
    Packets {
        /// The queue's number.
        #[arg(long)]
        queue: u16,
        #[command(flatten)]
        how: Mistreatment,
    },
    /// The power of all three disks is cut under load, again and again. Needs root.
    PowerCut {
        /// How often.
        #[arg(long, default_value_t = 20)]
        rounds: usize,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let surroundings = match &arguments.run {
        Run::Packets { queue, how } => return code(mistreat(*queue, *how)),
        Run::Storm(_) => match surroundings() {
            Ok(Some(surroundings)) => Some(surroundings),
            Ok(None) => return ExitCode::SUCCESS,
            Err(error) => return code(Err(error)),
        },
        _ => None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    code(
        runtime
            .map_err(Into::into)
            .and_then(|runtime| runtime.block_on(run(arguments, surroundings))),
    )
}

fn code(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("FAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments, surroundings: Option<Surroundings>) -> Result<()> {
    let data = match arguments.data {
        Some(data) => data,
        None => std::env::temp_dir().join(format!("usher-chaos-{}", std::process::id())),
    };
    std::fs::create_dir_all(&data)?;
    let outcome = match arguments.run {
        Run::Rush { rounds, holders } => rush(&arguments.usher, &data, rounds, holders).await,
        Run::KillAll { rounds } => kill_all(&arguments.usher, &data, rounds).await,
        Run::Storm(asked) => {
            let surroundings = surroundings.context("a storm looks around first")?;
            storm(&arguments.usher, &data, &asked, &surroundings).await
        }
        Run::Packets { .. } => Ok(()),
        Run::PowerCut { rounds } => power_cut(&arguments.usher, &data, rounds).await,
    };
    if outcome.is_ok() {
        // The demo has removed its own part, which may be all there was.
        match std::fs::remove_dir_all(&data) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{} cannot be removed", data.display()));
            }
            _ => {}
        }
    } else {
        println!("the data is left in {}", data.display());
    }
    outcome
}
