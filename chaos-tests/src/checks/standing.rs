//! When session time may have stood still.

use crate::history::{Call, History, Told, Us};

/// When the cluster may have stood still: the gaps in which no client had an answer. Session time passes at least
/// outside of them.
pub(super) struct Standing<'a> {
    gaps: Vec<(Us, Us)>,
    led_anew: &'a [Us],
}

/// Shorter gaps are calls on their way, not a cluster without a leader.
const GAP_MIN: Us = 500_000;

/// Session time may run this much behind: the leader ticks every half second.
pub(super) const TICK: Us = 1_000_000;

impl<'a> Standing<'a> {
    pub(super) fn of(history: &'a History) -> Self {
        let told = |call: &&Call| !matches!(call.told, Told::Unknown | Told::NotDone);
        let mut answers: Vec<Us> = history
            .calls
            .iter()
            .filter(told)
            .filter_map(|call| call.answered)
            .collect();
        answers.sort_unstable();
        let gaps = answers.windows(2).map(|pair| (pair[0], pair[1]));
        Self {
            gaps: gaps.filter(|(from, to)| to - from >= GAP_MIN).collect(),
            led_anew: &history.led_anew,
        }
    }

    /// The latest moment at which `span` of session time has passed since `from`.
    pub(super) fn after(&self, from: Us, span: Us) -> Us {
        // The leader's clock is slewed by a thousandth at most.
        let mut until = from + span + span / 500 + TICK;
        // Each leader measures from its own beginning, up to a tick after its predecessor's last entry.
        let anew = self.led_anew.iter().filter(|at| **at > from && **at < until).count();
        until += anew as u64 * TICK;
        for (stood, went_on) in &self.gaps {
            if *went_on > from && *stood < until {
                until += went_on - (*stood).max(from);
            }
        }
        until
    }
}
