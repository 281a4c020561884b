//! For how long history is kept, and the ticks that drop what is older.
//!
//! The ledger does not hold the history. It says from when on it is there, the same on every node at every applied entry;
//! each node then drops the rest from its disk in pieces. See docs/decisions/0009-what-is-dropped-of-the-history.md.

use crate::apply::{check_version, field};
use crate::audit::AuditEvent;
use crate::command::{Actor, SetRetention};
use crate::ledger::Ledger;
use crate::outcome::{Kind, Outcome, Rejection};
use crate::retention::{CLOCK_STEP_MAX, DROPS_AFTER, History, Retention, days_before};
use crate::time::Span;

impl Ledger {
    pub(super) fn set_retention(&mut self, set: &SetRetention) -> Result<Outcome, Rejection> {
        let SetRetention {
            if_version,
            session_days,
            usage_days,
        } = *set;
        field::days_kept(History::Sessions, session_days)?;
        field::days_kept(History::Usage, usage_days)?;
        let before = self.retention();
        check_version(Kind::Retention, if_version, before.version)?;
        // Who says the same every day must not put it off for ever.
        if before.version > 0 && (session_days, usage_days) == (before.session_days, before.usage_days) {
            return Ok(Outcome::Changed {
                version: before.version,
            });
        }
        let version = before.version.saturating_add(1);
        self.retention.put(Retention {
            session_days,
            usage_days,
            drops_from: self.meta.at.after(DROPS_AFTER),
            version,
            ..before
        });
        Ok(Outcome::Changed { version })
    }

    /// Drops what is older than it is kept for.
    pub(super) fn drop_history(&mut self) {
        let Some(mut retention) = self.retention.get(()).cloned() else {
            return;
        };
        if self.meta.at < retention.drops_from {
            return;
        }
        for history in History::ALL {
            let Some(days) = retention.days(history) else { continue };
            let before = days_before(self.meta.at, days);
            if before > retention.kept_from.of(history) {
                retention.kept_from.set(history, before);
                self.retention.put(retention.clone());
                self.record(Actor::System, AuditEvent::Dropped { history, before });
            }
        }
    }

    /// The clock went forward by this much, in one step. One that is wrong by years would drop years.
    pub(crate) fn note_step(&mut self, step: Span) {
        if step <= CLOCK_STEP_MAX {
            return;
        }
        if let Some(mut retention) = self.retention.get(()).cloned() {
            retention.drops_from = self.meta.at.after(DROPS_AFTER);
            self.retention.put(retention);
        }
    }
}
