//! Sessions as operators see them: by their public names.

use axum::Json as Answer;
use axum::extract::State;
use licensing::command::Command;
use licensing::id::{HolderKey, LicenseId, SessionName, SessionNo};
use licensing::identity::User;
use licensing::ledger::Ledger;
use licensing::ledger::SessionState;
use licensing::outcome::Rejection;
use licensing::session::{ClientInfo, EndCause, EndedSession, Session as LiveSession};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::caller::Caller;
use super::code::Code;
use super::extract::{InPath, Json, Query};
use super::id::{self, Id};
use super::license_changes::ReasonRequest;
use super::page::{Limit, Page, fill, read_cursor};
use super::problem::ApiError;
use super::resource::Shown;
use super::text::digits;
use super::time::Timestamp;

/// A session, live or ended lately.
#[derive(Debug, Serialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "the API calls its public name so everywhere")]
pub(crate) struct Session {
    /// Its public name.
    session: id::SessionName,
    /// The license whose seat it holds or held.
    license: id::LicenseId,
    /// Who the seat is counted for: a keyed hash, the same for each session of one holder.
    holder: id::HolderKey,
    /// Whether it is live, or how it ended.
    status: SessionStatus,
    /// What the client says about itself; believed by nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<Client>,
    /// The user that a token vouched for when the seat was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<SessionUser>,
    /// When it was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    granted_at: Option<Timestamp>,
    /// When it last beat.
    #[serde(skip_serializing_if = "Option::is_none")]
    beat_at: Option<Timestamp>,
    /// How long it lives on without a heartbeat.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_seconds: Option<u64>,
    /// Until when its latest token lets a silent client go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    grace_until: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// Why it was revoked, in the operator's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Whether a session is live, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionStatus {
    /// It holds its seat.
    Live,
    /// Its client gave the seat back.
    Released,
    /// The same holder's later session took its place.
    Replaced,
    /// No heartbeat came in time.
    Expired,
    /// An operator ended it.
    Revoked,
    /// Its license ended, was suspended or was revoked.
    LicenseEnded,
}

/// What a client says about itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Client {
    instance: Option<String>,
    hostname: Option<String>,
    app: Option<String>,
    version: Option<String>,
    os: Option<String>,
    sdk: Option<String>,
}

impl Client {
    fn of(client: &ClientInfo) -> Self {
        let said = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(str::to_owned);
        Self {
            instance: said(&client.instance),
            hostname: said(&client.hostname),
            app: said(&client.app),
            version: said(&client.version),
            os: said(&client.os),
            sdk: said(&client.sdk),
        }
    }
}

/// A user whom an identity provider vouched for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionUser {
    /// Who vouched.
    issuer: String,
    /// The account as the issuer names it.
    subject: String,
    /// The address that the token named.
    email: Option<String>,
    /// The person here, if the account is known to be one.
    person: Option<id::PersonId>,
}

impl SessionUser {
    pub(super) fn of(user: &User) -> Self {
        Self {
            issuer: user.issuer.to_string(),
            subject: user.account.to_string(),
            email: user.email.as_deref().map(str::to_owned),
            person: user.person.map(Id),
        }
    }
}

impl Session {
    fn live(ledger: &Ledger, session: &LiveSession) -> Self {
        Self {
            session: Id(session.hash.public()),
            license: Id(session.license),
            holder: Id(session.holder),
            status: SessionStatus::Live,
            client: session.client.as_deref().map(Client::of),
            user: ledger.user_of(session.no).map(SessionUser::of),
            granted_at: Some(Timestamp(session.granted_at)),
            beat_at: Some(Timestamp(session.beat_at)),
            expires_in_seconds: Some(session.deadline.since(ledger.session_time()).secs_ceil()),
            grace_until: Some(Timestamp(session.grace_until)),
            ended_at: None,
            reason: None,
        }
    }

    fn ended(session: &EndedSession) -> Self {
        let (status, reason) = SessionStatus::of(&session.cause);
        Self {
            session: Id(session.hash.public()),
            license: Id(session.license),
            holder: Id(session.holder),
            status,
            client: None,
            user: None,
            granted_at: None,
            beat_at: None,
            expires_in_seconds: None,
            grace_until: None,
            ended_at: Some(Timestamp(session.ended_at)),
            reason,
        }
    }

    fn of(ledger: &Ledger, state: SessionState<'_>) -> Self {
        match state {
            SessionState::Live(session) => Self::live(ledger, session),
            SessionState::Ended(session) => Self::ended(session),
        }
    }
}

impl SessionStatus {
    /// How a session ended, and the operator's reason if there was one.
    pub(super) fn of(cause: &EndCause) -> (Self, Option<String>) {
        match cause {
            EndCause::Released => (Self::Released, None),
            EndCause::Replaced => (Self::Replaced, None),
            EndCause::Expired => (Self::Expired, None),
            EndCause::Revoked { reason } => (Self::Revoked, Some(reason.to_string())),
            EndCause::LicenseEnded => (Self::LicenseEnded, None),
        }
    }
}

/// Which live sessions to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SessionQuery {
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(pattern = "^(hld_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]\\.)?[0-9]{1,19}$")]
    cursor: Option<String>,
    /// Only those of this license.
    #[param(value_type = Option<id::LicenseId>)]
    license: Option<id::LicenseId>,
}

/// A place among the sessions of a license: they are in holder order, then in the order of their grants.
type Place = (HolderKey, SessionNo);

fn place(cursor: &str) -> Option<Place> {
    let (holder, no) = cursor.split_once('.')?;
    Some((holder.parse().ok()?, number(no)?))
}

fn number(text: &str) -> Option<SessionNo> {
    digits(text).map(SessionNo::new)
}

/// List live sessions, in the order of their grants; those of one license, in the order of their holders.
#[utoipa::path(
    get, path = "/sessions", tag = "sessions", params(SessionQuery), security(("api_token" = [])),
    responses((status = 200, description = "A page of live sessions.", body = Page<Session>)),
)]
pub(super) async fn list_sessions(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<SessionQuery>,
) -> Result<Answer<Page<Session>>, ApiError> {
    let page = match query.license {
        Some(Id(license)) => of_license(&api, &caller, &query, license).await,
        None => all(&api, &caller, &query).await,
    };
    page.map(Answer)
}

async fn all(api: &Api, caller: &Caller, query: &SessionQuery) -> Result<Page<Session>, ApiError> {
    let after = read_cursor(query.cursor.as_deref(), number)?;
    fill(
        api,
        query.limit,
        after,
        |no| no.to_string(),
        |ledger, after, filling| {
            let _ = ledger.sessions(after).try_for_each(|session| {
                let seen = sees(caller, ledger, session.license);
                filling.look_at(session.no, seen.then(|| Session::live(ledger, session)))
            });
        },
    )
    .await
}

async fn of_license(
    api: &Api,
    caller: &Caller,
    query: &SessionQuery,
    license: LicenseId,
) -> Result<Page<Session>, ApiError> {
    let after: Option<Place> = read_cursor(query.cursor.as_deref(), place)?;
    let cursor = |(holder, no): Place| format!("{holder}.{no}");
    fill(api, query.limit, after, cursor, |ledger, after, filling| {
        if !sees(caller, ledger, license) {
            return;
        }
        let _ = ledger.sessions_of(license, after).try_for_each(|session| {
            filling.look_at((session.holder, session.no), Some(Session::live(ledger, session)))
        });
    })
    .await
}

/// Whether what hangs on a license exists for the caller.
fn sees(caller: &Caller, ledger: &Ledger, license: LicenseId) -> bool {
    ledger
        .license(license)
        .is_some_and(|license| caller.sees(license.customer))
}

/// An operator asks for a session, who takes no seat himself.
fn not_found() -> ApiError {
    ApiError::new(
        Code::SessionNotFound,
        "No session has this public name, or it ended long ago. List the live sessions to see their names.",
    )
}

/// Why a session cannot be ended, said to an operator.
fn not_live(rejection: Rejection) -> ApiError {
    let (code, how) = match rejection {
        Rejection::SessionNotFound => return not_found(),
        Rejection::SessionExpired => (Code::SessionExpired, "it got no heartbeat in time".to_owned()),
        Rejection::SessionReleased => (Code::SessionReleased, "its client gave it back".to_owned()),
        Rejection::SessionRevoked { reason } => (Code::SessionRevoked, format!("it was revoked: {reason}")),
        other => return other.into(),
    };
    ApiError::new(
        code,
        format!("The session has ended already: {how}. Nothing is left to end."),
    )
}

/// The session of a public name, if it exists for the caller, as of everything that was acknowledged before the call.
async fn named(api: &Api, caller: &Caller, text: &str) -> Result<SessionName, ApiError> {
    let name = text.parse().map_err(|_| not_found())?;
    api.cluster().barrier().await?;
    let is_seen = |ledger: &Ledger| {
        let license = ledger.session_by_name(&name).map(|state| match state {
            SessionState::Live(session) => session.license,
            SessionState::Ended(session) => session.license,
        });
        license.is_some_and(|license| sees(caller, ledger, license))
    };
    api.cluster().ledger(is_seen).then_some(name).ok_or_else(not_found)
}

fn shown(api: &Api, name: SessionName) -> Result<Shown<Session>, ApiError> {
    let look = |ledger: &Ledger| ledger.session_by_name(&name).map(|state| Session::of(ledger, state));
    api.cluster().ledger(look).map(Shown::plain).ok_or_else(not_found)
}

/// Read a session, live or ended within the last minutes.
#[utoipa::path(
    get, path = "/sessions/{id}", tag = "sessions", security(("api_token" = [])),
    params(("id" = String, Path, description = "The session's public name, `ses_…`.")),
    responses((status = 200, description = "The session.", body = Session)),
)]
pub(super) async fn get_session(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
) -> Result<Shown<Session>, ApiError> {
    let name = named(&api, &caller, &text).await?;
    shown(&api, name)
}

/// End a session. Its client learns of it, and why, at its next heartbeat.
#[utoipa::path(
    post, path = "/sessions/{id}/revoke", tag = "sessions", request_body = ReasonRequest,
    security(("api_token" = [])),
    params(("id" = String, Path, description = "The session's public name, `ses_…`.")),
    responses((status = 200, description = "The session as it is now.", body = Session)),
)]
pub(super) async fn revoke_session(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
    request: Json<ReasonRequest>,
) -> Result<Shown<Session>, ApiError> {
    let name = named(&api, &caller, &text).await?;
    let find = |ledger: &Ledger| ledger.session_by_name(&name).map(SessionState::no);
    let session = api.cluster().ledger(find).ok_or_else(not_found)?;
    let command = Command::RevokeSession {
        session,
        reason: request.value.reason.into(),
    };
    caller.decide(&api, &request.bytes, command).await?.map_err(not_live)?;
    shown(&api, name)
}
