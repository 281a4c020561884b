//! Sessions as people see them: by their public names.

use axum::extract::State;
use licensing::command::Command;
use licensing::id::{LicenseId, SessionName};
use licensing::identity::User;
use licensing::ledger::Ledger;
use licensing::ledger::SessionState;
use licensing::outcome::Rejection;
use licensing::session::{ClientInfo, EndCause, EndedSession, Session as LiveSession};
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use super::caller::{Caller, OwnCall};
use super::code::Code;
use super::extract::{InPath, Json};
use super::id::{self, Id};
use super::license_changes::ReasonRequest;
use super::license_view::{LicensedPlan, LicensedProduct, Licensee};
use super::problem::ApiError;
use super::resource::Shown;
use super::seats::OfflineModeName;
use super::time::Timestamp;

/// A session, live or ended lately.
#[derive(Debug, Serialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "the API calls its public name so everywhere")]
pub(crate) struct Session {
    /// Its public name.
    session: id::SessionName,
    /// The license whose seat it holds or held.
    license: id::LicenseId,
    /// The last characters of its key.
    key_hint: String,
    /// What the license is for.
    product: LicensedProduct,
    /// What it is of.
    plan: LicensedPlan,
    /// Who has it.
    customer: Licensee,
    /// How often the plan asks for a heartbeat.
    heartbeat_seconds: u64,
    /// What becomes of the seat while its client is silent.
    offline: OfflineModeName,
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
    /// A session as it is, or as it is remembered.
    pub(super) fn of(ledger: &Ledger, state: SessionState<'_>) -> Option<Self> {
        let (license, hash, holder) = match state {
            SessionState::Live(session) => (session.license, session.hash, session.holder),
            SessionState::Ended(session) => (session.license, session.hash, session.holder),
        };
        let license = ledger.license(license)?;
        let plan = ledger.plan(license.plan)?;
        let bare = Self {
            session: Id(hash.public()),
            license: Id(license.id),
            key_hint: license.key_hint.to_string(),
            product: LicensedProduct::of(ledger.product(plan.product)?),
            plan: LicensedPlan::of(plan),
            customer: Licensee::of(ledger.customer(license.customer)?),
            heartbeat_seconds: plan.terms.heartbeat.secs_ceil(),
            offline: plan.terms.offline.into(),
            holder: Id(holder),
            status: SessionStatus::Live,
            client: None,
            user: None,
            granted_at: None,
            beat_at: None,
            expires_in_seconds: None,
            grace_until: None,
            ended_at: None,
            reason: None,
        };
        Some(match state {
            SessionState::Live(session) => bare.live(ledger, session),
            SessionState::Ended(session) => bare.ended(session),
        })
    }

    fn live(self, ledger: &Ledger, session: &LiveSession) -> Self {
        Self {
            client: session.client.as_deref().map(Client::of),
            user: ledger.user_of(session.no).map(SessionUser::of),
            granted_at: Some(Timestamp(session.granted_at)),
            beat_at: Some(Timestamp(session.beat_at)),
            expires_in_seconds: Some(session.deadline.since(ledger.session_time()).secs_ceil()),
            grace_until: Some(Timestamp(session.grace_until)),
            ..self
        }
    }

    fn ended(self, session: &EndedSession) -> Self {
        let (status, reason) = SessionStatus::of(&session.cause);
        Self {
            status,
            ended_at: Some(Timestamp(session.ended_at)),
            reason,
            ..self
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

/// Whether what hangs on a license exists for the caller.
fn sees(caller: &Caller, ledger: &Ledger, license: LicenseId) -> bool {
    ledger
        .license(license)
        .is_some_and(|license| caller.sees(license.customer))
}

/// What is said to whoever has a list of sessions to look at.
fn not_found() -> ApiError {
    ApiError::new(
        Code::SessionNotFound,
        "No session has this public name, or it ended long ago. List the live sessions to see their names.",
    )
}

/// The same for whoever asks for what is their own, whether it is somebody else's or nobody's.
fn not_own() -> ApiError {
    ApiError::new(
        Code::SessionNotFound,
        "No session of yours has this public name, or it ended long ago. Whose role ends sessions can end those of others.",
    )
}

/// Why a session cannot be ended.
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
    let look = |ledger: &Ledger| Session::of(ledger, ledger.session_by_name(&name)?);
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
    revoke(&api, &caller, name, request).await
}

/// End a session that was granted to oneself: one's user token, or an identity provider's token of an account that is
/// known to be oneself, was shown for it. Whoever left an application running somewhere frees its seat.
#[utoipa::path(
    post, path = "/me/sessions/{id}/revoke", tag = "sessions", request_body = ReasonRequest,
    security(("api_token" = [])),
    params(("id" = String, Path, description = "The session's public name, `ses_…`.")),
    responses((status = 200, description = "The session as it is now.", body = Session)),
)]
pub(super) async fn revoke_own_session(
    State(api): State<Api>,
    own: OwnCall,
    InPath(text): InPath,
    request: Json<ReasonRequest>,
) -> Result<Shown<Session>, ApiError> {
    let name = named(&api, &own.call, &text)
        .await
        .map_err(|error| match error.code() {
            Code::SessionNotFound => not_own(),
            _ => error,
        })?;
    let is_own = |ledger: &Ledger| match ledger.session_by_name(&name) {
        Some(SessionState::Live(session)) => {
            let user = ledger.user_of(session.no);
            user.is_some_and(|user| user.person == Some(own.person))
        }
        // There is nothing left to end, and a repetition of the call that ended it is answered as that one was.
        Some(SessionState::Ended(_)) => true,
        None => false,
    };
    if !api.cluster().ledger(is_own) {
        return Err(not_own());
    }
    revoke(&api, &own.call, name, request).await
}

async fn revoke(
    api: &Api,
    caller: &Caller,
    name: SessionName,
    request: Json<ReasonRequest>,
) -> Result<Shown<Session>, ApiError> {
    let find = |ledger: &Ledger| ledger.session_by_name(&name).map(SessionState::no);
    let session = api.cluster().ledger(find).ok_or_else(not_found)?;
    let command = Command::RevokeSession {
        session,
        reason: request.value.reason.into(),
    };
    caller.decide(api, &request.bytes, command).await?.map_err(not_live)?;
    shown(api, name)
}
