//! What can be asked about identity providers and by those whom they vouch for. The rules of [`command`](super) hold
//! here too.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::command::{Acquire, Command};
use crate::id::{CustomerId, HolderKey, LoginId, PersonId, ProviderId, SecretHash, SubjectHash};
use crate::identity::{ProviderKind, ProviderTerms, User};
use crate::time::At;

/// Add an identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateIdentityProvider {
    /// Its identity, drawn at the edge.
    pub id: ProviderId,
    /// Its name for people.
    pub name: Arc<str>,
    /// What it speaks.
    pub kind: ProviderKind,
    /// Its address.
    pub issuer: Arc<str>,
    /// What can be changed later.
    pub terms: ProviderTerms,
    /// The secret that it knows us by, sealed.
    pub client_secret: Option<Arc<[u8]>>,
}

/// Change an identity provider; `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateIdentityProvider {
    /// Which.
    pub id: ProviderId,
    /// The version the caller saw; another is a conflict.
    pub if_version: Option<u32>,
    /// The new name.
    pub name: Option<Arc<str>>,
    /// The new terms.
    pub terms: Option<ProviderTerms>,
    /// The new sealed secret; `Some(None)` takes it away.
    pub client_secret: Option<Option<Arc<[u8]>>>,
}

/// Sign in by a provider that vouches for an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInByProvider {
    /// The login's identity, drawn at the edge.
    pub login: LoginId,
    /// The keyed hash of its secret.
    pub secret: SecretHash,
    /// Who vouches.
    pub provider: ProviderId,
    /// The keyed hash of provider and account.
    pub subject: SubjectHash,
    /// The account as the provider names it.
    pub account: Arc<str>,
    /// The account's address in lower case, if the provider has verified it.
    pub email: Option<Arc<str>>,
    /// The name of somebody who becomes a customer, and of the customer.
    pub name: Arc<str>,
    /// Who and which customer they would be, drawn at the edge.
    pub newcomer: (PersonId, CustomerId),
    /// Until when the login is good.
    pub expires_at: At,
    /// What the browser says it is.
    pub agent: Option<Arc<str>>,
    /// Where it comes from.
    pub address: Option<Arc<str>>,
}

/// Take a seat for a user whom a token vouched for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcquireByUser {
    /// The seat.
    pub ask: Acquire,
    /// The holder if counted by user.
    pub by_user: HolderKey,
    /// The holder if counted by user and fingerprint.
    pub by_user_and_fingerprint: HolderKey,
    /// The user.
    pub user: Arc<User>,
}

/// Take a seat for a user whose token vouched for an address as well: the one that [`User::email`] names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcquireByAddress {
    /// The seat and the user.
    pub by_user: AcquireByUser,
    /// The holder if seats are assigned by address.
    pub by_address: HolderKey,
}

/// A seat that is asked for, with everything that a token said of who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The seat.
    pub(crate) ask: &'a Acquire,
    /// The user, if a token vouched for one.
    pub(crate) user: Option<&'a AcquireByUser>,
    /// The holder that the user's address stands for, if the token vouched for that too.
    pub(crate) by_address: Option<HolderKey>,
}

impl<'a> From<&'a Acquire> for Asked<'a> {
    fn from(ask: &'a Acquire) -> Self {
        Self {
            ask,
            user: None,
            by_address: None,
        }
    }
}

impl<'a> From<&'a AcquireByUser> for Asked<'a> {
    fn from(by_user: &'a AcquireByUser) -> Self {
        Self {
            user: Some(by_user),
            ..Self::from(&by_user.ask)
        }
    }
}

impl<'a> From<&'a AcquireByAddress> for Asked<'a> {
    fn from(acquire: &'a AcquireByAddress) -> Self {
        Self {
            by_address: Some(acquire.by_address),
            ..Self::from(&acquire.by_user)
        }
    }
}

impl Command {
    /// The seat that is asked for, if one is.
    pub(crate) fn acquire(&self) -> Option<Asked<'_>> {
        match self {
            Self::Acquire(ask) => Some(ask.into()),
            Self::AcquireByUser(by_user) => Some(by_user.into()),
            Self::AcquireByAddress(by_address) => Some(by_address.into()),
            _ => None,
        }
    }
}
