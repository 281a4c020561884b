//! Problems: what a client reads when the answer is no (RFC 9457), and apart from it what the log keeps.
//!
//! A handler returns an [`ApiError`]. It becomes bytes at the edge of the router, where the request's id is known.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use licensing::time::Span;
use serde::Serialize;
use utoipa::ToSchema;

use super::code::Code;

/// The content type of problems.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A problem as the client reads it (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// An address that stands for the code.
    #[serde(rename = "type")]
    pub uri: String,
    /// The code in words, the same for each occurrence.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The permanent code: match on this.
    pub code: Code,
    /// What happened and what to do next, for people.
    pub detail: String,
    /// The call's id in the server's log.
    pub request_id: String,
    /// Seconds after which trying again makes sense; also the `Retry-After` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The limit that was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How much of it is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_use: Option<u32>,
    /// Where the license is renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewal_url: Option<String>,
    /// A page that explains this very refusal to whoever met it, for 30 days. What follows the `#` is a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation_url: Option<String>,
    /// What is wrong with the request, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field, as a path such as `client.hostname` or `session_ids[3]`; a header or query parameter by its name.
    pub field: String,
    /// What is wrong and what is expected.
    pub problem: String,
}

/// A no on its way to the client.
#[derive(Debug, Clone)]
pub(crate) struct ApiError(Arc<Said>);

#[derive(Debug, Clone)]
struct Said {
    code: Code,
    status: StatusCode,
    detail: String,
    retry_after: Option<u64>,
    usage: Option<(u32, u32)>,
    renewal_url: Option<String>,
    explanation_url: Option<String>,
    errors: Vec<FieldError>,
    /// What the log keeps beside the code; never sent.
    cause: Option<String>,
}

impl ApiError {
    /// A problem with a sentence on what happened and what to do next.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Arc::new(Said {
            code,
            status: code.status(),
            detail: detail.into(),
            retry_after: None,
            usage: None,
            renewal_url: None,
            explanation_url: None,
            errors: Vec::new(),
            cause: None,
        }))
    }

    /// One field of the request is wrong.
    pub(crate) fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        let (field, problem) = (field.into(), problem.into());
        let detail = format!("{field}: {problem}");
        Self::new(Code::InvalidRequest, detail).with(|said| said.errors.push(FieldError { field, problem }))
    }

    /// A more exact status than the code's own.
    #[must_use]
    pub(crate) fn status(self, status: StatusCode) -> Self {
        self.with(|said| said.status = status)
    }

    /// The server failed. The client learns that much; the log learns why.
    pub(crate) fn internal(cause: impl std::fmt::Display) -> Self {
        let detail = "Something failed inside the server. Try again; if it stays, report it with the request_id.";
        Self::new(Code::Internal, detail).with(|said| said.cause = Some(cause.to_string()))
    }

    /// It is worth trying again after `span`.
    #[must_use]
    pub(crate) fn retry_after(self, span: Span) -> Self {
        // Zero would read as "at once", which is how loops begin.
        self.with(|said| said.retry_after = Some(span.secs_ceil().max(1)))
    }

    /// A limit and how much of it is in use.
    #[must_use]
    pub(crate) fn usage(self, limit: u32, in_use: u32) -> Self {
        self.with(|said| said.usage = Some((limit, in_use)))
    }

    /// Where the license is renewed, if its product says so.
    #[must_use]
    pub(crate) fn renewal_url(self, url: Option<&str>) -> Self {
        self.with(|said| said.renewal_url = url.map(str::to_owned))
    }

    /// Where whoever was refused reads why.
    #[must_use]
    pub(crate) fn explanation_url(self, url: Option<String>) -> Self {
        self.with(|said| said.explanation_url = url)
    }

    fn with(mut self, change: impl FnOnce(&mut Said)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// The permanent code.
    pub(crate) fn code(&self) -> Code {
        self.0.code
    }

    /// What the log keeps beside the code.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The problem as the client reads it, with the call's id.
    pub(crate) fn problem(&self, request_id: &str) -> Problem {
        let said = &*self.0;
        Problem {
            uri: said.code.uri(),
            title: said.code.title(),
            status: said.status.as_u16(),
            code: said.code,
            detail: said.detail.clone(),
            request_id: request_id.to_owned(),
            retry_after: said.retry_after,
            limit: said.usage.map(|(limit, _)| limit),
            in_use: said.usage.map(|(_, in_use)| in_use),
            renewal_url: said.renewal_url.clone(),
            explanation_url: said.explanation_url.clone(),
            errors: said.errors.clone(),
        }
    }

    /// The whole answer, with the call's id. `carrier` is the response that brought the problem here; its headers stay.
    pub(crate) fn render(&self, request_id: &str, carrier: Response) -> Response {
        let body = serde_json::to_vec(&self.problem(request_id)).expect("texts and numbers make JSON");
        let (mut parts, _) = carrier.into_parts();
        parts
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        parts.headers.extend(self.headers());
        Response::from_parts(parts, body.into())
    }

    fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let retry_after = self.0.retry_after.map(|seconds| (RETRY_AFTER, seconds.into()));
        let challenge = (self.0.code == Code::Unauthenticated)
            .then(|| (WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"usher\"")));
        retry_after.into_iter().chain(challenge)
    }
}

impl IntoResponse for ApiError {
    /// Only carries the problem; [`ApiError::render`] writes it once the call's id is known.
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
