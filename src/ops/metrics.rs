//! What happens at this node's edge, counted. What the cluster and the ledger are is read when somebody asks, in
//! `scrape`.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// What every metric's name begins with.
pub(super) const PREFIX: &str = "usher";

/// The upper bounds that request durations are counted under, in seconds.
const DURATION_BOUNDS: [f64; 13] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// The counters of one node. One for all of its listeners.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Histogram, fn() -> Histogram>,
    acquires: Family<ResultLabel, Counter>,
    heartbeats: Family<ResultLabel, Counter>,
    releases: Counter,
    unknown_keys: Counter,
    unknown_sessions: Counter,
    unknown_tokens: Counter,
    rate_limited: Counter,
    panics: Counter,
    connections: Gauge,
    connections_refused: Family<ReasonLabel, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: Arc<str>,
    method: &'static str,
    code: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

/// Held while a connection is open.
#[derive(Debug)]
pub(crate) struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn durations() -> Histogram {
    Histogram::new(DURATION_BOUNDS)
}

impl Metrics {
    /// Counters that all stand at nought.
    pub fn new() -> Arc<Self> {
        let mut metrics = Self {
            registry: Registry::with_prefix(PREFIX),
            requests: Family::new_with_constructor(durations),
            acquires: Family::default(),
            heartbeats: Family::default(),
            releases: Counter::default(),
            unknown_keys: Counter::default(),
            unknown_sessions: Counter::default(),
            unknown_tokens: Counter::default(),
            rate_limited: Counter::default(),
            panics: Counter::default(),
            connections: Gauge::default(),
            connections_refused: Family::default(),
        };
        metrics.register();
        Arc::new(metrics)
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        let help = "How long requests took until their answer began";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, self.requests.clone());
        registry.register(
            "acquires",
            "Seats asked for, by what was answered",
            self.acquires.clone(),
        );
        registry.register(
            "heartbeats",
            "Sessions that beat, by what was answered",
            self.heartbeats.clone(),
        );
        registry.register("releases", "Seats given back", self.releases.clone());
        let help = "Acquires with a well-formed license key that no license has";
        registry.register("unknown_license_keys", help, self.unknown_keys.clone());
        let help = "Heartbeats and releases with a well-formed session id that no session has";
        registry.register("unknown_sessions", help, self.unknown_sessions.clone());
        registry.register(
            "unknown_api_tokens",
            "Calls with an API token that is not valid",
            self.unknown_tokens.clone(),
        );
        let help = "Calls refused because their address asked too often for what does not exist";
        registry.register("rate_limited", help, self.rate_limited.clone());
        registry.register(
            "panics",
            "Requests that ended in a fault of the server",
            self.panics.clone(),
        );
        registry.register(
            "connections_open",
            "Connections that are open",
            self.connections.clone(),
        );
        registry.register(
            "connections_refused",
            "Connections refused, by reason",
            self.connections_refused.clone(),
        );
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn request(&self, route: Arc<str>, method: &Method, status: StatusCode, took: Duration) {
        let labels = RequestLabels {
            route,
            method: known(method),
            code: status.as_u16().into(),
        };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    pub(crate) fn acquire(&self, result: &'static str) {
        self.acquires.get_or_create(&ResultLabel { result }).inc();
    }

    pub(crate) fn heartbeat(&self, result: &'static str) {
        self.heartbeats.get_or_create(&ResultLabel { result }).inc();
    }

    pub(crate) fn release(&self) {
        self.releases.inc();
    }

    pub(crate) fn unknown_license_key(&self) {
        self.unknown_keys.inc();
    }

    pub(crate) fn unknown_session(&self) {
        self.unknown_sessions.inc();
    }

    pub(crate) fn unknown_api_token(&self) {
        self.unknown_tokens.inc();
    }

    pub(crate) fn rate_limited(&self) {
        self.rate_limited.inc();
    }

    pub(crate) fn panic(&self) {
        self.panics.inc();
    }

    pub(crate) fn connection_opened(&self) -> OpenConnection {
        self.connections.inc();
        OpenConnection(self.connections.clone())
    }

    pub(crate) fn connection_refused(&self, reason: &'static str) {
        self.connections_refused.get_or_create(&ReasonLabel { reason }).inc();
    }
}

/// A method's name; methods that strangers invent share one, so that they cannot make labels without end.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
