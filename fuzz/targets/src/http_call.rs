//! A call of the HTTP API: a line `METHOD /path?query` below the API's base, lines with headers, an empty line, a body.
//! `{license}` and its like stand for what is there; without headers of its own a call has an operator's token and says
//! that its body is JSON.
//!
//! Property: the router of the server, on a node that is alone and well, never fails. It answers a problem by the
//! contract, or JSON. No body panics a handler, which would be answered too, as a failure.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use raft::Tuning;
use raft::seams::Seams;
use serde_json::{Value, json};
use storage::MemoryDisk;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use trust::UnixSeconds;
use usher::api::{Api, ApiConfig, ApiLimits, BASE, Code, PROBLEM_JSON, router};
use usher::founding::{self, Founding};
use usher::ops::Metrics;
use usher::serve::ServeLimits;
use usher::server::{ApiTransport, Server, ServerConfig};
use usher::signer::Signer;

/// After so many calls everything is founded anew: by then licenses are revoked and seats are taken.
const CALLS_MAX: u32 = 2_000;

static HOUSE: Mutex<Option<House>> = Mutex::new(None);

/// A node alone, with something to sell.
struct House {
    /// Ends after the server.
    runtime: Runtime,
    server: Option<Server>,
    router: Router,
    token: String,
    /// What stands for what in a call.
    names: Vec<(&'static str, String)>,
    calls: u32,
}

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let Some(call) = Call::parse(bytes) else { return };
    let mut house = HOUSE.lock().unwrap_or_else(PoisonError::into_inner);
    if house.as_ref().is_none_or(|house| house.calls >= CALLS_MAX) {
        drop(house.take());
        *house = Some(House::found());
    }
    let found = house.as_mut().expect("it was founded above");
    found.calls += 1;
    let Some(request) = call.request(found) else { return };
    let is_operators = request
        .headers()
        .get(AUTHORIZATION)
        .is_some_and(|shown| *shown == *found.token);
    let (status, content_type, body) = found.answer(request);
    judge(&call, status, &content_type, &body);
    if is_operators && status == StatusCode::UNAUTHORIZED {
        // The call before took the token away, which an operator may do.
        drop(house.take());
    }
}

fn judge(call: &Call, status: StatusCode, content_type: &str, body: &[u8]) {
    let text = String::from_utf8_lossy(body);
    assert!(
        !status.is_server_error(),
        "{} {} is answered {status}: {text}",
        call.method,
        call.path
    );
    if status.is_client_error() {
        assert_eq!(content_type, PROBLEM_JSON, "{status}: {text}");
        let problem: Value = serde_json::from_slice(body).expect("a problem is JSON");
        assert_eq!(problem["status"], status.as_u16());
        let code = problem["code"].as_str();
        assert!(Code::ALL.iter().any(|known| Some(known.name()) == code), "{text}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        assert!(
            body.len() < 16 << 10,
            "a problem of {} bytes echoes too much",
            body.len()
        );
    } else if !body.is_empty() {
        serde_json::from_slice::<Value>(body).expect("an answer is JSON");
    }
}

/// A call as it is written.
struct Call {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Call {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(2).position(|pair| pair == b"\n\n");
        let (head, body) = match end {
            Some(end) => (&bytes[..end], &bytes[end + 2..]),
            None => (bytes, &[][..]),
        };
        let mut lines = std::str::from_utf8(head).ok()?.split('\n');
        let (method, path) = lines.next()?.split_once(' ')?;
        let headers = lines.filter_map(|line| line.split_once(':'));
        Some(Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
                .collect(),
            body: body.to_vec(),
        })
    }

    /// The call as the house would get it. `None` if it is none in HTTP.
    fn request(&self, house: &House) -> Option<Request<Body>> {
        let filled = |text: &str| {
            let names = house.names.iter();
            names.fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
        };
        let mut request = Request::builder()
            .method(self.method.as_bytes())
            .uri(format!("{BASE}{}", filled(&self.path)));
        for (name, value) in &self.headers {
            request = request.header(name, filled(value));
        }
        if self.headers.is_empty() {
            request = request
                .header(AUTHORIZATION, &house.token)
                .header(CONTENT_TYPE, "application/json");
        }
        let body = match std::str::from_utf8(&self.body) {
            Ok(text) => filled(text).into_bytes(),
            Err(_) => self.body.clone(),
        };
        request.body(Body::from(body)).ok()
    }
}

impl House {
    fn found() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("the system lets this process start a thread");
        let (server, router, token) = runtime.block_on(start());
        let mut house = Self {
            runtime,
            server: Some(server),
            router,
            token: format!("Bearer {token}"),
            names: Vec::new(),
            calls: 0,
        };
        house.sell();
        house
    }

    fn answer(&self, request: Request<Body>) -> (StatusCode, String, Vec<u8>) {
        self.runtime.block_on(async {
            let Ok(response) = self.router.clone().oneshot(request).await;
            let (head, body) = response.into_parts();
            let content_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
            let body = body.collect().await.expect("an answer is whole").to_bytes();
            (head.status, content_type.unwrap_or_default().to_owned(), body.to_vec())
        })
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let request = Request::post(format!("{BASE}{path}"))
            .header(AUTHORIZATION, &self.token)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .expect("it is a call");
        let (status, _, body) = self.answer(request);
        assert!(status.is_success(), "{path}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).expect("an answer is JSON")
    }

    /// A product, a plan, a customer, a license, a session, and a token: something for every path.
    fn sell(&mut self) {
        let text = |value: &Value| value.as_str().expect("it is a text").to_owned();
        let product = json!({
            "code": "coditect", "name": "Coditect", "key_prefix": "CODITECT", "renewal_url": "https://vendor.example",
        });
        let product = self.post("/products", &product);
        let plan =
            json!({"product": "coditect", "code": "pro", "name": "Pro", "seats": 100, "sessions_per_holder_max": 9});
        let plan = self.post("/plans", &plan);
        let customer = self.post("/customers", &json!({"name": "Acme", "reference": "crm-1"}));
        let license = self.post("/licenses", &json!({"plan": "pro", "customer": "crm-1"}));
        let token = self.post("/tokens", &json!({"name": "ci", "scope": "admin"}));
        let key = text(&license["license_key"]);
        let seat = self.post(
            "/licenses/acquire",
            &json!({"license_key": key, "hardware_id": "laptop-fingerprint"}),
        );
        self.names = vec![
            ("{key}", key),
            ("{license}", text(&license["id"])),
            ("{product}", text(&product["id"])),
            ("{plan}", text(&plan["id"])),
            ("{customer}", text(&customer["id"])),
            ("{token}", text(&token["id"])),
            ("{session}", text(&seat["session"])),
            ("{session_id}", text(&seat["session_id"])),
            ("{operator}", self.token.clone()),
        ];
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.shutdown());
        }
    }
}

async fn start() -> (Server, Router, String) {
    let seams = Seams::system(Arc::new(
        MemoryDisk::new().expect("the system lets this process start threads"),
    ));
    let founding = Founding {
        name: "alone".to_owned(),
        peer_address: "127.0.0.1:4700".to_owned(),
        api_url: "http://127.0.0.1:4600".to_owned(),
        root_key: None,
    };
    let now = UnixSeconds::new(seams.clock.unix_ms() / 1_000);
    let (keys, _) = founding::make_keys(&founding, &*seams.entropy, now).expect("keys can be made");
    // Nothing is asked over the network, but a server has listeners.
    let config = ServerConfig {
        peer_listen: "127.0.0.1:0".to_owned(),
        api_listen: "127.0.0.1:0".to_owned(),
        ops_listen: None,
        api_transport: ApiTransport::Plain,
        advertise: None,
        tuning: Tuning::default(),
        api_limits: ApiLimits::default(),
        serve_limits: ServeLimits::default(),
        peer_tls: true,
    };
    let server = Server::start(config, &keys, seams.clone())
        .await
        .expect("a server starts");
    let token = founding::found(server.node(), &founding, &keys, &*seams.entropy)
        .await
        .expect("a cluster of one is founded");
    let secrets = &keys.secrets;
    let signer = Signer::new(Arc::clone(&secrets.signing), secrets.chain.clone(), &secrets.roots);
    let api = Api::new(ApiConfig {
        cluster: server.node().cluster().clone(),
        lookup: secrets.lookup.clone(),
        signer: Arc::new(signer.expect("the keys fit together")),
        authority: keys.identity.authority.clone(),
        cluster_id: keys.identity.cluster,
        seams,
        metrics: Metrics::new(),
        // A fuzzer is a stranger who asks too often.
        tls: false,
        limits: ApiLimits {
            failed_lookups_burst: u32::MAX,
            ..ApiLimits::default()
        },
        stopping: tokio::sync::watch::channel(false).1,
    });
    (server, router(api), token.to_string())
}
