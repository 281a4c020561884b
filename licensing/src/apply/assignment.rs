//! Seats that are assigned by name: given and taken away.

use std::sync::Arc;

use crate::apply::{already_exists, field, not_found};
use crate::assignment::{Assignment, UNASSIGNED};
use crate::command::Actor;
use crate::id::{HolderKey, LicenseId};
use crate::ledger::Ledger;
use crate::outcome::{Kind, Outcome, Rejection};
use crate::session::EndCause;

impl Ledger {
    /// Assigns a seat, of no more than the license has. Overage is not assigned: it is for those who come besides.
    pub(super) fn assign_seat(
        &mut self,
        actor: Actor,
        license: LicenseId,
        holder: HolderKey,
        email: &Arc<str>,
    ) -> Result<Outcome, Rejection> {
        field::sign_in_email(email)?;
        self.standing_license(license)?;
        match self.assignments.get(license, holder) {
            Some(known) if known.email == *email => return Ok(Outcome::Done),
            Some(_) => return Err(already_exists(Kind::Assignment, "holder")),
            None => {}
        }
        let seats = self.catalogue.known_terms(license).seats();
        let assigned = self.assignments.count(license);
        if assigned >= seats {
            return Err(Rejection::SeatsAllAssigned { seats, assigned });
        }
        self.assignments.add(Assignment {
            license,
            holder,
            email: Arc::clone(email),
            assigned_at: self.meta.at,
            assigned_by: actor,
        });
        Ok(Outcome::Done)
    }

    /// Takes an assigned seat away, also of a license that is over for good: somebody's address need not stay with it.
    /// What is held by the seat ends at once, so that it is free for whoever is assigned next.
    pub(super) fn unassign_seat(
        &mut self,
        actor: Actor,
        license: LicenseId,
        holder: HolderKey,
    ) -> Result<Outcome, Rejection> {
        if !self.catalogue.licenses.contains(license) {
            return Err(not_found(Kind::License));
        }
        if self.assignments.remove(license, holder).is_none() {
            return Err(not_found(Kind::Assignment));
        }
        self.settle(license);
        for session in self.sessions.of_holder(license, holder).to_vec() {
            let reason = UNASSIGNED.into();
            self.end_session(actor, session, EndCause::Revoked { reason });
        }
        Ok(Outcome::Done)
    }
}
