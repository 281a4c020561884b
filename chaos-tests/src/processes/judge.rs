//! Whether what clients saw was lawful.

use anyhow::{Result, bail, ensure};

use super::load::{SEATS, TTL_SECONDS};
use crate::checks::{self, Terms};
use crate::client::Recorder;
use crate::history::Told;

pub(super) fn judge(recorder: &Recorder, terms: &Terms) -> Result<()> {
    let broken = checks::all(&recorder.history(), terms);
    ensure!(broken.is_empty(), "{} laws broken: {}", broken.len(), broken.join("; "));
    Ok(())
}

/// The same for the usual load, of which there must have been enough.
pub(super) fn judge_load(recorder: &Recorder) -> Result<()> {
    let history = recorder.history();
    let held = history
        .calls
        .iter()
        .filter(|call| matches!(call.told, Told::Held { .. }))
        .count();
    if held < 100 {
        bail!("only {held} calls were answered: the run says nothing");
    }
    judge(
        recorder,
        &Terms {
            seats: SEATS as usize,
            ttl: TTL_SECONDS * 1_000_000,
        },
    )
}
