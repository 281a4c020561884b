//! The audit's hash tree (RFC 6962): leaves are hashed behind a zero byte, inner nodes behind a one, so that neither can
//! be passed off as the other. The ledger keeps the tree's edge only; the leaves themselves are history.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A hash in the audit tree: of a leaf, of a node or of the whole tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TreeHash([u8; 32]);

impl TreeHash {
    /// Wraps the bytes of a hash that was computed elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the hash.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The root of a tree without leaves.
    pub fn empty() -> Self {
        Self(Sha256::digest([]).into())
    }

    /// The hash of a leaf.
    pub fn leaf(bytes: &[u8]) -> Self {
        Self(Sha256::new().chain_update([0]).chain_update(bytes).finalize().into())
    }

    /// The hash of an inner node.
    pub fn node(left: Self, right: Self) -> Self {
        Self(
            Sha256::new()
                .chain_update([1])
                .chain_update(left.0)
                .chain_update(right.0)
                .finalize()
                .into(),
        )
    }
}

impl fmt::Display for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The edge of a tree: one hash for each complete subtree, the largest first. It grows by a leaf and tells the root
/// without the leaves before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<TreeHash>,
}

impl Frontier {
    /// How many leaves the tree has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf.
    pub fn append(&mut self, leaf: &[u8]) {
        let mut hash = TreeHash::leaf(leaf);
        // Each one bit at the low end of the size is a complete subtree that the new leaf makes a pair with.
        for _ in 0..self.size.trailing_ones() {
            let left = self
                .subtrees
                .pop()
                .expect("there is a subtree for each one bit of the size");
            hash = TreeHash::node(left, hash);
        }
        self.subtrees.push(hash);
        self.size += 1;
    }

    /// The hash of the whole tree.
    pub fn root(&self) -> TreeHash {
        let mut smaller_first = self.subtrees.iter().rev().copied();
        let Some(smallest) = smaller_first.next() else {
            return TreeHash::empty();
        };
        smaller_first.fold(smallest, |right, left| TreeHash::node(left, right))
    }

    /// Whether there are as many subtrees as the size asks for; a stored frontier has to be asked before it is used.
    pub fn is_sound(&self) -> bool {
        self.size < u64::MAX && self.subtrees.len() == self.size.count_ones() as usize
    }
}
