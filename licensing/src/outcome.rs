//! What the ledger answers: granted facts or a lawful no. Outcomes travel between nodes, so the rules of `command` hold
//! here too: a variant or field is never changed.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Entitlements, OfflineMode};
use crate::id::{CustomerId, FingerprintHash, LicenseId, NodeId, Seq, SessionHash, SessionNo};
use crate::time::{At, Span};

/// One command's answer with its place in history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The command's number: a later answer has a larger one.
    pub seq: Seq,
    /// When it was applied, on the cluster's clock.
    pub at: At,
    /// The answer.
    pub outcome: Outcome,
}

/// The answer itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It is done and there is nothing more to say.
    Done,
    /// A seat is held by this session.
    Granted(Box<Grant>),
    /// One answer per session of a heartbeat, in order.
    Beats(Vec<Result<Box<Grant>, Rejection>>),
    /// The session holds nothing any more.
    Released {
        /// Whether this very command ended it.
        by_this: bool,
    },
    /// A row was created or changed and has this version now.
    Changed {
        /// Counts its edits, from 1.
        version: u32,
    },
    /// A node was admitted.
    Admitted {
        /// Its number.
        node: NodeId,
    },
    /// A lawful no: deterministic, committed, audited.
    Rejected(Rejection),
}

/// Everything that an answer to a client and its token need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The session inside the ledger.
    pub session: SessionNo,
    /// The hash of its secret id.
    pub hash: SessionHash,
    /// The license.
    pub license: LicenseId,
    /// The customer who holds it.
    pub customer: CustomerId,
    /// The product's code: a token's audience.
    pub product: Arc<str>,
    /// The plan's code.
    pub plan: Arc<str>,
    /// The plan's name for people.
    pub plan_name: Arc<str>,
    /// The fingerprint's hash, for the token.
    pub fingerprint: FingerprintHash,
    /// Until when the token may be trusted; before the session's own end.
    pub token_until: At,
    /// Until when a silent client may go on.
    pub grace_until: At,
    /// The plan's grace, for display.
    pub grace: Span,
    /// What happens while the client is silent.
    pub offline: OfflineMode,
    /// How often to beat.
    pub heartbeat: Span,
    /// The license's end.
    pub license_until: Option<At>,
    /// Seats of the license.
    pub seats: u32,
    /// Seats held, this one included.
    pub in_use: u32,
    /// What the license carries.
    pub entitlements: Arc<Entitlements>,
}

/// A kind of row, in refusals and lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// A product.
    Product,
    /// A plan.
    Plan,
    /// A customer.
    Customer,
    /// A license.
    License,
    /// A session.
    Session,
    /// A node.
    Node,
    /// A join token.
    JoinToken,
    /// An API token.
    ApiToken,
    /// A person.
    Person,
    /// A login.
    Login,
    /// How the vendor wants to be seen.
    Branding,
    /// An identity provider.
    IdentityProvider,
    /// A seat that is assigned by name.
    Assignment,
    /// For how long history is kept.
    Retention,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Product => "product",
            Self::Plan => "plan",
            Self::Customer => "customer",
            Self::License => "license",
            Self::Session => "session",
            Self::Node => "node",
            Self::JoinToken => "join token",
            Self::ApiToken => "API token",
            Self::Person => "person",
            Self::Login => "login",
            Self::Branding => "branding",
            Self::IdentityProvider => "identity provider",
            Self::Assignment => "assignment",
            Self::Retention => "retention",
        })
    }
}

/// A lawful no. Not a failure: it is committed like a yes, and says its true reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Rejection {
    /// Every seat is held by another holder.
    #[error("all {limit} seats are in use")]
    SeatLimitReached {
        /// Seats that may be held, overage included.
        limit: u32,
        /// Seats held.
        in_use: u32,
        /// The soonest that a silent session would free one.
        retry_after: Span,
    },
    /// Seats are free, but the plan caps holders that may still be running on grace.
    #[error("{in_use} seats in use and {ghosts} clients in offline grace reach the limit of {limit}")]
    GhostLimitReached {
        /// Seats plus the plan's ghost cap.
        limit: u32,
        /// Seats held.
        in_use: u32,
        /// Holders in grace.
        ghosts: u32,
        /// The soonest that a grace ends.
        retry_after: Span,
    },
    /// This holder has as many live sessions as its plan allows.
    #[error("this holder has {in_use} of {limit} sessions")]
    HolderLimitReached {
        /// Sessions that one holder may have.
        limit: u32,
        /// Sessions it has.
        in_use: u32,
        /// The soonest that a silent one would end.
        retry_after: Span,
    },
    /// The license's end has passed.
    #[error("the license ended")]
    LicenseExpired {
        /// When.
        expired_at: At,
        /// Where to renew.
        renewal_url: Option<Arc<str>>,
    },
    /// The license's start is still to come.
    #[error("the license has not started")]
    LicenseNotStarted {
        /// When it will.
        starts_at: At,
        /// Where to ask.
        renewal_url: Option<Arc<str>>,
    },
    /// The license is on hold.
    #[error("the license is suspended: {reason}")]
    LicenseSuspended {
        /// Why, in the operator's words.
        reason: Arc<str>,
        /// Where to ask.
        renewal_url: Option<Arc<str>>,
    },
    /// The license was ended for good.
    #[error("the license was revoked: {reason}")]
    LicenseRevoked {
        /// Why, in the operator's words.
        reason: Arc<str>,
        /// Where to ask.
        renewal_url: Option<Arc<str>>,
    },
    /// No such session is known; it may have ended long ago.
    #[error("no such session")]
    SessionNotFound,
    /// The session got no heartbeat for its ttl.
    #[error("the session expired")]
    SessionExpired,
    /// An operator ended the session, or its license ended it.
    #[error("the session was revoked: {reason}")]
    SessionRevoked {
        /// Why.
        reason: Arc<str>,
    },
    /// The session was given back.
    #[error("the session was released")]
    SessionReleased,
    /// The command arrived after its `not_after`.
    #[error("the request arrived too late")]
    RequestTooLate,
    /// The request's name was used for another content.
    #[error("the request id was used before for another request")]
    RequestIdReused,
    /// No such row.
    #[error("no such {kind}")]
    NotFound {
        /// Of which kind.
        kind: Kind,
    },
    /// Another row has this value where it must be unique.
    #[error("another {kind} has this {field}")]
    AlreadyExists {
        /// Of which kind.
        kind: Kind,
        /// The field, as the API names it.
        field: Arc<str>,
    },
    /// The row was changed by somebody else since the caller saw it.
    #[error("the {kind} has version {version} by now")]
    VersionConflict {
        /// Of which kind.
        kind: Kind,
        /// Its version now.
        version: u32,
    },
    /// The row's state does not allow it.
    #[error("{problem}")]
    NotAllowed {
        /// Why, for people.
        problem: Arc<str>,
    },
    /// A value is out of its bounds.
    #[error("{field}: {problem}")]
    InvalidField {
        /// The field, as the API names it.
        field: Arc<str>,
        /// What is wrong and what is allowed.
        problem: Arc<str>,
    },
    /// A join token is unknown, used, expired or shown with a wrong secret: all answer the same.
    #[error("the join token is not known, was used or has expired; make another")]
    JoinTokenInvalid,
    /// An invitation or set-up link is unknown, used or expired: all answer the same.
    #[error("the link is not known, was used or has expired; ask for another")]
    InvitationInvalid,
    /// Somebody may not sign in as things are now: disabled, without a password, or with a code that was used before.
    #[error("the e-mail address, the password or the code is not right")]
    SignInRefused,
    /// The provider has not verified the address of an account that nobody is known to be.
    #[error("the identity provider has not verified the account's e-mail address")]
    EmailNotVerified,
    /// Nobody has the address of an account, and its provider brings nobody new.
    #[error("nobody here has the e-mail address of this account")]
    AccountUnknown,
    /// The person of an account's address is known to be another account of the same provider.
    #[error("the e-mail address belongs to somebody who signs in by another account of this identity provider")]
    AccountMoved,
    /// The plan counts its seats by user, and no token said who asks.
    #[error("the license counts its seats by user, and nobody said who asks")]
    UserRequired,
    /// The license's seats are assigned by name, and none to whoever asks.
    #[error("the license's seats are assigned by name, and none to {}", whom(email.as_deref()))]
    SeatNotAssigned {
        /// The address that their token vouched for, if it did.
        email: Option<Arc<str>>,
        /// Seats of the license.
        seats: u32,
        /// How many of them are assigned.
        assigned: u32,
    },
    /// As many seats are assigned as the license has.
    #[error("{assigned} of the license's {seats} seats are assigned")]
    SeatsAllAssigned {
        /// Seats of the license.
        seats: u32,
        /// How many are assigned; more than it has if it had more before.
        assigned: u32,
    },
}

fn whom(email: Option<&str>) -> &str {
    email.unwrap_or("somebody whose token vouches for no address")
}

impl Rejection {
    /// The permanent code that clients match on. A code's meaning never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SeatLimitReached { .. } => "SEAT_LIMIT_REACHED",
            Self::GhostLimitReached { .. } => "GHOST_LIMIT_REACHED",
            Self::HolderLimitReached { .. } => "HOLDER_LIMIT_REACHED",
            Self::LicenseExpired { .. } => "LICENSE_EXPIRED",
            Self::LicenseNotStarted { .. } => "LICENSE_NOT_STARTED",
            Self::LicenseSuspended { .. } => "LICENSE_SUSPENDED",
            Self::LicenseRevoked { .. } => "LICENSE_REVOKED",
            Self::SessionNotFound => "SESSION_NOT_FOUND",
            Self::SessionExpired => "SESSION_EXPIRED",
            Self::SessionRevoked { .. } => "SESSION_REVOKED",
            Self::SessionReleased => "SESSION_RELEASED",
            Self::RequestTooLate => "REQUEST_TOO_LATE",
            Self::RequestIdReused => "REQUEST_ID_REUSED",
            Self::NotFound { kind: Kind::License } => "LICENSE_NOT_FOUND",
            Self::NotFound { .. } => "NOT_FOUND",
            Self::AlreadyExists { .. } => "ALREADY_EXISTS",
            Self::VersionConflict { .. } | Self::NotAllowed { .. } => "CONFLICT",
            Self::InvalidField { .. } => "INVALID_REQUEST",
            Self::JoinTokenInvalid => "TOKEN_INVALID",
            Self::InvitationInvalid => "INVITATION_INVALID",
            Self::SignInRefused | Self::EmailNotVerified | Self::AccountUnknown | Self::AccountMoved => {
                "SIGN_IN_REFUSED"
            }
            Self::UserRequired => "USER_REQUIRED",
            Self::SeatNotAssigned { .. } => "SEAT_NOT_ASSIGNED",
            Self::SeatsAllAssigned { .. } => "SEATS_ALL_ASSIGNED",
        }
    }
}
