//! The replicated state and its only way to change.

use std::fmt;

use crate::catalogue::{Customer, License, Plan, Product};
use crate::cluster::{ApiToken, JoinToken, Node};
use crate::command::Entry;
use crate::id::{
    ApiTokenId, ClusterId, CustomerId, HolderKey, JoinTokenId, LicenseId, NodeId, PlanId, ProductId, SecretHash, Seq,
    SessionHash, SessionName, SessionNo,
};
use crate::merkle::TreeHash;
use crate::meta::Meta;
use crate::outcome::Applied;
use crate::row::{Row, RowKey};
use crate::session::{EndedSession, Ghost, Session};
use crate::time::{At, SessionTime};
use crate::usage::UsageHour;

/// What changed since it was last asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rows in key order, each once with its latest content; `None` is a row that is gone.
    pub rows: Vec<(RowKey, Option<Row>)>,
    /// Audit leaves in their order. Append-only; the ledger does not keep them.
    pub audit: Vec<AuditRecord>,
    /// Hours that have passed. Append-only; the ledger does not keep them.
    pub usage: Vec<UsageHour>,
}

/// A leaf of the audit tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its place, from 0.
    pub index: u64,
    /// Its canonical bytes, as the tree hashes them.
    pub leaf: Vec<u8>,
}

/// A sum over all rows: equal exactly when the rows are, in whatever order they came about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Wraps bytes that another node sent.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to send or to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Rows that do not make a ledger.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct LoadError {
    problem: String,
}

/// A session as its client's secret finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionState<'a> {
    /// It holds its seat.
    Live(&'a Session),
    /// It has ended and is still remembered.
    Ended(&'a EndedSession),
}

/// A license's seats as they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seats {
    /// Seats that may be held, overage included.
    pub limit: u32,
    /// How many of these are overage.
    pub overage: u32,
    /// Seats held: holders with a live session.
    pub in_use: u32,
    /// Live sessions.
    pub sessions: u32,
    /// Holders whose session expired while its token's grace still runs.
    pub ghosts: u32,
}

/// The replicated state: every row, the indexes over them, and what changed lately.
#[derive(Debug)]
pub struct Ledger {
    meta: Meta,
}

impl Default for Ledger {
    fn default() -> Self {
        Self::new()
    }
}

#[allow(clippy::unimplemented, unused_variables, reason = "signatures first")]
#[allow(clippy::unused_self, clippy::needless_pass_by_value, reason = "signatures first")]
impl Ledger {
    /// A ledger in which nothing has happened yet.
    pub fn new() -> Self {
        Self { meta: Meta::default() }
    }

    /// Applies an entry: one answer for each proposal, in order.
    pub fn apply(&mut self, entry: &Entry) -> Vec<Applied> {
        unimplemented!()
    }

    /// What changed since the last call, and forgets it.
    pub fn take_changes(&mut self) -> Changes {
        unimplemented!()
    }

    /// How many rows [`Ledger::take_changes`] would return at most.
    pub fn changed_rows(&self) -> usize {
        unimplemented!()
    }

    /// Whether anything changed since the last [`Ledger::take_changes`].
    pub fn has_changes(&self) -> bool {
        unimplemented!()
    }

    /// Every row in key order.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        std::iter::once(Row::Meta(self.meta.clone()))
    }

    /// Builds a ledger from all its rows, in any order. No rows at all make a new ledger.
    pub fn from_rows(rows: impl IntoIterator<Item = Row>) -> Result<Self, LoadError> {
        unimplemented!()
    }

    /// The digest of all rows.
    pub fn digest(&self) -> Digest {
        unimplemented!()
    }

    /// The number of the last command.
    pub fn seq(&self) -> Seq {
        self.meta.seq
    }

    /// The cluster's clock as of the last entry.
    pub fn at(&self) -> At {
        self.meta.at
    }

    /// Session time as of the last entry.
    pub fn session_time(&self) -> SessionTime {
        self.meta.session_time
    }

    /// The cluster's identity, once founded.
    pub fn cluster_id(&self) -> Option<ClusterId> {
        self.meta.cluster
    }

    /// Which kinds of command may be emitted.
    pub fn cluster_version(&self) -> u32 {
        self.meta.cluster_version
    }

    /// How many audit leaves there are.
    pub fn audit_size(&self) -> u64 {
        self.meta.audit.size()
    }

    /// The root of the audit tree.
    pub fn audit_root(&self) -> TreeHash {
        self.meta.audit.root()
    }

    /// A product.
    pub fn product(&self, id: ProductId) -> Option<&Product> {
        unimplemented!()
    }

    /// A product by its code.
    pub fn product_by_code(&self, code: &str) -> Option<&Product> {
        unimplemented!()
    }

    /// Products in id order, after `after`.
    pub fn products(&self, after: Option<ProductId>) -> impl Iterator<Item = &Product> {
        std::iter::empty()
    }

    /// A plan.
    pub fn plan(&self, id: PlanId) -> Option<&Plan> {
        unimplemented!()
    }

    /// A plan by its product and code.
    pub fn plan_by_code(&self, product: ProductId, code: &str) -> Option<&Plan> {
        unimplemented!()
    }

    /// Plans in id order, after `after`.
    pub fn plans(&self, after: Option<PlanId>) -> impl Iterator<Item = &Plan> {
        std::iter::empty()
    }

    /// A customer.
    pub fn customer(&self, id: CustomerId) -> Option<&Customer> {
        unimplemented!()
    }

    /// A customer by the vendor's own number for it.
    pub fn customer_by_reference(&self, reference: &str) -> Option<&Customer> {
        unimplemented!()
    }

    /// Customers in id order, after `after`.
    pub fn customers(&self, after: Option<CustomerId>) -> impl Iterator<Item = &Customer> {
        std::iter::empty()
    }

    /// A license.
    pub fn license(&self, id: LicenseId) -> Option<&License> {
        unimplemented!()
    }

    /// The license of a key.
    pub fn license_by_key(&self, key: &SecretHash) -> Option<&License> {
        unimplemented!()
    }

    /// Licenses in id order, after `after`.
    pub fn licenses(&self, after: Option<LicenseId>) -> impl Iterator<Item = &License> {
        std::iter::empty()
    }

    /// A license's seats as they stand.
    pub fn seats(&self, license: LicenseId) -> Option<Seats> {
        unimplemented!()
    }

    /// A live session.
    pub fn session(&self, no: SessionNo) -> Option<&Session> {
        unimplemented!()
    }

    /// An ended session that is still remembered.
    pub fn ended_session(&self, no: SessionNo) -> Option<&EndedSession> {
        unimplemented!()
    }

    /// The session of a secret.
    pub fn session_by_hash(&self, hash: &SessionHash) -> Option<SessionState<'_>> {
        unimplemented!()
    }

    /// The session of a public name.
    pub fn session_by_name(&self, name: &SessionName) -> Option<SessionState<'_>> {
        unimplemented!()
    }

    /// Live sessions in number order, after `after`.
    pub fn sessions(&self, after: Option<SessionNo>) -> impl Iterator<Item = &Session> {
        std::iter::empty()
    }

    /// Live sessions of a license in holder order, after the holder and number `after`.
    pub fn sessions_of(
        &self,
        license: LicenseId,
        after: Option<(HolderKey, SessionNo)>,
    ) -> impl Iterator<Item = &Session> {
        std::iter::empty()
    }

    /// Ghosts of a license in holder order.
    pub fn ghosts_of(&self, license: LicenseId) -> impl Iterator<Item = &Ghost> {
        std::iter::empty()
    }

    /// The open hour of a license.
    pub fn usage_open(&self, license: LicenseId) -> Option<&UsageHour> {
        unimplemented!()
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        unimplemented!()
    }

    /// Every node that was ever admitted, in number order.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        std::iter::empty()
    }

    /// A join token.
    pub fn join_token(&self, id: JoinTokenId) -> Option<&JoinToken> {
        unimplemented!()
    }

    /// Join tokens in id order.
    pub fn join_tokens(&self) -> impl Iterator<Item = &JoinToken> {
        std::iter::empty()
    }

    /// An API token.
    pub fn api_token(&self, id: ApiTokenId) -> Option<&ApiToken> {
        unimplemented!()
    }

    /// The API token of a secret.
    pub fn api_token_by_secret(&self, secret: &SecretHash) -> Option<&ApiToken> {
        unimplemented!()
    }

    /// API tokens in id order.
    pub fn api_tokens(&self) -> impl Iterator<Item = &ApiToken> {
        std::iter::empty()
    }
}
