//! The ledger as rows: what a checkpoint writes, a snapshot carries and a restart reads back.
//!
//! A row's bytes are a version byte and postcard. A layout is never edited: a changed one gets the next version byte.

mod key;

pub use key::{KeyBytes, RowKey, Table};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answer::Answer;
use crate::assignment::Assignment;
use crate::branding::Branding;
use crate::catalogue::{Customer, License, Plan, Product};
use crate::cluster::{ApiToken, JoinToken, Node};
use crate::identity::{Identity, IdentityProvider, SessionUser};
use crate::meta::Meta;
use crate::person::{Invitation, Login, Person, TokenUse};
use crate::retention::Retention;
use crate::session::{EndedSession, Ghost, Session};
use crate::usage::UsageHour;

/// The version byte that every row begins with today.
const ROW_VERSION: u8 = 1;

/// A row with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// The one row about the ledger itself.
    Meta(Meta),
    /// A product.
    Product(Product),
    /// A plan.
    Plan(Plan),
    /// A customer.
    Customer(Customer),
    /// A license.
    License(License),
    /// A live session.
    Session(Session),
    /// An ended session.
    EndedSession(EndedSession),
    /// A ghost.
    Ghost(Ghost),
    /// A remembered answer.
    Answer(Answer),
    /// An open usage hour.
    UsageHour(UsageHour),
    /// A node.
    Node(Node),
    /// A join token.
    JoinToken(JoinToken),
    /// An API token.
    ApiToken(ApiToken),
    /// A person.
    Person(Person),
    /// A login.
    Login(Login),
    /// An invitation.
    Invitation(Invitation),
    /// What is known of an API token beside its own row.
    TokenUse(TokenUse),
    /// The one row about how the vendor wants to be seen.
    Branding(Branding),
    /// An identity provider.
    IdentityProvider(IdentityProvider),
    /// An account of a provider that is a person.
    Identity(Identity),
    /// Who holds a live session.
    SessionUser(SessionUser),
    /// A seat that is assigned by name.
    Assignment(Assignment),
    /// The one row about for how long history is kept.
    Retention(Retention),
}

impl Row {
    /// The row's key.
    pub const fn key(&self) -> RowKey {
        match self {
            Self::Meta(_) => RowKey::Meta,
            Self::Product(row) => RowKey::Product(row.id),
            Self::Plan(row) => RowKey::Plan(row.id),
            Self::Customer(row) => RowKey::Customer(row.id),
            Self::License(row) => RowKey::License(row.id),
            Self::Session(row) => RowKey::Session(row.no),
            Self::EndedSession(row) => RowKey::EndedSession(row.no),
            Self::Ghost(row) => RowKey::Ghost(row.license, row.holder),
            Self::Answer(row) => RowKey::Answer(row.request.id),
            Self::UsageHour(row) => RowKey::UsageHour(row.license, row.hour),
            Self::Node(row) => RowKey::Node(row.id),
            Self::JoinToken(row) => RowKey::JoinToken(row.id),
            Self::ApiToken(row) => RowKey::ApiToken(row.id),
            Self::Person(row) => RowKey::Person(row.id),
            Self::Login(row) => RowKey::Login(row.id),
            Self::Invitation(row) => RowKey::Invitation(row.secret),
            Self::TokenUse(row) => RowKey::TokenUse(row.token),
            Self::Branding(_) => RowKey::Branding,
            Self::IdentityProvider(row) => RowKey::IdentityProvider(row.id),
            Self::Identity(row) => RowKey::Identity(row.subject),
            Self::SessionUser(row) => RowKey::SessionUser(row.session),
            Self::Assignment(row) => RowKey::Assignment(row.license, row.holder),
            Self::Retention(_) => RowKey::Retention,
        }
    }

    /// The row's bytes, without its key's table.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Meta(row) => encode(row),
            Self::Product(row) => encode(row),
            Self::Plan(row) => encode(row),
            Self::Customer(row) => encode(row),
            Self::License(row) => encode(row),
            Self::Session(row) => encode(row),
            Self::EndedSession(row) => encode(row),
            Self::Ghost(row) => encode(row),
            Self::Answer(row) => encode(row),
            Self::UsageHour(row) => encode(row),
            Self::Node(row) => encode(row),
            Self::JoinToken(row) => encode(row),
            Self::ApiToken(row) => encode(row),
            Self::Person(row) => encode(row),
            Self::Login(row) => encode(row),
            Self::Invitation(row) => encode(row),
            Self::TokenUse(row) => encode(row),
            Self::Branding(row) => encode(row),
            Self::IdentityProvider(row) => encode(row),
            Self::Identity(row) => encode(row),
            Self::SessionUser(row) => encode(row),
            Self::Assignment(row) => encode(row),
            Self::Retention(row) => encode(row),
        }
    }

    /// Reads the bytes of a row of `table`.
    pub fn decode(table: Table, bytes: &[u8]) -> Result<Self, RowError> {
        Ok(match table {
            Table::Meta => Self::Meta(decode(table, bytes)?),
            Table::Products => Self::Product(decode(table, bytes)?),
            Table::Plans => Self::Plan(decode(table, bytes)?),
            Table::Customers => Self::Customer(decode(table, bytes)?),
            Table::Licenses => Self::License(decode(table, bytes)?),
            Table::Sessions => Self::Session(decode(table, bytes)?),
            Table::EndedSessions => Self::EndedSession(decode(table, bytes)?),
            Table::Ghosts => Self::Ghost(decode(table, bytes)?),
            Table::Answers => Self::Answer(decode(table, bytes)?),
            Table::UsageHours => Self::UsageHour(decode(table, bytes)?),
            Table::Nodes => Self::Node(decode(table, bytes)?),
            Table::JoinTokens => Self::JoinToken(decode(table, bytes)?),
            Table::ApiTokens => Self::ApiToken(decode(table, bytes)?),
            Table::People => Self::Person(decode(table, bytes)?),
            Table::Logins => Self::Login(decode(table, bytes)?),
            Table::Invitations => Self::Invitation(decode(table, bytes)?),
            Table::TokenUses => Self::TokenUse(decode(table, bytes)?),
            Table::Branding => Self::Branding(decode(table, bytes)?),
            Table::IdentityProviders => Self::IdentityProvider(decode(table, bytes)?),
            Table::Identities => Self::Identity(decode(table, bytes)?),
            Table::SessionUsers => Self::SessionUser(decode(table, bytes)?),
            Table::Assignments => Self::Assignment(decode(table, bytes)?),
            Table::Retention => Self::Retention(decode(table, bytes)?),
        })
    }
}

/// The bytes of a stored value: version, then postcard.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_extend(value, vec![ROW_VERSION]).expect("rows are plain data of known lengths, which postcard takes")
}

fn decode<T: DeserializeOwned>(table: Table, bytes: &[u8]) -> Result<T, RowError> {
    let (version, body) = bytes.split_first().ok_or(RowError::Empty { table })?;
    if *version != ROW_VERSION {
        return Err(RowError::Version {
            table,
            version: *version,
        });
    }
    match postcard::take_from_bytes(body) {
        Ok((row, [])) => Ok(row),
        Ok((_, rest)) => Err(RowError::TrailingBytes {
            table,
            extra: rest.len(),
        }),
        Err(source) => Err(RowError::Malformed { table, source }),
    }
}

/// Stored bytes that are no row. The bytes are wrong, or a newer release wrote them: neither is for this release to
/// repair.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// A key of the wrong length.
    #[error("a key in table {table} has the wrong length")]
    Key {
        /// Where.
        table: Table,
    },
    /// No bytes at all.
    #[error("a row in table {table} is empty")]
    Empty {
        /// Where.
        table: Table,
    },
    /// A layout that this release does not know.
    #[error("a row in table {table} has layout version {version}; this release reads version {ROW_VERSION}")]
    Version {
        /// Where.
        table: Table,
        /// The version that was found.
        version: u8,
    },
    /// Bytes behind the row's end.
    #[error("a row in table {table} is followed by {extra} bytes that belong to nothing")]
    TrailingBytes {
        /// Where.
        table: Table,
        /// How many.
        extra: usize,
    },
    /// Bytes that are no such row.
    #[error("a row in table {table} cannot be read")]
    Malformed {
        /// Where.
        table: Table,
        /// What postcard found.
        #[source]
        source: postcard::Error,
    },
}
