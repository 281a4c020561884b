//! Runs seeds of the simulation.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people, on a terminal or in a test's log"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use chaos_tests::seeds::{Batch, Report};
use chaos_tests::simulation::{Outcome, run};
use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs three whole nodes under one seed, with faults, and checks every law.
#[derive(Parser)]
struct Arguments {
    /// Seconds of faults in each run, in simulated time.
    #[arg(long, default_value_t = 40, global = true)]
    seconds: u64,
    #[command(subcommand)]
    run: Run,
}

#[derive(Subcommand)]
enum Run {
    /// One seed, in detail.
    One {
        /// The seed.
        seed: u64,
        /// Tell every event on standard error, with its time.
        #[arg(long)]
        loud: bool,
    },
    /// Seeds twice each; their traces must be equal.
    Twice {
        /// The first seed.
        from: u64,
        /// How many.
        count: u64,
    },
    /// Many seeds, in processes of their own.
    Many {
        /// The first seed.
        from: u64,
        /// How many.
        count: u64,
        /// How many processes at once.
        #[arg(long, default_value_t = 1)]
        jobs: usize,
        /// End at the first seed that breaks a law.
        #[arg(long)]
        until_broken: bool,
        /// A file to add a line of JSON to: what was run, what came of it, and how often each fault happened.
        #[arg(long)]
        results: Option<PathBuf>,
        /// What was run, for that line: a commit.
        #[arg(long, default_value = "")]
        label: String,
    },
    /// Some seeds in this process, a line of JSON each.
    #[command(hide = true)]
    Batch {
        /// The first seed.
        from: u64,
        /// How many.
        count: u64,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let seconds = arguments.seconds;
    let good = match arguments.run {
        Run::One { seed, loud } => one(seed, seconds, loud),
        Run::Twice { from, count } => (from..from + count).all(|seed| twice(seed, seconds)),
        Run::Many {
            from,
            count,
            jobs,
            until_broken,
            results,
            label,
        } => {
            let batch = Batch {
                seconds,
                jobs,
                until_broken,
            };
            match batch.run(from, count) {
                Ok(report) => {
                    // A run that broke something is kept like any other.
                    let kept = keep(&report, results, &label, seconds);
                    tell_all(&report, seconds) && kept
                }
                Err(error) => {
                    eprintln!("simulate: {error:#}");
                    false
                }
            }
        }
        Run::Batch { from, count } => {
            for seed in from..from + count {
                let outcome = run(seed, seconds, false);
                println!("{}", outcome.to_json());
            }
            true
        }
    };
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one(seed: u64, seconds: u64, loud: bool) -> bool {
    let outcome = run(seed, seconds, loud);
    for (trace, hash) in &outcome.traces {
        println!("{trace}: {hash:016x}");
    }
    for (what, count) in &outcome.counts {
        println!("{count:>8} {what}");
    }
    if !outcome.is_hard() {
        println!("too easy to count: no change of the lead, no lost write, or hardly an answer");
    }
    tell(&outcome, seconds)
}

fn twice(seed: u64, seconds: u64) -> bool {
    let (first, second) = (run(seed, seconds, false), run(seed, seconds, false));
    let equal = first.traces == second.traces;
    println!("seed {seed}: {}", if equal { "the same twice" } else { "DIFFERS" });
    for (a, b) in first.traces.iter().zip(&second.traces).filter(|(a, b)| a != b) {
        println!("  {} {:016x} and {} {:016x}", a.0, a.1, b.0, b.1);
    }
    equal && tell(&first, seconds)
}

fn tell(outcome: &Outcome, seconds: u64) -> bool {
    for broken in &outcome.broken {
        println!("BROKEN {broken}");
    }
    if !outcome.broken.is_empty() {
        println!("{}", again(outcome.seed, seconds));
    }
    outcome.broken.is_empty()
}

fn again(seed: u64, seconds: u64) -> String {
    format!(
        "again: cd chaos-tests && cargo run --profile simulation --features simulation --bin simulate -- --seconds \
         {seconds} one {seed}"
    )
}

fn tell_all(report: &Report, seconds: u64) -> bool {
    for (seed, broken) in &report.failed {
        for broken in broken {
            println!("seed {seed}: BROKEN {broken}");
        }
        println!("{}", again(*seed, seconds));
    }
    for (what, count) in &report.counts {
        println!("{count:>10} {what}");
    }
    println!(
        "{} seeds: {} broke a law, {} were hard enough to count",
        report.seeds,
        report.failed.len(),
        report.hard
    );
    report.failed.is_empty()
}

fn keep(report: &Report, results: Option<PathBuf>, label: &str, seconds: u64) -> bool {
    let Some(path) = results else { return true };
    let kept = report.keep(&path, label, seconds);
    if let Err(error) = &kept {
        eprintln!("simulate: {}: {error}", path.display());
    }
    kept.is_ok()
}
