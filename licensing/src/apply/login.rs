//! Logins: begun, ended, and noted as used.

use crate::apply::{already_exists, field, not_found};
use crate::command::{AllowUserToken, SignIn};
use crate::id::{ApiTokenId, LoginId, PersonId};
use crate::ledger::Ledger;
use crate::outcome::{Kind, Outcome, Rejection};
use crate::person::{LOGINS_PER_PERSON_MAX, Login, Person, TokenUse, USE_NOTED_EVERY};
use crate::time::At;

impl Ledger {
    /// Begins a login for somebody whose password and code were found right. What was found must still hold.
    pub(super) fn sign_in(&mut self, sign_in: &SignIn) -> Result<Outcome, Rejection> {
        let SignIn {
            login: id,
            secret,
            person,
            expires_at,
            agent,
            address,
            ..
        } = sign_in.clone();
        let login = Login {
            id,
            secret,
            person,
            created_at: self.meta.at,
            expires_at,
            used_at: self.meta.at,
            agent,
            address,
        };
        self.check_login(&login)?;
        let mut person = self.may_sign_in(sign_in)?.clone();
        if let (Some(totp), Some(step)) = (&mut person.totp, sign_in.totp_step) {
            totp.last_step = step;
        }
        self.begin_login(person, login);
        Ok(Outcome::Done)
    }

    /// Lets somebody have a user token, if they may sign in as they are now.
    pub(super) fn allow_user_token(&self, allow: &AllowUserToken) -> Result<Outcome, Rejection> {
        field::future("expires_at", allow.expires_at, self.meta.at)?;
        field::optional(allow.agent.as_deref(), |text| field::text("agent", text))?;
        field::optional(allow.address.as_deref(), |text| field::text("address", text))?;
        let person = self.people.rows.get(allow.person);
        let may = person.is_some_and(|person| person.disabled_at.is_none());
        if may {
            Ok(Outcome::Done)
        } else {
            Err(Rejection::SignInRefused)
        }
    }

    /// Refuses a login that cannot be begun, whoever signs in.
    pub(super) fn check_login(&self, login: &Login) -> Result<(), Rejection> {
        field::future("expires_at", login.expires_at, self.meta.at)?;
        field::optional(login.agent.as_deref(), |text| field::text("agent", text))?;
        field::optional(login.address.as_deref(), |text| field::text("address", text))?;
        if self.people.logins.contains(login.id) {
            return Err(already_exists(Kind::Login, "id"));
        }
        if self.people.login_by_secret(&login.secret).is_some() {
            return Err(already_exists(Kind::Login, "secret"));
        }
        Ok(())
    }

    /// Begins a login that was checked, for a person who may sign in.
    pub(super) fn begin_login(&mut self, mut person: Person, login: Login) {
        self.make_room(person.id);
        person.signed_in_at = Some(self.meta.at);
        self.people.add_login(Login {
            person: person.id,
            ..login
        });
        self.people.put(person);
    }

    /// The person, if they may sign in as they are now. A code is taken once, and none of before it.
    fn may_sign_in(&self, sign_in: &SignIn) -> Result<&Person, Rejection> {
        let is_current = |person: &&Person| {
            let code = match (&person.totp, sign_in.totp_step) {
                (None, _) => true,
                (Some(totp), Some(step)) => step > totp.last_step,
                (Some(_), None) => false,
            };
            person.version == sign_in.version && person.disabled_at.is_none() && person.password.is_some() && code
        };
        let person = self.people.rows.get(sign_in.person);
        person.filter(is_current).ok_or(Rejection::SignInRefused)
    }

    /// Ends the login that was used the longest ago if a person has as many as they may.
    fn make_room(&mut self, person: PersonId) {
        let logins = self.people.logins_of(person).map(|login| (login.used_at, login.id));
        let mut logins: Vec<_> = logins.collect();
        logins.sort_unstable();
        let too_many = (logins.len() + 1).saturating_sub(LOGINS_PER_PERSON_MAX);
        for (_, login) in logins.into_iter().take(too_many) {
            self.people.end_login(login);
        }
    }

    pub(super) fn sign_out(&mut self, login: LoginId) -> Result<Outcome, Rejection> {
        if !self.people.logins.contains(login) {
            return Err(not_found(Kind::Login));
        }
        self.people.end_login(login);
        Ok(Outcome::Done)
    }

    pub(super) fn sign_out_everywhere(&mut self, person: PersonId) -> Result<Outcome, Rejection> {
        self.person_at(person, None)?;
        self.people.end_logins(person, None);
        Ok(Outcome::Done)
    }

    /// Notes uses, unless they were noted a moment ago. What is not there any more is passed over.
    pub(super) fn note_use(&mut self, logins: &[LoginId], tokens: &[ApiTokenId]) -> Outcome {
        let at = self.meta.at;
        let is_news = |used_at: At| at.since(used_at) >= USE_NOTED_EVERY;
        for id in logins {
            if let Some(login) = self.people.logins.get(*id).filter(|login| is_news(login.used_at)) {
                let used_at = at;
                self.people.logins.put(Login {
                    used_at,
                    ..login.clone()
                });
            }
        }
        for id in tokens.iter().filter(|id| self.members.api_tokens.contains(**id)) {
            let known = self.members.token_uses.get(*id);
            if known.and_then(|used| used.used_at).is_none_or(is_news) {
                self.members.token_uses.put(TokenUse {
                    token: *id,
                    created_by: known.and_then(|used| used.created_by),
                    used_at: Some(at),
                });
            }
        }
        Outcome::Done
    }
}
