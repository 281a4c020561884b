//! What can be asked about people. The rules of [`command`](super) hold here too.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{LoginId, PersonId, SecretHash};
use crate::person::Role;
use crate::time::At;

/// Add a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatePerson {
    /// Their identity, drawn at the edge.
    pub id: PersonId,
    /// What they sign in by, in lower case.
    pub email: Arc<str>,
    /// Their name for people.
    pub name: Arc<str>,
    /// What they may do.
    pub role: Role,
    /// The link by which they choose a password.
    pub invitation: NewInvitation,
}

/// Change a person; `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatePerson {
    /// Whom.
    pub id: PersonId,
    /// The version the caller saw; another is a conflict.
    pub if_version: Option<u32>,
    /// The new address, in lower case.
    pub email: Option<Arc<str>>,
    /// The new name.
    pub name: Option<Arc<str>>,
    /// The new role.
    pub role: Option<Role>,
    /// Whether they may not sign in any more; `true` ends every login and link of theirs.
    pub disabled: Option<bool>,
    /// Puts their second factor away, for somebody who lost it.
    pub forget_totp: bool,
}

/// A link that is good once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewInvitation {
    /// The keyed hash of its secret.
    pub secret: SecretHash,
    /// Until when it is good.
    pub expires_at: At,
}

/// Use a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptInvitation {
    /// The keyed hash of the secret that was shown.
    pub secret: SecretHash,
    /// The identity of the first owner, if it is their link.
    pub person: PersonId,
    /// The first owner's address, in lower case; of everybody else it is known, and another one is refused.
    pub email: Option<Arc<str>>,
    /// The first owner's name, or a new one for the person.
    pub name: Option<Arc<str>>,
    /// The argon2id hash of the password that they chose.
    pub password: Arc<str>,
}

/// Sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// The login's identity, drawn at the edge.
    pub login: LoginId,
    /// The keyed hash of its secret.
    pub secret: SecretHash,
    /// Who signs in.
    pub person: PersonId,
    /// The version whose password and second factor were shown; by another they are refused.
    pub version: u32,
    /// The time step of the code that was shown, if there is a second factor.
    pub totp_step: Option<u64>,
    /// Until when the login is good.
    pub expires_at: At,
    /// What the browser says it is.
    pub agent: Option<Arc<str>>,
    /// Where it comes from.
    pub address: Option<Arc<str>>,
}

/// Let a person have a user token, or a program of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowUserToken {
    /// Whose.
    pub person: PersonId,
    /// By which way.
    pub step: UserTokenStep,
    /// Until when the token, or the code for one, is good.
    pub expires_at: At,
    /// What the browser or the program says it is.
    pub agent: Option<Arc<str>>,
    /// Where it comes from.
    pub address: Option<Arc<str>>,
}

/// A step on the way to a user token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserTokenStep {
    /// A token was made for the person who asked for it.
    Made,
    /// A code was given, for a program on the person's machine.
    CodeGiven,
    /// A program got a token for a code.
    CodeRedeemed,
}
