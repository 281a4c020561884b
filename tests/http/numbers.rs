//! Numbers in requests: digits and nothing else, within the bounds that the document names.

use serde_json::{Value, json};

use crate::support::{Answer, TestServer, text};

#[tokio::test]
async fn a_number_in_an_address_is_digits_alone() {
    let server = TestServer::start().await;
    for (path, field) in [
        ("/products?limit=%2B5", "limit"),
        ("/products?limit=5.0", "limit"),
        ("/audit?after=%2B5", "after"),
        ("/audit?after=-0", "after"),
        ("/audit?after=9223372036854775808", "after"),
        ("/audit?after=18446744073709551616", "after"),
        ("/sessions?cursor=%2B5", "cursor"),
    ] {
        let problem = server.get(path).await.problem(400, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], field, "{path}: {problem}");
    }
    server.get("/audit?after=9223372036854775807").await.expect(200);
    let node = Answer::of(server.request("DELETE", "/cluster/nodes/+1")).await;
    node.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_cursor_of_usage_is_digits_alone() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    for cursor in ["", "%2B5", "-1", "1e3", "4294967296"] {
        let path = format!("/licenses/{}/usage?cursor={cursor}", sold.license);
        let problem = server.get(&path).await.problem(400, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], "cursor", "{path}: {problem}");
    }
}

#[tokio::test]
async fn a_version_in_if_match_is_digits_alone() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let path = format!("/products/{}", sold.product);
    for (tag, status) in [
        ("\"+1\"", 400),
        ("\"1.0\"", 400),
        ("\"\"", 400),
        ("\"2\"", 409),
        ("\"1\"", 200),
    ] {
        let request = server.request("PATCH", &path).header("If-Match", tag);
        let answer = Answer::of(request.json(&json!({"name": "Other"}))).await;
        assert_eq!(answer.status, status, "{tag}: {}", answer.body);
    }
}

/// The terms' bounds in the document are written by hand; the ledger's are the ones that count.
#[tokio::test]
async fn the_document_names_the_bounds_of_a_plans_numbers() {
    let server = TestServer::start().await;
    server.sell(json!({})).await;
    let document: Value = serde_json::from_str(&usher::api::document()).unwrap();
    let properties = document.pointer("/components/schemas/NewPlan/properties").unwrap();
    let mut tried = 0;
    for (name, property) in properties.as_object().unwrap() {
        let (Some(min), Some(max)) = (property["minimum"].as_u64(), property["maximum"].as_u64()) else {
            continue;
        };
        for (value, lawful) in [(min, true), (max, true), (max + 1, false), (min.wrapping_sub(1), false)] {
            let mut body = json!({
                "product": "coditect", "code": format!("plan-{tried}"), "name": "Plan", "ttl_seconds": 2_592_000,
                "heartbeat_seconds": 1,
            });
            body[name] = json!(value);
            let answer = server.post("/plans", body).await;
            assert_eq!(answer.status == 201, lawful, "{name} = {value}: {}", answer.body);
            if !lawful {
                assert_eq!(text(&answer.body["errors"][0]["field"]), *name, "{}", answer.body);
            }
            tried += 1;
        }
    }
    assert_eq!(tried, 7 * 4, "every number of a plan has bounds");
}
