//! Who may call what: every operation of the document, with every kind of token.

use serde_json::{Value, json};

use crate::support::{Answer, TestServer, text, until};

/// Every operation that needs a token, as a method and a path that exists in form.
fn guarded() -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&usher::api::document()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["security"].is_array() {
                let path = path.strip_prefix("/api/v1").unwrap().replace("{id}", "1");
                found.push((method.to_uppercase(), path));
            }
        }
    }
    assert!(found.len() > 30, "{}", found.len());
    found
}

async fn call(server: &TestServer, method: &str, path: &str, authorization: Option<&str>) -> Answer {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = server.client.request(method, server.url(path)).json(&json!({}));
    if let Some(authorization) = authorization {
        request = request.header("Authorization", authorization);
    }
    Answer::of(request).await
}

#[track_caller]
fn unauthenticated(answer: Answer, place: &str) {
    assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"usher\"", "{place}");
    answer.problem(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn no_guarded_operation_answers_without_a_valid_token() {
    let server = TestServer::start().await;
    let before = server.rows();
    let stranger = format!("Bearer usher_{}", "0".repeat(32));
    let basic = format!("Basic {}", server.token);
    let long = format!("Bearer {}", "x".repeat(4_096));
    let shown = [
        None,
        Some(&*stranger),
        Some("Bearer"),
        Some("Bearer "),
        Some(&*basic),
        Some(&*long),
    ];
    for (method, path) in guarded() {
        for authorization in shown {
            // The limit on failures is another test's subject.
            let answer = call(&server, &method, &path, authorization).await;
            if answer.status != 429 {
                unauthenticated(answer, &format!("{method} {path} {authorization:?}"));
            }
        }
    }
    assert_eq!(server.rows(), before);
}

#[tokio::test]
async fn a_heartbeat_token_opens_batches_and_nothing_else() {
    let server = TestServer::start().await;
    let made = server
        .post("/tokens", json!({"name": "gateway", "scope": "heartbeats"}))
        .await
        .expect(201);
    let authorization = format!("Bearer {}", text(&made["token"]));
    let before = server.rows();
    for (method, path) in guarded() {
        let answer = call(&server, &method, &path, Some(&authorization)).await;
        if path == "/licenses/heartbeats" {
            assert_eq!(
                answer.problem(400, "INVALID_REQUEST")["errors"][0]["field"],
                "session_ids"
            );
        } else {
            answer.problem(403, "FORBIDDEN");
        }
    }
    assert_eq!(server.rows(), before);
    let body = json!({"session_ids": []});
    let request = server
        .client
        .put(server.url("/licenses/heartbeats"))
        .header("Authorization", authorization);
    Answer::of(request.json(&body)).await.expect(200);
}

#[tokio::test]
async fn a_token_ends_when_it_expires_or_is_revoked() {
    let server = TestServer::start().await;
    let at = server
        .server
        .node()
        .cluster()
        .ledger(licensing::ledger::Ledger::at)
        .ms();
    let end = jiff::Timestamp::from_millisecond(i64::try_from(at).unwrap() + 1_500).unwrap();
    let short = json!({"name": "short", "scope": "admin", "expires_at": end.to_string()});
    let short = server.post("/tokens", short).await.expect(201);
    let authorization = format!("Bearer {}", text(&short["token"]));
    call(&server, "GET", "/products", Some(&authorization))
        .await
        .expect(200);
    let answer = until("the token's end", async || {
        let answer = call(&server, "GET", "/products", Some(&authorization)).await;
        (answer.status == 401).then_some(answer)
    })
    .await;
    unauthenticated(answer, "expired");
}

#[tokio::test]
async fn the_schemes_name_may_be_in_any_case() {
    let server = TestServer::start().await;
    let authorization = format!("bearer {}", server.token);
    call(&server, "GET", "/products", Some(&authorization))
        .await
        .expect(200);
}

#[tokio::test]
async fn the_last_token_that_administers_is_not_revoked() {
    let server = TestServer::start().await;
    let only = text(&server.get("/tokens").await.expect(200)["items"][0]["id"]);
    let revoke = async |id: &str| server.post(&format!("/tokens/{id}/revoke"), json!({})).await;
    let gateway = json!({"name": "gateway", "scope": "heartbeats"});
    server.post("/tokens", gateway).await.expect(201);
    let refused = revoke(&only).await.problem(409, "CONFLICT");
    assert!(text(&refused["detail"]).contains("make another"), "{refused}");
    let next = json!({"name": "next", "scope": "admin"});
    let next = server.post("/tokens", next).await.expect(201);
    revoke(&only).await.expect(200);
    let authorization = format!("Bearer {}", text(&next["token"]));
    unauthenticated(server.get("/tokens").await, "revoked");
    call(&server, "GET", "/tokens", Some(&authorization)).await.expect(200);
}
