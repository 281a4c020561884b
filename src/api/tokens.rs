//! API tokens of operators and programs.

use axum::Json as Answer;
use axum::extract::State;
use licensing::cluster::ApiToken;
use licensing::command::Command;
use licensing::id::{ApiTokenId, CustomerId};
use licensing::ledger::Ledger;
use licensing::outcome::Kind;
use licensing::person::Role;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::audit::actor_text;
use super::caller::Caller;
use super::customers::customer_id;
use super::extract::{InPath, Json, MaybeJson, Query};
use super::id::{self, Id};
use super::license_changes::Nothing;
use super::page::{Limit, Page, list};
use super::problem::ApiError;
use super::refusal::not_found;
use super::resource::Shown;
use super::role::RoleName;
use super::text::{Handle, Name};
use super::time::Timestamp;
use crate::lookup::token_text;

/// What an API token may do: everything, batches of heartbeats only, or what a person of the role of this name may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scope {
    /// Everything.
    Admin,
    /// Batches of heartbeats only.
    Heartbeats,
    /// Everything but people, API tokens, settings and the cluster.
    Operator,
    /// Reads everything, ends sessions, makes new license keys.
    Support,
    /// Reads everything.
    Auditor,
    /// Reads what is the customer's, frees its seats, makes new keys of its licenses, manages its members.
    MemberAdmin,
    /// Reads what is the customer's.
    Member,
}

impl Scope {
    pub(super) fn of(scope: licensing::cluster::Scope) -> Self {
        match scope {
            licensing::cluster::Scope::Admin | licensing::cluster::Scope::As(Role::Owner) => Self::Admin,
            licensing::cluster::Scope::Heartbeats => Self::Heartbeats,
            licensing::cluster::Scope::As(Role::Operator) => Self::Operator,
            licensing::cluster::Scope::As(Role::Support) => Self::Support,
            licensing::cluster::Scope::As(Role::Auditor) => Self::Auditor,
            licensing::cluster::Scope::As(Role::MemberAdmin(_)) => Self::MemberAdmin,
            licensing::cluster::Scope::As(Role::Member(_)) => Self::Member,
        }
    }

    /// The scope as the ledger has it, at the customer that it needs or without one.
    fn at(self, customer: Option<CustomerId>) -> Result<licensing::cluster::Scope, ApiError> {
        let role = match self {
            Self::Admin | Self::Heartbeats if customer.is_some() => {
                return Err(ApiError::field(
                    "customer",
                    "only member-admin and member belong to a customer; leave it out for this scope",
                ));
            }
            Self::Admin => return Ok(licensing::cluster::Scope::Admin),
            Self::Heartbeats => return Ok(licensing::cluster::Scope::Heartbeats),
            Self::Operator => RoleName::Operator,
            Self::Support => RoleName::Support,
            Self::Auditor => RoleName::Auditor,
            Self::MemberAdmin => RoleName::MemberAdmin,
            Self::Member => RoleName::Member,
        };
        role.at(customer).map(licensing::cluster::Scope::As)
    }
}

/// An API token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Token {
    id: id::ApiTokenId,
    /// Its name for people.
    name: String,
    scope: Scope,
    /// The customer that it sees, and no other.
    customer: Option<id::CustomerId>,
    created_at: Timestamp,
    /// Who made it: a person's id, a token's, or `system`; `null` if it is older than this is kept.
    created_by: Option<String>,
    /// Until when it may be used; `null` is without end.
    expires_at: Option<Timestamp>,
    /// When it was last used, to a few minutes.
    used_at: Option<Timestamp>,
    /// When it was revoked.
    revoked_at: Option<Timestamp>,
}

impl Token {
    fn of(ledger: &Ledger, token: &ApiToken) -> Self {
        let known = ledger.token_use(token.id);
        let customer = match token.scope {
            licensing::cluster::Scope::As(role) => role.customer(),
            _ => None,
        };
        Self {
            id: Id(token.id),
            name: token.name.to_string(),
            scope: Scope::of(token.scope),
            customer: customer.map(Id),
            created_at: Timestamp(token.created_at),
            created_by: known.and_then(|known| known.created_by).map(actor_text),
            expires_at: token.expires_at.map(Timestamp),
            used_at: known.and_then(|known| known.used_at).map(Timestamp),
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
    /// The id or reference of the customer that it is to see, for `member-admin` and `member`.
    customer: Option<Handle>,
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
        .ledger(|ledger| ledger.api_token(id).map(|token| Token::of(ledger, token)))
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
    _: Caller,
    Query(query): Query<TokenQuery>,
) -> Result<Answer<Page<Token>>, ApiError> {
    list(&api, query.limit, query.cursor, |ledger, token| {
        Some(Token::of(ledger, token))
    })
    .await
}

/// Make an API token. Its secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/tokens", tag = "access", request_body = NewToken, security(("api_token" = [])),
    responses((status = 201, description = "The API token with its secret.", body = TokenWithSecret)),
)]
pub(super) async fn create_token(
    State(api): State<Api>,
    caller: Caller,
    request: Json<NewToken>,
) -> Result<Shown<TokenWithSecret>, ApiError> {
    let id = ApiTokenId::from_bytes(caller.derive(&api, "id"));
    let token = token_text(&caller.derive(&api, "api token"));
    let new = request.value;
    api.cluster().barrier().await?;
    let customer = match &new.customer {
        Some(text) => {
            let found = api.cluster().ledger(|ledger| customer_id(ledger, text));
            Some(found.ok_or_else(|| ApiError::field("customer", "no customer has this id or reference"))?)
        }
        None => None,
    };
    let command = Command::IssueApiToken {
        id,
        name: new.name.into(),
        secret: api.lookup().api_token(&token),
        scope: new.scope.at(customer)?,
        expires_at: new.expires_at.map(|Timestamp(at)| at),
    };
    caller.change(&api, &request.bytes, command).await?;
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
    _: Caller,
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
    caller: Caller,
    InPath(text): InPath,
    request: MaybeJson<Nothing>,
) -> Result<Shown<Token>, ApiError> {
    let id = named(&api, &text).await?;
    caller
        .change(&api, &request.bytes, Command::RevokeApiToken { id })
        .await?;
    view(&api, id).map(Shown::plain)
}
