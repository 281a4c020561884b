//! Seats that are assigned by name.

use serde_json::{Value, json};

use crate::people::Person;
use crate::support::{Answer, Sold, TestServer, text, until};

struct World {
    server: TestServer,
    sold: Sold,
    admin: Person,
}

impl World {
    /// A license of two seats that are assigned by name, of a customer with somebody who manages them.
    async fn new() -> Self {
        let server = TestServer::start().await;
        let sold = server.sell(json!({"holder": "named_user", "seats": 2})).await;
        let admin = server
            .person("boss@acme.example", "Boss", "member-admin", Some("crm-1"))
            .await;
        Self { server, sold, admin }
    }

    fn license(&self) -> String {
        format!("/licenses/{}", self.sold.license)
    }

    fn path(&self, verb: &str) -> String {
        format!("{}/{verb}", self.license())
    }

    async fn assign(&self, email: &str) -> Answer {
        self.server.post(&self.path("assign"), json!({"email": email})).await
    }

    async fn unassign(&self, email: &str) -> Answer {
        self.server.post(&self.path("unassign"), json!({"email": email})).await
    }

    /// The user token of a new member.
    async fn member(&self, email: &str) -> (Person, String) {
        let person = self.server.person(email, "Somebody", "member", Some("crm-1")).await;
        let made = self.server.call_as(&person, "POST", "/me/user-tokens", json!({})).await;
        let token = text(&made.expect(200)["token"]);
        (person, token)
    }

    async fn acquire(&self, device: &str, token: Option<&str>) -> Answer {
        let body = json!({
            "license_key": self.sold.key, "hardware_id": format!("hardware-of-{device}"), "jwt_token": token,
        });
        self.server.public("POST", "/licenses/acquire", &body).await
    }

    async fn listed(&self, query: &str) -> Vec<Value> {
        let list = self.server.get(&self.path(&format!("assignments{query}"))).await;
        list.expect(200)["items"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn a_seat_is_had_by_whom_it_is_assigned_to_and_free_when_it_is_taken_away() {
    let world = World::new().await;
    let (ann, token) = world.member("ann@acme.example").await;
    world.acquire("laptop", None).await.problem(401, "USER_REQUIRED");
    let problem = world
        .acquire("laptop", Some(&token))
        .await
        .problem(403, "SEAT_NOT_ASSIGNED");
    let detail = text(&problem["detail"]);
    assert!(
        detail.contains("none is to ann@acme.example") && detail.contains("of 2 seats none is assigned"),
        "{detail}"
    );
    assert!(
        problem["retry_after"].is_null() && problem["limit"].is_null(),
        "{problem}"
    );

    let assigned = world.assign("Ann@Acme.example").await.expect(200);
    assert_eq!(
        (&assigned["email"], &assigned["person"], &assigned["sessions"]),
        (
            &json!("ann@acme.example"),
            &json!({"id": ann.id, "name": "Somebody"}),
            &json!(0)
        )
    );
    let seat = world.acquire("laptop", Some(&token)).await.expect(200);
    world.acquire("desktop", Some(&token)).await.expect(200);
    let rows = world.listed("").await;
    assert_eq!((rows.len(), &rows[0]["sessions"]), (1, &json!(2)));
    let session = world.server.get(&format!("/sessions/{}", text(&seat["session"]))).await;
    assert_eq!(session.expect(200)["holder"], rows[0]["holder"]);
    let license = world.server.get(&world.license()).await.expect(200);
    assert_eq!(
        (
            &license["plan"]["holder"],
            &license["seats"]["assigned"],
            &license["seats"]["in_use"]
        ),
        (&json!("named_user"), &json!(1), &json!(1))
    );

    world.unassign("ann@acme.example").await.expect(204);
    let problem = world
        .server
        .heartbeat(&text(&seat["session_id"]))
        .await
        .problem(410, "SESSION_REVOKED");
    assert_eq!(
        problem["detail"],
        "The session was ended: the seat is no longer assigned to its user. Ask whoever manages your licenses to assign you \
         one. Where seats are assigned by name, another is refused until then."
    );
    world
        .acquire("laptop", Some(&token))
        .await
        .problem(403, "SEAT_NOT_ASSIGNED");
    world.unassign("ann@acme.example").await.problem(404, "NOT_FOUND");
    assert!(world.listed("").await.is_empty());
}

#[tokio::test]
async fn no_more_seats_are_assigned_than_there_are_and_again_changes_nothing() {
    let world = World::new().await;
    let first = world.assign("ann@acme.example").await.expect(200);
    world.assign("bob@acme.example").await.expect(200);
    assert_eq!(world.assign("ann@acme.example").await.expect(200), first);
    let problem = world
        .assign("cid@acme.example")
        .await
        .problem(409, "SEATS_ALL_ASSIGNED");
    assert!(text(&problem["detail"]).starts_with("The license has 2 seats, and 2 are assigned."));
    for wrong in ["nobody", "two@places@acme.example", "a b@acme.example"] {
        let problem = world.assign(wrong).await.problem(400, "INVALID_REQUEST");
        assert_eq!(problem["errors"][0]["field"], "email");
    }
    let first_page = world.server.get(&world.path("assignments?limit=1")).await.expect(200);
    let rest = world
        .listed(&format!("?cursor={}", text(&first_page["next_cursor"])))
        .await;
    let mut emails = vec![text(&first_page["items"][0]["email"]), text(&rest[0]["email"])];
    emails.sort();
    assert_eq!(
        (emails, rest.len()),
        (vec!["ann@acme.example".into(), "bob@acme.example".into()], 1)
    );
    assert_eq!(world.listed("?search=BOB").await[0]["email"], "bob@acme.example");
    for (order, emails) in [
        ("asc", ["ann@acme.example", "bob@acme.example"]),
        ("desc", ["bob@acme.example", "ann@acme.example"]),
    ] {
        let path = world.path(&format!("assignments?sort=email&order={order}&limit=1"));
        let page = world.server.get(&path).await.expect(200);
        let cursor = text(&page["next_cursor"]);
        let rest = world.server.get(&format!("{path}&cursor={cursor}")).await.expect(200);
        assert_eq!(
            [text(&page["items"][0]["email"]), text(&rest["items"][0]["email"])],
            emails
        );
        assert_eq!((&page["total"], &rest["next_cursor"]), (&json!(2), &Value::Null));
    }
    assert_eq!(world.listed("?search=Boss").await.len(), 0);
    let revoked = world
        .server
        .post(&world.path("revoke"), json!({"reason": "sold"}))
        .await;
    revoked.expect(200);
    world.assign("ann@acme.example").await.problem(409, "CONFLICT");
    world.unassign("ann@acme.example").await.expect(204);
}

#[tokio::test]
async fn a_member_admin_assigns_the_seats_of_their_own_customer_and_the_audit_says_so() {
    let world = World::new().await;
    let (member, _) = world.member("ann@acme.example").await;
    world
        .server
        .post("/customers", json!({"name": "Bolt", "reference": "crm-2"}))
        .await
        .expect(201);
    let stranger = world
        .server
        .person("boss@bolt.example", "Stranger", "member-admin", Some("crm-2"))
        .await;
    let body = json!({"email": "boss@bolt.example"});
    for verb in ["assign", "unassign"] {
        let path = world.path(verb);
        let as_member = world.server.call_as(&member, "POST", &path, body.clone()).await;
        as_member.problem(403, "FORBIDDEN");
        let as_stranger = world.server.call_as(&stranger, "POST", &path, body.clone()).await;
        as_stranger.problem(404, "LICENSE_NOT_FOUND");
    }
    let assigned = world
        .server
        .call_as(&world.admin, "POST", &world.path("assign"), body.clone())
        .await
        .expect(200);
    assert_eq!(
        (
            &assigned["person"],
            &assigned["assigned_by"],
            &assigned["assigned_by_name"]
        ),
        (&Value::Null, &json!(world.admin.id), &json!("Boss")),
        "who somebody of another customer is stays with them"
    );
    assert_eq!(world.listed("").await[0]["person"]["name"], "Stranger");
    let taken = world
        .server
        .call_as(&world.admin, "POST", &world.path("unassign"), body)
        .await;
    taken.expect(204);
    let path = format!("/audit?about={}&order=desc&limit=2", world.sold.license);
    let audit = until("the record", async || {
        let audit = world.server.get(&path).await.expect(200);
        (audit["items"][0]["command"] == "unassign_seat").then_some(audit)
    })
    .await;
    for (record, command) in audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .zip(["unassign_seat", "assign_seat"])
    {
        assert_eq!(
            (&record["command"], &record["email"], &record["actor"]),
            (&json!(command), &json!("boss@bolt.example"), &json!(world.admin.id))
        );
    }
}

#[tokio::test]
async fn whoever_has_no_seat_is_told_on_a_page_to_ask_for_one() {
    let world = World::new().await;
    let (_, token) = world.member("ann@acme.example").await;
    world.assign("bob@acme.example").await.expect(200);
    let problem = world
        .acquire("laptop", Some(&token))
        .await
        .problem(403, "SEAT_NOT_ASSIGNED");
    let link = text(&problem["explanation_url"]);
    let link = json!({"link": link.split_once("/refused#").unwrap().1});
    let said = world
        .server
        .public("POST", "/refusals/explain", &link)
        .await
        .expect(200);
    assert_eq!(
        (
            &said["reason"],
            &said["limit"],
            &said["in_use"],
            &said["free_by"],
            &said["tries"]
        ),
        (
            &json!("seat_not_assigned"),
            &json!(2),
            &json!(1),
            &Value::Null,
            &json!(1)
        )
    );
    assert!(text(&said["next"][0]).contains("assign you a seat"), "{said}");
    assert!(!said.to_string().contains('@'), "{said}");
    assert!(
        text(&said["next"][1]).contains("a seat was left to be assigned"),
        "{said}"
    );
    let listed = world.server.get("/refusals?reason=seat_not_assigned").await.expect(200);
    let id = text(&listed["items"][0]["id"]);
    assert_eq!(said["refusal"], id);
    let view = world.server.get(&format!("/refusals/{id}")).await.expect(200);
    assert_eq!(
        (&view["code"], &view["holders"]),
        (&json!("SEAT_NOT_ASSIGNED"), &Value::Null)
    );
    assert!(text(&view["next"][0]).starts_with("Assign a seat"), "{view}");
}

#[tokio::test]
async fn two_people_at_one_machine_are_two_refusals_and_each_has_their_address() {
    let world = World::new().await;
    let (_, ann) = world.member("ann@acme.example").await;
    let (_, bob) = world.member("bob@acme.example").await;
    for token in [&ann, &bob, &ann] {
        let problem = world.acquire("terminal", Some(token)).await;
        problem.problem(403, "SEAT_NOT_ASSIGNED");
    }
    let listed = world.server.get("/refusals").await.expect(200);
    let rows = listed["items"].as_array().unwrap();
    let said: Vec<_> = rows.iter().map(|row| (&row["email"], &row["tries"])).collect();
    assert_eq!(
        said,
        [
            (&json!("ann@acme.example"), &json!(2)),
            (&json!("bob@acme.example"), &json!(1))
        ]
    );
    // It is the holder that a seat of theirs is counted for.
    let assigned = world.assign("ann@acme.example").await.expect(200);
    assert_eq!(rows[0]["holder"], assigned["holder"]);
    let asked = world.server.get(&format!("/refusals/{}", text(&rows[1]["id"]))).await;
    assert_eq!(asked.expect(200)["email"], "bob@acme.example");
}

#[tokio::test]
async fn a_refusal_knows_the_sessions_of_whom_the_plan_counts() {
    let world = World::new().await;
    let plan = format!("/plans/{}", world.sold.plan);
    let terms = json!({"holder": "user", "sessions_per_holder_max": 1});
    world.server.patch(&plan, terms).await.expect(200);
    let (_, ann) = world.member("ann@acme.example").await;
    let (_, bob) = world.member("bob@acme.example").await;
    let (_, cid) = world.member("cid@acme.example").await;
    let acquire = async |device: &str, token: &str| {
        let body = json!({
            "license_key": world.sold.key, "hardware_id": format!("hardware-of-{device}"), "jwt_token": token,
            "client": {"hostname": device},
        });
        world.server.public("POST", "/licenses/acquire", &body).await
    };
    let seat = acquire("laptop", &ann).await.expect(200);
    let problem = acquire("tower", &ann).await.problem(409, "HOLDER_LIMIT_REACHED");
    let url = text(&problem["explanation_url"]);
    let link = json!({"link": url.split_once("/refused#").unwrap().1});
    let said = world
        .server
        .public("POST", "/refusals/explain", &link)
        .await
        .expect(200);
    assert!(
        said["oldest_since"].is_string() && said["refusal"].is_string(),
        "{said}"
    );
    assert!(text(&said["next"][0]).contains("wherever else you run it"), "{said}");
    assert!(!text(&problem["detail"]).starts_with("This device"), "{problem}");
    let listed = world.server.get("/refusals").await.expect(200);
    let session = world.server.get(&format!("/sessions/{}", text(&seat["session"]))).await;
    assert_eq!(
        (&listed["items"][0]["host"], &listed["items"][0]["holder"]),
        (&json!("laptop"), &session.expect(200)["holder"])
    );
    acquire("laptop", &bob).await.expect(200);
    acquire("laptop", &cid).await.problem(409, "SEAT_LIMIT_REACHED");
    // Cid is another than the two whose seats they would have shared by the machine.
    let listed = world
        .server
        .get("/refusals?reason=seat_limit_reached")
        .await
        .expect(200);
    let refused = &listed["items"].as_array().unwrap()[0];
    assert_eq!((&refused["host"], &refused["tries"]), (&Value::Null, &json!(1)));
}

#[tokio::test]
async fn a_license_can_go_over_to_named_seats_and_back() {
    let world = World::new().await;
    let (_, token) = world.member("ann@acme.example").await;
    let (_, other) = world.member("bob@acme.example").await;
    let plan = format!("/plans/{}", world.sold.plan);
    world.server.patch(&plan, json!({"holder": "user"})).await.expect(200);
    let seat = world.acquire("laptop", Some(&token)).await.expect(200);
    world.assign("bob@acme.example").await.expect(200);
    world
        .server
        .patch(&plan, json!({"holder": "named_user"}))
        .await
        .expect(200);
    // Who has a seat keeps it; who comes needs to have been assigned one.
    world.server.heartbeat(&text(&seat["session_id"])).await.expect(200);
    world
        .acquire("desktop", Some(&token))
        .await
        .problem(403, "SEAT_NOT_ASSIGNED");
    world.acquire("tower", Some(&other)).await.expect(200);
    world.server.patch(&plan, json!({"holder": "user"})).await.expect(200);
    world.acquire("desktop", Some(&token)).await.expect(200);
    assert_eq!(world.listed("").await.len(), 1, "it is kept");
}
