//! People: who may sign in, with which role, and what they are signed in with.
//!
//! Nothing in these rows lets anybody in: passwords are argon2id hashes under a key that the ledger does not have, the
//! secrets of second factors are sealed under such a key, and of logins and invitations there are keyed hashes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::command::Actor;
use crate::id::{ApiTokenId, CustomerId, LoginId, PersonId, SecretHash};
use crate::time::{At, Span};

/// The most logins that one person has at once: one more ends the one that was used the longest ago.
pub const LOGINS_PER_PERSON_MAX: usize = 20;

/// How long after it was noted that a login or a token was used it is noted again.
pub const USE_NOTED_EVERY: Span = Span::from_secs(60);

/// The longest e-mail address in characters.
pub const EMAIL_CHARS_MAX: usize = 254;

/// Whether a text can be an e-mail address: something, one `@`, something, and no space.
pub fn is_email(text: &str) -> bool {
    let has_parts = text
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
    let is_plain = !text.chars().any(|char| char.is_whitespace() || char.is_control());
    has_parts && is_plain && text.chars().count() <= EMAIL_CHARS_MAX
}

/// What somebody may do. The first four are the vendor's own people; the other two belong to one customer and see
/// nothing of any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// Everything.
    Owner,
    /// Everything but people, API tokens and the cluster.
    Operator,
    /// Reads everything, ends sessions, makes new license keys.
    Support,
    /// Reads everything.
    Auditor,
    /// Reads what is the customer's, frees its seats, makes new keys of its licenses, manages its members.
    MemberAdmin(CustomerId),
    /// Reads what is the customer's.
    Member(CustomerId),
}

impl Role {
    /// The customer that the role belongs to; the vendor's own people have none.
    pub const fn customer(self) -> Option<CustomerId> {
        match self {
            Self::Owner | Self::Operator | Self::Support | Self::Auditor => None,
            Self::MemberAdmin(customer) | Self::Member(customer) => Some(customer),
        }
    }
}

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their identity.
    pub id: PersonId,
    /// What they sign in by, in lower case; unique in the cluster.
    pub email: Arc<str>,
    /// Their name for people.
    pub name: Arc<str>,
    /// What they may do.
    pub role: Role,
    /// The argon2id hash of their password, as a PHC string; `None` until they have chosen one.
    pub password: Option<Arc<str>>,
    /// Their second factor, if they have set one up.
    pub totp: Option<Totp>,
    /// Since when they may not sign in.
    pub disabled_at: Option<At>,
    /// When they were added.
    pub created_at: At,
    /// When they last signed in.
    pub signed_in_at: Option<At>,
    /// Counts the edits, from 1. A sign-in is none.
    pub version: u32,
}

impl Person {
    /// Whether they can sign in and may do everything.
    pub fn owns(&self) -> bool {
        self.role == Role::Owner && self.disabled_at.is_none() && self.password.is_some()
    }
}

/// A second factor: codes that change with time (RFC 6238).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totp {
    /// The secret, sealed at the edge under a key that the ledger does not have.
    pub sealed: Arc<[u8]>,
    /// The time step of the last code that was taken: neither it nor an earlier one is taken again.
    pub last_step: u64,
}

/// A web login of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// Its identity.
    pub id: LoginId,
    /// The keyed hash of its secret; unique.
    pub secret: SecretHash,
    /// Who is signed in.
    pub person: PersonId,
    /// When they signed in.
    pub created_at: At,
    /// Until when it is good.
    pub expires_at: At,
    /// When it was last used, as far as that is noted.
    pub used_at: At,
    /// What the browser said it is, for the person to recognise it by.
    pub agent: Option<Arc<str>>,
    /// The address it came from, for the person to recognise it by.
    pub address: Option<Arc<str>>,
}

/// A link that is good once: for the first owner to set the server up, or for a person to choose a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The keyed hash of its secret.
    pub secret: SecretHash,
    /// Who may choose a password by it; `None` makes the first owner.
    pub person: Option<PersonId>,
    /// When it was made.
    pub created_at: At,
    /// Until when it is good.
    pub expires_at: At,
}

/// What is known of an API token beside its own row, whose layout is older.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUse {
    /// Which token.
    pub token: ApiTokenId,
    /// Who made it, where that is known.
    pub created_by: Option<Actor>,
    /// When it was last used, as far as that is noted.
    pub used_at: Option<At>,
}
