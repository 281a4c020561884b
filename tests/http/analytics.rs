//! The figures of a license's use, over the API: their form, their bounds, and that they are what was done.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{MovableClock, Options, TestServer, leap, text};

const FIGURES: [&str; 7] = [
    "peaks",
    "heat-map",
    "duration-curve",
    "idle",
    "what-if",
    "forecast",
    "versions",
];

const HOUR: Duration = Duration::from_secs(3_600);

/// A license of two seats and two hours: in the first one seat is held, then both, and somebody is refused.
struct Used {
    server: TestServer,
    license: String,
}

impl Used {
    async fn start() -> Self {
        let clock = Arc::new(MovableClock::default());
        let server = TestServer::with(Options {
            clock: clock.clone(),
            ..Options::default()
        })
        .await;
        let sold = server
            .sell(json!({"seats": 2, "ttl_seconds": 864_000, "heartbeat_seconds": 3_600}))
            .await;
        let ask = async |host: &str, version: &str| {
            let body = json!({
                "license_key": sold.key, "hardware_id": format!("hardware-of-{host}"),
                "client": {"hostname": host, "app": "studio", "version": version},
            });
            server.public("POST", "/licenses/acquire", &body).await
        };
        ask("first", "2.1").await.expect(200);
        leap(&server, &clock, HOUR).await;
        let second = ask("second", "2.1").await.expect(200);
        for _ in 0..2 {
            ask("third", "2.0").await.problem(409, "SEAT_LIMIT_REACHED");
        }
        ask("fourth", "2.0").await.problem(409, "SEAT_LIMIT_REACHED");
        leap(&server, &clock, HOUR).await;
        server.release(second["session_id"].as_str().unwrap()).await.expect(200);
        ask("fifth", "=2.0").await.expect(200);
        leap(&server, &clock, HOUR).await;
        Self {
            license: sold.license,
            server,
        }
    }

    async fn figure(&self, figure: &str) -> Value {
        self.server.get(&self.path(figure)).await.expect(200)
    }

    fn path(&self, figure: &str) -> String {
        format!("/licenses/{}/analytics/{figure}", self.license)
    }
}

#[tokio::test]
async fn figures_are_what_was_done() {
    let used = Used::start().await;
    let peaks = used.figure("peaks").await;
    let hours = peaks["items"].as_array().unwrap();
    let row = |hour: &Value| {
        (
            hour["peak"].as_u64().unwrap(),
            hour["refused"].as_u64().unwrap(),
            hour["refusals"].as_u64().unwrap(),
        )
    };
    let mut rows: Vec<_> = hours.iter().map(row).collect();
    assert!(hours.iter().all(|hour| hour["capacity"] == 2), "{peaks}");
    assert_eq!(rows.iter().map(|row| row.1).sum::<u64>(), 3);
    assert_eq!(rows.iter().map(|row| row.2).sum::<u64>(), 2);
    rows.dedup_by_key(|row| row.0);
    assert!(rows.iter().map(|row| row.0).eq([1, 2]), "{peaks}");
    assert_eq!(peaks["complete"], true);

    let curve = used.figure("duration-curve").await;
    let share = |seats: u64| {
        curve["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|point| point["seats"] == seats)
            .unwrap()["share"]
            .as_f64()
            .unwrap()
    };
    assert!(
        (share(0) - 1.0).abs() < 1e-9 && (share(1) - 1.0).abs() < 0.01,
        "{curve}"
    );
    // Both seats were held in two hours of three.
    assert!((share(2) - 0.6667).abs() < 0.02, "{curve}");

    let idle = used.figure("idle").await;
    assert_eq!(
        (&idle["max"], &idle["p95"], &idle["capacity"], &idle["idle_at_max"]),
        (&json!(2), &json!(2), &json!(2), &json!(0))
    );
    assert!((idle["mean"].as_f64().unwrap() - 1.6667).abs() < 0.02, "{idle}");

    let what_if = used.figure("what-if?seats=3").await;
    assert_eq!(
        (&what_if["refusals"], &what_if["hold_is"]),
        (&json!(2), &json!("median"))
    );
    let hold = what_if["hold_seconds"].as_u64().unwrap();
    assert!((3_600..3_660).contains(&hold), "{hold}");
    let avoided: Vec<_> = what_if["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["avoided"].as_u64().unwrap())
        .collect();
    assert_eq!(avoided, [1, 2, 2], "{what_if}");
    let short = used.figure("what-if?seats=1&hold_seconds=1").await;
    assert_eq!(
        (&short["hold_is"], &short["items"][0]["avoided"]),
        (&json!("given"), &json!(1))
    );

    let heat = used.figure("heat-map?utc_offset=-330").await;
    assert_eq!(heat["items"].as_array().unwrap().len(), 168);
    let refusals: u64 = heat["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|cell| cell["refusals"].as_u64())
        .sum();
    assert_eq!((refusals, &heat["utc_offset"]), (2, &json!(-330)));

    let forecast = used.figure("forecast").await;
    assert_eq!(
        (&forecast["verdict"], &forecast["days_needed"], &forecast["likely"]),
        (&json!("too_little_data"), &json!(28), &Value::Null)
    );

    let versions = used.figure("versions").await;
    let said: Vec<_> = versions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| text(&row["version"]))
        .collect();
    assert_eq!(said, ["2.1", "=2.0"], "{versions}");
}

#[tokio::test]
async fn every_figure_is_a_table_too() {
    let used = Used::start().await;
    for figure in FIGURES {
        let answer = used.server.get(&format!("{}?format=csv", used.path(figure))).await;
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
        assert!(
            answer
                .header("content-disposition")
                .ends_with(&format!("\"{figure}.csv\""))
        );
        let table = text(&answer.expect(200));
        let lines: Vec<_> = table.lines().collect();
        let columns = lines[0].split(',').count();
        assert!(
            lines.len() > 1 && lines.iter().all(|line| line.split(',').count() == columns),
            "{figure}: {table}"
        );
        let json = used.figure(figure).await;
        if let Some(items) = json["items"].as_array() {
            assert_eq!(lines.len() - 1, items.len(), "{figure}");
        }
        // A table of one figure for a whole period says which, as rows of hours and of what is there now do by themselves.
        if !["peaks", "versions"].contains(&figure) {
            assert!(lines[0].ends_with(",from,to,complete"), "{figure}: {table}");
            let (from, is_whole) = (format!(",{},", text(&json["from"])), ",true");
            let is_told = |line: &&str| line.contains(&from) && line.ends_with(is_whole);
            assert!(lines[1..].iter().all(is_told), "{figure}: {table}");
        }
    }
    let versions = used
        .server
        .get(&format!("{}?format=csv", used.path("versions")))
        .await
        .expect(200);
    assert!(text(&versions).contains(",'=2.0,"), "{versions}");
}

#[tokio::test]
async fn a_period_is_bounded_and_begins_with_the_license() {
    let used = Used::start().await;
    let now = used.figure("peaks").await;
    let created = used
        .server
        .get(&format!("/licenses/{}", used.license))
        .await
        .expect(200);
    assert_eq!(now["from"], created["created_at"]);
    let of = async |query: &str| used.server.get(&format!("{}?{query}", used.path("peaks"))).await;
    let from = text(&now["from"]);
    let cut = of(&format!("from={from}&to={}", text(&now["items"][1]["hour"])))
        .await
        .expect(200);
    assert_eq!(cut["items"].as_array().unwrap().len(), 1);
    assert_eq!(cut["items"][0], now["items"][0]);
    for (query, field) in [
        ("from=2001-01-01T00:00:00Z".to_owned(), "from"),
        (format!("to={from}&from={from}"), "from"),
        ("from=2099-01-01T00:00:00Z".to_owned(), "from"),
        ("format=xml".to_owned(), "format"),
        ("utc_offset=60".to_owned(), "utc_offset"),
    ] {
        let problem = of(&query).await.problem(400, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], field, "{query}");
    }
    for (figure, query, field) in [
        ("heat-map", "utc_offset=900", "utc_offset"),
        ("heat-map", "utc_offset=+60", "utc_offset"),
        ("what-if", "seats=0", "seats"),
        ("what-if", "seats=51", "seats"),
        ("what-if", "hold_seconds=0", "hold_seconds"),
        ("versions", "from=2026-01-01T00:00:00Z", "from"),
    ] {
        let answer = used.server.get(&format!("{}?{query}", used.path(figure))).await;
        assert_eq!(
            answer.problem(400, "INVALID_REQUEST")["errors"][0]["field"],
            field,
            "{figure}?{query}"
        );
    }
}

#[tokio::test]
async fn what_is_kept_for_the_next_figure_is_never_older_than_the_license() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"seats": 3})).await;
    let path = format!("/licenses/{}/analytics/idle", sold.license);
    for held in 1..=3 {
        server.acquire(&sold.key, &format!("machine-{held}")).await.expect(200);
        assert_eq!(server.get(&path).await.expect(200)["max"], held);
    }
    server
        .acquire(&sold.key, "machine-4")
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    let what_if = server
        .get(&format!("/licenses/{}/analytics/what-if", sold.license))
        .await
        .expect(200);
    assert_eq!(
        (&what_if["refusals"], &what_if["hold_is"]),
        (&json!(1), &json!("assumed"))
    );
    server
        .patch(&format!("/licenses/{}", sold.license), json!({"seats": 7}))
        .await
        .expect(200);
    assert_eq!(server.get(&path).await.expect(200)["capacity"], 7);
}

#[tokio::test]
async fn a_member_sees_their_own_customers_figures_alone() {
    let used = Used::start().await;
    used.server
        .post("/customers", json!({"name": "Bolt", "reference": "crm-2"}))
        .await
        .expect(201);
    let token = async |customer: &str| {
        let token = json!({"name": customer, "scope": "member", "customer": customer});
        text(&used.server.post("/tokens", token).await.expect(201)["token"])
    };
    let (own, foreign) = (token("crm-1").await, token("crm-2").await);
    for figure in FIGURES {
        let url = used.server.url(&used.path(figure));
        let status = async |token: &str| {
            used.server
                .client
                .get(&url)
                .bearer_auth(token)
                .send()
                .await
                .unwrap()
                .status()
        };
        assert_eq!(
            (status(&own).await.as_u16(), status(&foreign).await.as_u16()),
            (200, 404),
            "{figure}"
        );
    }
    let list = async |token: &str| {
        let answer = used
            .server
            .client
            .get(used.server.url("/refusals"))
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        answer.json::<Value>().await.unwrap()["items"].as_array().unwrap().len()
    };
    assert_eq!((list(&own).await, list(&foreign).await), (2, 0));
}
