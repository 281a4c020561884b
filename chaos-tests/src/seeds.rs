//! Many seeds of the simulation, in processes of their own: a panic inside a simulated node may end its process, and one
//! process can run one simulation at a time.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What one seed came to, as one process tells another.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    /// The seed.
    pub seed: u64,
    /// Broken laws.
    pub broken: Vec<String>,
    /// Whether it was hard enough to count.
    pub hard: bool,
    /// How often each fault and answer happened.
    pub counts: BTreeMap<String, u64>,
}

/// What many seeds came to.
#[derive(Debug, Default)]
pub struct Report {
    /// How many were run.
    pub seeds: u64,
    /// How many were hard enough to count.
    pub hard: u64,
    /// Those that broke something.
    pub failed: BTreeMap<u64, Vec<String>>,
    /// How often each fault and answer happened in all of them.
    pub counts: BTreeMap<String, u64>,
}

/// How to run many seeds.
#[derive(Debug, Clone, Copy)]
pub struct Batch {
    /// Seconds of faults in each.
    pub seconds: u64,
    /// How many processes at once.
    pub jobs: usize,
    /// Whether to end at the first that breaks something.
    pub until_broken: bool,
}

/// A process runs so many seeds, so that starting it costs little.
const SEEDS_PER_PROCESS: u64 = 10;

struct State {
    next: u64,
    end: u64,
    report: Report,
}

impl Batch {
    /// Runs `count` seeds from `from` on.
    ///
    /// # Errors
    ///
    /// A process could not be started.
    pub fn run(&self, from: u64, count: u64) -> Result<Report> {
        let state = Mutex::new(State {
            next: from,
            end: from.saturating_add(count),
            report: Report::default(),
        });
        thread::scope(|scope| {
            let workers: Vec<_> = (0..self.jobs.max(1))
                .map(|_| scope.spawn(|| self.work(&state)))
                .collect();
            workers
                .into_iter()
                .try_for_each(|worker| worker.join().expect("a worker does not panic"))
        })?;
        Ok(state.into_inner().unwrap_or_else(PoisonError::into_inner).report)
    }

    fn work(&self, state: &Mutex<State>) -> Result<()> {
        loop {
            let (mut seed, end) = {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                let stop = self.until_broken && !state.report.failed.is_empty();
                if state.next >= state.end || stop {
                    return Ok(());
                }
                let seed = state.next;
                // One by one where it is to end at the first: none is run that need not be.
                let count = if self.until_broken { 1 } else { SEEDS_PER_PROCESS };
                state.next = seed.saturating_add(count).min(state.end);
                (seed, state.next)
            };
            while seed < end {
                let told = |told: Told| {
                    let next = told.seed + 1;
                    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                    state.report.add(told);
                    state.report.tell_progress();
                    next
                };
                seed = self.process(seed, end, told)?;
            }
        }
    }

    /// Runs the seeds from `seed` on in one process until `end` or until it dies, and gives the next one to run.
    fn process(&self, mut seed: u64, end: u64, mut tell: impl FnMut(Told) -> u64) -> Result<u64> {
        let mut child = self.start(seed, end - seed)?;
        let lines = BufReader::new(child.stdout.take().context("a piped output")?).lines();
        for line in lines {
            let told = serde_json::from_str(&line?).context("what a process told of a seed")?;
            seed = tell(told);
        }
        let mut why = String::new();
        child
            .stderr
            .take()
            .context("a piped output")?
            .read_to_string(&mut why)?;
        child.wait()?;
        if seed < end {
            let last: Vec<&str> = why.lines().filter(|line| !line.is_empty()).take(6).collect();
            seed = tell(Told {
                seed,
                broken: vec![format!("the process ended: {}", last.join(" | "))],
                hard: false,
                counts: BTreeMap::new(),
            });
        }
        Ok(seed)
    }

    fn start(&self, seed: u64, count: u64) -> Result<Child> {
        Command::new(std::env::current_exe()?)
            .args([
                "batch",
                &seed.to_string(),
                &count.to_string(),
                "--seconds",
                &self.seconds.to_string(),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("a process for some seeds")
    }
}

impl Report {
    fn add(&mut self, told: Told) {
        self.seeds += 1;
        self.hard += u64::from(told.hard);
        for (what, count) in told.counts {
            *self.counts.entry(what).or_default() += count;
        }
        if !told.broken.is_empty() {
            self.failed.insert(told.seed, told.broken);
        }
    }

    /// One line in a hundred seeds, on standard error.
    fn tell_progress(&self) {
        if self.seeds.is_multiple_of(100) {
            let failed: Vec<u64> = self.failed.keys().copied().collect();
            // Nobody who listens is no reason to end.
            let _ = writeln!(
                std::io::stderr(),
                "{} seeds so far; a law was broken in {failed:?}",
                self.seeds
            );
        }
    }

    /// Adds a line to a file of results; each seed had so many seconds of faults.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn keep(&self, path: &Path, label: &str, seconds: u64) -> std::io::Result<()> {
        let failed: Vec<u64> = self.failed.keys().copied().collect();
        let line = json!({
            "commit": label, "seconds": seconds, "seeds": self.seeds, "hard": self.hard, "failed": failed, "counts": self.counts,
        });
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        writeln!(file, "{line}")
    }
}
