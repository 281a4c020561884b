//! `usher init` and `usher join`: what they leave, what they never touch, and what the server makes of it.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;

use serde_json::Value;

use crate::usher::{Ended, Process, base_port, command, directory, shown, usher, wait_for};

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

/// A node with an address of its own on this machine, which others are to know by a name that only it has.
struct Node {
    directory: tempfile::TempDir,
    port: u16,
    process: Option<Process>,
}

impl Node {
    fn new() -> Self {
        Self {
            directory: directory(),
            port: base_port(),
            process: None,
        }
    }

    fn data(&self) -> String {
        shown(&self.directory.path().join("data"))
    }

    fn listening(&self) -> String {
        format!(
            "--data {} --api-listen 127.0.0.1:{} --peer-listen {} --ops-listen 127.0.0.1:{}",
            self.data(),
            self.port,
            self.peer(),
            self.port + 2
        )
    }

    fn peer(&self) -> String {
        format!("127.0.0.1:{}", self.port + 1)
    }

    fn url(&self, name: &str) -> String {
        format!("https://{name}:{}", self.port)
    }

    /// Runs a server with these arguments after the one before has ended.
    fn serve(&mut self, line: &str) {
        self.process = None;
        let mut server = command(&format!("{line} --log-level warn"));
        self.process = Some(Process(server.stdout(Stdio::null()).spawn().unwrap()));
    }

    fn ask(&self, line: &str, token: &str) -> Ended {
        let mut command = command(line);
        command
            .env("USHER_URL", self.url("127.0.0.1"))
            .env("USHER_TOKEN", token);
        command.env("USHER_CACERT", format!("{}/cluster-ca.pem", self.data()));
        command.output().unwrap().into()
    }

    /// Under which URL the cluster knows the node of this number.
    fn known_as(&self, number: u64, token: &str) -> Option<String> {
        let ended = self.ask("status -o json", token);
        let status: Value = serde_json::from_str(&ended.out).ok()?;
        let nodes = status["cluster"]["nodes"].as_array()?;
        let node = nodes.iter().find(|node| node["id"] == number)?;
        node["api_url"].as_str().map(str::to_owned)
    }

    /// Whether its certificate is for this name.
    fn is_certified_as(&self, name: &str) -> bool {
        let ca = fs::read(format!("{}/cluster-ca.pem", self.data())).unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only(reqwest::Certificate::from_pem_bundle(&ca).unwrap())
            .resolve(name, address)
            .build()
            .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(client.get(self.url(name)).send()).is_ok()
    }
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
    let token = founded
        .out
        .lines()
        .find_map(|line| line.strip_prefix("  export USHER_TOKEN="))
        .unwrap()
        .to_owned();
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
    let token = founded
        .out
        .lines()
        .find_map(|line| line.strip_prefix("  export USHER_TOKEN="))
        .unwrap()
        .to_owned();
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
