//! API tokens of operators and programs.

use axum::Json as Answer;
use axum::extract::State;
use licensing::cluster::ApiToken;
use licensing::command::Command;
use licensing::id::ApiTokenId;
use licensing::outcome::Kind;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::extract::{InPath, Json, MaybeJson, Query};
use super::id::{self, Id};
use super::license_changes::Nothing;
use super::operator::Operator;
use super::page::{Limit, Page, fill};
use super::problem::ApiError;
use super::refusal::not_found;
use super::resource::Shown;
use super::text::Name;
use super::time::Timestamp;
use crate::lookup::token_text;

/// What an API token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    /// Everything.
    Admin,
    /// Batches of heartbeats only.
    Heartbeats,
}

/// An API token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Token {
    id: id::ApiTokenId,
    /// Its name for people.
    name: String,
    scope: Scope,
    created_at: Timestamp,
    /// Until when it may be used; `null` is without end.
    expires_at: Option<Timestamp>,
    /// When it was revoked.
    revoked_at: Option<Timestamp>,
}

impl Token {
    fn of(token: &ApiToken) -> Self {
        Self {
            id: Id(token.id),
            name: token.name.to_string(),
            scope: match token.scope {
                licensing::cluster::Scope::Admin => Scope::Admin,
                licensing::cluster::Scope::Heartbeats => Scope::Heartbeats,
            },
            created_at: Timestamp(token.created_at),
            expires_at: token.expires_at.map(Timestamp),
            revoked_at: token.revoked_at.map(Timestamp),
        }
    }
}

/// An API token with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenWithSecret {
    /// The token in full: send it as `Authorization: Bearer …`. It is not kept and cannot be shown again, except to a
    /// repetition of this very call.
    token: String,
    #[serde(flatten)]
    facts: Token,
}

/// An API token to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// Its name for people: who or what uses it.
    name: Name,
    scope: Scope,
    /// Until when it may be used; left out or `null`, without end.
    expires_at: Option<Timestamp>,
}

/// Which tokens to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TokenQuery {
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<id::ApiTokenId>)]
    cursor: Option<id::ApiTokenId>,
}

fn view(api: &Api, id: ApiTokenId) -> Result<Token, ApiError> {
    api.cluster()
        .ledger(|ledger| ledger.api_token(id).map(Token::of))
        .ok_or_else(|| not_found(Kind::ApiToken))
}

async fn named(api: &Api, text: &str) -> Result<ApiTokenId, ApiError> {
    let id = text.parse().map_err(|_| not_found(Kind::ApiToken))?;
    api.cluster().barrier().await?;
    Ok(id)
}

/// List API tokens, in id order, the revoked ones too.
#[utoipa::path(
    get, path = "/tokens", tag = "access", params(TokenQuery), security(("api_token" = [])),
    responses((status = 200, description = "A page of API tokens.", body = Page<Token>)),
)]
pub(super) async fn list_tokens(
    State(api): State<Api>,
    _: Operator,
    Query(query): Query<TokenQuery>,
) -> Result<Answer<Page<Token>>, ApiError> {
    let after = query.cursor.map(|Id(id)| id);
    let page = fill(
        &api,
        query.limit,
        after,
        |id| id.to_string(),
        |ledger, after, filling| {
            let _ = ledger
                .api_tokens(after)
                .try_for_each(|token| filling.look_at(token.id, Some(Token::of(token))));
        },
    );
    page.await.map(Answer)
}

/// Make an API token. Its secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/tokens", tag = "access", request_body = NewToken, security(("api_token" = [])),
    responses((status = 201, description = "The API token with its secret.", body = TokenWithSecret)),
)]
pub(super) async fn create_token(
    State(api): State<Api>,
    operator: Operator,
    request: Json<NewToken>,
) -> Result<Shown<TokenWithSecret>, ApiError> {
    let id = ApiTokenId::from_bytes(operator.derive(&api, "id"));
    let token = token_text(&operator.derive(&api, "api token"));
    let new = request.value;
    let command = Command::CreateApiToken {
        id,
        name: new.name.into(),
        secret: api.lookup().api_token(&token),
        scope: match new.scope {
            Scope::Admin => licensing::cluster::Scope::Admin,
            Scope::Heartbeats => licensing::cluster::Scope::Heartbeats,
        },
        expires_at: new.expires_at.map(|Timestamp(at)| at),
    };
    operator.change(&api, &request.bytes, command).await?;
    let answer = TokenWithSecret {
        token: token.to_string(),
        facts: view(&api, id)?,
    };
    Ok(Shown::plain(answer).created(&format!("/tokens/{id}")))
}

/// Read an API token, without its secret.
#[utoipa::path(
    get, path = "/tokens/{id}", tag = "access", security(("api_token" = [])),
    params(("id" = String, Path, description = "The API token's id.")),
    responses((status = 200, description = "The API token.", body = Token)),
)]
pub(super) async fn get_token(
    State(api): State<Api>,
    _: Operator,
    InPath(text): InPath,
) -> Result<Shown<Token>, ApiError> {
    let id = named(&api, &text).await?;
    view(&api, id).map(Shown::plain)
}

/// End an API token. Doing so again changes nothing.
#[utoipa::path(
    post, path = "/tokens/{id}/revoke", tag = "access", security(("api_token" = [])),
    params(("id" = String, Path, description = "The API token's id.")),
    responses((status = 200, description = "The API token as it is now.", body = Token)),
)]
pub(super) async fn revoke_token(
    State(api): State<Api>,
    operator: Operator,
    InPath(text): InPath,
    request: MaybeJson<Nothing>,
) -> Result<Shown<Token>, ApiError> {
    let id = named(&api, &text).await?;
    operator
        .change(&api, &request.bytes, Command::RevokeApiToken { id })
        .await?;
    view(&api, id).map(Shown::plain)
}
