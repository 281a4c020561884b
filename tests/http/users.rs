//! Seats for users whom an identity provider, or this server itself, vouches for.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use licensing::ledger::Ledger;
use raft::seams::Clock;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::people::Person;
use crate::provider::{Key, Provider};
use crate::support::{Answer, MovableClock, Options, Sold, TestServer, free_address, text, until};

struct World {
    server: TestServer,
    sold: Sold,
    provider: Provider,
    key: Key,
    id: String,
    clock: Arc<MovableClock>,
}

impl World {
    async fn new(holder: &str, more: Value) -> Self {
        let clock = Arc::new(MovableClock::default());
        let options = Options {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            peer_address: free_address(),
            ..Options::default()
        };
        let server = TestServer::with(options).await;
        let sold = server.sell(json!({"holder": holder, "seats": 2})).await;
        let key = Key::new("first");
        let provider = Provider::start(&[&key]).await;
        let mut body = json!({
            "name": "Acme", "kind": "oidc", "issuer": provider.issuer, "accept_on_acquire": true, "audience": "coditect",
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let id = text(&server.post("/identity-providers", body).await.expect(201)["id"]);
        Self {
            server,
            sold,
            provider,
            key,
            id,
            clock,
        }
    }

    fn claims(&self, user: &str) -> Value {
        let now = self.clock.unix_ms() / 1_000;
        json!({
            "iss": self.provider.issuer, "aud": "coditect", "sub": user, "iat": now, "exp": now + 3_600,
            "email": format!("{user}@example.com"),
        })
    }

    async fn acquire(&self, device: &str, token: Option<&str>) -> Answer {
        let body = json!({
            "license_key": self.sold.key, "hardware_id": format!("hardware-of-{device}"), "jwt_token": token,
        });
        self.server.public("POST", "/licenses/acquire", &body).await
    }

    /// Puts the clock forward, and waits until the cluster's has followed.
    async fn pass(&self, by: Duration) {
        self.clock.put_forward(by);
        let cluster = self.server.server.node().cluster();
        until("the step of the cluster's clock", async || {
            (cluster.ledger(Ledger::at).ms() + 2_000 > self.clock.unix_ms()).then_some(())
        })
        .await;
    }

    async fn acquire_as(&self, device: &str, user: &str) -> Answer {
        self.acquire(device, Some(&self.key.sign(&self.claims(user)))).await
    }

    /// What the refusal of a token says.
    async fn refused(&self, token: &str) -> String {
        text(&self.acquire("laptop", Some(token)).await.problem(401, "TOKEN_INVALID")["detail"])
    }
}

#[tokio::test]
async fn a_user_has_one_seat_on_every_device_and_lists_say_who_it_is() {
    let world = World::new("user", json!({})).await;
    world.acquire("laptop", None).await.problem(401, "USER_REQUIRED");
    world.acquire("laptop", Some("")).await.problem(401, "USER_REQUIRED");
    let seat = world.acquire_as("laptop", "ann").await.expect(200);
    assert_eq!(
        world.acquire_as("desktop", "ann").await.expect(200)["seats"]["in_use"],
        1
    );
    assert_eq!(
        world.acquire_as("laptop", "bob").await.expect(200)["seats"]["in_use"],
        2
    );
    world
        .acquire_as("tablet", "cid")
        .await
        .problem(409, "SEAT_LIMIT_REACHED");

    let session = world
        .server
        .get(&format!("/sessions/{}", text(&seat["session"])))
        .await
        .expect(200);
    let user = json!({
        "issuer": world.provider.issuer, "subject": "ann", "email": "ann@example.com", "person": null,
    });
    assert_eq!(session["user"], user);
    // The seat goes on without the token, which is shown once.
    let id = text(&seat["session_id"]);
    world.server.heartbeat(&id).await.expect(200);
    world.server.release(&id).await.expect(200);
    assert!(
        !format!("{:?}", world.server.rows()).contains("eyJ"),
        "no token is kept"
    );
}

#[tokio::test]
async fn tokens_are_refused_for_what_is_wrong_with_them() {
    let world = World::new("fingerprint", json!({})).await;
    let now = world.clock.unix_ms() / 1_000;
    for (change, reason) in [
        (json!({"aud": "another"}), "another audience"),
        (json!({"aud": ["coditect", "x"]}), "another party"),
        (json!({"azp": "another"}), "another party"),
        (json!({"iss": "https://elsewhere.example"}), "issuer is not accepted"),
        (json!({"exp": now - 60}), "expired"),
        (json!({"nbf": now + 600}), "not valid yet"),
        (json!({"sub": ""}), "no subject"),
    ] {
        let mut claims = world.claims("ann");
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let detail = world.refused(&world.key.sign(&claims)).await;
        assert!(detail.contains(reason), "{change}: {detail}");
    }
    let claims = world.claims("ann");
    for (token, reason) in [
        (Key::new("first").sign(&claims), "signature is not right"),
        (Key::new("other").sign(&claims), "key that its issuer does not have"),
        (world.key.mac(&claims), "algorithm is not accepted"),
        (
            world.key.sign_under(&json!({"alg": "none"}), &claims),
            "algorithm is not accepted",
        ),
        (
            world
                .key
                .sign_under(&json!({"alg": "ES256", "typ": "usher-issuer+jwt"}), &claims),
            "another type",
        ),
        ("a.b.c".to_owned(), "not a signed JWT"),
    ] {
        let detail = world.refused(&token).await;
        assert!(detail.contains(reason), "{detail}");
    }
    let access = json!({"alg": "ES256", "typ": "at+jwt", "kid": "first"});
    let mut claims = world.claims("ann");
    claims["azp"] = json!("the application that got it");
    world
        .acquire("laptop", Some(&world.key.sign_under(&access, &claims)))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_named_seat_is_taken_by_an_address_that_the_provider_has_verified_and_by_no_other() {
    let world = World::new("named_user", json!({})).await;
    let assign = format!("/licenses/{}/assign", world.sold.license);
    let body = json!({"email": "ann@example.com"});
    world.server.post(&assign, body.clone()).await.expect(200);
    let ask = async |user: &str, more: Value| {
        let mut claims = world.claims(user);
        claims
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        world.acquire("laptop", Some(&world.key.sign(&claims))).await
    };
    for unverified in [
        json!({}),
        json!({"email_verified": false}),
        json!({"email_verified": true, "email": "ann"}),
    ] {
        let problem = ask("ann", unverified).await.problem(403, "SEAT_NOT_ASSIGNED");
        let detail = text(&problem["detail"]);
        assert!(detail.contains("your token vouches for no e-mail address"), "{detail}");
    }
    let verified = |email: &str| json!({"email_verified": true, "email": email});
    ask("bob", verified("bob@example.com"))
        .await
        .problem(403, "SEAT_NOT_ASSIGNED");
    let seat = ask("ann", verified("Ann@Example.com")).await.expect(200);
    // Whatever account it is that the provider vouches for, the seat is the address's.
    let other = ask("ann-again", verified("ann@example.com")).await.expect(200);
    assert_eq!(
        (&seat["seats"]["in_use"], &other["seats"]["in_use"]),
        (&json!(1), &json!(1))
    );
    // A person's own token vouches for their address here.
    let cid = world.member("cid", "crm-1").await;
    let token = world.user_token(&cid, json!({})).await;
    world
        .acquire("tablet", Some(&token))
        .await
        .problem(403, "SEAT_NOT_ASSIGNED");
    world
        .server
        .post(&assign, json!({"email": cid.email}))
        .await
        .expect(200);
    world.acquire("tablet", Some(&token)).await.expect(200);
    // Whoever is disabled here has no seat by the same address at a provider.
    let path = format!("/people/{}", cid.id);
    world.server.patch(&path, json!({"disabled": true})).await.expect(200);
    let problem = ask("cid-at-work", verified("cid@example.com"))
        .await
        .problem(401, "TOKEN_INVALID");
    assert!(text(&problem["detail"]).contains("may not sign in here any more"));
}

#[tokio::test]
async fn the_person_that_an_account_is_known_to_be_is_named() {
    let world = World::new("user", json!({})).await;
    let seat = world.acquire_as("laptop", "ann").await.expect(200);
    let ann = world
        .server
        .person("ann@example.com", "Ann", "member", Some("crm-1"))
        .await;
    // As a sign-in by the provider would note it.
    let provider = world.id.parse().unwrap();
    let lookup = &world.server.keys.secrets.lookup;
    let sign_in = licensing::command::SignInByProvider {
        login: licensing::id::LoginId::from_bytes([9; 10]),
        secret: licensing::id::SecretHash::from_bytes([9; 32]),
        provider,
        subject: lookup.subject(provider, "ann"),
        account: "ann".into(),
        email: Some("ann@example.com".into()),
        name: "Ann".into(),
        newcomer: (
            licensing::id::PersonId::from_bytes([9; 16]),
            licensing::id::CustomerId::from_bytes([9; 16]),
        ),
        expires_at: licensing::time::At::from_ms(253_402_300_000_000),
        agent: None,
        address: None,
    };
    world
        .server
        .patch(
            &format!("/identity-providers/{}", world.id),
            json!({"client_id": "usher"}),
        )
        .await
        .expect(200);
    let command = licensing::command::Command::SignInByProvider(sign_in);
    let cluster = world.server.server.node().cluster();
    let applied = cluster
        .propose(licensing::command::Proposal::by_system(command))
        .await
        .unwrap();
    assert_eq!(applied.outcome, licensing::outcome::Outcome::Done);
    world.server.release(&text(&seat["session_id"])).await.expect(200);
    let seat = world.acquire_as("laptop", "ann").await.expect(200);
    let session = world
        .server
        .get(&format!("/sessions/{}", text(&seat["session"])))
        .await
        .expect(200);
    assert_eq!(session["user"]["person"], ann.id);

    // Known to be her, it has a seat that is assigned to her, though its provider has not verified the address.
    let plan = format!("/plans/{}", world.sold.plan);
    world
        .server
        .patch(&plan, json!({"holder": "named_user"}))
        .await
        .expect(200);
    let assign = format!("/licenses/{}/assign", world.sold.license);
    world
        .server
        .post(&assign, json!({"email": ann.email}))
        .await
        .expect(200);
    world.acquire_as("tablet", "ann").await.expect(200);
}

#[tokio::test]
async fn a_new_key_is_looked_for_once_and_an_old_one_is_out_with_it() {
    let world = World::new("user", json!({})).await;
    world.acquire_as("laptop", "ann").await.expect(200);
    assert_eq!(world.provider.keys_asked(), 1);
    let (old, new) = (&world.key, Key::new("second"));
    world.provider.show(&[&new]);
    let token = new.sign(&world.claims("ann"));
    // A moment after they were fetched, keys are not asked for again, whatever a token names.
    for _ in 0..3 {
        world
            .acquire("laptop", Some(&token))
            .await
            .problem(401, "TOKEN_INVALID");
    }
    assert_eq!(world.provider.keys_asked(), 1);
    world.clock.put_forward(Duration::from_secs(10));
    let (one, other) = tokio::join!(
        world.acquire("laptop", Some(&token)),
        world.acquire("desktop", Some(&token))
    );
    one.expect(200);
    other.expect(200);
    assert_eq!(world.provider.keys_asked(), 2);
    let detail = world.refused(&old.sign(&world.claims("ann"))).await;
    assert!(detail.contains("key that its issuer does not have"), "{detail}");
}

#[tokio::test]
async fn known_keys_serve_while_the_provider_is_down() {
    let world = World::new("user", json!({})).await;
    world.acquire_as("laptop", "ann").await.expect(200);
    world.provider.go_down(true);
    world.pass(Duration::from_secs(3_600)).await;
    world.acquire_as("laptop", "ann").await.expect(200);
    world.pass(Duration::from_secs(86_400)).await;
    let answer = world.acquire_as("laptop", "ann").await;
    assert_eq!(answer.header("retry-after"), "10");
    answer.problem(503, "PROVIDER_UNAVAILABLE");
    world.provider.go_down(false);
    world.clock.put_forward(Duration::from_secs(2));
    world.acquire_as("laptop", "ann").await.expect(200);
}

#[tokio::test]
async fn a_key_set_without_end_is_not_read() {
    let world = World::new("user", json!({})).await;
    world.provider.show_too_much();
    world
        .acquire_as("laptop", "ann")
        .await
        .problem(503, "PROVIDER_UNAVAILABLE");
}

#[tokio::test]
async fn keys_that_are_given_need_no_provider() {
    let key = Key::new("first");
    let world = World::new("user", json!({"keys": {"keys": [key.jwk()]}})).await;
    world.provider.go_down(true);
    world
        .acquire("laptop", Some(&key.sign(&world.claims("ann"))))
        .await
        .expect(200);
    let detail = world.refused(&world.key.sign(&world.claims("ann"))).await;
    assert!(detail.contains("signature is not right"), "{detail}");
    assert_eq!(world.provider.keys_asked(), 0);
}

#[tokio::test]
async fn a_request_repeated_for_another_user_is_another_request() {
    let world = World::new("user", json!({})).await;
    let ask = async |user: &str| {
        let body = json!({
            "license_key": world.sold.key, "hardware_id": "hardware-of-laptop", "request_id": "request-1",
            "jwt_token": world.key.sign(&world.claims(user)),
        });
        world.server.public("POST", "/licenses/acquire", &body).await
    };
    let first = ask("ann").await.expect(200);
    assert_eq!(ask("ann").await.expect(200)["session_id"], first["session_id"]);
    ask("bob").await.problem(409, "REQUEST_ID_REUSED");
}

impl World {
    /// A user token that somebody made for themselves.
    async fn user_token(&self, of: &Person, body: Value) -> String {
        let made = self.server.call_as(of, "POST", "/me/user-tokens", body).await;
        text(&made.expect(200)["token"])
    }

    async fn member(&self, name: &str, customer: &str) -> Person {
        let email = format!("{name}@example.com");
        self.server.person(&email, name, "member", Some(customer)).await
    }
}

#[tokio::test]
async fn a_person_takes_one_seat_on_all_their_devices_by_a_user_token_of_this_server() {
    let world = World::new("user", json!({})).await;
    let ann = world.member("ann", "crm-1").await;
    let token = world.user_token(&ann, json!({})).await;
    let seat = world.acquire("laptop", Some(&token)).await.expect(200);
    let again = world.user_token(&ann, json!({"expires_seconds": 60})).await;
    assert_eq!(
        world.acquire("desk", Some(&again)).await.expect(200)["seats"]["in_use"],
        1
    );
    let session = format!("/sessions/{}", text(&seat["session"]));
    let cluster = world.server.keys.identity.cluster;
    let user = json!({
        "issuer": cluster.to_string(), "subject": ann.id, "email": "ann@example.com", "person": ann.id,
    });
    assert_eq!(world.server.get(&session).await.expect(200)["user"], user);
    // No provider is asked about it, nor for anything.
    assert_eq!(world.provider.keys_asked(), 0);
    let owner = world.server.person("olga@vendor.example", "Olga", "owner", None).await;
    let token = world.user_token(&owner, json!({})).await;
    assert_eq!(
        world.acquire("lab", Some(&token)).await.expect(200)["seats"]["in_use"],
        2
    );
    assert!(
        !format!("{:?}", world.server.rows()).contains("eyJ"),
        "no token is kept"
    );
}

#[tokio::test]
async fn a_user_token_is_looked_at_where_no_provider_is_accepted() {
    let world = World::new(
        "user",
        json!({"accept_on_acquire": false, "audience": null, "client_id": "usher"}),
    )
    .await;
    let ann = world.member("ann", "crm-1").await;
    let token = world.user_token(&ann, json!({})).await;
    world.acquire("laptop", Some(&token)).await.expect(200);
    let foreign = world.key.sign(&world.claims("ann"));
    world
        .acquire("laptop", Some(&foreign))
        .await
        .problem(401, "USER_REQUIRED");
    let [header, claims, _]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let forged = format!("{header}.{claims}.{}", "A".repeat(86));
    assert!(world.refused(&forged).await.contains("does not verify"), "forged");
}

#[tokio::test]
async fn user_tokens_are_refused_for_what_is_wrong_with_them() {
    let world = World::new("user", json!({})).await;
    let ann = world.member("ann", "crm-1").await;
    let token = world.user_token(&ann, json!({"expires_seconds": 600})).await;
    let seat = world.acquire("laptop", Some(&token)).await.expect(200);

    let other = json!({"name": "Other", "reference": "crm-2"});
    world.server.post("/customers", other).await.expect(201);
    let bob = world.member("bob", "crm-2").await;
    let of_bob = world.user_token(&bob, json!({})).await;
    assert!(world.refused(&of_bob).await.contains("another customer"), "of bob");
    let parts: Vec<_> = token.split('.').collect();
    let claims_of_bob = of_bob.split('.').nth(1).unwrap();
    let mixed = format!("{}.{claims_of_bob}.{}", parts[0], parts[2]);
    assert!(world.refused(&mixed).await.contains("does not verify"), "mixed");

    let elsewhere = TestServer::start().await;
    let stranger = elsewhere.person("ann@example.com", "Ann", "owner", None).await;
    let made = elsewhere.call_as(&stranger, "POST", "/me/user-tokens", json!({})).await;
    let detail = world.refused(&text(&made.expect(200)["token"])).await;
    assert!(detail.contains("another server"), "{detail}");

    // A seat's token says who holds a seat, which is no reason to give out another.
    let session_token = text(&seat["signed_token"]);
    let detail = world.refused(&session_token).await;
    assert!(detail.contains("usher-user+jwt"), "{detail}");
    let detail = world.refused(&text(&seat["chain"][0])).await;
    assert!(detail.contains("usher-user+jwt"), "{detail}");
    let roots = &world.server.keys.secrets.roots;
    let chain: Vec<String> = seat["chain"].as_array().unwrap().iter().map(text).collect();
    let now = trust::UnixSeconds::new(world.clock.unix_ms() / 1_000);
    let expected = trust::Expectations::at(now);
    trust::verify_session(&session_token, &chain, roots, &expected).unwrap();
    let as_session = trust::verify_session(&token, &chain, roots, &expected).unwrap_err();
    assert_eq!(as_session.reason(), "wrong_type");
    let bearer = world.server.client.get(world.server.url("/me")).bearer_auth(&token);
    Answer::of(bearer).await.problem(401, "UNAUTHENTICATED");

    world.pass(Duration::from_secs(601)).await;
    assert!(world.refused(&token).await.contains("has expired"), "late");
}

#[tokio::test]
async fn whoever_is_disabled_or_removed_takes_no_seat_with_a_token_from_before() {
    let world = World::new("user", json!({})).await;
    let ann = world.member("ann", "crm-1").await;
    let token = world.user_token(&ann, json!({})).await;
    world.acquire("laptop", Some(&token)).await.expect(200);
    for disabled in [true, false] {
        let change = json!({"disabled": disabled});
        world.server.patch("/people/ann@example.com", change).await.expect(200);
        let answer = world.acquire("laptop", Some(&token)).await;
        if disabled {
            let problem = answer.problem(401, "TOKEN_INVALID");
            assert!(text(&problem["detail"]).contains("may not sign in"), "{problem}");
        } else {
            answer.expect(200);
        }
    }
    Answer::of(world.server.request("DELETE", "/people/ann@example.com"))
        .await
        .expect(204);
    assert!(world.refused(&token).await.contains("may not sign in"), "removed");
}

#[tokio::test]
async fn a_user_token_of_one_node_is_good_on_every_other() {
    let world = World::new("user", json!({})).await;
    let other = world.server.join().await;
    let ann = world.member("ann", "crm-1").await;
    let token = world.user_token(&ann, json!({})).await;
    let body = json!({"license_key": world.sold.key, "hardware_id": "hardware-of-desk", "jwt_token": token});
    other.public("POST", "/licenses/acquire", &body).await.expect(200);
    // So is the code of one.
    let code = world.code(&ann, "v").await;
    let redeemed = other.public("POST", "/user-tokens", &redemption(&code, "v")).await;
    let token = text(&redeemed.expect(200)["token"]);
    assert_eq!(
        world.acquire("laptop", Some(&token)).await.expect(200)["seats"]["in_use"],
        1
    );
    // And each knows at once what another was told of the person.
    for _ in 0..5 {
        for disabled in [true, false] {
            let change = json!({"disabled": disabled});
            world.server.patch("/people/ann@example.com", change).await.expect(200);
            if disabled {
                let answer = other.public("POST", "/licenses/acquire", &body).await;
                answer.problem(401, "TOKEN_INVALID");
            }
        }
    }
}

/// A verifier of the shortest length that is allowed.
fn verifier(of: &str) -> String {
    of.repeat(43)
}

fn redemption(code: &str, secret: &str) -> Value {
    json!({"code": code, "verifier": verifier(secret)})
}

impl World {
    /// A code that somebody allowed for the hash of a secret.
    async fn code(&self, by: &Person, secret: &str) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier(secret)));
        let body = json!({"challenge": challenge});
        let made = self.server.call_as(by, "POST", "/me/login-codes", body).await;
        text(&made.expect(200)["code"])
    }

    async fn redeem(&self, body: &Value) -> Answer {
        self.server.public("POST", "/user-tokens", body).await
    }
}

#[tokio::test]
async fn a_code_is_worth_nothing_without_its_secret_and_nothing_later() {
    let world = World::new("user", json!({})).await;
    let ann = world.member("ann", "crm-1").await;
    let code = world.code(&ann, "v").await;
    let wrong = |code: &str, secret: &str| {
        let body = redemption(code, secret);
        let world = &world;
        async move { world.redeem(&body).await.problem(401, "TOKEN_INVALID") }
    };
    wrong(&code, "w").await;
    // Who saw the challenge on its way does not have what it is made of.
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier("v")));
    let shown = json!({"code": code, "verifier": challenge});
    world.redeem(&shown).await.problem(401, "TOKEN_INVALID");
    let first = if code.starts_with('A') { "B" } else { "A" };
    wrong(&format!("{first}{}", &code[1..]), "v").await;
    wrong("AAAA", "v").await;

    let made = world.redeem(&redemption(&code, "v")).await.expect(200);
    assert_eq!(made["email"], "ann@example.com");
    world.acquire("laptop", Some(&text(&made["token"]))).await.expect(200);
    wrong(&code, "w").await;
    wrong(&text(&made["token"]).replace('.', "_")[..200], "v").await;

    let disabled = json!({"disabled": true});
    world
        .server
        .patch("/people/ann@example.com", disabled)
        .await
        .expect(200);
    wrong(&code, "v").await;
    let enabled = json!({"disabled": false});
    world.server.patch("/people/ann@example.com", enabled).await.expect(200);
    world.redeem(&redemption(&code, "v")).await.expect(200);
    world.pass(Duration::from_secs(121)).await;
    wrong(&code, "v").await;
}

#[tokio::test]
async fn only_people_who_are_signed_in_here_allow_anything() {
    let world = World::new("user", json!({})).await;
    let ann = world.member("ann", "crm-1").await;
    let code = json!({"challenge": "A".repeat(43)});
    for (path, body) in [("/me/user-tokens", json!({})), ("/me/login-codes", code)] {
        world.server.post(path, body.clone()).await.problem(403, "FORBIDDEN");
        world
            .server
            .public("POST", path, &body)
            .await
            .problem(401, "UNAUTHENTICATED");
        // A page of somebody else's cannot allow it for them.
        let request = world.server.client.post(world.server.url(path)).json(&body);
        let request = request.header("Cookie", &ann.cookie);
        Answer::of(request.header("Sec-Fetch-Site", "cross-site"))
            .await
            .problem(403, "FORBIDDEN");
    }
    for seconds in [59, 90 * 86_400 + 1] {
        let body = json!({"expires_seconds": seconds});
        let refused = world.server.call_as(&ann, "POST", "/me/user-tokens", body).await;
        assert_eq!(
            refused.problem(400, "INVALID_REQUEST")["errors"][0]["field"],
            "expires_seconds"
        );
    }
}

#[tokio::test]
async fn codes_are_not_guessed_at_for_long() {
    let world = World::new("user", json!({})).await;
    let ann = world.member("ann", "crm-1").await;
    let code = world.code(&ann, "v").await;
    // What succeeds is not counted.
    for _ in 0..20 {
        world.redeem(&redemption(&code, "v")).await.expect(200);
    }
    for _ in 0..10 {
        world
            .redeem(&redemption(&code, "w"))
            .await
            .problem(401, "TOKEN_INVALID");
    }
    let answer = world.redeem(&redemption(&code, "v")).await;
    assert!(!answer.header("retry-after").is_empty());
    answer.problem(429, "RATE_LIMITED");
}

#[tokio::test]
async fn a_member_ends_their_own_sessions_and_nobody_elses() {
    let world = World::new("user", json!({})).await;
    let (ann, bea) = (world.member("ann", "crm-1").await, world.member("bea", "crm-1").await);
    let seat = async |of: &Person| {
        let token = world.user_token(of, json!({})).await;
        world.acquire(&of.email, Some(&token)).await.expect(200)
    };
    let (own, of_bea) = (seat(&ann).await, seat(&bea).await);
    let end = async |by: &Person, session: &str, key: &str| {
        let path = format!("/me/sessions/{session}/revoke");
        let request = world
            .server
            .with_cookie("POST", &path, &by.cookie)
            .json(&json!({"reason": "left running"}));
        Answer::of(request.header("Idempotency-Key", key)).await
    };
    let (own_name, name_of_bea) = (text(&own["session"]), text(&of_bea["session"]));
    end(&ann, &name_of_bea, "a").await.problem(404, "SESSION_NOT_FOUND");
    let path = format!("/sessions/{own_name}/revoke");
    let by_role = world
        .server
        .call_as(&ann, "POST", &path, json!({"reason": "left running"}))
        .await;
    by_role.problem(403, "FORBIDDEN");
    end(&bea, &own_name, "b").await.problem(404, "SESSION_NOT_FOUND");
    let ended = end(&ann, &own_name, "c").await.expect(200);
    assert_eq!(
        (&ended["status"], &ended["reason"]),
        (&json!("revoked"), &json!("left running"))
    );
    // Asked again it is answered again, though nothing tells any more whose it was.
    assert_eq!(end(&ann, &own_name, "c").await.expect(200), ended);
    end(&ann, &own_name, "d").await.problem(410, "SESSION_REVOKED");
    let beat = world.server.heartbeat(&text(&own["session_id"])).await;
    assert!(text(&beat.problem(410, "SESSION_REVOKED")["detail"]).contains("left running"));
    world.server.heartbeat(&text(&of_bea["session_id"])).await.expect(200);

    // An account at a provider is somebody only once it is known to be.
    let by_provider = world.acquire_as("tablet", "ann").await.expect(200);
    let name = text(&by_provider["session"]);
    end(&ann, &name, "e").await.problem(404, "SESSION_NOT_FOUND");
    until("the record of the end", async || {
        let ends = world.server.get(&format!("/audit?event=ended&actor={}", ann.id)).await;
        (ends.expect(200)["items"][0]["subject"] == own_name).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_seat_that_nobody_showed_a_token_for_is_no_members_own() {
    let world = World::new("fingerprint", json!({})).await;
    let ann = world.member("ann", "crm-1").await;
    let seat = world.acquire("laptop", None).await.expect(200);
    let path = format!("/me/sessions/{}/revoke", text(&seat["session"]));
    let reason = json!({"reason": "left running"});
    world
        .server
        .call_as(&ann, "POST", &path, reason)
        .await
        .problem(404, "SESSION_NOT_FOUND");
}
