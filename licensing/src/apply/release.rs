//! Giving a seat back, and having it taken.

use std::sync::Arc;

use crate::apply::field;
use crate::command::Actor;
use crate::id::SessionNo;
use crate::ledger::{Ledger, SessionState};
use crate::outcome::{Outcome, Rejection};
use crate::session::EndCause;

impl Ledger {
    /// Ends a session for its client. Releasing again changes nothing and is no error.
    pub(super) fn release(&mut self, actor: Actor, no: SessionNo) -> Result<Outcome, Rejection> {
        self.settle_license_of(no);
        match self.state(no)? {
            SessionState::Live(_) => {
                self.end_session(actor, no, EndCause::Released);
                Ok(Outcome::Released { by_this: true })
            }
            SessionState::Ended(ended) => {
                let (license, holder) = (ended.license, ended.holder);
                // A silent client came back to say that it has stopped: its grace ends with that. A later session of
                // the same holder may have left a ghost of its own, which stays.
                if self
                    .ghosts
                    .get(license, holder)
                    .is_some_and(|ghost| ghost.session == no)
                {
                    self.end_ghost(license, holder);
                }
                Ok(Outcome::Released { by_this: false })
            }
        }
    }

    /// Ends a session for an operator.
    pub(super) fn revoke_session(
        &mut self,
        actor: Actor,
        no: SessionNo,
        reason: &Arc<str>,
    ) -> Result<Outcome, Rejection> {
        field::reason(reason)?;
        self.settle_license_of(no);
        match self.state(no)? {
            SessionState::Live(_) => {
                self.end_session(
                    actor,
                    no,
                    EndCause::Revoked {
                        reason: Arc::clone(reason),
                    },
                );
                Ok(Outcome::Done)
            }
            SessionState::Ended(ended) => Err(self.why_ended(ended)),
        }
    }

    /// Ends the overdue sessions of a session's license, itself perhaps among them.
    fn settle_license_of(&mut self, no: SessionNo) {
        if let Some(license) = self.sessions.live.get(no).map(|session| session.license) {
            self.settle(license);
        }
    }

    fn state(&self, no: SessionNo) -> Result<SessionState<'_>, Rejection> {
        self.sessions
            .state(no, self.meta.session_time)
            .ok_or(Rejection::SessionNotFound)
    }
}
