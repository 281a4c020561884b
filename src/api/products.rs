//! Products: what is licensed.

use axum::Json as Answer;
use axum::extract::State;
use licensing::command::{Command, CreateProduct, UpdateProduct};
use licensing::id::ProductId;
use licensing::ledger::Ledger;
use licensing::outcome::Kind;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::caller::Caller;
use super::extract::{InPath, Json, Query};
use super::id::{self, Id};
use super::page::{Limit, Page, contains, list};
use super::problem::ApiError;
use super::refusal::not_found;
use super::resource::{Edit, SeenVersion, Shown};
use super::text::{KeyPrefix, Name, Search, ShortName, WebAddress};
use super::time::Timestamp;

/// A product: what is licensed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Product {
    id: id::ProductId,
    /// Its short name in tokens, commands and addresses; unique.
    code: String,
    /// Its name for people.
    name: String,
    /// What its license keys begin with.
    key_prefix: String,
    /// Where a customer renews; shown with refusals.
    renewal_url: Option<String>,
    created_at: Timestamp,
    /// Counts its edits, from 1; also the `ETag`.
    version: u32,
}

impl Product {
    fn of(product: &licensing::catalogue::Product) -> Self {
        Self {
            id: Id(product.id),
            code: product.code.to_string(),
            name: product.name.to_string(),
            key_prefix: product.key_prefix.to_string(),
            renewal_url: product.renewal_url.as_deref().map(str::to_owned),
            created_at: Timestamp(product.created_at),
            version: product.version,
        }
    }
}

/// A product to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProduct {
    code: ShortName,
    name: Name,
    key_prefix: KeyPrefix,
    renewal_url: Option<WebAddress>,
}

/// What to change of a product; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductChange {
    /// The version that was seen; another is a conflict. `If-Match` says the same.
    if_version: Option<u32>,
    name: Option<Name>,
    /// `null` clears it.
    #[serde(default)]
    #[schema(value_type = Option<WebAddress>)]
    renewal_url: Edit<WebAddress>,
}

/// Which products to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProductQuery {
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<id::ProductId>)]
    cursor: Option<id::ProductId>,
    /// Only those whose code or name contains this.
    search: Option<Search>,
}

/// The product of an id or a code.
pub(super) fn product_id(ledger: &Ledger, text: &str) -> Option<ProductId> {
    let by_id = text.parse().ok().and_then(|id| ledger.product(id));
    by_id.or_else(|| ledger.product_by_code(text)).map(|product| product.id)
}

fn shown(api: &Api, id: ProductId) -> Result<Shown<Product>, ApiError> {
    let product = api.cluster().ledger(|ledger| ledger.product(id).map(Product::of));
    let product = product.ok_or_else(|| not_found(Kind::Product))?;
    let version = product.version;
    Ok(Shown::at_version(product, version))
}

async fn named(api: &Api, text: &str) -> Result<ProductId, ApiError> {
    api.cluster().barrier().await?;
    api.cluster()
        .ledger(|ledger| product_id(ledger, text))
        .ok_or_else(|| not_found(Kind::Product))
}

/// List products, in id order.
#[utoipa::path(
    get, path = "/products", tag = "catalogue", params(ProductQuery), security(("api_token" = [])),
    responses((status = 200, description = "A page of products.", body = Page<Product>)),
)]
pub(super) async fn list_products(
    State(api): State<Api>,
    _: Caller,
    Query(query): Query<ProductQuery>,
) -> Result<Answer<Page<Product>>, ApiError> {
    let search = query.search.as_deref().unwrap_or_default();
    let matches =
        |product: &licensing::catalogue::Product| contains(&product.code, search) || contains(&product.name, search);
    list(&api, query.limit, query.cursor, |_, product| {
        matches(product).then(|| Product::of(product))
    })
    .await
}

/// Create a product.
#[utoipa::path(
    post, path = "/products", tag = "catalogue", request_body = NewProduct, security(("api_token" = [])),
    responses((status = 201, description = "The product.", body = Product)),
)]
pub(super) async fn create_product(
    State(api): State<Api>,
    caller: Caller,
    request: Json<NewProduct>,
) -> Result<Shown<Product>, ApiError> {
    let id = ProductId::from_bytes(caller.derive(&api, "id"));
    let new = request.value;
    let command = Command::CreateProduct(CreateProduct {
        id,
        code: new.code.into(),
        name: new.name.into(),
        key_prefix: new.key_prefix.into(),
        renewal_url: new.renewal_url.map(Into::into),
    });
    caller.change(&api, &request.bytes, command).await?;
    Ok(shown(&api, id)?.created(&format!("/products/{id}")))
}

/// Read a product.
#[utoipa::path(
    get, path = "/products/{id}", tag = "catalogue", security(("api_token" = [])),
    params(("id" = String, Path, description = "The product's id or code.")),
    responses((status = 200, description = "The product.", body = Product)),
)]
pub(super) async fn get_product(
    State(api): State<Api>,
    _: Caller,
    InPath(text): InPath,
) -> Result<Shown<Product>, ApiError> {
    let id = named(&api, &text).await?;
    shown(&api, id)
}

/// Change a product.
#[utoipa::path(
    patch, path = "/products/{id}", tag = "catalogue", request_body = ProductChange, security(("api_token" = [])),
    params(("id" = String, Path, description = "The product's id or code.")),
    responses((status = 200, description = "The product as it is now.", body = Product)),
)]
pub(super) async fn change_product(
    State(api): State<Api>,
    caller: Caller,
    seen: SeenVersion,
    InPath(text): InPath,
    request: Json<ProductChange>,
) -> Result<Shown<Product>, ApiError> {
    let id = named(&api, &text).await?;
    let change = request.value;
    let command = Command::UpdateProduct(UpdateProduct {
        id,
        if_version: seen.or(change.if_version),
        name: change.name.map(Into::into),
        renewal_url: change.renewal_url.into_command(),
    });
    caller.change(&api, &request.bytes, command).await?;
    shown(&api, id)
}
