//! Products, plans, customers and licenses.

use serde_json::{Value, json};

use crate::support::{Answer, TestServer, text};

#[tokio::test]
async fn a_product_is_created_read_listed_and_changed() {
    let server = TestServer::start().await;
    let new = json!({"code": "coditect", "name": "Coditect", "key_prefix": "CODITECT"});
    let answer = server.post("/products", new).await;
    let (location, etag) = (answer.header("location").to_owned(), answer.header("etag").to_owned());
    let product = answer.expect(201);
    assert_eq!(location, format!("/api/v1/products/{}", text(&product["id"])));
    assert_eq!((etag.as_str(), &product["renewal_url"]), ("\"1\"", &Value::Null));

    let change = json!({"name": "Coditect 2", "renewal_url": "https://vendor.example/"});
    let changed = server.patch("/products/coditect", change).await.expect(200);
    assert_eq!(
        (&changed["name"], &changed["version"]),
        (&json!("Coditect 2"), &json!(2))
    );
    let cleared = server
        .patch("/products/coditect", json!({"renewal_url": null}))
        .await
        .expect(200);
    assert_eq!(
        (&cleared["renewal_url"], &cleared["name"]),
        (&Value::Null, &json!("Coditect 2"))
    );

    let by_id = server
        .get(&format!("/products/{}", text(&product["id"])))
        .await
        .expect(200);
    assert_eq!(by_id, cleared);
    let listed = server.get("/products?search=CODI").await.expect(200);
    assert_eq!(listed, json!({"items": [cleared], "next_cursor": null}));
    assert_eq!(
        server.get("/products?search=other").await.expect(200)["items"],
        json!([])
    );
}

#[tokio::test]
async fn a_code_is_unique() {
    let server = TestServer::start().await;
    let new = json!({"code": "coditect", "name": "Coditect", "key_prefix": "CODITECT"});
    server.post("/products", new.clone()).await.expect(201);
    let problem = server.post("/products", new).await.problem(409, "ALREADY_EXISTS");
    assert!(text(&problem["detail"]).contains("code"), "{problem}");
}

#[tokio::test]
async fn a_plan_needs_a_product_a_code_and_a_name_and_has_defaults_for_the_rest() {
    let server = TestServer::start().await;
    let new = json!({"code": "coditect", "name": "Coditect", "key_prefix": "CODITECT"});
    server.post("/products", new).await.expect(201);
    let plan = server
        .post("/plans", json!({"product": "coditect", "code": "pro", "name": "Pro"}))
        .await
        .expect(201);
    let defaults = json!({
        "seats": 1, "overage_max": 0, "ttl_seconds": 360, "heartbeat_seconds": 300, "offline": "lenient",
        "grace_seconds": 86_400, "ghosts_max": null, "sessions_per_holder_max": 16, "holder": "fingerprint",
        "entitlements": {},
    });
    for (term, value) in defaults.as_object().unwrap() {
        assert_eq!(&plan[term], value, "{term}");
    }
    assert_eq!(
        (&plan["product_code"], &plan["version"]),
        (&json!("coditect"), &json!(1))
    );
}

#[tokio::test]
async fn a_plan_keeps_the_terms_that_a_change_does_not_name() {
    let server = TestServer::start().await;
    let sold = server
        .sell(json!({"seats": 7, "ghosts_max": 2, "entitlements": {"gpu": true}}))
        .await;
    let path = format!("/plans/{}", sold.plan);
    let changed = server
        .patch(&path, json!({"offline": "reserved", "ghosts_max": null}))
        .await
        .expect(200);
    assert_eq!(
        (&changed["offline"], &changed["ghosts_max"]),
        (&json!("reserved"), &Value::Null)
    );
    assert_eq!(
        (&changed["seats"], &changed["entitlements"]),
        (&json!(7), &json!({"gpu": true}))
    );
    let renamed = server
        .patch("/plans/coditect:pro", json!({"name": "Professional"}))
        .await
        .expect(200);
    assert_eq!(
        (&renamed["name"], &renamed["offline"]),
        (&json!("Professional"), &json!("reserved"))
    );
    let listed = server.get("/plans?product=coditect&search=prof").await.expect(200);
    assert_eq!(listed["items"], json!([renamed]));
    assert_eq!(
        server.get("/plans?product=nothing").await.expect(200)["items"],
        json!([])
    );
}

#[tokio::test]
async fn terms_that_do_not_fit_together_are_refused_by_name() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let problem = server
        .patch(&format!("/plans/{}", sold.plan), json!({"ttl_seconds": 60}))
        .await;
    let problem = problem.problem(400, "INVALID_REQUEST");
    assert_eq!(problem["errors"][0]["field"], "heartbeat_seconds");
}

#[tokio::test]
async fn a_code_that_two_products_use_must_be_told_apart() {
    let server = TestServer::start().await;
    server.sell(json!({})).await;
    server
        .post(
            "/products",
            json!({"code": "other", "name": "Other", "key_prefix": "OTHER"}),
        )
        .await
        .expect(201);
    let other = server
        .post("/plans", json!({"product": "other", "code": "pro", "name": "Pro"}))
        .await
        .expect(201);
    let problem = server.get("/plans/pro").await.problem(409, "CONFLICT");
    assert!(text(&problem["detail"]).contains("product:plan"), "{problem}");
    assert_eq!(server.get("/plans/other:pro").await.expect(200)["id"], other["id"]);
}

#[tokio::test]
async fn a_customer_answers_to_its_id_and_its_reference() {
    let server = TestServer::start().await;
    let new = json!({"name": "Acme", "email": "ann@acme.example", "reference": "crm/1"});
    let customer = server.post("/customers", new).await.expect(201);
    let by_reference = server.get("/customers/crm%2F1").await.expect(200);
    assert_eq!(by_reference, customer);
    let path = format!("/customers/{}", text(&customer["id"]));
    let changed = server.patch(&path, json!({"email": null})).await.expect(200);
    assert_eq!(
        (&changed["email"], &changed["reference"]),
        (&Value::Null, &json!("crm/1"))
    );
    assert_eq!(
        server.get("/customers?reference=crm/1").await.expect(200)["items"],
        json!([changed])
    );
    assert_eq!(
        server.get("/customers?search=acme").await.expect(200)["items"],
        json!([changed])
    );
    assert_eq!(
        server.get("/customers?reference=crm").await.expect(200)["items"],
        json!([])
    );
}

#[tokio::test]
async fn a_license_shows_its_key_once() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"seats": 3, "overage_max": 1})).await;
    assert!(sold.key.starts_with("CODITECT-") && sold.key.len() == "CODITECT".len() + 36);
    let license = server.get(&format!("/licenses/{}", sold.license)).await.expect(200);
    assert!(license["license_key"].is_null() && !license.to_string().contains(&sold.key));
    assert_eq!(text(&license["key_hint"]), sold.key[sold.key.len() - 5..]);
    assert_eq!(
        license["seats"],
        json!({"limit": 4, "overage": 1, "own": null, "in_use": 0, "assigned": 0, "sessions": 0, "ghosts": 0})
    );
    assert_eq!(
        (&license["status"], &license["reason"]),
        (&json!("active"), &Value::Null)
    );
    assert_eq!(
        (&license["product"]["code"], &license["customer"]["reference"]),
        (&json!("coditect"), &json!("crm-1"))
    );
}

#[tokio::test]
async fn a_license_is_changed_extended_suspended_and_reinstated() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({"seats": 3, "entitlements": {"gpu": true}})).await;
    let path = format!("/licenses/{}", sold.license);
    let change = json!({"seats": 5, "entitlements": {"projects": 9}});
    let changed = server.patch(&path, change).await.expect(200);
    assert_eq!(
        (&changed["seats"]["own"], &changed["entitlements"]),
        (&json!(5), &json!({"projects": 9}))
    );
    let back = server.patch(&path, json!({"seats": null})).await.expect(200);
    assert_eq!(
        (&back["seats"]["own"], &back["seats"]["limit"]),
        (&Value::Null, &json!(3))
    );

    let end = "2999-01-01T00:00:00.000Z";
    let extended = server
        .post(&format!("{path}/extend"), json!({"expires_at": end}))
        .await
        .expect(200);
    assert_eq!(extended["expires_at"], end);
    let endless = server
        .post(&format!("{path}/extend"), json!({"expires_at": null}))
        .await
        .expect(200);
    assert_eq!(endless["expires_at"], Value::Null);

    let suspended = server
        .post(&format!("{path}/suspend"), json!({"reason": "unpaid"}))
        .await
        .expect(200);
    assert_eq!(
        (&suspended["status"], &suspended["reason"]),
        (&json!("suspended"), &json!("unpaid"))
    );
    server
        .post(&format!("{path}/suspend"), json!({"reason": "again"}))
        .await
        .problem(409, "CONFLICT");
    // An action that says nothing needs no body.
    let reinstated = Answer::of(server.request("POST", &format!("{path}/reinstate")))
        .await
        .expect(200);
    assert_eq!(
        (&reinstated["status"], &reinstated["reason"]),
        (&json!("active"), &Value::Null)
    );
}

#[tokio::test]
async fn a_rotated_key_opens_and_the_old_one_does_not() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let rotated = server
        .post(&format!("/licenses/{}/rotate-key", sold.license), json!({}))
        .await
        .expect(200);
    server
        .acquire(&sold.key, "laptop-fingerprint")
        .await
        .problem(404, "LICENSE_NOT_FOUND");
    server
        .acquire(&text(&rotated["license_key"]), "laptop-fingerprint")
        .await
        .expect(200);
}

#[tokio::test]
async fn a_plan_that_is_not_there_is_told_with_those_that_are() {
    let server = TestServer::start().await;
    server.sell(json!({})).await;
    let product = json!({"code": "desk", "name": "Desk", "key_prefix": "DESK"});
    server.post("/products", product).await.expect(201);
    let problem = async |plan: &str| {
        let read = server.get(&format!("/plans/{}", plan.replace(' ', "%20"))).await;
        let read = text(&read.problem(404, "NOT_FOUND")["detail"]);
        let new = json!({"plan": plan, "customer": "crm-1"});
        let created = server.post("/licenses", new).await.problem(400, "INVALID_REQUEST");
        assert_eq!(created["errors"][0]["field"], "plan");
        let created = text(&created["errors"][0]["problem"]);
        assert_eq!(read.to_lowercase(), format!("{}.", created.to_lowercase()));
        created
    };
    assert_eq!(
        problem("coditect:team").await,
        "the product `coditect` has no plan `team`, but `pro`; `usher plan list --product coditect` shows all"
    );
    assert_eq!(
        problem("desk:team").await,
        "the product `desk` has no plan `team`, nor any other; `usher plan create desk CODE` makes one"
    );
    assert_eq!(
        problem("chair:team").await,
        "there is no product `chair`; `usher product list` shows all"
    );
    assert_eq!(
        problem("team").await,
        "there is no plan `team`; `usher plan list` shows all"
    );
    let long = "x".repeat(150);
    assert!(!problem(&long).await.contains("xxx"));
    let plan = json!({"product": "desk", "code": "pro", "name": "Pro", "seats": 5});
    server.post("/plans", plan).await.expect(201);
    let both = server.get("/plans/pro").await.problem(409, "CONFLICT");
    let both = text(&both["detail"]);
    assert!(both.contains("coditect:pro") && both.contains("desk:pro"), "{both}");
}

#[tokio::test]
async fn licenses_are_filtered_by_what_they_hang_on() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let other = server
        .post("/customers", json!({"name": "Bolt", "reference": "crm-2"}))
        .await
        .expect(201);
    let second = server
        .post("/licenses", json!({"plan": "pro", "customer": other["id"]}))
        .await
        .expect(201);
    server
        .post(
            &format!("/licenses/{}/suspend", text(&second["id"])),
            json!({"reason": "x"}),
        )
        .await
        .expect(200);
    let hint = text(&second["key_hint"]);
    let first_only = [
        "customer=crm-1",
        "status=active",
        "search=acme",
        "plan=coditect:pro&status=active",
    ];
    let second_only = [
        format!("customer={}", text(&other["id"])),
        "status=suspended".to_owned(),
        format!("search={hint}"),
    ];
    for query in first_only {
        assert_eq!(ids(&server, query).await, [&*sold.license], "{query}");
    }
    for query in second_only {
        assert_eq!(ids(&server, &query).await, [text(&second["id"])], "{query}");
    }
    for query in ["product=coditect", "plan=pro", ""] {
        assert_eq!(ids(&server, query).await.len(), 2, "{query}");
    }
    for query in ["product=nothing", "customer=nobody", "plan=none", "status=revoked"] {
        assert!(ids(&server, query).await.is_empty(), "{query}");
    }
}

async fn ids(server: &TestServer, query: &str) -> Vec<String> {
    let page = server.get(&format!("/licenses?{query}")).await.expect(200);
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|license| text(&license["id"]))
        .collect()
}

#[tokio::test]
async fn pages_together_are_the_whole_list_in_order() {
    let server = TestServer::start().await;
    let mut made = Vec::new();
    for n in 0..7 {
        let customer = server
            .post("/customers", json!({"name": format!("Customer {n}")}))
            .await
            .expect(201);
        made.push(text(&customer["id"]));
    }
    made.sort();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("/customers?limit=3{cursor}")).await.expect(200);
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|customer| text(&customer["id"])),
        );
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, made);
    assert_eq!(
        server.get("/customers?limit=7").await.expect(200)["next_cursor"],
        Value::Null
    );
}

#[tokio::test]
async fn a_change_of_another_version_is_a_conflict() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let names = ["products", "plans", "customers"];
    for (resource, id) in names.iter().zip([&sold.product, &sold.plan, &sold.customer]) {
        let path = format!("/{resource}/{id}");
        server
            .patch(&path, json!({"if_version": 1, "name": "Second"}))
            .await
            .expect(200);
        let problem = server
            .patch(&path, json!({"if_version": 1, "name": "Third"}))
            .await
            .problem(409, "CONFLICT");
        assert!(text(&problem["detail"]).contains("version 2"), "{problem}");
        let by_tag = server
            .request("PATCH", &path)
            .header("If-Match", "\"1\"")
            .json(&json!({"name": "Fourth"}));
        Answer::of(by_tag).await.problem(409, "CONFLICT");
        let by_tag = server
            .request("PATCH", &path)
            .header("If-Match", "\"2\"")
            .json(&json!({"name": "Fifth"}));
        let answer = Answer::of(by_tag).await;
        assert_eq!(answer.header("etag"), "\"3\"");
        assert_eq!(answer.expect(200)["name"], "Fifth");
    }
    let path = format!("/licenses/{}", sold.license);
    server
        .patch(&path, json!({"if_version": 9, "seats": 2}))
        .await
        .problem(409, "CONFLICT");
}

#[tokio::test]
async fn what_is_not_there_is_not_found_under_any_spelling() {
    let server = TestServer::start().await;
    let none = "0".repeat(26);
    for (path, code) in [
        (format!("/products/prd_{none}"), "NOT_FOUND"),
        ("/products/nothing".to_owned(), "NOT_FOUND"),
        ("/plans/a:b".to_owned(), "NOT_FOUND"),
        ("/customers/%F0%9F%8C%B1".to_owned(), "NOT_FOUND"),
        (format!("/licenses/lic_{none}"), "LICENSE_NOT_FOUND"),
        ("/licenses/not-an-id".to_owned(), "LICENSE_NOT_FOUND"),
        (format!("/licenses/{none}/usage"), "LICENSE_NOT_FOUND"),
        ("/sessions/ses_0000000000000000".to_owned(), "SESSION_NOT_FOUND"),
        (
            "/sessions/sid_00000000000000000000000000".to_owned(),
            "SESSION_NOT_FOUND",
        ),
        ("/tokens/tok_0000000000000000".to_owned(), "NOT_FOUND"),
        ("/products/%FF".to_owned(), "NOT_FOUND"),
    ] {
        server.get(&path).await.problem(404, code);
    }
}
