//! The cluster itself: founded, joined, left, upgraded, rebuilt.

use std::sync::Arc;

use crate::apply::{already_exists, field, not_allowed, not_found};
use crate::cluster::{JoinToken, Node};
use crate::command::NewNode;
use crate::id::{ClusterId, JoinTokenId, NodeId, SecretHash, Seq};
use crate::ledger::Ledger;
use crate::outcome::{Kind, Outcome, Rejection};
use crate::time::At;

impl Ledger {
    /// Names the cluster and admits its first node. It is the very first command, because that node's number is 1.
    pub(super) fn found_cluster(&mut self, cluster: ClusterId, node: &NewNode) -> Result<Outcome, Rejection> {
        if self.meta.cluster.is_some() {
            return Err(not_allowed("the cluster was founded already"));
        }
        if self.meta.seq != Seq::new(1) {
            return Err(not_allowed(
                "only the first command of a ledger can found its cluster; begin with an empty one",
            ));
        }
        check_node(node)?;
        self.meta.cluster = Some(cluster);
        Ok(self.admit(node, None))
    }

    pub(super) fn create_join_token(
        &mut self,
        id: JoinTokenId,
        secret: SecretHash,
        expires_at: At,
    ) -> Result<Outcome, Rejection> {
        field::future("expires_at", expires_at, self.meta.at)?;
        if self.members.join_tokens.contains(id) {
            return Err(already_exists(Kind::JoinToken, "id"));
        }
        let created_at = self.meta.at;
        self.members.join_tokens.put(JoinToken {
            id,
            secret,
            created_at,
            expires_at,
            used_by: None,
        });
        Ok(Outcome::Changed { version: 1 })
    }

    /// Admits a node by a token that is used once. A node that lost the answer asks again with the same key and gets
    /// the same number.
    pub(super) fn admit_node(
        &mut self,
        token: JoinTokenId,
        secret: SecretHash,
        node: &NewNode,
        replaces: Option<NodeId>,
    ) -> Result<Outcome, Rejection> {
        let (token, admitted) = self.good_join_token(token, secret, &node.spki)?;
        if let Some(node) = admitted {
            return Ok(Outcome::Admitted { node });
        }
        check_node(node)?;
        if let Some(replaces) = replaces {
            self.member(replaces)?;
        }
        if self.members.node_by_spki(&node.spki).is_some() {
            return Err(already_exists(Kind::Node, "spki"));
        }
        let used_by = Some(NodeId::new(self.meta.seq.get()));
        let token = JoinToken { used_by, ..token };
        self.members.join_tokens.put(token);
        Ok(self.admit(node, replaces))
    }

    /// Whether a join token admits a node with this key now. Strangers are judged by it before anything is proposed for
    /// them.
    ///
    /// # Errors
    ///
    /// [`Rejection::JoinTokenInvalid`] if the token or its secret is unknown, has expired, or has admitted another node.
    pub fn check_join_token(&self, token: JoinTokenId, secret: SecretHash, spki: &SecretHash) -> Result<(), Rejection> {
        self.good_join_token(token, secret, spki).map(drop)
    }

    /// A token that is good for a node with this key, and the number of that node if it was admitted by it before.
    fn good_join_token(
        &self,
        token: JoinTokenId,
        secret: SecretHash,
        spki: &SecretHash,
    ) -> Result<(JoinToken, Option<NodeId>), Rejection> {
        let token = self.members.join_tokens.get(token).ok_or(Rejection::JoinTokenInvalid)?;
        if token.secret != secret || token.expires_at <= self.meta.at {
            return Err(Rejection::JoinTokenInvalid);
        }
        let Some(admitted) = token.used_by else {
            return Ok((token.clone(), None));
        };
        let is_same = |known: &&Node| known.spki == *spki && known.removed_at.is_none();
        let known = self.members.nodes.get(admitted).filter(is_same);
        let known = known.ok_or(Rejection::JoinTokenInvalid)?;
        Ok((token.clone(), Some(known.id)))
    }

    pub(super) fn update_node(
        &mut self,
        id: NodeId,
        peer_address: &Arc<str>,
        api_url: &Arc<str>,
    ) -> Result<Outcome, Rejection> {
        field::peer_address(peer_address)?;
        field::api_url(api_url)?;
        let mut node = self.member(id)?.clone();
        (node.peer_address, node.api_url) = (Arc::clone(peer_address), Arc::clone(api_url));
        self.members.nodes.put(node);
        Ok(Outcome::Done)
    }

    /// Keeps the node's row, so that its number and its certificate's key are not used again. Removing again changes
    /// nothing.
    pub(super) fn remove_node(&mut self, id: NodeId) -> Result<Outcome, Rejection> {
        let mut node = self.members.nodes.get(id).ok_or(not_found(Kind::Node))?.clone();
        let stays = |other: &Node| other.id != id && other.removed_at.is_none();
        if !self.members.nodes.iter().any(stays) {
            return Err(not_allowed("the last node cannot be removed; let another join first"));
        }
        if node.removed_at.is_none() {
            node.removed_at = Some(self.meta.at);
            self.members.nodes.put(node);
        }
        Ok(Outcome::Done)
    }

    /// The version itself is not judged here: a node that does not know it has to stop, not to answer differently from
    /// one that does.
    pub(super) fn raise_cluster_version(&mut self, version: u32) -> Result<Outcome, Rejection> {
        if version <= self.meta.cluster_version {
            return Err(not_allowed("the cluster version only goes up"));
        }
        self.meta.cluster_version = version;
        Ok(Outcome::Done)
    }

    pub(super) fn begin_epoch(&mut self, epoch: u16) -> Result<Outcome, Rejection> {
        if self.meta.seq.epoch().checked_add(1) != Some(epoch) {
            return Err(not_allowed("the next epoch is one more than the one before"));
        }
        self.meta.seq = self.meta.seq.in_epoch(epoch);
        Ok(Outcome::Done)
    }

    fn admit(&mut self, node: &NewNode, replaces: Option<NodeId>) -> Outcome {
        let id = NodeId::new(self.meta.seq.get());
        let NewNode {
            name,
            peer_address,
            api_url,
            spki,
        } = node.clone();
        let admitted_at = self.meta.at;
        self.members.nodes.put(Node {
            id,
            name,
            peer_address,
            api_url,
            spki,
            admitted_at,
            replaces,
            removed_at: None,
        });
        Outcome::Admitted { node: id }
    }

    /// A node that has not been removed.
    fn member(&self, id: NodeId) -> Result<&Node, Rejection> {
        self.members
            .nodes
            .get(id)
            .filter(|node| node.removed_at.is_none())
            .ok_or(not_found(Kind::Node))
    }
}

fn check_node(node: &NewNode) -> Result<(), Rejection> {
    field::text("name", &node.name)?;
    field::peer_address(&node.peer_address)?;
    field::api_url(&node.api_url)
}
