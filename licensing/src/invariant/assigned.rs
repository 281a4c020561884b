//! The laws of seats that are assigned by name.

use std::collections::BTreeSet;

use crate::catalogue::HolderPolicy;
use crate::invariant::step::{Step, assigned};
use crate::invariant::{Verdict, require};

/// NeverOverassigned: no seat is assigned while as many are as the license has, and one at a time.
pub fn never_overassigned(step: Step<'_>) -> Verdict {
    for license in step.after.licenses(None) {
        let before = step.before.assigned.get(&license.id).map_or(0, BTreeSet::len);
        let after = assigned(step.after, license.id).len();
        let of_plan = step.after.plan(license.plan).map_or(0, |plan| plan.terms.seats);
        let seats = license.seats.unwrap_or(of_plan) as usize;
        let is_lawful = after <= before || (after == before + 1 && after <= seats);
        require("NeverOverassigned", is_lawful, || {
            format!("{} went from {before} to {after} of {seats} seats", license.id)
        })?;
    }
    Ok(())
}

/// NamedSeatsAreAssigned: where a plan says that seats are assigned, nobody else is granted one.
pub fn named_seats_are_assigned(step: Step<'_>) -> Verdict {
    for session in step.after.sessions(None) {
        if step.before.sessions.contains_key(&session.no) {
            continue;
        }
        let license = step.after.license(session.license);
        let plan = license.and_then(|license| step.after.plan(license.plan));
        let is_named = plan.is_some_and(|plan| plan.terms.holder == HolderPolicy::NamedUser);
        let is_assigned = step.after.assignment(session.license, session.holder).is_some();
        require("NamedSeatsAreAssigned", !is_named || is_assigned, || {
            format!(
                "session {} of {} was granted to somebody else",
                session.no, session.license
            )
        })?;
    }
    Ok(())
}

/// UnassignedAtOnce: with an assignment that is taken away end the sessions that were held by it.
pub fn unassigned_at_once(step: Step<'_>) -> Verdict {
    for (license, before) in &step.before.assigned {
        for holder in before.difference(&assigned(step.after, *license)) {
            let held = step.after.sessions_of(*license, None);
            let is_held = held.filter(|session| session.holder == *holder).count() > 0;
            require("UnassignedAtOnce", !is_held, || {
                format!("{holder} holds a seat of {license} that was taken away")
            })?;
        }
    }
    Ok(())
}
