//! Whatever is wrong with a request, it is refused by name and changes nothing. What is tried comes from the OpenAPI
//! document, so a new operation or member is tried too.

use licensing::ledger::Ledger;
use reqwest::RequestBuilder;
use serde_json::{Map, Value, json};

use crate::people::{PASSWORD, Person};
use crate::support::{Answer, Sold, TestServer, text};

/// An operation that takes a body, with a body that it would accept.
struct Operation {
    method: String,
    path: String,
    /// The body's properties by name, as the document describes them.
    properties: Map<String, Value>,
    required: Vec<String>,
    valid: Map<String, Value>,
    body_is_optional: bool,
}

struct Fixture {
    server: TestServer,
    sold: Sold,
    seat: Value,
    token_id: String,
    provider_id: String,
    /// Somebody for the calls that people make about themselves.
    person: Person,
}

impl Fixture {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let sold = server.sell(json!({"seats": 5})).await;
        let seat = server.acquire(&sold.key, "laptop-fingerprint").await.expect(200);
        let token = server
            .post("/tokens", json!({"name": "ci", "scope": "admin"}))
            .await
            .expect(201);
        let provider = json!({
            "name": "Acme", "kind": "oidc", "issuer": "https://id.acme.example", "client_id": "usher",
        });
        let provider = server.post("/identity-providers", provider).await.expect(201);
        let person = server.person("ann@example.com", "Ann", "auditor", None).await;
        Self {
            server,
            sold,
            seat,
            token_id: text(&token["id"]),
            provider_id: text(&provider["id"]),
            person,
        }
    }

    /// A path with a resource that is there.
    fn fill(&self, path: &str) -> String {
        let session = text(&self.seat["session"]);
        let ids = [
            ("/products/", &*self.sold.product),
            ("/plans/", &self.sold.plan),
            ("/customers/", &self.sold.customer),
            ("/licenses/", &self.sold.license),
            ("/sessions/", &session),
            ("/tokens/", &self.token_id),
            ("/identity-providers/", &self.provider_id),
            ("/nodes/", "9"),
            ("/people/", &self.person.id),
            ("/logins/", "lgn_0000000000000000"),
            ("/refusals/", "ref_0000000000000"),
        ];
        let id = ids
            .into_iter()
            .find(|(part, _)| path.contains(part))
            .map_or("", |(_, id)| id);
        path.replace("{id}", id)
    }

    /// A body with every member that would be accepted.
    fn valid(&self, schema: &str) -> Value {
        let terms = json!({
            "seats": 1, "overage_max": 0, "ttl_seconds": 360, "heartbeat_seconds": 300, "offline": "lenient",
            "grace_seconds": 60, "ghosts_max": 1, "sessions_per_holder_max": 1, "holder": "fingerprint",
            "entitlements": {"gpu": true},
        });
        let with_terms = |own: Value| {
            let mut body = own;
            body.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
            body
        };
        // RFC 7517, appendix A.1.
        let key = json!({
            "kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM", "kid": "1",
        });
        match schema {
            "AcquireRequest" => json!({
                "license_key": self.sold.key, "hardware_id": "other-fingerprint", "jwt_token": "a.b.c",
                "request_id": "request-1", "replaces": self.seat["session_id"], "client": {"instance": "1"},
            }),
            "SessionRequest" => json!({"session_id": self.seat["session_id"]}),
            "BatchRequest" => json!({"session_ids": [self.seat["session_id"]], "tokens": true}),
            "NewProduct" => json!({
                "code": "new", "name": "New", "key_prefix": "NEW", "renewal_url": "https://new.example/",
            }),
            "ProductChange" => json!({"if_version": 1, "name": "New", "renewal_url": "https://new.example/"}),
            "NewPlan" => with_terms(json!({"product": "coditect", "code": "new", "name": "New"})),
            "PlanChange" => with_terms(json!({"if_version": 1, "name": "New"})),
            "NewCustomer" => json!({"name": "New", "email": "a@b.example", "reference": "new"}),
            "CustomerChange" => json!({"if_version": 1, "name": "New", "email": "a@b.example", "reference": "new"}),
            "NewLicense" => json!({
                "plan": "pro", "customer": "crm-1", "seats": 1, "starts_at": "2999-01-01T00:00:00Z",
                "expires_at": "2999-02-01T00:00:00Z", "entitlements": {"gpu": true},
            }),
            "LicenseChange" => json!({"if_version": 1, "plan": "pro", "seats": 1, "entitlements": {"gpu": true}}),
            "ReasonRequest" => json!({"reason": "because"}),
            "Extension" => json!({"expires_at": "2999-01-01T00:00:00Z"}),
            "AssignmentRequest" => json!({"email": "a@b.example"}),
            "NewToken" => json!({
                "name": "new", "scope": "member", "customer": "crm-1", "expires_at": "2999-01-01T00:00:00Z",
            }),
            "NewPerson" => json!({"email": "a@b.example", "name": "New", "role": "member", "customer": "crm-1"}),
            "PersonChange" => json!({
                "if_version": 1, "email": "a@b.example", "name": "New", "role": "member", "customer": "crm-1",
                "disabled": true, "totp": false,
            }),
            "NewIdentityProvider" => json!({
                "name": "new", "kind": "oidc", "issuer": "https://id.example", "client_id": "usher", "client_secret": "s",
                "scopes": ["openid"], "self_registration": true, "accept_on_acquire": true, "audience": "coditect",
                "keys": {"keys": [key]},
            }),
            "IdentityProviderChange" => json!({
                "if_version": 1, "name": "New", "client_id": "usher", "client_secret": "s", "scopes": ["openid"],
                "self_registration": true, "accept_on_acquire": true, "audience": "coditect",
                "keys": {"keys": [key]},
            }),
            "NewLoginCode" => json!({"challenge": "A".repeat(43)}),
            "RedeemedCode" => json!({"code": "code", "verifier": "A".repeat(43)}),
            "MyChange" => json!({"if_version": 1, "name": "New"}),
            "PasswordChange" => json!({"old": PASSWORD, "new": "another password"}),
            "TotpChange" => json!({"password": PASSWORD, "secret": "A".repeat(32), "code": "123456"}),
            "PasswordProof" => json!({"password": PASSWORD}),
            "NewLogin" => json!({"email": "ann@example.com", "password": PASSWORD, "totp": "123456"}),
            "SetUp" => json!({"secret": "inv_0", "email": "a@b.example", "name": "New", "password": PASSWORD}),
            "ExplainRequest" => json!({"link": "why_0000"}),
            "NewJoinToken" | "NewUserToken" => json!({"expires_seconds": 60}),
            "Transfer" => json!({"to": 1}),
            "NewBranding" => json!({
                "if_version": 0, "name": "New", "colour": "#0b7a5e", "support": "help@new.example",
            }),
            "NewRetention" => json!({"if_version": 0, "session_days": 90, "usage_days": 400}),
            other => panic!("say what a valid {other} is"),
        }
    }

    fn operations(&self) -> Vec<Operation> {
        let document: Value = serde_json::from_str(&usher::api::document()).unwrap();
        let mut found = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let body = &operation["requestBody"];
                let Some(reference) = body.pointer("/content/application~1json/schema/$ref") else {
                    continue;
                };
                let schema = document.pointer(text(reference).trim_start_matches('#')).unwrap();
                let name = text(reference).rsplit('/').next().unwrap().to_owned();
                let required = schema["required"]
                    .as_array()
                    .map(|names| names.iter().map(text).collect());
                found.push(Operation {
                    method: method.to_uppercase(),
                    path: self.fill(path.strip_prefix("/api/v1").unwrap()),
                    properties: schema["properties"].as_object().unwrap().clone(),
                    required: required.unwrap_or_default(),
                    valid: self.valid(&name).as_object().unwrap().clone(),
                    body_is_optional: matches!(
                        &*name,
                        "NewJoinToken" | "Transfer" | "NewBranding" | "NewRetention" | "NewUserToken"
                    ),
                });
            }
        }
        assert!(found.len() >= 20, "{}", found.len());
        found
    }

    /// A call by whoever may make it: those about oneself by a person, the others by a token.
    fn request(&self, operation: &Operation) -> RequestBuilder {
        let Operation { method, path, .. } = operation;
        if path.starts_with("/me") || path.starts_with("/logins") {
            self.server.with_cookie(method, path, &self.person.cookie)
        } else {
            self.server.request(method, path)
        }
    }

    async fn send(&self, operation: &Operation, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.request(operation).body(body);
        Answer::of(request.header("Content-Type", "application/json")).await
    }

    fn state(&self) -> (Vec<licensing::row::Row>, u64) {
        (
            self.server.rows(),
            self.server.server.node().cluster().ledger(Ledger::audit_size),
        )
    }
}

/// The refusal names this field, or something inside it.
#[track_caller]
fn names(answer: Answer, field: &str, what: &str) {
    assert_eq!(answer.status, 400, "{what}: {}", answer.body);
    let problem = answer.problem(400, "INVALID_REQUEST");
    let named = text(&problem["errors"][0]["field"]);
    let inside = named
        .strip_prefix(field)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    assert!(inside, "{what} names {named}: {problem}");
    assert!(!text(&problem["errors"][0]["problem"]).is_empty(), "{what}: {problem}");
}

fn body_with(valid: &Map<String, Value>, name: &str, value: Value) -> String {
    let mut body = valid.clone();
    body.insert(name.to_owned(), value);
    Value::Object(body).to_string()
}

/// Values that a property of this description cannot have, as JSON text.
fn wrong_values(name: &str, valid: &Value) -> Vec<String> {
    let long = format!("\"{}\"", "x".repeat(10_000));
    let everywhere = ["[[1]]".to_owned(), long];
    let specific: &[&str] = match valid {
        Value::Number(_) => &["-1", "1.5", "1e30", "18446744073709551616", "\"1\"", "true", "{}"],
        Value::Bool(_) => &["0", "\"true\"", "null", "{}"],
        Value::Array(_) if name == "scopes" => &["{}", "\"openid\"", "null", "[null]", "[5]", "[\"two words\"]"],
        Value::Array(_) => &["{}", "\"sid\"", "null", "[null]", "[5]", "[\"sid_short\"]"],
        Value::Object(_) => &[
            "5",
            "\"x\"",
            "{\"surprise\": false}",
            "{\"instance\": 5, \"gpu\": null}",
        ],
        _ if name == "hardware_id" => &["5", "true", "{}", "\"short\"", "null"],
        _ => &["5", "1e30", "true", "{}", "{\"a\": {\"b\": []}}", "\"\\u0000\""],
    };
    everywhere
        .into_iter()
        .chain(specific.iter().map(|text| (*text).to_owned()))
        .collect()
}

#[tokio::test]
async fn every_member_of_every_request_is_checked_and_named() {
    let fixture = Fixture::new().await;
    let before = fixture.state();
    let mut tried = 0;
    for operation in &fixture.operations() {
        let Operation {
            method, path, valid, ..
        } = operation;
        assert_eq!(
            operation.properties.keys().collect::<Vec<_>>(),
            valid.keys().collect::<Vec<_>>(),
            "{method} {path}: the valid body has every member"
        );
        for (name, value) in valid {
            for wrong in wrong_values(name, value) {
                let body = body_with(valid, name, json!("@wrong@")).replace("\"@wrong@\"", &wrong);
                let shown: String = wrong.chars().take(40).collect();
                names(
                    fixture.send(operation, body).await,
                    name,
                    &format!("{method} {path} {name} = {shown}"),
                );
                tried += 1;
            }
            let body = Value::Object(valid.clone()).to_string();
            let twice = body.replacen('{', &format!("{{{}:{value},", json!(name)), 1);
            names(
                fixture.send(operation, twice).await,
                name,
                &format!("{method} {path} {name} twice"),
            );
        }
        for name in &operation.required {
            let mut body = valid.clone();
            body.remove(name);
            let answer = fixture.send(operation, Value::Object(body).to_string()).await;
            names(answer, name, &format!("{method} {path} without {name}"));
        }
        let answer = fixture.send(operation, body_with(valid, "surprise", json!(1))).await;
        names(answer, "surprise", &format!("{method} {path} surprise"));
    }
    assert!(tried > 300, "{tried}");
    assert_eq!(fixture.state(), before, "nothing was changed and nothing was proposed");
}

#[tokio::test]
async fn what_is_not_a_json_object_is_refused_as_a_whole() {
    let fixture = Fixture::new().await;
    let before = fixture.state();
    for operation in &fixture.operations() {
        let Operation {
            method, path, valid, ..
        } = operation;
        let good = Value::Object(valid.clone()).to_string();
        let mut bodies: Vec<Vec<u8>> = [
            "[]",
            "null",
            "5",
            "\"text\"",
            "{",
            "{\"",
            "nonsense",
            "{'a': 1}",
            "\u{feff}{}",
        ]
        .map(|text| text.as_bytes().to_vec())
        .into();
        bodies.push(format!("{good}{good}").into_bytes());
        bodies.push(b"{\"\xff\xfe\": 1}".to_vec());
        bodies.push(b"\x00\x01\x02".to_vec());
        if !operation.body_is_optional {
            bodies.push(Vec::new());
        }
        for body in bodies {
            let what = format!(
                "{method} {path} {}",
                String::from_utf8_lossy(&body[..body.len().min(30)])
            );
            names(fixture.send(operation, body).await, "body", &what);
        }
        let nested = format!("{{\"surprise\": {}{},", "[".repeat(30_000), "]".repeat(30_000));
        let deep = good.replacen('{', &nested, 1);
        names(
            fixture.send(operation, deep).await,
            "surprise",
            &format!("{method} {path} deep"),
        );
    }
    assert_eq!(fixture.state(), before);
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let fixture = Fixture::new().await;
    let before = fixture.state();
    for operation in &fixture.operations() {
        let good = Value::Object(operation.valid.clone()).to_string();
        let request = || fixture.request(operation).body(good.clone());
        let types = [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonp",
            "",
        ];
        for kind in types {
            let answer = Answer::of(request().header("Content-Type", kind)).await;
            assert_eq!(
                answer.problem(415, "INVALID_REQUEST")["errors"][0]["field"],
                "Content-Type"
            );
        }
        Answer::of(request()).await.problem(415, "INVALID_REQUEST");
    }
    assert_eq!(fixture.state(), before);
}

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_refused_with_those_it_has() {
    let fixture = Fixture::new().await;
    let before = fixture.state();
    let document: Value = serde_json::from_str(&usher::api::document()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = fixture.fill(path.strip_prefix("/api/v1").unwrap());
        let known = item.as_object().unwrap();
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "INVENTED"] {
            if known.contains_key(&method.to_lowercase()) {
                continue;
            }
            let answer = Answer::of(fixture.server.request(method, &path)).await;
            let allowed = answer.header("allow").to_owned();
            assert!(
                known.keys().all(|known| allowed.contains(&known.to_uppercase())),
                "{method} {path}: {allowed}"
            );
            answer.problem(405, "INVALID_REQUEST");
        }
    }
    assert_eq!(fixture.state(), before);
}

#[tokio::test]
async fn every_query_parameter_is_checked_and_named() {
    let fixture = Fixture::new().await;
    let document: Value = serde_json::from_str(&usher::api::document()).unwrap();
    let mut tried = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let parameters = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let path = fixture.fill(path.strip_prefix("/api/v1").unwrap());
        let names_of = |query: String, field: String| {
            let (server, path) = (&fixture.server, path.clone());
            async move {
                names(
                    server.get(&format!("{path}?{query}")).await,
                    &field,
                    &format!("{path}?{query}"),
                );
            }
        };
        for parameter in parameters.iter().filter(|parameter| parameter["in"] == "query") {
            let name = text(&parameter["name"]);
            names_of(format!("{name}={}", "x".repeat(300)), name.clone()).await;
            names_of(format!("{name}=1&{name}=2"), name.clone()).await;
            tried += 1;
        }
        if item["get"]["security"].is_array() && parameters.iter().any(|parameter| parameter["in"] == "query") {
            names_of("surprise=1".to_owned(), "surprise".to_owned()).await;
            for limit in ["0", "201", "-1", "1.5", "", "18446744073709551616"] {
                names_of(format!("limit={limit}"), "limit".to_owned()).await;
            }
        }
    }
    assert!(tried > 20, "{tried}");
}

#[tokio::test]
async fn a_version_that_is_none_is_refused() {
    let fixture = Fixture::new().await;
    let path = format!("/products/{}", fixture.sold.product);
    for tag in ["3", "\"x\"", "\"-1\"", "W/3", "\"99999999999\""] {
        let request = fixture
            .server
            .request("PATCH", &path)
            .header("If-Match", tag)
            .json(&json!({"name": "New"}));
        names(Answer::of(request).await, "If-Match", tag);
    }
    for tag in ["*", "W/\"2\""] {
        let request = fixture
            .server
            .request("PATCH", &path)
            .header("If-Match", tag)
            .json(&json!({"name": "New"}));
        Answer::of(request).await.expect(200);
    }
}

#[tokio::test]
async fn a_name_that_turns_what_is_written_after_it_is_refused() {
    let server = TestServer::start().await;
    for name in ["gro.elpmaxe\u{202e}", "a\u{2066}b", "a\u{7}"] {
        let answer = server.post("/customers", json!({"name": name})).await;
        names(answer, "name", name);
    }
    // Those that are written from right to left are names as any.
    server
        .post("/customers", json!({"name": "\u{5e9}\u{5dc}\u{5d5}\u{5dd}"}))
        .await
        .expect(201);
}

#[tokio::test]
async fn names_that_lead_nowhere_are_refused_where_they_stand() {
    let fixture = Fixture::new().await;
    let before = fixture.server.rows();
    let license = format!("/licenses/{}", fixture.sold.license);
    for (method, path, body, field) in [
        (
            "POST",
            "/plans",
            json!({"product": "none", "code": "x", "name": "X"}),
            "product",
        ),
        (
            "POST",
            "/licenses",
            json!({"plan": "none", "customer": "crm-1"}),
            "plan",
        ),
        (
            "POST",
            "/licenses",
            json!({"plan": "pro", "customer": "none"}),
            "customer",
        ),
        ("PATCH", &*license, json!({"plan": "none"}), "plan"),
        (
            "POST",
            "/products",
            json!({"code": "-a", "name": "A", "key_prefix": "AB"}),
            "code",
        ),
        (
            "POST",
            "/products",
            json!({"code": "a", "name": "A", "key_prefix": "1A"}),
            "key_prefix",
        ),
        ("POST", "/customers", json!({"name": "A", "email": "nobody"}), "email"),
        (
            "POST",
            "/tokens",
            json!({"name": "a", "scope": "admin", "expires_at": "2001-01-01T00:00:00Z"}),
            "expires_at",
        ),
    ] {
        let answer = Answer::of(fixture.server.request(method, path).json(&body)).await;
        names(answer, field, &format!("{method} {path} {body}"));
    }
    let mut after = fixture.server.rows();
    // Refusals by the ledger are remembered for repetitions; nothing else is different.
    after.retain(|row| !matches!(row, licensing::row::Row::Answer(_)));
    let mut before = before;
    before.retain(|row| !matches!(row, licensing::row::Row::Answer(_)));
    assert_eq!(after, before);
}
