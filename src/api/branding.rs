//! How the vendor wants to be seen. Everybody may read it: the sign-in page shows it.

use axum::extract::State;
use licensing::branding::Branding as Row;
use licensing::command::{Command, SetBranding};
use licensing::ledger::Ledger;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::caller::Caller;
use super::extract::{MaybeJson, NoQuery};
use super::problem::ApiError;
use super::resource::{SeenVersion, Shown};
use super::text::{Colour, Name, Support};

/// What the sign-in page and the portal show of the vendor.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Branding {
    /// The vendor's name for people.
    name: Option<String>,
    /// The colour of buttons and marks, such as `#0b7a5e`.
    colour: Option<String>,
    /// Where customers ask for help: an e-mail address or an `https://` address.
    support: Option<String>,
    /// Counts its edits, from 1; 0 if it was never set.
    version: u32,
}

impl Branding {
    fn of(row: &Row) -> Self {
        Self {
            name: row.name.as_deref().map(str::to_owned),
            colour: row.colour.as_deref().map(str::to_owned),
            support: row.support.as_deref().map(str::to_owned),
            version: row.version,
        }
    }
}

/// What to show from now on. It replaces all that was there: what is left out is shown no more.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBranding {
    /// The version that was seen; another is a conflict. `If-Match` says the same.
    if_version: Option<u32>,
    name: Option<Name>,
    colour: Option<Colour>,
    support: Option<Support>,
}

fn shown(api: &Api) -> Shown<Branding> {
    let branding = Branding::of(&api.cluster().ledger(Ledger::branding));
    let version = branding.version;
    Shown::at_version(branding, version)
}

/// Show how the vendor wants to be seen. It answers without a login, and also when no quorum is left.
#[utoipa::path(
    get, path = "/branding", tag = "meta",
    responses((status = 200, description = "The branding.", body = Branding)),
)]
pub(super) async fn get_branding(State(api): State<Api>, _: NoQuery) -> Shown<Branding> {
    shown(&api)
}

/// Say how the vendor wants to be seen.
#[utoipa::path(
    put, path = "/branding", tag = "meta", request_body = NewBranding, security(("api_token" = [])),
    responses((status = 200, description = "The branding as it is now.", body = Branding)),
)]
pub(super) async fn set_branding(
    State(api): State<Api>,
    caller: Caller,
    seen: SeenVersion,
    request: MaybeJson<NewBranding>,
) -> Result<Shown<Branding>, ApiError> {
    let new = request.value;
    let command = Command::SetBranding(SetBranding {
        if_version: seen.or(new.if_version),
        name: new.name.map(Into::into),
        colour: new.colour.map(Into::into),
        support: new.support.map(Into::into),
    });
    caller.change(&api, &request.bytes, command).await?;
    Ok(shown(&api))
}
