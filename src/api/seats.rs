//! Taking, keeping and giving back seats. Public: the license key, then the secret session id, is the authority.

mod acquire;
mod batch;
mod heartbeat;
mod release;
mod user;

use std::sync::Arc;

use licensing::catalogue::OfflineMode;
use licensing::id::{Seq, SessionNo};
use licensing::ledger::Ledger;
use licensing::ledger::SessionState;
use licensing::outcome::Grant;
use licensing::time::{At, Span};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::code::Code;
use super::entitlements::EntitlementsBody;
use super::id::{self, Id};
use super::problem::ApiError;
use super::time::Timestamp;
use crate::lookup::SessionId;
use crate::signer::Signed;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(acquire::acquire_seat))
        .routes(routes!(heartbeat::keep_seat))
        .routes(routes!(release::release_seat, release::release_seat_by_post))
        .routes(routes!(batch::keep_seats))
}

/// A seat that is held, with everything its client needs to know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Seat {
    /// The session's secret id: whoever has it may keep and release the seat.
    pub session_id: String,
    /// The session's public name, in lists and logs.
    pub session: id::SessionName,
    /// The session token: a compact JWS as docs/tokens.md describes it.
    pub signed_token: String,
    /// The certificates that the token is verified with, the root's child first.
    #[schema(value_type = Vec<String>)]
    pub chain: Arc<[String]>,
    /// The end of the token's life.
    pub expires_at: Timestamp,
    /// The token's life in seconds. Count it from when the request was sent.
    pub ttl_seconds: u64,
    /// How often to beat.
    pub heartbeat_seconds: u64,
    /// What a client may do that cannot reach any server.
    pub offline: Offline,
    /// The license's seats.
    pub seats: SeatsInUse,
    /// What the license carries.
    pub entitlements: EntitlementsBody,
    /// The plan.
    pub plan: PlanName,
    /// The license.
    pub license: LicenseEnd,
    /// The cluster's clock.
    pub server_time: Timestamp,
}

/// What a client may do that cannot reach any server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Offline {
    /// What becomes of the seat meanwhile.
    pub mode: OfflineModeName,
    /// The plan's grace in seconds; 0 in `strict`.
    pub grace_seconds: u64,
    /// Until when this client may go on.
    pub until: Timestamp,
}

/// What becomes of a seat while its client is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OfflineModeName {
    /// No grace: copies of unmodified clients that run never exceed the seats.
    Strict,
    /// Grace for the client, but the seat is freed at its ttl: live sessions never exceed the seats.
    Lenient,
    /// Grace for the client, and its seat is held until grace ends.
    Reserved,
}

impl From<OfflineMode> for OfflineModeName {
    fn from(mode: OfflineMode) -> Self {
        match mode {
            OfflineMode::Strict => Self::Strict,
            OfflineMode::Lenient => Self::Lenient,
            OfflineMode::Reserved => Self::Reserved,
        }
    }
}

impl From<OfflineModeName> for OfflineMode {
    fn from(mode: OfflineModeName) -> Self {
        match mode {
            OfflineModeName::Strict => Self::Strict,
            OfflineModeName::Lenient => Self::Lenient,
            OfflineModeName::Reserved => Self::Reserved,
        }
    }
}

/// How many seats a license has and how many are held.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeatsInUse {
    /// Seats of the license.
    pub limit: u32,
    /// Seats held.
    pub in_use: u32,
}

/// A plan's names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanName {
    /// Its short name.
    pub code: String,
    /// Its name for people.
    pub name: String,
}

/// A license and its end.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LicenseEnd {
    /// Its id.
    pub id: id::LicenseId,
    /// Until when it may be used; `null` is without end.
    pub expires_at: Option<Timestamp>,
}

/// When it makes sense to ask again for something that has to be signed: people have to act first.
const CERTIFICATE_COMES_IN: Span = Span::from_secs(60);

/// Signs what was committed and says it to the client that has the session's secret.
fn seat(api: &Api, secret: &SessionId, grant: &Grant, seq: Seq, at: At) -> Result<Seat, ApiError> {
    let signed = sign(api, grant, seq, at)?;
    let grace_seconds = match grant.offline {
        OfflineMode::Strict => 0,
        OfflineMode::Lenient | OfflineMode::Reserved => grant.grace.secs_ceil(),
    };
    Ok(Seat {
        session_id: secret.reveal(),
        session: Id(grant.hash.public()),
        signed_token: signed.token,
        chain: api.signer().chain(),
        expires_at: Timestamp(signed.expires_at),
        ttl_seconds: signed.life.get(),
        heartbeat_seconds: grant.heartbeat.secs_ceil(),
        offline: Offline {
            mode: grant.offline.into(),
            grace_seconds,
            until: Timestamp(signed.grace_until),
        },
        seats: SeatsInUse {
            limit: grant.seats,
            in_use: grant.in_use,
        },
        entitlements: EntitlementsBody(Arc::clone(&grant.entitlements)),
        plan: PlanName {
            code: grant.plan.to_string(),
            name: grant.plan_name.to_string(),
        },
        license: LicenseEnd {
            id: Id(grant.license),
            expires_at: grant.license_until.map(Timestamp),
        },
        server_time: Timestamp(at),
    })
}

fn sign(api: &Api, grant: &Grant, seq: Seq, at: At) -> Result<Signed, ApiError> {
    let signed = api.signer().sign(grant, seq, at);
    // The certificate may have expired between the look at the clock and the command.
    signed.map_err(|error| certificate_expired(api, at).unwrap_or_else(|| ApiError::internal(error)))
}

/// Refuses what would end in a signature while nothing can be signed, before a seat is taken for it.
fn check_certificate(api: &Api) -> Result<(), ApiError> {
    certificate_expired(api, api.cluster().ledger(Ledger::at)).map_or(Ok(()), Err)
}

fn certificate_expired(api: &Api, at: At) -> Option<ApiError> {
    let end = api.signer().certified_until();
    let detail = || {
        format!(
            "The server's certificate expired at {}. No seat can be taken or kept with a token until its operator has \
             installed a new one from the vendor.",
            Timestamp(end)
        )
    };
    (at >= end).then(|| ApiError::new(Code::CertificateExpired, detail()).retry_after(CERTIFICATE_COMES_IN))
}

/// The session of a secret, live or still remembered. Not counted against its source: a session is forgotten ten
/// minutes after its end, so those who ask for one that is not there are applications that slept, many of them behind
/// one address perhaps. Nobody guesses 128 bits.
async fn find_session(api: &Api, secret: &SessionId) -> Result<Option<SessionNo>, ApiError> {
    let hash = secret.hash();
    api.find(|ledger| ledger.session_by_hash(&hash).map(SessionState::no))
        .await
}

/// The same for the call that keeps it or gives it back.
async fn find_own_session(api: &Api, secret: &SessionId) -> Result<Option<SessionNo>, ApiError> {
    let found = find_session(api, secret).await?;
    if found.is_none() {
        api.metrics().unknown_session();
    }
    Ok(found)
}
