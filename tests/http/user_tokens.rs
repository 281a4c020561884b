//! User tokens: seats in the name of a person of this server, and how `usher login` gets one.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use raft::seams::Clock;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::people::Person;
use crate::support::{Answer, TestServer, text, until};
use crate::users::World;

impl World {
    /// A user token that somebody made for themselves.
    pub(crate) async fn user_token(&self, of: &Person, body: Value) -> String {
        let made = self.server.call_as(of, "POST", "/me/user-tokens", body).await;
        text(&made.expect(200)["token"])
    }

    pub(crate) async fn member(&self, name: &str, customer: &str) -> Person {
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
    // Passwords have a limit of their own: who guesses at codes keeps nobody from signing in.
    let wrong = json!({"email": ann.email, "password": "not the password at all"});
    let sign_in = world.server.public("POST", "/logins", &wrong).await;
    sign_in.problem(401, "SIGN_IN_REFUSED");
}

#[tokio::test]
async fn it_is_on_record_who_got_a_user_token_and_which_way() {
    let world = World::new("user", json!({})).await;
    let ann = world.member("ann", "crm-1").await;
    world.user_token(&ann, json!({})).await;
    let code = world.code(&ann, "v").await;
    let body = redemption(&code, "v");
    let redeem = world.server.client.post(world.server.url("/user-tokens"));
    let redeem = redeem.header("User-Agent", "usher/9.9.9").json(&body);
    Answer::of(redeem).await.expect(200);
    let records = until("three records", async || {
        let page = world.server.get("/audit?command=allow_user_token").await.expect(200);
        let items = page["items"].as_array().unwrap().clone();
        (items.len() == 3).then_some(items)
    })
    .await;
    for record in &records {
        assert_eq!((&record["actor"], &record["subject"]), (&json!(ann.id), &json!(ann.id)));
    }
    let ways: Vec<String> = records.iter().map(|record| text(&record["reason"])).collect();
    assert!(
        ways[0].starts_with("made for oneself") && ways[1].starts_with("a code was given"),
        "{ways:?}"
    );
    assert_eq!(ways[2], "a program got it for a code: usher/9.9.9 from 127.0.0.1");
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
