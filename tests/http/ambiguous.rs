//! What a request says twice, says in the wrong place, or packs is refused by name: two readers could take it two ways.

use serde_json::json;

use crate::support::{Answer, TestServer, text};

#[tokio::test]
async fn a_header_that_counts_is_given_once() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let before = server.rows();
    let path = format!("/products/{}", sold.product);
    for (name, one, other) in [
        ("Content-Type", "application/json", "text/plain"),
        ("Idempotency-Key", "first", "second"),
        ("If-Match", "\"1\"", "\"2\""),
        ("Authorization", "Bearer other", "Bearer another"),
    ] {
        let request = server.request("PATCH", &path).body(r#"{"name": "Other"}"#);
        let request = match name {
            "Content-Type" => request,
            _ => request.header("Content-Type", "application/json"),
        };
        let problem = Answer::of(request.header(name, one).header(name, other)).await;
        let problem = problem.problem(400, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], name, "{problem}");
    }
    assert_eq!(server.rows(), before);
}

#[tokio::test]
async fn a_body_that_is_packed_is_refused() {
    let server = TestServer::start().await;
    let send = |coding: &'static str| {
        let request = server.request("POST", "/customers").header("Content-Encoding", coding);
        Answer::of(request.json(&json!({"name": "Ada Ltd"})))
    };
    for coding in ["gzip", "br", "identity, gzip"] {
        let problem = send(coding).await.problem(415, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], "Content-Encoding", "{problem}");
    }
    send("identity").await.expect(201);
}

#[tokio::test]
async fn a_call_that_changes_something_has_no_parameters_in_its_address() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let before = server.rows();
    for path in [
        "/customers?dry_run=true".to_owned(),
        "/cluster/join-tokens?expires_seconds=5".to_owned(),
        format!("/licenses/{}/rotate-key?x", sold.license),
    ] {
        let problem = server.post(&path, json!({})).await.problem(400, "INVALID_REQUEST");
        let field = text(&problem["errors"][0]["field"]);
        assert!(path.contains(&format!("?{field}")), "{path}: {problem}");
    }
    assert_eq!(server.rows(), before);
}

#[tokio::test]
async fn a_call_that_shows_one_thing_has_no_parameters_in_its_address() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    for path in [
        format!("/licenses/{}?expand=plan", sold.license),
        "/cluster?expand=1".to_owned(),
    ] {
        let problem = server.get(&path).await.problem(400, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], "expand", "{path}: {problem}");
    }
    let usage = format!("/licenses/{}/usage", sold.license);
    server.get(&format!("{usage}?limit=1")).await.expect(200);
    let problem = server
        .get(&format!("{usage}?expand=1"))
        .await
        .problem(400, "INVALID_REQUEST");
    assert_eq!(problem["errors"][0]["field"], "expand", "{problem}");
}

#[tokio::test]
async fn a_query_that_is_no_text_is_refused() {
    let server = TestServer::start().await;
    for query in ["search=%ff", "search=a%c3", "%fe=1"] {
        let problem = server.get(&format!("/products?{query}")).await;
        let problem = problem.problem(400, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], "query", "{query}: {problem}");
    }
    server.get("/products?search=%c3%a9+%EF%BF%BD").await.expect(200);
}
