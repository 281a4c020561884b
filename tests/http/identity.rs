//! Identity providers: how they are kept, and signing in by them.

use std::sync::Arc;
use std::time::Duration;

use raft::seams::Clock;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde_json::{Value, json};

use crate::provider::{CLIENT, Key, Provider, SECRET, unsigned};
use crate::support::{Answer, MovableClock, Options, SOON, TestServer, text};

/// A browser that does not follow where it is sent, and keeps its cookies where a test sees them.
struct Browser<'s> {
    server: &'s TestServer,
    client: Client,
}

/// A sign-in that has begun: what the provider was told, and what the browser keeps.
struct Begun {
    state: String,
    nonce: String,
    challenge: String,
    cookie: String,
}

impl<'s> Browser<'s> {
    fn of(server: &'s TestServer) -> Self {
        let client = Client::builder().no_proxy().timeout(SOON).redirect(Policy::none());
        Self {
            server,
            client: client.build().unwrap(),
        }
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        let request = self.client.get(self.server.url(path));
        Answer::of(request.header("Cookie", cookie).header("Sec-Fetch-Site", "cross-site")).await
    }

    async fn begin(&self, provider: &str, return_to: Option<&str>) -> Begun {
        let page = return_to.map_or_else(String::new, |page| format!("&return_to={page}"));
        let path = format!("/sign-in/start?provider={provider}{page}");
        let answer = self.get(&path, "").await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let location = Url::parse(answer.header("location")).unwrap();
        let value = |name: &str| {
            let mut pairs = location.query_pairs();
            pairs
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        };
        assert_eq!(
            (value("client_id"), value("code_challenge_method")),
            (CLIENT.to_owned(), "S256".to_owned())
        );
        let set = answer.header("set-cookie");
        for part in ["usher_sign_in=", "; HttpOnly", "; SameSite=Lax", "; Max-Age=600"] {
            assert!(set.contains(part), "{set}");
        }
        Begun {
            state: value("state"),
            nonce: value("nonce"),
            challenge: value("code_challenge"),
            cookie: set.split(';').next().unwrap().to_owned(),
        }
    }

    async fn come_back(&self, begun: &Begun, code: &str) -> Answer {
        let path = format!("/sign-in/callback?code={code}&state={}", begun.state);
        self.get(&path, &begun.cookie).await
    }
}

/// Why nobody was signed in.
#[track_caller]
fn error_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let location = answer.header("location");
    let error = location
        .strip_prefix("/?sign_in_error=")
        .unwrap_or_else(|| panic!("signed in: {location}"));
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").into_iter().collect();
    assert!(
        cookies
            .iter()
            .all(|cookie| !cookie.to_str().unwrap().starts_with("usher_login="))
    );
    error.to_owned()
}

/// The login's cookie, of somebody who was signed in and sent to this page.
#[track_caller]
fn login_of(answer: &Answer, page: &str) -> String {
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, page),
        "{}",
        answer.body
    );
    let cookies: Vec<_> = answer
        .headers
        .get_all("set-cookie")
        .into_iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    assert!(
        cookies
            .iter()
            .any(|cookie| cookie.starts_with("usher_sign_in=; ") && cookie.contains("Max-Age=0"))
    );
    let login = cookies
        .iter()
        .find(|cookie| cookie.starts_with("usher_login="))
        .unwrap();
    assert!(
        login.contains("; SameSite=Strict") && login.contains("; HttpOnly"),
        "{login}"
    );
    login.split(';').next().unwrap().to_owned()
}

async fn add(server: &TestServer, issuer: &str, more: Value) -> String {
    let mut body = json!({
        "name": "Acme", "kind": "oidc", "issuer": issuer, "client_id": CLIENT, "client_secret": SECRET,
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    text(&server.post("/identity-providers", body).await.expect(201)["id"])
}

/// What a good ID token says of Ann.
fn claims(provider: &Provider, nonce: &str, now_ms: u64) -> Value {
    json!({
        "iss": provider.issuer, "aud": CLIENT, "sub": "ann-at-acme", "nonce": nonce, "iat": now_ms / 1_000,
        "exp": now_ms / 1_000 + 300, "email": "Ann@Example.com", "email_verified": true, "name": "Ann",
    })
}

fn with(mut claims: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

/// A server with Ann, who has no password, a provider with one key, and the provider's id here.
struct World {
    server: TestServer,
    provider: Provider,
    key: Key,
    id: String,
    clock: Arc<MovableClock>,
}

impl World {
    async fn new(more: Value) -> Self {
        let clock = Arc::new(MovableClock::default());
        let options = Options {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ..Options::default()
        };
        let server = TestServer::with(options).await;
        let ann = json!({"email": "ann@example.com", "name": "Ann", "role": "operator"});
        server.post("/people", ann).await.expect(201);
        let key = Key::new("first");
        let provider = Provider::start(&[&key]).await;
        let id = add(&server, &provider.issuer, more).await;
        Self {
            server,
            provider,
            key,
            id,
            clock,
        }
    }

    /// Comes back with an ID token that says this besides what a good one does.
    async fn sign_in(&self, changes: Value) -> Answer {
        let browser = Browser::of(&self.server);
        let begun = browser.begin(&self.id, None).await;
        let claims = with(claims(&self.provider, &begun.nonce, self.clock.unix_ms()), &changes);
        self.provider
            .grant("code", &begun.challenge, Some(self.key.sign(&claims)));
        browser.come_back(&begun, "code").await
    }

    async fn me(&self, cookie: &str) -> Answer {
        Answer::of(self.server.with_cookie("GET", "/me", cookie)).await
    }
}

#[tokio::test]
async fn a_provider_is_kept_changed_and_removed_and_its_secret_is_never_shown() {
    let server = TestServer::start().await;
    let id = add(&server, "https://id.acme.example", json!({})).await;
    let shown = server.get("/identity-providers/Acme").await.expect(200);
    let expected = json!({
        "id": id, "name": "Acme", "kind": "oidc", "issuer": "https://id.acme.example", "client_id": "usher",
        "has_secret": true, "scopes": ["openid", "email", "profile"], "self_registration": false,
        "accept_on_acquire": false, "audience": null, "keys": null,
        "redirect_uri": "http://127.0.0.1:4600/api/v1/sign-in/callback", "created_at": shown["created_at"], "version": 1,
    });
    assert_eq!(shown, expected);
    let path = format!("/identity-providers/{id}");
    let changed = server
        .patch(
            &path,
            json!({"accept_on_acquire": true, "audience": "coditect", "name": "Acme staff"}),
        )
        .await
        .expect(200);
    assert_eq!(
        (&changed["audience"], &changed["version"]),
        (&json!("coditect"), &json!(2))
    );
    let changed = server.patch(&path, json!({"client_secret": null})).await.expect(200);
    assert_eq!(changed["has_secret"], false);
    server
        .patch(&path, json!({"client_secret": "another-secret"}))
        .await
        .expect(200);
    server
        .patch(&path, json!({"if_version": 1, "name": "x"}))
        .await
        .problem(409, "CONFLICT");

    let rows = format!("{:?}", server.rows());
    assert!(!rows.contains(SECRET) && !rows.contains("another-secret"));
    for provider in [
        json!({"kind": "google", "client_id": "g"}),
        json!({"kind": "github", "client_id": "h", "client_secret": "s"}),
    ] {
        let mut body = provider;
        body["name"] = body["kind"].clone();
        server.post("/identity-providers", body).await.expect(201);
    }
    let listed = server.get("/identity-providers").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 3);
    let offered = server.public("GET", "/sign-in/providers", &Value::Null).await;
    let offered = offered.expect(200);
    let names: Vec<_> = offered["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| text(&item["name"]))
        .collect();
    assert_eq!(names, ["Acme staff", "github", "google"]);
    assert_eq!(
        offered["items"][0].as_object().unwrap().len(),
        3,
        "id, name and kind alone: {offered}"
    );
    Answer::of(server.request("DELETE", &path)).await.expect(204);
    server.get(&path).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn bad_providers_are_refused_by_field() {
    let server = TestServer::start().await;
    let whole = json!({"name": "Acme", "kind": "oidc", "issuer": "https://id.acme.example", "client_id": "usher"});
    let private = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "d": "d"}]});
    for (changes, field) in [
        (json!({"issuer": null}), "issuer"),
        (json!({"issuer": "http://id.acme.example"}), "issuer"),
        (json!({"issuer": "https://id.acme.example/?tenant=1"}), "issuer"),
        (json!({"issuer": "https://id.acme.example/#1"}), "issuer"),
        (json!({"issuer": "https://user:pass@id.acme.example"}), "issuer"),
        (json!({"kind": "google"}), "issuer"),
        (json!({"kind": "saml"}), "kind"),
        (json!({"client_id": null}), "client_id"),
        (json!({"accept_on_acquire": true}), "audience"),
        (json!({"kind": "github"}), "client_secret"),
        (json!({"scopes": ["two words"]}), "scopes"),
        (json!({"keys": private}), "keys"),
        (json!({"keys": {"keys": []}}), "keys"),
        (json!({"keys": {"keys": [[]]}}), "keys"),
        (json!({"keys": {"keys": [{"kty": "oct"}]}}), "keys"),
    ] {
        let body = with(whole.clone(), &changes);
        let problem = server
            .post("/identity-providers", body.clone())
            .await
            .problem(400, "INVALID_REQUEST");
        let named = text(&problem["errors"][0]["field"]);
        assert!(named.starts_with(field), "{body}: {problem}");
    }
    server.post("/identity-providers", whole.clone()).await.expect(201);
    server
        .post("/identity-providers", whole)
        .await
        .problem(409, "ALREADY_EXISTS");
}

#[tokio::test]
async fn somebody_is_found_by_their_address_and_by_their_account_from_then_on() {
    let world = World::new(json!({})).await;
    let cookie = login_of(&world.sign_in(json!({})).await, "/");
    let me = world.me(&cookie).await.expect(200);
    assert_eq!(
        (&me["email"], &me["role"]),
        (&json!("ann@example.com"), &json!("operator"))
    );
    let other = login_of(
        &world
            .sign_in(json!({"email": "new@example.com", "email_verified": false}))
            .await,
        "/",
    );
    assert_eq!(world.me(&other).await.expect(200)["id"], me["id"]);
    let person = world.server.get("/people/ann@example.com").await.expect(200);
    assert_eq!(person["identity_providers"], json!([world.id]));

    // One door closes both.
    Answer::of(world.server.with_cookie("DELETE", "/logins", &other).json(&json!({})))
        .await
        .expect(204);
    world.me(&cookie).await.problem(401, "UNAUTHENTICATED");
    world.me(&other).await.problem(401, "UNAUTHENTICATED");
}

#[tokio::test]
async fn tokens_that_are_not_good_sign_nobody_in() {
    let world = World::new(json!({})).await;
    let now = world.clock.unix_ms() / 1_000;
    for changes in [
        json!({"aud": "another"}),
        json!({"aud": [CLIENT, "another"]}),
        json!({"aud": [CLIENT, "another"], "azp": "another"}),
        json!({"azp": "another"}),
        json!({"aud": null}),
        json!({"iss": "https://elsewhere.example"}),
        json!({"nonce": "of another sign-in"}),
        json!({"nonce": null}),
        json!({"exp": now - 60}),
        json!({"exp": null}),
        json!({"exp": "tomorrow"}),
        json!({"nbf": now + 600}),
        json!({"iat": now + 600}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": "x".repeat(256)}),
    ] {
        let answer = world.sign_in(changes.clone()).await;
        assert_eq!(error_of(&answer), "token", "{changes}");
        // So many wrong ones in a row would be limited.
        world.clock.put_forward(Duration::from_secs(7));
    }
    login_of(
        &world.sign_in(json!({"aud": [CLIENT, "another"], "azp": CLIENT})).await,
        "/",
    );
}

#[tokio::test]
async fn a_token_counts_as_expired_by_our_own_clock() {
    let world = World::new(json!({})).await;
    let browser = Browser::of(&world.server);
    let begun = browser.begin(&world.id, None).await;
    let claims = claims(&world.provider, &begun.nonce, world.clock.unix_ms());
    world
        .provider
        .grant("code", &begun.challenge, Some(world.key.sign(&claims)));
    world.clock.put_forward(Duration::from_secs(331));
    assert_eq!(error_of(&browser.come_back(&begun, "code").await), "token");
}

/// How a token of given claims is signed.
type Signs<'a> = &'a dyn Fn(&Value) -> String;

#[tokio::test]
async fn signatures_that_are_none_sign_nobody_in() {
    let world = World::new(json!({})).await;
    let stranger = Key::new("first");
    let unknown = Key::new("nobody's");
    let (key, provider) = (&world.key, &world.provider);
    let cases: [(&str, Signs<'_>); 8] = [
        ("no algorithm", &|claims: &Value| {
            unsigned(&json!({"alg": "none"}), claims) + "."
        }),
        ("a MAC under the public key", &|claims: &Value| key.mac(claims)),
        ("another key of this name", &|claims: &Value| stranger.sign(claims)),
        ("a key of another name", &|claims: &Value| unknown.sign(claims)),
        ("another algorithm", &|claims: &Value| {
            key.sign_under(&json!({"alg": "RS256", "kid": "first"}), claims)
        }),
        ("a type of its own", &|claims: &Value| {
            key.sign_under(
                &json!({"alg": "ES256", "kid": "first", "typ": "usher-session+jwt"}),
                claims,
            )
        }),
        ("an extension", &|claims: &Value| {
            key.sign_under(
                &json!({"alg": "ES256", "kid": "first", "crit": ["b64"], "b64": false}),
                claims,
            )
        }),
        ("no signature", &|claims: &Value| {
            unsigned(&json!({"alg": "ES256", "kid": "first"}), claims)
        }),
    ];
    for (what, sign) in cases {
        let browser = Browser::of(&world.server);
        let begun = browser.begin(&world.id, None).await;
        let claims = claims(provider, &begun.nonce, world.clock.unix_ms());
        provider.grant("code", &begun.challenge, Some(sign(&claims)));
        assert_eq!(error_of(&browser.come_back(&begun, "code").await), "token", "{what}");
        world.clock.put_forward(Duration::from_secs(7));
    }
}

#[tokio::test]
async fn an_address_that_is_not_verified_not_known_or_somebody_elses_is_refused() {
    let world = World::new(json!({})).await;
    let unverified = world.sign_in(json!({"email_verified": false})).await;
    assert_eq!(error_of(&unverified), "email_not_verified");
    assert_eq!(
        error_of(&world.sign_in(json!({"email_verified": null})).await),
        "email_not_verified"
    );
    let unknown = world.sign_in(json!({"email": "new@example.com"})).await;
    assert_eq!(error_of(&unknown), "account_unknown");
    login_of(&world.sign_in(json!({})).await, "/");
    assert_eq!(
        error_of(&world.sign_in(json!({"sub": "mallory"})).await),
        "account_moved"
    );
    let forget = world.server.request("DELETE", "/people/ann@example.com/identities");
    Answer::of(forget).await.expect(204);
    login_of(&world.sign_in(json!({"sub": "ann-anew"})).await, "/");
    world
        .server
        .patch("/people/ann@example.com", json!({"disabled": true}))
        .await
        .expect(200);
    assert_eq!(error_of(&world.sign_in(json!({"sub": "ann-anew"})).await), "refused");
}

#[tokio::test]
async fn a_newcomer_becomes_a_customer_where_the_provider_may_bring_them() {
    let world = World::new(json!({"self_registration": true})).await;
    let new = json!({"sub": "new", "email": "New@Example.org", "name": "Newcomer \u{7} Ltd"});
    let cookie = login_of(&world.sign_in(new.clone()).await, "/");
    let me = world.me(&cookie).await.expect(200);
    assert_eq!(
        (&me["role"], &me["email"]),
        (&json!("member-admin"), &json!("new@example.org"))
    );
    let customer = world
        .server
        .get(&format!("/customers/{}", text(&me["customer"])))
        .await
        .expect(200);
    assert_eq!(customer["name"], "Newcomer  Ltd");
    login_of(&world.sign_in(new).await, "/");
    let customers = world.server.get("/customers").await.expect(200);
    assert_eq!(customers["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn only_the_browser_that_began_comes_back_and_only_once() {
    let world = World::new(json!({})).await;
    let browser = Browser::of(&world.server);
    let grant = |begun: &Begun, code: &str| {
        let claims = claims(&world.provider, &begun.nonce, world.clock.unix_ms());
        world
            .provider
            .grant(code, &begun.challenge, Some(world.key.sign(&claims)));
    };
    let begun = browser.begin(&world.id, Some("/seats")).await;
    let other = browser.begin(&world.id, None).await;
    grant(&begun, "code");
    let path = format!("/sign-in/callback?code=code&state={}", begun.state);
    let foreign = TestServer::start().await;
    let elsewhere = add(&foreign, &world.provider.issuer, json!({})).await;
    let sealed_elsewhere = Browser::of(&foreign).begin(&elsewhere, None).await.cookie;
    for cookie in ["", "usher_sign_in=x", &other.cookie, &sealed_elsewhere] {
        assert_eq!(error_of(&browser.get(&path, cookie).await), "stale", "{cookie}");
    }
    assert_eq!(
        error_of(&browser.get("/sign-in/callback?code=code", &begun.cookie).await),
        "stale"
    );
    login_of(&browser.come_back(&begun, "code").await, "/seats");
    // The same once more, with whatever code the provider gives.
    grant(&begun, "again");
    assert_eq!(error_of(&browser.come_back(&begun, "again").await), "stale");
    grant(&other, "late");
    world.clock.put_forward(Duration::from_secs(601));
    assert_eq!(error_of(&browser.come_back(&other, "late").await), "stale");
}

#[tokio::test]
async fn what_a_provider_says_no_to_is_told() {
    let world = World::new(json!({})).await;
    let browser = Browser::of(&world.server);
    let begun = browser.begin(&world.id, None).await;
    let denied = format!(
        "/sign-in/callback?error=access_denied&error_description=x&state={}",
        begun.state
    );
    assert_eq!(error_of(&browser.get(&denied, &begun.cookie).await), "denied");
    let begun = browser.begin(&world.id, None).await;
    assert_eq!(error_of(&browser.come_back(&begun, "unknown-code").await), "provider");
    world.provider.grant("code", "of another verifier", None);
    assert_eq!(error_of(&browser.come_back(&begun, "code").await), "provider");
    let none = add(&world.server, "http://127.0.0.1:1", json!({"name": "Nowhere"})).await;
    world.clock.put_forward(Duration::from_secs(400));
    world.provider.go_down(true);
    let start = format!("/sign-in/start?provider={}", world.id);
    let begun = browser.get(&start, "").await;
    assert_eq!(begun.status, 303, "what was found serves on: {}", begun.body);
    let start = format!("/sign-in/start?provider={none}");
    assert_eq!(error_of(&browser.get(&start, "").await), "provider");
}

#[tokio::test]
async fn a_provider_that_names_itself_must_be_the_one() {
    let world = World::new(json!({})).await;
    world.provider.names_itself();
    let browser = Browser::of(&world.server);
    for (iss, is_right) in [
        (None, false),
        (Some("https://elsewhere.example"), false),
        (Some(&*world.provider.issuer), true),
    ] {
        let begun = browser.begin(&world.id, None).await;
        let claims = claims(&world.provider, &begun.nonce, world.clock.unix_ms());
        world
            .provider
            .grant("code", &begun.challenge, Some(world.key.sign(&claims)));
        let iss = iss.map(|iss| format!("&iss={iss}")).unwrap_or_default();
        let path = format!("/sign-in/callback?code=code&state={}{iss}", begun.state);
        let answer = browser.get(&path, &begun.cookie).await;
        if is_right {
            login_of(&answer, "/");
        } else {
            assert_eq!(error_of(&answer), "token", "{iss}");
        }
    }
}

#[tokio::test]
async fn one_comes_back_to_the_page_one_came_for_and_to_no_other_server() {
    let world = World::new(json!({})).await;
    let browser = Browser::of(&world.server);
    for page in [
        "https://evil.example",
        "//evil.example",
        "/%5Cevil.example",
        "/api/v1/me",
        "seats",
    ] {
        let path = format!("/sign-in/start?provider={}&return_to={page}", world.id);
        let problem = browser.get(&path, "").await.problem(400, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], "return_to", "{page}");
    }
    let begun = browser.begin(&world.id, Some("/licenses?customer=1")).await;
    let claims = claims(&world.provider, &begun.nonce, world.clock.unix_ms());
    world
        .provider
        .grant("code", &begun.challenge, Some(world.key.sign(&claims)));
    login_of(&browser.come_back(&begun, "code").await, "/licenses?customer=1");
    let missing = "/sign-in/start?provider=idp_00000000000000000000000000";
    browser.get(missing, "").await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn an_account_whose_token_says_little_is_asked_for() {
    let world = World::new(json!({})).await;
    let bare = json!({"email": null, "email_verified": null});
    let info = |subject: &str| json!({"sub": subject, "email": "ann@example.com", "email_verified": "true"});
    world.provider.tells_of_the_account(info("somebody-else"));
    assert_eq!(error_of(&world.sign_in(bare.clone()).await), "token");
    world.provider.tells_of_the_account(info("ann-at-acme"));
    login_of(&world.sign_in(bare).await, "/");
}

#[tokio::test]
async fn github_is_asked_for_the_account_and_its_verified_addresses() {
    let server = TestServer::start().await;
    let ann = json!({"email": "ann@example.com", "name": "Ann", "role": "auditor"});
    server.post("/people", ann).await.expect(201);
    let provider = Provider::start(&[]).await;
    let id = add(&server, &provider.issuer, json!({"kind": "github", "name": "GitHub"})).await;
    let browser = Browser::of(&server);
    let sign_in = async |emails: Value| {
        provider.is_github_with(json!({"id": 583_231, "login": "ann", "name": null}), emails);
        let begun = browser.begin(&id, None).await;
        provider.grant("code", &begun.challenge, None);
        browser.come_back(&begun, "code").await
    };
    let email =
        |email: &str, primary: bool, verified: bool| json!({"email": email, "primary": primary, "verified": verified});
    let unverified = json!([
        email("ann@example.com", true, false),
        email("ann@home.example", false, true)
    ]);
    assert_eq!(error_of(&sign_in(unverified).await), "account_unknown");
    let second = json!([
        email("ann@home.example", true, true),
        email("Ann@Example.com", false, true)
    ]);
    let cookie = login_of(&sign_in(second).await, "/");
    let me = Answer::of(server.with_cookie("GET", "/me", &cookie)).await.expect(200);
    assert_eq!(me["email"], "ann@example.com");
    login_of(&sign_in(json!([])).await, "/");
}
