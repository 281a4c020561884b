//! The cluster's nodes, and the tokens that open it to nodes and to people.

use std::collections::BTreeMap;

use crate::cluster::{ApiToken, JoinToken, Node};
use crate::id::{ApiTokenId, JoinTokenId, NodeId, SecretHash};
use crate::ledger::LoadError;
use crate::person::TokenUse;
use crate::row::Table;
use crate::state::Rows;
use crate::state::rows::record;

/// Nodes, join tokens and API tokens. There are few, so only what every request asks has an index.
#[derive(Debug, Default)]
pub(crate) struct Members {
    pub(crate) nodes: Rows<Node>,
    pub(crate) join_tokens: Rows<JoinToken>,
    pub(crate) api_tokens: Rows<ApiToken>,
    pub(crate) token_uses: Rows<TokenUse>,
    by_secret: BTreeMap<SecretHash, ApiTokenId>,
}

impl Members {
    /// The API token of a secret.
    pub(crate) fn api_token_by_secret(&self, secret: &SecretHash) -> Option<&ApiToken> {
        self.api_tokens.get(*self.by_secret.get(secret)?)
    }

    /// Adds or replaces an API token; its secret stays the same for its whole life.
    pub(crate) fn put_api_token(&mut self, token: ApiToken) {
        self.by_secret.insert(token.secret, token.id);
        self.api_tokens.put(token);
    }

    /// The node with a certificate's key.
    pub(crate) fn node_by_spki(&self, spki: &SecretHash) -> Option<&Node> {
        self.nodes.iter().find(|node| node.spki == *spki)
    }

    pub(crate) fn build_index(&mut self) -> Result<(), LoadError> {
        self.by_secret = self.index_of_rows();
        if self.by_secret.len() == self.api_tokens.len() {
            Ok(())
        } else {
            Err(LoadError::Clash {
                table: Table::ApiTokens,
                field: "secret",
            })
        }
    }

    pub(crate) fn index_follows_rows(&self) -> bool {
        self.by_secret == self.index_of_rows()
    }

    fn index_of_rows(&self) -> BTreeMap<SecretHash, ApiTokenId> {
        self.api_tokens.iter().map(|token| (token.secret, token.id)).collect()
    }
}

record!(Node by id: NodeId);
record!(JoinToken by id: JoinTokenId);
record!(ApiToken by id: ApiTokenId);
record!(TokenUse by token: ApiTokenId);
