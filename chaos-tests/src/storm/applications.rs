//! Real applications with the Python SDK, in processes of their own, and what they say of their seats.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::programs::mortal;
use super::tally::Applications as Seen;

/// Processes, and what each holds.
const PROCESSES: usize = 3;
const KEEPERS: usize = 5;
const JOBS: usize = 3;

/// Seats for all keepers and some of the jobs, so that some are refused.
pub(super) const SEATS: u32 = 21;

/// The plan's: short enough that a run of minutes sees many beats and could see sessions expire.
pub(super) const TTL_SECONDS: u64 = 45;
pub(super) const HEARTBEAT_SECONDS: u64 = 5;

/// How long a process may take to give its seats back and end.
const END_WITHIN: Duration = Duration::from_secs(60);

/// What one process says.
#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "event")]
    kind: String,
    took: Option<f64>,
    code: Option<String>,
    answered: Option<bool>,
    device: Option<String>,
    to: Option<String>,
    why: Option<String>,
    message: Option<String>,
}

/// How to start them.
pub(super) struct Setting {
    pub(super) python: PathBuf,
    pub(super) program: PathBuf,
    pub(super) folder: PathBuf,
    pub(super) license_key: String,
    pub(super) urls: Vec<String>,
    pub(super) root_file: PathBuf,
    pub(super) ca_file: PathBuf,
}

/// Those that run.
pub(super) struct Applications {
    setting: Setting,
    running: Vec<Running>,
    seen: Arc<Mutex<Seen>>,
}

struct Running {
    child: Child,
    input: Option<ChildStdin>,
    reader: JoinHandle<()>,
}

impl Applications {
    /// Starts them.
    pub(super) fn start(setting: Setting) -> Result<Self> {
        let mut applications = Self {
            setting,
            running: Vec::new(),
            seen: Arc::default(),
        };
        for number in 0..PROCESSES {
            let running = applications.run(number)?;
            applications.running.push(running);
        }
        Ok(applications)
    }

    fn run(&self, number: usize) -> Result<Running> {
        let Setting {
            python,
            program,
            folder,
            license_key,
            urls,
            root_file,
            ca_file,
        } = &self.setting;
        let name = format!("process-{number}");
        let errors = folder.join(format!("{name}.log"));
        let errors = std::fs::OpenOptions::new().create(true).append(true).open(errors)?;
        let mut child = mortal(&python.to_string_lossy())
            .arg(program)
            .args([&name, &KEEPERS.to_string(), &JOBS.to_string()])
            .env("USHER_LICENSE_KEY", license_key)
            .env("USHER_URL", urls.join(","))
            .env("USHER_ROOT", root_file)
            .env("USHER_CACERT", ca_file)
            .env("USHER_STATE_DIR", folder.join(&name))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()?;
        let output = child.stdout.take().context("its output is piped")?;
        let seen = self.seen.clone();
        Ok(Running {
            input: child.stdin.take(),
            child,
            reader: std::thread::spawn(move || read(output, &seen)),
        })
    }

    /// Kills one process without warning, and starts it again: its devices come back while their sessions still live.
    pub(super) fn kill_one(&mut self, number: usize) -> Result<()> {
        let number = number % self.running.len();
        let old = &mut self.running[number];
        ensure!(
            old.child.try_wait()?.is_none(),
            "the applications' process {number} ended by itself; its log is in {}",
            self.setting.folder.display()
        );
        old.child.kill()?;
        old.child.wait()?;
        self.running[number] = self.run(number)?;
        locked(&self.seen).killed += 1;
        Ok(())
    }

    /// What they have seen so far.
    pub(super) fn seen(&self) -> Seen {
        locked(&self.seen).clone()
    }

    /// Ends them in order.
    pub(super) async fn end(mut self) -> Result<Seen> {
        for running in &mut self.running {
            // They end at the end of their input.
            drop(running.input.take());
        }
        let by = Instant::now() + END_WITHIN;
        for mut running in self.running {
            loop {
                if let Some(ended) = running.child.try_wait()? {
                    ensure!(ended.success(), "an application ended with {ended}");
                    break;
                }
                ensure!(Instant::now() < by, "an application does not end within {END_WITHIN:?}");
                sleep(Duration::from_millis(50)).await;
            }
            let _ = running.reader.join();
        }
        Ok(locked(&self.seen).clone())
    }
}

/// The SDK's program beside this crate, and the Python that has the SDK.
pub(super) fn program(repository: &Path) -> (PathBuf, PathBuf) {
    (
        repository.join(".venv/bin/python"),
        repository.join("chaos-tests/applications.py"),
    )
}

fn locked(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(output: ChildStdout, seen: &Mutex<Seen>) {
    for line in BufReader::new(output).lines() {
        let Ok(line) = line else { return };
        // The last line of one that was killed may be half a line.
        if let Ok(event) = serde_json::from_str::<Event>(&line) {
            count(&mut locked(seen), event);
        }
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "seconds of a call, not negative"
)]
fn count(seen: &mut Seen, event: Event) {
    let device = event.device.unwrap_or_default();
    match event.kind.as_str() {
        "acquired" => {
            seen.acquired += 1;
            let took_ms = (event.took.unwrap_or_default() * 1_000.0) as u64;
            seen.acquire_ms_max = seen.acquire_ms_max.max(took_ms);
        }
        "refused" => seen.refused += 1,
        "failed" => {
            let code = event.code.unwrap_or_default();
            println!(
                "  an application's acquire failed: {device} {code} after {} s: {}",
                event.took.unwrap_or_default(),
                event.message.unwrap_or_default()
            );
            *seen.failed.entry(code).or_default() += 1;
        }
        "beat" if event.answered == Some(true) => seen.beats += 1,
        "beat" => seen.beats_missed += 1,
        "degraded" => seen.degraded += 1,
        "lapsed" => {
            let lapsed = format!(
                "{device} to {} ({})",
                event.to.unwrap_or_default(),
                event.why.unwrap_or_default()
            );
            println!("  a seat lapsed: {lapsed}");
            seen.lapsed.push(lapsed);
        }
        _ => {}
    }
}
