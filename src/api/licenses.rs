//! Licenses: listed, created, read. How they change is in `license_changes`.

use std::sync::OnceLock;

use axum::Json as Answer;
use axum::extract::State;
use licensing::catalogue::License as Row;
use licensing::command::{Command, CreateLicense};
use licensing::id::{CustomerId, LicenseId, PlanId, ProductId};
use licensing::ledger::Ledger;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::caller::Caller;
use super::customers::customer_id;
use super::entitlements::EntitlementsBody;
use super::extract::{InPath, Json, Query};
use super::license_view::{License, Status, named, shown, view};
use super::page::{Limit, Page, contains, list, read_cursor, read_id};
use super::plans::{plan_id, plan_of_request};
use super::problem::ApiError;
use super::products::product_id;
use super::resource::Shown;
use super::sorted::{Order, SortKey, read_place_cursor, sorted};
use super::text::{Handle, Search};
use super::time::Timestamp;
use crate::license_key::LicenseKey;

/// A license to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLicense {
    /// The plan's id, `product:plan` by their codes, or a code that only one product has.
    plan: Handle,
    /// The customer's id or reference.
    customer: Handle,
    /// Its own number of seats, instead of the plan's.
    #[schema(maximum = 10_000_000)]
    seats: Option<u32>,
    /// From when it may be used; left out, from now.
    starts_at: Option<Timestamp>,
    /// Until when it may be used; left out or `null`, without end.
    expires_at: Option<Timestamp>,
    /// Overrides of and additions to the plan's entitlements.
    #[serde(default)]
    entitlements: EntitlementsBody,
}

/// A license with its key, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LicenseWithKey {
    /// The license key in full. It is not kept and cannot be shown again, except to a repetition of this very call.
    license_key: String,
    #[serde(flatten)]
    license: License,
}

impl LicenseWithKey {
    pub(super) fn new(key: &LicenseKey, license: License) -> Self {
        Self {
            license_key: key.reveal().to_owned(),
            license,
        }
    }
}

/// Which licenses to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LicenseQuery {
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(pattern = "^(([0-9a-f]{2}){0,64}\\.)?lic_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$")]
    cursor: Option<String>,
    /// What to sort by; left out, by id. In an order the answer has a `total`.
    sort: Option<LicenseSort>,
    /// Which way to sort.
    #[serde(default)]
    order: Order,
    /// Only those of the customer with this id or reference.
    customer: Option<Handle>,
    /// Only those of the product with this id or code.
    product: Option<Handle>,
    /// Only those of this plan: its id, `product:plan` by their codes, or a unique code.
    plan: Option<Handle>,
    /// Only those with this status.
    status: Option<Status>,
    /// Only those whose key's last characters, id, customer's name or customer's reference contain this.
    search: Option<Search>,
}

/// What licenses are sorted by.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LicenseSort {
    /// Their customers' names.
    Customer,
    /// The names of their products and plans.
    Product,
    /// How many seats are held.
    InUse,
    /// How many seats are free.
    Free,
    /// When they end; those without end come last.
    Ends,
    /// When they were created.
    Created,
}

impl LicenseSort {
    fn key(self, ledger: &Ledger, license: &Row) -> SortKey {
        let seats = || ledger.seats(license.id);
        match self {
            Self::Customer => SortKey::text(ledger.customer(license.customer).map_or("", |customer| &customer.name)),
            Self::Product => {
                let plan = ledger.plan(license.plan);
                let product = plan.and_then(|plan| ledger.product(plan.product));
                let (product, plan) = (product.map_or("", |row| &row.name), plan.map_or("", |row| &row.name));
                SortKey::text(&format!("{product} {plan}"))
            }
            Self::InUse => SortKey::number(seats().map_or(0, |seats| seats.in_use)),
            Self::Free => SortKey::number(seats().map_or(0, |seats| seats.limit.saturating_sub(seats.in_use))),
            Self::Ends => SortKey::end(license.expires_at),
            Self::Created => SortKey::number(license.created_at.ms()),
        }
    }
}

/// What a query asks for by a name.
pub(super) enum Wanted<T> {
    /// It names nothing, so all match.
    All,
    /// The one that was named.
    One(T),
    /// There is no such one, so none match.
    Unknown,
}

impl<T: PartialEq> Wanted<T> {
    pub(super) fn new(name: Option<&str>, find: impl Fn(&str) -> Option<T>) -> Self {
        name.map_or(Self::All, |name| find(name).map_or(Self::Unknown, Self::One))
    }

    pub(super) fn is(&self, found: &T) -> bool {
        match self {
            Self::All => true,
            Self::One(wanted) => wanted == found,
            Self::Unknown => false,
        }
    }
}

/// A query whose names were looked up.
struct Filter<'a> {
    query: &'a LicenseQuery,
    customer: Wanted<CustomerId>,
    product: Wanted<ProductId>,
    plan: Wanted<PlanId>,
}

impl<'a> Filter<'a> {
    fn new(ledger: &Ledger, query: &'a LicenseQuery) -> Self {
        Self {
            query,
            customer: Wanted::new(query.customer.as_deref(), |text| customer_id(ledger, text)),
            product: Wanted::new(query.product.as_deref(), |text| product_id(ledger, text)),
            plan: Wanted::new(query.plan.as_deref(), |text| plan_id(ledger, text)),
        }
    }

    fn matches(&self, ledger: &Ledger, license: &Row) -> bool {
        let product = ledger.plan(license.plan).map(|plan| plan.product);
        self.customer.is(&license.customer)
            && self.plan.is(&license.plan)
            && product.is_some_and(|product| self.product.is(&product))
            && self
                .query
                .status
                .is_none_or(|wanted| wanted == Status::of(ledger, license))
            && self
                .query
                .search
                .as_deref()
                .is_none_or(|search| found(ledger, license, search))
    }
}

fn found(ledger: &Ledger, license: &Row, search: &str) -> bool {
    let customer = ledger.customer(license.customer);
    contains(&license.key_hint, search)
        || contains(&license.id.to_string(), search)
        || customer.is_some_and(|customer| contains(&customer.name, search))
        || customer
            .and_then(|customer| customer.reference.as_deref())
            .is_some_and(|text| contains(text, search))
}

/// List licenses, in id order or as it is asked for.
#[utoipa::path(
    get, path = "/licenses", tag = "licenses", params(LicenseQuery), security(("api_token" = [])),
    responses((status = 200, description = "A page of licenses.", body = Page<License>)),
)]
pub(super) async fn list_licenses(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<LicenseQuery>,
) -> Result<Answer<Page<License>>, ApiError> {
    // Looked up once this node has caught up.
    let filter = OnceLock::new();
    let matches = |ledger: &Ledger, license: &Row| {
        let filter = filter.get_or_init(|| Filter::new(ledger, &query));
        caller.sees(license.customer) && filter.matches(ledger, license)
    };
    let show = |ledger: &Ledger, license: &Row| {
        let shown = matches(ledger, license).then(|| License::of(ledger, license));
        shown.flatten()
    };
    let cursor = query.cursor.as_deref();
    let Some(sort) = query.sort else {
        return list(&api, query.limit, read_cursor(cursor, read_id)?, show).await;
    };
    let key = |ledger: &Ledger, license: &Row| matches(ledger, license).then(|| sort.key(ledger, license));
    sorted(&api, query.limit, query.order, read_place_cursor(cursor)?, key, show).await
}

/// Create a license. Its key is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/licenses", tag = "licenses", request_body = NewLicense, security(("api_token" = [])),
    responses((status = 201, description = "The license with its key.", body = LicenseWithKey)),
)]
pub(super) async fn create_license(
    State(api): State<Api>,
    caller: Caller,
    request: Json<NewLicense>,
) -> Result<Shown<LicenseWithKey>, ApiError> {
    api.cluster().barrier().await?;
    let terms = api.cluster().ledger(|ledger| Sold::look_up(ledger, &request.value))?;
    let id = LicenseId::from_bytes(caller.derive(&api, "id"));
    let key = LicenseKey::new(&terms.key_prefix, caller.derive(&api, "license key"));
    let new = request.value;
    let command = Command::CreateLicense(CreateLicense {
        id,
        plan: terms.plan,
        customer: terms.customer,
        key: api.lookup().license_key(key.reveal()),
        key_hint: key.hint().into(),
        seats: new.seats,
        starts_at: new.starts_at.map(|Timestamp(at)| at),
        expires_at: new.expires_at.map(|Timestamp(at)| at),
        entitlements: (*new.entitlements.0).clone(),
    });
    caller.change(&api, &request.bytes, command).await?;
    let license = view(&api, id)?;
    let version = license.version();
    Ok(Shown::at_version(LicenseWithKey::new(&key, license), version).created(&format!("/licenses/{id}")))
}

/// What a new license is made of.
struct Sold {
    plan: PlanId,
    customer: CustomerId,
    key_prefix: String,
}

impl Sold {
    fn look_up(ledger: &Ledger, new: &NewLicense) -> Result<Self, ApiError> {
        let plan = plan_of_request(ledger, &new.plan)?;
        let customer = customer_id(ledger, &new.customer);
        let customer = customer.ok_or_else(|| ApiError::field("customer", "no customer has this id or reference"))?;
        let product = ledger.plan(plan).and_then(|plan| ledger.product(plan.product));
        let key_prefix = product.map(|product| product.key_prefix.to_string());
        Ok(Self {
            plan,
            customer,
            key_prefix: key_prefix.ok_or_else(|| ApiError::internal("a plan without a product"))?,
        })
    }
}

/// Read a license.
#[utoipa::path(
    get, path = "/licenses/{id}", tag = "licenses", security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id.")),
    responses((status = 200, description = "The license.", body = License)),
)]
pub(super) async fn get_license(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
) -> Result<Shown<License>, ApiError> {
    let id = named(&api, &caller, &text).await?;
    shown(&api, id)
}
