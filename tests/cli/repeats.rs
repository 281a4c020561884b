//! Calls whose answers get lost are done once, within the time that they may take, or it is said that nobody knows.

use std::time::{Duration, Instant};

use crate::proxy::{Fate, Proxy};
use crate::usher::{Dev, Ended, usher};

const CUSTOMERS: &str = "POST /api/v1/customers";

fn through(proxy: &Proxy, dev: &Dev, line: &str) -> Ended {
    let mut command = dev.command(line);
    command.env("USHER_URL", &proxy.url).output().unwrap().into()
}

fn customers(dev: &Dev, name: &str) -> usize {
    let list = dev
        .usher(&format!("customer list --search {name} -o json"))
        .expect_code(0)
        .json();
    list["items"].as_array().unwrap().len()
}

#[test]
fn a_call_whose_answer_got_lost_is_repeated_and_done_once() {
    let dev = Dev::start();
    let proxy = Proxy::start(dev.fact("url"), |words, before| match words {
        CUSTOMERS if before < 2 => Fate::LoseAnswer,
        _ => Fate::Pass,
    });
    through(&proxy, &dev, "customer create Ada").expect_code(0);
    assert_eq!((proxy.count(CUSTOMERS), customers(&dev, "Ada")), (3, 1));
}

#[test]
fn an_outcome_that_nobody_told_comes_with_the_key_to_ask_again() {
    let dev = Dev::start();
    let proxy = Proxy::start(dev.fact("url"), |words, _| match words {
        CUSTOMERS => Fate::LoseAnswer,
        _ => Fate::Pass,
    });
    let open = through(&proxy, &dev, "customer create Ada --timeout 1s -o json").expect_code(1);
    assert!(open.err.contains("the outcome is not known"), "{}", open.err);
    let answer = open.json();
    assert_eq!(answer["code"], "OUTCOME_UNKNOWN");
    let key = answer["idempotency_key"].as_str().unwrap();
    assert!(open.err.contains(&format!("--idempotency-key {key}")), "{}", open.err);
    assert_eq!(customers(&dev, "Ada"), 1, "it had been done");
    dev.usher(&format!("customer create Ada --idempotency-key {key}"))
        .expect_code(0);
    assert_eq!(customers(&dev, "Ada"), 1);
}

#[test]
fn a_call_that_never_arrived_is_told_apart() {
    let dev = Dev::start();
    let proxy = Proxy::start(dev.fact("url"), |_, _| Fate::Lose);
    let read = through(&proxy, &dev, "customer list").expect_code(1);
    assert!(read.err.contains("no server answered"), "{}", read.err);
    let refused = usher("customer create Ada --url http://127.0.0.1:1 --token x").expect_code(1);
    assert!(refused.err.contains("no server could be asked"), "{}", refused.err);
    assert!(!refused.err.contains("--idempotency-key"), "{}", refused.err);
}

#[test]
fn the_time_that_a_call_may_take_is_for_all_nodes_together() {
    let silent: Vec<_> = (0..4)
        .map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    let urls: Vec<String> = silent
        .iter()
        .map(|listener| format!("http://{}", listener.local_addr().unwrap()))
        .collect();
    let begun = Instant::now();
    let ended = usher(&format!("customer list --timeout 2s --url {}", urls.join(","))).expect_code(1);
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    assert!(ended.err.contains("no answer in time"), "{}", ended.err);
}

#[test]
fn what_a_flag_says_wins_over_the_environment() {
    let dev = Dev::start();
    let directory = crate::usher::directory();
    let file = directory.path().join("token");
    std::fs::write(&file, dev.fact("admin_token")).unwrap();
    let line = format!("customer list --token-file {}", file.display());
    let old = dev.command(&line).env("USHER_TOKEN", "usher_old").output().unwrap();
    assert!(old.status.success(), "{}", String::from_utf8_lossy(&old.stderr));
    let empty = dev.command(&line).env("USHER_TOKEN", "").output().unwrap();
    assert!(empty.status.success(), "{}", String::from_utf8_lossy(&empty.stderr));
    let nothing: Ended = dev
        .command("customer list")
        .env("USHER_TOKEN", "")
        .output()
        .unwrap()
        .into();
    assert!(nothing.expect_code(1).err.contains("pass an API token"));
}
