//! Seats for users whom an identity provider, or this server itself, vouches for.

use std::sync::Arc;
use std::time::Duration;

use licensing::command::{Command, Proposal, SignInByProvider};
use licensing::id::{CustomerId, LoginId, PersonId, SecretHash};
use licensing::ledger::Ledger;
use licensing::outcome::Outcome;
use licensing::time::At;
use raft::seams::Clock;
use serde_json::{Value, json};

use crate::provider::{Key, Provider};
use crate::support::{Answer, MovableClock, Options, Sold, TestServer, free_address, text, until};

pub(crate) struct World {
    pub(crate) server: TestServer,
    pub(crate) sold: Sold,
    pub(crate) provider: Provider,
    pub(crate) key: Key,
    id: String,
    pub(crate) clock: Arc<MovableClock>,
}

impl World {
    pub(crate) async fn new(holder: &str, more: Value) -> Self {
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

    pub(crate) fn claims(&self, user: &str) -> Value {
        let now = self.clock.unix_ms() / 1_000;
        json!({
            "iss": self.provider.issuer, "aud": "coditect", "sub": user, "iat": now, "exp": now + 3_600,
            "email": format!("{user}@example.com"),
        })
    }

    pub(crate) async fn acquire(&self, device: &str, token: Option<&str>) -> Answer {
        let body = json!({
            "license_key": self.sold.key, "hardware_id": format!("hardware-of-{device}"), "jwt_token": token,
        });
        self.server.public("POST", "/licenses/acquire", &body).await
    }

    /// Puts the clock forward, and waits until the cluster's has followed.
    pub(crate) async fn pass(&self, by: Duration) {
        self.clock.put_forward(by);
        let cluster = self.server.server.node().cluster();
        until("the step of the cluster's clock", async || {
            (cluster.ledger(Ledger::at).ms() + 2_000 > self.clock.unix_ms()).then_some(())
        })
        .await;
    }

    pub(crate) async fn acquire_as(&self, device: &str, user: &str) -> Answer {
        self.acquire(device, Some(&self.key.sign(&self.claims(user)))).await
    }

    /// The account becomes known to be the person's of this address, as a sign-in by the provider would note it.
    async fn know(&self, account: &str, email: &str) {
        let provider = self.id.parse().unwrap();
        let sign_in = SignInByProvider {
            login: LoginId::from_bytes([9; 10]),
            secret: SecretHash::from_bytes([9; 32]),
            provider,
            subject: self.server.keys.secrets.lookup.subject(provider, account),
            account: account.into(),
            email: Some(email.into()),
            name: account.into(),
            newcomer: (PersonId::from_bytes([9; 16]), CustomerId::from_bytes([9; 16])),
            expires_at: At::from_ms(253_402_300_000_000),
            agent: None,
            address: None,
        };
        let path = format!("/identity-providers/{}", self.id);
        self.server
            .patch(&path, json!({"client_id": "usher"}))
            .await
            .expect(200);
        let proposal = Proposal::by_system(Command::SignInByProvider(sign_in));
        let applied = self.server.server.node().cluster().propose(proposal).await.unwrap();
        assert_eq!(applied.outcome, Outcome::Done);
    }

    /// Shows a token of an account whose provider has verified this address.
    async fn acquire_by_address(&self, device: &str, account: &str, email: &str) -> Answer {
        let mut claims = self.claims(account);
        claims["email"] = json!(email);
        claims["email_verified"] = json!(true);
        self.acquire(device, Some(&self.key.sign(&claims))).await
    }

    /// What the refusal of a token says.
    pub(crate) async fn refused(&self, token: &str) -> String {
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
        // To be assigned a seat would not help.
        assert!(
            detail.contains("`email_verified`") && !detail.contains("assign you"),
            "{detail}"
        );
        let url = text(&problem["explanation_url"]);
        let link = json!({"link": url.split_once("/refused#").unwrap().1});
        let said = world.server.public("POST", "/refusals/explain", &link).await;
        let next = text(&said.expect(200)["next"][0]);
        assert!(next.contains("`email_verified`"), "{next}");
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
async fn what_another_customers_admin_says_of_a_person_counts_for_nothing() {
    let world = World::new("named_user", json!({})).await;
    let other = json!({"name": "Other", "reference": "crm-2"});
    world.server.post("/customers", other).await.expect(201);
    let assign = format!("/licenses/{}/assign", world.sold.license);
    let alice = json!({"email": "alice@example.com"});
    world.server.post(&assign, alice.clone()).await.expect(200);
    let eve = world
        .server
        .person("eve@example.com", "Eve", "member-admin", Some("crm-2"))
        .await;
    world.know("eve", "eve@example.com").await;
    // She manages herself, and says that the address is hers.
    let path = format!("/people/{}", eve.id);
    world.server.call_as(&eve, "PATCH", &path, alice).await.expect(200);
    world
        .acquire_by_address("laptop", "eve", "eve@example.com")
        .await
        .problem(403, "SEAT_NOT_ASSIGNED");
    // Nor does it keep anybody out that she lets nobody of this address in.
    world.server.patch(&path, json!({"disabled": true})).await.expect(200);
    world
        .acquire_by_address("desktop", "alice", "alice@example.com")
        .await
        .expect(200);
}

#[tokio::test]
async fn one_address_is_one_seat_however_it_was_written() {
    let world = World::new("named_user", json!({})).await;
    let assign = format!("/licenses/{}/assign", world.sold.license);
    for written in ["Zoë@MÜLLER.example", "zoe\u{308}@xn--mller-kva.example"] {
        let seat = world.server.post(&assign, json!({"email": written})).await.expect(200);
        assert_eq!(seat["email"], "zoë@müller.example", "{written}");
    }
    world
        .acquire_by_address("laptop", "zoe", "ZOË@xn--mller-kva.example")
        .await
        .expect(200);
    for nobodys in [
        "Ann <ann@example.com>",
        "<ann@example.com>",
        "mailto:ann@example.com",
        "ann@example.com,",
        "ann@example.com;bob@example.com",
        "ann\u{200b}@example.com",
        "\u{202e}ann@example.com",
    ] {
        let problem = world
            .server
            .post(&assign, json!({"email": nobodys}))
            .await
            .problem(400, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], "email", "{nobodys}");
    }
}

#[tokio::test]
async fn the_person_that_an_account_is_known_to_be_is_named() {
    let world = World::new("user", json!({})).await;
    let seat = world.acquire_as("laptop", "ann").await.expect(200);
    let ann = world
        .server
        .person("ann@example.com", "Ann", "member", Some("crm-1"))
        .await;
    world.know("ann", "ann@example.com").await;
    world.server.release(&text(&seat["session_id"])).await.expect(200);
    let seat = world.acquire_as("laptop", "ann").await.expect(200);
    let session = world
        .server
        .get(&format!("/sessions/{}", text(&seat["session"])))
        .await
        .expect(200);
    assert_eq!(session["user"]["person"], ann.id);
    // Whoever is disabled here takes no seat by way of the provider either.
    world.server.release(&text(&seat["session_id"])).await.expect(200);
    for disabled in [true, false] {
        let change = json!({"disabled": disabled});
        world.server.patch("/people/ann@example.com", change).await.expect(200);
        let answer = world.acquire_as("laptop", "ann").await;
        if disabled {
            let detail = text(&answer.problem(401, "TOKEN_INVALID")["detail"]);
            assert!(detail.contains("may not sign in"), "{detail}");
        } else {
            answer.expect(200);
        }
    }

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
