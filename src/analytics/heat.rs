//! Which hours of the week are busy.

use licensing::time::At;

use super::fold::fold_events;
use super::history::History;
use super::{DAY_MS, HOUR_MS};

/// Hours of a week.
const CELLS: usize = 7 * 24;

/// 1970 began on a Thursday, and weeks begin on Mondays here.
const EPOCH_WEEKDAY: u64 = 3;

/// One hour of the week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Seats in use times milliseconds.
    seat_ms: u128,
    /// Milliseconds of the period that lie in it.
    pub(crate) ms: u64,
    /// The most seats at any moment.
    pub(crate) peak: u32,
    /// Refusals, retries folded.
    pub(crate) refusals: u64,
}

impl Cell {
    /// Seats in use on average, weighted by time; `None` if the period has no such hour.
    pub(crate) fn mean(self) -> Option<f64> {
        (self.ms > 0).then(|| self.seat_ms as f64 / self.ms as f64)
    }
}

/// The week's hours, from Monday 0:00 on, on a clock that is so many minutes ahead of UTC.
pub(crate) fn heat(history: &History, minutes_ahead: i32) -> Vec<Cell> {
    let mut cells = vec![Cell::default(); CELLS];
    for (from, to, step) in history.stretches() {
        let (mut at, end) = (local_ms(from, minutes_ahead), local_ms(to, minutes_ahead));
        let cell = &mut cells[hour_of_week(at)];
        cell.peak = cell.peak.max(step.in_use);
        while at < end {
            let next = (at / HOUR_MS + 1) * HOUR_MS;
            let ms = next.min(end) - at;
            let cell = &mut cells[hour_of_week(at)];
            cell.seat_ms += u128::from(step.in_use) * u128::from(ms);
            cell.ms += ms;
            cell.peak = cell.peak.max(step.in_use);
            at = next;
        }
    }
    for row in fold_events(history) {
        cells[hour_of_week(local_ms(row.first, minutes_ahead))].refusals += 1;
    }
    cells
}

fn local_ms(at: At, minutes_ahead: i32) -> u64 {
    at.ms().saturating_add_signed(i64::from(minutes_ahead) * 60_000)
}

fn hour_of_week(local_ms: u64) -> usize {
    let day = (local_ms / DAY_MS + EPOCH_WEEKDAY) % 7;
    let hour = local_ms % DAY_MS / HOUR_MS;
    usize::try_from(day * 24 + hour).expect("a week has 168 hours")
}
