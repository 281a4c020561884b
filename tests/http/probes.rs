//! Every guarded operation of the document, by every role, as a person and as a token, on what is their own, what is
//! somebody else's and what is not there: who may not is told so, and nobody learns anything of another customer.

use std::collections::BTreeMap;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use usher::api::access_table;

use crate::people::Person;
use crate::support::{Answer, TestServer, text};

/// The order of the table's columns.
const ROLES: [&str; 6] = ["owner", "operator", "support", "auditor", "member-admin", "member"];

/// Everything that belongs to one customer, by the resource that its id is of.
struct Customer {
    ids: BTreeMap<&'static str, Vec<String>>,
    /// What no answer to another customer's people may contain.
    marks: Vec<String>,
}

/// Somebody who calls.
struct Caller {
    role: &'static str,
    /// Which customer they belong to.
    customer: Option<usize>,
    shows: Shows,
}

enum Shows {
    Login(Person),
    Token(String),
}

impl Caller {
    fn request(&self, server: &TestServer, method: &str, path: &str) -> RequestBuilder {
        match &self.shows {
            Shows::Login(person) => server.with_cookie(method, path, &person.cookie),
            Shows::Token(token) => {
                let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
                server.client.request(method, server.url(path)).bearer_auth(token)
            }
        }
    }

    fn is_token(&self) -> bool {
        matches!(self.shows, Shows::Token(_))
    }
}

async fn customer(server: &TestServer, name: &str) -> (String, Customer) {
    let lower = name.to_lowercase();
    let reference = format!("crm-{lower}");
    let new = json!({"name": name, "reference": reference, "email": format!("it@{lower}.example")});
    let customer = text(&server.post("/customers", new).await.expect(201)["id"]);
    let mut ids: BTreeMap<_, Vec<_>> = BTreeMap::new();
    ids.insert("customers", vec![customer.clone(), reference.clone()]);
    let mut hosts = Vec::new();
    for nth in 0..2 {
        let license = server
            .post("/licenses", json!({"plan": "pro", "customer": reference}))
            .await
            .expect(201);
        ids.entry("licenses").or_default().push(text(&license["id"]));
        let host = format!("host-{nth}-of-{lower}");
        let acquire = json!({
            "license_key": license["license_key"], "hardware_id": format!("{host}-hardware"),
            "client": {"hostname": host},
        });
        let seat = server.public("POST", "/licenses/acquire", &acquire).await.expect(200);
        ids.entry("sessions").or_default().push(text(&seat["session"]));
        hosts.push(host);
    }
    let assigned = format!("/licenses/{}/assign", ids["licenses"][0]);
    let spare = format!("spare@{lower}.example");
    server.post(&assigned, json!({"email": spare})).await.expect(200);
    let full = json!({"plan": "pro", "customer": reference, "seats": 0});
    let full = server.post("/licenses", full).await.expect(201);
    let refused = json!({"license_key": full["license_key"], "hardware_id": format!("refused-of-{lower}")});
    server
        .public("POST", "/licenses/acquire", &refused)
        .await
        .problem(409, "SEAT_LIMIT_REACHED");
    let refusals = server
        .get(&format!("/refusals?license={}", text(&full["id"])))
        .await
        .expect(200);
    ids.entry("licenses").or_default().push(text(&full["id"]));
    ids.insert("refusals", vec![text(&refusals["items"][0]["id"])]);
    let new = json!({"email": spare, "name": format!("Spare of {name}"), "role": "member", "customer": reference});
    let person = text(&server.post("/people", new).await.expect(201)["id"]);
    ids.insert("people", vec![person, spare]);
    let mut marks: Vec<_> = ids.values().flatten().cloned().chain(hosts).collect();
    marks.extend([name.to_owned(), format!("{lower}.example")]);
    (reference, Customer { ids, marks })
}

async fn callers(server: &TestServer, references: &[String]) -> Vec<Caller> {
    let mut callers = Vec::new();
    for role in ROLES {
        let places: Vec<Option<usize>> = if role.starts_with("member") {
            (0..references.len()).map(Some).collect()
        } else {
            vec![None]
        };
        for place in places {
            let reference = place.map(|place| references[place].as_str());
            let domain = reference.map_or("vendor", |reference| &reference[4..]);
            let email = format!("{role}@{domain}.example");
            let person = server.person(&email, role, role, reference).await;
            let scope = if role == "owner" { "admin" } else { role };
            let token = server
                .post("/tokens", json!({"name": role, "scope": scope, "customer": reference}))
                .await;
            for shows in [Shows::Login(person), Shows::Token(text(&token.expect(201)["token"]))] {
                callers.push(Caller {
                    role,
                    customer: place,
                    shows,
                });
            }
        }
    }
    // The least comes first, so that nothing is gone before those have asked who may not take it.
    callers.reverse();
    callers
}

/// What stands for `{id}` in a path, with the customer that it belongs to.
fn objects(path: &str, customers: &[Customer], vendors: &BTreeMap<&str, String>) -> Vec<(Option<usize>, String)> {
    let resource = path.split('/').nth(1).unwrap();
    let missing = |prefix: &str, chars: usize| (None, format!("{prefix}_{}", "0".repeat(chars)));
    let mut found = vec![(None, "nothing".to_owned())];
    found.push(match resource {
        "licenses" => missing("lic", 26),
        "sessions" => missing("ses", 16),
        "people" => missing("per", 26),
        "customers" => missing("cus", 26),
        "refusals" => missing("ref", 13),
        _ => (None, "0".to_owned()),
    });
    for (place, customer) in customers.iter().enumerate() {
        // The objects of the others too: an id of the wrong kind is not there.
        found.extend(customer.ids.values().flatten().map(|id| (Some(place), id.clone())));
    }
    found.extend(vendors.get(resource).map(|id| (None, id.clone())));
    found
}

/// What is asked of a list, so that it might tell what it should not.
fn queries(path: &str, customers: &[Customer]) -> Vec<String> {
    // Without an end the stream would go on for minutes.
    let plain = if path == "/sessions/stream" { "?seconds=0" } else { "" };
    let mut found = vec![plain.to_owned()];
    for customer in customers {
        let (id, reference) = (&customer.ids["customers"][0], &customer.ids["customers"][1]);
        match path {
            "/licenses" => found.extend([
                format!("?customer={id}"),
                format!("?customer={reference}"),
                format!("?search={reference}"),
                "?product=coditect&limit=1".to_owned(),
                format!("?sort=customer&search={}", &reference[4..]),
                "?sort=in_use&order=desc".to_owned(),
            ]),
            "/customers" => found.extend([
                format!("?reference={reference}"),
                format!("?search={}", &reference[4..]),
                format!("?cursor={id}"),
                "?sort=in_use&order=desc".to_owned(),
            ]),
            "/people" => found.extend([
                format!("?customer={id}"),
                format!("?customer={reference}"),
                format!("?search={}", &reference[4..]),
                format!("?cursor={}", customer.ids["people"][0]),
            ]),
            "/refusals" => found.extend([
                format!("?customer={id}"),
                format!("?customer={reference}&reason=seat_limit_reached"),
                format!("?license={}", customer.ids["licenses"][2]),
            ]),
            "/sessions" => {
                let licenses = &customer.ids["licenses"];
                found.extend(licenses.iter().map(|license| format!("?license={license}")));
                found.extend([
                    format!("?customer={id}"),
                    format!("?customer={reference}&sort=host&order=desc"),
                    format!("?search={}", &reference[4..]),
                    "?product=coditect&order=desc".to_owned(),
                ]);
            }
            "/sessions/stream" => found.extend([
                format!("?seconds=0&customer={id}"),
                format!("?seconds=0&search={}", &reference[4..]),
            ]),
            _ => {}
        }
    }
    found
}

/// A body with which a call is understood, or refused for it once it is known who calls.
fn body(method: &str, path: &str) -> Value {
    match (method, path) {
        // These would end the callers' own logins.
        (_, "/me/password" | "/me/totp" | "/logins" | "/logins/current") => json!({"unknown": 1}),
        ("POST", "/sessions/{id}/revoke" | "/me/sessions/{id}/revoke") => json!({"reason": "probed"}),
        ("PATCH", "/people/{id}") => json!({"name": "Probed"}),
        ("POST", "/licenses/{id}/assign" | "/licenses/{id}/unassign") => json!({"email": "probed@elsewhere.example"}),
        _ => json!({}),
    }
}

/// The rule of a call is in the table: who is let through is let through to their own.
#[tokio::test]
async fn every_operation_by_every_role_on_every_object_leaks_nothing() {
    let server = TestServer::start().await;
    let product = json!({"code": "coditect", "name": "Coditect", "key_prefix": "CODITECT"});
    let product = text(&server.post("/products", product).await.expect(201)["id"]);
    let plan = json!({"product": "coditect", "code": "pro", "name": "Pro", "seats": 5});
    let plan = text(&server.post("/plans", plan).await.expect(201)["id"]);
    let token = json!({"name": "spare", "scope": "heartbeats"});
    let token = text(&server.post("/tokens", token).await.expect(201)["id"]);
    let vendors = BTreeMap::from([("products", product), ("plans", plan), ("tokens", token)]);
    let (mut references, mut customers) = (Vec::new(), Vec::new());
    for name in ["Acmecorp", "Boltwerk"] {
        let (reference, customer) = customer(&server, name).await;
        references.push(reference);
        customers.push(customer);
    }
    let callers = callers(&server, &references).await;
    let (mut probes, mut let_through) = (0, 0);
    for caller in &callers {
        for (method, path, allowed) in access_table() {
            let role = ROLES.iter().position(|role| *role == caller.role).unwrap();
            let personal = path.starts_with("/logins") || (path.starts_with("/me") && (method, path) != ("GET", "/me"));
            let may = allowed[role] && !(personal && caller.is_token());
            let places: Vec<(Option<usize>, String)> = if path.contains("{id}") {
                let objects = objects(path, &customers, &vendors).into_iter();
                objects.map(|(owner, id)| (owner, path.replace("{id}", &id))).collect()
            } else if method == "GET" {
                queries(path, &customers)
                    .into_iter()
                    .map(|query| (None, format!("{path}{query}")))
                    .collect()
            } else {
                vec![(None, path.to_owned())]
            };
            let mut unknown = None;
            for (owner, place) in places {
                let mut request = caller.request(&server, method, &place);
                if method != "GET" {
                    request = request.json(&body(method, path));
                }
                let answer = Answer::of(request).await;
                let said = format!("{} {method} {place}: {} {}", caller.role, answer.status, answer.body);
                probes += 1;
                if !may {
                    answer.problem(403, "FORBIDDEN");
                    continue;
                }
                let_through += 1;
                assert!(![401, 403, 429, 500].contains(&answer.status), "{said}");
                let Some(own) = caller.customer else { continue };
                let foreign = &customers[1 - own];
                for mark in &foreign.marks {
                    assert!(!answer.body.to_string().contains(mark), "{mark} in {said}");
                }
                if !path.contains("{id}") || path.starts_with("/logins") {
                    continue;
                }
                // What is another's is answered word for word as what is not there.
                let mut words = answer.body.clone();
                if let Some(id) = words.get_mut("request_id") {
                    id.take();
                }
                if owner.is_none() {
                    assert_eq!(answer.status, 404, "{said}");
                    unknown = Some(words);
                } else if owner != Some(own) {
                    assert_eq!((answer.status, Some(&words)), (404, unknown.as_ref()), "{said}");
                }
            }
        }
    }
    assert!(probes >= 5_000, "{probes}");
    assert!(let_through > 1_000, "{let_through}");
}

/// What members may do to their own, and how far that goes.
#[tokio::test]
async fn a_member_admin_manages_their_own_team_and_nobody_else() {
    let server = TestServer::start().await;
    let plan = json!({"product": "coditect", "code": "pro", "name": "Pro", "seats": 5});
    let product = json!({"code": "coditect", "name": "Coditect", "key_prefix": "CODITECT"});
    server.post("/products", product).await.expect(201);
    server.post("/plans", plan).await.expect(201);
    let (acme, own) = customer(&server, "Acmecorp").await;
    let (bolt, foreign) = customer(&server, "Boltwerk").await;
    let admin = server
        .person("boss@acmecorp.example", "Boss", "member-admin", Some(&acme))
        .await;
    let add = async |body: Value| server.call_as(&admin, "POST", "/people", body).await;
    let new = json!({"email": "new@acmecorp.example", "name": "New", "role": "member"});
    let made = add(new.clone()).await.expect(201);
    assert_eq!(made["customer"], own.ids["customers"][0]);
    for (member, value, field) in [
        ("role", json!("owner"), "role"),
        ("role", json!("auditor"), "role"),
        ("customer", json!(bolt), "customer"),
    ] {
        let mut body = new.clone();
        body["email"] = json!("another@acmecorp.example");
        body[member] = value;
        assert_eq!(
            add(body).await.problem(400, "INVALID_REQUEST")["errors"][0]["field"],
            field
        );
    }
    let path = format!("/people/{}", text(&made["id"]));
    for change in [json!({"role": "operator"}), json!({"customer": bolt})] {
        server
            .call_as(&admin, "PATCH", &path, change)
            .await
            .problem(400, "INVALID_REQUEST");
    }
    let raised = server
        .call_as(&admin, "PATCH", &path, json!({"role": "member-admin"}))
        .await
        .expect(200);
    assert_eq!(raised["role"], "member-admin");
    server
        .call_as(&admin, "POST", &format!("{path}/invitation"), json!({}))
        .await
        .expect(200);
    server.call_as(&admin, "DELETE", &path, json!({})).await.expect(204);
    let rotate = |license: &String| format!("/licenses/{license}/rotate-key");
    server
        .call_as(&admin, "POST", &rotate(&own.ids["licenses"][0]), json!({}))
        .await
        .expect(200);
    let stolen = server
        .call_as(&admin, "POST", &rotate(&foreign.ids["licenses"][0]), json!({}))
        .await;
    stolen.problem(404, "LICENSE_NOT_FOUND");
    let revoke = |session: &String| format!("/sessions/{session}/revoke");
    let reason = json!({"reason": "left running"});
    server
        .call_as(&admin, "POST", &revoke(&own.ids["sessions"][0]), reason.clone())
        .await
        .expect(200);
    let stolen = server
        .call_as(&admin, "POST", &revoke(&foreign.ids["sessions"][0]), reason)
        .await;
    stolen.problem(404, "SESSION_NOT_FOUND");
}
