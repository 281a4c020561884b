//! Taking a seat.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use licensing::command::{Acquire, AcquireByAddress, AcquireByUser, Actor, Command, Proposal};
use licensing::id::{LicenseId, SessionNo};
use licensing::ledger::Ledger;
use licensing::outcome::{Kind, Outcome};
use licensing::session::ClientInfo;
use serde::Deserialize;
use utoipa::ToSchema;

use super::user::{Vouched, user_of};
use super::{Seat, check_certificate, find_session, seat};
use crate::api::Api;
use crate::api::extract::{Json, maybe_object};
use crate::api::problem::ApiError;
use crate::api::refusal::not_found;
use crate::api::refusals::explanation_url;
use crate::api::strangers::Source;
use crate::api::text::{ClientText, HardwareId, KeyText, RequestName, SessionSecret, UserToken};
use crate::license_key::LicenseKey;
use crate::lookup::{SessionId, fingerprint_hash};

/// Asks for a seat.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcquireRequest {
    /// The license key.
    license_key: KeyText,
    /// The client's fingerprint: what the seat is counted for.
    hardware_id: HardwareId,
    /// The user's token: a user token of this server, or one from an identity provider that is accepted for this; empty
    /// is none. Where no provider is accepted, the tokens of others are not looked at.
    jwt_token: Option<UserToken>,
    /// The call's name. The same name for the same license and hardware gives the same session, however often it is
    /// sent. Without one each call is a new one.
    request_id: Option<RequestName>,
    /// The `session_id` of a session that this acquire ends, if it is the same holder's.
    replaces: Option<SessionSecret>,
    /// What the client says about itself.
    #[serde(default, deserialize_with = "maybe_object")]
    client: Option<ClientBody>,
}

/// What a client says about itself: shown to operators, believed by nobody. `instance` also tells holders apart where
/// the plan counts by it.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientBody {
    /// The instance on its machine, where several run.
    instance: Option<ClientText>,
    /// Its host's name.
    hostname: Option<ClientText>,
    /// The application's name.
    app: Option<ClientText>,
    /// The application's version.
    version: Option<ClientText>,
    /// The operating system.
    os: Option<ClientText>,
    /// The SDK and its version.
    sdk: Option<ClientText>,
}

impl From<ClientBody> for ClientInfo {
    fn from(client: ClientBody) -> Self {
        let said = |text: Option<ClientText>| text.filter(|text| !text.is_empty()).map(Arc::from);
        Self {
            instance: said(client.instance),
            hostname: said(client.hostname),
            app: said(client.app),
            version: said(client.version),
            os: said(client.os),
            sdk: said(client.sdk),
        }
    }
}

/// Take a seat.
#[utoipa::path(
    post,
    path = "/licenses/acquire",
    tag = "seats",
    request_body = AcquireRequest,
    responses((status = 200, description = "A seat is held by this session.", body = Seat)),
)]
pub(in crate::api) async fn acquire_seat(
    State(api): State<Api>,
    source: Source,
    request: Json<AcquireRequest>,
) -> Result<Answer<Seat>, ApiError> {
    let result = acquire(&api, source, request.value).await;
    api.metrics().acquire(match &result {
        Ok(_) => "granted",
        Err(error) => error.code().name(),
    });
    result.map(Answer)
}

async fn acquire(api: &Api, source: Source, request: AcquireRequest) -> Result<Seat, ApiError> {
    let license = license_of(api, source, &request.license_key.0).await?;
    check_certificate(api)?;
    let user = match request.jwt_token.as_ref().and_then(UserToken::reveal) {
        Some(token) => user_of(api, license, token).await?,
        None => None,
    };
    let call = Call::new(api, license, user, request);
    let proposal = call.proposal(api, call.replaced(api).await?);
    let command = proposal.command.clone();
    let applied = api.cluster().propose(proposal).await?;
    match applied.outcome {
        Outcome::Granted(grant) => seat(api, &call.session, &grant, applied.seq, applied.at),
        Outcome::Rejected(ref rejection) => {
            let holder = api.cluster().ledger(|ledger| ledger.asker(&command));
            let url = holder.and_then(|holder| explanation_url(api, license, holder, &applied, rejection));
            Err(ApiError::from(rejection.clone()).explanation_url(url))
        }
        other => Err(ApiError::internal(format!("an acquire was answered {other:?}"))),
    }
}

async fn license_of(api: &Api, source: Source, key: &LicenseKey) -> Result<LicenseId, ApiError> {
    let hash = api.lookup().license_key(key.reveal());
    let found = source
        .find(api, |ledger: &Ledger| {
            ledger.license_by_key(&hash).map(|license| license.id)
        })
        .await?;
    found.ok_or_else(|| {
        api.metrics().unknown_license_key();
        not_found(Kind::License)
    })
}

/// An acquire whose license is known and whose call has a name.
struct Call {
    license: LicenseId,
    user: Option<Vouched>,
    name: String,
    hardware: HardwareId,
    client: ClientInfo,
    replaces: Option<SessionSecret>,
    session: SessionId,
}

impl Call {
    fn new(api: &Api, license: LicenseId, user: Option<Vouched>, request: AcquireRequest) -> Self {
        let name = request
            .request_id
            .map_or_else(|| api.draw_name(), |name| name.to_string());
        let (hardware, client) = (
            request.hardware_id,
            ClientInfo::from(request.client.unwrap_or_default()),
        );
        let instance = client.instance.as_deref().unwrap_or_default();
        let session = api.lookup().session(license, &hardware, instance, &name);
        Self {
            license,
            user,
            name,
            hardware,
            client,
            replaces: request.replaces,
            session,
        }
    }

    /// The session to replace. One that is known nowhere has ended or never was: there is nothing to replace.
    async fn replaced(&self, api: &Api) -> Result<Option<SessionNo>, ApiError> {
        match &self.replaces {
            Some(SessionSecret(secret)) => find_session(api, secret).await,
            None => Ok(None),
        }
    }

    fn proposal(&self, api: &Api, replaces: Option<SessionNo>) -> Proposal {
        let (license, hardware) = (self.license, &self.hardware);
        let instance = self.client.instance.as_deref();
        let holder = |instance| api.lookup().holder(license, hardware, instance);
        let ask = Acquire {
            license,
            session: self.session.hash(),
            by_fingerprint: holder(None),
            by_instance: instance.map(|instance| holder(Some(instance))),
            fingerprint: fingerprint_hash(hardware),
            replaces,
            client: Some(Arc::new(self.client.clone())),
        };
        // The session's own hash covers license, hardware, instance and name, so it is all that the name is scoped to.
        let scope = self.session.hash();
        let asked = self.replaces.as_ref().map(|SessionSecret(secret)| secret.hash());
        let mut content = asked.map_or([0; 32], |hash| *hash.as_bytes()).to_vec();
        let command = match &self.user {
            None => Command::Acquire(ask),
            Some(Vouched { user, has_address }) => {
                let holder = |with| api.lookup().user_holder(license, &user.issuer, &user.account, with);
                // Asked again for another user, it is another call.
                content.extend_from_slice(holder(None).as_bytes());
                let by_user = AcquireByUser {
                    ask,
                    by_user: holder(None),
                    by_user_and_fingerprint: holder(Some(hardware)),
                    user: Arc::new(user.clone()),
                };
                match user.email.as_deref().filter(|_| *has_address) {
                    None => Command::AcquireByUser(by_user),
                    Some(email) => Command::AcquireByAddress(AcquireByAddress {
                        by_user,
                        by_address: api.lookup().address_holder(license, email),
                    }),
                }
            }
        };
        Proposal {
            actor: Actor::Client,
            request: Some(api.lookup().request(scope.as_bytes(), &self.name, &content)),
            not_after: Some(api.valid_until()),
            command,
        }
    }
}
