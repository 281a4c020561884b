//! Around every call: its id, its measure, its log line, and the last touch on its answer.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, DATE, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use licensing::id::encode_base32;
use raft::seams::Entropy;
use tokio::time::Instant;

use super::Api;
use super::extract::echo;
use super::problem::ApiError;
use crate::console::{self, Miss};
use crate::ops::Metrics;

/// The header that names a call, for those who ask about it later.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers are for programs, hold secrets, and have no business in a cache or a frame.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// Names calls: a random part per process, then a count, so that a name costs no system call.
#[derive(Debug)]
pub(super) struct CallIds {
    process: [u8; 5],
    count: AtomicU64,
}

impl CallIds {
    pub(super) fn new(entropy: &dyn Entropy) -> Self {
        let mut process = [0; 5];
        entropy.fill(&mut process);
        Self {
            process,
            count: AtomicU64::new(0),
        }
    }

    fn next(&self) -> String {
        let count = self.count.fetch_add(1, Relaxed).to_be_bytes();
        let mut bytes = [0; 10];
        bytes[..5].copy_from_slice(&self.process);
        bytes[5..].copy_from_slice(&count[3..]);
        format!("req_{}", encode_base32(&bytes))
    }
}

/// Names, measures and logs a call, and writes its problem if it ends in one.
pub(super) async fn observe(State(api): State<Api>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = api.0.call_ids.next();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("unknown", MatchedPath::as_str);
    let mut response = match response.extensions().get::<ApiError>().cloned() {
        Some(error) => {
            log_problem(&id, &method, route, &error);
            error.render(&id, response)
        }
        None => response,
    };
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    let id_header = HeaderValue::from_str(&id).expect("an id is ASCII");
    response.headers_mut().insert(REQUEST_ID, id_header);
    response.headers_mut().extend(date(&api).map(|date| (DATE, date)));
    let took = started.elapsed();
    tracing::trace!(request_id = id, %method, route, status = response.status().as_u16(), ?took, "answered");
    api.metrics().request(route.into(), &method, response.status(), took);
    response
}

/// The node's wall clock as HTTP writes it. The server library would read a clock of its own.
fn date(api: &Api) -> Option<HeaderValue> {
    let ms = i64::try_from(api.0.config.seams.clock.unix_ms()).ok()?;
    let date = Timestamp::from_millisecond(ms).ok()?;
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&date).ok()?;
    HeaderValue::from_str(&text).ok()
}

/// What the log keeps: the code and the cause, never what the client sent.
fn log_problem(id: &str, method: &Method, route: &str, error: &ApiError) {
    let code = error.code().name();
    if let Some(cause) = error.cause() {
        tracing::error!(request_id = id, %method, route, code, cause, "the server failed");
    } else {
        tracing::debug!(request_id = id, %method, route, code, "refused");
    }
}

/// The answer to a request whose handler panicked. The process lives on: nothing that a handler holds outlives it.
pub(super) fn panicked(metrics: &Metrics, panic: &(dyn Any + Send)) -> Response {
    metrics.panic();
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    ApiError::internal(format!("a handler panicked: {}", text.unwrap_or("without a word"))).into_response()
}

/// The answer where no route of the API is: a file or a page of the console, or the word that nothing is there.
pub(super) async fn console(State(api): State<Api>, request: Request) -> Response {
    match console::answer(&*api.0.config.seams.entropy, &request) {
        Ok(response) => response,
        Err(Miss::Path) => unknown_route(request.uri()).into_response(),
        Err(Miss::Method) => ([console::ALLOWED], unknown_method(request.method().clone()).await).into_response(),
    }
}

fn unknown_route(uri: &Uri) -> ApiError {
    let problem = format!(
        "there is nothing at {}; the API is described at /api/v1/openapi.json",
        echo(uri.path())
    );
    ApiError::field("path", problem).status(StatusCode::NOT_FOUND)
}

/// The answer where a route is, but not for this method; `Allow` says for which.
pub(super) async fn unknown_method(method: Method) -> ApiError {
    let problem = format!(
        "{} is not a method of this path; see the Allow header",
        echo(method.as_str())
    );
    ApiError::field("method", problem).status(StatusCode::METHOD_NOT_ALLOWED)
}
