//! Keeping a seat.

use axum::Json as Answer;
use axum::extract::State;
use licensing::outcome::Kind;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Seat, Source, seat};
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
    source: Source,
    request: Json<SessionRequest>,
) -> Result<Answer<Seat>, ApiError> {
    let SessionSecret(secret) = request.value.session_id;
    let result = keep(&api, source, &secret).await;
    api.metrics().heartbeat(match &result {
        Ok(_) => "renewed",
        Err(error) => error.code().name(),
    });
    result.map(Answer)
}

async fn keep(api: &Api, source: Source, secret: &SessionId) -> Result<Seat, ApiError> {
    let session = source
        .find_session(api, secret)
        .await?
        .ok_or_else(|| not_found(Kind::Session))?;
    let mut beats = api.cluster().heartbeat(vec![session]).await?;
    match beats.answers.pop() {
        Some(Ok(grant)) => seat(api, secret, &grant, beats.seq, beats.at),
        Some(Err(rejection)) => Err(rejection.into()),
        None => Err(ApiError::internal("a heartbeat got no answer")),
    }
}
