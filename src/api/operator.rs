//! Who administers: the bearer of an API token, and the calls that change something in its name.

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use licensing::cluster::Scope;
use licensing::command::{Actor, Command, Proposal, Request};
use licensing::id::ApiTokenId;
use licensing::ledger::Ledger;
use licensing::outcome::{Outcome, Rejection};
use raft::ProposeError;

use super::Api;
use super::code::Code;
use super::extract::only;
use super::problem::ApiError;
use super::strangers::Source;

/// The header by which a client names a call, so that repeating it changes nothing.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The most characters of an idempotency key.
const IDEMPOTENCY_KEY_MAX: usize = 128;

/// The longest API token that is looked for.
const TOKEN_BYTES_MAX: usize = 128;

/// A call by the bearer of a token that may do everything.
#[derive(Debug)]
pub(crate) struct Operator {
    token: ApiTokenId,
    /// Who calls what: the names of calls are told apart within it.
    scope: Vec<u8>,
    /// The call's name: the client's own, or one drawn for it.
    name: String,
    /// The path, which belongs to what the call says.
    path: String,
}

/// A call by the bearer of a token that may send batches of heartbeats.
#[derive(Debug)]
pub(crate) struct BatchCaller;

impl FromRequestParts<Api> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let token = match bearer(parts, api).await? {
            (token, Scope::Admin) => token,
            (_, Scope::Heartbeats) => {
                return Err(ApiError::new(
                    Code::Forbidden,
                    "This API token may only send batches of heartbeats. Use one of scope admin.",
                ));
            }
        };
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let mut scope = token.as_bytes().to_vec();
        scope.extend_from_slice(parts.method.as_str().as_bytes());
        scope.extend_from_slice(route.as_bytes());
        let name = idempotency_key(&parts.headers)?.unwrap_or_else(|| api.draw_name());
        Ok(Self {
            token,
            scope,
            name,
            path: parts.uri.path().to_owned(),
        })
    }
}

impl FromRequestParts<Api> for BatchCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        bearer(parts, api).await.map(|_| Self)
    }
}

impl Operator {
    /// Bytes that belong to this call alone: ids and secrets that a repetition of the call gets again. A name is
    /// forgotten and may come again, so this is only for what is made once: its id is taken for good.
    pub(crate) fn derive<const N: usize>(&self, api: &Api, purpose: &str) -> [u8; N] {
        self.derive_of(api, purpose, b"")
    }

    /// The same for what the call changes: `of` says which it is and in which state the call finds it, so that the call
    /// under the same name, made again after it was forgotten, gets other bytes.
    pub(crate) fn derive_of<const N: usize>(&self, api: &Api, purpose: &str, of: &[u8]) -> [u8; N] {
        const { assert!(N <= 32, "a hash has 32 bytes") }
        let scope = [&self.scope[..], of].join(&b'\0');
        let bytes = api.lookup().derive(purpose, &scope, &self.name);
        std::array::from_fn(|at| bytes[at])
    }

    /// The same call with a name of its own for another try, because the ledger remembers how the first was refused. A
    /// repetition of the call goes through the same names.
    #[must_use]
    pub(crate) fn again(mut self) -> Self {
        // No client can send this character in a key.
        self.name.push('\0');
        self
    }

    /// Proposes a change and waits until this node shows it. `content` is what the call says, to tell a repetition from
    /// another call under the same name.
    pub(crate) async fn change(&self, api: &Api, content: &[u8], command: Command) -> Result<Outcome, ApiError> {
        self.decide(api, content, command).await?.map_err(Into::into)
    }

    /// The same for a call that has something to do when the ledger says no.
    pub(crate) async fn decide(
        &self,
        api: &Api,
        content: &[u8],
        command: Command,
    ) -> Result<Result<Outcome, Rejection>, ApiError> {
        let proposal = Proposal {
            actor: Actor::Token(self.token),
            request: Some(self.request(api, content)),
            not_after: Some(api.valid_until()),
            command,
        };
        let applied = api.cluster().propose(proposal).await?;
        if let Outcome::Rejected(rejection) = applied.outcome {
            return Ok(Err(rejection));
        }
        // It is committed by now, so a failure here must not say that nothing was changed.
        api.cluster()
            .barrier()
            .await
            .map_err(|_| ProposeError::OutcomeUnknown)?;
        Ok(Ok(applied.outcome))
    }

    fn request(&self, api: &Api, content: &[u8]) -> Request {
        let said = [self.path.as_bytes(), b"\0", content].concat();
        api.lookup().request(&self.scope, &self.name, &said)
    }
}

/// The token that the call shows, if it is valid now.
async fn bearer(parts: &Parts, api: &Api) -> Result<(ApiTokenId, Scope), ApiError> {
    let text = bearer_text(&parts.headers)?;
    let secret = api.lookup().api_token(text);
    let find = |ledger: &Ledger| {
        let token = ledger.api_token_by_secret(&secret)?;
        let over = token.revoked_at.is_some() || token.expires_at.is_some_and(|end| end <= ledger.at());
        Some((token.id, token.scope, over))
    };
    match Source::of(parts).find(api, find).await? {
        Some((id, scope, false)) => Ok((id, scope)),
        Some((_, _, true)) => {
            api.metrics().unknown_api_token();
            Err(unauthenticated(
                "This API token has expired or was revoked. Make a new one with `usher token create`.",
            ))
        }
        None => {
            api.metrics().unknown_api_token();
            Err(unauthenticated(
                "This API token is not known here. Check that it was copied in full, and the server.",
            ))
        }
    }
}

fn bearer_text(headers: &HeaderMap) -> Result<&str, ApiError> {
    let missing = || unauthenticated("This call needs an API token: send `Authorization: Bearer usher_…`.");
    let text = only(headers, &AUTHORIZATION)?
        .ok_or_else(missing)?
        .to_str()
        .map_err(|_| missing())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(missing)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.len() > TOKEN_BYTES_MAX {
        return Err(missing());
    }
    Ok(token)
}

fn unauthenticated(detail: &str) -> ApiError {
    ApiError::new(Code::Unauthenticated, detail)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = only(headers, &IDEMPOTENCY_KEY)? else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=IDEMPOTENCY_KEY_MAX).contains(&key.len()));
    let problem = || format!("expected 1 to {IDEMPOTENCY_KEY_MAX} visible characters of ASCII");
    key.map(|key| Some(key.to_owned()))
        .ok_or_else(|| ApiError::field("Idempotency-Key", problem()))
}
