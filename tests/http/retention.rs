//! For how long history is kept: said by an owner, and what is there and what is not after it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use licensing::merkle::TreeHash;
use raft::seams::Clock;
use serde_json::{Value, json};

use crate::support::{Answer, MovableClock, Options, Sold, TestServer, leap, text, until};

struct World {
    server: TestServer,
    sold: Sold,
    clock: Arc<MovableClock>,
}

impl World {
    async fn new() -> Self {
        let clock = Arc::new(MovableClock::default());
        let options = Options {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ..Options::default()
        };
        let server = TestServer::with(options).await;
        let sold = server.sell(json!({"seats": 2})).await;
        Self { server, sold, clock }
    }

    async fn acquire(&self, device: &str) -> Answer {
        self.server
            .acquire(&self.sold.key, &format!("hardware-of-{device}"))
            .await
    }

    /// Days pass, in steps that are no slip of the clock.
    async fn days(&self, days: u64) {
        for _ in 0..days {
            leap(&self.server, &self.clock, Duration::from_secs(86_400)).await;
        }
    }

    async fn put(&self, body: Value) -> Answer {
        Answer::of(self.server.request("PUT", "/retention").json(&body)).await
    }

    async fn retention(&self) -> Value {
        self.server.get("/retention").await.expect(200)
    }

    /// Every record, with the hashes of those that were dropped held to the root of the tree, and since when there are any of
    /// sessions. A record is there about a second after the ledger counts it.
    async fn audit(&self) -> (Vec<Value>, Value) {
        until("every record", async || self.audit_now().await).await
    }

    async fn audit_now(&self) -> Option<(Vec<Value>, Value)> {
        let (mut items, mut hashes) = (Vec::new(), Vec::new());
        let mut path = "/audit?limit=3".to_owned();
        loop {
            let page = self.server.get(&path).await.expect(200);
            items.extend(page["items"].as_array().unwrap().clone());
            hashes.extend(page["hashes"].as_array().unwrap().clone());
            let Some(after) = page["next_after"].as_u64() else {
                let size = page["size"].as_u64().unwrap();
                let last = items
                    .iter()
                    .map(|item: &Value| item["index"].as_u64().unwrap() + 1)
                    .max();
                let is_whole = last == Some(size);
                if is_whole {
                    assert_eq!(root(&items, &hashes, size), page["root"]);
                }
                return is_whole.then(|| (items, page["kept_from"].clone()));
            };
            path = format!("/audit?limit=3&after={after}");
        }
    }
}

/// The root of RFC 6962, section 2.1, of records and of the hashes that stand for others.
fn root(items: &[Value], hashes: &[Value], size: u64) -> String {
    let mut known: BTreeMap<(u64, u64), TreeHash> = BTreeMap::new();
    for item in items {
        let leaf = STANDARD.decode(text(&item["leaf"])).unwrap();
        known.insert((item["index"].as_u64().unwrap(), 1), TreeHash::leaf(&leaf));
    }
    for hash in hashes {
        let hex = text(&hash["hash"]);
        let bytes = std::array::from_fn(|place| u8::from_str_radix(&hex[2 * place..2 * place + 2], 16).unwrap());
        let range = (hash["index"].as_u64().unwrap(), hash["leaves"].as_u64().unwrap());
        known.insert(range, TreeHash::from_bytes(bytes));
    }
    subtree(&known, 0, size).to_string()
}

fn subtree(known: &BTreeMap<(u64, u64), TreeHash>, first: u64, size: u64) -> TreeHash {
    known.get(&(first, size)).copied().unwrap_or_else(|| {
        assert!(size > 1, "nothing is said of record {first}");
        let left = size.next_power_of_two() / 2;
        TreeHash::node(subtree(known, first, left), subtree(known, first + left, size - left))
    })
}

#[tokio::test]
async fn it_is_for_the_vendors_people_to_read_and_for_owners_to_say() {
    let world = World::new().await;
    let first = world.retention().await;
    assert_eq!(
        (&first["session_days"], &first["sessions_from"], &first["version"]),
        (&Value::Null, &Value::Null, &json!(0))
    );
    let said = json!({"session_days": 30, "usage_days": 400, "if_version": 0});
    let operator = world.server.person("o@vendor.example", "O", "operator", None).await;
    let by_operator = world.server.call_as(&operator, "PUT", "/retention", said.clone()).await;
    by_operator.problem(403, "FORBIDDEN");
    let set = world.put(said.clone()).await.expect(200);
    assert_eq!((&set["session_days"], &set["usage_days"]), (&json!(30), &json!(400)));
    assert!(text(&set["drops_from"]) > text(&set["at"]));
    world.put(said).await.problem(409, "CONFLICT");
    for (body, field) in [
        (json!({"session_days": 6}), "session_days"),
        (json!({"usage_days": 30}), "usage_days"),
        (json!({"session_days": "30"}), "session_days"),
        (json!({"days": 30}), "days"),
    ] {
        let problem = world.put(body).await.problem(400, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], field);
    }
    // Said again, and later, it does not put off what was said.
    world.days(1).await;
    let again = world
        .put(json!({"session_days": 30, "usage_days": 400}))
        .await
        .expect(200);
    assert_eq!((&again["version"], &again["drops_from"]), (&json!(1), &Value::Null));
    let stale = world.server.request("PUT", "/retention").header("If-Match", "\"7\"");
    Answer::of(stale.json(&json!({"session_days": 7})))
        .await
        .problem(409, "CONFLICT");
    let empty = world.server.request("PUT", "/retention");
    Answer::of(empty).await.problem(415, "INVALID_REQUEST");
    let forever = world.put(json!({})).await.expect(200);
    assert_eq!(
        (&forever["session_days"], &forever["version"]),
        (&Value::Null, &json!(2))
    );
}

#[tokio::test]
async fn what_is_over_long_enough_is_gone_and_said_to_be_gone_and_the_rest_is_whole() {
    let world = World::new().await;
    let kept = world.acquire("kept").await.expect(200);
    let over = world.acquire("over").await.expect(200);
    world.acquire("third").await.problem(409, "SEAT_LIMIT_REACHED");
    world.server.release(&text(&over["session_id"])).await.expect(200);
    let refusal = text(&world.server.get("/refusals").await.expect(200)["items"][0]["id"]);
    world
        .put(json!({"session_days": 7, "usage_days": 31}))
        .await
        .expect(200);
    world.days(6).await;
    let late = world.acquire("late").await.expect(200);
    world.server.release(&text(&late["session_id"])).await.expect(200);
    world.server.get(&format!("/refusals/{refusal}")).await.expect(200);
    // Days are whole, so nothing of the first one is a week old yet.
    let (items, _) = world.audit().await;
    assert!(items.iter().any(|item| item["subject"] == over["session"]));

    world.days(3).await;
    let from = until("what is over to be dropped", async || {
        let (items, from) = world.audit().await;
        let is_there = |session: &Value| items.iter().any(|item| item["subject"] == session["session"]);
        (!is_there(&over) && is_there(&kept) && is_there(&late)).then_some(from)
    })
    .await;
    let (items, _) = world.audit().await;
    let dropped = items.iter().find(|item| item["event"] == "dropped").unwrap();
    assert_eq!(
        (&dropped["history"], &dropped["actor"]),
        (&json!("sessions"), &json!("system"))
    );
    assert!(items.iter().any(|item| item["command"] == "create_license"));
    assert!(!items.iter().any(|item| item["event"] == "refused"));
    let retention = world.retention().await;
    assert_eq!(
        (&retention["sessions_from"], &retention["drops_from"],),
        (&from, &Value::Null)
    );
    assert!(text(&retention["usage_from"]) < text(&from));
    let list = world.server.get("/refusals").await.expect(200);
    assert_eq!((&list["items"], &list["kept_from"]), (&json!([]), &from));
    world
        .server
        .get(&format!("/refusals/{refusal}"))
        .await
        .problem(404, "NOT_FOUND");
    // The figures begin where there is history, with whoever held a seat then.
    let path = format!("/licenses/{}/analytics/peaks", world.sold.license);
    let figure = world.server.get(&path).await.expect(200);
    assert_eq!(
        (&figure["from"], &figure["kept_from"], &figure["complete"]),
        (&from, &from, &json!(false))
    );
    let peaks: Vec<_> = figure["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hour| hour["peak"].as_u64().unwrap())
        .collect();
    assert!(
        peaks.iter().all(|peak| [1, 2].contains(peak)) && peaks.contains(&2),
        "{peaks:?}"
    );
    assert_eq!(figure["items"][0]["peak"], 1);
    // Of what is gone nothing is said, which is not to say that nothing was in use.
    let of_gone = async |figure: &str| {
        let license = &world.sold.license;
        let path = format!("/licenses/{license}/analytics/{figure}?to={}", text(&from));
        world.server.get(&path).await.expect(200)
    };
    let idle = of_gone("idle").await;
    assert_eq!((&idle["from"], &idle["to"]), (&from, &from));
    for figure in ["max", "p95", "mean", "idle_at_max", "idle_at_p95", "full_share"] {
        assert_eq!(idle[figure], Value::Null, "{figure}");
    }
    assert_eq!(of_gone("duration-curve").await["items"], json!([]));
    let hours = of_gone("heat-map").await["items"].as_array().unwrap().clone();
    assert!(
        hours
            .iter()
            .all(|hour| hour["peak"].is_null() && hour["mean"].is_null() && hour["refusals"].is_null())
    );
    world.server.heartbeat(&text(&kept["session_id"])).await.expect(200);

    world.days(25).await;
    until("late's end to be dropped", async || {
        let (items, _) = world.audit().await;
        let is_there = |session: &Value| items.iter().any(|item| item["subject"] == session["session"]);
        // However long ago it began, nothing of what lives is dropped.
        assert!(is_there(&kept));
        (!is_there(&late)).then_some(())
    })
    .await;
    let path = format!("/licenses/{}/usage", world.sold.license);
    let hours = world.server.get(&path).await.expect(200);
    let since = text(&hours["kept_from"]);
    assert!(
        hours["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|hour| text(&hour["hour"]) >= since),
        "{hours}"
    );
}
