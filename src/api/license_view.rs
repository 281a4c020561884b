//! A license as the API shows it.

use licensing::catalogue::{Customer, LicenseStatus, Plan, Product};
use licensing::id::LicenseId;
use licensing::ledger::Ledger;
use licensing::ledger::Seats;
use licensing::outcome::Kind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::caller::Caller;
use super::entitlements::EntitlementsBody;
use super::id::{self, Id};
use super::plan_terms::Holder;
use super::problem::ApiError;
use super::refusal::not_found;
use super::resource::Shown;
use super::time::Timestamp;

/// A license: the right to a number of seats of a plan until a date.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct License {
    id: id::LicenseId,
    /// The last characters of its key.
    key_hint: String,
    product: LicensedProduct,
    plan: LicensedPlan,
    customer: Licensee,
    /// Whether it can be used now.
    status: Status,
    /// Why it is on hold or was ended, in the operator's words.
    reason: Option<String>,
    /// From when it may be used.
    starts_at: Timestamp,
    /// Until when it may be used; `null` is without end.
    expires_at: Option<Timestamp>,
    seats: SeatCount,
    /// Its own entitlements, which come before the plan's.
    entitlements: EntitlementsBody,
    created_at: Timestamp,
    /// Counts its edits, from 1; also the `ETag`.
    version: u32,
}

/// Whether a license can be used now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// It can be used.
    Active,
    /// It is on hold and can be reinstated.
    Suspended,
    /// It was ended for good.
    Revoked,
    /// Its end has passed.
    Expired,
    /// Its start is still to come.
    NotStarted,
}

/// The product that a license is for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LicensedProduct {
    id: id::ProductId,
    code: String,
    name: String,
}

impl LicensedProduct {
    pub(super) fn of(product: &Product) -> Self {
        Self {
            id: Id(product.id),
            code: product.code.to_string(),
            name: product.name.to_string(),
        }
    }
}

/// The plan that a license is of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LicensedPlan {
    id: id::PlanId,
    code: String,
    name: String,
    /// Who a seat is counted for.
    holder: Holder,
}

impl LicensedPlan {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            id: Id(plan.id),
            code: plan.code.to_string(),
            name: plan.name.to_string(),
            holder: plan.terms.holder.into(),
        }
    }
}

/// Who holds a license.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Licensee {
    id: id::CustomerId,
    name: String,
    reference: Option<String>,
}

impl Licensee {
    pub(super) fn of(customer: &Customer) -> Self {
        Self {
            id: Id(customer.id),
            name: customer.name.to_string(),
            reference: customer.reference.as_deref().map(str::to_owned),
        }
    }
}

/// A license's seats as they stand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeatCount {
    /// Seats that may be held, overage included.
    limit: u32,
    /// How many of these are overage.
    overage: u32,
    /// The license's own number of seats; `null` goes by the plan's.
    own: Option<u32>,
    /// Seats held: holders with a live session.
    in_use: u32,
    /// Live sessions.
    sessions: u32,
    /// Holders whose session expired while their token's grace still runs.
    ghosts: u32,
    /// Seats assigned by name. They count where the plan's `holder` is `named_user`.
    assigned: u32,
}

impl License {
    /// The license with what it hangs on.
    pub(super) fn of(ledger: &Ledger, license: &licensing::catalogue::License) -> Option<Self> {
        let plan = ledger.plan(license.plan)?;
        let product = ledger.product(plan.product)?;
        let customer = ledger.customer(license.customer)?;
        let Seats {
            limit,
            overage,
            in_use,
            sessions,
            ghosts,
        } = ledger.seats(license.id)?;
        Some(Self {
            id: Id(license.id),
            key_hint: license.key_hint.to_string(),
            product: LicensedProduct::of(product),
            plan: LicensedPlan::of(plan),
            customer: Licensee::of(customer),
            status: Status::of(ledger, license),
            reason: reason(&license.status),
            starts_at: Timestamp(license.starts_at),
            expires_at: license.expires_at.map(Timestamp),
            seats: SeatCount {
                limit,
                overage,
                own: license.seats,
                in_use,
                sessions,
                ghosts,
                assigned: ledger.assigned(license.id),
            },
            entitlements: EntitlementsBody(license.entitlements.clone().into()),
            created_at: Timestamp(license.created_at),
            version: license.version,
        })
    }

    /// Its version.
    pub(super) fn version(&self) -> u32 {
        self.version
    }
}

impl Status {
    /// The license's status on the cluster's clock. What an operator did comes before the dates.
    pub(super) fn of(ledger: &Ledger, license: &licensing::catalogue::License) -> Self {
        match &license.status {
            LicenseStatus::Suspended { .. } => Self::Suspended,
            LicenseStatus::Revoked { .. } => Self::Revoked,
            LicenseStatus::Active if license.starts_at > ledger.at() => Self::NotStarted,
            LicenseStatus::Active if license.expires_at.is_some_and(|end| end <= ledger.at()) => Self::Expired,
            LicenseStatus::Active => Self::Active,
        }
    }
}

fn reason(status: &LicenseStatus) -> Option<String> {
    match status {
        LicenseStatus::Active => None,
        LicenseStatus::Suspended { reason } | LicenseStatus::Revoked { reason } => Some(reason.to_string()),
    }
}

/// The license as this node knows it.
pub(super) fn shown(api: &Api, id: LicenseId) -> Result<Shown<License>, ApiError> {
    let license = view(api, id)?;
    let version = license.version;
    Ok(Shown::at_version(license, version))
}

pub(super) fn view(api: &Api, id: LicenseId) -> Result<License, ApiError> {
    let license = api
        .cluster()
        .ledger(|ledger| ledger.license(id).and_then(|license| License::of(ledger, license)));
    license.ok_or_else(|| not_found(Kind::License))
}

/// The license of an id, if it exists for the caller, as of everything that was acknowledged before the call.
pub(super) async fn named(api: &Api, caller: &Caller, text: &str) -> Result<LicenseId, ApiError> {
    let missing = || not_found(Kind::License);
    let id: LicenseId = text.parse().map_err(|_| missing())?;
    api.cluster().barrier().await?;
    let customer = api
        .cluster()
        .ledger(|ledger| ledger.license(id).map(|license| license.customer));
    let exists = customer.is_some_and(|customer| caller.sees(customer));
    exists.then_some(id).ok_or_else(missing)
}
