//! `usher server --dev`: ready at once, harmless, and gone without a trace.

use std::process::Stdio;

use serde_json::Value;

use crate::usher::{Dev, compare, directory, shown, terminate, usher, wait_for};

fn end(dev: &mut Dev) -> Option<i32> {
    terminate(&dev.process.0);
    wait_for("the server's end", || dev.process.0.try_wait().unwrap()).code()
}

#[test]
fn it_is_ready_to_give_out_seats() {
    let dev = Dev::start();
    let answer: Value = serde_json::from_str(&dev.acquire("the-first-laptop")).unwrap();
    assert_eq!(answer["seats"], serde_json::json!({"limit": 10, "in_use": 1}));
    assert!(std::path::Path::new(dev.fact("root_file")).exists());
    let status = dev.usher("status -o json").expect_code(2).json();
    assert_eq!(status["state"], "degraded", "one node cannot be lost");
}

#[test]
fn in_memory_it_leaves_nothing_behind() {
    let mut dev = Dev::start();
    let files = std::path::Path::new(dev.fact("root_file")).parent().unwrap().to_owned();
    assert!(files.exists());
    assert_eq!(end(&mut dev), Some(0));
    assert!(!files.exists());
}

#[test]
fn with_a_data_directory_it_remembers() {
    let directory = directory();
    let data = format!("--data {}", shown(&directory.path().join("dev")));
    let mut first = Dev::start_with(&data);
    first.acquire("the-first-laptop");
    let key = first.fact("license_key").to_owned();
    assert_eq!(end(&mut first), Some(0));
    let second = Dev::start_with(&data);
    assert_eq!(second.fact("license_key"), key);
    let sessions = second.usher("session list -o json").expect_code(0).json();
    assert_eq!(sessions["items"].as_array().unwrap().len(), 1);
}

#[test]
fn what_it_remembers_must_all_be_there() {
    let directory = directory();
    let data = directory.path().join("dev");
    let mut first = Dev::start_with(&format!("--data {}", shown(&data)));
    assert_eq!(end(&mut first), Some(0));
    std::fs::remove_file(data.join("raft-log.redb")).unwrap();
    let refused = usher(&format!("server --dev --data {}", shown(&data))).expect_code(1);
    assert!(refused.err.contains("raft-log.redb is gone"), "{}", refused.err);
}

#[test]
fn it_refuses_to_be_reached_from_other_machines() {
    for (line, flag) in [
        ("server --dev --api-listen 0.0.0.0:4600", "--api-listen"),
        ("server --dev --ops-listen [::]:4602", "--ops-listen"),
        ("server --dev --set peer.listen=10.0.0.1:4601", "--set"),
    ] {
        let ended = usher(line).expect_code(64);
        assert!(
            ended.err.contains(flag) && ended.err.contains("other machines"),
            "{line}: {}",
            ended.err
        );
    }
}

#[test]
fn a_taken_port_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let ended = usher(&format!("server --dev --api-listen {address} --ops-listen 127.0.0.1:0")).expect_code(1);
    assert!(
        ended.err.contains(&format!("the API cannot listen on {address}")),
        "{}",
        ended.err
    );
}

#[test]
fn its_welcome_names_everything_that_is_needed() {
    let mut child = crate::usher::command("server --dev --api-listen 127.0.0.1:0 --ops-listen 127.0.0.1:0");
    let mut child = child.stdout(Stdio::piped()).spawn().unwrap();
    let out = std::io::BufReader::new(child.stdout.take().unwrap());
    let _process = crate::usher::Process(child);
    let (send, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        use std::io::BufRead;
        let _ = out.lines().map_while(Result::ok).try_for_each(|line| send.send(line));
    });
    let mut text = String::new();
    while !text.contains("Ctrl-C ends it.") {
        text += &(lines.recv_timeout(crate::usher::DEADLINE).expect("the welcome goes on") + "\n");
    }
    let url = text
        .lines()
        .find_map(|line| line.strip_prefix("URL "))
        .unwrap()
        .trim()
        .to_owned();
    let root = text
        .lines()
        .find_map(|line| line.strip_prefix("root file "))
        .unwrap()
        .trim()
        .to_owned();
    let text = crate::usher::redact(
        &text,
        &[(&url, "http://127.0.0.1:4600"), (&root, "/tmp/vendor-root.json")],
    );
    compare("welcome", &text);
}
