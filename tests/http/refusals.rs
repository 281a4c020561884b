//! Refusals: the list of them, why one happened, and the link that says so to whoever met it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, MovableClock, Options, Sold, TestServer, leap, text};

async fn with_clock() -> (TestServer, Arc<MovableClock>) {
    let clock = Arc::new(MovableClock::default());
    let server = TestServer::with(Options {
        clock: clock.clone(),
        ..Options::default()
    })
    .await;
    (server, clock)
}

/// A machine asks for a seat and says its name.
async fn ask(server: &TestServer, key: &str, host: &str) -> Answer {
    let body = json!({
        "license_key": key, "hardware_id": format!("hardware-of-{host}"), "client": {"hostname": host, "version": "2.1"},
    });
    server.public("POST", "/licenses/acquire", &body).await
}

async fn refusals(server: &TestServer, query: &str) -> Vec<Value> {
    let page = server.get(&format!("/refusals{query}")).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

async fn explain(server: &TestServer, link: &str) -> Answer {
    server.public("POST", "/refusals/explain", &json!({"link": link})).await
}

/// The secret behind the `#` of a refusal's link.
fn secret(problem: &Value) -> String {
    let url = text(&problem["explanation_url"]);
    let (page, secret) = url.split_once('#').unwrap();
    assert_eq!(page, "http://127.0.0.1:4600/refused");
    secret.to_owned()
}

/// One seat, held by `first`.
async fn full(server: &TestServer) -> Sold {
    let sold = server.sell(json!({"seats": 1})).await;
    ask(server, &sold.key, "first").await.expect(200);
    sold
}

#[tokio::test]
async fn retries_within_ten_minutes_are_one_refusal_and_later_ones_another() {
    let (server, clock) = with_clock().await;
    let sold = server
        .sell(json!({"seats": 1, "ttl_seconds": 86_400, "heartbeat_seconds": 3_600}))
        .await;
    ask(&server, &sold.key, "first").await.expect(200);
    for _ in 0..3 {
        ask(&server, &sold.key, "second")
            .await
            .problem(409, "SEAT_LIMIT_REACHED");
        leap(&server, &clock, Duration::from_secs(300)).await;
    }
    ask(&server, &sold.key, "third")
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    leap(&server, &clock, Duration::from_secs(700)).await;
    ask(&server, &sold.key, "second")
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    let all = refusals(&server, "").await;
    let tries: Vec<_> = all.iter().map(|row| row["tries"].as_u64().unwrap()).collect();
    assert_eq!(tries, [1, 1, 3], "{all:?}");
    assert_eq!(
        (&all[0]["holder"], &all[0]["reason"]),
        (&all[2]["holder"], &json!("seat_limit_reached"))
    );
    assert_ne!(all[1]["holder"], all[2]["holder"]);
    assert!(all[2]["first_at"].as_str() < all[2]["at"].as_str());
    assert_eq!(
        (&all[0]["limit"], &all[0]["in_use"], &all[0]["code"]),
        (&json!(1), &json!(1), &json!("SEAT_LIMIT_REACHED"))
    );
    // One at a time they are the same, each whole.
    let (mut paged, mut query) = (Vec::new(), "?limit=1".to_owned());
    loop {
        let page = server.get(&format!("/refusals{query}")).await.expect(200);
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        query = format!("?limit=1&cursor={cursor}");
    }
    assert_eq!(paged, all);
    // Each try of a row leads to the same row.
    let again = server
        .get(&format!("/refusals/{}", text(&all[2]["id"])))
        .await
        .expect(200);
    assert_eq!(
        (&again["tries"], &again["first_at"]),
        (&all[2]["tries"], &all[2]["first_at"])
    );
}

#[tokio::test]
async fn refusals_are_found_by_license_customer_reason_and_time() {
    let (server, clock) = with_clock().await;
    let sold = full(&server).await;
    let suspended = server
        .post("/licenses", json!({"plan": "pro", "customer": "crm-1"}))
        .await
        .expect(201);
    let other = json!({"name": "Bolt", "reference": "crm-2"});
    server.post("/customers", other).await.expect(201);
    let theirs = server
        .post("/licenses", json!({"plan": "pro", "customer": "crm-2"}))
        .await
        .expect(201);
    let path = format!("/licenses/{}/suspend", text(&suspended["id"]));
    server.post(&path, json!({"reason": "unpaid"})).await.expect(200);
    ask(&server, &sold.key, "second")
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    clock.put_forward(Duration::from_secs(1));
    ask(&server, &text(&suspended["license_key"]), "second")
        .await
        .problem(403, "LICENSE_SUSPENDED");
    clock.put_forward(Duration::from_secs(1));
    ask(&server, &text(&theirs["license_key"]), "theirs").await.expect(200);
    ask(&server, &text(&theirs["license_key"]), "more")
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    let all = refusals(&server, "").await;
    assert_eq!(all.len(), 3);
    let of = |places: &[usize]| places.iter().map(|place| all[*place].clone()).collect::<Vec<_>>();
    for (query, places) in [
        (format!("?license={}", sold.license), &[2][..]),
        ("?customer=crm-1".to_owned(), &[1, 2]),
        (format!("?customer={}", sold.customer), &[1, 2]),
        ("?customer=crm-2&reason=seat_limit_reached".to_owned(), &[0]),
        ("?customer=crm-9".to_owned(), &[]),
        (format!("?customer=crm-2&license={}", sold.license), &[]),
        ("?reason=license_suspended".to_owned(), &[1]),
        (format!("?from={}", text(&all[1]["at"])), &[0, 1]),
        (format!("?to={}", text(&all[1]["at"])), &[2]),
        (
            format!("?from={}&to={}", text(&all[1]["at"]), text(&all[0]["at"])),
            &[1],
        ),
    ] {
        assert_eq!(refusals(&server, &query).await, of(places), "{query}");
    }
    for (query, field) in [
        ("?reason=none", "reason"),
        ("?cursor=x", "cursor"),
        ("?from=monday", "from"),
        ("?why=1", "why"),
    ] {
        let problem = server
            .get(&format!("/refusals{query}"))
            .await
            .problem(400, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], field, "{query}");
    }
}

#[tokio::test]
async fn a_refusal_says_who_held_the_seats_at_that_moment() {
    let (server, clock) = with_clock().await;
    let sold = server
        .sell(json!({"seats": 2, "ttl_seconds": 86_400, "heartbeat_seconds": 3_600}))
        .await;
    ask(&server, &sold.key, "first").await.expect(200);
    clock.put_forward(Duration::from_secs(60));
    let second = ask(&server, &sold.key, "second").await.expect(200);
    clock.put_forward(Duration::from_secs(60));
    ask(&server, &sold.key, "third")
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    // What comes later is another matter.
    server.release(second["session_id"].as_str().unwrap()).await.expect(200);
    ask(&server, &sold.key, "fourth").await.expect(200);
    let id = text(&refusals(&server, "").await[0]["id"]);
    let view = server.get(&format!("/refusals/{id}")).await.expect(200);
    let holders = view["holders"].as_array().unwrap();
    let hosts: Vec<_> = holders.iter().map(|holder| holder["host"].as_str()).collect();
    assert_eq!(hosts, [Some("first"), None], "{view}");
    assert!(holders[0]["since"].as_str() < holders[1]["since"].as_str());
    assert!(holders[0]["ended_at"].is_null() && holders[1]["ended_at"].is_string());
    assert_eq!(view["now"], json!({"limit": 2, "in_use": 2}));
    assert_eq!(
        (&view["limit"], &view["in_use"], &view["tries"]),
        (&json!(2), &json!(2), &json!(1))
    );
    assert!(
        view["detail"]
            .as_str()
            .unwrap()
            .starts_with("All 2 seats of this license are in use.")
    );
    assert!(view["next"].as_array().is_some_and(|next| !next.is_empty()));
    assert!(view["free_by"].as_str() > view["at"].as_str());
    for missing in ["ref_0000000000000", "ref_zzzzzzzzzzzzg", "nothing"] {
        server
            .get(&format!("/refusals/{missing}"))
            .await
            .problem(404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn whoever_is_refused_gets_a_link_that_says_why_and_names_nobody() {
    let server = TestServer::start().await;
    let sold = full(&server).await;
    let problem = ask(&server, &sold.key, "second")
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    let link = secret(&problem);
    let said = explain(&server, &link).await.expect(200);
    assert_eq!(
        (&said["limit"], &said["in_use"], &said["tries"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(
        (&said["product"], &said["plan"], &said["reason"]),
        (&json!("Coditect"), &json!("Pro"), &json!("seat_limit_reached"))
    );
    assert!(
        said["oldest_since"].is_string() && said["free_by"].as_str() > said["at"].as_str(),
        "{said}"
    );
    assert_eq!(said["now"], json!({"limit": 1, "in_use": 1}));
    assert_eq!(said["renewal_url"], "https://vendor.example/renew");
    assert_eq!(said["refusal"], refusals(&server, "").await[0]["id"]);
    let words = said.to_string();
    for mark in ["first", "second", "Acme", "hld_", "ses_", "lic_", "cus_", "crm-1"] {
        assert!(!words.contains(mark), "{mark} in {words}");
    }
    // Once a seat is free it says that too.
    let holder = server
        .get(&format!("/sessions?license={}", sold.license))
        .await
        .expect(200);
    let path = format!("/sessions/{}/revoke", text(&holder["items"][0]["session"]));
    server.post(&path, json!({"reason": "left running"})).await.expect(200);
    let said = explain(&server, &link).await.expect(200);
    assert_eq!(said["now"], json!({"limit": 1, "in_use": 0}));
    assert!(said["next"][0].as_str().unwrap().contains("free now"), "{said}");
    let view = |said: &Value| format!("/refusals/{}", text(&said["refusal"]));
    let seen = server.get(&view(&said)).await.expect(200);
    assert!(seen["next"][0].as_str().unwrap().contains("free by now"), "{seen}");
    // Unless the license cannot be used any more.
    for (verb, told, to_operators) in [
        ("suspend", "on hold by now", "reinstate it"),
        ("revoke", "ended for good since", "Issue another license"),
    ] {
        let path = format!("/licenses/{}/{verb}", sold.license);
        server.post(&path, json!({"reason": "unpaid"})).await.expect(200);
        let said = explain(&server, &link).await.expect(200);
        let next = said["next"].to_string();
        assert!(next.contains(told) && !next.contains("free now"), "{said}");
        let seen = server.get(&view(&said)).await.expect(200);
        assert!(seen["next"][0].as_str().unwrap().contains(to_operators), "{seen}");
    }
}

#[tokio::test]
async fn every_limit_has_a_link_and_other_reasons_have_none() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"seats": 5, "sessions_per_holder_max": 1})).await;
    ask(&server, &sold.key, "first").await.expect(200);
    let problem = ask(&server, &sold.key, "first")
        .await
        .problem(409, "HOLDER_LIMIT_REACHED");
    let said = explain(&server, &secret(&problem)).await.expect(200);
    assert_eq!(
        (&said["reason"], &said["limit"]),
        (&json!("holder_limit_reached"), &json!(1))
    );
    assert!(said["oldest_since"].is_string());
    server
        .post(
            &format!("/licenses/{}/suspend", sold.license),
            json!({"reason": "unpaid"}),
        )
        .await
        .expect(200);
    let problem = ask(&server, &sold.key, "second")
        .await
        .problem(403, "LICENSE_SUSPENDED");
    assert!(problem["explanation_url"].is_null());
}

#[tokio::test]
async fn the_answer_to_a_request_that_is_sent_again_has_a_link_to_the_same_refusal() {
    let server = TestServer::start().await;
    let sold = full(&server).await;
    let body = json!({"license_key": sold.key, "hardware_id": "hardware-of-second", "request_id": "acquire-0001"});
    let mut named = Vec::new();
    for _ in 0..2 {
        let problem = server
            .public("POST", "/licenses/acquire", &body)
            .await
            .problem(409, "SEAT_LIMIT_REACHED");
        named.push(text(&explain(&server, &secret(&problem)).await.expect(200)["refusal"]));
        // Somebody else comes between them.
        ask(&server, &sold.key, "third")
            .await
            .problem(409, "SEAT_LIMIT_REACHED");
    }
    assert_eq!(named[0], named[1]);
}

#[tokio::test]
async fn a_link_is_taken_whole_and_from_its_hash_on() {
    let server = TestServer::start().await;
    let sold = full(&server).await;
    let problem = ask(&server, &sold.key, "second")
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    let (whole, link) = (text(&problem["explanation_url"]), secret(&problem));
    let by_link = explain(&server, &link).await.expect(200);
    for text in [
        whole,
        format!("#{link}"),
        format!("https://other.example:1/a/refused#{link}"),
    ] {
        let said = explain(&server, &text).await.expect(200);
        assert_eq!(
            (&said["refusal"], &said["at"]),
            (&by_link["refusal"], &by_link["at"]),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_link_that_was_made_up_is_not_known_and_nobody_may_try_for_long() {
    let server = TestServer::start().await;
    let sold = full(&server).await;
    let problem = ask(&server, &sold.key, "second")
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    let link = secret(&problem);
    let changed = format!(
        "{}{}",
        &link[..link.len() - 4],
        if link.ends_with("0000") { "1110" } else { "0000" }
    );
    explain(&server, &changed).await.problem(404, "NOT_FOUND");
    explain(&server, "why_not-a-link").await.problem(404, "NOT_FOUND");
    for wrong in [
        "",
        "ref_0000000000000",
        "https://license.example/refused",
        "https://license.example/refused#",
        "a b#why_1",
    ] {
        let problem = explain(&server, wrong).await.problem(400, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], "link", "{wrong}");
        assert!(text(&problem["detail"]).contains("/refused#why_…"), "{problem}");
    }
    let mut allowed = 2;
    loop {
        let answer = explain(&server, &link).await;
        if answer.status == 429 {
            assert!(!answer.header("retry-after").is_empty());
            answer.problem(429, "RATE_LIMITED");
            break;
        }
        answer.expect(200);
        allowed += 1;
        assert!(allowed < 200, "it never ends");
    }
    assert!(allowed >= 30, "{allowed}");
}

#[tokio::test]
async fn any_node_explains_a_refusal_of_any_other() {
    let server = TestServer::with(Options {
        peer_address: crate::support::free_address(),
        ..Options::default()
    })
    .await;
    let sold = full(&server).await;
    let other = server.join().await;
    let problem = ask(&other, &sold.key, "second")
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    let url = text(&problem["explanation_url"]);
    let (page, link) = url.split_once('#').unwrap();
    assert_eq!(page, "http://127.0.0.1:4601/refused");
    let here = explain(&server, link).await.expect(200);
    let there = explain(&other, link).await.expect(200);
    assert_eq!((&here["refusal"], &here["at"]), (&there["refusal"], &there["at"]));
    assert!(here["refusal"].is_string());
}

#[tokio::test]
async fn a_link_is_good_for_thirty_days() {
    let (server, clock) = with_clock().await;
    let sold = full(&server).await;
    let link = secret(
        &ask(&server, &sold.key, "second")
            .await
            .problem(409, "SEAT_LIMIT_REACHED"),
    );
    leap(&server, &clock, Duration::from_secs(29 * 86_400)).await;
    explain(&server, &link).await.expect(200);
    leap(&server, &clock, Duration::from_secs(2 * 86_400)).await;
    explain(&server, &link).await.problem(404, "NOT_FOUND");
}
