//! Lists as operators and members need them: sorted, searched, newest first, counted, watched.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use raft::seams::Clock;

use crate::support::{Answer, MovableClock, Options, SOON, TestServer, leap, text, until};

/// A product with two plans, and customers with one license each, of 1 to n seats.
async fn business(server: &TestServer, customers: &[&str]) -> Vec<(String, String)> {
    let product = json!({"code": "studio", "name": "Studio", "key_prefix": "STUDIO"});
    server.post("/products", product).await.expect(201);
    let plan = json!({"product": "studio", "code": "pro", "name": "Pro", "seats": 5});
    server.post("/plans", plan).await.expect(201);
    let mut made = Vec::new();
    for (place, name) in customers.iter().enumerate() {
        let reference = format!("crm-{place}");
        let new = json!({"name": name, "reference": reference});
        server.post("/customers", new).await.expect(201);
        let new = json!({"plan": "pro", "customer": reference, "seats": place + 1});
        let license = server.post("/licenses", new).await.expect(201);
        made.push((text(&license["id"]), text(&license["license_key"])));
    }
    made
}

async fn take(server: &TestServer, key: &str, host: &str) -> Value {
    let acquire = json!({
        "license_key": key, "hardware_id": format!("{host}-hardware"), "client": {"hostname": host, "app": "Modeller"},
    });
    server.public("POST", "/licenses/acquire", &acquire).await.expect(200)
}

/// Every item of a list, page by page, and the totals that its pages named.
async fn walk(server: &TestServer, path: &str) -> (Vec<Value>, Vec<Option<u64>>) {
    let (mut items, mut totals, mut cursor) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = server.get(&format!("{path}{cursor}")).await.expect(200);
        items.extend(page["items"].as_array().unwrap().clone());
        totals.push(page["total"].as_u64());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (items, totals),
        }
    }
}

fn names(items: &[Value], pointer: &str) -> Vec<String> {
    items.iter().map(|item| text(item.pointer(pointer).unwrap())).collect()
}

#[tokio::test]
async fn customers_and_licenses_come_in_the_order_that_is_asked_for() {
    let server = TestServer::start().await;
    let made = business(&server, &["delta", "Alpha", "charlie", "Bravo", "Échelon"]).await;
    let (items, totals) = walk(&server, "/customers?sort=name&limit=2").await;
    assert_eq!(
        names(&items, "/name"),
        ["Alpha", "Bravo", "charlie", "delta", "Échelon"]
    );
    assert_eq!(totals, [Some(5); 3]);
    let (items, _) = walk(&server, "/customers?sort=name&order=desc&limit=3").await;
    assert_eq!(
        names(&items, "/name"),
        ["Échelon", "delta", "charlie", "Bravo", "Alpha"]
    );
    for host in ["one", "two"] {
        take(&server, &made[2].1, host).await;
    }
    let first = server
        .get("/customers?sort=in_use&order=desc&limit=1")
        .await
        .expect(200);
    assert_eq!(first["items"][0]["name"], "charlie");
    assert_eq!(
        first["items"][0]["holding"],
        json!({"licenses": 1, "limit": 3, "in_use": 2})
    );
    let (items, totals) = walk(&server, "/customers?sort=name&limit=2&search=a").await;
    assert_eq!(names(&items, "/name"), ["Alpha", "Bravo", "charlie", "delta"]);
    assert_eq!(totals, [Some(4), Some(4)]);
    let (items, _) = walk(&server, "/licenses?sort=customer&limit=2&order=desc").await;
    assert_eq!(names(&items, "/customer/name")[..2], ["Échelon", "delta"]);
    let (items, _) = walk(&server, "/licenses?sort=free&limit=2").await;
    assert_eq!(names(&items, "/customer/name")[4], "Échelon");
    let unsorted = server.get("/licenses?limit=2").await.expect(200);
    assert!(unsorted.get("total").is_none(), "{unsorted}");
    let cursor = text(&unsorted["next_cursor"]);
    let problem = server.get(&format!("/licenses?sort=customer&cursor={cursor}")).await;
    assert_eq!(problem.problem(400, "INVALID_REQUEST")["errors"][0]["field"], "cursor");
}

#[tokio::test]
async fn names_are_in_one_order_whatever_their_case_and_marks() {
    let server = TestServer::start().await;
    business(&server, &["Zoo", "École", "apple", "Fuji", "Ecole", "ÉCOLE"]).await;
    let mut order = vec!["apple", "Ecole", "École", "Fuji", "Zoo"];
    let named = |items: &[Value], pointer: &str| -> Vec<String> {
        let mut found = names(items, pointer);
        for name in &mut found {
            // These two differ in nothing but their case; their ids decide.
            if name == "ÉCOLE" {
                *name = "École".to_owned();
            }
        }
        found.dedup();
        found
    };
    for (way, limit) in [("asc", 1), ("desc", 1), ("asc", 4)] {
        if way == "desc" {
            order.reverse();
        }
        for (list, pointer) in [
            ("customers?sort=name", "/name"),
            ("licenses?sort=customer", "/customer/name"),
        ] {
            let (items, _) = walk(&server, &format!("/{list}&order={way}&limit={limit}")).await;
            assert_eq!(items.len(), 6, "{list} {way} {limit}");
            assert_eq!(named(&items, pointer), order, "{list} {way} {limit}");
        }
        if way == "desc" {
            order.reverse();
        }
    }
}

#[tokio::test]
async fn sessions_are_newest_first_searched_and_sorted() {
    let server = TestServer::start().await;
    let made = business(&server, &["Alpha", "Bravo"]).await;
    for (license, host) in [(0, "zeta"), (1, "eta"), (1, "theta")] {
        take(&server, &made[license].1, host).await;
    }
    let hosts = |items: &[Value]| names(items, "/client/hostname");
    let (items, totals) = walk(&server, "/sessions?order=desc&limit=2").await;
    assert_eq!(
        (hosts(&items), totals),
        (vec!["theta".into(), "eta".into(), "zeta".into()], vec![Some(3); 2])
    );
    let (items, _) = walk(&server, "/sessions?sort=host&limit=2").await;
    assert_eq!(hosts(&items), ["eta", "theta", "zeta"]);
    let of_one = format!("/sessions?license={}&order=desc&limit=1", made[1].0);
    assert_eq!(hosts(&walk(&server, &of_one).await.0), ["theta", "eta"]);
    let hint = made[0].1.rsplit('-').next().unwrap();
    for (search, found) in [
        ("THETA", vec!["theta"]),
        ("bravo", vec!["eta", "theta"]),
        (hint, vec!["zeta"]),
        ("modeller", vec!["zeta", "eta", "theta"]),
        ("studio", vec!["zeta", "eta", "theta"]),
        ("nobody", vec![]),
    ] {
        let (items, _) = walk(&server, &format!("/sessions?search={search}")).await;
        assert_eq!(hosts(&items), found, "{search}");
    }
    let (items, _) = walk(&server, "/sessions?customer=crm-1&product=studio").await;
    assert_eq!(hosts(&items), ["eta", "theta"]);
    assert_eq!(items[0]["customer"]["name"], "Bravo");
    assert_eq!(
        (&items[0]["heartbeat_seconds"], &items[0]["offline"]),
        (&json!(300), &json!("lenient"))
    );
    assert!(walk(&server, "/sessions?customer=nobody").await.0.is_empty());
}

#[tokio::test]
async fn the_audit_is_read_backward_and_by_who_what_and_when() {
    let server = TestServer::start().await;
    let made = business(&server, &["Alpha"]).await;
    let ann = server.person("ann@vendor.example", "Ann", "operator", None).await;
    let change = json!({"name": "Alpha Ltd"});
    server
        .call_as(&ann, "PATCH", "/customers/crm-0", change)
        .await
        .expect(200);
    take(&server, &made[0].1, "one").await;
    server
        .acquire(&made[0].1, "another-machine")
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    let refused = until("the refusal on record", async || {
        let page = server
            .get("/audit?order=desc&event=refused&command=acquire")
            .await
            .expect(200);
        page["items"].get(0).cloned()
    })
    .await;
    assert_eq!(refused["license"], made[0].0);
    let (mut indexes, mut before) = (Vec::new(), String::new());
    loop {
        let page = server
            .get(&format!("/audit?order=desc&limit=4{before}"))
            .await
            .expect(200);
        let items = page["items"].as_array().unwrap();
        indexes.extend(items.iter().map(|item| item["index"].as_u64().unwrap()));
        assert_eq!(page["next_after"], Value::Null);
        match page["next_before"].as_u64() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    let size = server.get("/audit").await.expect(200)["size"].as_u64().unwrap();
    assert!(
        indexes.is_sorted_by(|one, next| one > next) && indexes.last() == Some(&0),
        "{indexes:?}"
    );
    assert_eq!(indexes.len() as u64, size);
    let count = async |query: &str| {
        let page = server.get(&format!("/audit?limit=200&{query}")).await.expect(200);
        page["items"].as_array().unwrap().len() as u64
    };
    assert_eq!(
        count(&format!("actor={}&event=changed&command=update_customer", ann.id)).await,
        1
    );
    assert_eq!(count(&format!("about={}", made[0].0)).await, 3);
    assert_eq!(count("event=granted&order=desc").await, 1);
    let at = text(&refused["at"]);
    assert_eq!(
        count(&format!("from={at}")).await + count(&format!("to={at}")).await,
        size
    );
    assert_eq!(count("from=2090-01-01T00:00:00Z").await, 0);
}

/// A cluster that stood still for an hour, or whose clock was put right, has whole hours behind it at once.
#[tokio::test]
async fn the_summary_counts_an_hour_that_passed_at_once() {
    let clock = Arc::new(MovableClock::default());
    let options = Options {
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..Options::default()
    };
    let server = TestServer::with(options).await;
    let sold = server.sell(json!({"seats": 1})).await;
    take(&server, &sold.key, "one").await;
    let total = async || server.get("/summary").await.expect(200)["refusals"]["total"].clone();
    for hour in 1..=5 {
        server
            .acquire(&sold.key, "another-machine")
            .await
            .problem(409, "SEAT_LIMIT_REACHED");
        leap(&server, &clock, Duration::from_secs(3_700)).await;
        total().await;
        until("every refusal", async || (total().await == json!(hour)).then_some(())).await;
        take(&server, &sold.key, "one").await;
    }
}

#[tokio::test]
async fn the_summary_agrees_with_what_happened() {
    let server = TestServer::start().await;
    let made = business(&server, &["Alpha", "Bravo", "Charlie"]).await;
    take(&server, &made[0].1, "one").await;
    let seat = take(&server, &made[2].1, "two").await;
    take(&server, &made[2].1, "three").await;
    server.release(&text(&seat["session_id"])).await.expect(200);
    for _ in 0..2 {
        server
            .acquire(&made[0].1, "another-machine")
            .await
            .problem(409, "SEAT_LIMIT_REACHED");
    }
    let in_days = |days: u64| {
        let end = server.seams.clock.unix_ms() + days * 86_400_000;
        let end = jiff::Timestamp::from_millisecond(end.try_into().unwrap()).unwrap();
        json!({"expires_at": end.to_string()})
    };
    for (place, days) in [(0, 10), (1, 45), (2, 200)] {
        let path = format!("/licenses/{}/extend", made[place].0);
        server.post(&path, in_days(days)).await.expect(200);
    }
    let suspend = json!({"reason": "overdue"});
    server
        .post(&format!("/licenses/{}/suspend", made[1].0), suspend)
        .await
        .expect(200);
    let summary = server.get("/summary").await.expect(200);
    let all = &summary["all"];
    assert_eq!(
        (&all["licenses"], &all["usable"], &all["full"]),
        (&json!(3), &json!(2), &json!(1))
    );
    assert_eq!(
        (&all["limit"], &all["in_use"], &all["sessions"]),
        (&json!(4), &json!(2), &json!(2))
    );
    assert_eq!((&all["peak_today"], &all["peak_30_days"]), (&json!(3), &json!(3)));
    assert_eq!(summary["products"][0]["code"], "studio");
    assert_eq!(summary["products"][0]["in_use"], 2);
    assert_eq!(
        summary["refusals"],
        json!({"total": 2, "by_reason": {"seat_limit_reached": 2}})
    );
    let ending = &summary["ending"];
    assert_eq!(
        (&ending["days_30"], &ending["days_60"], &ending["days_90"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(names(ending["next"].as_array().unwrap(), "/customer/name"), ["Alpha"]);
}

/// What comes on a stream, as text, until it holds `wanted` or ends.
async fn heard(mut stream: Response, wanted: &str) -> (String, bool) {
    let (mut text, by) = (String::new(), Instant::now() + SOON);
    while !text.contains(wanted) {
        let told = timeout_at(by, stream.chunk()).await;
        let told = told.unwrap_or_else(|_| panic!("{wanted} was not told within {SOON:?}, but {text}"));
        match told.unwrap() {
            Some(chunk) => text.push_str(std::str::from_utf8(&chunk).unwrap()),
            None => return (text, true),
        }
    }
    (text, false)
}

#[tokio::test]
async fn a_stream_tells_of_seats_taken_and_ended_to_those_they_exist_for() {
    let server = TestServer::start().await;
    let made = business(&server, &["Alpha", "Bravo"]).await;
    let member = server.person("m@alpha.example", "M", "member", Some("crm-0")).await;
    let watch = async || server.request("GET", "/sessions/stream").send().await.unwrap();
    let own = server
        .with_cookie("GET", "/sessions/stream", &member.cookie)
        .send()
        .await
        .unwrap();
    let all = watch().await;
    assert_eq!(all.headers()["content-type"], "text/event-stream");
    take(&server, &made[1].1, "bravo-host").await;
    let (told, _) = heard(all, "bravo-host").await;
    assert!(
        told.starts_with("event: ready\ndata: {}\n\nevent: changes\ndata: {"),
        "{told}"
    );
    let all = watch().await;
    let seat = take(&server, &made[0].1, "alpha-host").await;
    let (told, _) = heard(own, "alpha-host").await;
    assert!(!told.contains("bravo"), "{told}");
    let session = text(&seat["session"]);
    server.release(&text(&seat["session_id"])).await.expect(200);
    heard(all, &format!("\"ended\":[\"{session}\"]")).await;
}

#[tokio::test]
async fn a_stream_ends_with_its_time_and_with_the_login() {
    let server = TestServer::start().await;
    let made = business(&server, &["Alpha"]).await;
    let member = server.person("m@alpha.example", "M", "member", Some("crm-0")).await;
    let ends_at_once = server.get("/sessions/stream?seconds=0").await;
    assert_eq!(
        (ends_at_once.status, &ends_at_once.body),
        (200, &json!("event: ready\ndata: {}\n\n"))
    );
    let stream = server
        .with_cookie("GET", "/sessions/stream", &member.cookie)
        .send()
        .await
        .unwrap();
    let path = format!("/people/{}/logins", member.id);
    Answer::of(server.request("DELETE", &path)).await.expect(204);
    take(&server, &made[0].1, "alpha-host").await;
    let (told, ended) = heard(stream, "alpha-host").await;
    assert!(ended && !told.contains("alpha-host"), "{told}");
    let again = server.with_cookie("GET", "/sessions/stream", &member.cookie);
    Answer::of(again).await.problem(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_node_that_stops_waits_for_no_stream() {
    let server = TestServer::start().await;
    let stream = server.request("GET", "/sessions/stream").send().await.unwrap();
    let began = Instant::now();
    let ((_, ended), ()) = tokio::join!(heard(stream, "never"), server.server.shutdown());
    assert!(
        ended && began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn branding_is_for_everybody_to_read_and_for_owners_to_set() {
    let server = TestServer::start().await;
    let read = async || Answer::of(server.client.get(server.url("/branding"))).await.expect(200);
    assert_eq!(
        read().await,
        json!({"name": null, "colour": null, "support": null, "version": 0})
    );
    let put = async |body: Value| Answer::of(server.request("PUT", "/branding").json(&body)).await;
    let new = json!({"name": "Example Ltd", "colour": "#123abc", "support": "help@example.com", "if_version": 0});
    put(new.clone()).await.expect(200);
    assert_eq!(read().await["name"], "Example Ltd");
    put(json!({"name": "Another", "if_version": 0}))
        .await
        .problem(409, "CONFLICT");
    put(json!({"colour": "red"})).await.problem(400, "INVALID_REQUEST");
    let operator = server.person("o@vendor.example", "O", "operator", None).await;
    server
        .call_as(&operator, "PUT", "/branding", new)
        .await
        .problem(403, "FORBIDDEN");
    Answer::of(server.request("PUT", "/branding")).await.expect(200);
    assert_eq!(
        read().await,
        json!({"name": null, "colour": null, "support": null, "version": 2})
    );
}

#[tokio::test]
async fn a_node_says_what_only_it_knows() {
    let server = TestServer::start().await;
    let me = server.server.node().cluster().me();
    let facts = server.get(&format!("/cluster/nodes/{me}")).await.expect(200);
    assert_eq!(facts["answers"], true);
    assert!(facts["lag"].as_u64().unwrap() < 10, "{facts}");
    assert_eq!(facts["version"], env!("CARGO_PKG_VERSION"));
    assert!(
        facts["disk_free_bytes"].as_u64().is_some() && text(&facts["certified_until"]).starts_with("20"),
        "{facts}"
    );
    server.get("/cluster/nodes/999").await.problem(404, "NOT_FOUND");
}
