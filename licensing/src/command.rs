//! What can be asked of the ledger. These types are log data: a variant or field is never changed or removed, new ones
//! go at the end and are emitted only when the whole cluster knows them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Entitlements, PlanTerms};
use crate::cluster::Scope;
use crate::id::{
    ApiTokenId, ClusterId, CustomerId, FingerprintHash, HolderKey, JoinTokenId, LicenseId, NodeId, PlanId, ProductId,
    RequestId, SecretHash, SessionHash, SessionNo,
};
use crate::session::ClientInfo;
use crate::time::{At, SessionTime};

/// One log entry: commands that share a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The leader's cluster clock when it formed the entry; `apply` clamps it to what it has seen.
    pub at: At,
    /// What to do, in order.
    pub proposals: Vec<Proposal>,
    /// Session time as the leader measured it on its own machine when it formed the entry. The ledger's never gets ahead
    /// of it, however far the clock is stepped or jumps when another node takes the lead.
    pub session_time: SessionTime,
}

impl Entry {
    /// An entry of a leader that has measured as much time as its clock moved.
    pub const fn at(at: At, proposals: Vec<Proposal>) -> Self {
        Self {
            at,
            proposals,
            session_time: SessionTime::MAX,
        }
    }
}

/// A command with who asks and how a repetition is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Who asks.
    pub actor: Actor,
    /// How a repetition is known; `None` for commands that are idempotent by nature.
    pub request: Option<Request>,
    /// After this time the command is refused: a duplicate that was long on its way changes nothing.
    pub not_after: Option<At>,
    /// What is asked.
    pub command: Command,
}

impl Proposal {
    /// What the cluster itself asks, of a kind that may be repeated.
    pub const fn by_system(command: Command) -> Self {
        Self {
            actor: Actor::System,
            request: None,
            not_after: None,
            command,
        }
    }
}

/// A call's name and what it said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The name, scoped by the edge to whom and what the call is about.
    pub id: RequestId,
    /// A hash of the call's content: one name for two contents is refused.
    pub content: [u8; 8],
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Actor {
    /// The cluster itself: ticks, admissions.
    System,
    /// A licensed application, by its license key or session id.
    Client,
    /// The bearer of an API token.
    Token(ApiTokenId),
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Time passes.
    Tick,
    /// Take a seat.
    Acquire(Acquire),
    /// Keep seats: sessions by number, in one command so that many cost one entry.
    Heartbeat {
        /// The sessions that beat, each answered in order.
        sessions: Vec<SessionNo>,
    },
    /// Give a seat back.
    Release {
        /// The session to end.
        session: SessionNo,
    },
    /// An operator ends a session.
    RevokeSession {
        /// The session to end.
        session: SessionNo,
        /// Why, in the operator's words.
        reason: Arc<str>,
    },
    /// Create a product.
    CreateProduct(CreateProduct),
    /// Change a product.
    UpdateProduct(UpdateProduct),
    /// Create a plan.
    CreatePlan(CreatePlan),
    /// Change a plan.
    UpdatePlan(UpdatePlan),
    /// Create a customer.
    CreateCustomer(CreateCustomer),
    /// Change a customer.
    UpdateCustomer(UpdateCustomer),
    /// Create a license.
    CreateLicense(CreateLicense),
    /// Change a license's plan, seats, entitlements or key.
    UpdateLicense(UpdateLicense),
    /// Put a license on hold.
    SuspendLicense {
        /// Which.
        license: LicenseId,
        /// Why, in the operator's words.
        reason: Arc<str>,
    },
    /// Take a license off hold.
    ReinstateLicense {
        /// Which.
        license: LicenseId,
    },
    /// End a license for good.
    RevokeLicense {
        /// Which.
        license: LicenseId,
        /// Why, in the operator's words.
        reason: Arc<str>,
    },
    /// Move a license's end.
    ExtendLicense {
        /// Which.
        license: LicenseId,
        /// The new end; `None` is without end.
        expires_at: Option<At>,
    },
    /// The first command of a cluster: names it and admits its first node.
    FoundCluster {
        /// The cluster's identity.
        cluster: ClusterId,
        /// The first node.
        node: NewNode,
    },
    /// Make a join token.
    CreateJoinToken {
        /// Its identity.
        id: JoinTokenId,
        /// The keyed hash of its secret.
        secret: SecretHash,
        /// Until when it may be used.
        expires_at: At,
    },
    /// Admit a node by a join token; the command's seq becomes its node id.
    AdmitNode {
        /// The token that admits it.
        token: JoinTokenId,
        /// The keyed hash of the secret it showed.
        secret: SecretHash,
        /// The node.
        node: NewNode,
        /// A node that this one takes the place of: it is removed as this one becomes a voter.
        replaces: Option<NodeId>,
    },
    /// A node's addresses changed.
    UpdateNode {
        /// Which.
        node: NodeId,
        /// Where its peer port is now.
        peer_address: Arc<str>,
        /// Where its API is now.
        api_url: Arc<str>,
    },
    /// A node is gone for good; its number is not used again.
    RemoveNode {
        /// Which.
        node: NodeId,
    },
    /// Make an API token.
    CreateApiToken {
        /// Its identity.
        id: ApiTokenId,
        /// Its name for people.
        name: Arc<str>,
        /// The keyed hash of its secret.
        secret: SecretHash,
        /// What it may do.
        scope: Scope,
        /// Until when it may be used.
        expires_at: Option<At>,
    },
    /// End an API token.
    RevokeApiToken {
        /// Which.
        id: ApiTokenId,
    },
    /// The cluster's clock went forward by more than a minute, with a majority of voters agreeing.
    StepClock {
        /// The clock before.
        from: At,
        /// The clock after.
        to: At,
    },
    /// Every member knows the commands of this version from now on.
    RaiseClusterVersion {
        /// The new version, above the one before.
        version: u32,
    },
    /// The cluster was rebuilt from one node's copy after it had lost its majority. Numbers carry the new epoch, this
    /// command's own included, so that nothing the lost majority may have numbered comes again.
    BeginEpoch {
        /// The new epoch: one more than the one before.
        epoch: u16,
    },
}

impl Command {
    /// The command's permanent name, in the audit and in metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Tick => "tick",
            Self::Acquire(_) => "acquire",
            Self::Heartbeat { .. } => "heartbeat",
            Self::Release { .. } => "release",
            Self::RevokeSession { .. } => "revoke_session",
            Self::CreateProduct(_) => "create_product",
            Self::UpdateProduct(_) => "update_product",
            Self::CreatePlan(_) => "create_plan",
            Self::UpdatePlan(_) => "update_plan",
            Self::CreateCustomer(_) => "create_customer",
            Self::UpdateCustomer(_) => "update_customer",
            Self::CreateLicense(_) => "create_license",
            Self::UpdateLicense(_) => "update_license",
            Self::SuspendLicense { .. } => "suspend_license",
            Self::ReinstateLicense { .. } => "reinstate_license",
            Self::RevokeLicense { .. } => "revoke_license",
            Self::ExtendLicense { .. } => "extend_license",
            Self::FoundCluster { .. } => "found_cluster",
            Self::CreateJoinToken { .. } => "create_join_token",
            Self::AdmitNode { .. } => "admit_node",
            Self::UpdateNode { .. } => "update_node",
            Self::RemoveNode { .. } => "remove_node",
            Self::CreateApiToken { .. } => "create_api_token",
            Self::RevokeApiToken { .. } => "revoke_api_token",
            Self::StepClock { .. } => "step_clock",
            Self::RaiseClusterVersion { .. } => "raise_cluster_version",
            Self::BeginEpoch { .. } => "begin_epoch",
        }
    }
}

/// Take a seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acquire {
    /// Of which license.
    pub license: LicenseId,
    /// The hash of the session id that the edge derived from license, holder and request.
    pub session: SessionHash,
    /// The holder if counted by fingerprint.
    pub by_fingerprint: HolderKey,
    /// The holder if counted by fingerprint and instance.
    pub by_instance: Option<HolderKey>,
    /// The fingerprint's hash, for tokens.
    pub fingerprint: FingerprintHash,
    /// A session of the same holder that this one replaces.
    pub replaces: Option<SessionNo>,
    /// What the client says about itself.
    pub client: Option<Arc<ClientInfo>>,
}

/// Create a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateProduct {
    /// Its identity, drawn at the edge.
    pub id: ProductId,
    /// Its unique short name.
    pub code: Arc<str>,
    /// Its name for people.
    pub name: Arc<str>,
    /// What its license keys begin with.
    pub key_prefix: Arc<str>,
    /// Where a customer renews.
    pub renewal_url: Option<Arc<str>>,
}

/// Change a product; `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateProduct {
    /// Which.
    pub id: ProductId,
    /// The version the caller saw; another is a conflict.
    pub if_version: Option<u32>,
    /// The new name.
    pub name: Option<Arc<str>>,
    /// The new renewal address; `Some(None)` clears it.
    pub renewal_url: Option<Option<Arc<str>>>,
}

/// Create a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatePlan {
    /// Its identity, drawn at the edge.
    pub id: PlanId,
    /// The product it sells.
    pub product: ProductId,
    /// Its short name, unique within the product.
    pub code: Arc<str>,
    /// Its name for people.
    pub name: Arc<str>,
    /// What it grants.
    pub terms: PlanTerms,
}

/// Change a plan; `None` leaves a field as it is. New terms hold for live sessions from their next heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatePlan {
    /// Which.
    pub id: PlanId,
    /// The version the caller saw; another is a conflict.
    pub if_version: Option<u32>,
    /// The new name.
    pub name: Option<Arc<str>>,
    /// The new terms.
    pub terms: Option<PlanTerms>,
}

/// Create a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateCustomer {
    /// Its identity, drawn at the edge.
    pub id: CustomerId,
    /// Its name for people.
    pub name: Arc<str>,
    /// Where to write to.
    pub email: Option<Arc<str>>,
    /// The vendor's own number for it, unique where given.
    pub reference: Option<Arc<str>>,
}

/// Change a customer; `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateCustomer {
    /// Which.
    pub id: CustomerId,
    /// The version the caller saw; another is a conflict.
    pub if_version: Option<u32>,
    /// The new name.
    pub name: Option<Arc<str>>,
    /// The new address; `Some(None)` clears it.
    pub email: Option<Option<Arc<str>>>,
    /// The new reference; `Some(None)` clears it.
    pub reference: Option<Option<Arc<str>>>,
}

/// Create a license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateLicense {
    /// Its identity, drawn at the edge.
    pub id: LicenseId,
    /// Of which plan.
    pub plan: PlanId,
    /// For whom.
    pub customer: CustomerId,
    /// The keyed hash of its key.
    pub key: SecretHash,
    /// The key's last characters.
    pub key_hint: Arc<str>,
    /// Its own number of seats.
    pub seats: Option<u32>,
    /// From when; `None` is from now.
    pub starts_at: Option<At>,
    /// Until when; `None` is without end.
    pub expires_at: Option<At>,
    /// Overrides and additions to the plan's entitlements.
    pub entitlements: Entitlements,
}

/// Change a license; `None` leaves a field as it is. Fewer seats than are held end no session: nothing new is granted
/// until enough were given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateLicense {
    /// Which.
    pub id: LicenseId,
    /// The version the caller saw; another is a conflict.
    pub if_version: Option<u32>,
    /// The new plan, of the same product.
    pub plan: Option<PlanId>,
    /// The new number of seats; `Some(None)` goes back to the plan's.
    pub seats: Option<Option<u32>>,
    /// The new overrides.
    pub entitlements: Option<Entitlements>,
    /// A new key's hash and last characters; the old key ends at once, live sessions go on.
    pub key: Option<(SecretHash, Arc<str>)>,
}

/// A node as it presents itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewNode {
    /// Its name for people.
    pub name: Arc<str>,
    /// Where its peer port is, `host:port`.
    pub peer_address: Arc<str>,
    /// Where its API is, a URL.
    pub api_url: Arc<str>,
    /// SHA-256 of its certificate's public key.
    pub spki: SecretHash,
}
