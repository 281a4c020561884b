//! Tables and keys: where a row stands.

use std::fmt;

use crate::id::{
    ApiTokenId, CustomerId, HolderKey, JoinTokenId, LicenseId, LoginId, NodeId, PersonId, PlanId, ProductId,
    ProviderId, RequestId, SecretHash, SessionNo, SubjectHash,
};
use crate::row::RowError;
use crate::time::Hour;

/// The longest key: a license and a holder.
const KEY_BYTES_MAX: usize = 32;

/// A kind of row. The numbers are stored and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// The one [`Meta`](super::Row::Meta) row.
    Meta = 0,
    /// [`Product`](super::Row::Product)s by id.
    Products = 1,
    /// [`Plan`](super::Row::Plan)s by id.
    Plans = 2,
    /// [`Customer`](super::Row::Customer)s by id.
    Customers = 3,
    /// [`License`](super::Row::License)s by id.
    Licenses = 4,
    /// Live [`Session`](super::Row::Session)s by number.
    Sessions = 5,
    /// [`EndedSession`](super::Row::EndedSession)s by number.
    EndedSessions = 6,
    /// [`Ghost`](super::Row::Ghost)s by license and holder.
    Ghosts = 7,
    /// Remembered [`Answer`](super::Row::Answer)s by request.
    Answers = 8,
    /// Open [`UsageHour`](super::Row::UsageHour)s by license and hour.
    UsageHours = 9,
    /// [`Node`](super::Row::Node)s by number.
    Nodes = 10,
    /// [`JoinToken`](super::Row::JoinToken)s by id.
    JoinTokens = 11,
    /// [`ApiToken`](super::Row::ApiToken)s by id.
    ApiTokens = 12,
    /// [`Person`](super::Row::Person)s by id.
    People = 13,
    /// [`Login`](super::Row::Login)s by id.
    Logins = 14,
    /// [`Invitation`](super::Row::Invitation)s by the hash of their secret.
    Invitations = 15,
    /// [`TokenUse`](super::Row::TokenUse)s by API token.
    TokenUses = 16,
    /// The one [`Branding`](super::Row::Branding) row.
    Branding = 17,
    /// [`IdentityProvider`](super::Row::IdentityProvider)s by id.
    IdentityProviders = 18,
    /// [`Identity`](super::Row::Identity) rows by the hash of provider and account.
    Identities = 19,
    /// [`SessionUser`](super::Row::SessionUser)s by session.
    SessionUsers = 20,
    /// [`Assignment`](super::Row::Assignment)s by license and holder.
    Assignments = 21,
    /// The one [`Retention`](super::Row::Retention) row.
    Retention = 22,
}

impl Table {
    /// Every table, in the order of its numbers. Checkpoints and snapshots go through this list, so that a new table
    /// cannot be forgotten in one of them.
    pub const ALL: [Self; 23] = [
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
        Self::People,
        Self::Logins,
        Self::Invitations,
        Self::TokenUses,
        Self::Branding,
        Self::IdentityProviders,
        Self::Identities,
        Self::SessionUsers,
        Self::Assignments,
        Self::Retention,
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
            Self::People => "people",
            Self::Logins => "logins",
            Self::Invitations => "invitations",
            Self::TokenUses => "token_uses",
            Self::Branding => "branding",
            Self::IdentityProviders => "identity_providers",
            Self::Identities => "identities",
            Self::SessionUsers => "session_users",
            Self::Assignments => "assignments",
            Self::Retention => "retention",
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
    /// A person.
    Person(PersonId),
    /// A login.
    Login(LoginId),
    /// An invitation.
    Invitation(SecretHash),
    /// What is known of an API token beside its own row.
    TokenUse(ApiTokenId),
    /// The one row about how the vendor wants to be seen.
    Branding,
    /// An identity provider.
    IdentityProvider(ProviderId),
    /// An account of a provider that is a person.
    Identity(SubjectHash),
    /// Who holds a live session.
    SessionUser(SessionNo),
    /// A seat that is assigned by name.
    Assignment(LicenseId, HolderKey),
    /// The one row about for how long history is kept.
    Retention,
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
            Self::Person(_) => Table::People,
            Self::Login(_) => Table::Logins,
            Self::Invitation(_) => Table::Invitations,
            Self::TokenUse(_) => Table::TokenUses,
            Self::Branding => Table::Branding,
            Self::IdentityProvider(_) => Table::IdentityProviders,
            Self::Identity(_) => Table::Identities,
            Self::SessionUser(_) => Table::SessionUsers,
            Self::Assignment(..) => Table::Assignments,
            Self::Retention => Table::Retention,
        }
    }

    /// The key inside its table, as bytes that order as the keys do: numbers are big-endian.
    pub fn to_bytes(&self) -> KeyBytes {
        match self {
            Self::Meta | Self::Branding | Self::Retention => KeyBytes::of(&[]),
            Self::Product(id) => KeyBytes::of(id.as_bytes()),
            Self::Plan(id) => KeyBytes::of(id.as_bytes()),
            Self::Customer(id) => KeyBytes::of(id.as_bytes()),
            Self::License(id) => KeyBytes::of(id.as_bytes()),
            Self::Session(no) | Self::EndedSession(no) | Self::SessionUser(no) => KeyBytes::of(&no.get().to_be_bytes()),
            Self::Ghost(license, holder) | Self::Assignment(license, holder) => {
                KeyBytes::of_two(license.as_bytes(), holder.as_bytes())
            }
            Self::Answer(id) => KeyBytes::of(id.as_bytes()),
            Self::UsageHour(license, hour) => KeyBytes::of_two(license.as_bytes(), &hour.get().to_be_bytes()),
            Self::Node(id) => KeyBytes::of(&id.get().to_be_bytes()),
            Self::JoinToken(id) => KeyBytes::of(id.as_bytes()),
            Self::ApiToken(id) | Self::TokenUse(id) => KeyBytes::of(id.as_bytes()),
            Self::Person(id) => KeyBytes::of(id.as_bytes()),
            Self::Login(id) => KeyBytes::of(id.as_bytes()),
            Self::Invitation(secret) => KeyBytes::of(secret.as_bytes()),
            Self::IdentityProvider(id) => KeyBytes::of(id.as_bytes()),
            Self::Identity(subject) => KeyBytes::of(subject.as_bytes()),
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
                let (license, holder) = holder_of_license(bytes)?;
                Self::Ghost(license, holder)
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
            Table::People => Self::Person(PersonId::from_bytes(bytes.try_into().ok()?)),
            Table::Logins => Self::Login(LoginId::from_bytes(bytes.try_into().ok()?)),
            Table::Invitations => Self::Invitation(SecretHash::from_bytes(bytes.try_into().ok()?)),
            Table::TokenUses => Self::TokenUse(ApiTokenId::from_bytes(bytes.try_into().ok()?)),
            Table::Branding => bytes.is_empty().then_some(Self::Branding)?,
            Table::IdentityProviders => Self::IdentityProvider(ProviderId::from_bytes(bytes.try_into().ok()?)),
            Table::Identities => Self::Identity(SubjectHash::from_bytes(bytes.try_into().ok()?)),
            Table::SessionUsers => Self::SessionUser(SessionNo::new(number()?)),
            Table::Assignments => {
                let (license, holder) = holder_of_license(bytes)?;
                Self::Assignment(license, holder)
            }
            Table::Retention => bytes.is_empty().then_some(Self::Retention)?,
        })
    }
}

fn holder_of_license(bytes: &[u8]) -> Option<(LicenseId, HolderKey)> {
    let (license, holder) = bytes.split_first_chunk()?;
    let holder = HolderKey::from_bytes(holder.try_into().ok()?);
    Some((LicenseId::from_bytes(*license), holder))
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
