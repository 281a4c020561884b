//! Keeping a seat.

use axum::Json as Answer;
use axum::extract::State;
use licensing::outcome::Kind;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Seat, check_certificate, find_own_session, seat};
use crate::api::Api;
use crate::api::extract::Json;
use crate::api::problem::ApiError;
use crate::api::refusal::not_found;
use crate::api::text::SessionSecret;
use crate::lookup::SessionId;

/// Names a session by its secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionRequest {
    /// The `session_id` that acquire answered.
    pub(super) session_id: SessionSecret,
}

/// Keep a seat: the answer is acquire's, with a fresh token.
#[utoipa::path(
    put,
    path = "/licenses/heartbeat",
    tag = "seats",
    request_body = SessionRequest,
    responses((status = 200, description = "The session goes on.", body = Seat)),
)]
pub(in crate::api) async fn keep_seat(
    State(api): State<Api>,
    request: Json<SessionRequest>,
) -> Result<Answer<Seat>, ApiError> {
    let SessionSecret(secret) = request.value.session_id;
    let result = keep(&api, &secret).await;
    api.metrics().heartbeat(match &result {
        Ok(_) => "renewed",
        Err(error) => error.code().name(),
    });
    result.map(Answer)
}

async fn keep(api: &Api, secret: &SessionId) -> Result<Seat, ApiError> {
    let session = find_own_session(api, secret)
        .await?
        .ok_or_else(|| not_found(Kind::Session))?;
    check_certificate(api)?;
    let mut beats = api.cluster().heartbeat(vec![session]).await?;
    match beats.answers.pop() {
        Some(Ok(grant)) => seat(api, secret, &grant, beats.seq, beats.at),
        Some(Err(rejection)) => Err(rejection.into()),
        None => Err(ApiError::internal("a heartbeat got no answer")),
    }
}
