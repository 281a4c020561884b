//! People, their logins, and the links by which they choose passwords.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::id::{LoginId, PersonId, SecretHash};
use crate::ledger::LoadError;
use crate::person::{Invitation, Login, Person};
use crate::row::Table;
use crate::state::Rows;
use crate::state::rows::record;
use crate::time::At;

/// People with what they are signed in with and invited by.
#[derive(Debug, Default)]
pub(crate) struct People {
    pub(crate) rows: Rows<Person>,
    pub(crate) logins: Rows<Login>,
    pub(crate) invitations: Rows<Invitation>,
    index: Index,
}

/// What finds the rows. All of it follows from them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Index {
    by_email: BTreeMap<Arc<str>, PersonId>,
    login_by_secret: BTreeMap<SecretHash, LoginId>,
    logins_of: BTreeSet<(PersonId, LoginId)>,
    invitation_of: BTreeMap<PersonId, SecretHash>,
    /// Logins, the next to end first.
    login_ends: BTreeSet<(At, LoginId)>,
    /// Invitations, the next to end first.
    invitation_ends: BTreeSet<(At, SecretHash)>,
}

impl Index {
    fn add_person(&mut self, person: &Person) {
        self.by_email.insert(Arc::clone(&person.email), person.id);
    }

    fn add_login(&mut self, login: &Login) {
        self.login_by_secret.insert(login.secret, login.id);
        self.logins_of.insert((login.person, login.id));
        self.login_ends.insert((login.expires_at, login.id));
    }

    fn add_invitation(&mut self, invitation: &Invitation) {
        self.invitation_ends.insert((invitation.expires_at, invitation.secret));
        if let Some(person) = invitation.person {
            self.invitation_of.insert(person, invitation.secret);
        }
    }
}

impl People {
    pub(crate) fn by_email(&self, email: &str) -> Option<&Person> {
        self.rows.get(*self.index.by_email.get(email)?)
    }

    pub(crate) fn login_by_secret(&self, secret: &SecretHash) -> Option<&Login> {
        self.logins.get(*self.index.login_by_secret.get(secret)?)
    }

    /// A person's logins in id order.
    pub(crate) fn logins_of(&self, person: PersonId) -> impl Iterator<Item = &Login> {
        let first = (person, LoginId::from_bytes([0; LoginId::BYTES]));
        let last = (person, LoginId::from_bytes([u8::MAX; LoginId::BYTES]));
        let found = self.index.logins_of.range(first..=last);
        found.filter_map(|(_, login)| self.logins.get(*login))
    }

    pub(crate) fn invitation_of(&self, person: PersonId) -> Option<&Invitation> {
        self.invitations.get(*self.index.invitation_of.get(&person)?)
    }

    /// Adds a person, or puts them in the place of the row with their id.
    pub(crate) fn put(&mut self, person: Person) {
        if let Some(before) = self.rows.get(person.id) {
            self.index.by_email.remove(&before.email);
        }
        self.index.add_person(&person);
        self.rows.put(person);
    }

    /// Removes a person with every login and link of theirs.
    pub(crate) fn remove(&mut self, id: PersonId) {
        self.end_logins(id, None);
        self.end_invitation(id);
        if let Some(person) = self.rows.remove(id) {
            self.index.by_email.remove(&person.email);
        }
    }

    pub(crate) fn add_login(&mut self, login: Login) {
        self.index.add_login(&login);
        self.logins.put(login);
    }

    pub(crate) fn end_login(&mut self, id: LoginId) {
        if let Some(login) = self.logins.remove(id) {
            self.index.login_by_secret.remove(&login.secret);
            self.index.logins_of.remove(&(login.person, id));
            self.index.login_ends.remove(&(login.expires_at, id));
        }
    }

    /// Ends a person's logins, but for the one to keep.
    pub(crate) fn end_logins(&mut self, person: PersonId, keep: Option<LoginId>) {
        let logins: Vec<_> = self.logins_of(person).map(|login| login.id).collect();
        for login in logins.into_iter().filter(|login| Some(*login) != keep) {
            self.end_login(login);
        }
    }

    /// Adds a link; a person's takes the place of the one before.
    pub(crate) fn add_invitation(&mut self, invitation: Invitation) {
        if let Some(person) = invitation.person {
            self.end_invitation(person);
        }
        self.index.add_invitation(&invitation);
        self.invitations.put(invitation);
    }

    /// Ends the link that a person was given, if there is one.
    pub(crate) fn end_invitation(&mut self, person: PersonId) {
        if let Some(secret) = self.index.invitation_of.get(&person).copied() {
            self.take_invitation(secret);
        }
    }

    /// Takes a link out.
    pub(crate) fn take_invitation(&mut self, secret: SecretHash) {
        if let Some(invitation) = self.invitations.remove(secret) {
            self.index.invitation_ends.remove(&(invitation.expires_at, secret));
            if let Some(person) = invitation.person {
                self.index.invitation_of.remove(&person);
            }
        }
    }

    /// Ends one login or link whose time is over, and says whether there was one.
    pub(crate) fn end_one(&mut self, at: At) -> bool {
        let login = self.index.login_ends.first().filter(|(end, _)| *end <= at);
        if let Some((_, login)) = login.copied() {
            self.end_login(login);
            return true;
        }
        let invitation = self.index.invitation_ends.first().filter(|(end, _)| *end <= at);
        if let Some((_, secret)) = invitation.copied() {
            self.take_invitation(secret);
            return true;
        }
        false
    }

    pub(crate) fn build_index(&mut self) -> Result<(), LoadError> {
        self.index = self.index_of_rows();
        let links = self.invitations.iter().filter(|link| link.person.is_some()).count();
        for (table, field, found, rows) in [
            (Table::People, "email", self.index.by_email.len(), self.rows.len()),
            (
                Table::Logins,
                "secret",
                self.index.login_by_secret.len(),
                self.logins.len(),
            ),
            (Table::Invitations, "person", self.index.invitation_of.len(), links),
        ] {
            if found != rows {
                return Err(LoadError::Clash { table, field });
            }
        }
        Ok(())
    }

    pub(crate) fn index_follows_rows(&self) -> bool {
        self.index == self.index_of_rows()
    }

    fn index_of_rows(&self) -> Index {
        let mut index = Index::default();
        self.rows.iter().for_each(|person| index.add_person(person));
        self.logins.iter().for_each(|login| index.add_login(login));
        self.invitations.iter().for_each(|link| index.add_invitation(link));
        index
    }
}

record!(Person by id: PersonId);
record!(Login by id: LoginId);
record!(Invitation by secret: SecretHash);
