//! The laws of a step.

use std::collections::{BTreeMap, BTreeSet};

use crate::answer::Answer;
use crate::catalogue::{HolderPolicy, LicenseStatus};
use crate::command::{Asked, Command, Proposal};
use crate::id::{HolderKey, LicenseId, RequestId, Seq, SessionNo};
use crate::invariant::{
    Verdict, kept_as_said, named_seats_are_assigned, never_overassigned, require, unassigned_at_once,
};
use crate::ledger::{Ledger, Seats};
use crate::outcome::{Applied, Kind, Outcome, Rejection};
use crate::person::Person;
use crate::retention::{History, Retention};
use crate::session::{EndCause, Session};
use crate::time::{At, SESSION_TIME_STEP_MAX, SessionTime};

/// What the checks of a step need to know of the ledger before it.
#[derive(Debug, Clone)]
pub struct Before {
    pub(super) at: At,
    session_time: SessionTime,
    seq: Seq,
    audit_size: u64,
    seats: BTreeMap<LicenseId, Seats>,
    pub(super) sessions: BTreeMap<SessionNo, Session>,
    ended: BTreeSet<SessionNo>,
    answers: BTreeMap<RequestId, Answer>,
    pub(super) assigned: BTreeMap<LicenseId, BTreeSet<HolderKey>>,
    is_owned: bool,
    pub(super) retention: Retention,
    links: usize,
}

impl Before {
    /// Notes how a ledger stands.
    pub fn of(ledger: &Ledger) -> Self {
        Self {
            at: ledger.at(),
            session_time: ledger.session_time(),
            seq: ledger.seq(),
            audit_size: ledger.audit_size(),
            seats: ledger
                .licenses(None)
                .filter_map(|license| Some((license.id, ledger.seats(license.id)?)))
                .collect(),
            sessions: ledger
                .sessions(None)
                .map(|session| (session.no, session.clone()))
                .collect(),
            ended: ledger.sessions.ended.iter().map(|ended| ended.no).collect(),
            answers: ledger
                .answers
                .rows
                .iter()
                .map(|answer| (answer.request.id, answer.clone()))
                .collect(),
            assigned: ledger
                .licenses(None)
                .map(|license| (license.id, assigned(ledger, license.id)))
                .collect(),
            is_owned: ledger.people(None).any(Person::owns),
            retention: ledger.retention(),
            links: ledger.identities.links.iter().count(),
        }
    }
}

/// The holders to whom seats of a license are assigned.
pub(super) fn assigned(ledger: &Ledger, license: LicenseId) -> BTreeSet<HolderKey> {
    let assignments = ledger.assignments_of(license, None);
    assignments.map(|assignment| assignment.holder).collect()
}

/// One proposal and what came of it. An entry of several is the same as its proposals in entries of their own at the
/// same time, and is checked in that form.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The ledger before.
    pub before: &'a Before,
    /// The time of the entry.
    pub at: At,
    /// Session time as the entry has it.
    pub session_time: SessionTime,
    /// What was asked.
    pub proposal: &'a Proposal,
    /// What was answered.
    pub applied: &'a Applied,
    /// The ledger after.
    pub after: &'a Ledger,
}

impl Step<'_> {
    /// Whether the answer was given before and came from memory.
    fn is_remembered(self) -> bool {
        let answer = self
            .proposal
            .request
            .and_then(|request| self.before.answers.get(&request.id));
        answer.is_some_and(|answer| {
            Some(answer.request) == self.proposal.request && answer.forget_at > self.after.session_time()
        })
    }
}

/// Every law of a step.
pub fn check_step(step: Step<'_>) -> Verdict {
    clock_monotone(step)?;
    never_oversold(step)?;
    never_overassigned(step)?;
    named_seats_are_assigned(step)?;
    unassigned_at_once(step)?;
    never_expired_early(step)?;
    released_once(step)?;
    honest_denial(step)?;
    token_ends_first(step)?;
    an_owner_stays(step)?;
    kept_as_said(step)?;
    audit_complete(step)
}

/// ClockMonotone: neither time goes backward, session time moves as the clock does but by no more than its cap and not
/// beyond what the leader measured, and numbers only grow.
pub fn clock_monotone(step: Step<'_>) -> Verdict {
    let Step {
        before,
        after,
        applied,
        at,
        session_time,
        ..
    } = step;
    let passed = after.at().since(before.at).min(SESSION_TIME_STEP_MAX);
    let measured = session_time.since(before.session_time);
    let expected = before.session_time.after(passed.min(measured));
    let times = after.at() == before.at.max(at) && after.session_time() == expected;
    require("ClockMonotone", times, || {
        format!(
            "from {:?} and {:?} to {:?} and {:?}",
            before.at,
            before.session_time,
            after.at(),
            after.session_time()
        )
    })?;
    let numbered = applied.seq == after.seq() && applied.at == after.at() && applied.seq > before.seq;
    require("ClockMonotone", numbered, || {
        format!("number {} after {}", applied.seq, before.seq)
    })
}

/// NeverOversold: no seat is granted while the license's held seats reach its seats and overage, and one at a time.
pub fn never_oversold(step: Step<'_>) -> Verdict {
    for license in step.after.licenses(None) {
        let Some(after) = step.after.seats(license.id) else {
            continue;
        };
        let before = step.before.seats.get(&license.id).map_or(0, |seats| seats.in_use);
        let is_lawful = is_within_limit(before, after.in_use, after.limit);
        require("NeverOversold", is_lawful, || {
            format!(
                "{} went from {before} to {} of {} seats",
                license.id, after.in_use, after.limit
            )
        })?;
    }
    Ok(())
}

/// Whether going from `before` to `after` held seats is lawful: down by any number, up by one within the limit.
const fn is_within_limit(before: u32, after: u32, limit: u32) -> bool {
    after <= before || (after == before + 1 && after <= limit)
}

/// NeverExpiredEarly: a session ends by its release or replacement, by an operator, by its license, because its seat is
/// assigned no more, or because its deadline has come.
pub fn never_expired_early(step: Step<'_>) -> Verdict {
    for (no, session) in &step.before.sessions {
        if step.after.session(*no).is_some() {
            continue;
        }
        let cause = step.after.ended_session(*no).map(|ended| &ended.cause);
        let is_lawful = match (cause, &step.proposal.command) {
            (Some(EndCause::Expired), _) => session.deadline <= step.after.session_time(),
            (Some(EndCause::Released), Command::Release { session })
            | (Some(EndCause::Revoked { .. }), Command::RevokeSession { session, .. }) => session == no,
            (Some(EndCause::Revoked { .. }), Command::UnassignSeat { license, holder, .. }) => {
                (session.license, session.holder) == (*license, *holder)
            }
            (Some(EndCause::Replaced), command) => {
                command.acquire().is_some_and(|asked| asked.ask.replaces == Some(*no))
            }
            (Some(EndCause::LicenseEnded), _) => !is_usable(step.after, session.license),
            _ => false,
        };
        require("NeverExpiredEarly", is_lawful, || {
            format!(
                "session {no} with deadline {:?} ended by {cause:?} at {:?}",
                session.deadline,
                step.after.session_time()
            )
        })?;
    }
    Ok(())
}

fn is_usable(ledger: &Ledger, license: LicenseId) -> bool {
    ledger.license(license).is_some_and(|license| {
        let is_over = license.expires_at.is_some_and(|end| end <= ledger.at());
        license.status == LicenseStatus::Active && !is_over && license.starts_at <= ledger.at()
    })
}

/// ReleasedOnce: a release that says it ended a session did so, and what has ended does not live again.
pub fn released_once(step: Step<'_>) -> Verdict {
    if let (Command::Release { session }, Outcome::Released { by_this }) =
        (&step.proposal.command, &step.applied.outcome)
    {
        let is_remembered = step.is_remembered();
        let was_live = step.before.sessions.contains_key(session);
        require("ReleasedOnce", is_remembered || !by_this || was_live, || {
            format!("session {session} was not live")
        })?;
        let is_live = step.after.session(*session).is_some();
        require("ReleasedOnce", is_remembered || !is_live, || {
            format!("session {session} lives on")
        })?;
    }
    for session in step.after.sessions(None) {
        let came_from = step.before.sessions.contains_key(&session.no) || session.no.get() == step.applied.seq.get();
        require(
            "ReleasedOnce",
            came_from && !step.before.ended.contains(&session.no),
            || format!("session {} came from nowhere", session.no),
        )?;
    }
    Ok(())
}

/// HonestDenial: a refusal's figures are the ledger's, and they are a reason to refuse.
pub fn honest_denial(step: Step<'_>) -> Verdict {
    let (Some(asked), Outcome::Rejected(rejection)) = (step.proposal.command.acquire(), &step.applied.outcome) else {
        return Ok(());
    };
    let is_honest = step.is_remembered() || is_true(step.after, asked, rejection);
    require("HonestDenial", is_honest, || {
        format!("{rejection:?} with {:?}", step.after.seats(asked.ask.license))
    })
}

/// Whether what a rejection says of an acquire is so in the ledger.
fn is_true(ledger: &Ledger, asked: Asked<'_>, rejection: &Rejection) -> bool {
    let Asked { ask, user, by_address } = asked;
    let (Some(seats), Some(license)) = (ledger.seats(ask.license), ledger.license(ask.license)) else {
        let is_about_the_request = matches!(rejection, Rejection::RequestTooLate | Rejection::RequestIdReused);
        return is_about_the_request || *rejection == (Rejection::NotFound { kind: Kind::License });
    };
    let plan = ledger.plan(license.plan);
    let holder = plan.and_then(|plan| match plan.terms.holder {
        HolderPolicy::Fingerprint => Some(ask.by_fingerprint),
        HolderPolicy::FingerprintAndInstance => ask.by_instance.or(Some(ask.by_fingerprint)),
        HolderPolicy::User => Some(user?.by_user),
        HolderPolicy::UserAndFingerprint => Some(user?.by_user_and_fingerprint),
        HolderPolicy::NamedUser => by_address,
    });
    let sessions = ledger
        .sessions_of(ask.license, None)
        .filter(|session| Some(session.holder) == holder)
        .count();
    let ghosts_of_others = ledger
        .ghosts_of(ask.license)
        .filter(|ghost| Some(ghost.holder) != holder)
        .count();
    match rejection {
        Rejection::SeatLimitReached { limit, in_use, .. } => {
            (*limit, *in_use) == (seats.limit, seats.in_use) && in_use >= limit && sessions == 0
        }
        Rejection::GhostLimitReached {
            limit, in_use, ghosts, ..
        } => {
            let is_free = *in_use == seats.in_use && seats.in_use < seats.limit && sessions == 0;
            is_free && *ghosts as usize == ghosts_of_others && in_use + ghosts >= *limit
        }
        Rejection::HolderLimitReached { limit, in_use, .. } => *in_use as usize == sessions && in_use >= limit,
        Rejection::LicenseExpired { .. }
        | Rejection::LicenseNotStarted { .. }
        | Rejection::LicenseSuspended { .. }
        | Rejection::LicenseRevoked { .. } => !is_usable(ledger, ask.license),
        Rejection::UserRequired => holder.is_none() && user.is_none(),
        Rejection::SeatNotAssigned { assigned, .. } => {
            let is_named = plan.is_some_and(|plan| plan.terms.holder == HolderPolicy::NamedUser);
            let holders = self::assigned(ledger, ask.license);
            is_named && *assigned as usize == holders.len() && !holder.is_some_and(|holder| holders.contains(&holder))
        }
        _ => true,
    }
}

/// A token ends before the session that it stands for, and its grace not before itself; neither outlives the license.
pub fn token_ends_first(step: Step<'_>) -> Verdict {
    let grants: Vec<_> = match &step.applied.outcome {
        Outcome::Granted(grant) => vec![grant],
        Outcome::Beats(beats) => beats.iter().flatten().collect(),
        _ => return Ok(()),
    };
    for grant in grants {
        let Some(session) = step.after.session(grant.session) else {
            // A heartbeat of several may renew a session twice, never end one that it renewed.
            return require("TokenEndsFirst", false, || {
                format!("session {} was granted and is gone", grant.session)
            });
        };
        let token = grant.token_until.since(step.after.at());
        let is_lawful = token < session.deadline.since(step.after.session_time())
            && grant.grace_until >= grant.token_until
            && grant.grace_until == session.grace_until
            && grant.license_until.is_none_or(|end| grant.grace_until <= end);
        require("TokenEndsFirst", is_lawful, || format!("{grant:?} for {session:?}"))?;
    }
    Ok(())
}

/// AnOwnerStays: once somebody can sign in who may do everything, somebody always can.
pub fn an_owner_stays(step: Step<'_>) -> Verdict {
    let Step {
        before,
        proposal,
        after,
        ..
    } = step;
    let holds = !before.is_owned || after.people(None).any(Person::owns);
    require("AnOwnerStays", holds, || {
        format!("{:?} left nobody who owns", proposal.command)
    })
}

/// AuditComplete: one leaf for each grant, each end, each change and each refusal, and none for anything else.
pub fn audit_complete(step: Step<'_>) -> Verdict {
    let Step {
        before,
        proposal,
        applied,
        after,
        ..
    } = step;
    let ended = before
        .sessions
        .keys()
        .filter(|no| after.session(**no).is_none())
        .count();
    let kept_from = after.kept_from();
    let dropped = |history: &History| kept_from.of(*history) != before.retention.kept_from.of(*history);
    let said = match (&proposal.command, &applied.outcome) {
        (Command::Tick, Outcome::Done) => History::ALL.into_iter().filter(dropped).count(),
        (Command::Heartbeat { .. } | Command::NoteUse { .. }, _) => 0,
        (Command::Acquire(_), Outcome::Granted(grant)) => usize::from(grant.session.get() == applied.seq.get()),
        // Who holds it is a leaf of its own.
        (Command::AcquireByUser(_) | Command::AcquireByAddress(_), Outcome::Granted(grant)) => {
            2 * usize::from(grant.session.get() == applied.seq.get())
        }
        (_, Outcome::Rejected(_)) => 1,
        // So is whose account it is from now on.
        (Command::SignInByProvider(_), _) => 1 + after.identities.links.iter().count().saturating_sub(before.links),
        (Command::Release { .. } | Command::RevokeSession { .. }, _) => 0,
        _ => 1,
    };
    let leaves = usize::try_from(after.audit_size() - before.audit_size).unwrap_or(usize::MAX);
    let expected = if step.is_remembered() { 0 } else { ended + said };
    require("AuditComplete", leaves == expected, || {
        format!(
            "{leaves} leaves, not {expected}, for {:?} answered {:?}",
            proposal.command, applied.outcome
        )
    })
}
