//! Sessions, tokens, the cluster, the audit and usage, as operators see them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use licensing::time::Span;
use serde_json::{Value, json};

use crate::support::{Answer, MovableClock, Options, TestServer, text, until};

#[tokio::test]
async fn sessions_are_listed_in_pages_all_of_them_or_one_licenses() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"seats": 5})).await;
    let other = server
        .post("/licenses", json!({"plan": "pro", "customer": "crm-1"}))
        .await
        .expect(201);
    for n in 0..5 {
        server.acquire(&sold.key, &format!("device-{n}")).await.expect(200);
    }
    server
        .acquire(&text(&other["license_key"]), "device-of-other")
        .await
        .expect(200);
    assert_eq!(all(&server, "").await.len(), 6);
    assert_eq!(all(&server, &format!("&license={}", sold.license)).await.len(), 5);
    assert_eq!(all(&server, &format!("&license={}", text(&other["id"]))).await.len(), 1);
    assert_eq!(all(&server, &format!("&license=lic_{}", "0".repeat(26))).await.len(), 0);
}

async fn all(server: &TestServer, query: &str) -> BTreeSet<String> {
    let (mut seen, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let page = server
            .get(&format!("/sessions?limit=2{query}{cursor}"))
            .await
            .expect(200);
        for session in page["items"].as_array().unwrap() {
            assert_eq!(session["status"], "live");
            assert!(seen.insert(text(&session["session"])), "a session is listed once");
        }
        let Some(next) = page["next_cursor"].as_str() else {
            return seen;
        };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn a_session_shows_how_it_ended() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let seat = server.acquire(&sold.key, "laptop-fingerprint").await.expect(200);
    let path = format!("/sessions/{}", text(&seat["session"]));
    let live = server.get(&path).await.expect(200);
    assert_eq!(
        (&live["status"], &live["license"]),
        (&json!("live"), &json!(sold.license))
    );
    assert!(
        live["expires_in_seconds"]
            .as_u64()
            .is_some_and(|left| (300..=360).contains(&left)),
        "{live}"
    );
    server.release(&text(&seat["session_id"])).await.expect(200);
    let ended = server.get(&path).await.expect(200);
    assert_eq!(
        (&ended["status"], ended["ended_at"].is_string()),
        (&json!("released"), true)
    );
    let problem = server.post(&format!("{path}/revoke"), json!({"reason": "late"})).await;
    problem.problem(410, "SESSION_RELEASED");
}

#[tokio::test]
async fn a_token_is_made_used_listed_and_revoked() {
    let server = TestServer::start().await;
    let new = json!({"name": "ci", "scope": "admin", "expires_at": "2999-01-01T00:00:00Z"});
    let made = server.post("/tokens", new).await.expect(201);
    let secret = text(&made["token"]);
    assert!(secret.starts_with("usher_"));
    let by_it = || Answer::of(server.client.get(server.url("/products")).bearer_auth(&secret));
    by_it().await.expect(200);
    let path = format!("/tokens/{}", text(&made["id"]));
    let shown = server.get(&path).await.expect(200);
    assert!(shown["token"].is_null() && shown["revoked_at"].is_null());
    let listed = server.get("/tokens?limit=200").await.expect(200);
    assert_eq!(
        listed["items"].as_array().unwrap().len(),
        2,
        "the founder's and this one"
    );
    assert!(!listed.to_string().contains(&secret));
    for _ in 0..2 {
        let revoked = Answer::of(server.request("POST", &format!("{path}/revoke")))
            .await
            .expect(200);
        assert!(revoked["revoked_at"].is_string());
    }
    by_it().await.problem(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn the_cluster_shows_its_nodes() {
    let server = TestServer::start().await;
    let cluster = server.get("/cluster").await.expect(200);
    assert_eq!(
        (&cluster["node"], &cluster["leader"], &cluster["voters"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(
        (&cluster["tolerance"], &cluster["nodes"][0]["role"]),
        (&json!(0), &json!("leader"))
    );
    assert_eq!(cluster["nodes"][0]["peer_address"], "127.0.0.1:4700");
    assert_eq!(text(&cluster["id"]), server.keys.identity.cluster.to_string());
}

#[tokio::test]
async fn a_join_token_is_shown_once_and_is_one_that_a_node_can_read() {
    let server = TestServer::start().await;
    let answer = Answer::of(server.request("POST", "/cluster/join-tokens")).await;
    let made = answer.expect(201);
    let token: raft::JoinToken = text(&made["token"]).parse().unwrap();
    assert_eq!(token.cluster, server.keys.identity.cluster);
    assert_eq!(token.ca_hash, server.keys.identity.authority.hash());
    assert_eq!(token.id.to_string(), text(&made["id"]));
    let listed = server.get("/cluster/join-tokens").await.expect(200);
    assert_eq!(listed["items"][0]["id"], made["id"]);
    assert!(listed["items"][0]["token"].is_null());
    server
        .post("/cluster/join-tokens", json!({"expires_seconds": 0}))
        .await
        .problem(400, "INVALID_REQUEST");
    server
        .post("/cluster/join-tokens", json!({"expires_seconds": 60}))
        .await
        .expect(201);
}

#[tokio::test]
async fn the_only_node_cannot_hand_over_its_lead_to_nobody_else() {
    let server = TestServer::start().await;
    server
        .post("/cluster/transfer", json!({"to": 9}))
        .await
        .problem(409, "CONFLICT");
    // Without a name there is nobody to hand it to, and nothing is done.
    Answer::of(server.request("POST", "/cluster/transfer"))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_node_that_is_not_there_cannot_be_removed() {
    let server = TestServer::start().await;
    for id in ["9", "x", "-1", "18446744073709551616"] {
        Answer::of(server.request("DELETE", &format!("/cluster/nodes/{id}")))
            .await
            .problem(404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn the_audit_tells_grants_ends_changes_and_refusals_in_order() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"seats": 1})).await;
    let seat = server.acquire(&sold.key, "laptop-fingerprint").await.expect(200);
    server
        .acquire(&sold.key, "other-fingerprint")
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    server.release(&text(&seat["session_id"])).await.expect(200);
    let page = until("the audit's last record", async || {
        let page = server.get("/audit?limit=200").await.expect(200);
        let items = page["items"].as_array().unwrap().len() as u64;
        (page["size"] == items).then_some(page)
    })
    .await;
    let items = page["items"].as_array().unwrap();
    let told: Vec<(&str, &str)> = items
        .iter()
        .map(|item| {
            (
                item["event"].as_str().unwrap(),
                item["command"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    let expected = [
        ("changed", "found_cluster"),
        ("changed", "create_api_token"),
        ("changed", "create_product"),
        ("changed", "create_plan"),
        ("changed", "create_customer"),
        ("changed", "create_license"),
        ("granted", ""),
        ("refused", "acquire"),
        ("ended", ""),
    ];
    assert_eq!(told, expected);
    assert!(items.iter().enumerate().all(|(at, item)| item["index"] == at));
    assert_eq!(
        (&items[7]["code"], &items[8]["cause"]),
        (&json!("SEAT_LIMIT_REACHED"), &json!("released"))
    );
    assert_eq!(
        (&items[5]["subject"], &items[6]["license"]),
        (&json!(sold.license), &json!(sold.license))
    );
    assert!(text(&items[2]["actor"]).starts_with("tok_") && items[6]["actor"] == "client");
    let rest = server.get("/audit?after=6&limit=1").await.expect(200);
    assert_eq!(
        (&rest["items"][0]["index"], &rest["next_after"]),
        (&json!(7), &json!(7))
    );
    assert_eq!(text(&page["root"]), root_of(items), "the leaves hash to the root");
}

/// The root of the tree over the records' leaves.
fn root_of(items: &[Value]) -> String {
    use base64::Engine;
    let mut frontier = licensing::merkle::Frontier::default();
    for item in items {
        frontier.append(
            &base64::engine::general_purpose::STANDARD
                .decode(text(&item["leaf"]))
                .unwrap(),
        );
    }
    frontier.root().to_string()
}

#[tokio::test]
async fn usage_counts_the_running_hour() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"seats": 1})).await;
    let path = format!("/licenses/{}/usage", sold.license);
    assert_eq!(server.get(&path).await.expect(200)["items"], json!([]));
    let seat = server.acquire(&sold.key, "laptop-fingerprint").await.expect(200);
    server.heartbeat(&text(&seat["session_id"])).await.expect(200);
    server
        .acquire(&sold.key, "other-fingerprint")
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    server.release(&text(&seat["session_id"])).await.expect(200);
    let usage = server.get(&path).await.expect(200);
    let hours = usage["items"].as_array().unwrap();
    let sum = |figure: &str| hours.iter().map(|hour| hour[figure].as_u64().unwrap()).sum::<u64>();
    assert_eq!(
        (sum("grants"), sum("renewals"), sum("releases"), sum("expiries")),
        (1, 1, 1, 0)
    );
    let last = hours.last().unwrap();
    assert_eq!((&last["open"], &last["peak"]), (&json!(true), &json!(1)));
    assert_eq!(
        hours
            .iter()
            .find_map(|hour| hour["refusals"]["seat_limit_reached"].as_u64()),
        Some(1)
    );
    let before = server.get(&format!("{path}?to=2020-01-01T00:00:00Z")).await.expect(200);
    assert_eq!(before["items"], json!([]));
}

#[tokio::test]
async fn usage_is_shown_in_pages_that_leave_nothing_out() {
    const HOURS: usize = 5;
    let clock = Arc::new(MovableClock::default());
    let options = Options {
        clock: Arc::<MovableClock>::clone(&clock),
        ..Options::default()
    };
    let server = TestServer::with(options).await;
    let sold = server.sell(json!({"seats": 1})).await;
    for hour in 0..HOURS {
        let seat = server.acquire(&sold.key, &format!("device-{hour}")).await.expect(200);
        server.release(&text(&seat["session_id"])).await.expect(200);
        if hour + 1 < HOURS {
            clock.put_forward(Duration::from_secs(3_600));
            server.pass(&clock, Span::from_secs(2)).await;
        }
    }
    let path = format!("/licenses/{}/usage", sold.license);
    let whole = until("the closed hours", async || {
        let page = server.get(&path).await.expect(200);
        (page["items"].as_array().unwrap().len() == HOURS).then_some(page)
    })
    .await;
    assert_eq!(whole["next_cursor"], Value::Null);
    for limit in 1..=HOURS {
        let (mut hours, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = server.get(&format!("{path}?limit={limit}{cursor}")).await.expect(200);
            let items = page["items"].as_array().unwrap();
            assert!((1..=limit).contains(&items.len()), "limit {limit}: {page}");
            hours.extend(items.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(json!(hours), whole["items"], "limit {limit}");
    }
    let open: Vec<bool> = whole["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hour| hour["open"] == true)
        .collect();
    assert_eq!(open, [false, false, false, false, true]);
}

#[tokio::test]
async fn an_operator_is_not_told_to_acquire_a_seat() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"seats": 1})).await;
    let seat = server.acquire(&sold.key, "laptop-fingerprint").await.expect(200);
    server.release(&text(&seat["session_id"])).await.expect(200);
    let revoke = async |session: &str| {
        let path = format!("/sessions/{session}/revoke");
        server.post(&path, json!({"reason": "stolen"})).await
    };
    for problem in [
        server.get("/sessions/nothing").await.problem(404, "SESSION_NOT_FOUND"),
        server
            .get("/sessions/ses_0000000000000000")
            .await
            .problem(404, "SESSION_NOT_FOUND"),
        revoke("ses_0000000000000000").await.problem(404, "SESSION_NOT_FOUND"),
        revoke(&text(&seat["session"])).await.problem(410, "SESSION_RELEASED"),
    ] {
        assert!(!text(&problem["detail"]).contains("cquire"), "{problem}");
    }
}
