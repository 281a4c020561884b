//! The certificate that somebody shows on the peer port: its own work, when a joiner shows it.
//!
//! Property: it is read or it is not, and what is read does not depend on whom it is compared with.

use licensing::id::{ClusterId, NodeId};
use raft::fuzzing::certificate;

use crate::memory::bounded;

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let (cluster, other) = (ClusterId::from_bytes([7; 16]), ClusterId::from_bytes([8; 16]));
    let (spki, is_node) = bounded(bytes, || certificate(cluster, NodeId::new(2), bytes));
    assert_eq!(certificate(other, NodeId::new(9), bytes).0, spki);
    assert!(!is_node || spki.is_some(), "a certificate without a key is nobody's");
}
