//! Runs seeds of the simulation.
#![allow(
    clippy::print_stdout,
    reason = "a program for people, on a terminal or in a test's log"
)]

use std::process::ExitCode;

use chaos_tests::simulation::{Outcome, run};
use clap::{Parser, Subcommand};

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
    },
    /// Seeds twice each; their traces must be equal.
    Twice {
        /// The first seed.
        from: u64,
        /// How many.
        count: u64,
    },
    /// Many seeds.
    Many {
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
        Run::One { seed } => {
            let outcome = run(seed, seconds);
            for (trace, hash) in &outcome.traces {
                println!("{trace}: {hash:016x}");
            }
            println!("{:?}", outcome.counts);
            tell(&outcome, seconds)
        }
        Run::Twice { from, count } => (from..from + count).all(|seed| {
            let (first, second) = (run(seed, seconds), run(seed, seconds));
            let equal = first.traces == second.traces;
            println!("seed {seed}: {}", if equal { "the same twice" } else { "DIFFERS" });
            for (a, b) in first.traces.iter().zip(&second.traces).filter(|(a, b)| a != b) {
                println!("  {} {:016x} and {} {:016x}", a.0, a.1, b.0, b.1);
            }
            equal && tell(&first, seconds)
        }),
        Run::Many { from, count } => {
            let mut bad = 0;
            for seed in from..from + count {
                // The seed first: a panic in a simulated node may end the process.
                println!("seed {seed}");
                if !tell(&run(seed, seconds), seconds) {
                    bad += 1;
                }
            }
            println!("{} passed, {bad} failed", count - bad);
            bad == 0
        }
    };
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(outcome: &Outcome, seconds: u64) -> bool {
    for broken in &outcome.broken {
        println!("BROKEN {broken}");
    }
    if !outcome.broken.is_empty() {
        println!(
            "again: cargo run --features simulation --bin simulate -- --seconds {seconds} one {}",
            outcome.seed
        );
    }
    outcome.broken.is_empty()
}
