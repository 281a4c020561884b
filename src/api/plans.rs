//! Plans: the tiers of a product.

use axum::Json as Answer;
use axum::extract::State;
use licensing::catalogue::PlanTerms;
use licensing::command::{Command, CreatePlan, UpdatePlan};
use licensing::id::PlanId;
use licensing::ledger::Ledger;
use licensing::outcome::Kind;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::caller::Caller;
use super::code::Code;
use super::entitlements::EntitlementsBody;
use super::extract::{InPath, Json, Query};
use super::id::{self, Id};
use super::page::{Limit, Page, contains, list};
use super::plan_terms::{Holder, Terms, TermsChange, request_with_terms};
use super::problem::ApiError;
use super::products::product_id;
use super::refusal::not_found;
use super::resource::{Edit, SeenVersion, Shown};
use super::seats::OfflineModeName;
use super::text::{Handle, Name, Search, ShortName};
use super::time::Timestamp;

/// How often a change that named no version is tried again when somebody else changed the plan at the same time.
const TRIES_MAX: usize = 4;

/// A plan: a tier of a product.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Plan {
    id: id::PlanId,
    /// The product it sells.
    product: id::ProductId,
    /// The product's short name.
    product_code: String,
    /// Its short name; unique within the product.
    code: String,
    /// Its name for people.
    name: String,
    #[serde(flatten)]
    terms: Terms,
    created_at: Timestamp,
    /// Counts its edits, from 1; also the `ETag`.
    version: u32,
}

impl Plan {
    fn of(ledger: &Ledger, plan: &licensing::catalogue::Plan) -> Self {
        Self {
            id: Id(plan.id),
            product: Id(plan.product),
            product_code: ledger
                .product(plan.product)
                .map(|product| product.code.to_string())
                .unwrap_or_default(),
            code: plan.code.to_string(),
            name: plan.name.to_string(),
            terms: Terms::of(&plan.terms),
            created_at: Timestamp(plan.created_at),
            version: plan.version,
        }
    }
}

request_with_terms! {
    /// A plan to create. Product, code and name are needed; all else has a default.
    pub(crate) struct NewPlan {
        /// The product's id or code.
        product: Handle,
        code: ShortName,
        name: Name,
    }
}

request_with_terms! {
    /// What to change of a plan; what is left out stays as it is. New terms hold for live sessions from their next
    /// heartbeat.
    pub(crate) struct PlanChange {
        /// The version that was seen; another is a conflict. `If-Match` says the same.
        if_version: Option<u32>,
        name: Option<Name>,
    }
}

/// Which plans to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PlanQuery {
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<id::PlanId>)]
    cursor: Option<id::PlanId>,
    /// Only those of the product with this id or code.
    product: Option<Handle>,
    /// Only those whose code or name contains this.
    search: Option<Search>,
}

/// Why no plan was found, as a part of a sentence.
enum Missing {
    /// There is none, and what there is.
    None(String),
    /// Several products have one of this code: their names.
    Several(String),
}

impl Missing {
    /// No product that was named has such a plan.
    fn of(ledger: &Ledger, text: &str) -> Self {
        let Some((product, code)) = text.split_once(':') else {
            let id = of_code(text);
            return Self::None(format!("there is no plan {id}; `usher plan list` shows all"));
        };
        let Some(product) = product_id(ledger, product).and_then(|id| ledger.product(id)) else {
            let code = of_code(product);
            return Self::None(format!("there is no product {code}; `usher product list` shows all"));
        };
        let has = some_of(ledger.plans(None).filter(|plan| plan.product == product.id));
        let has = match has.as_str() {
            "" => format!(", nor any other; `usher plan create {} CODE` makes one", product.code),
            has => format!(", but {has}; `usher plan list --product {}` shows all", product.code),
        };
        let code = of_code(code);
        Self::None(format!("the product `{}` has no plan {code}{has}", product.code))
    }

    /// The same as a member of a request is told.
    fn of_request(self) -> ApiError {
        match self {
            Self::None(told) => ApiError::field("plan", told),
            Self::Several(plans) => ApiError::field(
                "plan",
                format!("several products have one of this code; say which, such as {plans}"),
            ),
        }
    }
}

impl From<Missing> for ApiError {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::None(told) => Self::new(Code::NotFound, format!("{}.", with_capital(&told))),
            Missing::Several(plans) => Self::new(
                Code::Conflict,
                format!(
                    "Several products have a plan of this code. Name it as product:plan, such as {plans}, or by its id."
                ),
            ),
        }
    }
}

/// What was asked for, if it can be said.
fn of_code(text: &str) -> String {
    if text.is_empty() || text.len() > 100 || text.chars().any(char::is_control) {
        return "of this id or code".to_owned();
    }
    format!("`{text}`")
}

fn with_capital(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// How many plans a problem names.
const NAMED_MAX: usize = 10;

/// The first codes of plans.
fn some_of<'a>(plans: impl Iterator<Item = &'a licensing::catalogue::Plan>) -> String {
    let mut codes: Vec<String> = plans.map(|plan| format!("`{}`", plan.code)).collect();
    codes.sort_unstable();
    if codes.len() > NAMED_MAX {
        codes.truncate(NAMED_MAX);
        codes.push("others".to_owned());
    }
    codes.join(", ")
}

/// The plan of an id, of `product:plan` by their codes, or of a code that only one product has.
pub(super) fn plan_id(ledger: &Ledger, text: &str) -> Option<PlanId> {
    find(ledger, text).ok()
}

fn find(ledger: &Ledger, text: &str) -> Result<PlanId, Missing> {
    let missing = || Missing::of(ledger, text);
    if let Some(plan) = text.parse().ok().and_then(|id| ledger.plan(id)) {
        return Ok(plan.id);
    }
    if let Some((product, code)) = text.split_once(':') {
        let product = product_id(ledger, product).ok_or_else(missing)?;
        return ledger
            .plan_by_code(product, code)
            .map(|plan| plan.id)
            .ok_or_else(missing);
    }
    let mut of_code = ledger.plans(None).filter(|plan| &*plan.code == text);
    let plan = of_code.next().ok_or_else(missing)?;
    let name = |plan: &licensing::catalogue::Plan| {
        let product = ledger.product(plan.product)?;
        Some(format!("{}:{}", product.code, plan.code))
    };
    match of_code.next() {
        None => Ok(plan.id),
        Some(other) => {
            let both: Vec<String> = [plan, other].into_iter().filter_map(name).collect();
            Err(Missing::Several(both.join(" or ")))
        }
    }
}

/// The plan that a request names in its member `plan`.
pub(super) fn plan_of_request(ledger: &Ledger, plan: &Handle) -> Result<PlanId, ApiError> {
    find(ledger, plan).map_err(Missing::of_request)
}

fn shown(api: &Api, id: PlanId) -> Result<Shown<Plan>, ApiError> {
    let plan = api
        .cluster()
        .ledger(|ledger| ledger.plan(id).map(|plan| Plan::of(ledger, plan)));
    let plan = plan.ok_or_else(|| not_found(Kind::Plan))?;
    let version = plan.version;
    Ok(Shown::at_version(plan, version))
}

async fn named(api: &Api, text: &str) -> Result<PlanId, ApiError> {
    api.cluster().barrier().await?;
    Ok(api.cluster().ledger(|ledger| find(ledger, text))?)
}

/// List plans, in id order.
#[utoipa::path(
    get, path = "/plans", tag = "catalogue", params(PlanQuery), security(("api_token" = [])),
    responses((status = 200, description = "A page of plans.", body = Page<Plan>)),
)]
pub(super) async fn list_plans(
    State(api): State<Api>,
    _: Caller,
    Query(query): Query<PlanQuery>,
) -> Result<Answer<Page<Plan>>, ApiError> {
    let search = query.search.as_deref().unwrap_or_default();
    let product = query.product.as_deref();
    list(
        &api,
        query.limit,
        query.cursor,
        |ledger, plan: &licensing::catalogue::Plan| {
            let of_product = product.is_none_or(|text| product_id(ledger, text) == Some(plan.product));
            let matches = of_product && (contains(&plan.code, search) || contains(&plan.name, search));
            matches.then(|| Plan::of(ledger, plan))
        },
    )
    .await
}

/// Create a plan.
#[utoipa::path(
    post, path = "/plans", tag = "catalogue", request_body = NewPlan, security(("api_token" = [])),
    responses((status = 201, description = "The plan.", body = Plan)),
)]
pub(super) async fn create_plan(
    State(api): State<Api>,
    caller: Caller,
    request: Json<NewPlan>,
) -> Result<Shown<Plan>, ApiError> {
    let id = PlanId::from_bytes(caller.derive(&api, "id"));
    let terms = request.value.terms().make();
    let new = request.value;
    api.cluster().barrier().await?;
    let product = api.cluster().ledger(|ledger| product_id(ledger, &new.product));
    let product = product.ok_or_else(|| ApiError::field("product", "no product has this id or code"))?;
    let command = Command::CreatePlan(CreatePlan {
        id,
        product,
        code: new.code.into(),
        name: new.name.into(),
        terms,
    });
    caller.change(&api, &request.bytes, command).await?;
    Ok(shown(&api, id)?.created(&format!("/plans/{id}")))
}

/// Read a plan.
#[utoipa::path(
    get, path = "/plans/{id}", tag = "catalogue", security(("api_token" = [])),
    params(("id" = String, Path, description = "The plan's id, `product:plan` by their codes, or a unique code.")),
    responses((status = 200, description = "The plan.", body = Plan)),
)]
pub(super) async fn get_plan(State(api): State<Api>, _: Caller, InPath(text): InPath) -> Result<Shown<Plan>, ApiError> {
    let id = named(&api, &text).await?;
    shown(&api, id)
}

/// Change a plan.
#[utoipa::path(
    patch, path = "/plans/{id}", tag = "catalogue", request_body = PlanChange, security(("api_token" = [])),
    params(("id" = String, Path, description = "The plan's id, `product:plan` by their codes, or a unique code.")),
    responses((status = 200, description = "The plan as it is now.", body = Plan)),
)]
pub(super) async fn change_plan(
    State(api): State<Api>,
    caller: Caller,
    seen: SeenVersion,
    InPath(text): InPath,
    request: Json<PlanChange>,
) -> Result<Shown<Plan>, ApiError> {
    let id = named(&api, &text).await?;
    let if_version = seen.or(request.value.if_version);
    let change = request.value.terms();
    let (mut caller, mut tries) = (caller, 1);
    loop {
        let update = update_of(&api, id, &request.value, &change, if_version)?;
        let result = caller.change(&api, &request.bytes, Command::UpdatePlan(update)).await;
        // Where the caller named no version, the one in the command is ours, to keep others' changes of other terms.
        let overtaken = result.as_ref().is_err_and(|error| error.code() == Code::Conflict);
        if !overtaken || if_version.is_some() || tries == TRIES_MAX {
            return result.and_then(|_| shown(&api, id));
        }
        api.cluster().barrier().await?;
        caller = caller.again();
        tries += 1;
    }
}

/// The whole terms with the change made. Without a version of the caller's they hold for the one they were read at.
fn update_of(
    api: &Api,
    id: PlanId,
    request: &PlanChange,
    change: &TermsChange,
    if_version: Option<u32>,
) -> Result<UpdatePlan, ApiError> {
    let read = |plan: &licensing::catalogue::Plan| (plan.terms.clone(), plan.version);
    let (terms, version): (PlanTerms, u32) = api
        .cluster()
        .ledger(|ledger| ledger.plan(id).map(read))
        .ok_or_else(|| not_found(Kind::Plan))?;
    let changes_terms = *change != TermsChange::default();
    Ok(UpdatePlan {
        id,
        if_version: if_version.or(changes_terms.then_some(version)),
        name: request.name.clone().map(Into::into),
        terms: changes_terms.then(|| change.apply(terms)),
    })
}
