//! `usher init` and `usher join`: what they leave, what they never touch, and what the server makes of it.

use std::fs;

use crate::node::{Node, token_of};
use crate::usher::{Dev, Ended, command, directory, shown, usher, wait_for};

#[test]
fn a_founding_overwrites_no_root() {
    let directory = directory();
    let at = |name: &str| shown(&directory.path().join(name));
    let root = at("vendor-root");
    usher(&format!("init --data {} --root-out {root}", at("one"))).expect_code(0);
    let files = || ["vendor-root.json", "vendor-root.key.json"].map(|file| fs::read(format!("{root}/{file}")).unwrap());
    let before = files();
    let refused = usher(&format!("init --data {} --root-out {root}", at("two"))).expect_code(1);
    assert!(refused.err.contains("a root is never overwritten"), "{}", refused.err);
    assert_eq!(files(), before);
    // The same root serves again, and its public file is there already.
    let key = format!("--root-key {root}/vendor-root.key.json");
    usher(&format!("init --data {} --root-out {root} {key}", at("two"))).expect_code(0);
    assert_eq!(files(), before);
}

#[test]
fn what_cannot_be_written_is_noticed_before_there_is_a_cluster() {
    let directory = directory();
    let at = |name: &str| shown(&directory.path().join(name));
    fs::write(at("file"), "").unwrap();
    let data = at("data");
    for (flags, named) in [
        (format!("--token-out {}", at("nowhere/token")), "--token-out"),
        (format!("--token-out {}", at("file")), "--token-out"),
        (format!("--root-out {}", at("file/root")), "root"),
    ] {
        let refused = usher(&format!("init --data {data} {flags}")).expect_code(1);
        assert!(refused.err.contains(named), "{}", refused.err);
    }
    assert_eq!(fs::read(at("file")).unwrap(), b"");
    let token = at("token");
    let founded = usher(&format!("init --data {data} --token-out {token}")).expect_code(0);
    assert!(!founded.out.contains("shown this once"), "{}", founded.out);
    assert!(
        founded.out.contains(&format!("export USHER_TOKEN_FILE={token}")),
        "{}",
        founded.out
    );
    assert!(fs::read_to_string(&token).unwrap().starts_with("usher_"));
}

#[test]
fn a_founder_who_was_not_told_his_token_has_founded_nothing() {
    let directory = directory();
    let data = shown(&directory.path().join("data"));
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ended = command(&format!("init --data {data}")).stdout(full).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(!std::path::Path::new(&data).join("keys.json").exists());
    fs::remove_dir_all(&data).unwrap();
    usher(&format!("init --data {data}")).expect_code(0);
}

/// The command that a command told its user to run next.
fn next_command(ended: &Ended) -> String {
    let line = ended.out.lines().find_map(|line| line.strip_prefix("  usher server"));
    format!("server{}", line.unwrap_or_else(|| panic!("{ended:?}")))
}

#[test]
fn a_node_is_known_by_what_it_was_founded_and_joined_with() {
    let (mut one, mut two) = (Node::new(), Node::new());
    let told = format!(
        "--name one --api-advertise {} --peer-advertise {}",
        one.url("one.test"),
        one.peer()
    );
    let founded = usher(&format!("init {} {told}", one.listening())).expect_code(0);
    let token = token_of(&founded);
    // Nothing but where to listen is said again: the ledger remembers the rest.
    one.serve(&format!("server {}", one.listening()));
    wait_for("the node", || {
        one.known_as(1, &token).filter(|url| *url == one.url("one.test"))
    });
    assert!(one.is_certified_as("one.test") && !one.is_certified_as("uno.test"));

    let join_token = one.ask("cluster join-token -o json", &token).expect_code(0).json();
    let join_token = join_token["token"].as_str().unwrap();
    let told = format!("--name two --api-advertise {}", two.url("two.test"));
    usher(&format!(
        "join {} --token {join_token} {} {told}",
        one.peer(),
        two.listening()
    ))
    .expect_code(0);
    two.serve(&format!("server {}", two.listening()));
    wait_for("the certificate of the node that joined", || {
        two.is_certified_as("two.test").then_some(())
    });
    let status = one.ask("status -o json", &token).json();
    let second = status["cluster"]["nodes"][1]["id"].as_u64().unwrap();
    assert_eq!(one.known_as(second, &token), Some(two.url("two.test")));
}

#[test]
fn the_command_that_comes_next_says_what_was_said_and_a_new_address_is_announced() {
    let mut node = Node::new();
    let told = format!(
        "--name one --api-advertise {} --peer-advertise {}",
        node.url("one.test"),
        node.peer()
    );
    let founded = usher(&format!("init {} {told}", node.listening())).expect_code(0);
    let token = token_of(&founded);
    let next = next_command(&founded);
    assert!(
        next.contains(&format!("--api-advertise {}", node.url("one.test"))),
        "{next}"
    );
    node.serve(&next);
    wait_for("the node", || {
        node.known_as(1, &token).filter(|url| *url == node.url("one.test"))
    });
    node.serve(&next.replace("one.test", "uno.test"));
    wait_for("the new name", || {
        node.known_as(1, &token).filter(|url| *url == node.url("uno.test"))
    });
    assert!(node.is_certified_as("uno.test"));
}

#[test]
fn a_node_of_a_cluster_needs_ports_that_others_can_know() {
    let directory = directory();
    let data = shown(&directory.path().join("data"));
    for (line, code, named) in [
        (
            format!("init --data {data} --peer-listen 127.0.0.1:0"),
            64,
            "--peer-listen",
        ),
        (
            format!("init --data {data} --api-listen 127.0.0.1:0"),
            64,
            "--api-listen",
        ),
        (
            format!("server --data {data} --peer-listen 0.0.0.0:0"),
            1,
            "peer.listen",
        ),
        (
            format!("server --data {data} --peer-advertise one.example:0"),
            1,
            "peer.advertise",
        ),
    ] {
        let refused = usher(&line).expect_code(code);
        assert!(refused.err.contains(named), "{line}: {}", refused.err);
    }
    assert!(!std::path::Path::new(&data).exists());
}

#[test]
fn joining_overwrites_no_root() {
    let directory = directory();
    let data = directory.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("vendor-root.json"), "what applications pin").unwrap();
    let token = "usher-join-1.00000000000000000000000000.0000000000000000.00000000000000000000000000.\
                 0000000000000000000000000000000000000000000000000000";
    let refused = usher(&format!("join 127.0.0.1:1 --token {token} --data {}", shown(&data))).expect_code(1);
    assert!(refused.err.contains("a root is never overwritten"), "{}", refused.err);
}

#[test]
fn a_join_that_is_refused_says_what_to_do() {
    let (mut one, two) = (Node::new(), Node::new());
    let founded = usher(&format!("init {}", one.listening())).expect_code(0);
    let admin = token_of(&founded);
    one.serve(&format!("server {}", one.listening()));
    wait_for("the node", || one.known_as(1, &admin));
    let token = one.ask("cluster join-token -o json", &admin).expect_code(0).json();
    let token = token["token"].as_str().unwrap();
    let join = |address: &str, more: &str| usher(&format!("join {address} --token {token} {} {more}", two.listening()));

    let dev = Dev::start();
    let api = |url: &str| url.split_once("://").unwrap().1.to_owned();
    for address in [api(dev.fact("url")), api(&one.url("127.0.0.1"))] {
        let refused = join(&address, "").expect_code(1);
        assert!(
            refused.err.contains("does not look like a peer port") && refused.err.contains("4601"),
            "{}",
            refused.err
        );
    }
    let refused = join(&one.peer(), "--replace 99").expect_code(1);
    assert!(
        refused.err.contains("no such node") && refused.err.contains("`usher status`"),
        "{}",
        refused.err
    );
    join(&one.peer(), "").expect_code(0);
    fs::remove_dir_all(two.data()).unwrap();
    let refused = join(&one.peer(), "").expect_code(1);
    assert!(
        refused.err.contains("used or has expired") && refused.err.contains("`usher cluster join-token`"),
        "{}",
        refused.err
    );
}
