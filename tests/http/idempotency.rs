//! A call that is sent again changes nothing and answers the same.

use serde_json::{Value, json};

use crate::support::{Answer, TestServer, text};

async fn named(server: &TestServer, name: &str, method: &str, path: &str, body: &Value) -> Answer {
    Answer::of(server.request(method, path).header("Idempotency-Key", name).json(body)).await
}

#[tokio::test]
async fn a_repeated_post_answers_the_same_license_key_and_makes_no_second_license() {
    let server = TestServer::start().await;
    server.sell(json!({})).await;
    let body = json!({"plan": "pro", "customer": "crm-1"});
    let first = named(&server, "order-17", "POST", "/licenses", &body).await.expect(201);
    let before = server.rows();
    let again = named(&server, "order-17", "POST", "/licenses", &body).await.expect(201);
    assert_eq!(first, again);
    assert_eq!(server.rows(), before);
    let other = named(&server, "order-18", "POST", "/licenses", &body).await.expect(201);
    assert_ne!(
        (&first["id"], &first["license_key"]),
        (&other["id"], &other["license_key"])
    );
}

#[tokio::test]
async fn every_post_that_makes_something_can_be_repeated() {
    let server = TestServer::start().await;
    let product = json!({"code": "coditect", "name": "Coditect", "key_prefix": "CODITECT"});
    for (path, body) in [
        ("/products", product),
        ("/plans", json!({"product": "coditect", "code": "pro", "name": "Pro"})),
        ("/customers", json!({"name": "Acme", "reference": "crm-1"})),
        ("/licenses", json!({"plan": "pro", "customer": "crm-1"})),
        ("/tokens", json!({"name": "ci", "scope": "heartbeats"})),
        ("/cluster/join-tokens", json!({})),
    ] {
        let first = named(&server, "the-same", "POST", path, &body).await.expect(201);
        let before = server.rows();
        assert_eq!(
            named(&server, "the-same", "POST", path, &body).await.expect(201),
            first,
            "{path}"
        );
        assert_eq!(server.rows(), before, "{path}");
    }
}

#[tokio::test]
async fn a_repeated_change_is_made_once() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let path = format!("/plans/{}", sold.plan);
    let change = json!({"seats": 5});
    let first = named(&server, "change-1", "PATCH", &path, &change).await.expect(200);
    let again = named(&server, "change-1", "PATCH", &path, &change).await.expect(200);
    assert_eq!((&first, &first["version"]), (&again, &json!(2)));
    let path = format!("/licenses/{}/suspend", sold.license);
    let reason = json!({"reason": "unpaid"});
    named(&server, "suspend-1", "POST", &path, &reason).await.expect(200);
    named(&server, "suspend-1", "POST", &path, &reason).await.expect(200);
    named(&server, "suspend-2", "POST", &path, &reason)
        .await
        .problem(409, "CONFLICT");
}

#[tokio::test]
async fn one_name_for_two_calls_is_refused() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let other = server
        .post("/licenses", json!({"plan": "pro", "customer": "crm-1"}))
        .await
        .expect(201);
    named(&server, "name-1", "POST", "/customers", &json!({"name": "A"}))
        .await
        .expect(201);
    let second = named(&server, "name-1", "POST", "/customers", &json!({"name": "B"})).await;
    second.problem(409, "REQUEST_ID_REUSED");
    let suspend = |license: &str| format!("/licenses/{license}/suspend");
    let reason = json!({"reason": "unpaid"});
    named(&server, "name-2", "POST", &suspend(&sold.license), &reason)
        .await
        .expect(200);
    let second = named(&server, "name-2", "POST", &suspend(&text(&other["id"])), &reason).await;
    second.problem(409, "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn another_token_may_use_the_same_name() {
    let server = TestServer::start().await;
    let made = server
        .post("/tokens", json!({"name": "ci", "scope": "admin"}))
        .await
        .expect(201);
    let body = json!({"name": "Acme"});
    let mine = named(&server, "name-1", "POST", "/customers", &body).await.expect(201);
    let request = server
        .client
        .post(server.url("/customers"))
        .bearer_auth(text(&made["token"]));
    let theirs = Answer::of(request.header("Idempotency-Key", "name-1").json(&body))
        .await
        .expect(201);
    assert_ne!(mine["id"], theirs["id"]);
}

#[tokio::test]
async fn a_refusal_is_repeated_too() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"seats": 1})).await;
    let seat = server.acquire(&sold.key, "laptop-fingerprint").await.expect(200);
    let ask =
        |request: &str| json!({"license_key": sold.key, "hardware_id": "other-fingerprint", "request_id": request});
    server
        .public("POST", "/licenses/acquire", &ask("request-1"))
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    server.release(&text(&seat["session_id"])).await.expect(200);
    server
        .public("POST", "/licenses/acquire", &ask("request-1"))
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    server
        .public("POST", "/licenses/acquire", &ask("request-2"))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_name_that_is_no_name_is_refused() {
    let server = TestServer::start().await;
    for name in ["", &"x".repeat(129)] {
        let problem = named(&server, name, "POST", "/customers", &json!({"name": "A"})).await;
        assert_eq!(
            problem.problem(400, "INVALID_REQUEST")["errors"][0]["field"],
            "Idempotency-Key"
        );
    }
}
