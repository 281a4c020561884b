//! A cluster whose certificate does not allow it to sign.

use serde_json::{Value, json};
use trust::{IssuerClaims, IssuerLimits, PathLength, Seconds, UnixSeconds, issue_certificate};
use usher::server::Server;

use crate::support::{Answer, SOON, TestServer, client, on_loopback, text};

const HOUR: Seconds = Seconds::new(3_600);
const LAPTOP: &str = "laptop-fingerprint";
const DESKTOP: &str = "desktop-fingerprint";

/// When a certificate expires.
#[derive(Debug, Clone, Copy)]
enum Expires {
    In(Seconds),
    Ago(Seconds),
}

impl TestServer {
    /// The same node after a restart, on its old disk, with a certificate that the vendor issued for this long from now
    /// and for these products.
    async fn restart_certified(self, expires: Expires, products: Option<&[&str]>) -> Self {
        let Self {
            server,
            mut keys,
            root,
            token,
            seams,
            ..
        } = self;
        server.shutdown().await;
        let now = seams.clock.unix_ms() / 1_000;
        let (issued_at, expires_at) = match expires {
            Expires::In(span) => (now, now + span.get()),
            Expires::Ago(span) => (now - span.get() - 1, now - span.get()),
        };
        let root_key = root.as_ref().expect("the founder has the root's key").key();
        let claims = IssuerClaims {
            issuer: root_key.kid(),
            cluster: keys.identity.cluster.to_string().parse().unwrap(),
            key: keys.secrets.signing.public(),
            issued_at: UnixSeconds::new(issued_at),
            limits: IssuerLimits {
                expires_at: UnixSeconds::new(expires_at),
                path: PathLength::new(0),
                products: products.map(|codes| codes.iter().map(|code| code.parse().unwrap()).collect()),
                grace_max: None,
            },
        };
        keys.secrets.chain = vec![issue_certificate(root_key, None, &claims).unwrap()];
        let server = Server::start(on_loopback("127.0.0.1:0".to_owned()), &keys, seams.clone())
            .await
            .unwrap();
        assert!(server.node().cluster().is_recovered(SOON).await);
        Self {
            server,
            keys,
            root,
            token,
            client: client(),
            seams,
        }
    }
}

async fn batch(server: &TestServer, sessions: &[&Value], tokens: bool) -> Answer {
    let body = json!({"session_ids": sessions, "tokens": tokens});
    Answer::of(server.request("PUT", "/licenses/heartbeats").json(&body)).await
}

async fn in_use(server: &TestServer, license: &str) -> Value {
    server.get(&format!("/licenses/{license}")).await.expect(200)["seats"]["in_use"].clone()
}

#[tokio::test]
async fn without_a_valid_certificate_no_seat_is_taken_and_none_is_lost() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"seats": 10})).await;
    let seat = server.acquire(&sold.key, LAPTOP).await.expect(200);
    let session = text(&seat["session_id"]);

    let server = server.restart_certified(Expires::Ago(HOUR), None).await;
    let cluster = server.get("/cluster").await.expect(200);
    let time = |member: &str| text(&cluster[member]).parse::<jiff::Timestamp>().unwrap();
    assert!(time("certified_until") < time("at"), "{cluster}");
    let answer = server.acquire(&sold.key, DESKTOP).await;
    assert!(!answer.header("retry-after").is_empty());
    let problem = answer.problem(503, "CERTIFICATE_EXPIRED");
    assert!(text(&problem["detail"]).contains("certificate expired at"), "{problem}");
    assert_eq!(in_use(&server, &sold.license).await, 1);
    server.heartbeat(&session).await.problem(503, "CERTIFICATE_EXPIRED");
    batch(&server, &[&seat["session_id"]], true)
        .await
        .problem(503, "CERTIFICATE_EXPIRED");
    // Seats are kept and given back without a signature.
    let kept = batch(&server, &[&seat["session_id"]], false).await.expect(200);
    assert_eq!(kept["results"][0]["ok"], true);
    // What would be refused anyway is refused for its own reason.
    let stranger = usher::license_key::LicenseKey::new("CODITECT", [7; 16]);
    server
        .acquire(stranger.reveal(), LAPTOP)
        .await
        .problem(404, "LICENSE_NOT_FOUND");

    let server = server.restart_certified(Expires::In(HOUR), None).await;
    server.heartbeat(&session).await.expect(200);
    server.acquire(&sold.key, DESKTOP).await.expect(200);
    assert_eq!(in_use(&server, &sold.license).await, 2);
}

#[tokio::test]
async fn one_token_that_cannot_be_signed_does_not_fail_a_batch() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"seats": 10})).await;
    let product = json!({"code": "other", "name": "Other", "key_prefix": "OTHER"});
    server.post("/products", product).await.expect(201);
    server
        .post("/plans", json!({"product": "other", "code": "one", "name": "One"}))
        .await
        .expect(201);
    let other = server
        .post("/licenses", json!({"plan": "one", "customer": "crm-1"}))
        .await
        .expect(201);
    let first = server.acquire(&sold.key, LAPTOP).await.expect(200);
    let uncertified = server.acquire(&text(&other["license_key"]), LAPTOP).await.expect(200);
    let last = server.acquire(&sold.key, DESKTOP).await.expect(200);

    let server = server.restart_certified(Expires::In(HOUR), Some(&["coditect"])).await;
    let sessions = [&first["session_id"], &uncertified["session_id"], &last["session_id"]];
    let answer = batch(&server, &sessions, true).await.expect(200);
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for (result, seat) in [(&results[0], &first), (&results[2], &last)] {
        assert_eq!((&result["ok"], &result["session"]), (&json!(true), &seat["session"]));
        assert!(result["signed_token"].is_string(), "{result}");
    }
    assert_eq!(results[1], json!({"ok": false, "code": "INTERNAL"}));
}
