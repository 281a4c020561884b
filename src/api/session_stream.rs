//! What becomes of sessions, told as it happens: events that a page shows without asking again and again.
//!
//! A node tells what it applies itself, about a second late and each session at most once a second, so that the way to a
//! page never carries more than there is to see. Who lost a part of it is told to begin anew.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures::stream;
use licensing::ledger::SessionState;
use raft::{ProposeError, SessionChanges, Told};
use serde::{Deserialize, Deserializer, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch};
use tokio::time::{Instant, sleep, sleep_until};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::Api;
use super::caller::Caller;
use super::extract::Query;
use super::id::{self, Id};
use super::problem::ApiError;
use super::session_list::SessionFilter;
use super::sessions::Session;
use super::text::{Handle, Search, digits, read_text};

/// Streams that one node keeps up at once.
const WATCHERS_MAX: usize = 256;

/// How often a stream that has nothing to tell shows that it lives, and looks whether its reader is still signed in.
const ALIVE_EVERY: Duration = Duration::from_secs(5);

/// More sessions than these in one event are not told one by one.
const LIVE_MAX: usize = 2_000;

/// The longest that a stream lasts. Its reader begins another.
const SECONDS_MAX: u64 = 3_600;

/// The places of those who watch.
pub(super) struct Watching(Arc<Semaphore>);

impl Default for Watching {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(WATCHERS_MAX)))
    }
}

/// How long to watch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seconds(u64);

impl Default for Seconds {
    fn default() -> Self {
        Self(600)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| {
            let seconds = digits(text).filter(|seconds| *seconds <= SECONDS_MAX);
            seconds.map(Self).ok_or("expected a whole number of 0 to 3600")
        })
    }
}

impl PartialSchema for Seconds {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .maximum(Some(SECONDS_MAX))
            .default(Some(Self::default().0.into()))
            .into()
    }
}

impl ToSchema for Seconds {
    fn name() -> Cow<'static, str> {
        "Seconds".into()
    }
}

/// Which sessions to watch.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamQuery {
    /// Only those of this license.
    #[param(value_type = Option<id::LicenseId>)]
    license: Option<id::LicenseId>,
    /// Only those of the customer with this id or reference.
    customer: Option<Handle>,
    /// Only those of the product with this id or code.
    product: Option<Handle>,
    /// Only those that contain this, as in the list of sessions.
    search: Option<Search>,
    /// How long to watch.
    #[serde(default)]
    seconds: Seconds,
}

impl StreamQuery {
    fn filter(&self, caller: &Caller) -> SessionFilter<'_> {
        SessionFilter::new(
            caller,
            self.license,
            self.customer.as_ref(),
            self.product.as_ref(),
            self.search.as_ref(),
        )
    }
}

/// What became of sessions: the data of an event `changes`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionEvents {
    /// Those that were granted or have beaten.
    live: Vec<Session>,
    /// Those that have ended.
    ended: Vec<id::SessionName>,
}

/// An event of the stream.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is written line by line, and described as a whole")]
pub(crate) struct SessionEvent {
    /// `ready`, `changes` or `anew`.
    event: String,
    /// A JSON object.
    data: String,
}

/// Watch sessions: a stream of server-sent events. `ready` comes first; what is listed after it misses nothing. Then
/// `changes` with those that were granted, have beaten or have ended, and `anew` where the list has to be read again. It
/// ends after a while, with the login, and as the node shuts down.
#[utoipa::path(
    get, path = "/sessions/stream", tag = "sessions", params(StreamQuery), security(("api_token" = [])),
    responses((
        status = 200, description = "Events; the data of each is a JSON object.",
        body = SessionEvent, content_type = "text/event-stream",
    )),
)]
pub(super) async fn stream_sessions(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<StreamQuery>,
) -> Result<Response, ApiError> {
    let place = Arc::clone(&api.0.watching.0).try_acquire_owned();
    let watch = Watch {
        _place: place.map_err(|_| ProposeError::Overloaded)?,
        told: api.cluster().watch_sessions(),
        until: Instant::now() + Duration::from_secs(query.seconds.0),
        stopping: api.0.config.stopping.clone(),
        greeted: false,
        api,
        caller,
        query,
    };
    let events = stream::unfold(watch, |mut watch| async move {
        let text = watch.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), watch))
    });
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        // Proxies are not to gather it.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(events)).into_response())
}

/// Somebody who watches.
struct Watch {
    _place: OwnedSemaphorePermit,
    told: broadcast::Receiver<Told>,
    until: Instant,
    stopping: watch::Receiver<bool>,
    greeted: bool,
    api: Api,
    caller: Caller,
    query: StreamQuery,
}

impl Watch {
    /// The next events as they are written; `None` at the end.
    async fn next(&mut self) -> Option<String> {
        if !std::mem::replace(&mut self.greeted, true) {
            return Some(event("ready", "{}"));
        }
        loop {
            let told = tokio::select! { biased;
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
                () = sleep_until(self.until) => return None,
                told = self.told.recv() => Some(told),
                () = sleep(ALIVE_EVERY) => None,
            };
            if !self.api.cluster().ledger(|ledger| self.caller.is_still_in(ledger)) {
                return None;
            }
            let text = match told {
                None => ":\n\n".to_owned(),
                Some(Ok(Told::Changes(changes))) => match self.changes(&changes) {
                    Some(text) => text,
                    None => continue,
                },
                Some(Ok(Told::Anew) | Err(broadcast::error::RecvError::Lagged(_))) => event("anew", "{}"),
                Some(Err(broadcast::error::RecvError::Closed)) => return None,
            };
            return Some(text);
        }
    }

    /// The event of what changed, as far as it is asked for.
    fn changes(&self, changes: &SessionChanges) -> Option<String> {
        let mut filter = self.query.filter(&self.caller);
        let events = self.api.cluster().ledger(|ledger| {
            let asked: Vec<_> = changes
                .live
                .iter()
                .filter(|session| filter.matches(ledger, session))
                .take(LIVE_MAX + 1)
                .collect();
            if asked.len() > LIVE_MAX {
                return None;
            }
            let live = asked.into_iter();
            let live = live.filter_map(|session| Session::of(ledger, SessionState::Live(session)));
            let live = live.collect();
            let mut ended = Vec::new();
            for session in &changes.ended {
                if filter.matches_license(ledger, session.license) {
                    ended.push(Id(session.hash.public()));
                }
            }
            Some(SessionEvents { live, ended })
        });
        match events {
            None => Some(event("anew", "{}")),
            Some(events) if events.live.is_empty() && events.ended.is_empty() => None,
            Some(events) => {
                let data = serde_json::to_string(&events).expect("a view is plain data");
                Some(event("changes", &data))
            }
        }
    }
}

fn event(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
