//! A new key for a license. Nobody may meet a former key again: not under a name that was used before, and not under one
//! that was used for another license.

use axum::extract::State;
use licensing::command::{Command, UpdateLicense};
use licensing::id::LicenseId;
use licensing::ledger::Ledger;
use licensing::outcome::{Kind, Outcome, Rejection};

use super::Api;
use super::caller::Caller;
use super::code::Code;
use super::extract::{InPath, MaybeJson};
use super::license_changes::Nothing;
use super::license_view::{named, view};
use super::licenses::LicenseWithKey;
use super::problem::ApiError;
use super::refusal::not_found;
use super::resource::Shown;
use crate::license_key::LicenseKey;

/// How often a rotation is tried that other changes of the license overtake.
const TRIES_MAX: usize = 8;

/// Give a license a new key. The old one ends at once; live sessions go on.
#[utoipa::path(
    post, path = "/licenses/{id}/rotate-key", tag = "licenses", security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id.")),
    responses((status = 200, description = "The license with its new key.", body = LicenseWithKey)),
)]
pub(super) async fn rotate_license_key(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
    request: MaybeJson<Nothing>,
) -> Result<Shown<LicenseWithKey>, ApiError> {
    let license = named(&api, &caller, &text).await?;
    let mut rotation = Rotation { license, caller };
    for _ in 0..TRIES_MAX {
        let (version, prefix) = api
            .cluster()
            .ledger(|ledger| found(ledger, license))
            .ok_or_else(|| not_found(Kind::License))?;
        let command = rotation.command(&api, &prefix, version);
        match rotation.caller.decide(&api, &request.bytes, command).await? {
            // A repetition is told what the first call came to, whatever the license has become meanwhile.
            Ok(Outcome::Changed { version }) => return rotation.answer(&api, &prefix, version),
            Ok(other) => return Err(ApiError::internal(format!("a rotation was answered {other:?}"))),
            Err(Rejection::VersionConflict { .. }) => rotation.caller = rotation.caller.again(),
            Err(rejection) => return Err(rejection.into()),
        }
        api.cluster().barrier().await?;
    }
    let detail = "Other changes of this license came first, again and again. Its key is the old one; try again.";
    Err(ApiError::new(Code::Conflict, detail))
}

/// The license's version, and what its keys begin with.
fn found(ledger: &Ledger, id: LicenseId) -> Option<(u32, String)> {
    let license = ledger.license(id)?;
    let product = ledger.product(ledger.plan(license.plan)?.product)?;
    Some((license.version, product.key_prefix.to_string()))
}

/// One operator's wish for a new key.
struct Rotation {
    license: LicenseId,
    caller: Caller,
}

impl Rotation {
    /// The key that takes the place of the one at `version`. Versions only go up, so a license never gets one twice.
    fn key(&self, api: &Api, prefix: &str, version: u32) -> LicenseKey {
        let of = [&self.license.as_bytes()[..], &version.to_be_bytes()].concat();
        LicenseKey::new(prefix, self.caller.derive_of(api, "license key", &of))
    }

    /// It holds only for the version that its key was made for.
    fn command(&self, api: &Api, prefix: &str, version: u32) -> Command {
        let key = self.key(api, prefix, version);
        Command::UpdateLicense(UpdateLicense {
            id: self.license,
            if_version: Some(version),
            plan: None,
            seats: None,
            entitlements: None,
            key: Some((api.lookup().license_key(key.reveal()), key.hint().into())),
        })
    }

    /// The key that made the license's version `made`, if it is still the license's.
    fn answer(&self, api: &Api, prefix: &str, made: u32) -> Result<Shown<LicenseWithKey>, ApiError> {
        let key = self.key(api, prefix, made.saturating_sub(1));
        let license = view(api, self.license)?;
        let hash = api.lookup().license_key(key.reveal());
        let is_of = |ledger: &Ledger| ledger.license_by_key(&hash).map(|license| license.id);
        if api.cluster().ledger(is_of) != Some(self.license) {
            let detail = "The key that this call made was replaced by a later rotation and opens nothing any more. Use \
                          the later one, or take a new Idempotency-Key to make another.";
            return Err(ApiError::new(Code::Conflict, detail));
        }
        let version = license.version();
        Ok(Shown::at_version(LicenseWithKey::new(&key, license), version))
    }
}
