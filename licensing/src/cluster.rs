//! The cluster's own rows: nodes, join tokens, API tokens.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{ApiTokenId, JoinTokenId, NodeId, SecretHash};
use crate::person::Role;
use crate::time::At;

/// A node that was admitted. Its number is never used again, also after it is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its number: the seq of its admission.
    pub id: NodeId,
    /// Its name for people.
    pub name: Arc<str>,
    /// Where its peer port is, `host:port`.
    pub peer_address: Arc<str>,
    /// Where its API is, a URL.
    pub api_url: Arc<str>,
    /// SHA-256 of its certificate's public key (SPKI); a peer connection must show it.
    pub spki: SecretHash,
    /// When it was admitted.
    pub admitted_at: At,
    /// The node it was admitted to take the place of.
    pub replaces: Option<NodeId>,
    /// When it was removed; its certificate is refused from then on.
    pub removed_at: Option<At>,
}

/// A one-time token that admits one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinToken {
    /// Its identity.
    pub id: JoinTokenId,
    /// The keyed hash of its secret.
    pub secret: SecretHash,
    /// When it was made.
    pub created_at: At,
    /// Until when it may be used.
    pub expires_at: At,
    /// The node it admitted; used once.
    pub used_by: Option<NodeId>,
}

/// What an API token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// Everything.
    Admin,
    /// Batch heartbeats only.
    Heartbeats,
    /// What a person of this role may do.
    As(Role),
}

/// A token for programs and operators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// Its identity.
    pub id: ApiTokenId,
    /// Its name for people.
    pub name: Arc<str>,
    /// The keyed hash of its secret; unique.
    pub secret: SecretHash,
    /// What it may do.
    pub scope: Scope,
    /// When it was made.
    pub created_at: At,
    /// Until when it may be used; `None` is without end.
    pub expires_at: Option<At>,
    /// When it was revoked.
    pub revoked_at: Option<At>,
}

impl ApiToken {
    /// Whether its bearer may do everything now.
    pub(crate) fn administers(&self, at: At) -> bool {
        let ended = self.expires_at.is_some_and(|end| end <= at);
        self.scope == Scope::Admin && self.revoked_at.is_none() && !ended
    }
}
