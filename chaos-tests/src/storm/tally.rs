//! What a run came to, counted.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::history::{History, Told};

/// Of a thousand acquires, more than this many must be answered.
const ACQUIRES_MIN: f64 = 99.9;

/// Of ten thousand heartbeats that were due, more than this many must be answered before the token's life ends.
const BEATS_MIN: f64 = 99.99;

/// What applications saw of the SDK.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Applications {
    /// Acquires that gave a seat.
    pub(super) acquired: u64,
    /// Acquires that were refused at a limit, which is an answer.
    pub(super) refused: u64,
    /// Acquires that gave neither, by code.
    pub(super) failed: BTreeMap<String, u64>,
    /// Heartbeats that were answered.
    pub(super) beats: u64,
    /// Attempts at a heartbeat that were not, after which the SDK tried again.
    pub(super) beats_missed: u64,
    /// Times that an application was told that no server answers, while its token was still alive.
    pub(super) degraded: u64,
    /// Seats that the SDK should have kept and did not: the token's life ended, or the session.
    pub(super) lapsed: Vec<String>,
    /// Applications that were killed and started again.
    pub(super) killed: u64,
    /// The longest that an acquire which succeeded took, in milliseconds.
    pub(super) acquire_ms_max: u64,
}

impl Applications {
    /// Of a hundred acquires, how many were answered.
    pub(super) fn acquire_percent(&self) -> f64 {
        percent(self.acquired + self.refused, self.failed.values().sum())
    }

    /// Of a hundred heartbeats that were due, how many were answered in time.
    pub(super) fn beat_percent(&self) -> f64 {
        percent(self.beats, self.lapsed.len() as u64)
    }

    /// What of the promise was not kept.
    pub(super) fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        if self.acquired == 0 || self.beats == 0 {
            broken.push("the applications had no answers: the run says nothing of the SDK".to_owned());
        }
        if self.acquire_percent() <= ACQUIRES_MIN {
            let (percent, failed) = (self.acquire_percent(), &self.failed);
            broken.push(format!(
                "of the applications' acquires only {percent:.3} % were answered: {failed:?}"
            ));
        }
        if self.beat_percent() <= BEATS_MIN {
            let (percent, lapsed) = (self.beat_percent(), self.lapsed.join("; "));
            broken.push(format!(
                "only {percent:.4} % of heartbeats were answered in time: {lapsed}"
            ));
        }
        broken
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
fn percent(good: u64, bad: u64) -> f64 {
    if good + bad == 0 {
        return 100.0;
    }
    good as f64 * 100.0 / (good + bad) as f64
}

/// A whole run.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Tally {
    pub(super) seed: u64,
    pub(super) minutes: f64,
    pub(super) label: String,
    pub(super) rounds: u64,
    /// How often each fault was brought down.
    pub(super) faults: BTreeMap<&'static str, u64>,
    /// How often what a fault is for was seen to happen.
    pub(super) effects: BTreeMap<&'static str, u64>,
    /// Faults that cannot be made here.
    pub(super) skipped: Vec<&'static str>,
    /// Calls of the recorded clients, and their answers.
    pub(super) calls: u64,
    pub(super) answers: u64,
    pub(super) refusals: BTreeMap<String, u64>,
    /// Histories that all laws were checked on.
    pub(super) histories: u64,
    pub(super) leader_changes: u64,
    /// How long it took until the cluster was whole when faults had ended, in milliseconds.
    pub(super) healed_ms: Vec<u64>,
    pub(super) applications: Applications,
    pub(super) acquire_percent: f64,
    pub(super) beat_percent: f64,
    pub(super) broken: Vec<String>,
}

impl Tally {
    /// Adds what a round's recorded clients saw.
    pub(super) fn add(&mut self, history: &History) {
        self.histories += 1;
        self.calls += history.calls.len() as u64;
        for call in &history.calls {
            self.answers += u64::from(call.answered.is_some());
            if let Told::Refused { code } = &call.told {
                *self.refusals.entry(code.clone()).or_default() += 1;
            }
        }
    }

    fn healed(&self) -> (u64, u64) {
        let mut healed = self.healed_ms.clone();
        healed.sort_unstable();
        let middle = healed.get(healed.len() / 2).copied().unwrap_or_default();
        (middle, healed.last().copied().unwrap_or_default())
    }

    /// Says it to people.
    pub(super) fn print(&self) {
        let faults: u64 = self.faults.values().sum();
        println!(
            "\nstorm, seed {}: {:.1} minutes, {} rounds",
            self.seed, self.minutes, self.rounds
        );
        println!("{faults} faults:");
        for (name, times) in &self.faults {
            println!("  {times:>4} × {name}");
        }
        println!("of which were seen:");
        for (effect, times) in &self.effects {
            println!("  {times:>4} × {effect}");
        }
        let refusals: Vec<String> = self
            .refusals
            .iter()
            .map(|(code, times)| format!("{code} {times}"))
            .collect();
        println!(
            "recorded clients: {} calls, {} answers; refused: {}; all laws checked on {} histories",
            self.calls,
            self.answers,
            refusals.join(", "),
            self.histories
        );
        let (middle, longest) = self.healed();
        println!(
            "the lead changed {} times; whole again after {middle} ms (median), {longest} ms (longest)",
            self.leader_changes
        );
        let seen = &self.applications;
        println!(
            "applications: {} seats acquired, {} refused at the limit, {} acquires failed: {:.3} % answered (longest {} ms)",
            seen.acquired,
            seen.refused,
            seen.failed.values().sum::<u64>(),
            self.acquire_percent,
            seen.acquire_ms_max
        );
        println!(
            "applications: {} heartbeats answered ({} attempts missed, {} times degraded), {} seats lapsed: {:.4} % in time; {} killed",
            seen.beats,
            seen.beats_missed,
            seen.degraded,
            seen.lapsed.len(),
            self.beat_percent,
            seen.killed
        );
        for broken in &self.broken {
            println!("BROKEN: {broken}");
        }
    }

    /// Appends it to a file of such lines.
    pub(super) fn append(&self, file: &Path) -> Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(file)?;
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        file.write_all(&line)?;
        Ok(())
    }

    /// How long it ran.
    pub(super) fn took(&mut self, took: Duration) {
        self.minutes = took.as_secs_f64() / 60.0;
        self.acquire_percent = self.applications.acquire_percent();
        self.beat_percent = self.applications.beat_percent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_lapse_in_ten_thousand_heartbeats_is_too_many() {
        let mut seen = Applications {
            acquired: 999,
            refused: 2,
            beats: 9_999,
            ..Applications::default()
        };
        assert!(seen.broken().is_empty());
        seen.lapsed.push("somebody's".to_owned());
        assert_eq!(seen.broken().len(), 1);
        seen.failed.insert("NO_LEADER".to_owned(), 2);
        assert_eq!(seen.broken().len(), 2);
    }
}
