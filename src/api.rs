//! The HTTP API: what a request says in types, what the cluster answers in words.
//!
//! Nothing here decides about seats. A handler reads its request strictly, turns secrets into keyed hashes, proposes a
//! command, and turns the outcome into an answer. This is the only place with status codes.
//!
//! Reading order: [`router`], then `seats` (the three calls that matter most), `operator` (who may administer) and one
//! file per resource.

mod audit;
mod cluster;
mod code;
mod customers;
mod edge;
mod entitlements;
mod extract;
mod id;
mod join_tokens;
mod license_changes;
mod license_key_rotation;
mod license_view;
mod licenses;
mod openapi;
mod operator;
mod page;
mod plan_terms;
mod plans;
mod problem;
mod products;
mod refusal;
mod resource;
mod seats;
mod sessions;
mod strangers;
mod text;
pub(crate) mod time;
mod tokens;
mod usage;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{any, get};
use axum::{Router, middleware};
use licensing::id::{ClusterId, encode_base32};
use licensing::ledger::Ledger;
use licensing::time::{At, Span};
use raft::seams::Seams;
use raft::{Authority, Cluster};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::lookup::LookupKey;
use crate::ops::Metrics;
use crate::signer::Signer;
use edge::CallIds;
use problem::ApiError;
use strangers::Strangers;

pub use code::Code;
pub use openapi::document;
pub use problem::{FieldError, PROBLEM_JSON, Problem};

/// Where the API lies on its listener.
pub const BASE: &str = "/api/v1";

/// How long a command may be on its way before the ledger refuses it. Well below the time that outcomes are remembered,
/// so that a repetition is either known or refused.
const COMMAND_VALID: Span = Span::from_secs(300);

/// What the API is made of.
pub struct ApiConfig {
    /// The replicated ledger.
    pub cluster: Cluster,
    /// The key of all keyed hashes.
    pub lookup: LookupKey,
    /// What signs session tokens.
    pub signer: Arc<Signer>,
    /// The cluster's certificate authority, which join tokens pin.
    pub authority: Authority,
    /// The cluster's identity.
    pub cluster_id: ClusterId,
    /// Clock and entropy.
    pub seams: Seams,
    /// The node's counters.
    pub metrics: Arc<Metrics>,
    /// What callers may use up.
    pub limits: ApiLimits,
}

/// What callers may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiLimits {
    /// How long a request's body may take to arrive.
    pub body_within: Duration,
    /// How many failed look-ups one address may make at once: unknown license keys and API tokens.
    pub failed_lookups_burst: u32,
    /// How many more it may make per minute. Calls for what exists are never counted.
    pub failed_lookups_per_minute: u32,
}

impl Default for ApiLimits {
    fn default() -> Self {
        Self {
            body_within: Duration::from_secs(10),
            failed_lookups_burst: 100,
            failed_lookups_per_minute: 120,
        }
    }
}

/// The API's state. Clones share it.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    config: ApiConfig,
    call_ids: CallIds,
    strangers: Strangers,
}

impl Api {
    /// Puts the API's state together.
    pub fn new(config: ApiConfig) -> Self {
        let call_ids = CallIds::new(&*config.seams.entropy);
        let strangers = Strangers::new(&config.limits);
        Self(Arc::new(Inner {
            config,
            call_ids,
            strangers,
        }))
    }

    fn cluster(&self) -> &Cluster {
        &self.0.config.cluster
    }

    fn lookup(&self) -> &LookupKey {
        &self.0.config.lookup
    }

    fn signer(&self) -> &Signer {
        &self.0.config.signer
    }

    fn metrics(&self) -> &Metrics {
        &self.0.config.metrics
    }

    fn limits(&self) -> &ApiLimits {
        &self.0.config.limits
    }

    /// Looks into this node's ledger, and if there is nothing, again once everything that was acknowledged anywhere has
    /// arrived here: a follower may be a moment behind.
    async fn find<T>(&self, look: impl Fn(&Ledger) -> Option<T>) -> Result<Option<T>, ApiError> {
        let found = self.cluster().ledger(&look);
        if found.is_some() {
            return Ok(found);
        }
        self.cluster().barrier().await?;
        Ok(self.cluster().ledger(look))
    }

    /// A name for a call whose client gave it none: nobody can repeat it, but the way to the leader may.
    fn draw_name(&self) -> String {
        let mut bytes = [0; 16];
        self.0.config.seams.entropy.fill(&mut bytes);
        encode_base32(&bytes)
    }

    /// Until when a command that is proposed now may be carried out.
    fn valid_until(&self) -> At {
        self.cluster().ledger(Ledger::at).after(COMMAND_VALID)
    }
}

/// The whole API, its OpenAPI document included, and the console beside it.
pub fn router(api: Api) -> Router {
    let (routes, document) = routes().split_for_parts();
    let document = Bytes::from(openapi::to_json(&openapi::complete(document)));
    let served = get(move || async move { ([(CONTENT_TYPE, "application/json")], document) });
    let routes = routes
        .route(&format!("{BASE}/openapi.json"), served)
        .route("/", any(edge::console))
        .route("/assets/{*path}", any(edge::console))
        .fallback(edge::console)
        .method_not_allowed_fallback(edge::unknown_method);
    around(&api, routes).with_state(api)
}

/// Puts around `routes` what every call gets: an id, its measure, its log line, and an answer even to a panic.
pub fn around<S: Clone + Send + Sync + 'static>(api: &Api, routes: Router<S>) -> Router<S> {
    let metrics = Arc::clone(&api.0.config.metrics);
    let panics = CatchPanicLayer::custom(move |panic: Box<dyn Any + Send>| edge::panicked(&metrics, &*panic));
    let observe = middleware::from_fn_with_state(api.clone(), edge::observe);
    routes.layer(ServiceBuilder::new().layer(observe).layer(panics))
}

/// Every documented route.
fn routes() -> OpenApiRouter<Api> {
    let routes = OpenApiRouter::default()
        .merge(seats::routes())
        .routes(routes!(products::list_products, products::create_product))
        .routes(routes!(products::get_product, products::change_product))
        .routes(routes!(plans::list_plans, plans::create_plan))
        .routes(routes!(plans::get_plan, plans::change_plan))
        .routes(routes!(customers::list_customers, customers::create_customer))
        .routes(routes!(customers::get_customer, customers::change_customer))
        .routes(routes!(licenses::list_licenses, licenses::create_license))
        .routes(routes!(licenses::get_license, license_changes::change_license))
        .routes(routes!(license_changes::suspend_license))
        .routes(routes!(license_changes::reinstate_license))
        .routes(routes!(license_changes::revoke_license))
        .routes(routes!(license_changes::extend_license))
        .routes(routes!(license_key_rotation::rotate_license_key))
        .routes(routes!(usage::get_usage))
        .routes(routes!(sessions::list_sessions))
        .routes(routes!(sessions::get_session))
        .routes(routes!(sessions::revoke_session))
        .routes(routes!(tokens::list_tokens, tokens::create_token))
        .routes(routes!(tokens::get_token))
        .routes(routes!(tokens::revoke_token))
        .routes(routes!(audit::list_audit))
        .routes(routes!(cluster::get_cluster))
        .routes(routes!(cluster::transfer_lead))
        .routes(routes!(cluster::remove_node))
        .routes(routes!(join_tokens::list_join_tokens, join_tokens::create_join_token));
    OpenApiRouter::default().nest(BASE, routes)
}
