//! Keeping seats.

use crate::apply::Until;
use crate::apply::acquire::grant;
use crate::apply::usable::check_usable;
use crate::command::Actor;
use crate::id::{LicenseId, SessionNo};
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
        if let Some(session) = self.sessions.live.get(no) {
            let (license, is_overdue) = (session.license, session.deadline <= self.meta.session_time);
            let in_use = self.settle(license);
            if !is_overdue {
                return self.renew(actor, no, license, in_use);
            }
        }
        Err(match self.sessions.remembered(no, self.meta.session_time) {
            Some(ended) => self.why_ended(ended),
            None => Rejection::SessionNotFound,
        })
    }

    /// Renews a live session of a license under the terms of today, or ends it if the license may not be used any more.
    /// `in_use` are the seats held of the license.
    pub(super) fn renew(
        &mut self,
        actor: Actor,
        no: SessionNo,
        license: LicenseId,
        in_use: u32,
    ) -> Result<Box<Grant>, Rejection> {
        let (at, now) = (self.meta.at, self.meta.session_time);
        let terms = self.catalogue.known_terms(license);
        if let Err(rejection) = check_usable(terms, at) {
            self.end_session(actor, no, EndCause::LicenseEnded);
            return Err(rejection);
        }
        let until = Until::of(&terms.plan.terms, terms.license.expires_at, at, now);
        let session = self
            .sessions
            .renew(no, at, until)
            .expect("the caller has seen that it is live");
        let grant = grant(session, terms, until, in_use);
        self.count(license, Counted::Renewal);
        Ok(grant)
    }

    /// How a session's end is told to its client.
    pub(super) fn why_ended(&self, ended: &EndedSession) -> Rejection {
        match &ended.cause {
            EndCause::Released | EndCause::Replaced => Rejection::SessionReleased,
            EndCause::Expired => Rejection::SessionExpired,
            EndCause::Revoked { reason } => Rejection::SessionRevoked { reason: reason.clone() },
            // The license's own reason, as long as it stands.
            EndCause::LicenseEnded => match check_usable(self.catalogue.known_terms(ended.license), self.meta.at) {
                Err(rejection) => rejection,
                Ok(()) => Rejection::SessionRevoked {
                    reason: "its license could not be used for a while".into(),
                },
            },
        }
    }
}
