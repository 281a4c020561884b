//! What the audit says: one leaf for every change, grant, refusal and end. Heartbeats are counted in usage hours, not
//! listed here.
//!
//! A leaf's bytes are hashed into a tree that signed checkpoints vouch for, so its layout is never edited: a changed
//! one becomes a new variant of [`AuditLeaf`]. Sessions appear by their public name.

mod topic;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::command::{Actor, Command};
use crate::id::{CustomerId, HolderKey, LicenseId, PersonId, ProviderId, Seq, SessionName, SessionNo};
use crate::identity::User;
use crate::outcome::Rejection;
use crate::retention::History;
use crate::session::EndCause;
use crate::time::At;

pub use topic::Topic;

/// A leaf as the ledger hands it out: its place and its canonical bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its place in the tree, from 0.
    pub index: u64,
    /// The bytes that the tree hashes: [`AuditLeaf`] in postcard.
    pub leaf: Vec<u8>,
}

/// The content of a leaf, by the version of its layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuditLeaf {
    /// The first layout.
    V1(LeafV1),
}

/// A leaf of the first layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeafV1 {
    /// Its place in the tree, from 0.
    pub index: u64,
    /// The command that it came from.
    pub seq: Seq,
    /// When that was applied, on the cluster's clock.
    pub at: At,
    /// Who asked; the cluster itself where nobody did, as when a session expires.
    pub actor: Actor,
    /// What happened.
    pub event: AuditEvent,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuditEvent {
    /// A seat is held by a new session.
    Granted {
        /// The license.
        license: LicenseId,
        /// The session's public name.
        session: SessionName,
        /// Its number.
        no: SessionNo,
        /// Who the seat is counted for.
        holder: HolderKey,
        /// Seats held now.
        in_use: u32,
    },
    /// A session ended.
    Ended {
        /// The license.
        license: LicenseId,
        /// The session's public name.
        session: SessionName,
        /// Its number.
        no: SessionNo,
        /// How.
        cause: EndCause,
    },
    /// The catalogue or the cluster was changed, by this command.
    Changed {
        /// The command, as it was proposed. Secrets are hashes already; those of passwords and the sealed ones of second
        /// factors are left out.
        command: Command,
    },
    /// Something was refused.
    Refused {
        /// What was asked, by [`Command::name`].
        command: Arc<str>,
        /// The license that a seat was asked of.
        license: Option<LicenseId>,
        /// Who it was asked for: whom the plan counts, as in `Granted`. Where that is nobody, the user or else the machine. The
        /// first builds wrote the machine, whatever the plan counted by.
        holder: Option<HolderKey>,
        /// Why not.
        rejection: Rejection,
    },
    /// The session that was granted a moment before is held for a user whom a token vouched for.
    Identified {
        /// The license.
        license: LicenseId,
        /// The session's public name.
        session: SessionName,
        /// Its number.
        no: SessionNo,
        /// The user.
        user: Arc<User>,
    },
    /// History that was kept for long enough was dropped.
    Dropped {
        /// Which.
        history: History,
        /// All that is older than this.
        before: At,
    },
    /// An account at an identity provider became known to be somebody's, by the sign-in that the next leaf is of.
    Linked {
        /// The provider.
        provider: ProviderId,
        /// Whose it is.
        person: PersonId,
        /// Their customer, where both were made by it.
        customer: Option<CustomerId>,
    },
}

impl AuditEvent {
    /// Whether it says what somebody did, and not what was changed, all by itself: an acquire that was refused, or a sign-in.
    /// It is kept for as long as [`History::Sessions`] is. A session is kept by its end. That a user token was allowed is
    /// kept for ever: nothing else tells of it while it is good.
    pub fn is_a_visit(&self) -> bool {
        match self {
            Self::Refused { license, .. } => license.is_some(),
            Self::Changed { command } => matches!(
                command,
                Command::SignIn(_) | Command::SignInByProvider(_) | Command::SignOut { .. }
            ),
            Self::Granted { .. }
            | Self::Ended { .. }
            | Self::Identified { .. }
            | Self::Dropped { .. }
            | Self::Linked { .. } => false,
        }
    }
}

impl AuditLeaf {
    /// What the leaf says, whichever layout it has.
    pub const fn content(&self) -> &LeafV1 {
        let Self::V1(content) = self;
        content
    }

    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("a leaf is plain data of known lengths, which postcard takes")
    }

    /// Reads canonical bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, LeafError> {
        match postcard::take_from_bytes(bytes) {
            Ok((leaf, [])) => Ok(leaf),
            Ok((_, rest)) => Err(LeafError::TrailingBytes { extra: rest.len() }),
            Err(source) => Err(LeafError::Malformed { source }),
        }
    }
}

/// Bytes that are no audit leaf that this release can read.
#[derive(Debug, thiserror::Error)]
pub enum LeafError {
    /// Bytes behind the leaf's end.
    #[error("an audit leaf is followed by {extra} bytes that belong to nothing")]
    TrailingBytes {
        /// How many.
        extra: usize,
    },
    /// Bytes that are no leaf, or one of a newer layout.
    #[error("an audit leaf cannot be read; a newer release may have written it")]
    Malformed {
        /// What postcard found.
        #[source]
        source: postcard::Error,
    },
}
