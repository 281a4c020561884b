//! Whether a node that has started has applied again what was committed before.

use std::sync::OnceLock;

/// A node's way back. It is looked for from what its log held when it started, not from what it holds now: in a cluster
/// that is busy entries are on their way at every moment, and a node would seem never to arrive.
#[derive(Debug)]
pub(crate) struct Recovery {
    /// The last entry of the log when the node started. What the cluster had committed may end before it or after.
    tail: u64,
    /// The entry that has to be applied: the first commit of which is known that covers the tail.
    target: OnceLock<u64>,
}

impl Recovery {
    pub(crate) fn from(tail: u64) -> Self {
        Self {
            tail,
            target: OnceLock::new(),
        }
    }

    /// Whether it is over, with the last entries that are known to be committed and applied. Once it is, it stays so.
    pub(crate) fn is_over(&self, committed: Option<u64>, applied: Option<u64>) -> bool {
        let covering = committed.filter(|committed| *committed >= self.tail);
        let target = match (self.target.get(), covering) {
            (Some(target), _) => target,
            (None, Some(covering)) => self.target.get_or_init(|| covering),
            (None, None) => return false,
        };
        applied.is_some_and(|applied| applied >= *target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_of_a_busy_cluster_recovers_although_entries_are_always_on_their_way() {
        let recovery = Recovery::from(10);
        assert!(!recovery.is_over(None, Some(7)), "it knows of no leader");
        assert!(!recovery.is_over(Some(9), Some(9)), "what it holds may be committed");
        assert!(!recovery.is_over(Some(12), Some(11)));
        // Its log has grown meanwhile, and so has what is committed.
        assert!(recovery.is_over(Some(40), Some(12)));
        assert!(recovery.is_over(Some(50), Some(20)));
    }

    #[test]
    fn a_node_that_joined_has_recovered_when_it_has_what_was_committed_when_it_first_heard() {
        let recovery = Recovery::from(0);
        assert!(!recovery.is_over(Some(100), None));
        assert!(!recovery.is_over(Some(200), Some(99)));
        assert!(recovery.is_over(Some(300), Some(100)));
    }
}
