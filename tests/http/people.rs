//! People: set up, invited, signed in and out, and what they may not do to each other.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use raft::seams::Clock;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use usher::api::ApiLimits;
use usher::founding::create_setup_link;

use crate::support::{Answer, MovableClock, Options, TestServer, text, until};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// Somebody who is signed in.
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) cookie: String,
}

/// The secret of a link.
fn secret_of(link: &Value) -> String {
    text(link).split_once("/setup#").unwrap().1.to_owned()
}

/// The cookie that an answer sets, as the next call sends it.
fn cookie_of(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

impl TestServer {
    /// A call with a login, as a page of this server makes it.
    pub(crate) fn with_cookie(&self, method: &str, path: &str, cookie: &str) -> RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.client.request(method, self.url(path));
        request.header("Cookie", cookie).header("Sec-Fetch-Site", "same-origin")
    }

    pub(crate) async fn call_as(&self, person: &Person, method: &str, path: &str, body: Value) -> Answer {
        Answer::of(self.with_cookie(method, path, &person.cookie).json(&body)).await
    }

    async fn get_as(&self, person: &Person, path: &str) -> Answer {
        Answer::of(self.with_cookie("GET", path, &person.cookie)).await
    }

    async fn sign_in(&self, body: Value) -> Answer {
        self.public("POST", "/logins", &body).await
    }

    /// Adds a person with a password, and signs them in.
    pub(crate) async fn person(&self, email: &str, name: &str, role: &str, customer: Option<&str>) -> Person {
        let new = json!({"email": email, "name": name, "role": role, "customer": customer});
        let made = self.post("/people", new).await.expect(201);
        let body = json!({"secret": secret_of(&made["link"]), "password": PASSWORD});
        self.public("POST", "/setup", &body).await.expect(200);
        let answer = self.sign_in(json!({"email": email, "password": PASSWORD})).await;
        let cookie = cookie_of(&answer);
        let me = answer.expect(201);
        assert_eq!(me["id"], made["id"]);
        Person {
            id: text(&me["id"]),
            email: email.to_owned(),
            cookie,
        }
    }
}

/// The code of a secret, as an authenticator shows it.
fn code(secret: &str, unix_ms: u64) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut bits = secret.chars().fold(String::new(), |bits, character| {
        format!("{bits}{:05b}", alphabet.find(character).unwrap())
    });
    bits.truncate(160);
    let bytes: Vec<u8> = (0..20)
        .map(|at| u8::from_str_radix(&bits[8 * at..8 * at + 8], 2).unwrap())
        .collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    let tag = hmac::sign(&key, &(unix_ms / 30_000).to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 15);
    let number = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

#[tokio::test]
async fn the_first_owner_sets_the_server_up_signs_in_and_out() {
    let server = TestServer::start().await;
    let (lookup, entropy) = (&server.keys.secrets.lookup, &*server.seams.entropy);
    let cluster = server.server.node().cluster();
    let link = create_setup_link(cluster, lookup, entropy, "https://usher.example/")
        .await
        .unwrap();
    assert!(link.starts_with("https://usher.example/setup#inv_"), "{}", *link);
    let secret = link.split_once('#').unwrap().1;
    let set_up = async |body: Value| server.public("POST", "/setup", &body).await;
    let whole = json!({"secret": secret, "email": "Ann@Example.com", "name": "Ann", "password": PASSWORD});
    for (member, value) in [
        ("email", Value::Null),
        ("name", Value::Null),
        ("password", json!("too short")),
    ] {
        let mut body = whole.clone();
        body[member] = value;
        let problem = set_up(body).await.problem(400, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], member);
    }
    let me = set_up(whole.clone()).await.expect(200);
    assert_eq!(me["role"], "owner");
    set_up(whole).await.problem(410, "INVITATION_INVALID");

    let answer = server
        .sign_in(json!({"email": "ANN@example.com", "password": PASSWORD}))
        .await;
    let set = answer.header("set-cookie").to_owned();
    for part in [
        "usher_login=",
        "; Path=/",
        "; HttpOnly",
        "; SameSite=Strict",
        "; Max-Age=604800",
    ] {
        assert!(set.contains(part), "{set}");
    }
    assert!(
        !set.contains("Secure"),
        "over plain HTTP a browser would drop it: {set}"
    );
    let ann = Person {
        id: text(&me["id"]),
        email: "ann@example.com".to_owned(),
        cookie: cookie_of(&answer),
    };
    let signed_in = answer.expect(201);
    let expected = json!({
        "kind": "operator", "id": ann.id, "name": "Ann", "email": "ann@example.com", "role": "owner", "totp": false,
    });
    assert_eq!(signed_in, expected);
    assert_eq!(server.get_as(&ann, "/me").await.expect(200), expected);
    server.get_as(&ann, "/licenses").await.expect(200);
    let gone = server.call_as(&ann, "DELETE", "/logins/current", json!({})).await;
    assert!(gone.header("set-cookie").contains("Max-Age=0"));
    gone.expect(204);
    server.get_as(&ann, "/me").await.problem(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_wrong_password_an_unknown_address_and_a_disabled_person_are_answered_alike() {
    let server = TestServer::start().await;
    let ann = server.person("ann@example.com", "Ann", "support", None).await;
    let bob = server.person("bob@example.com", "Bob", "support", None).await;
    server
        .patch(&format!("/people/{}", bob.id), json!({"disabled": true}))
        .await
        .expect(200);
    server.get_as(&bob, "/me").await.problem(401, "UNAUTHENTICATED");
    let mut said = Vec::new();
    for (email, password) in [
        (&*ann.email, "not her password"),
        ("nobody@example.com", PASSWORD),
        (&*bob.email, PASSWORD),
    ] {
        let mut problem = server
            .sign_in(json!({"email": email, "password": password}))
            .await
            .problem(401, "SIGN_IN_REFUSED");
        problem["request_id"].take();
        said.push(problem);
    }
    assert!(said.windows(2).all(|pair| pair[0] == pair[1]), "{said:?}");
}

#[tokio::test]
async fn too_many_wrong_passwords_are_limited_and_right_ones_are_not_counted() {
    let clock = Arc::new(MovableClock::default());
    let server = TestServer::with(Options {
        api_limits: ApiLimits {
            failed_sign_ins_burst: 3,
            failed_sign_ins_per_minute: 6,
            ..ApiLimits::default()
        },
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..Options::default()
    })
    .await;
    let ann = server.person("ann@example.com", "Ann", "support", None).await;
    let right = json!({"email": ann.email, "password": PASSWORD});
    let wrong = json!({"email": ann.email, "password": "not her password"});
    for _ in 0..5 {
        server.sign_in(right.clone()).await.expect(201);
    }
    for _ in 0..3 {
        server.sign_in(wrong.clone()).await.problem(401, "SIGN_IN_REFUSED");
    }
    let limited = server.sign_in(right.clone()).await;
    assert!((1..=10).contains(&limited.header("retry-after").parse::<u64>().unwrap()));
    limited.problem(429, "RATE_LIMITED");
    // A password that is asked for by a call of somebody who is signed in is the same door.
    let change = json!({"old": "not her password", "new": "another password"});
    server
        .call_as(&ann, "PUT", "/me/password", change)
        .await
        .problem(429, "RATE_LIMITED");
    clock.put_forward(Duration::from_secs(10));
    server.sign_in(right).await.expect(201);
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_each_code_is_taken_once() {
    let clock = Arc::new(MovableClock::default());
    let server = TestServer::with(Options {
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..Options::default()
    })
    .await;
    let ann = server.person("ann@example.com", "Ann", "operator", None).await;
    let totp = async |body: Value| server.call_as(&ann, "POST", "/me/totp", body).await;
    let wrong = totp(json!({"password": "not her password"}))
        .await
        .problem(400, "INVALID_REQUEST");
    assert_eq!(wrong["errors"][0]["field"], "password");
    let begun = totp(json!({"password": PASSWORD})).await.expect(200);
    let secret = text(&begun["secret"]);
    assert_eq!(begun["enabled"], false);
    assert_eq!(
        text(&begun["uri"]),
        format!("otpauth://totp/usher:ann%40example%2Ecom?secret={secret}&issuer=usher")
    );
    let now = || clock.unix_ms();
    let wrong = json!({"password": PASSWORD, "secret": secret, "code": code(&secret, now() + 600_000)});
    assert_eq!(
        totp(wrong).await.problem(400, "INVALID_REQUEST")["errors"][0]["field"],
        "code"
    );
    let right = json!({"password": PASSWORD, "secret": secret, "code": code(&secret, now())});
    assert_eq!(totp(right).await.expect(200), json!({"enabled": true}));
    assert_eq!(server.get_as(&ann, "/me").await.expect(200)["totp"], true);

    clock.put_forward(Duration::from_secs(60));
    let sign_in = async |totp: Option<&str>| {
        server
            .sign_in(json!({"email": ann.email, "password": PASSWORD, "totp": totp}))
            .await
    };
    sign_in(None).await.problem(401, "TOTP_REQUIRED");
    let code = code(&secret, now());
    sign_in(Some(&code)).await.expect(201);
    sign_in(Some(&code)).await.problem(401, "SIGN_IN_REFUSED");

    // Nothing that is stored or told has the secret in it.
    let rows = format!("{:?}", server.rows());
    assert!(!rows.contains(&secret));
    let shown = server.get(&format!("/people/{}", ann.id)).await.expect(200);
    assert_eq!(shown["totp"], true);
    assert!(!shown.to_string().contains(&secret) && !shown.to_string().contains("argon2"));

    let given_up = json!({"totp": false});
    server
        .patch(&format!("/people/{}", ann.id), json!({"totp": true}))
        .await
        .problem(400, "INVALID_REQUEST");
    server.patch(&format!("/people/{}", ann.id), given_up).await.expect(200);
    sign_in(None).await.expect(201);
}

#[tokio::test]
async fn a_changed_password_ends_every_other_login() {
    let server = TestServer::start().await;
    let ann = server.person("ann@example.com", "Ann", "operator", None).await;
    let other = server.sign_in(json!({"email": ann.email, "password": PASSWORD})).await;
    let other = Person {
        id: ann.id.clone(),
        email: ann.email.clone(),
        cookie: cookie_of(&other),
    };
    let logins = server.get_as(&ann, "/logins").await.expect(200);
    let logins = logins["items"].as_array().unwrap().clone();
    assert_eq!(logins.len(), 2);
    assert_eq!(logins.iter().filter(|login| login["current"] == true).count(), 1);
    assert_eq!(logins[0]["address"], "127.0.0.1");
    let wrong = json!({"old": "not her password", "new": "another password"});
    let problem = server
        .call_as(&ann, "PUT", "/me/password", wrong)
        .await
        .problem(400, "INVALID_REQUEST");
    assert_eq!(problem["errors"][0]["field"], "old");
    let change = json!({"old": PASSWORD, "new": "another password"});
    server.call_as(&ann, "PUT", "/me/password", change).await.expect(204);
    server.get_as(&ann, "/me").await.expect(200);
    server.get_as(&other, "/me").await.problem(401, "UNAUTHENTICATED");
    server
        .sign_in(json!({"email": ann.email, "password": PASSWORD}))
        .await
        .problem(401, "SIGN_IN_REFUSED");
    server
        .sign_in(json!({"email": ann.email, "password": "another password"}))
        .await
        .expect(201);
    server.call_as(&ann, "DELETE", "/logins", json!({})).await.expect(204);
    server.get_as(&ann, "/me").await.problem(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn one_ends_ones_own_logins_and_nobody_elses() {
    let server = TestServer::start().await;
    let ann = server.person("ann@example.com", "Ann", "operator", None).await;
    let bob = server.person("bob@example.com", "Bob", "owner", None).await;
    let login = |logins: &Value| text(&logins["items"][0]["id"]);
    let of_ann = login(&server.get_as(&ann, "/logins").await.expect(200));
    server
        .call_as(&bob, "DELETE", &format!("/logins/{of_ann}"), json!({}))
        .await
        .problem(404, "NOT_FOUND");
    server
        .call_as(&ann, "DELETE", &format!("/logins/{of_ann}"), json!({}))
        .await
        .expect(204);
    server.get_as(&ann, "/me").await.problem(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_login_changes_nothing_for_pages_of_others() {
    let server = TestServer::start().await;
    let ann = server.person("ann@example.com", "Ann", "owner", None).await;
    let host = server.server.api_address().to_string();
    let call = async |header: Option<(&str, String)>| {
        let mut request = server
            .client
            .post(server.url("/customers"))
            .header("Cookie", &ann.cookie);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        Answer::of(request.json(&json!({"name": "Acme"}))).await
    };
    for header in [
        None,
        Some(("Sec-Fetch-Site", "cross-site".to_owned())),
        Some(("Sec-Fetch-Site", "same-site".to_owned())),
        Some(("Origin", "https://elsewhere.example".to_owned())),
        Some(("Origin", "null".to_owned())),
    ] {
        call(header).await.problem(403, "FORBIDDEN");
    }
    assert!(
        server.get("/customers").await.expect(200)["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    call(Some(("Origin", format!("http://{host}")))).await.expect(201);
    let strange = server
        .client
        .post(server.url("/logins"))
        .header("Sec-Fetch-Site", "cross-site");
    let body = json!({"email": ann.email, "password": PASSWORD});
    Answer::of(strange.json(&body)).await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn the_last_owner_is_neither_removed_nor_disabled_nor_demoted() {
    let server = TestServer::start().await;
    let ann = server.person("ann@example.com", "Ann", "owner", None).await;
    let path = format!("/people/{}", ann.id);
    server
        .call_as(&ann, "DELETE", &path, json!({}))
        .await
        .problem(409, "CONFLICT");
    for change in [json!({"disabled": true}), json!({"role": "operator"})] {
        server.patch(&path, change).await.problem(409, "CONFLICT");
    }
    server.person("bob@example.com", "Bob", "owner", None).await;
    server
        .patch("/people/ann@example.com", json!({"role": "operator"}))
        .await
        .expect(200);
    server.get_as(&ann, "/people").await.expect(200);
    server
        .call_as(&ann, "DELETE", &path, json!({}))
        .await
        .problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn an_invitation_is_repeated_with_its_call_and_replaced_by_the_next() {
    let server = TestServer::start().await;
    let new = json!({"email": "ann@example.com", "name": "Ann", "role": "auditor"});
    let create = || {
        server
            .request("POST", "/people")
            .header("Idempotency-Key", "ann")
            .json(&new)
    };
    let first = Answer::of(create()).await.expect(201);
    assert_eq!(Answer::of(create()).await.expect(201)["link"], first["link"]);
    let path = format!("/people/{}/invitation", text(&first["id"]));
    let invite = || server.request("POST", &path).header("Idempotency-Key", "again");
    let second = Answer::of(invite()).await.expect(200);
    assert_eq!(Answer::of(invite()).await.expect(200)["link"], second["link"]);
    let set_up = async |link: &Value| {
        let body = json!({"secret": secret_of(link), "password": PASSWORD});
        server.public("POST", "/setup", &body).await
    };
    set_up(&first["link"]).await.problem(410, "INVITATION_INVALID");
    set_up(&second["link"]).await.expect(200);
    set_up(&second["link"]).await.problem(410, "INVITATION_INVALID");
    Answer::of(invite()).await.problem(409, "CONFLICT");
    assert!(
        text(&first["link"]).starts_with("http://127.0.0.1:4600/setup#inv_"),
        "{first}"
    );
}

#[tokio::test]
async fn people_are_listed_as_it_is_asked_for_page_by_page() {
    let server = TestServer::start().await;
    for (name, email) in [
        ("bea", "z@example.com"),
        ("Ann", "y@example.com"),
        ("Cid", "x@example.com"),
    ] {
        let new = json!({"email": email, "name": name, "role": "auditor"});
        server.post("/people", new).await.expect(201);
    }
    let names = async |query: &str| {
        let (mut names, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = server
                .get(&format!("/people?limit=2&{query}{cursor}"))
                .await
                .expect(200);
            assert_eq!(page["total"], 3);
            names.extend(
                page["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|person| text(&person["name"])),
            );
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return names,
            }
        }
    };
    assert_eq!(names("sort=name").await, ["Ann", "bea", "Cid"]);
    assert_eq!(names("sort=name&order=desc").await, ["Cid", "bea", "Ann"]);
    assert_eq!(names("sort=email").await, ["Cid", "Ann", "bea"]);
    assert_eq!(names("sort=created").await, ["bea", "Ann", "Cid"]);
}

#[tokio::test]
async fn bad_people_are_refused_by_field() {
    let server = TestServer::start().await;
    let customer = json!({"name": "Acme", "reference": "crm-1"});
    server.post("/customers", customer).await.expect(201);
    let whole = json!({"email": "ann@example.com", "name": "Ann", "role": "member", "customer": "crm-1"});
    for (member, value, field) in [
        ("email", json!("nobody"), "email"),
        ("name", json!(""), "name"),
        ("role", json!("boss"), "role"),
        ("role", json!("owner"), "customer"),
        ("customer", Value::Null, "customer"),
        ("customer", json!("crm-2"), "customer"),
    ] {
        let mut body = whole.clone();
        body[member] = value;
        let problem = server.post("/people", body).await.problem(400, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    server.post("/people", whole.clone()).await.expect(201);
    let mut same = whole;
    same["email"] = json!("ANN@example.com");
    server.post("/people", same).await.problem(409, "ALREADY_EXISTS");
}

#[tokio::test]
async fn a_token_says_who_made_it_when_it_was_used_and_what_it_sees() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let ann = server.person("ann@example.com", "Ann", "owner", None).await;
    let new = json!({"name": "portal", "scope": "member", "customer": "crm-1"});
    let made = server.call_as(&ann, "POST", "/tokens", new).await.expect(201);
    assert_eq!(
        (&made["created_by"], &made["customer"]),
        (&json!(ann.id), &json!(sold.customer))
    );
    assert_eq!(made["used_at"], Value::Null);
    let bearer = text(&made["token"]);
    let get = async |path: &str| Answer::of(server.client.get(server.url(path)).bearer_auth(&bearer)).await;
    let me = get("/me").await.expect(200);
    let expected = json!({
        "kind": "token", "id": made["id"], "name": "portal", "role": "member", "customer": sold.customer,
        "scopes": ["member"],
    });
    assert_eq!(me, expected);
    assert_eq!(get("/licenses").await.expect(200)["items"].as_array().unwrap().len(), 1);
    get("/products").await.problem(403, "FORBIDDEN");
    get("/logins").await.problem(403, "FORBIDDEN");
    let path = format!("/tokens/{}", text(&made["id"]));
    until("the note of its use", async || {
        let token = server.get(&path).await.expect(200);
        token["used_at"].is_string().then_some(())
    })
    .await;
    for (scope, customer, field) in [
        ("admin", json!("crm-1"), "customer"),
        ("member", Value::Null, "customer"),
    ] {
        let body = json!({"name": "x", "scope": scope, "customer": customer});
        let problem = server.post("/tokens", body).await.problem(400, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], field);
    }
}

#[tokio::test]
async fn the_audit_names_the_person_and_tells_no_secret() {
    let server = TestServer::start().await;
    let ann = server.person("ann@example.com", "Ann", "operator", None).await;
    let created = server
        .call_as(&ann, "POST", "/customers", json!({"name": "Acme"}))
        .await
        .expect(201);
    let record = until("the record of the change", async || {
        let audit = server.get("/audit?limit=200").await.expect(200);
        let items = audit["items"].as_array().unwrap();
        items.iter().find(|record| record["subject"] == created["id"]).cloned()
    })
    .await;
    assert_eq!(
        (&record["actor"], &record["command"]),
        (&json!(ann.id), &json!("create_customer"))
    );
    let audit = server.get("/audit?limit=200").await.expect(200);
    for record in audit["items"].as_array().unwrap() {
        use base64::Engine;
        let leaf = base64::engine::general_purpose::STANDARD
            .decode(text(&record["leaf"]))
            .unwrap();
        assert!(!leaf.windows(9).any(|part| part == b"$argon2id"), "{record}");
    }
}
