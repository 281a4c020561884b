//! What can be done to a license.

use axum::extract::State;
use licensing::command::{Command, UpdateLicense};
use licensing::id::LicenseId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::caller::Caller;
use super::entitlements::EntitlementsBody;
use super::extract::{InPath, Json, MaybeJson};
use super::license_view::{License, named, shown};
use super::plans::plan_of_request;
use super::problem::ApiError;
use super::resource::{Edit, SeenVersion, Shown};
use super::text::{Handle, Reason};
use super::time::Timestamp;

/// What to change of a license; what is left out stays as it is. Fewer seats than are held end no session: nothing is
/// granted until enough were given back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LicenseChange {
    /// The version that was seen; another is a conflict. `If-Match` says the same.
    if_version: Option<u32>,
    /// Another plan of the same product.
    plan: Option<Handle>,
    /// Its own number of seats; `null` goes back to the plan's.
    #[serde(default)]
    #[schema(value_type = Option<u32>, maximum = 10_000_000)]
    seats: Edit<u32>,
    /// Its own entitlements. Replaces all that was there.
    entitlements: Option<EntitlementsBody>,
}

/// Why something is done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonRequest {
    /// In the operator's words; clients read it.
    pub(super) reason: Reason,
}

/// A new end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Extension {
    /// Until when the license may be used; `null` is without end. It may be earlier than before.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    expires_at: Option<Timestamp>,
}

/// Nothing needs to be said.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Change a license's plan, seats or entitlements.
#[utoipa::path(
    patch, path = "/licenses/{id}", tag = "licenses", request_body = LicenseChange, security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id.")),
    responses((status = 200, description = "The license as it is now.", body = License)),
)]
pub(super) async fn change_license(
    State(api): State<Api>,
    caller: Caller,
    seen: SeenVersion,
    InPath(text): InPath,
    request: Json<LicenseChange>,
) -> Result<Shown<License>, ApiError> {
    let id = named(&api, &caller, &text).await?;
    let change = request.value;
    let find = |plan: &Handle| api.cluster().ledger(|ledger| plan_of_request(ledger, plan));
    let command = Command::UpdateLicense(UpdateLicense {
        id,
        if_version: seen.or(change.if_version),
        plan: change.plan.as_ref().map(find).transpose()?,
        seats: change.seats.into_command(),
        entitlements: change.entitlements.map(|body| (*body.0).clone()),
        key: None,
    });
    caller.change(&api, &request.bytes, command).await?;
    shown(&api, id)
}

/// Put a license on hold. Live sessions go on until their next heartbeat.
#[utoipa::path(
    post, path = "/licenses/{id}/suspend", tag = "licenses", request_body = ReasonRequest, security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id.")),
    responses((status = 200, description = "The license as it is now.", body = License)),
)]
pub(super) async fn suspend_license(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
    request: Json<ReasonRequest>,
) -> Result<Shown<License>, ApiError> {
    let license = named(&api, &caller, &text).await?;
    let reason = request.value.reason.into();
    done(
        &api,
        &caller,
        &request.bytes,
        license,
        Command::SuspendLicense { license, reason },
    )
    .await
}

/// Take a license off hold.
#[utoipa::path(
    post, path = "/licenses/{id}/reinstate", tag = "licenses", security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id.")),
    responses((status = 200, description = "The license as it is now.", body = License)),
)]
pub(super) async fn reinstate_license(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
    request: MaybeJson<Nothing>,
) -> Result<Shown<License>, ApiError> {
    let license = named(&api, &caller, &text).await?;
    done(
        &api,
        &caller,
        &request.bytes,
        license,
        Command::ReinstateLicense { license },
    )
    .await
}

/// End a license for good. Live sessions go on until their next heartbeat.
#[utoipa::path(
    post, path = "/licenses/{id}/revoke", tag = "licenses", request_body = ReasonRequest, security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id.")),
    responses((status = 200, description = "The license as it is now.", body = License)),
)]
pub(super) async fn revoke_license(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
    request: Json<ReasonRequest>,
) -> Result<Shown<License>, ApiError> {
    let license = named(&api, &caller, &text).await?;
    let reason = request.value.reason.into();
    done(
        &api,
        &caller,
        &request.bytes,
        license,
        Command::RevokeLicense { license, reason },
    )
    .await
}

/// Move a license's end, either way.
#[utoipa::path(
    post, path = "/licenses/{id}/extend", tag = "licenses", request_body = Extension, security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id.")),
    responses((status = 200, description = "The license as it is now.", body = License)),
)]
pub(super) async fn extend_license(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
    request: Json<Extension>,
) -> Result<Shown<License>, ApiError> {
    let license = named(&api, &caller, &text).await?;
    let expires_at = request.value.expires_at.map(|Timestamp(at)| at);
    done(
        &api,
        &caller,
        &request.bytes,
        license,
        Command::ExtendLicense { license, expires_at },
    )
    .await
}

async fn done(
    api: &Api,
    caller: &Caller,
    content: &[u8],
    license: LicenseId,
    command: Command,
) -> Result<Shown<License>, ApiError> {
    caller.change(api, content, command).await?;
    shown(api, license)
}
