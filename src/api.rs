//! The HTTP API: what a request says in types, what the cluster answers in words.
//!
//! Nothing here decides about seats. A handler reads its request strictly, turns secrets into keyed hashes, proposes a
//! command, and turns the outcome into an answer. This is the only place with status codes.
//!
//! Reading order: [`router`], then `seats` (the three calls that matter most), `access` and `caller` (who may call what)
//! and one file per resource.

mod access;
mod analytics;
mod assignments;
mod audit;
mod branding;
mod caller;
mod cluster;
mod code;
mod customers;
mod edge;
mod entitlements;
mod extract;
mod failures;
mod id;
mod identity_providers;
mod join_tokens;
mod license_changes;
mod license_key_rotation;
mod license_view;
mod licenses;
mod logins;
mod me;
mod openapi;
mod page;
mod past_hours;
mod people;
mod plan_terms;
mod plans;
mod problem;
mod products;
mod recall;
mod refusal;
mod refusals;
mod resource;
mod retention;
mod role;
mod same_site;
mod seats;
mod session_list;
mod session_stream;
mod sessions;
mod setup;
mod sign_in;
pub(crate) mod sorted;
mod strangers;
mod summary;
mod text;
pub(crate) mod time;
mod tokens;
mod typed;
mod usage;
mod user_tokens;
mod uses;

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr};
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
use tokio::sync::watch;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::identity::password::Passwords;
use crate::identity::providers::Providers;
use crate::lookup::LookupKey;
use crate::ops::Metrics;
use crate::signer::Signer;
use edge::CallIds;
use failures::Failures;
use past_hours::PastHours;
use problem::ApiError;
use recall::Recall;
use session_stream::Watching;
use uses::Uses;

pub use access::access_table;
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
    /// Becomes true as the node shuts down, which ends what would go on for ever.
    pub stopping: watch::Receiver<bool>,
    /// Whether the API speaks TLS: browsers then keep a login's cookie for it alone.
    pub tls: bool,
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
    /// How many sign-ins may fail at once from one address, and apart from them how many codes for user tokens. For one
    /// account it is three times as many, from anywhere.
    pub failed_sign_ins_burst: u32,
    /// How many more may fail per minute, from one address and for one account.
    pub failed_sign_ins_per_minute: u32,
}

impl Default for ApiLimits {
    fn default() -> Self {
        Self {
            body_within: Duration::from_secs(10),
            failed_lookups_burst: 100,
            failed_lookups_per_minute: 120,
            failed_sign_ins_burst: 10,
            failed_sign_ins_per_minute: 10,
        }
    }
}

/// The API's state. Clones share it.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    config: ApiConfig,
    call_ids: CallIds,
    strangers: Failures<IpAddr>,
    failed_by_source: Failures<IpAddr>,
    failed_by_account: Failures<[u8; 32]>,
    failed_codes: Failures<IpAddr>,
    explained: Failures<IpAddr>,
    passwords: Passwords,
    providers: Providers,
    uses: Uses,
    recall: Recall,
    past_hours: PastHours,
    watching: Watching,
}

impl Api {
    /// Puts the API's state together.
    pub fn new(config: ApiConfig) -> Self {
        let call_ids = CallIds::new(&*config.seams.entropy);
        let ApiLimits {
            failed_sign_ins_burst: burst,
            failed_sign_ins_per_minute: per_minute,
            ..
        } = config.limits;
        let signer = Arc::clone(&config.signer);
        config.cluster.tell_about(move || cluster::about(&signer));
        Self(Arc::new(Inner {
            call_ids,
            strangers: strangers::strangers(&config.limits),
            failed_by_source: Failures::new(burst, per_minute, IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            failed_by_account: Failures::new(burst.saturating_mul(3), per_minute, [0; 32]),
            failed_codes: Failures::new(burst, per_minute, IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            explained: strangers::explained(),
            passwords: Passwords::new(&config.lookup),
            providers: Providers::new(Arc::clone(&config.seams.clock)),
            uses: Uses::default(),
            recall: Recall::default(),
            past_hours: PastHours::default(),
            watching: Watching::default(),
            config,
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

    fn providers(&self) -> &Providers {
        &self.0.providers
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

    /// Random bytes.
    fn draw<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.config.seams.entropy.fill(&mut bytes);
        bytes
    }

    /// A name for a call whose client gave it none: nobody can repeat it, but the way to the leader may.
    fn draw_name(&self) -> String {
        encode_base32(&self.draw::<16>())
    }

    /// This node's wall clock, for what outsiders count by theirs.
    fn unix_ms(&self) -> u64 {
        self.0.config.seams.clock.unix_ms()
    }

    /// Where people reach this node.
    fn own_url(&self) -> String {
        let me = self.cluster().me();
        let url = |ledger: &Ledger| ledger.node(me).map(|node| node.api_url.to_string());
        self.cluster().ledger(url).unwrap_or_default()
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
        .routes(routes!(assignments::list_assignments))
        .routes(routes!(assignments::assign_seat))
        .routes(routes!(assignments::unassign_seat))
        .routes(routes!(usage::get_usage))
        .merge(analytics::routes())
        .merge(refusals::routes())
        .routes(routes!(summary::get_summary))
        .routes(routes!(session_list::list_sessions))
        .routes(routes!(session_stream::stream_sessions))
        .routes(routes!(sessions::get_session))
        .routes(routes!(sessions::revoke_session))
        .routes(routes!(sessions::revoke_own_session))
        .routes(routes!(tokens::list_tokens, tokens::create_token))
        .routes(routes!(tokens::get_token))
        .routes(routes!(tokens::revoke_token))
        .routes(routes!(people::list_people, people::create_person))
        .routes(routes!(
            people::get_person,
            people::change_person,
            people::remove_person
        ))
        .routes(routes!(people::invite_person))
        .routes(routes!(people::end_logins))
        .routes(routes!(people::unlink_identities))
        .routes(routes!(
            identity_providers::list_identity_providers,
            identity_providers::create_identity_provider
        ))
        .routes(routes!(
            identity_providers::get_identity_provider,
            identity_providers::change_identity_provider,
            identity_providers::remove_identity_provider
        ))
        .routes(routes!(sign_in::list_sign_in_providers))
        .routes(routes!(sign_in::start_sign_in))
        .routes(routes!(sign_in::finish_sign_in))
        .routes(routes!(setup::set_up))
        .routes(routes!(me::get_me, me::change_me))
        .routes(routes!(me::change_password))
        .routes(routes!(me::set_up_totp, me::remove_totp))
        .routes(routes!(user_tokens::create_user_token))
        .routes(routes!(user_tokens::create_login_code))
        .routes(routes!(user_tokens::redeem_login_code))
        .routes(routes!(
            logins::list_logins,
            logins::sign_in,
            logins::sign_out_everywhere
        ))
        .routes(routes!(logins::sign_out))
        .routes(routes!(logins::end_login))
        .routes(routes!(audit::list_audit))
        .routes(routes!(branding::get_branding, branding::set_branding))
        .routes(routes!(retention::get_retention, retention::set_retention))
        .routes(routes!(cluster::get_cluster))
        .routes(routes!(cluster::transfer_lead))
        .routes(routes!(cluster::get_node, cluster::remove_node))
        .routes(routes!(join_tokens::list_join_tokens, join_tokens::create_join_token));
    OpenApiRouter::default().nest(BASE, routes)
}
