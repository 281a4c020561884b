//! Taking, keeping and giving back seats. Public: the license key, then the secret session id, is the authority.

mod acquire;
mod batch;
mod heartbeat;
mod release;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use licensing::catalogue::OfflineMode;
use licensing::id::{Seq, SessionNo};
use licensing::ledger::Ledger;
use licensing::ledger::SessionState;
use licensing::outcome::Grant;
use licensing::time::At;
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
use crate::serve::{Peer, source_of};

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

/// Signs what was committed and says it to the client that has the session's secret.
fn seat(api: &Api, secret: &SessionId, grant: &Grant, seq: Seq, at: At) -> Result<Seat, ApiError> {
    let signed = api.signer().sign(grant, seq, at).map_err(ApiError::internal)?;
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

/// Where a call comes from, as far as it is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source(IpAddr);

impl Source {
    /// Where the call comes from; calls that came over no network share one account.
    pub(crate) fn of(parts: &Parts) -> Self {
        let peer = parts.extensions.get::<Peer>().map(|Peer(address)| address.ip());
        Self(source_of(peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }

    /// Refuses a source that asked too often for what does not exist, before the rest of the cluster is troubled.
    fn check(self, api: &Api) -> Result<(), ApiError> {
        let now_ms = api.0.config.seams.clock.boot_ms();
        api.0.strangers.check(self.0, now_ms).map_err(|wait| {
            api.metrics().rate_limited();
            let detail = format!(
                "This address asked too often for licenses, sessions or tokens that do not exist. Check what is being \
                 sent, and try again in {} s.",
                wait.secs_ceil()
            );
            ApiError::new(Code::RateLimited, detail).retry_after(wait)
        })
    }

    /// Looks into this node's ledger, and if there is nothing, again once everything that was acknowledged anywhere has
    /// arrived here: a follower may be a moment behind, and strangers' questions never become commands.
    pub(crate) async fn find<T>(self, api: &Api, look: impl Fn(&Ledger) -> Option<T>) -> Result<Option<T>, ApiError> {
        let found = api.cluster().ledger(&look);
        if found.is_some() {
            return Ok(found);
        }
        self.check(api)?;
        api.cluster().barrier().await?;
        let found = api.cluster().ledger(&look);
        if found.is_none() {
            api.0.strangers.count(self.0, api.0.config.seams.clock.boot_ms());
        }
        Ok(found)
    }

    /// The session of a secret, live or still remembered.
    async fn find_session(self, api: &Api, secret: &SessionId) -> Result<Option<SessionNo>, ApiError> {
        let hash = secret.hash();
        let found = self
            .find(api, |ledger| ledger.session_by_hash(&hash).map(number_of))
            .await?;
        if found.is_none() {
            api.metrics().unknown_session();
        }
        Ok(found)
    }
}

fn number_of(session: SessionState<'_>) -> SessionNo {
    match session {
        SessionState::Live(session) => session.no,
        SessionState::Ended(session) => session.no,
    }
}

impl FromRequestParts<Api> for Source {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        Ok(Self::of(parts))
    }
}
