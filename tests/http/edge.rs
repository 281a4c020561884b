//! What is around every call: headers, TLS, panics, the end of the server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use raft::seams::{BoxFuture, BoxStream, Listener};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower::ServiceExt;
use usher::api::{self, Api, ApiConfig, ApiLimits};
use usher::ops::Metrics;
use usher::serve::{ServeError, ServeLimits, Transport, serve};
use usher::server::ApiTransport;
use usher::signer::Signer;

use crate::support::{Answer, Options, SOON, TestServer};

#[tokio::test]
async fn every_answer_is_named_and_kept_out_of_caches_and_frames() {
    let server = TestServer::start().await;
    let answers = [
        server.get("/cluster").await,
        server.get("/nothing").await,
        server.acquire("nonsense", "laptop-fingerprint").await,
        Answer::of(server.client.get(server.url("/openapi.json"))).await,
    ];
    let mut names = std::collections::BTreeSet::new();
    for answer in &answers {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'")
        );
        assert!(answer.header("x-request-id").starts_with("req_"));
        names.insert(answer.header("x-request-id").to_owned());
    }
    assert_eq!(names.len(), answers.len(), "each call has an id of its own");
}

#[tokio::test]
async fn the_document_is_served_as_it_is_checked_in() {
    let server = TestServer::start().await;
    let document = server.fetch(&server.url("/openapi.json")).await;
    assert!(document == usher::api::document());
}

#[tokio::test]
async fn an_unknown_path_is_a_problem_too() {
    let server = TestServer::start().await;
    for path in ["/nothing", "/licenses/acquire/", "//products"] {
        let problem = server.get(path).await.problem(404, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], "path");
    }
}

#[tokio::test]
async fn a_panic_is_answered_and_the_server_lives_on() {
    let server = TestServer::start().await;
    let secrets = &server.keys.secrets;
    let signer = Signer::new(Arc::clone(&secrets.signing), secrets.chain.clone(), &secrets.roots).unwrap();
    let api = Api::new(ApiConfig {
        cluster: server.server.node().cluster().clone(),
        lookup: secrets.lookup.clone(),
        signer: Arc::new(signer),
        authority: server.keys.identity.authority.clone(),
        cluster_id: server.keys.identity.cluster,
        seams: server.seams.clone(),
        metrics: Metrics::new(),
        stopping: tokio::sync::watch::channel(false).1,
        tls: false,
        limits: ApiLimits::default(),
    });
    let broken = axum::Router::new().route("/broken", axum::routing::get(broken));
    let router = api::around(&api, broken);
    let request = || {
        axum::http::Request::get("/broken")
            .body(axum::body::Body::empty())
            .unwrap()
    };
    for _ in 0..2 {
        let response = router.clone().oneshot(request()).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["code"], "INTERNAL");
        assert!(
            !problem.to_string().contains("inner secret"),
            "the client does not read why"
        );
    }
}

async fn broken() -> &'static str {
    panic!("inner secret")
}

#[tokio::test]
async fn https_is_spoken_with_the_clusters_certificate_over_http_2() {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let transport = ApiTransport::ByCluster { names };
    let server = TestServer::with(Options {
        transport,
        ..Options::default()
    })
    .await;
    let authority = reqwest::Certificate::from_der(&server.keys.identity.authority.certificate).unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([authority])
        .timeout(SOON)
        .build()
        .unwrap();
    let url = format!(
        "https://127.0.0.1:{}/api/v1/openapi.json",
        server.server.api_address().port()
    );
    let response = client.get(&url).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.version()),
        (200, reqwest::Version::HTTP_2)
    );

    let stranger = reqwest::Client::builder().no_proxy().timeout(SOON).build().unwrap();
    assert!(
        stranger.get(&url).send().await.is_err(),
        "nobody else's certificate authority vouches for it"
    );
}

#[tokio::test]
async fn a_client_that_does_not_speak_tls_is_let_go() {
    let transport = ApiTransport::ByCluster {
        names: vec!["localhost".to_owned()],
    };
    let serve_limits = ServeLimits {
        handshake_within: Duration::from_millis(200),
        ..ServeLimits::default()
    };
    let server = TestServer::with(Options {
        serve_limits,
        transport,
        ..Options::default()
    })
    .await;
    for greeting in [&b"GET / HTTP/1.1\r\n\r\n"[..], b""] {
        let mut stream = TcpStream::connect(server.server.api_address()).await.unwrap();
        stream.write_all(greeting).await.unwrap();
        let mut rest = Vec::new();
        let _ = timeout(SOON, stream.read_to_end(&mut rest))
            .await
            .expect("the server closes the connection");
        assert!(!rest.starts_with(b"HTTP/"), "nothing is answered in the clear");
    }
}

/// A listener on an address that a network reaches.
struct Open;

impl Listener for Open {
    fn accept(&self) -> BoxFuture<'_, io::Result<(BoxStream, SocketAddr)>> {
        Box::pin(std::future::pending())
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok("10.0.0.1:4600".parse().unwrap())
    }
}

#[tokio::test]
async fn plain_http_is_spoken_on_loopback_only() {
    let refused = serve(
        Box::new(Open),
        Transport::PlainOnLoopback,
        axum::Router::new(),
        ServeLimits::default(),
        Metrics::new(),
        std::future::pending(),
    );
    assert!(matches!(refused.await, Err(ServeError::PlainBeyondLoopback(_))));
}

#[tokio::test]
async fn a_request_in_flight_is_answered_before_the_server_ends() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let seat = server.acquire(&sold.key, "laptop-fingerprint").await.expect(200);
    let mut stream = TcpStream::connect(server.server.api_address()).await.unwrap();
    let body = json!({"session_id": seat["session_id"]}).to_string();
    let head = "PUT /api/v1/licenses/heartbeat HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
    stream
        .write_all(format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes())
        .await
        .unwrap();
    // The head must have been read before the end begins; a second call on another connection comes after it.
    server.get("/cluster").await.expect(200);
    let ending = tokio::spawn(server.server.shutdown());
    tokio::time::sleep(Duration::from_millis(50)).await;
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(SOON, stream.read_to_string(&mut answer))
        .await
        .unwrap()
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    timeout(SOON, ending).await.unwrap().unwrap();
}
