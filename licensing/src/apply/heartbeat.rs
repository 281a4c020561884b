//! Keeping seats.

use crate::apply::Until;
use crate::apply::usable::check_usable;
use crate::command::Actor;
use crate::id::SessionNo;
use crate::ledger::Ledger;
use crate::outcome::{Grant, Outcome, Rejection};
use crate::session::{EndCause, EndedSession};
use crate::state::Counted;

impl Ledger {
    /// Renews sessions, each answered for itself.
    pub(super) fn heartbeat(&mut self, actor: Actor, sessions: &[SessionNo]) -> Outcome {
        Outcome::Beats(sessions.iter().map(|no| self.beat(actor, *no)).collect())
    }

    fn beat(&mut self, actor: Actor, no: SessionNo) -> Result<Box<Grant>, Rejection> {
        if let Some(license) = self.sessions.live.get(no).map(|session| session.license) {
            self.settle(license);
        }
        if self.sessions.live.contains(no) {
            return self.renew(actor, no);
        }
        Err(match self.sessions.remembered(no, self.meta.session_time) {
            Some(ended) => self.why_ended(ended),
            None => Rejection::SessionNotFound,
        })
    }

    /// Renews a live session under the terms of today, or ends it if its license may not be used any more.
    pub(super) fn renew(&mut self, actor: Actor, no: SessionNo) -> Result<Box<Grant>, Rejection> {
        let license = self.sessions.live.get(no).ok_or(Rejection::SessionNotFound)?.license;
        let terms = self.terms(license);
        if let Err(rejection) = check_usable(terms, self.meta.at) {
            self.end_session(actor, no, EndCause::LicenseEnded);
            return Err(rejection);
        }
        let until = Until::of(
            &terms.plan.terms,
            terms.license.expires_at,
            self.meta.at,
            self.meta.session_time,
        );
        self.sessions.renew(no, self.meta.at, until);
        self.count(license, Counted::Renewal);
        self.grant(no, until).ok_or(Rejection::SessionNotFound)
    }

    /// How a session's end is told to its client.
    pub(super) fn why_ended(&self, ended: &EndedSession) -> Rejection {
        match &ended.cause {
            EndCause::Released | EndCause::Replaced => Rejection::SessionReleased,
            EndCause::Expired => Rejection::SessionExpired,
            EndCause::Revoked { reason } => Rejection::SessionRevoked { reason: reason.clone() },
            // The license's own reason, as long as it stands.
            EndCause::LicenseEnded => match check_usable(self.terms(ended.license), self.meta.at) {
                Err(rejection) => rejection,
                Ok(()) => Rejection::SessionRevoked {
                    reason: "its license could not be used for a while".into(),
                },
            },
        }
    }
}
