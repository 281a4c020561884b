//! The law of what is kept of the history.

use crate::command::Command;
use crate::invariant::step::Step;
use crate::invariant::{Verdict, require};
use crate::retention::{CLOCK_STEP_MAX, History, days_before};

/// KeptAsSaid: history is dropped by ticks alone, none that is younger than it is to be kept, none within a day of a change
/// of that or of a step of the clock by days, and what is gone does not come back.
pub fn kept_as_said(step: Step<'_>) -> Verdict {
    let Step {
        before,
        after,
        proposal,
        ..
    } = step;
    let said = &before.retention;
    for history in History::ALL {
        let (was, is) = (said.kept_from.of(history), after.kept_from().of(history));
        let is_time = after.at() >= said.drops_from && after.at().since(before.at) <= CLOCK_STEP_MAX;
        let may_drop = proposal.command == Command::Tick && is_time;
        let days = said.days(history).filter(|_| may_drop);
        let is_old = days.is_some_and(|days| is <= days_before(after.at(), days));
        require("KeptAsSaid", was == is || (is > was && is_old), || {
            format!("{} are kept from {is:?} on, and were from {was:?}", history.name())
        })?;
    }
    Ok(())
}
