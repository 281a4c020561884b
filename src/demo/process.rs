//! The demo's processes: started by it, recorded with what tells them from others, and ended by that record alone.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

/// How long a process may take to end in order.
const END_WITHIN: Duration = Duration::from_secs(15);

/// How often to look whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A process, told apart from a later one with the same number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    /// When it was started, in the kernel's own count.
    started: u64,
    /// What it runs.
    executable: PathBuf,
}

impl Process {
    /// The process that now has this number.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let gone = || format!("the process {pid} ended as soon as it was started");
        let started = started(pid).with_context(gone)?;
        let executable = std::fs::read_link(format!("/proc/{pid}/exe")).with_context(gone)?;
        Ok(Self {
            pid,
            started,
            executable,
        })
    }

    /// Whether it still runs. A process that has ended but was not waited for does not.
    pub(crate) fn runs(&self) -> bool {
        // The executable may have been replaced by a newer build since, which changes the link's text, so the start
        // time is what counts; it is counted from boot and not given twice to one number.
        started(self.pid) == Some(self.started)
    }

    /// Asks it to end, and ends it if it does not.
    pub(crate) async fn stop(&self) -> Result<()> {
        self.signal(Signal::TERM)?;
        if !self.ends_within(END_WITHIN).await {
            tracing::warn!(pid = self.pid, "the process does not end and is killed");
            self.kill().await?;
        }
        Ok(())
    }

    /// Ends it at once, as a power cut would.
    pub(crate) async fn kill(&self) -> Result<()> {
        self.signal(Signal::KILL)?;
        self.ends_within(END_WITHIN).await;
        Ok(())
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let Some(pid) = pid.filter(|pid| self.runs() && test_kill_process(*pid).is_ok()) else {
            return Ok(());
        };
        kill_process(pid, signal).with_context(|| format!("the process {} cannot be ended", self.pid))
    }

    async fn ends_within(&self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        while self.runs() {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(LOOK_EVERY).await;
        }
        true
    }
}

/// When the process of this number was started; `None` if there is none, or it has ended.
fn started(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    // The name in parentheses may hold anything; the fields after it do not.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        None
    } else {
        fields.nth(18)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[tokio::test]
    async fn a_process_is_ended_by_its_record() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::of(child.id()).unwrap();
        assert!(process.runs());
        process.kill().await.unwrap();
        assert!(!process.runs());
        assert!(!child.wait().unwrap().success());
    }

    #[tokio::test]
    async fn another_process_with_the_same_number_is_left_alone() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let mut process = Process::of(child.id()).unwrap();
        process.started += 1;
        process.stop().await.unwrap();
        assert!(child.try_wait().unwrap().is_none(), "it was not ours to end");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
