//! A call that is sent again changes nothing and answers the same.

use std::sync::Arc;

use licensing::REMEMBERED_FOR;
use serde_json::{Value, json};

use crate::support::{Answer, MovableClock, Options, TestServer, text};

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

async fn with_movable_clock() -> (TestServer, Arc<MovableClock>) {
    let clock = Arc::new(MovableClock::default());
    let options = Options {
        clock: Arc::<MovableClock>::clone(&clock),
        ..Options::default()
    };
    (TestServer::with(options).await, clock)
}

/// Rotates a license's key under a name, and gives the new one.
async fn rotate(server: &TestServer, license: &str, name: &str) -> Answer {
    named(
        server,
        name,
        "POST",
        &format!("/licenses/{license}/rotate-key"),
        &json!({}),
    )
    .await
}

fn key_of(answer: Answer) -> String {
    text(&answer.expect(200)["license_key"])
}

/// Whether a key opens its license.
async fn opens(server: &TestServer, key: &str) -> bool {
    match server.acquire(key, "laptop-fingerprint").await.status {
        200 => true,
        404 => false,
        other => panic!("a key was answered {other}"),
    }
}

#[tokio::test]
async fn a_rotation_that_is_sent_again_gives_the_same_key() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"sessions_per_holder_max": 100})).await;
    let first = rotate(&server, &sold.license, "rotate").await.expect(200);
    assert_eq!(rotate(&server, &sold.license, "rotate").await.expect(200), first);
    // What others change of the license meanwhile does not matter.
    server
        .patch(&format!("/licenses/{}", sold.license), json!({"seats": 7}))
        .await
        .expect(200);
    let again = rotate(&server, &sold.license, "rotate").await;
    assert_eq!(key_of(again), text(&first["license_key"]));
    assert!(opens(&server, &text(&first["license_key"])).await);
    assert!(!opens(&server, &sold.key).await, "the key before opens nothing");
}

#[tokio::test]
async fn a_name_that_was_forgotten_rotates_to_a_key_that_never_was() {
    let (server, clock) = with_movable_clock().await;
    let sold = server.sell(json!({"sessions_per_holder_max": 100})).await;
    let mut keys = vec![sold.key.clone()];
    for _ in 0..3 {
        keys.push(key_of(rotate(&server, &sold.license, "rotate").await));
        server.pass(&clock, REMEMBERED_FOR).await;
    }
    let last = keys.pop().unwrap();
    assert!(opens(&server, &last).await);
    for (at, key) in keys.iter().enumerate() {
        assert!(
            !keys[..at].contains(key) && *key != last,
            "each rotation gives another key"
        );
        assert!(!opens(&server, key).await, "a key that was rotated away opens nothing");
    }
}

#[tokio::test]
async fn a_key_that_was_rotated_away_is_neither_shown_again_nor_comes_back() {
    let (server, clock) = with_movable_clock().await;
    let sold = server.sell(json!({"sessions_per_holder_max": 100})).await;
    let first = key_of(rotate(&server, &sold.license, "rotate-1").await);
    let second = key_of(rotate(&server, &sold.license, "rotate-2").await);
    let problem = rotate(&server, &sold.license, "rotate-1")
        .await
        .problem(409, "CONFLICT");
    assert!(text(&problem["detail"]).contains("Idempotency-Key"), "{problem}");
    assert!(!opens(&server, &first).await && opens(&server, &second).await);

    server.pass(&clock, REMEMBERED_FOR).await;
    let third = key_of(rotate(&server, &sold.license, "rotate-1").await);
    assert!(third != first && third != second);
    assert!(!opens(&server, &first).await && opens(&server, &third).await);
}

#[tokio::test]
async fn one_name_rotates_the_keys_of_two_licenses_apart() {
    let (server, clock) = with_movable_clock().await;
    let sold = server.sell(json!({"sessions_per_holder_max": 100})).await;
    let body = json!({"plan": "pro", "customer": "crm-1"});
    let other = text(&server.post("/licenses", body).await.expect(201)["id"]);
    let leaked = key_of(rotate(&server, &sold.license, "rotate").await);
    rotate(&server, &other, "rotate")
        .await
        .problem(409, "REQUEST_ID_REUSED");
    rotate(&server, &sold.license, "rotate-again").await.expect(200);
    server.pass(&clock, REMEMBERED_FOR).await;
    let key = key_of(rotate(&server, &other, "rotate").await);
    assert_ne!(key, leaked, "one license's former key is not another's new one");
    assert!(!opens(&server, &leaked).await && opens(&server, &key).await);
}

#[tokio::test]
async fn a_rotation_that_other_changes_overtake_is_made_all_the_same() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"sessions_per_holder_max": 100})).await;
    let path = format!("/licenses/{}", sold.license);
    let change = |seats: u32| server.patch(&path, json!({ "seats": seats }));
    for round in 0..5 {
        let name = format!("rotate-{round}");
        let (rotated, ..) = tokio::join!(
            rotate(&server, &sold.license, &name),
            change(10 + round),
            change(20 + round),
            change(30 + round)
        );
        let key = key_of(rotated);
        assert!(opens(&server, &key).await, "round {round}");
        let again = rotate(&server, &sold.license, &name).await;
        assert_eq!(key_of(again), key, "round {round}");
    }
}
