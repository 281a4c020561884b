//! Identity providers, and whom they vouched for.
//!
//! A provider's client secret is sealed at the edge under a key that the ledger does not have. What providers sign is
//! checked at the edge too; here is only what came of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{PersonId, ProviderId, SessionNo, SubjectHash};
use crate::time::At;

/// The most identity providers: each is a button on the page where people sign in.
pub const PROVIDERS_MAX: usize = 32;

/// What a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ProviderKind {
    /// OpenID Connect, found by the issuer's discovery document.
    Oidc,
    /// The same, at Google.
    Google,
    /// GitHub's own OAuth 2, which signs nothing: the account is asked for by its token.
    GitHub,
}

/// An identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityProvider {
    /// Its identity.
    pub id: ProviderId,
    /// Its name for people; unique.
    pub name: Arc<str>,
    /// What it speaks.
    pub kind: ProviderKind,
    /// Its address, which its tokens name. It never changes: another one's subjects would be other people.
    pub issuer: Arc<str>,
    /// What can be changed together.
    pub terms: ProviderTerms,
    /// The secret that the provider knows us by, sealed.
    pub client_secret: Option<Arc<[u8]>>,
    /// When it was added.
    pub created_at: At,
    /// Counts its edits, from 1.
    pub version: u32,
}

impl IdentityProvider {
    /// Whether people can sign in by it: it knows us as a client.
    pub const fn signs_in(&self) -> bool {
        self.terms.client_id.is_some()
    }

    /// The audience that its tokens must name to say who asks for a seat, if they may.
    pub fn acquire_audience(&self) -> Option<&Arc<str>> {
        self.terms.audience.as_ref().filter(|_| self.terms.accept_on_acquire)
    }
}

/// What can be changed of an identity provider together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderTerms {
    /// What the provider knows us by; without it nobody signs in by this provider.
    pub client_id: Option<Arc<str>>,
    /// What is asked for at a sign-in.
    pub scopes: Vec<Arc<str>>,
    /// Whether somebody whom nobody knows becomes a customer by signing in.
    pub self_registration: bool,
    /// Whether its tokens say who asks for a seat.
    pub accept_on_acquire: bool,
    /// What such tokens must be for.
    pub audience: Option<Arc<str>>,
    /// Its keys as a JSON web key set, where they cannot be fetched.
    pub keys: Option<Arc<str>>,
}

/// That an account at a provider is a person here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The keyed hash of provider and account.
    pub subject: SubjectHash,
    /// The provider.
    pub provider: ProviderId,
    /// The person.
    pub person: PersonId,
    /// The account as the provider names it; it is never given to another.
    pub account: Arc<str>,
    /// The verified address by which the two were found to be one.
    pub email: Arc<str>,
    /// When that was.
    pub linked_at: At,
}

/// A user whom a provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Who vouches: the issuer that the token named.
    pub issuer: Arc<str>,
    /// The account as the issuer names it.
    pub account: Arc<str>,
    /// The address that the token named, for display.
    pub email: Option<Arc<str>>,
    /// The person here, if the account is known to be one.
    pub person: Option<PersonId>,
}

/// Who holds a live session, where a token said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionUser {
    /// The session.
    pub session: SessionNo,
    /// The user.
    pub user: Arc<User>,
}
