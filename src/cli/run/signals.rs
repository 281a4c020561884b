//! Signals while a command runs under a seat.

use std::future::poll_fn;
use std::task::Poll;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;
use tokio::signal::unix::{self, SignalKind};

/// What ends a process that does not catch it, and would leave the seat behind.
const CAUGHT: [Signal; 4] = [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT];

/// The signals that are caught.
pub(super) struct Signals(Vec<(Signal, unix::Signal)>);

impl Signals {
    /// Catches them from now on. One that this process was started to ignore, as under nohup, stays ignored: the command
    /// inherits that, and would not if it were caught.
    pub(super) fn catch() -> anyhow::Result<Self> {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let wanted = CAUGHT.into_iter().filter(|signal| !is_ignored(&status, *signal));
        let catch = |signal: Signal| Ok((signal, unix::signal(SignalKind::from_raw(signal.as_raw()))?));
        let caught: std::io::Result<Vec<_>> = wanted.map(catch).collect();
        caught.map(Self).context("signals cannot be caught")
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Signal {
        poll_fn(|context| {
            for (signal, stream) in &mut self.0 {
                if let Poll::Ready(Some(())) = stream.poll_recv(context) {
                    return Poll::Ready(*signal);
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// Passes a signal to the command. What is typed at a terminal has reached it already, and it decides what that means.
pub(super) fn pass_on(signal: Signal, child: &Child) {
    let typed = [Signal::INT, Signal::QUIT].contains(&signal);
    let pid = child
        .id()
        .and_then(|pid| i32::try_from(pid).ok())
        .and_then(Pid::from_raw);
    if let Some(pid) = pid.filter(|_| !typed)
        && let Err(error) = kill_process(pid, signal)
    {
        tracing::debug!(%error, "the command has ended before the signal");
    }
}

/// Whether the kernel's account of a process says that it ignores a signal.
fn is_ignored(status: &str, signal: Signal) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal.as_raw() - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_ignores_is_read_from_the_kernels_account() {
        let status = "Name:\tusher\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000000003\nSigCgt:\t0\n";
        let ignored = CAUGHT.map(|signal| is_ignored(status, signal));
        assert_eq!(ignored, [false, true, true, false]);
        assert!(!is_ignored("", Signal::HUP));
    }
}
