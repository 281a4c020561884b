//! `usher bench`: it measures what happened, and leaves nothing behind unless asked to.

use crate::usher::Dev;

fn in_use(dev: &Dev) -> u64 {
    let licenses = dev.usher("license list -o json").expect_code(0).json();
    licenses["items"][0]["seats"]["in_use"].as_u64().unwrap()
}

#[test]
fn a_measurement_counts_every_kind_of_call_and_gives_the_seats_back() {
    let dev = Dev::start();
    let line = "bench --clients 2,4 --duration 400ms --warmup 100ms -o json";
    let report = dev.usher(line).expect_code(0).json();
    let runs = report["runs"].as_array().unwrap();
    assert_eq!((&runs[0]["clients"], &runs[1]["clients"]), (&2.into(), &4.into()));
    for run in runs {
        assert_eq!(run["errors"], serde_json::json!({}));
        let count = |kind: &str| run["calls"][kind]["count"].as_u64().unwrap();
        assert!(
            count("acquire") > 0 && count("release") > 0 && count("heartbeat") > count("acquire"),
            "{run}"
        );
        let sum = count("acquire") + count("release") + count("heartbeat");
        assert_eq!(run["answers"], sum);
        assert_eq!(run["nodes"][0]["answers"], sum);
        assert!(run["calls"]["acquire"]["p50_ms"].as_f64().unwrap() > 0.0);
    }
    assert_eq!(in_use(&dev), 0);
}

#[test]
fn a_bound_on_calls_ends_it_early() {
    let dev = Dev::start();
    let line = "bench --clients 1 --duration 60s --warmup 0s --count 20 --failover-gap -o json";
    let run = &dev.usher(line).expect_code(0).json()["runs"][0];
    let answers = run["answers"].as_u64().unwrap();
    assert!((20..=22).contains(&answers), "20 calls and a last release: {run}");
    assert!(run["gaps"].is_array(), "{run}");
}

#[test]
fn sessions_stay_when_they_are_to() {
    let dev = Dev::start();
    let directory = crate::usher::directory();
    let file = directory.path().join("sessions");
    let line = format!("bench sessions --count 7 --clients 3 --save {} -o json", file.display());
    assert_eq!(dev.usher(&line).expect_code(0).json()["sessions"], 7);
    assert_eq!(in_use(&dev), 7);
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 7);
}

#[test]
fn batches_beat_for_many() {
    let dev = Dev::start();
    let line = "bench batch --sessions 6 --per-call 3 --clients 2 --duration 300ms -o json";
    let report = dev.usher(line).expect_code(0).json();
    assert_eq!(report["sessions"], 6);
    assert_eq!(report["calls"]["errors"], serde_json::json!({}));
    assert!(report["heartbeats_rate"].as_f64().unwrap() > 0.0, "{report}");
}

#[test]
fn an_open_loop_accounts_for_every_call_that_was_due_and_keeps_its_mix() {
    let dev = Dev::start();
    let directory = crate::usher::directory();
    let page = directory.path().join("open.html");
    let line = format!(
        "bench --rate 100,200/s --clients 8 --mix 2:1:1 --duration 1s --warmup 200ms --seed 7 --ops-url {} --report {} \
         -o json",
        dev.fact("ops_url"),
        page.display()
    );
    let report = dev.usher(&line).expect_code(0).json();
    for (run, rate) in report["runs"].as_array().unwrap().iter().zip([100.0, 200.0]) {
        let offered = &run["offered"];
        assert_eq!((&run["loop"], &offered["rate"]), (&"open".into(), &rate.into()));
        assert_eq!(run["errors"], serde_json::json!({}));
        let due = offered["calls"].as_f64().unwrap();
        let sent_and_not = run["answers"].as_f64().unwrap() + offered["unsent"].as_f64().unwrap();
        assert!((due - sent_and_not).abs() < 0.5, "{run}");
        assert!((due / rate - 1.0).abs() < 0.5, "{run}");
        let count = |kind: &str| run["calls"][kind]["count"].as_f64().unwrap();
        let beats = count("heartbeat") / run["answers"].as_f64().unwrap();
        assert!((0.4..0.6).contains(&beats), "half of the calls are heartbeats: {run}");
        assert!(
            run["processes"][0]["resident_bytes"].as_u64().unwrap() > 1_000_000,
            "{run}"
        );
        let slots = run["history"]["answers"].as_array().unwrap();
        assert!(!slots.is_empty() && slots.len() == run["history"]["p99_ms"].as_array().unwrap().len());
    }
    assert_eq!(report["settings"]["seed"], "7");
    assert_eq!(in_use(&dev), 0);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(
        page.starts_with("<!doctype html>") && page.matches("<svg").count() == 8,
        "{page}"
    );
    for outside in ["<script", "src=", "href=", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(!page.contains(dev.fact("license_key")));
}

#[test]
fn refusals_are_answers_where_they_are_wanted() {
    let dev = Dev::start();
    let line = "bench --mix refused --clients 13 --duration 400ms --warmup 300ms -o json";
    let run = &dev.usher(line).expect_code(0).json()["runs"][0];
    assert!(run["calls"]["refused"]["count"].as_u64().unwrap() > 0, "{run}");
    assert_eq!(run["errors"], serde_json::json!({}));
    let line = "bench --mix refused --rate 50 --clients 13 --duration 400ms --warmup 0s -o json";
    let run = &dev.usher(line).expect_code(0).json()["runs"][0];
    assert!(run["calls"]["refused"]["count"].as_u64().unwrap() > 0, "{run}");
    assert_eq!(in_use(&dev), 0);
    let line = "bench --mix refused --clients 3 --duration 200ms --warmup 0s";
    let err = dev.usher(line).expect_code(1).err;
    assert!(err.contains("nobody was refused") && err.contains("--clients"), "{err}");
}

#[test]
fn live_sessions_beat_once_in_each_interval() {
    let dev = Dev::start();
    let live = |more: &str| {
        let line = format!("bench live --sessions 5 --interval 500ms --duration 1s --clients 3 {more} -o json");
        dev.usher(&line).expect_code(0).json()
    };
    let report = live("");
    let told = |name: &str| report[name].as_u64().unwrap();
    assert_eq!((told("sessions"), told("sessions_lost")), (5, 0));
    assert!((9..=11).contains(&told("heartbeats_kept")), "five beat twice: {report}");
    assert_eq!(report["beating"]["loop"], "open");
    let report = live("--per-call 2");
    assert_eq!(report["sessions_lost"], 0);
    let kept = report["heartbeats_kept"].as_u64().unwrap();
    assert!((8..=12).contains(&kept), "three calls for five, twice: {report}");
    assert!(
        report["beating"]["calls"]["batch"]["count"].as_u64().unwrap() <= 7,
        "{report}"
    );
}

#[test]
fn live_sessions_that_did_not_all_get_a_seat_are_a_failure() {
    let dev = Dev::start();
    let ended = dev
        .usher("bench live --sessions 20 --interval 1s --clients 3")
        .expect_code(1);
    assert!(ended.err.contains("too few seats"), "{}", ended.err);
}

#[test]
fn what_cannot_be_told_of_is_said_before_anything_is_measured() {
    let dev = Dev::start();
    let directory = crate::usher::directory();
    let own = directory.path().join("letter");
    std::fs::write(&own, "do not lose this").unwrap();
    for (line, said) in [
        (format!("bench --report {}", own.display()), "is no report"),
        ("bench --report /nowhere/a.html".to_owned(), "--report: /nowhere/a.html"),
        (format!("bench --ops-url {}", dev.fact("url")), "[ops] listen"),
        ("bench --rate 9 --url https://127.0.0.1:9".to_owned(), "--cacert"),
        ("bench failover --demo /nowhere".to_owned(), "--demo: /nowhere"),
        (
            format!("bench failover --demo {}", own.display()),
            "usher demo --detach -o json",
        ),
    ] {
        let ended = dev.usher(&line).expect_code(1);
        assert!(ended.err.contains(said), "{line}: {}", ended.err);
    }
    assert_eq!(std::fs::read_to_string(own).unwrap(), "do not lose this");
}

#[test]
fn a_measurement_of_nothing_is_a_failure() {
    let dev = Dev::start();
    let ended = dev
        .usher("bench --clients 1 --duration 200ms --warmup 0s --license-key CODITECT-WRONG")
        .expect_code(1);
    assert!(
        ended
            .err
            .contains("no call was answered as it should be: INVALID_REQUEST"),
        "{}",
        ended.err
    );
    let line = "bench --rate 20 --clients 4 --duration 200ms --warmup 0s --license-key CODITECT-WRONG";
    let err = dev.usher(line).expect_code(1).err;
    assert!(err.contains("as it should be: INVALID_REQUEST"), "{err}");
}
