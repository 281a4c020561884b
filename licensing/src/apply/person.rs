//! People: added, changed, removed, and the links by which they choose passwords.
//!
//! Passwords are checked at the edge, where that may take its time. What a command says of a person holds for the version
//! that the edge saw, so that a password which was changed meanwhile opens nothing.

use std::sync::Arc;

use crate::apply::{already_exists, check_version, field, not_allowed, not_found};
use crate::command::{AcceptInvitation, CreatePerson, NewInvitation, UpdatePerson};
use crate::id::{LoginId, PersonId};
use crate::ledger::Ledger;
use crate::outcome::{Kind, Outcome, Rejection};
use crate::person::{Invitation, Person, Role, Totp};

impl Ledger {
    pub(super) fn create_person(&mut self, create: &CreatePerson) -> Result<Outcome, Rejection> {
        field::text("name", &create.name)?;
        self.check_email(create.id, &create.email)?;
        self.check_role(create.role)?;
        self.check_invitation(create.invitation)?;
        if self.people.rows.contains(create.id) {
            return Err(already_exists(Kind::Person, "id"));
        }
        let CreatePerson {
            id,
            email,
            name,
            role,
            invitation,
        } = create.clone();
        self.people.put(Person {
            id,
            email,
            name,
            role,
            password: None,
            totp: None,
            disabled_at: None,
            created_at: self.meta.at,
            signed_in_at: None,
            version: 1,
        });
        self.invite(Some(id), invitation);
        Ok(Outcome::Changed { version: 1 })
    }

    pub(super) fn update_person(&mut self, update: &UpdatePerson) -> Result<Outcome, Rejection> {
        field::optional(update.name.as_deref(), |name| field::text("name", name))?;
        if let Some(email) = &update.email {
            self.check_email(update.id, email)?;
        }
        if let Some(role) = update.role {
            self.check_role(role)?;
        }
        let before = self.person_at(update.id, update.if_version)?;
        let mut person = before.clone();
        person.email = update.email.clone().unwrap_or(person.email);
        person.name = update.name.clone().unwrap_or(person.name);
        person.role = update.role.unwrap_or(person.role);
        match update.disabled {
            Some(true) => person.disabled_at = person.disabled_at.or(Some(self.meta.at)),
            Some(false) => person.disabled_at = None,
            None => {}
        }
        if update.forget_totp {
            person.totp = None;
        }
        self.check_owner_stays(before, Some(&person))?;
        if person.disabled_at.is_some() {
            self.people.end_logins(person.id, None);
            self.people.end_invitation(person.id);
        }
        Ok(self.put_next(person))
    }

    pub(super) fn remove_person(&mut self, id: PersonId, if_version: Option<u32>) -> Result<Outcome, Rejection> {
        let person = self.person_at(id, if_version)?;
        self.check_owner_stays(person, None)?;
        self.identities.unlink(id);
        self.people.remove(id);
        Ok(Outcome::Done)
    }

    /// Each link of a person is made at a version of theirs, so that the edge can tell links apart that were asked for
    /// under one name.
    pub(super) fn create_invitation(
        &mut self,
        person: Option<PersonId>,
        if_version: Option<u32>,
        invitation: NewInvitation,
    ) -> Result<Outcome, Rejection> {
        self.check_invitation(invitation)?;
        let Some(id) = person else {
            self.invite(None, invitation);
            return Ok(Outcome::Changed { version: 1 });
        };
        let person = self.person_at(id, if_version)?.clone();
        if person.disabled_at.is_some() {
            return Err(not_allowed(
                "the person is disabled; enable them before they are given a link",
            ));
        }
        self.invite(Some(id), invitation);
        Ok(self.put_next(person))
    }

    /// Uses a link up. A new password ends every login: whoever had the old one is out.
    pub(super) fn accept_invitation(&mut self, accept: &AcceptInvitation) -> Result<Outcome, Rejection> {
        field::optional(accept.name.as_deref(), |name| field::text("name", name))?;
        field::password(&accept.password)?;
        let link = self.invitation(&accept.secret).ok_or(Rejection::InvitationInvalid)?;
        let mut person = match link.person {
            Some(id) => self.person_at(id, None)?.clone(),
            None => self.first_owner(accept)?,
        };
        if accept.email.as_ref().is_some_and(|email| *email != person.email) {
            return Err(field::another_email());
        }
        person.name = accept.name.clone().unwrap_or(person.name);
        person.password = Some(Arc::clone(&accept.password));
        self.people.take_invitation(accept.secret);
        self.people.end_logins(person.id, None);
        Ok(self.put_next(person))
    }

    /// The first owner as the link's bearer says; version 0, because it is about to be put.
    fn first_owner(&self, accept: &AcceptInvitation) -> Result<Person, Rejection> {
        let email = accept.email.clone().unwrap_or_default();
        self.check_email(accept.person, &email)?;
        let name = accept.name.clone().unwrap_or_default();
        field::text("name", &name)?;
        if self.people.rows.contains(accept.person) {
            return Err(already_exists(Kind::Person, "id"));
        }
        Ok(Person {
            id: accept.person,
            email,
            name,
            role: Role::Owner,
            password: None,
            totp: None,
            disabled_at: None,
            created_at: self.meta.at,
            signed_in_at: None,
            version: 0,
        })
    }

    pub(super) fn set_password(
        &mut self,
        id: PersonId,
        if_version: u32,
        password: &Arc<str>,
        keep: Option<LoginId>,
    ) -> Result<Outcome, Rejection> {
        field::password(password)?;
        let mut person = self.person_at(id, Some(if_version))?.clone();
        person.password = Some(Arc::clone(password));
        self.people.end_logins(id, keep);
        self.people.end_invitation(id);
        Ok(self.put_next(person))
    }

    pub(super) fn set_totp(
        &mut self,
        id: PersonId,
        if_version: u32,
        totp: Option<&(Arc<[u8]>, u64)>,
    ) -> Result<Outcome, Rejection> {
        if let Some((sealed, _)) = totp {
            field::sealed_totp(sealed)?;
        }
        let mut person = self.person_at(id, Some(if_version))?.clone();
        person.totp = totp.map(|(sealed, step)| Totp {
            sealed: Arc::clone(sealed),
            last_step: *step,
        });
        Ok(self.put_next(person))
    }

    /// A person as the caller saw them.
    pub(super) fn person_at(&self, id: PersonId, if_version: Option<u32>) -> Result<&Person, Rejection> {
        let person = self.people.rows.get(id).ok_or(not_found(Kind::Person))?;
        check_version(Kind::Person, if_version, person.version)?;
        Ok(person)
    }

    fn put_next(&mut self, mut person: Person) -> Outcome {
        person.version += 1;
        let version = person.version;
        self.people.put(person);
        Outcome::Changed { version }
    }

    fn invite(&mut self, person: Option<PersonId>, invitation: NewInvitation) {
        self.people.add_invitation(Invitation {
            secret: invitation.secret,
            person,
            created_at: self.meta.at,
            expires_at: invitation.expires_at,
        });
    }

    /// Refuses an address that is none, or that somebody else signs in by.
    fn check_email(&self, id: PersonId, email: &str) -> Result<(), Rejection> {
        field::sign_in_email(email)?;
        match self.people.by_email(email) {
            Some(other) if other.id != id => Err(already_exists(Kind::Person, "email")),
            _ => Ok(()),
        }
    }

    /// Refuses a role at a customer that is not there.
    pub(super) fn check_role(&self, role: Role) -> Result<(), Rejection> {
        match role.customer() {
            Some(customer) if !self.catalogue.customers.contains(customer) => Err(not_found(Kind::Customer)),
            _ => Ok(()),
        }
    }

    fn check_invitation(&self, invitation: NewInvitation) -> Result<(), Rejection> {
        field::future("expires_at", invitation.expires_at, self.meta.at)?;
        if self.people.invitations.contains(invitation.secret) {
            return Err(already_exists(Kind::Person, "secret"));
        }
        Ok(())
    }

    /// Refuses to leave the cluster without anybody who may do everything and can sign in.
    fn check_owner_stays(&self, before: &Person, after: Option<&Person>) -> Result<(), Rejection> {
        let another = |other: &Person| other.id != before.id && other.owns();
        if before.owns() && !after.is_some_and(Person::owns) && !self.people.rows.iter().any(another) {
            return Err(not_allowed(
                "the last owner who can sign in cannot be removed, disabled or given another role; make another one first",
            ));
        }
        Ok(())
    }
}
