//! Join tokens: each admits one node to the cluster, once.

use axum::Json as Answer;
use axum::extract::State;
use licensing::command::Command;
use licensing::id::JoinTokenId;
use licensing::ledger::Ledger;
use licensing::outcome::Kind;
use licensing::time::Span;
use raft::{JoinToken as TokenText, join_secret_hash};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::caller::Caller;
use super::extract::{MaybeJson, Query};
use super::id::{self, Id};
use super::page::{Limit, Page, list};
use super::problem::ApiError;
use super::refusal::not_found;
use super::resource::Shown;
use super::time::Timestamp;

/// How long a join token is valid if nobody says.
const VALID_DEFAULT: u64 = 3_600;

/// The longest that one may be valid: whoever has it can take all of the cluster's secrets.
const VALID_MAX: u64 = 7 * 86_400;

/// A join token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JoinToken {
    id: id::JoinTokenId,
    created_at: Timestamp,
    /// Until when it may be used.
    expires_at: Timestamp,
    /// The node that it admitted.
    used_by: Option<u64>,
}

impl JoinToken {
    fn of(token: &licensing::cluster::JoinToken) -> Self {
        Self {
            id: Id(token.id),
            created_at: Timestamp(token.created_at),
            expires_at: Timestamp(token.expires_at),
            used_by: token.used_by.map(licensing::id::NodeId::get),
        }
    }
}

/// A join token with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JoinTokenWithSecret {
    /// The token in full, for `usher join` on the new node. Whoever has it can take all of the cluster's secrets.
    token: String,
    #[serde(flatten)]
    facts: JoinToken,
}

/// A join token to make.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewJoinToken {
    /// How long it may be used, in seconds: 1 to 604800, and 3600 if left out.
    #[schema(minimum = 1, maximum = 604_800, default = 3_600)]
    expires_seconds: Option<u64>,
}

/// Which join tokens to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct JoinTokenQuery {
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<id::JoinTokenId>)]
    cursor: Option<id::JoinTokenId>,
}

/// List join tokens, in id order, the used ones too.
#[utoipa::path(
    get, path = "/cluster/join-tokens", tag = "cluster", params(JoinTokenQuery), security(("api_token" = [])),
    responses((status = 200, description = "A page of join tokens.", body = Page<JoinToken>)),
)]
pub(super) async fn list_join_tokens(
    State(api): State<Api>,
    _: Caller,
    Query(query): Query<JoinTokenQuery>,
) -> Result<Answer<Page<JoinToken>>, ApiError> {
    list(
        &api,
        query.limit,
        query.cursor,
        |_, token: &licensing::cluster::JoinToken| Some(JoinToken::of(token)),
    )
    .await
}

/// Make a join token. Its secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/cluster/join-tokens", tag = "cluster", request_body = NewJoinToken, security(("api_token" = [])),
    responses((status = 201, description = "The join token with its secret.", body = JoinTokenWithSecret)),
)]
pub(super) async fn create_join_token(
    State(api): State<Api>,
    caller: Caller,
    request: MaybeJson<NewJoinToken>,
) -> Result<Shown<JoinTokenWithSecret>, ApiError> {
    let valid = request.value.expires_seconds.unwrap_or(VALID_DEFAULT);
    if !(1..=VALID_MAX).contains(&valid) {
        return Err(ApiError::field(
            "expires_seconds",
            format!("expected 1 to {VALID_MAX}, not {valid}"),
        ));
    }
    let token = TokenText {
        cluster: api.0.config.cluster_id,
        id: JoinTokenId::from_bytes(caller.derive(&api, "id")),
        secret: caller.derive(&api, "join token"),
        ca_hash: api.0.config.authority.hash(),
    };
    let command = Command::CreateJoinToken {
        id: token.id,
        secret: join_secret_hash(&token.secret),
        expires_at: api.cluster().ledger(Ledger::at).after(Span::from_secs(valid)),
    };
    caller.change(&api, &request.bytes, command).await?;
    let facts = api
        .cluster()
        .ledger(|ledger| ledger.join_token(token.id).map(JoinToken::of));
    let facts = facts.ok_or_else(|| not_found(Kind::JoinToken))?;
    Ok(Shown::plain(JoinTokenWithSecret {
        token: token.to_string(),
        facts,
    })
    .created("/cluster/join-tokens"))
}
