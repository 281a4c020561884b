//! The ends that time brings: of sessions, ghosts, memories and hours.
//!
//! A command first settles the license it counts, completely, so that it never counts what is over. Ticks do the rest,
//! a bounded number at a time, so that no entry is long because many things end at once.

use crate::REMEMBERED_FOR;
use crate::audit::AuditEvent;
use crate::command::Actor;
use crate::id::{HolderKey, LicenseId, SessionNo};
use crate::ledger::Ledger;
use crate::outcome::Outcome;
use crate::session::{EndCause, EndedSession, Ghost, Session};
use crate::state::Counted;
use crate::time::Hour;

/// The most sessions that a tick ends, and the most ghosts, and the most hours that it closes. An end takes some 10 µs,
/// and everybody waits meanwhile; [`Ledger::is_behind`] asks for the next tick.
const ENDED_PER_TICK_MAX: usize = 200;

/// The most ended sessions, and the most answers, that an entry forgets. More than a tick ends, so that memory keeps
/// up; each proposal adds its own few.
const FORGOTTEN_PER_ENTRY_MAX: usize = 400;

impl Ledger {
    /// Time passes: ends what is over, the longest overdue first.
    pub(super) fn tick(&mut self) -> Outcome {
        for _ in 0..ENDED_PER_TICK_MAX {
            if let Some(no) = self.sessions.overdue(self.meta.session_time) {
                self.end_session(Actor::System, no, EndCause::Expired);
            } else if let Some(no) = self.sessions.outliving(self.meta.at) {
                self.end_session(Actor::System, no, EndCause::LicenseEnded);
            } else {
                break;
            }
        }
        let at = self.meta.at;
        at_most(ENDED_PER_TICK_MAX, || self.ghosts.end_one(at));
        at_most(ENDED_PER_TICK_MAX, || self.people.end_one(at));
        at_most(ENDED_PER_TICK_MAX, || {
            self.hours
                .close_one(Hour::of(at), |license| self.sessions.seats(license))
        });
        self.drop_history();
        Outcome::Done
    }

    /// Whether more is over than ticks have come to.
    pub fn is_behind(&self) -> bool {
        let (at, now) = (self.meta.at, self.meta.session_time);
        self.sessions.overdue(now).is_some()
            || self.sessions.outliving(at).is_some()
            || self.ghosts.over(at).is_some()
            || self.hours.over(Hour::of(at)).is_some()
    }

    /// Ends every session and ghost of a license whose time is over, and answers how many seats are held then. Sessions
    /// that outlive their license are left to ticks and to their own heartbeats: of a license that is over nothing is
    /// counted.
    pub(super) fn settle(&mut self, license: LicenseId) -> u32 {
        self.ghosts.end_of(license, self.meta.at);
        while let Some(no) = self.sessions.overdue_of(license, self.meta.session_time) {
            self.end_session(Actor::System, no, EndCause::Expired);
        }
        self.sessions.seats(license)
    }

    /// Ends a live session: the one way out for all of them.
    pub(super) fn end_session(&mut self, actor: Actor, no: SessionNo, cause: EndCause) {
        let Some(license) = self.sessions.live.get(no).map(|session| session.license) else {
            return;
        };
        self.count(license, counted(&cause));
        let Some(session) = self.sessions.remove(no) else {
            return;
        };
        self.identities.users.remove(no);
        let (at, now) = (self.meta.at, self.meta.session_time);
        let mut forget_at = now.after(REMEMBERED_FOR);
        let is_last = self.sessions.of_holder(license, session.holder).is_empty();
        if cause == EndCause::Expired && session.grace_until > at && is_last {
            let grace_until = session.grace_until;
            self.ghosts.add(Ghost {
                license,
                holder: session.holder,
                session: no,
                grace_until,
            });
            forget_at = forget_at.max(now.after(grace_until.since(at)));
        }
        let name = session.hash.public();
        self.record(
            actor,
            AuditEvent::Ended {
                license,
                session: name,
                no,
                cause: cause.clone(),
            },
        );
        let Session { hash, holder, .. } = session;
        self.sessions.remember(EndedSession {
            no,
            hash,
            license,
            holder,
            cause,
            ended_at: at,
            forget_at,
        });
    }

    /// Ends a holder's ghost before its grace is over. The session that left it is forgotten as any other from now on:
    /// only as many are remembered for long as there are ghosts.
    pub(super) fn end_ghost(&mut self, license: LicenseId, holder: HolderKey) {
        if let Some(ghost) = self.ghosts.remove(license, holder) {
            let forget_at = self.meta.session_time.after(REMEMBERED_FOR);
            self.sessions.forget_by(ghost.session, forget_at);
        }
    }

    /// Forgets what nobody can ask for any more. What is past its time is never found, forgotten or not: this is for
    /// memory alone.
    pub(crate) fn forget(&mut self, proposals: usize) {
        let now = self.meta.session_time;
        let most = FORGOTTEN_PER_ENTRY_MAX + 2 * proposals;
        at_most(most, || self.sessions.forget_one(now));
        at_most(most, || self.answers.forget_one(now));
    }
}

/// Repeats a step for as long as it finds something to do, but not more often than `max`.
fn at_most(max: usize, mut step: impl FnMut() -> bool) {
    for _ in 0..max {
        if !step() {
            return;
        }
    }
}

const fn counted(cause: &EndCause) -> Counted {
    match cause {
        EndCause::Released | EndCause::Replaced => Counted::Release,
        EndCause::Expired => Counted::Expiry,
        EndCause::Revoked { .. } | EndCause::LicenseEnded => Counted::Revocation,
    }
}
