//! The one row that is about the ledger itself: its numbers, its times and the edge of its audit.

use serde::{Deserialize, Serialize};

use crate::id::{ClusterId, Seq};
use crate::merkle::Frontier;
use crate::time::{At, SessionTime};

/// Where the ledger stands after its last entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// The cluster it belongs to; `None` until it is founded.
    pub cluster: Option<ClusterId>,
    /// Which kinds of command may be emitted: all that every member knows at this version.
    pub cluster_version: u32,
    /// The number of the last command, the recovery epoch in its top bits.
    pub seq: Seq,
    /// The cluster's clock as of the last entry.
    pub at: At,
    /// Session time as of the last entry.
    pub session_time: SessionTime,
    /// The edge of the audit tree: enough to grow it and to know its root.
    pub audit: Frontier,
}

impl Meta {
    /// The version that a new cluster begins with.
    pub const CLUSTER_VERSION_FIRST: u32 = 1;
}

impl Default for Meta {
    fn default() -> Self {
        Self {
            cluster: None,
            cluster_version: Self::CLUSTER_VERSION_FIRST,
            seq: Seq::default(),
            at: At::default(),
            session_time: SessionTime::default(),
            audit: Frontier::default(),
        }
    }
}
