//! `usher run`: a seat is held as long as its command runs, and no longer.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::proxy::{Fate, Proxy};
use crate::usher::{Dev, wait_for};

const ACQUIRE: &str = "POST /api/v1/licenses/acquire";
const HEARTBEAT: &str = "PUT /api/v1/licenses/heartbeat";

fn seats_in_use(dev: &Dev) -> u64 {
    let licenses = dev.usher("license list -o json").expect_code(0).json();
    let in_use = |license: &Value| license["seats"]["in_use"].as_u64().unwrap();
    licenses["items"].as_array().unwrap().iter().map(in_use).sum()
}

/// A license whose seats are lost after so much silence.
fn short_license(dev: &Dev, ttl: &str) -> String {
    dev.usher(&format!(
        "plan create coditect short --ttl {ttl} --heartbeat 1s --offline strict --seats 3"
    ))
    .expect_code(0);
    let license = dev
        .usher("license create --plan short --customer EXAMPLE-1 -o json")
        .expect_code(0);
    license.json()["license_key"].as_str().unwrap().to_owned()
}

#[test]
fn a_seat_is_held_while_a_command_runs() {
    let dev = Dev::start();
    let inside = format!("run -- {} session list -o json", env!("CARGO_BIN_EXE_usher"));
    let sessions = dev.usher(&inside).expect_code(0).json();
    assert_eq!(sessions["items"].as_array().unwrap().len(), 1, "a seat is held inside");
    assert_eq!(seats_in_use(&dev), 0, "and given back after");
    dev.usher("run -- sh -c 'test -n $USHER_SESSION_TOKEN && exit 7'")
        .expect_code(7);
    dev.usher("run -- /no/such/program").expect_code(1);
    assert_eq!(seats_in_use(&dev), 0);
    let refused = dev.usher("run --license-key CODITECT-WRONG -- true").expect_code(1);
    assert!(refused.err.contains("license_key"), "{}", refused.err);
}

#[test]
fn whoever_is_refused_gets_the_link_that_explains_it() {
    let dev = Dev::start();
    // A holder is taken as it is shown, too.
    dev.usher("plan create coditect none --seats 0 --holder user_and_fingerprint")
        .expect_code(0);
    dev.usher("plan update coditect:none --holder fingerprint")
        .expect_code(0);
    let license = dev
        .usher("license create --plan none --customer EXAMPLE-1 -o json")
        .expect_code(0);
    let key = license.json()["license_key"].as_str().unwrap().to_owned();
    let refused = dev.usher(&format!("run --license-key {key} -- true")).expect_code(1);
    let why = format!("why: {}/refused#why_", dev.fact("url"));
    assert!(refused.err.contains(&why), "{}", refused.err);
}

#[test]
fn an_acquire_whose_answer_got_lost_takes_one_seat() {
    let dev = Dev::start();
    let proxy = Proxy::start(dev.fact("url"), |words, before| match words {
        ACQUIRE if before < 2 => Fate::LoseAnswer,
        _ => Fate::Pass,
    });
    let mut command = dev.command("run -- true");
    assert!(command.env("USHER_URL", &proxy.url).status().unwrap().success());
    assert_eq!(proxy.count(ACQUIRE), 3);
    assert_eq!(seats_in_use(&dev), 0, "no seat was left behind");
}

#[test]
fn beats_that_get_lost_do_not_lose_the_seat() {
    let dev = Dev::start();
    let proxy = Proxy::start(dev.fact("url"), |words, before| match (words, before) {
        // None of these says that the seat is lost.
        (HEARTBEAT, 0) => Fate::Answer(429),
        (HEARTBEAT, 1) => Fate::Answer(500),
        (HEARTBEAT, 2) => Fate::Lose,
        _ => Fate::Pass,
    });
    let mut command = dev.command("run -- sleep 5");
    command
        .env("USHER_URL", &proxy.url)
        .env("USHER_LICENSE_KEY", short_license(&dev, "6s"));
    let ended = command.output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success() && told.is_empty(), "{told}");
    assert_eq!(proxy.count(ACQUIRE), 1, "it was never lost");
    assert!(proxy.count(HEARTBEAT) >= 6, "{} beats", proxy.count(HEARTBEAT));
    assert_eq!(seats_in_use(&dev), 0);
}

#[test]
fn a_seat_that_has_expired_is_taken_again() {
    let dev = Dev::start();
    let license = short_license(&dev, "3s");
    let cut_off_until = Instant::now() + Duration::from_secs(5);
    let proxy = Proxy::start(dev.fact("url"), move |words, _| match words {
        HEARTBEAT if Instant::now() < cut_off_until => Fate::Lose,
        _ => Fate::Pass,
    });
    let mut command = dev.command("run -- sleep 7");
    command.env("USHER_URL", &proxy.url).env("USHER_LICENSE_KEY", license);
    let ended = command.output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success(), "{told}");
    assert!(
        told.contains("The seat was lost. The session got no heartbeat in time")
            && told.contains("A seat is held again"),
        "{told}"
    );
    assert_eq!((proxy.count(ACQUIRE), seats_in_use(&dev)), (2, 0));
}

#[test]
fn a_seat_that_an_operator_took_away_stays_lost() {
    let dev = Dev::start();
    let proxy = Proxy::start(dev.fact("url"), |_, _| Fate::Pass);
    let mut command = dev.command("run -- sleep 5");
    command
        .env("USHER_URL", &proxy.url)
        .env("USHER_LICENSE_KEY", short_license(&dev, "3s"));
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    let sessions = || dev.usher("session list -o json").expect_code(0).json();
    let session = wait_for("the session", || {
        sessions()["items"][0]["session"].as_str().map(str::to_owned)
    });
    dev.usher(&format!("session revoke {session} --reason 'it was stolen'"))
        .expect_code(0);
    let ended = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(
        ended.status.success() && told.contains("the command goes on without it"),
        "{told}"
    );
    assert_eq!((proxy.count(ACQUIRE), seats_in_use(&dev)), (1, 0));
}

#[test]
fn a_signal_to_end_reaches_the_command_and_the_seat_is_given_back() {
    for signal in [Signal::TERM, Signal::HUP] {
        let dev = Dev::start();
        let script = "trap \"exit 5\" TERM HUP; echo ready; while :; do sleep 0.05; done";
        let mut command = dev.command(&format!("run -- sh -c '{script}'"));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut ready).unwrap();
        assert_eq!((ready.as_str(), seats_in_use(&dev)), ("ready\n", 1));
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(5), "{signal:?}");
        assert_eq!(seats_in_use(&dev), 0, "{signal:?}");
    }
}

#[test]
fn a_signal_before_there_is_a_seat_ends_it() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let line = format!("run --url {url} --license-key CODITECT-X --hardware-id one -- true");
    let mut child = crate::usher::command(&line).spawn().unwrap();
    let asked = silent.accept().unwrap();
    crate::usher::terminate(&child);
    assert_eq!(child.wait().unwrap().code(), Some(128 + 15));
    drop(asked);
}
