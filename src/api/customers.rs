//! Customers: the organisations and people that hold licenses.

use axum::Json as Answer;
use axum::extract::State;
use licensing::catalogue::Customer as Row;
use licensing::command::{Command, CreateCustomer, UpdateCustomer};
use licensing::id::CustomerId;
use licensing::ledger::Ledger;
use licensing::outcome::Kind;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::caller::Caller;
use super::extract::{InPath, Json, Query};
use super::id::{self, Id};
use super::license_view::Status;
use super::page::{Limit, Page, contains, list, read_cursor, read_id};
use super::problem::ApiError;
use super::refusal::not_found;
use super::resource::{Edit, SeenVersion, Shown};
use super::sorted::{Order, SortKey, read_place_cursor, sorted};
use super::text::{Email, Name, Reference, Search};
use super::time::Timestamp;

/// A customer: the organisation or person that holds licenses.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Customer {
    id: id::CustomerId,
    /// Its name for people.
    name: String,
    /// Where to write to.
    email: Option<String>,
    /// The vendor's own number for it; unique where given.
    reference: Option<String>,
    /// What its licenses come to.
    holding: Holding,
    created_at: Timestamp,
    /// Counts its edits, from 1; also the `ETag`.
    version: u32,
}

/// What a customer's licenses come to.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub(crate) struct Holding {
    /// How many licenses there are.
    licenses: u32,
    /// Seats that may be held of those that can be used now.
    limit: u32,
    /// Seats held.
    in_use: u32,
}

impl Holding {
    fn of(ledger: &Ledger, customer: CustomerId) -> Self {
        let mut sum = Self::default();
        for license in ledger.licenses_of(customer) {
            sum.licenses += 1;
            if let Some(seats) = ledger.seats(license.id) {
                let usable = Status::of(ledger, license) == Status::Active;
                sum.limit = sum.limit.saturating_add(if usable { seats.limit } else { 0 });
                sum.in_use = sum.in_use.saturating_add(seats.in_use);
            }
        }
        sum
    }
}

impl Customer {
    fn of(ledger: &Ledger, customer: &Row) -> Self {
        Self {
            id: Id(customer.id),
            name: customer.name.to_string(),
            email: customer.email.as_deref().map(str::to_owned),
            reference: customer.reference.as_deref().map(str::to_owned),
            holding: Holding::of(ledger, customer.id),
            created_at: Timestamp(customer.created_at),
            version: customer.version,
        }
    }
}

/// A customer to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCustomer {
    name: Name,
    email: Option<Email>,
    reference: Option<Reference>,
}

/// What to change of a customer; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomerChange {
    /// The version that was seen; another is a conflict. `If-Match` says the same.
    if_version: Option<u32>,
    name: Option<Name>,
    /// `null` clears it.
    #[serde(default)]
    #[schema(value_type = Option<Email>)]
    email: Edit<Email>,
    /// `null` clears it.
    #[serde(default)]
    #[schema(value_type = Option<Reference>)]
    reference: Edit<Reference>,
}

/// Which customers to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CustomerQuery {
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(pattern = "^(([0-9a-f]{2}){0,64}\\.)?cus_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$")]
    cursor: Option<String>,
    /// What to sort by; left out, by id. In an order the answer has a `total`.
    sort: Option<CustomerSort>,
    /// Which way to sort.
    #[serde(default)]
    order: Order,
    /// Only those whose name, address or reference contains this.
    search: Option<Search>,
    /// Only the one with exactly this reference.
    reference: Option<Reference>,
}

/// What customers are sorted by.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CustomerSort {
    /// Their names.
    Name,
    /// When they were created.
    Created,
    /// How many licenses they have.
    Licenses,
    /// How many seats they hold.
    InUse,
}

impl CustomerSort {
    fn key(self, ledger: &Ledger, customer: &Row) -> SortKey {
        match self {
            Self::Name => SortKey::text(&customer.name),
            Self::Created => SortKey::number(customer.created_at.ms()),
            Self::Licenses => SortKey::number(Holding::of(ledger, customer.id).licenses),
            Self::InUse => SortKey::number(Holding::of(ledger, customer.id).in_use),
        }
    }
}

impl CustomerQuery {
    fn matches(&self, customer: &Row) -> bool {
        let search = self.search.as_deref().unwrap_or_default();
        let texts = [
            Some(&customer.name),
            customer.email.as_ref(),
            customer.reference.as_ref(),
        ];
        let found = texts.into_iter().flatten().any(|text| contains(text, search));
        let wanted = self.reference.as_deref();
        found && (wanted.is_none() || wanted == customer.reference.as_deref())
    }
}

/// The customer of an id or a reference.
pub(super) fn customer_id(ledger: &Ledger, text: &str) -> Option<CustomerId> {
    let by_id = text.parse().ok().and_then(|id| ledger.customer(id));
    by_id
        .or_else(|| ledger.customer_by_reference(text))
        .map(|customer| customer.id)
}

fn shown(api: &Api, id: CustomerId) -> Result<Shown<Customer>, ApiError> {
    let look = |ledger: &Ledger| ledger.customer(id).map(|customer| Customer::of(ledger, customer));
    let customer = api.cluster().ledger(look);
    let customer = customer.ok_or_else(|| not_found(Kind::Customer))?;
    let version = customer.version;
    Ok(Shown::at_version(customer, version))
}

/// The customer of an id or a reference, if it exists for the caller.
async fn named(api: &Api, caller: &Caller, text: &str) -> Result<CustomerId, ApiError> {
    api.cluster().barrier().await?;
    api.cluster()
        .ledger(|ledger| customer_id(ledger, text))
        .filter(|id| caller.sees(*id))
        .ok_or_else(|| not_found(Kind::Customer))
}

/// List customers, in id order or as it is asked for.
#[utoipa::path(
    get, path = "/customers", tag = "catalogue", params(CustomerQuery), security(("api_token" = [])),
    responses((status = 200, description = "A page of customers.", body = Page<Customer>)),
)]
pub(super) async fn list_customers(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<CustomerQuery>,
) -> Result<Answer<Page<Customer>>, ApiError> {
    let matches = |customer: &Row| caller.sees(customer.id) && query.matches(customer);
    let show = |ledger: &Ledger, customer: &Row| matches(customer).then(|| Customer::of(ledger, customer));
    let cursor = query.cursor.as_deref();
    let Some(sort) = query.sort else {
        return list(&api, query.limit, read_cursor(cursor, read_id)?, show).await;
    };
    let key = |ledger: &Ledger, customer: &Row| matches(customer).then(|| sort.key(ledger, customer));
    sorted(&api, query.limit, query.order, read_place_cursor(cursor)?, key, show).await
}

/// Create a customer.
#[utoipa::path(
    post, path = "/customers", tag = "catalogue", request_body = NewCustomer, security(("api_token" = [])),
    responses((status = 201, description = "The customer.", body = Customer)),
)]
pub(super) async fn create_customer(
    State(api): State<Api>,
    caller: Caller,
    request: Json<NewCustomer>,
) -> Result<Shown<Customer>, ApiError> {
    let id = CustomerId::from_bytes(caller.derive(&api, "id"));
    let new = request.value;
    let command = Command::CreateCustomer(CreateCustomer {
        id,
        name: new.name.into(),
        email: new.email.map(Into::into),
        reference: new.reference.map(Into::into),
    });
    caller.change(&api, &request.bytes, command).await?;
    Ok(shown(&api, id)?.created(&format!("/customers/{id}")))
}

/// Read a customer.
#[utoipa::path(
    get, path = "/customers/{id}", tag = "catalogue", security(("api_token" = [])),
    params(("id" = String, Path, description = "The customer's id or reference.")),
    responses((status = 200, description = "The customer.", body = Customer)),
)]
pub(super) async fn get_customer(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
) -> Result<Shown<Customer>, ApiError> {
    let id = named(&api, &caller, &text).await?;
    shown(&api, id)
}

/// Change a customer.
#[utoipa::path(
    patch, path = "/customers/{id}", tag = "catalogue", request_body = CustomerChange, security(("api_token" = [])),
    params(("id" = String, Path, description = "The customer's id or reference.")),
    responses((status = 200, description = "The customer as it is now.", body = Customer)),
)]
pub(super) async fn change_customer(
    State(api): State<Api>,
    caller: Caller,
    seen: SeenVersion,
    InPath(text): InPath,
    request: Json<CustomerChange>,
) -> Result<Shown<Customer>, ApiError> {
    let id = named(&api, &caller, &text).await?;
    let change = request.value;
    let command = Command::UpdateCustomer(UpdateCustomer {
        id,
        if_version: seen.or(change.if_version),
        name: change.name.map(Into::into),
        email: change.email.into_command(),
        reference: change.reference.into_command(),
    });
    caller.change(&api, &request.bytes, command).await?;
    shown(&api, id)
}
