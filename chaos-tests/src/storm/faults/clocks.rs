//! Wall clocks that are wrong.

use std::ops::Range;
use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use crate::storm::site::Site;

const HOUR_MS: f64 = 3_600_000.0;

/// By how much each kind is off, either way.
pub(super) const MOMENT_MS: Range<f64> = 50.0..5_000.0;
pub(super) const HOURS_MS: Range<f64> = HOUR_MS..48.0 * HOUR_MS;
pub(super) const YEARS_MS: Range<f64> = 8_766.0 * HOUR_MS..20.0 * 8_766.0 * HOUR_MS;

pub(super) async fn step(site: &Site, machine: usize, span: Duration, chance: f64, range: Range<f64>) -> Result<()> {
    // One at a time: when a majority of clocks agrees on another year, it is that year.
    let _clock = site.clock_is_wrong.lock().await;
    let clock = site.machines[machine].lock().await.clock.clone();
    let (sign, chance) = if chance < 0.5 {
        (-1.0, chance * 2.0)
    } else {
        (1.0, chance * 2.0 - 1.0)
    };
    let ahead_ms = whole(sign * (range.start + (range.end - range.start) * chance));
    clock.set(ahead_ms)?;
    sleep(span).await;
    let seen = site.clock_offset_ms(machine).await;
    if seen.is_some_and(|seen| seen > ahead_ms.unsigned_abs() / 2) {
        site.had_effect("a wrong wall clock was seen by the leader");
    }
    clock.set(0)
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "some years of milliseconds are exact in either type"
)]
fn whole(number: f64) -> i64 {
    number as i64
}
