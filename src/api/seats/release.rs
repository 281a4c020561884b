//! Giving a seat back.

use axum::Json as Answer;
use axum::extract::State;
use licensing::command::{Actor, Command, Proposal};
use licensing::outcome::{Outcome, Rejection};
use serde::Serialize;
use utoipa::ToSchema;

use super::find_own_session;
use super::heartbeat::SessionRequest;
use crate::api::Api;
use crate::api::extract::Json;
use crate::api::id::{self, Id};
use crate::api::problem::ApiError;
use crate::api::text::SessionSecret;
use crate::lookup::SessionId;

/// The session holds nothing any more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Released {
    /// The session's public name.
    session: id::SessionName,
    /// Whether this very call ended it; `false` if it had ended before or was never there.
    released: bool,
}

/// Give a seat back. Doing so again changes nothing and is no error.
#[utoipa::path(
    delete,
    path = "/licenses/release",
    tag = "seats",
    request_body = SessionRequest,
    responses((status = 200, description = "The session holds nothing any more.", body = Released)),
)]
pub(in crate::api) async fn release_seat(
    State(api): State<Api>,
    request: Json<SessionRequest>,
) -> Result<Answer<Released>, ApiError> {
    release(&api, request.value).await
}

/// Give a seat back, for clients whose DELETE loses its body on the way.
#[utoipa::path(
    post,
    path = "/licenses/release",
    tag = "seats",
    request_body = SessionRequest,
    responses((status = 200, description = "The session holds nothing any more.", body = Released)),
)]
pub(in crate::api) async fn release_seat_by_post(
    State(api): State<Api>,
    request: Json<SessionRequest>,
) -> Result<Answer<Released>, ApiError> {
    release(&api, request.value).await
}

async fn release(api: &Api, request: SessionRequest) -> Result<Answer<Released>, ApiError> {
    let SessionSecret(secret) = request.session_id;
    let released = end(api, &secret).await?;
    if released {
        api.metrics().release();
    }
    Ok(Answer(Released {
        session: Id(secret.hash().public()),
        released,
    }))
}

/// Ends the session, if there is one; whether this call did it.
async fn end(api: &Api, secret: &SessionId) -> Result<bool, ApiError> {
    let Some(session) = find_own_session(api, secret).await? else {
        return Ok(false);
    };
    let proposal = Proposal {
        actor: Actor::Client,
        request: None,
        not_after: Some(api.valid_until()),
        command: Command::Release { session },
    };
    match api.cluster().propose(proposal).await?.outcome {
        Outcome::Released { by_this } => Ok(by_this),
        // It was forgotten between the look-up and the command.
        Outcome::Rejected(Rejection::SessionNotFound) => Ok(false),
        Outcome::Rejected(rejection) => Err(rejection.into()),
        other => Err(ApiError::internal(format!("a release was answered {other:?}"))),
    }
}
