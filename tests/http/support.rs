//! A server with one node, and the few calls that every test makes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use licensing::command::{Command, Proposal};
use licensing::ledger::Ledger;
use licensing::row::Row;
use licensing::time::Span;
use raft::seams::{Clock, Net, Seams, SystemClock, Tcp};
use raft::{Joiner, Tuning};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use storage::MemoryDisk;
use storage::disk::Disk;
use tokio::time::{Instant, sleep};
use trust::{RootKeyFile, UnixSeconds};
use usher::api::{ApiLimits, BASE};
use usher::founding::{self, Founding};
use usher::joining::join_in;
use usher::keys::Keys;
use usher::serve::ServeLimits;
use usher::server::{ApiTransport, Server, ServerConfig};

/// How long anything may take that should happen at once.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// A running server with its founder's token.
pub(crate) struct TestServer {
    pub(crate) server: Server,
    pub(crate) keys: Keys,
    /// The key of the vendor's root; only the founder has it.
    pub(crate) root: Option<RootKeyFile>,
    pub(crate) token: String,
    pub(crate) client: Client,
    pub(crate) seams: Seams,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, headers, body }
    }

    /// The answer's body, which must have this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The answer's body, which must be a problem with this code.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.body
        );
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.body["status"], status);
        assert_eq!(
            self.body["request_id"].as_str(),
            self.headers["x-request-id"].to_str().ok()
        );
        self.body
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// What a test's server is made of.
pub(crate) struct Options {
    pub(crate) api_limits: ApiLimits,
    pub(crate) serve_limits: ServeLimits,
    pub(crate) transport: ApiTransport,
    pub(crate) tuning: Tuning,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where peers reach the node; port 0 is for a node that stays alone.
    pub(crate) peer_address: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            api_limits: ApiLimits::default(),
            serve_limits: ServeLimits::default(),
            transport: ApiTransport::Plain,
            tuning: Tuning::default(),
            disk: Arc::new(MemoryDisk::new().unwrap()),
            clock: Arc::new(SystemClock),
            peer_address: "127.0.0.1:0".to_owned(),
        }
    }
}

/// The machine's clocks, put forward by as much as a test says.
#[derive(Debug, Default)]
pub(crate) struct MovableClock(AtomicU64);

impl MovableClock {
    pub(crate) fn put_forward(&self, by: Duration) {
        self.0
            .fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Clock for MovableClock {
    fn unix_ms(&self) -> u64 {
        SystemClock.unix_ms() + self.0.load(Ordering::Relaxed)
    }

    fn boot_ms(&self) -> u64 {
        SystemClock.boot_ms() + self.0.load(Ordering::Relaxed)
    }
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let seams = Seams {
            clock: options.clock,
            ..Seams::system(options.disk)
        };
        let advertised = match options.peer_address.as_str() {
            "127.0.0.1:0" => "127.0.0.1:4700",
            address => address,
        };
        let founding = Founding {
            name: "test".to_owned(),
            peer_address: advertised.to_owned(),
            api_url: "http://127.0.0.1:4600".to_owned(),
            root_key: None,
        };
        let now = UnixSeconds::new(seams.clock.unix_ms() / 1_000);
        let (keys, root) = founding::make_keys(&founding, &*seams.entropy, now).unwrap();
        let config = ServerConfig {
            api_transport: options.transport,
            tuning: options.tuning,
            api_limits: options.api_limits,
            serve_limits: options.serve_limits,
            ..on_loopback(options.peer_address)
        };
        let server = Server::start(config, &keys, seams.clone()).await.unwrap();
        let token = founding::found(server.node(), &founding, &keys, &*seams.entropy)
            .await
            .unwrap();
        Self {
            server,
            keys,
            root,
            token: token.to_string(),
            client: client(),
            seams,
        }
    }

    /// Another node of this server's cluster, on a disk of its own.
    pub(crate) async fn join(&self) -> Self {
        self.join_over(Arc::new(Tcp)).await
    }

    /// The same over a network of a test's own.
    pub(crate) async fn join_over(&self, net: Arc<dyn Net>) -> Self {
        let token = self.post("/cluster/join-tokens", json!({})).await.expect(201);
        let token = text(&token["token"]).parse().unwrap();
        let cluster = self.server.node().cluster();
        let founder = cluster.ledger(|ledger| ledger.nodes().next().unwrap().peer_address.to_string());
        let peer_address = free_address();
        let joiner = Joiner {
            name: "another".to_owned(),
            peer_address: peer_address.clone(),
            api_url: "http://127.0.0.1:4601".to_owned(),
            replaces: None,
        };
        let seams = Seams {
            net,
            ..Seams::system(Arc::new(MemoryDisk::new().unwrap()))
        };
        let dir = tempfile::tempdir().unwrap();
        join_in(dir.path(), &founder, &token, joiner, &seams).await.unwrap();
        let keys = Keys::load(dir.path()).unwrap();
        let server = Server::start(on_loopback(peer_address), &keys, seams.clone())
            .await
            .unwrap();
        Self {
            server,
            keys,
            root: None,
            token: self.token.clone(),
            client: client(),
            seams,
        }
    }

    /// Lets session time pass, which no jump of a clock moves far: an entry advances it by two seconds at most.
    pub(crate) async fn pass(&self, clock: &MovableClock, span: Span) {
        let cluster = self.server.node().cluster();
        let session_time = || cluster.ledger(Ledger::session_time);
        let end = session_time().after(span);
        while session_time() < end {
            clock.put_forward(Duration::from_secs(2));
            let tick = Proposal::by_system(Command::Tick);
            cluster.propose(tick).await.unwrap();
        }
    }

    /// A call's address below the API's base.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{BASE}{path}", self.server.api_address())
    }

    pub(crate) fn ops_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.ops_address().unwrap())
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, self.url(path)).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request("POST", path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request("PATCH", path).json(&body)).await
    }

    /// A seat call, which shows no token.
    pub(crate) async fn public(&self, method: &str, path: &str, body: &Value) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        Answer::of(self.client.request(method, self.url(path)).json(body)).await
    }

    pub(crate) async fn acquire(&self, key: &str, hardware: &str) -> Answer {
        self.public(
            "POST",
            "/licenses/acquire",
            &json!({"license_key": key, "hardware_id": hardware}),
        )
        .await
    }

    pub(crate) async fn heartbeat(&self, session: &str) -> Answer {
        self.public("PUT", "/licenses/heartbeat", &json!({"session_id": session}))
            .await
    }

    pub(crate) async fn release(&self, session: &str) -> Answer {
        self.public("DELETE", "/licenses/release", &json!({"session_id": session}))
            .await
    }

    /// A product, a plan with these further terms, a customer and a license of it all.
    pub(crate) async fn sell(&self, terms: Value) -> Sold {
        let product = json!({
            "code": "coditect", "name": "Coditect", "key_prefix": "CODITECT",
            "renewal_url": "https://vendor.example/renew",
        });
        let product = self.post("/products", product).await.expect(201);
        let mut plan = json!({"product": "coditect", "code": "pro", "name": "Pro"});
        plan.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
        let plan = self.post("/plans", plan).await.expect(201);
        let customer = self
            .post("/customers", json!({"name": "Acme", "reference": "crm-1"}))
            .await
            .expect(201);
        let license = self
            .post("/licenses", json!({"plan": "pro", "customer": "crm-1"}))
            .await
            .expect(201);
        Sold {
            key: text(&license["license_key"]),
            license: text(&license["id"]),
            product: text(&product["id"]),
            plan: text(&plan["id"]),
            customer: text(&customer["id"]),
        }
    }

    /// Everything that the ledger keeps, but for its clock and its count of commands, which ticks move, and when tokens
    /// were used, which every call may.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let rows = |ledger: &Ledger| {
            ledger
                .rows()
                .filter(|row| !matches!(row, Row::Meta(_) | Row::TokenUse(_)))
                .collect()
        };
        self.server.node().cluster().ledger(rows)
    }

    /// What is at a URL, as text.
    pub(crate) async fn fetch(&self, url: &str) -> String {
        self.client.get(url).send().await.unwrap().text().await.unwrap()
    }

    /// The value of a metric, by its name and labels as they are written.
    pub(crate) async fn metric(&self, name: &str) -> Option<f64> {
        let text = self.fetch(&self.ops_url("/metrics")).await;
        let line = text
            .lines()
            .find(|line| line.split_once(' ').is_some_and(|(metric, _)| metric == name))?;
        line.rsplit(' ').next().unwrap().parse().ok()
    }
}

/// Puts the clock forward and waits until the ledger has seen it.
pub(crate) async fn leap(server: &TestServer, clock: &MovableClock, by: Duration) {
    clock.put_forward(by);
    server.pass(clock, Span::from_ms(1)).await;
}

/// A server that speaks plainly on loopback, with everything else as it is by itself.
pub(crate) fn on_loopback(peer_listen: String) -> ServerConfig {
    ServerConfig {
        peer_listen,
        api_listen: "127.0.0.1:0".to_owned(),
        ops_listen: Some("127.0.0.1:0".to_owned()),
        api_transport: ApiTransport::Plain,
        advertise: None,
        tuning: Tuning::default(),
        api_limits: ApiLimits::default(),
        serve_limits: ServeLimits::default(),
        peer_tls: true,
    }
}

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().timeout(SOON).build().unwrap()
}

/// An address of this machine where nobody listens.
pub(crate) fn free_address() -> String {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().to_string()
}

/// What [`TestServer::sell`] made.
pub(crate) struct Sold {
    pub(crate) key: String,
    pub(crate) license: String,
    pub(crate) product: String,
    pub(crate) plan: String,
    pub(crate) customer: String,
}

#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is not a text"))
        .to_owned()
}

/// Asks again until the answer is as wanted.
pub(crate) async fn until<F: Future<Output = Option<T>>, T>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let by = Instant::now() + SOON;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < by, "{what} did not happen within {SOON:?}");
        sleep(Duration::from_millis(20)).await;
    }
}
