//! Conversations with a server, word for word.

use crate::usher::{Dev, Ended, compare};

#[test]
fn the_catalogue_is_kept() {
    let dev = Dev::start();
    let lines = [
        "product list",
        "product create studio --name Studio --renewal-url https://studio.example/renew",
        "product create studio",
        "product update studio --no-renewal-url --name 'The Studio'",
        "product show studio",
        "product show nothing",
        "plan list --product coditect",
        "plan create studio team --seats 5 --offline strict --ttl 90s --heartbeat 30s --entitlement gpu \
         --entitlement projects=20 --entitlement edition=gold",
        "plan update studio:team --seats 6 --no-entitlements",
        "plan create studio broken --ttl 1s",
        "plan show studio:pro",
        "plan show desk:pro",
        "plan show tem",
        "license create --plan studio:pro --customer EXAMPLE-1",
        "customer create 'Müller & Söhne' --email it@mueller.example --reference CRM-7",
        "customer list --search mül",
        "customer list --search nobody",
    ];
    compare("catalogue", &dev.transcript(&lines));
}

#[test]
fn a_license_lives_its_life() {
    let dev = Dev::start();
    dev.acquire("the-first-laptop");
    let license = dev.usher("license list -o json").json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let session = dev.usher("session list -o json").json()["items"][0]["session"]
        .as_str()
        .unwrap()
        .to_owned();
    let lines = [
        "license create --plan coditect:pro --customer EXAMPLE-1 --seats 3 --expires 2099-12-31".to_owned(),
        "license list".to_owned(),
        format!("license update {license} --seats 12 --entitlement beta"),
        format!("license suspend {license} --reason 'payment is overdue'"),
        format!("license reinstate {license}"),
        format!("license extend {license} --until never"),
        format!("license rotate-key {license}"),
        format!("session list --license {license}"),
        format!("session revoke {session} --reason 'the laptop was stolen'"),
        format!("session show {session}"),
        format!("license revoke {license} --reason 'sold to somebody else'"),
        "license list --status revoked".to_owned(),
        "license show lic_00000000000000000000000000".to_owned(),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let transcript = dev.transcript(&lines);
    compare("license", &transcript);
}

#[test]
fn named_seats_are_assigned_and_taken_away() {
    let dev = Dev::start();
    for line in [
        "plan create coditect studio --seats 2 --holder named-user",
        "person create ann@example.com Ann --role member --customer EXAMPLE-1",
    ] {
        dev.usher(line).expect_code(0);
    }
    let create = "license create --plan coditect:studio --customer EXAMPLE-1 -o json";
    let license = dev.usher(create).expect_code(0).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let other = dev.usher("license list --plan coditect:pro -o json").json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let lines = [
        format!("license assignments {license}"),
        format!("license assign {license} Ann@example.com"),
        format!("license assign {license} bob@example.com"),
        format!("license assign {license} cid@example.com"),
        format!("license assign {license} nobody"),
        format!("license assignments {license}"),
        format!("license show {license}"),
        format!("license unassign {license} bob@example.com"),
        format!("license unassign {license} bob@example.com"),
        format!("license assignments {license} --search ann"),
        format!("license assignments {license} --search zoe"),
        format!("license assign {other} bob@example.com"),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    compare("named", &dev.transcript(&lines));
}

#[test]
fn history_is_kept_for_as_long_as_is_said() {
    let dev = Dev::start();
    let transcript = dev.transcript(&[
        "retention show",
        "retention set --session-days 90 --usage-days 400",
        "retention set --session-days forever",
        "retention set --usage-days 7",
        "retention set --usage-days soon",
        "retention set",
    ]);
    compare("retention", &transcript);
}

#[test]
fn access_and_the_cluster_are_shown() {
    let dev = Dev::start();
    let only = dev.usher("token list -o json").json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let transcript = dev.transcript(&[
        "token create gateway --scope heartbeats --expires 2099-12-31",
        "token revoke tok_0000000000000000",
        &format!("token revoke {only}"),
        "session revoke ses_0000000000000000 --reason 'the laptop was stolen'",
        "cluster join-token list",
        "cluster remove 77",
    ]);
    compare("access", &transcript);
}

#[test]
fn every_answer_can_be_had_as_json() {
    let dev = Dev::start();
    dev.acquire("the-first-laptop");
    let id = |list: &str, member: &str| {
        let items = dev.usher(&format!("{list} list -o json")).expect_code(0).json();
        items["items"][0][member].as_str().unwrap().to_owned()
    };
    let (license, session, token) = (id("license", "id"), id("session", "session"), id("token", "id"));
    let customer = id("customer", "id");
    for (line, pointer) in [
        ("retention show".to_owned(), "/version"),
        ("product list".to_owned(), "/items/0/code"),
        ("product create ab".to_owned(), "/id"),
        ("product show coditect".to_owned(), "/key_prefix"),
        ("product update ab --name b".to_owned(), "/name"),
        ("plan list".to_owned(), "/items/0/ttl_seconds"),
        ("plan create ab free".to_owned(), "/product_code"),
        ("plan show coditect:pro".to_owned(), "/entitlements/gpu"),
        ("plan update ab:free --seats 2".to_owned(), "/seats"),
        ("customer list".to_owned(), "/items/0/reference"),
        ("customer create c".to_owned(), "/name"),
        (format!("customer show {customer}"), "/email"),
        (format!("customer update {customer} --name d"), "/name"),
        ("license list".to_owned(), "/items/0/seats/in_use"),
        (
            format!("license create --plan pro --customer {customer}"),
            "/license_key",
        ),
        (format!("license show {license}"), "/status"),
        (format!("license update {license} --seats 11"), "/seats/own"),
        (format!("license suspend {license} --reason r"), "/reason"),
        (format!("license reinstate {license}"), "/id"),
        (format!("license extend {license} --until 30d"), "/expires_at"),
        (format!("license rotate-key {license}"), "/license_key"),
        ("session list".to_owned(), "/items/0/license"),
        (format!("session show {session}"), "/status"),
        (format!("session revoke {session} --reason r"), "/ended_at"),
        (format!("license assign {license} ann@example.com"), "/assigned_at"),
        (format!("license assignments {license}"), "/items/0/email"),
        (format!("license unassign {license} ann@example.com"), "/unassigned"),
        (format!("license revoke {license} --reason r"), "/status"),
        ("token list".to_owned(), "/items/0/scope"),
        ("token create t --scope operator".to_owned(), "/token"),
        (format!("token show {token}"), "/name"),
        (
            "token create t2 --scope member --customer EXAMPLE-1".to_owned(),
            "/customer",
        ),
        ("person create ann@example.com Ann --role owner".to_owned(), "/link"),
        (
            "person create bob@example.com Bob --role member --customer EXAMPLE-1".to_owned(),
            "/customer",
        ),
        ("person list --role member".to_owned(), "/items/0/email"),
        ("person show ann@example.com".to_owned(), "/invited_until"),
        ("person update bob@example.com --role member-admin".to_owned(), "/role"),
        ("person disable bob@example.com".to_owned(), "/disabled"),
        ("person enable bob@example.com".to_owned(), "/id"),
        ("person forget-totp bob@example.com".to_owned(), "/id"),
        ("person reset-password bob@example.com".to_owned(), "/link"),
        ("person forget-identities bob@example.com".to_owned(), "/forgotten"),
        ("person remove bob@example.com".to_owned(), "/removed"),
        (
            "identity-provider create GitHub --kind github --client-id h --client-secret s".to_owned(),
            "/redirect_uri",
        ),
        ("identity-provider list".to_owned(), "/items/0/name"),
        (
            "identity-provider update GitHub --self-registration yes".to_owned(),
            "/self_registration",
        ),
        ("identity-provider show GitHub".to_owned(), "/client_id"),
        ("identity-provider delete GitHub".to_owned(), "/deleted"),
        ("cluster join-token".to_owned(), "/token"),
        ("cluster join-token list".to_owned(), "/items/0/id"),
    ] {
        let Ended { code, out, err } = dev.usher(&format!("{line} -o json"));
        assert_eq!(code, 0, "{line}: {err}");
        let answer: serde_json::Value =
            serde_json::from_str(&out).unwrap_or_else(|error| panic!("{line}: {error}: {out}"));
        assert!(
            answer.pointer(pointer).is_some_and(|member| !member.is_null()),
            "{line}: {pointer} in {answer}"
        );
    }
}

#[test]
fn a_long_list_goes_on_where_it_ended() {
    let dev = Dev::start();
    for number in 0..5 {
        dev.usher(&format!("customer create 'Customer {number}'"))
            .expect_code(0);
    }
    let first = dev.usher("customer list --limit 4 -o json").expect_code(0).json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = dev
        .usher(&format!("customer list --cursor {cursor} -o json"))
        .expect_code(0)
        .json();
    assert_eq!(
        (
        "token create portal --scope member --customer EXAMPLE-1 --expires never",
        "token create everything",
            first["items"].as_array().unwrap().len(),
            second["items"].as_array().unwrap().len()
        ),
        (4, 2)
    );
    assert!(second["next_cursor"].is_null());
    let all = dev.usher("customer list --all").expect_code(0);
    assert_eq!(all.out.lines().count(), 7, "a heading and six customers: {}", all.out);
    assert!(all.err.is_empty(), "{}", all.err);
}
