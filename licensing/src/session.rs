//! Sessions and what is left of them: the rows that seats are counted from.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{FingerprintHash, HolderKey, LicenseId, SessionHash, SessionNo};
use crate::time::{At, SessionTime};

/// What a client says about itself: shown to operators, believed by nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientInfo {
    /// The instance on its machine, where several run.
    pub instance: Option<Arc<str>>,
    /// Its host's name.
    pub hostname: Option<Arc<str>>,
    /// The application's name.
    pub app: Option<Arc<str>>,
    /// The application's version.
    pub version: Option<Arc<str>>,
    /// The operating system.
    pub os: Option<Arc<str>>,
    /// The SDK and its version.
    pub sdk: Option<Arc<str>>,
}

/// One acquire's time-bounded hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its number inside the ledger.
    pub no: SessionNo,
    /// The hash of its secret wire id; unique.
    pub hash: SessionHash,
    /// The license whose seat it holds.
    pub license: LicenseId,
    /// Who the seat is counted for.
    pub holder: HolderKey,
    /// The fingerprint's hash, for its tokens.
    pub fingerprint: FingerprintHash,
    /// What the client says about itself.
    pub client: Option<Arc<ClientInfo>>,
    /// When it was granted.
    pub granted_at: At,
    /// When it last beat.
    pub beat_at: At,
    /// When it ends without a heartbeat.
    pub deadline: SessionTime,
    /// Until when its latest token lets a silent client go on; not after the license's end.
    pub grace_until: At,
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndCause {
    /// The client gave it back.
    Released,
    /// The same holder's later acquire named it in `replaces`.
    Replaced,
    /// No heartbeat came for its ttl.
    Expired,
    /// An operator ended it.
    Revoked {
        /// Why, in the operator's words.
        reason: Arc<str>,
    },
    /// Its license came to its end date, was suspended or was revoked.
    LicenseEnded,
}

/// What is remembered of an ended session for [`REMEMBERED_FOR`](crate::REMEMBERED_FOR), and for as long as it leaves a
/// [`Ghost`], so that a late call gets an honest answer and a late duplicate of its acquire takes no seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedSession {
    /// Its number inside the ledger.
    pub no: SessionNo,
    /// The hash of its secret wire id.
    pub hash: SessionHash,
    /// The license it was of.
    pub license: LicenseId,
    /// Who its seat was counted for.
    pub holder: HolderKey,
    /// How it ended.
    pub cause: EndCause,
    /// When it ended, on the cluster's clock.
    pub ended_at: At,
    /// When it is forgotten.
    pub forget_at: SessionTime,
}

/// A holder whose last session expired while its token's grace still runs. A holder is counted once: while another of
/// its sessions lives it holds a seat and is no ghost, and when that one is given back it is taken at its word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ghost {
    /// The license it may still be using.
    pub license: LicenseId,
    /// Who.
    pub holder: HolderKey,
    /// The session that expired last.
    pub session: SessionNo,
    /// When it must have stopped.
    pub grace_until: At,
}
