//! Keeping many seats with one call, for gateways that beat for a whole site.

use axum::Json as Answer;
use axum::extract::State;
use licensing::id::{Seq, SessionNo};
use licensing::ledger::{Ledger, SessionState};
use licensing::outcome::{Grant, Rejection};
use licensing::time::At;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{check_certificate, sign};
use crate::api::Api;
use crate::api::caller::Caller;
use crate::api::code::Code;
use crate::api::extract::Json;
use crate::api::id::{self, Id};
use crate::api::problem::ApiError;
use crate::api::text::SessionSecret;
use crate::api::time::Timestamp;

/// The largest body of this call.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The most sessions of one call.
const SESSIONS_MAX: usize = 10_000;

/// Tokens that are signed before other calls get their turn; one takes some 20 µs.
const SIGNED_AT_A_TIME: usize = 64;

/// Names sessions by their secrets.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchRequest {
    /// At most 10,000 ids that acquire answered.
    #[schema(max_items = 10_000)]
    session_ids: Vec<SessionSecret>,
    /// Whether each success carries a fresh token.
    #[serde(default)]
    tokens: bool,
}

/// The answers, one for each id in order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchAnswer {
    results: Vec<Beat>,
}

/// The answer for one session.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Beat {
    /// The session's public name, if it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<id::SessionName>,
    /// Whether it goes on, with a token if one was asked for.
    ok: bool,
    /// The end of its token's life, if it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// A fresh token, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_token: Option<String>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Code>,
}

/// Keep many seats. Each session is answered for itself.
#[utoipa::path(
    put,
    path = "/licenses/heartbeats",
    tag = "seats",
    request_body = BatchRequest,
    responses((status = 200, description = "One answer for each id, in order.", body = BatchAnswer)),
    security(("api_token" = [])),
)]
pub(in crate::api) async fn keep_seats(
    State(api): State<Api>,
    _: Caller,
    request: Json<BatchRequest, BODY_BYTES_MAX>,
) -> Result<Answer<BatchAnswer>, ApiError> {
    let BatchRequest { session_ids, tokens } = request.value;
    if session_ids.len() > SESSIONS_MAX {
        let problem = format!("{} ids; send at most {SESSIONS_MAX} at once", session_ids.len());
        return Err(ApiError::field("session_ids", problem));
    }
    let sessions = find_all(&api, &session_ids).await?;
    let known: Vec<SessionNo> = sessions.iter().flatten().copied().collect();
    if known.is_empty() {
        let results = sessions
            .iter()
            .map(|_| failed(&api, &Rejection::SessionNotFound.into()))
            .collect();
        return Ok(Answer(BatchAnswer { results }));
    }
    if tokens {
        check_certificate(&api)?;
    }
    let beats = api.cluster().heartbeat(known).await?;
    let mut answers = beats.answers.into_iter();
    let mut results = Vec::with_capacity(sessions.len());
    for session in sessions {
        let answer = session
            .and_then(|_| answers.next())
            .unwrap_or(Err(Rejection::SessionNotFound));
        let seq = tokens.then_some(beats.seq);
        let beat = answer
            .map_err(ApiError::from)
            .and_then(|grant| kept(&api, &grant, seq, beats.at));
        results.push(beat.unwrap_or_else(|error| failed(&api, &error)));
        if tokens && results.len().is_multiple_of(SIGNED_AT_A_TIME) {
            tokio::task::yield_now().await;
        }
    }
    Ok(Answer(BatchAnswer { results }))
}

/// The sessions of the secrets, in order. The whole cluster is asked at most once, however many are not known here.
async fn find_all(api: &Api, secrets: &[SessionSecret]) -> Result<Vec<Option<SessionNo>>, ApiError> {
    let hashes: Vec<_> = secrets.iter().map(|SessionSecret(secret)| secret.hash()).collect();
    let look = |ledger: &Ledger| -> Vec<Option<SessionNo>> {
        hashes
            .iter()
            .map(|hash| ledger.session_by_hash(hash).map(SessionState::no))
            .collect()
    };
    let found = api.cluster().ledger(look);
    if found.iter().all(Option::is_some) {
        return Ok(found);
    }
    api.cluster().barrier().await?;
    Ok(api.cluster().ledger(look))
}

/// A session that goes on, with a token if the number of the command that kept it is given.
fn kept(api: &Api, grant: &Grant, token: Option<Seq>, at: At) -> Result<Beat, ApiError> {
    let signed = token.map(|seq| sign(api, grant, seq, at)).transpose()?;
    api.metrics().heartbeat("renewed");
    let expires_at = signed
        .as_ref()
        .map_or_else(|| api.signer().expires_at(grant, at), |signed| signed.expires_at);
    Ok(Beat {
        session: Some(Id(grant.hash.public())),
        ok: true,
        expires_at: Some(Timestamp(expires_at)),
        signed_token: signed.map(|signed| signed.token),
        code: None,
    })
}

fn failed(api: &Api, error: &ApiError) -> Beat {
    let code = error.code();
    api.metrics().heartbeat(code.name());
    if let Some(cause) = error.cause() {
        tracing::error!(cause, "a session of a batch was kept and got no token");
    }
    Beat {
        code: Some(code),
        ..Beat::default()
    }
}
