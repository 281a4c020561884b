//! Identity providers, and sign-ins by those whom they vouch for.
//!
//! What a provider said was checked at the edge. Here it is decided who that is: the person whom the account is known to
//! be, else the one of its verified address, else somebody new where the provider may bring such.

use std::sync::Arc;

use crate::apply::{already_exists, check_version, field, not_allowed, not_found};
use crate::audit::AuditEvent;
use crate::catalogue::Customer;
use crate::command::{Actor, CreateIdentityProvider, SignInByProvider, UpdateIdentityProvider};
use crate::id::{PersonId, ProviderId};
use crate::identity::{Identity, IdentityProvider, PROVIDERS_MAX, ProviderKind, ProviderTerms};
use crate::ledger::Ledger;
use crate::outcome::{Kind, Outcome, Rejection};
use crate::person::{Login, Person, Role};

impl Ledger {
    pub(super) fn create_identity_provider(&mut self, create: &CreateIdentityProvider) -> Result<Outcome, Rejection> {
        self.check_provider_name(create.id, &create.name)?;
        field::issuer(&create.issuer)?;
        check_terms(create.kind, &create.terms, create.client_secret.as_deref())?;
        if self.identities.providers.contains(create.id) {
            return Err(already_exists(Kind::IdentityProvider, "id"));
        }
        if self.identities.providers.len() >= PROVIDERS_MAX {
            return Err(not_allowed(
                "there are 32 identity providers, which is the most; remove one that is not needed",
            ));
        }
        let CreateIdentityProvider {
            id,
            name,
            kind,
            issuer,
            terms,
            client_secret,
        } = create.clone();
        self.identities.providers.put(IdentityProvider {
            id,
            name,
            kind,
            issuer,
            terms,
            client_secret,
            created_at: self.meta.at,
            version: 1,
        });
        Ok(Outcome::Changed { version: 1 })
    }

    pub(super) fn update_identity_provider(&mut self, update: &UpdateIdentityProvider) -> Result<Outcome, Rejection> {
        let mut provider = self.provider_at(update.id, update.if_version)?.clone();
        if let Some(name) = &update.name {
            self.check_provider_name(update.id, name)?;
            provider.name = Arc::clone(name);
        }
        provider.terms = update.terms.clone().unwrap_or(provider.terms);
        provider.client_secret = update.client_secret.clone().unwrap_or(provider.client_secret);
        check_terms(provider.kind, &provider.terms, provider.client_secret.as_deref())?;
        provider.version += 1;
        let version = provider.version;
        self.identities.providers.put(provider);
        Ok(Outcome::Changed { version })
    }

    /// Removes a provider. Everybody who could sign in by it is signed out: the way they came in by is closed.
    pub(super) fn remove_identity_provider(
        &mut self,
        id: ProviderId,
        if_version: Option<u32>,
    ) -> Result<Outcome, Rejection> {
        self.provider_at(id, if_version)?;
        for person in self.identities.remove_provider(id) {
            self.people.end_logins(person, None);
        }
        Ok(Outcome::Done)
    }

    /// Forgets which accounts a person is, for somebody whose account at a provider is another one now, and signs them
    /// out.
    pub(super) fn unlink_identities(
        &mut self,
        person: PersonId,
        if_version: Option<u32>,
    ) -> Result<Outcome, Rejection> {
        self.person_at(person, if_version)?;
        self.identities.unlink(person);
        self.people.end_logins(person, None);
        Ok(Outcome::Done)
    }

    fn provider_at(&self, id: ProviderId, if_version: Option<u32>) -> Result<&IdentityProvider, Rejection> {
        let provider = self.identities.providers.get(id);
        let provider = provider.ok_or(not_found(Kind::IdentityProvider))?;
        check_version(Kind::IdentityProvider, if_version, provider.version)?;
        Ok(provider)
    }

    fn check_provider_name(&self, id: ProviderId, name: &str) -> Result<(), Rejection> {
        field::text("name", name)?;
        match self.identities.provider_by_name(name) {
            Some(other) if other.id != id => Err(already_exists(Kind::IdentityProvider, "name")),
            _ => Ok(()),
        }
    }

    /// Begins a login for the person that an account is.
    pub(super) fn sign_in_by_provider(
        &mut self,
        actor: Actor,
        sign_in: &SignInByProvider,
    ) -> Result<Outcome, Rejection> {
        field::account(&sign_in.account)?;
        field::text("name", &sign_in.name)?;
        field::optional(sign_in.email.as_deref(), field::sign_in_email)?;
        let provider = self.provider_at(sign_in.provider, None)?;
        if !provider.signs_in() {
            return Err(not_found(Kind::IdentityProvider));
        }
        let login = Login {
            id: sign_in.login,
            secret: sign_in.secret,
            // Known in a moment.
            person: sign_in.newcomer.0,
            created_at: self.meta.at,
            expires_at: sign_in.expires_at,
            used_at: self.meta.at,
            agent: sign_in.agent.clone(),
            address: sign_in.address.clone(),
        };
        self.check_login(&login)?;
        let person = match self.identities.links.get(sign_in.subject) {
            Some(link) => self.person_at(link.person, None)?.clone(),
            None => self.found_by_email(actor, sign_in)?,
        };
        if person.disabled_at.is_some() {
            return Err(Rejection::SignInRefused);
        }
        self.begin_login(person, login);
        Ok(Outcome::Done)
    }

    /// The person of an account that nobody is known to be yet: by its verified address, or new. They are one from now
    /// on. Nothing is changed for somebody who is refused.
    fn found_by_email(&mut self, actor: Actor, sign_in: &SignInByProvider) -> Result<Person, Rejection> {
        let email = sign_in.email.clone().ok_or(Rejection::EmailNotVerified)?;
        let (person, customer) = match self.people.by_email(&email) {
            Some(person) if person.disabled_at.is_some() => return Err(Rejection::SignInRefused),
            Some(person) => (person.clone(), None),
            None => (self.newcomer(sign_in, &email)?, Some(sign_in.newcomer.1)),
        };
        let of_it = |link: &Identity| link.provider == sign_in.provider;
        if self.identities.links_of(person.id).any(of_it) {
            return Err(Rejection::AccountMoved);
        }
        self.identities.link(Identity {
            subject: sign_in.subject,
            provider: sign_in.provider,
            person: person.id,
            account: Arc::clone(&sign_in.account),
            email,
            linked_at: self.meta.at,
        });
        let linked = AuditEvent::Linked {
            provider: sign_in.provider,
            person: person.id,
            customer,
        };
        self.record(actor, linked);
        Ok(person)
    }

    /// Makes a customer of somebody whom nobody knows, if the provider may bring such.
    fn newcomer(&mut self, sign_in: &SignInByProvider, email: &Arc<str>) -> Result<Person, Rejection> {
        let provider = self.provider_at(sign_in.provider, None)?;
        if !provider.terms.self_registration {
            return Err(Rejection::AccountUnknown);
        }
        let (id, customer) = sign_in.newcomer;
        if self.people.rows.contains(id) {
            return Err(already_exists(Kind::Person, "id"));
        }
        if self.catalogue.customers.contains(customer) {
            return Err(already_exists(Kind::Customer, "id"));
        }
        self.catalogue.put_customer(Customer {
            id: customer,
            name: Arc::clone(&sign_in.name),
            email: Some(Arc::clone(email)),
            reference: None,
            created_at: self.meta.at,
            version: 1,
        });
        Ok(Person {
            id,
            email: Arc::clone(email),
            name: Arc::clone(&sign_in.name),
            role: Role::MemberAdmin(customer),
            password: None,
            totp: None,
            disabled_at: None,
            created_at: self.meta.at,
            signed_in_at: None,
            version: 1,
        })
    }
}

/// What belongs together in a provider's terms.
fn check_terms(kind: ProviderKind, terms: &ProviderTerms, client_secret: Option<&[u8]>) -> Result<(), Rejection> {
    field::provider_terms(terms)?;
    field::optional(client_secret, field::sealed_client_secret)?;
    let (has_client, has_audience) = (terms.client_id.is_some(), terms.audience.is_some());
    let is_github = kind == ProviderKind::GitHub;
    for (is_wrong, field, problem) in [
        (
            is_github && terms.accept_on_acquire,
            "accept_on_acquire",
            "GitHub signs no tokens; its users ask for seats with a user token of this server",
        ),
        (
            is_github && terms.keys.is_some(),
            "keys",
            "GitHub signs no tokens, so it has no keys",
        ),
        (
            is_github && !(has_client && client_secret.is_some()),
            "client_secret",
            "GitHub needs a client_id and a client_secret",
        ),
        (
            terms.accept_on_acquire && !has_audience,
            "audience",
            "missing; say what the tokens must be for, such as the client id of the application that asks for them",
        ),
        (
            terms.self_registration && !has_client,
            "self_registration",
            "nobody can sign in by this provider without a client_id",
        ),
        (
            !has_client && !terms.accept_on_acquire,
            "client_id",
            "missing; without it and without accept_on_acquire the provider is good for nothing",
        ),
    ] {
        if is_wrong {
            return Err(field::invalid(field, problem.to_owned()));
        }
    }
    Ok(())
}
