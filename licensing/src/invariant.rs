//! The laws, each a checker of its name.
//!
//! Those of this file look at a ledger, those of `step` at one step of it: what was before, what was asked and answered,
//! what is after. They look at rows and answers only, never at how a decision was made, and go through every row: they
//! are for tests, simulations and audits of a copy, not for the way of a request.

mod assigned;
mod kept;
mod step;

pub use assigned::{named_seats_are_assigned, never_overassigned, unassigned_at_once};
pub use kept::kept_as_said;
pub use step::{
    Before, Step, an_owner_stays, audit_complete, check_step, clock_monotone, honest_denial, never_expired_early,
    never_oversold, released_once, token_ends_first,
};

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{HolderKey, LicenseId, PersonId};
use crate::ledger::Ledger;
use crate::person::LOGINS_PER_PERSON_MAX;
use crate::time::Hour;

/// A law that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{law} is broken: {detail}")]
pub struct Broken {
    /// Which.
    pub law: &'static str,
    /// By what.
    pub detail: String,
}

type Verdict = Result<(), Broken>;

fn require(law: &'static str, holds: bool, detail: impl FnOnce() -> String) -> Verdict {
    if holds {
        Ok(())
    } else {
        Err(Broken { law, detail: detail() })
    }
}

/// Every law of a ledger.
pub fn check_ledger(ledger: &Ledger) -> Verdict {
    one_seat_per_holder(ledger)?;
    ghosts_hold_no_seat(ledger)?;
    live_or_ended(ledger)?;
    usage_shows_held_seats(ledger)?;
    logins_are_of_enabled_people(ledger)?;
    indexes_follow_rows(ledger)?;
    digest_follows_rows(ledger)
}

/// OneSeatPerHolder: a license's seats are its holders with a live session, and each is counted once.
pub fn one_seat_per_holder(ledger: &Ledger) -> Verdict {
    let mut counted: BTreeMap<LicenseId, (BTreeSet<HolderKey>, usize)> = BTreeMap::new();
    for session in ledger.sessions(None) {
        let (holders, sessions) = counted.entry(session.license).or_default();
        holders.insert(session.holder);
        *sessions += 1;
    }
    for license in ledger.licenses(None) {
        let (holders, sessions) = counted
            .get(&license.id)
            .map_or((0, 0), |(holders, sessions)| (holders.len(), *sessions));
        let said = ledger
            .seats(license.id)
            .map(|seats| (seats.in_use as usize, seats.sessions as usize));
        require("OneSeatPerHolder", said == Some((holders, sessions)), || {
            format!(
                "{} has {holders} holders with {sessions} sessions, the ledger says {said:?}",
                license.id
            )
        })?;
    }
    Ok(())
}

/// A holder is a ghost only while it has no live session: nobody is counted twice.
pub fn ghosts_hold_no_seat(ledger: &Ledger) -> Verdict {
    let holders: BTreeSet<_> = ledger
        .sessions(None)
        .map(|session| (session.license, session.holder))
        .collect();
    for license in ledger.licenses(None) {
        let mut ghosts = 0;
        for ghost in ledger.ghosts_of(license.id) {
            ghosts += 1;
            require(
                "GhostsHoldNoSeat",
                !holders.contains(&(ghost.license, ghost.holder)),
                || format!("{} of {} is a ghost and holds a seat", ghost.holder, ghost.license),
            )?;
        }
        let said = ledger.seats(license.id).map(|seats| seats.ghosts);
        require("GhostsHoldNoSeat", said == Some(ghosts), || {
            format!("{} has {ghosts} ghosts, the ledger says {said:?}", license.id)
        })?;
    }
    Ok(())
}

/// ReleasedOnce, as rows show it: a session is live or it has ended, never both.
pub fn live_or_ended(ledger: &Ledger) -> Verdict {
    ledger.sessions(None).try_for_each(|session| {
        require("ReleasedOnce", ledger.ended_session(session.no).is_none(), || {
            format!("session {} is live and has ended", session.no)
        })
    })
}

/// A license with held seats has an open usage hour that shows at least these.
pub fn usage_shows_held_seats(ledger: &Ledger) -> Verdict {
    for license in ledger.licenses(None) {
        let held = ledger.seats(license.id).map_or(0, |seats| seats.in_use);
        let hour = ledger.usage_open(license.id);
        require(
            "UsageShowsHeldSeats",
            held == 0 || hour.is_some_and(|hour| hour.peak >= held),
            || format!("{} holds {held} seats in {hour:?}", license.id),
        )?;
        require(
            "UsageShowsHeldSeats",
            hour.is_none_or(|hour| hour.hour <= Hour::of(ledger.at())),
            || format!("{} has an hour of the future", license.id),
        )?;
    }
    Ok(())
}

/// Whoever is signed in is enabled and has a password or an account that a provider vouches for, and nobody has more
/// logins than one person may.
pub fn logins_are_of_enabled_people(ledger: &Ledger) -> Verdict {
    let mut logins: BTreeMap<PersonId, usize> = BTreeMap::new();
    for login in ledger.people.logins.iter() {
        *logins.entry(login.person).or_default() += 1;
    }
    for (person, count) in logins {
        let is_linked = ledger.identities_of(person).next().is_some();
        let may = ledger
            .person(person)
            .is_some_and(|person| person.disabled_at.is_none() && (person.password.is_some() || is_linked));
        require(
            "LoginsAreOfEnabledPeople",
            may && count <= LOGINS_PER_PERSON_MAX,
            || format!("{person} has {count} logins and is {:?}", ledger.person(person)),
        )?;
    }
    Ok(())
}

/// Every index is what it would be if it were built from the rows now.
pub fn indexes_follow_rows(ledger: &Ledger) -> Verdict {
    require("IndexesFollowRows", ledger.indexes_follow_rows(), || {
        "an index differs from its rows".to_owned()
    })
}

/// ReplicasAgree, as one node can see it: the digest that was kept up is the digest of the rows.
pub fn digest_follows_rows(ledger: &Ledger) -> Verdict {
    let loaded = Ledger::from_rows(ledger.rows());
    require(
        "DigestFollowsRows",
        loaded.as_ref().is_ok_and(|loaded| loaded.digest() == ledger.digest()),
        || {
            format!(
                "kept up {}, from rows {:?}",
                ledger.digest(),
                loaded.map(|loaded| loaded.digest())
            )
        },
    )
}
