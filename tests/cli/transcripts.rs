//! Conversations with a server, word for word.

use crate::usher::{Dev, Ended, compare, wait_for};

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
fn who_got_no_seat_is_listed_and_explained() {
    let dev = Dev::start_with("--seats 1");
    dev.acquire("the-first-laptop");
    let refused = dev.usher("run --hardware-id the-second-laptop -- true");
    let link = refused.err.split_whitespace().find(|word| word.contains("#why_"));
    let link = link.unwrap_or_else(|| panic!("{refused:?}")).to_owned();
    let name = dev.usher("refusal list -o json").json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let license = dev.usher("license list -o json").json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let secret = link.split_once('#').unwrap().1.to_owned();
    let lines = [
        format!("refusal list --license {license} --reason seat-limit-reached --from 1h"),
        "refusal list --customer EXAMPLE-1 --reason license-expired".to_owned(),
        "refusal list --to 2020-01-01".to_owned(),
        format!("refusal show {name}"),
        format!("refusal show {link}"),
        format!("refusal show {secret}"),
        "refusal show why_0000000000000000".to_owned(),
        "refusal show 17".to_owned(),
        format!("license usage {license}"),
        format!("license usage {license} --days 7 --seats 1"),
        "license usage lic_00000000000000000000000000".to_owned(),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    // How long the seat was held of how long the license is there differs from run to run.
    let transcript = dev.transcript(&lines);
    let transcript = transcript.lines().map(|line| match line.split_once(" on average") {
        Some((before, _)) => format!("{}… on average; …", before.trim_end_matches(|last: char| last != ',')),
        None => line.to_owned(),
    });
    compare("refusals", &transcript.collect::<Vec<_>>().join("\n"));
}

#[test]
fn who_changed_what_is_listed_the_latest_first() {
    let dev = Dev::start();
    let license = dev.usher("license list -o json").json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for line in [
        format!("license suspend {license} --reason 'payment is overdue'"),
        format!("license assign {license} ann@example.com"),
        format!("license reinstate {license}"),
    ] {
        dev.usher(&line).expect_code(0);
    }
    let about = format!("audit list --about {license} --from 1h");
    wait_for("the record of the last command", || {
        let ended = dev.usher(&about);
        ended.out.contains("reinstate_license").then_some(())
    });
    let transcript = dev.transcript(&[
        &format!("audit list --about {license} --event changed --limit 2"),
        "audit list --command suspend_license",
        "audit list --event ended",
        "audit list --event lost",
    ]);
    // How many records there are by then is the server's own business.
    let transcript = without_cursors(&transcript);
    compare("audit", &transcript);
    let first = dev.usher(&format!("{about} --limit 2 -o json")).expect_code(0).json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = dev
        .usher(&format!("{about} --cursor {cursor} -o json"))
        .expect_code(0)
        .json();
    let commands = |page: &serde_json::Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["command"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(commands(&first), ["reinstate_license", "assign_seat"]);
    assert_eq!(commands(&rest), ["suspend_license", "create_license"]);
    let token = dev.usher("token list -o json").json()["items"][0].clone();
    assert_eq!(
        (&first["items"][0]["actor"], &first["items"][0]["actor_name"]),
        (&token["id"], &token["name"])
    );
}

/// Without the number of the record where a list ended.
fn without_cursors(transcript: &str) -> String {
    let lines = transcript.lines().map(|line| match line.split_once("--cursor ") {
        Some((before, _)) => format!("{before}--cursor …"),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn names_are_listed_whatever_their_case_and_marks() {
    let dev = Dev::start();
    for name in ["Zoo", "École", "apple", "Fuji"] {
        dev.usher(&format!("customer create {name} --reference {name}"))
            .expect_code(0);
    }
    let list = dev.usher("customer list").expect_code(0).out;
    let names = ["apple", "École", "Fuji", "Zoo"];
    let places: Vec<usize> = names.iter().map(|name| list.find(name).unwrap()).collect();
    assert!(places.is_sorted(), "{list}");
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
        "token create portal --scope member --customer EXAMPLE-1 --expires never",
        "token create everything",
        "token revoke tok_0000000000000000",
        &format!("token revoke {only}"),
        "session revoke ses_0000000000000000 --reason 'the laptop was stolen'",
        "cluster join-token list",
        "cluster remove 77",
    ]);
    compare("access", &transcript);
}

#[test]
fn a_token_without_an_end_is_good_for_a_year_also_when_it_is_asked_for_again() {
    let dev = Dev::start();
    let create = "token create gateway --scope heartbeats --idempotency-key once -o json";
    let (first, again) = (dev.usher(create).expect_code(0).json(), dev.usher(create));
    let again = again.expect_code(0).json();
    assert_eq!(first["id"], again["id"]);
    let day = |member: &str| -> jiff::civil::Date { first[member].as_str().unwrap()[..10].parse().unwrap() };
    let days = day("created_at").until(day("expires_at")).unwrap().get_days();
    assert_eq!(days, 366, "{first}");
    assert!(first["expires_at"].as_str().unwrap().contains("T00:00:00"), "{first}");
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
        (format!("license usage {license}"), "/what_if/items/0/avoided"),
        ("session list".to_owned(), "/items/0/license"),
        ("refusal list".to_owned(), "/items"),
        ("audit list --event changed".to_owned(), "/items/0/actor"),
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
        ("person list --role member".to_owned(), "/items/0/customer_name"),
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
