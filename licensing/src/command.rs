//! What can be asked of the ledger. These types are log data: a variant or field is never changed or removed, and new ones
//! go at the end. What comes after the first release is emitted only once [`Command::RaiseClusterVersion`] has said that
//! every node knows it; the first release knows all that there is.

mod catalogue;
mod identity;
mod name;
mod people;
mod record;

pub use catalogue::{
    CreateCustomer, CreateLicense, CreatePlan, CreateProduct, UpdateCustomer, UpdateLicense, UpdatePlan, UpdateProduct,
};
pub(crate) use identity::Asked;
pub use identity::{AcquireByAddress, AcquireByUser, CreateIdentityProvider, SignInByProvider, UpdateIdentityProvider};
pub use people::{AcceptInvitation, AllowUserToken, CreatePerson, NewInvitation, SignIn, UpdatePerson, UserTokenStep};

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::cluster::Scope;
use crate::id::{
    ApiTokenId, ClusterId, FingerprintHash, HolderKey, JoinTokenId, LicenseId, LoginId, NodeId, PersonId, ProviderId,
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
    /// A person who is signed in, or who signs in.
    Person(PersonId),
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
    /// Add a person, with a link by which they choose a password.
    CreatePerson(CreatePerson),
    /// Change a person.
    UpdatePerson(UpdatePerson),
    /// Remove a person, with every login and link of theirs.
    RemovePerson {
        /// Whom.
        id: PersonId,
        /// The version the caller saw; another is a conflict.
        if_version: Option<u32>,
    },
    /// Make a link by which a person chooses a password, in the place of the one before; or the first owner's.
    CreateInvitation {
        /// Whose; `None` is the first owner's, who is not there yet.
        person: Option<PersonId>,
        /// The version of the person that the caller saw; another is a conflict.
        if_version: Option<u32>,
        /// The link.
        invitation: NewInvitation,
    },
    /// Use a link: choose a password.
    AcceptInvitation(AcceptInvitation),
    /// Change one's own password, which ends every other login.
    SetPassword {
        /// Whose.
        person: PersonId,
        /// The version whose password the caller has shown; another is a conflict.
        if_version: u32,
        /// The new password's argon2id hash.
        password: Arc<str>,
        /// The login that goes on.
        keep: Option<LoginId>,
    },
    /// Set up one's own second factor, or put it away.
    SetTotp {
        /// Whose.
        person: PersonId,
        /// The version whose password the caller has shown; another is a conflict.
        if_version: u32,
        /// The sealed secret and the time step of the code that showed it is known; `None` puts it away.
        totp: Option<(Arc<[u8]>, u64)>,
    },
    /// Sign in.
    SignIn(SignIn),
    /// End a login.
    SignOut {
        /// Which.
        login: LoginId,
    },
    /// End every login of a person.
    SignOutEverywhere {
        /// Whose.
        person: PersonId,
    },
    /// Note that these were used lately. It is counted, not put on record.
    NoteUse {
        /// Logins.
        logins: Vec<LoginId>,
        /// API tokens.
        tokens: Vec<ApiTokenId>,
    },
    /// Make an API token of which it is kept who made it and when it is used.
    IssueApiToken {
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
    /// Say how the vendor wants to be seen, in place of what was said before.
    SetBranding(SetBranding),
    /// Add an identity provider.
    CreateIdentityProvider(CreateIdentityProvider),
    /// Change an identity provider.
    UpdateIdentityProvider(UpdateIdentityProvider),
    /// Remove an identity provider, and what is known of its accounts.
    RemoveIdentityProvider {
        /// Which.
        id: ProviderId,
        /// The version the caller saw; another is a conflict.
        if_version: Option<u32>,
    },
    /// Sign in by an identity provider.
    SignInByProvider(SignInByProvider),
    /// Forget which accounts of identity providers a person is.
    UnlinkIdentities {
        /// Whose.
        person: PersonId,
        /// The version the caller saw; another is a conflict.
        if_version: Option<u32>,
    },
    /// Take a seat for a user whom a token vouched for.
    AcquireByUser(AcquireByUser),
    /// Take a seat for a user whose token vouched for an address as well.
    AcquireByAddress(AcquireByAddress),
    /// Assign a seat of a license to whoever has an address. Assigned again, it stays as it is.
    AssignSeat {
        /// The license.
        license: LicenseId,
        /// The holder that the address stands for.
        holder: HolderKey,
        /// The address, in lower case.
        email: Arc<str>,
    },
    /// Take an assigned seat away, which ends the sessions that were held by it.
    UnassignSeat {
        /// The license.
        license: LicenseId,
        /// The holder that the address stands for.
        holder: HolderKey,
        /// The address, for the record.
        email: Arc<str>,
    },
    /// Say for how long history is kept, in place of what was said before.
    SetRetention(SetRetention),
    /// Let a person have a user token, or a program of theirs. It is put on record, and nothing else is kept of it.
    AllowUserToken(AllowUserToken),
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

/// Say how the vendor wants to be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetBranding {
    /// The version the caller saw; another is a conflict.
    pub if_version: Option<u32>,
    /// The vendor's name for people.
    pub name: Option<Arc<str>>,
    /// The colour of buttons and marks.
    pub colour: Option<Arc<str>>,
    /// Where customers ask for help.
    pub support: Option<Arc<str>>,
}

/// Say for how long history is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRetention {
    /// The version the caller saw; another is a conflict.
    pub if_version: Option<u32>,
    /// For how many days a session is on record after its end, and a refusal; `None` is for ever.
    pub session_days: Option<u32>,
    /// For how many days an hour of usage is kept; `None` is for ever.
    pub usage_days: Option<u32>,
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
