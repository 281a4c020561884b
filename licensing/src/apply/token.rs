//! API tokens.

use std::sync::Arc;

use crate::apply::{already_exists, field, not_allowed, not_found};
use crate::cluster::{ApiToken, Scope};
use crate::command::Actor;
use crate::id::{ApiTokenId, SecretHash};
use crate::ledger::Ledger;
use crate::outcome::{Kind, Outcome, Rejection};
use crate::person::{Role, TokenUse};
use crate::time::At;

impl Ledger {
    pub(super) fn create_api_token(
        &mut self,
        id: ApiTokenId,
        name: &Arc<str>,
        secret: SecretHash,
        scope: Scope,
        expires_at: Option<At>,
    ) -> Result<Outcome, Rejection> {
        field::text("name", name)?;
        field::optional(expires_at.as_ref(), |date| {
            field::future("expires_at", *date, self.meta.at)
        })?;
        if self.members.api_tokens.contains(id) {
            return Err(already_exists(Kind::ApiToken, "id"));
        }
        if self.members.api_token_by_secret(&secret).is_some() {
            return Err(already_exists(Kind::ApiToken, "secret"));
        }
        let (name, created_at) = (Arc::clone(name), self.meta.at);
        let token = ApiToken {
            id,
            name,
            secret,
            scope,
            created_at,
            expires_at,
            revoked_at: None,
        };
        self.members.put_api_token(token);
        Ok(Outcome::Changed { version: 1 })
    }

    /// Makes a token of which it is kept who made it. One that may do what somebody of a customer may has to name a
    /// customer that is there.
    pub(super) fn issue_api_token(
        &mut self,
        actor: Actor,
        id: ApiTokenId,
        name: &Arc<str>,
        secret: SecretHash,
        scope: Scope,
        expires_at: Option<At>,
    ) -> Result<Outcome, Rejection> {
        if let Scope::As(role) = scope {
            self.check_role(role)?;
            if role == Role::Owner {
                return Err(not_allowed("a token that may do everything has the scope admin"));
            }
        }
        let outcome = self.create_api_token(id, name, secret, scope, expires_at)?;
        self.members.token_uses.put(TokenUse {
            token: id,
            created_by: Some(actor),
            used_at: None,
        });
        Ok(outcome)
    }

    /// Revoking again changes nothing. Only a token that administers can make another, so the last one stays.
    pub(super) fn revoke_api_token(&mut self, id: ApiTokenId) -> Result<Outcome, Rejection> {
        let mut token = self
            .members
            .api_tokens
            .get(id)
            .ok_or(not_found(Kind::ApiToken))?
            .clone();
        if token.revoked_at.is_some() {
            return Ok(Outcome::Done);
        }
        let at = self.meta.at;
        let another = |other: &ApiToken| other.id != id && other.administers(at);
        if token.administers(at) && !self.members.api_tokens.iter().any(another) {
            return Err(not_allowed(
                "the last token that administers cannot be revoked; make another with the scope admin first",
            ));
        }
        token.revoked_at = Some(at);
        self.members.put_api_token(token);
        Ok(Outcome::Done)
    }
}
