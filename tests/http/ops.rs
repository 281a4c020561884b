//! Probes and metrics.

use serde_json::json;

use crate::support::{TestServer, until};

async fn probe(server: &TestServer, path: &str) -> (u16, String) {
    let response = server.client.get(server.ops_url(path)).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn a_founded_node_is_alive_and_ready() {
    let server = TestServer::start().await;
    assert_eq!(probe(&server, "/livez").await, (200, "ok\n".to_owned()));
    until("readiness", async || {
        (probe(&server, "/readyz").await.0 == 200).then_some(())
    })
    .await;
    let (status, report) = probe(&server, "/readyz?verbose").await;
    assert_eq!(status, 200);
    let checks = ["storage", "draining", "leader", "recovered", "member", "signer"];
    assert_eq!(report, checks.map(|check| format!("{check}: ok\n")).concat());
    let (_, report) = probe(&server, "/readyz?verbose&exclude=leader&exclude=signer").await;
    assert!(!report.contains("leader") && !report.contains("signer") && report.contains("storage"));
}

#[tokio::test]
async fn a_probe_for_what_is_not_known_is_refused() {
    let server = TestServer::start().await;
    assert_eq!(probe(&server, "/readyz?exclude=quorum").await.0, 400);
    assert_eq!(probe(&server, "/livez?foo").await.0, 400);
    assert_eq!(probe(&server, "/nothing").await.0, 404);
}

#[tokio::test]
async fn metrics_count_what_happened_and_name_no_license() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"seats": 1})).await;
    let seat = server.acquire(&sold.key, "laptop-fingerprint").await.expect(200);
    server
        .acquire(&sold.key, "other-fingerprint")
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    let session = seat["session_id"].as_str().unwrap();
    server.heartbeat(session).await.expect(200);
    let label = r#"{product="coditect"}"#;
    for (name, value) in [
        ("usher_acquires_total{result=\"granted\"}".to_owned(), 1.0),
        ("usher_acquires_total{result=\"SEAT_LIMIT_REACHED\"}".to_owned(), 1.0),
        ("usher_heartbeats_total{result=\"renewed\"}".to_owned(), 1.0),
        (format!("usher_seats_limit{label}"), 1.0),
        (format!("usher_seats_in_use{label}"), 1.0),
        (format!("usher_sessions_live{label}"), 1.0),
        ("usher_raft_has_leader".to_owned(), 1.0),
        ("usher_raft_is_leader".to_owned(), 1.0),
        ("usher_raft_voters".to_owned(), 1.0),
    ] {
        assert_eq!(server.metric(&name).await, Some(value), "{name}");
    }
    server.release(session).await.expect(200);
    assert_eq!(server.metric("usher_releases_total").await, Some(1.0));
    assert_eq!(server.metric(&format!("usher_seats_in_use{label}")).await, Some(0.0));

    let (_, text) = probe(&server, "/metrics").await;
    for name in [
        "usher_build_info",
        "usher_storage_fsync_duration_seconds_bucket",
        "usher_http_request_duration_seconds_sum",
        "\nprocess_cpu_seconds_total ",
        "\nprocess_resident_memory_bytes ",
    ] {
        assert!(text.contains(name), "{name} is missing");
    }
    assert!(
        text.contains(r#"route="/api/v1/licenses/acquire",method="POST",code="200""#),
        "{text}"
    );
    assert!(text.ends_with("# EOF\n"));
    for secret in [&sold.license, &sold.customer, &sold.key, session] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn invented_methods_and_paths_make_no_new_labels() {
    let server = TestServer::start().await;
    for n in 0..3 {
        let method = reqwest::Method::from_bytes(format!("INVENTED{n}").as_bytes()).unwrap();
        server
            .client
            .request(method, server.url(&format!("/invented/{n}")))
            .send()
            .await
            .unwrap();
    }
    let (_, text) = probe(&server, "/metrics").await;
    assert!(!text.to_lowercase().contains("invented"), "{text}");
    let name = r#"usher_http_request_duration_seconds_count{route="unknown",method="other",code="404"}"#;
    assert_eq!(server.metric(name).await, Some(3.0));
}
