//! The ledger as rows: what a checkpoint writes, a snapshot carries and a restart reads back.
//!
//! A row's bytes are a version byte and postcard. A layout is never edited: a changed one gets the next version byte.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answer::Answer;
use crate::catalogue::{Customer, License, Plan, Product};
use crate::cluster::{ApiToken, JoinToken, Node};
use crate::id::{
    ApiTokenId, CustomerId, HolderKey, JoinTokenId, LicenseId, NodeId, PlanId, ProductId, RequestId, SessionNo,
};
use crate::meta::Meta;
use crate::session::{EndedSession, Ghost, Session};
use crate::time::Hour;
use crate::usage::UsageHour;

/// The version byte that every row begins with today.
const ROW_VERSION: u8 = 1;

/// The longest key: a license and a holder.
const KEY_BYTES_MAX: usize = 32;

/// A kind of row. The numbers are stored and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// The one [`Meta`] row.
    Meta = 0,
    /// [`Product`]s by id.
    Products = 1,
    /// [`Plan`]s by id.
    Plans = 2,
    /// [`Customer`]s by id.
    Customers = 3,
    /// [`License`]s by id.
    Licenses = 4,
    /// Live [`Session`]s by number.
    Sessions = 5,
    /// [`EndedSession`]s by number.
    EndedSessions = 6,
    /// [`Ghost`]s by license and holder.
    Ghosts = 7,
    /// Remembered [`Answer`]s by request.
    Answers = 8,
    /// Open [`UsageHour`]s by license and hour.
    UsageHours = 9,
    /// [`Node`]s by number.
    Nodes = 10,
    /// [`JoinToken`]s by id.
    JoinTokens = 11,
    /// [`ApiToken`]s by id.
    ApiTokens = 12,
}

impl Table {
    /// Every table, in the order of its numbers. Checkpoints and snapshots go through this list, so that a new table
    /// cannot be forgotten in one of them.
    pub const ALL: [Self; 13] = [
        Self::Meta,
        Self::Products,
        Self::Plans,
        Self::Customers,
        Self::Licenses,
        Self::Sessions,
        Self::EndedSessions,
        Self::Ghosts,
        Self::Answers,
        Self::UsageHours,
        Self::Nodes,
        Self::JoinTokens,
        Self::ApiTokens,
    ];

    /// The table's number in stored bytes.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The table of a stored number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// The table's name, for storage and for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Products => "products",
            Self::Plans => "plans",
            Self::Customers => "customers",
            Self::Licenses => "licenses",
            Self::Sessions => "sessions",
            Self::EndedSessions => "ended_sessions",
            Self::Ghosts => "ghosts",
            Self::Answers => "answers",
            Self::UsageHours => "usage_hours",
            Self::Nodes => "nodes",
            Self::JoinTokens => "join_tokens",
            Self::ApiTokens => "api_tokens",
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which row. Keys order by table, then as their bytes do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKey {
    /// The one row about the ledger itself.
    Meta,
    /// A product.
    Product(ProductId),
    /// A plan.
    Plan(PlanId),
    /// A customer.
    Customer(CustomerId),
    /// A license.
    License(LicenseId),
    /// A live session.
    Session(SessionNo),
    /// An ended session.
    EndedSession(SessionNo),
    /// A ghost.
    Ghost(LicenseId, HolderKey),
    /// A remembered answer.
    Answer(RequestId),
    /// An open usage hour.
    UsageHour(LicenseId, Hour),
    /// A node.
    Node(NodeId),
    /// A join token.
    JoinToken(JoinTokenId),
    /// An API token.
    ApiToken(ApiTokenId),
}

impl RowKey {
    /// The table it belongs to.
    pub const fn table(&self) -> Table {
        match self {
            Self::Meta => Table::Meta,
            Self::Product(_) => Table::Products,
            Self::Plan(_) => Table::Plans,
            Self::Customer(_) => Table::Customers,
            Self::License(_) => Table::Licenses,
            Self::Session(_) => Table::Sessions,
            Self::EndedSession(_) => Table::EndedSessions,
            Self::Ghost(..) => Table::Ghosts,
            Self::Answer(_) => Table::Answers,
            Self::UsageHour(..) => Table::UsageHours,
            Self::Node(_) => Table::Nodes,
            Self::JoinToken(_) => Table::JoinTokens,
            Self::ApiToken(_) => Table::ApiTokens,
        }
    }

    /// The key inside its table, as bytes that order as the keys do: numbers are big-endian.
    pub fn to_bytes(&self) -> KeyBytes {
        match self {
            Self::Meta => KeyBytes::of(&[]),
            Self::Product(id) => KeyBytes::of(id.as_bytes()),
            Self::Plan(id) => KeyBytes::of(id.as_bytes()),
            Self::Customer(id) => KeyBytes::of(id.as_bytes()),
            Self::License(id) => KeyBytes::of(id.as_bytes()),
            Self::Session(no) | Self::EndedSession(no) => KeyBytes::of(&no.get().to_be_bytes()),
            Self::Ghost(license, holder) => KeyBytes::of_two(license.as_bytes(), holder.as_bytes()),
            Self::Answer(id) => KeyBytes::of(id.as_bytes()),
            Self::UsageHour(license, hour) => KeyBytes::of_two(license.as_bytes(), &hour.get().to_be_bytes()),
            Self::Node(id) => KeyBytes::of(&id.get().to_be_bytes()),
            Self::JoinToken(id) => KeyBytes::of(id.as_bytes()),
            Self::ApiToken(id) => KeyBytes::of(id.as_bytes()),
        }
    }

    /// Reads what [`RowKey::to_bytes`] wrote for a key of `table`.
    pub fn from_bytes(table: Table, bytes: &[u8]) -> Result<Self, RowError> {
        Self::read(table, bytes).ok_or(RowError::Key { table })
    }

    fn read(table: Table, bytes: &[u8]) -> Option<Self> {
        let number = || bytes.try_into().ok().map(u64::from_be_bytes);
        Some(match table {
            Table::Meta => bytes.is_empty().then_some(Self::Meta)?,
            Table::Products => Self::Product(ProductId::from_bytes(bytes.try_into().ok()?)),
            Table::Plans => Self::Plan(PlanId::from_bytes(bytes.try_into().ok()?)),
            Table::Customers => Self::Customer(CustomerId::from_bytes(bytes.try_into().ok()?)),
            Table::Licenses => Self::License(LicenseId::from_bytes(bytes.try_into().ok()?)),
            Table::Sessions => Self::Session(SessionNo::new(number()?)),
            Table::EndedSessions => Self::EndedSession(SessionNo::new(number()?)),
            Table::Ghosts => {
                let (license, holder) = bytes.split_first_chunk()?;
                Self::Ghost(
                    LicenseId::from_bytes(*license),
                    HolderKey::from_bytes(holder.try_into().ok()?),
                )
            }
            Table::Answers => Self::Answer(RequestId::from_bytes(bytes.try_into().ok()?)),
            Table::UsageHours => {
                let (license, hour) = bytes.split_first_chunk()?;
                let hour = Hour::new(u32::from_be_bytes(hour.try_into().ok()?));
                Self::UsageHour(LicenseId::from_bytes(*license), hour)
            }
            Table::Nodes => Self::Node(NodeId::new(number()?)),
            Table::JoinTokens => Self::JoinToken(JoinTokenId::from_bytes(bytes.try_into().ok()?)),
            Table::ApiTokens => Self::ApiToken(ApiTokenId::from_bytes(bytes.try_into().ok()?)),
        })
    }
}

/// A key's bytes, on the stack.
#[derive(Clone, Copy)]
pub struct KeyBytes {
    bytes: [u8; KEY_BYTES_MAX],
    len: usize,
}

impl KeyBytes {
    fn of(key: &[u8]) -> Self {
        Self::of_two(key, &[])
    }

    fn of_two(first: &[u8], second: &[u8]) -> Self {
        let len = first.len() + second.len();
        let mut bytes = [0; KEY_BYTES_MAX];
        bytes[..first.len()].copy_from_slice(first);
        bytes[first.len()..len].copy_from_slice(second);
        Self { bytes, len }
    }
}

impl std::ops::Deref for KeyBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl AsRef<[u8]> for KeyBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

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
