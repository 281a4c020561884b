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
}
