//! The seat calls: what a licensed application meets.

use serde_json::{Value, json};
use trust::{Expectations, FingerprintHash, Seq, UnixSeconds, verify_session};

use crate::support::{TestServer, text, until};

const LAPTOP: &str = "laptop-fingerprint";
const DESKTOP: &str = "desktop-fingerprint";

fn session_id(seat: &Value) -> String {
    text(&seat["session_id"])
}

#[tokio::test]
async fn acquire_answers_with_a_token_that_verifies_from_the_vendors_root() {
    let server = TestServer::start().await;
    let sold = server
        .sell(json!({"seats": 10, "entitlements": {"gpu": true, "projects": 20, "tier": "gold"}}))
        .await;
    let seat = server.acquire(&sold.key, LAPTOP).await.expect(200);

    let chain: Vec<String> = serde_json::from_value(seat["chain"].clone()).unwrap();
    let now = UnixSeconds::new(server.seams.clock.unix_ms() / 1_000);
    let expectations = Expectations {
        fingerprint: Some(FingerprintHash::of(LAPTOP)),
        product: Some("coditect".parse().unwrap()),
        ..Expectations::at(now)
    };
    let token = text(&seat["signed_token"]);
    let session = verify_session(&token, &chain, &server.keys.secrets.roots, &expectations).unwrap();
    assert_eq!(session.claims.session.as_str(), text(&seat["session"]));
    assert_eq!(session.claims.license.as_str(), sold.license);
    assert_eq!(session.claims.entitlements.len(), 3);
    assert_eq!(session.claims.expires_at.since(session.claims.issued_at).get(), 350);
    assert!(session_id(&seat).starts_with("sid_") && text(&seat["session"]).starts_with("ses_"));
}

#[tokio::test]
async fn acquire_answers_exactly_the_members_of_the_contract() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"seats": 10, "entitlements": {"gpu": true}})).await;
    let seat = server.acquire(&sold.key, LAPTOP).await.expect(200);
    let members: Vec<&String> = seat.as_object().unwrap().keys().collect();
    let contract = [
        "chain",
        "entitlements",
        "expires_at",
        "heartbeat_seconds",
        "license",
        "offline",
        "plan",
        "seats",
        "server_time",
        "session",
        "session_id",
        "signed_token",
        "ttl_seconds",
    ];
    assert_eq!(members, contract);
    assert_eq!(
        (&seat["ttl_seconds"], &seat["heartbeat_seconds"]),
        (&json!(350), &json!(300))
    );
    assert_eq!(seat["seats"], json!({"limit": 10, "in_use": 1}));
    assert_eq!(seat["plan"], json!({"code": "pro", "name": "Pro"}));
    assert_eq!(seat["license"], json!({"id": sold.license, "expires_at": null}));
    assert_eq!(
        (&seat["offline"]["mode"], &seat["offline"]["grace_seconds"]),
        (&json!("lenient"), &json!(86_400))
    );
    assert_eq!(seat["entitlements"], json!({"gpu": true}));
    assert!(text(&seat["server_time"]).ends_with('Z') && text(&seat["server_time"]).len() == 24);
}

#[tokio::test]
async fn every_member_of_an_acquire_is_accepted() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let body = json!({
        "license_key": sold.key.to_lowercase().replace('-', " ").replacen(' ', "-", 1),
        "hardware_id": LAPTOP,
        "jwt_token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln",
        "request_id": "request-1",
        "replaces": "sid_00000000000000000000000000",
        "client": {"instance": "1", "hostname": "h", "app": "a", "version": "1", "os": "", "sdk": null},
    });
    let seat = server.public("POST", "/licenses/acquire", &body).await.expect(200);
    let session = server
        .get(&format!("/sessions/{}", text(&seat["session"])))
        .await
        .expect(200);
    assert_eq!(
        session["client"],
        json!({
            "instance": "1", "hostname": "h", "app": "a", "version": "1", "os": null, "sdk": null,
        })
    );
}

#[tokio::test]
async fn the_same_request_id_gives_the_same_session_and_another_a_new_one() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let ask = |request: &str| json!({"license_key": sold.key, "hardware_id": LAPTOP, "request_id": request});
    let first = server
        .public("POST", "/licenses/acquire", &ask("request-1"))
        .await
        .expect(200);
    let again = server
        .public("POST", "/licenses/acquire", &ask("request-1"))
        .await
        .expect(200);
    let other = server
        .public("POST", "/licenses/acquire", &ask("request-2"))
        .await
        .expect(200);
    assert_eq!(first["session_id"], again["session_id"]);
    assert_ne!(first["session_id"], other["session_id"]);
    assert_eq!(other["seats"]["in_use"], 1, "one device's sessions share a seat");
}

#[tokio::test]
async fn a_full_license_refuses_another_device_and_says_when_to_come_back() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"seats": 1})).await;
    let seat = server.acquire(&sold.key, LAPTOP).await.expect(200);
    let answer = server.acquire(&sold.key, DESKTOP).await;
    let retry_after: u64 = answer.header("retry-after").parse().unwrap();
    let problem = answer.problem(409, "SEAT_LIMIT_REACHED");
    assert_eq!((&problem["limit"], &problem["in_use"]), (&json!(1), &json!(1)));
    assert_eq!(problem["retry_after"], retry_after);
    assert!((300..=360).contains(&retry_after), "{retry_after}");
    assert_eq!(problem["type"], "https://usher.dev/problems/seat-limit-reached");

    server.release(&session_id(&seat)).await.expect(200);
    server.acquire(&sold.key, DESKTOP).await.expect(200);
}

#[tokio::test]
async fn a_holder_has_at_most_the_sessions_of_its_plan() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"sessions_per_holder_max": 1})).await;
    let seat = server.acquire(&sold.key, LAPTOP).await.expect(200);
    server
        .acquire(&sold.key, LAPTOP)
        .await
        .problem(409, "HOLDER_LIMIT_REACHED");
    let body = json!({"license_key": sold.key, "hardware_id": LAPTOP, "replaces": seat["session_id"]});
    let second = server.public("POST", "/licenses/acquire", &body).await.expect(200);
    server
        .heartbeat(&session_id(&seat))
        .await
        .problem(410, "SESSION_RELEASED");
    server.heartbeat(&session_id(&second)).await.expect(200);
}

#[tokio::test]
async fn instances_are_holders_of_their_own_where_the_plan_says_so() {
    let server = TestServer::start().await;
    let sold = server
        .sell(json!({"seats": 1, "holder": "fingerprint_and_instance"}))
        .await;
    let ask =
        |instance: &str| json!({"license_key": sold.key, "hardware_id": LAPTOP, "client": {"instance": instance}});
    server
        .public("POST", "/licenses/acquire", &ask("one"))
        .await
        .expect(200);
    server
        .public("POST", "/licenses/acquire", &ask("two"))
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
}

#[tokio::test]
async fn a_heartbeat_answers_as_acquire_does_with_a_later_token() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let seat = server.acquire(&sold.key, LAPTOP).await.expect(200);
    let beat = server.heartbeat(&session_id(&seat)).await.expect(200);
    assert_eq!(
        seat.as_object().unwrap().keys().collect::<Vec<_>>(),
        beat.as_object().unwrap().keys().collect::<Vec<_>>()
    );
    assert_eq!(
        (&seat["session_id"], &seat["session"]),
        (&beat["session_id"], &beat["session"])
    );
    assert!(seq_of(&server, &beat) > seq_of(&server, &seat));
}

fn seq_of(server: &TestServer, seat: &Value) -> Seq {
    let chain: Vec<String> = serde_json::from_value(seat["chain"].clone()).unwrap();
    let now = UnixSeconds::new(server.seams.clock.unix_ms() / 1_000);
    let roots = &server.keys.secrets.roots;
    verify_session(&text(&seat["signed_token"]), &chain, roots, &Expectations::at(now))
        .unwrap()
        .claims
        .seq
}

#[tokio::test]
async fn releasing_is_idempotent_by_delete_and_by_post() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let seat = server.acquire(&sold.key, LAPTOP).await.expect(200);
    let body = json!({"session_id": seat["session_id"]});
    let released = server.public("DELETE", "/licenses/release", &body).await.expect(200);
    assert_eq!(released, json!({"session": seat["session"], "released": true}));
    for method in ["DELETE", "POST"] {
        let again = server.public(method, "/licenses/release", &body).await.expect(200);
        assert_eq!(again, json!({"session": seat["session"], "released": false}));
    }
    server
        .heartbeat(&session_id(&seat))
        .await
        .problem(410, "SESSION_RELEASED");
    let license = server.get(&format!("/licenses/{}", sold.license)).await.expect(200);
    assert_eq!(
        (&license["seats"]["in_use"], &license["seats"]["sessions"]),
        (&json!(0), &json!(0))
    );
}

#[tokio::test]
async fn a_session_that_was_never_there_is_not_found_and_its_release_changes_nothing() {
    let server = TestServer::start().await;
    server.sell(json!({})).await;
    let stranger = "sid_00000000000000000000000000";
    server.heartbeat(stranger).await.problem(404, "SESSION_NOT_FOUND");
    assert_eq!(server.release(stranger).await.expect(200)["released"], false);
    assert_eq!(server.metric("usher_unknown_sessions_total").await, Some(2.0));
}

#[tokio::test]
async fn an_unknown_key_is_answered_and_counted_but_never_proposed() {
    let server = TestServer::start().await;
    server.sell(json!({})).await;
    let before = (server.rows(), audit_size(&server));
    let stranger = usher::license_key::LicenseKey::new("CODITECT", [7; 16]);
    server
        .acquire(stranger.reveal(), LAPTOP)
        .await
        .problem(404, "LICENSE_NOT_FOUND");
    assert_eq!((server.rows(), audit_size(&server)), before);
    assert_eq!(server.metric("usher_unknown_license_keys_total").await, Some(1.0));
}

fn audit_size(server: &TestServer) -> u64 {
    server
        .server
        .node()
        .cluster()
        .ledger(licensing::ledger::Ledger::audit_size)
}

#[tokio::test]
async fn a_mistyped_key_is_told_from_an_unknown_one() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let last = if sold.key.ends_with('0') { "1" } else { "0" };
    let mistyped = format!("{}{last}", &sold.key[..sold.key.len() - 1]);
    let problem = server.acquire(&mistyped, LAPTOP).await.problem(400, "INVALID_REQUEST");
    assert_eq!(problem["errors"][0]["field"], "license_key");
    assert!(text(&problem["errors"][0]["problem"]).contains("mistyped"), "{problem}");
}

#[tokio::test]
async fn a_license_that_cannot_be_used_says_why() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let seat = server.acquire(&sold.key, LAPTOP).await.expect(200);
    let license = format!("/licenses/{}", sold.license);

    server
        .post(&format!("{license}/suspend"), json!({"reason": "unpaid"}))
        .await
        .expect(200);
    let problem = server
        .acquire(&sold.key, LAPTOP)
        .await
        .problem(403, "LICENSE_SUSPENDED");
    assert_eq!(problem["renewal_url"], "https://vendor.example/renew");
    assert!(text(&problem["detail"]).contains("unpaid"));
    server
        .heartbeat(&session_id(&seat))
        .await
        .problem(403, "LICENSE_SUSPENDED");

    server
        .post(&format!("{license}/reinstate"), json!({}))
        .await
        .expect(200);
    let seat = server.acquire(&sold.key, LAPTOP).await.expect(200);
    server
        .post(&format!("{license}/revoke"), json!({"reason": "fraud"}))
        .await
        .expect(200);
    server
        .heartbeat(&session_id(&seat))
        .await
        .problem(403, "LICENSE_REVOKED");
}

#[tokio::test]
async fn a_license_is_good_between_its_dates_only() {
    let server = TestServer::start().await;
    server.sell(json!({})).await;
    let future = json!({"plan": "pro", "customer": "crm-1", "starts_at": "2999-01-01T00:00:00Z"});
    let future = server.post("/licenses", future).await.expect(201);
    server
        .acquire(&text(&future["license_key"]), LAPTOP)
        .await
        .problem(403, "LICENSE_NOT_STARTED");
    let past = json!({
        "plan": "pro", "customer": "crm-1",
        "starts_at": "2001-01-01T00:00:00Z", "expires_at": "2002-01-01T00:00:00Z",
    });
    let past = server.post("/licenses", past).await.expect(201);
    assert_eq!(
        (&future["status"], &past["status"]),
        (&json!("not_started"), &json!("expired"))
    );
    let problem = server
        .acquire(&text(&past["license_key"]), LAPTOP)
        .await
        .problem(403, "LICENSE_EXPIRED");
    assert!(text(&problem["detail"]).contains("2002-01-01"), "{problem}");
}

#[tokio::test]
async fn a_revoked_session_learns_of_it_and_why() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let seat = server.acquire(&sold.key, LAPTOP).await.expect(200);
    let path = format!("/sessions/{}/revoke", text(&seat["session"]));
    let session = server
        .post(&path, json!({"reason": "moved to another team"}))
        .await
        .expect(200);
    assert_eq!(
        (&session["status"], &session["reason"]),
        (&json!("revoked"), &json!("moved to another team"))
    );
    let problem = server
        .heartbeat(&session_id(&seat))
        .await
        .problem(410, "SESSION_REVOKED");
    assert!(text(&problem["detail"]).contains("moved to another team"));
}

#[tokio::test]
async fn a_silent_session_expires_and_its_seat_is_free() {
    let server = TestServer::start().await;
    let sold = server
        .sell(json!({"seats": 1, "ttl_seconds": 2, "heartbeat_seconds": 1, "offline": "strict"}))
        .await;
    let seat = server.acquire(&sold.key, LAPTOP).await.expect(200);
    until("the seat's end", async || {
        (server.acquire(&sold.key, DESKTOP).await.status == 200).then_some(())
    })
    .await;
    server
        .heartbeat(&session_id(&seat))
        .await
        .problem(410, "SESSION_EXPIRED");
}

#[tokio::test]
async fn a_batch_of_heartbeats_answers_each_session_in_order() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"seats": 2})).await;
    let laptop = server.acquire(&sold.key, LAPTOP).await.expect(200);
    let desktop = server.acquire(&sold.key, DESKTOP).await.expect(200);
    server.release(&session_id(&desktop)).await.expect(200);
    let ids = json!([
        desktop["session_id"],
        "sid_00000000000000000000000000",
        laptop["session_id"]
    ]);

    let answer = Box::pin(
        server
            .request("PUT", "/licenses/heartbeats")
            .json(&json!({"session_ids": ids}))
            .send(),
    );
    let results: Value = answer.await.unwrap().json().await.unwrap();
    assert_eq!(results["results"][0], json!({"ok": false, "code": "SESSION_RELEASED"}));
    assert_eq!(results["results"][1], json!({"ok": false, "code": "SESSION_NOT_FOUND"}));
    let beat = &results["results"][2];
    assert_eq!((&beat["ok"], &beat["session"]), (&json!(true), &laptop["session"]));
    assert!(beat["expires_at"].is_string() && beat["signed_token"].is_null());

    let body = json!({"session_ids": [laptop["session_id"]], "tokens": true});
    let answer = server
        .request("PUT", "/licenses/heartbeats")
        .json(&body)
        .send()
        .await
        .unwrap();
    let results: Value = answer.json().await.unwrap();
    let token = text(&results["results"][0]["signed_token"]);
    let chain: Vec<String> = serde_json::from_value(laptop["chain"].clone()).unwrap();
    let now = UnixSeconds::new(server.seams.clock.unix_ms() / 1_000);
    verify_session(&token, &chain, &server.keys.secrets.roots, &Expectations::at(now)).unwrap();
}

#[tokio::test]
async fn an_empty_batch_is_answered_empty() {
    let server = TestServer::start().await;
    let answer = server
        .request("PUT", "/licenses/heartbeats")
        .json(&json!({"session_ids": []}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({"results": []}));
}
