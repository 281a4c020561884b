//! What a caller may use up, and what happens beyond it.

use std::time::Duration;

use licensing::id::encode_base32;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use usher::api::ApiLimits;
use usher::serve::ServeLimits;

use crate::support::{Answer, Options, SOON, TestServer, until};

async fn connect(server: &TestServer) -> TcpStream {
    TcpStream::connect(server.server.api_address()).await.unwrap()
}

/// Everything that the server still sends before it closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is reset has ended as well.
    let _ = timeout(SOON, stream.read_to_end(&mut bytes))
        .await
        .expect("the server closes the connection");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_read() {
    let server = TestServer::start().await;
    let mut stream = connect(&server).await;
    let head = "POST /api/v1/licenses/acquire HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
    stream
        .write_all(format!("{head}Content-Length: 1073741824\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let answer = rest(&mut stream).await;
    assert!(
        answer.starts_with("HTTP/1.1 413 ") && answer.contains("INVALID_REQUEST"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_body_of_unknown_length_is_cut_off_at_the_limit() {
    let server = TestServer::start().await;
    let mut stream = connect(&server).await;
    let head = "POST /api/v1/licenses/acquire HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
    stream
        .write_all(format!("{head}Transfer-Encoding: chunked\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let chunk = format!("400\r\n{}\r\n", " ".repeat(0x400));
    let mut sent = 0;
    while sent <= 64 && stream.write_all(chunk.as_bytes()).await.is_ok() {
        sent += 1;
    }
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "after {sent} KiB: {answer}");
}

#[tokio::test]
async fn the_largest_body_is_read_and_one_byte_more_is_not() {
    let server = TestServer::start().await;
    let padded = |path: &str, bytes: usize| {
        let body = format!("{{}}{}", " ".repeat(bytes - 2));
        server
            .request("PUT", path)
            .header("Content-Type", "application/json")
            .body(body)
    };
    Answer::of(padded("/licenses/heartbeat", 65_536))
        .await
        .problem(400, "INVALID_REQUEST");
    Answer::of(padded("/licenses/heartbeat", 65_537))
        .await
        .problem(413, "INVALID_REQUEST");
    Answer::of(padded("/licenses/heartbeats", 1_048_576))
        .await
        .problem(400, "INVALID_REQUEST");
    Answer::of(padded("/licenses/heartbeats", 1_048_577))
        .await
        .problem(413, "INVALID_REQUEST");
}

#[tokio::test]
async fn ten_thousand_sessions_are_one_batch_and_one_more_is_none() {
    let server = TestServer::start().await;
    let ids = |count: usize| json!({"session_ids": vec!["sid_00000000000000000000000000"; count]});
    let answer = Answer::of(server.request("PUT", "/licenses/heartbeats").json(&ids(10_000)))
        .await
        .expect(200);
    assert_eq!(answer["results"].as_array().unwrap().len(), 10_000);
    let problem = Answer::of(server.request("PUT", "/licenses/heartbeats").json(&ids(10_001))).await;
    assert_eq!(
        problem.problem(400, "INVALID_REQUEST")["errors"][0]["field"],
        "session_ids"
    );
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_given_up() {
    let limits = ApiLimits {
        body_within: Duration::from_millis(200),
        ..ApiLimits::default()
    };
    let server = TestServer::with(Options {
        api_limits: limits,
        ..Options::default()
    })
    .await;
    let mut stream = connect(&server).await;
    let head = "POST /api/v1/licenses/acquire HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
    stream
        .write_all(format!("{head}Content-Length: 100\r\n\r\n{{").as_bytes())
        .await
        .unwrap();
    let answer = rest(&mut stream).await;
    assert!(
        answer.starts_with("HTTP/1.1 408 ") && answer.contains("INVALID_REQUEST"),
        "{answer}"
    );
}

fn impatient() -> Options {
    let serve_limits = ServeLimits {
        head_within: Duration::from_millis(300),
        idle_max: Duration::from_millis(900),
        ..ServeLimits::default()
    };
    Options {
        serve_limits,
        ..Options::default()
    }
}

#[tokio::test]
async fn a_head_that_trickles_in_is_given_up() {
    let server = TestServer::with(impatient()).await;
    let mut stream = connect(&server).await;
    let started = Instant::now();
    stream
        .write_all(b"GET /api/v1/products HTTP/1.1\r\nHost: a\r\n")
        .await
        .unwrap();
    while stream.write_all(b"X-Slow: 1\r\n").await.is_ok() {
        assert!(started.elapsed() < SOON, "a slow head holds its connection");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let server = TestServer::with(impatient()).await;
    let mut stream = connect(&server).await;
    let started = Instant::now();
    rest(&mut stream).await;
    assert!(
        started.elapsed() >= Duration::from_millis(800),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_quiet_connection_stays_open_between_requests_for_as_long_as_it_may() {
    let server = TestServer::with(impatient()).await;
    let mut stream = connect(&server).await;
    let mut answer = [0; 4_096];
    for pause_ms in [0, 500, 500] {
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        stream
            .write_all(b"GET /api/v1/nothing HTTP/1.1\r\nHost: a\r\n\r\n")
            .await
            .unwrap();
        let read = timeout(SOON, stream.read(&mut answer)).await.unwrap().unwrap();
        assert!(answer[..read].starts_with(b"HTTP/1.1 404 "));
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = TestServer::start().await;
    let mut stream = connect(&server).await;
    let head = format!(
        "GET /api/v1/products HTTP/1.1\r\nHost: a\r\nX-Long: {}\r\n\r\n",
        "x".repeat(80_000)
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let answer = rest(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn one_source_has_so_many_connections_and_no_more() {
    let serve_limits = ServeLimits {
        connections_per_source_max: 3,
        ..ServeLimits::default()
    };
    let server = TestServer::with(Options {
        serve_limits,
        ..Options::default()
    })
    .await;
    let held = [connect(&server).await, connect(&server).await, connect(&server).await];
    let refused = until("a refused connection", async || {
        let mut stream = connect(&server).await;
        timeout(Duration::from_millis(200), rest(&mut stream)).await.ok()
    })
    .await;
    assert_eq!(refused, "");
    drop(held);
    until("a free place", async || {
        server.request("GET", "/cluster").send().await.ok()
    })
    .await;
}

#[tokio::test]
async fn strangers_are_slowed_down_and_customers_are_not() {
    let limits = ApiLimits {
        failed_lookups_burst: 3,
        failed_lookups_per_minute: 6,
        ..ApiLimits::default()
    };
    let server = TestServer::with(Options {
        api_limits: limits,
        ..Options::default()
    })
    .await;
    let sold = server.sell(json!({})).await;
    let stranger = |n: u8| {
        usher::license_key::LicenseKey::new("CODITECT", [n; 16])
            .reveal()
            .to_owned()
    };
    for n in 0..3 {
        server
            .acquire(&stranger(n), "laptop-fingerprint")
            .await
            .problem(404, "LICENSE_NOT_FOUND");
    }
    let answer = server.acquire(&stranger(3), "laptop-fingerprint").await;
    let retry_after: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=10).contains(&retry_after), "{retry_after}");
    assert_eq!(answer.problem(429, "RATE_LIMITED")["retry_after"], retry_after);
    let request = server
        .client
        .get(server.url("/products"))
        .bearer_auth(format!("usher_{}", "0".repeat(32)));
    Answer::of(request).await.problem(429, "RATE_LIMITED");

    for n in 0..20 {
        let seat = server.acquire(&sold.key, "laptop-fingerprint").await;
        assert!(matches!(seat.status, 200 | 409), "{n}: {}", seat.body);
        server.get("/products").await.expect(200);
    }
}

#[tokio::test]
async fn laptops_that_wake_after_a_weekend_are_no_strangers() {
    let server = TestServer::start().await;
    server.sell(json!({})).await;
    let forgotten = |n: u128| format!("sid_{}", encode_base32(&n.to_be_bytes()));
    for n in 0..250 {
        server.heartbeat(&forgotten(n)).await.problem(404, "SESSION_NOT_FOUND");
        assert_eq!(server.release(&forgotten(n)).await.expect(200)["released"], false);
    }
}
