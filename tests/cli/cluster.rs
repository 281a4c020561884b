//! Clusters by the real way: `init`, `join`, `server`, `demo`.

use std::process::Stdio;

use serde_json::Value;

use crate::usher::{Ended, Process, base_port, command, directory, shown, usher, wait_for};

/// A demo that ends with the test.
struct Demo {
    facts: Value,
    directory: tempfile::TempDir,
}

impl Demo {
    fn start() -> Self {
        Self::start_with("")
    }

    fn start_with(more: &str) -> Self {
        let directory = directory();
        let line = format!(
            "demo --detach -o json --base-port {} --data {} {more}",
            base_port(),
            shown(directory.path())
        );
        let facts = usher(&line).expect_code(0).json();
        Self { facts, directory }
    }

    fn usher(&self, line: &str) -> Ended {
        let nodes = self.facts["nodes"].as_array().unwrap();
        let urls: Vec<&str> = nodes.iter().map(|node| node["api"].as_str().unwrap()).collect();
        let token = self.facts["admin_token"].as_str().unwrap();
        command(line)
            .env("USHER_URL", urls.join(","))
            .env("USHER_TOKEN", token)
            .output()
            .unwrap()
            .into()
    }

    fn kill(&self, node: &Value) {
        let node = self.facts["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|known| known["node_id"] == *node)
            .unwrap();
        let pid = i32::try_from(node["pid"].as_i64().unwrap()).unwrap();
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }

    fn stop(&self) -> Ended {
        usher(&format!("demo --stop -o json --data {}", shown(self.directory.path())))
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.stop();
    }
}

#[test]
fn status_tells_by_its_exit_code_how_many_nodes_may_be_lost() {
    let demo = Demo::start();
    let status = |code: i32| {
        wait_for(&format!("exit code {code} of status"), || {
            let ended = demo.usher("status -o json");
            (ended.code == code).then(|| ended.json())
        })
    };
    let healthy = status(0);
    assert_eq!(
        (&healthy["state"], &healthy["cluster"]["voters"]),
        (&"healthy".into(), &3.into())
    );
    demo.kill(&healthy["cluster"]["leader"]);
    let degraded = status(2);
    assert_eq!(degraded["state"], "degraded");
    demo.usher("license list").expect_code(0);
    demo.kill(&degraded["cluster"]["leader"]);
    let lost = status(3);
    assert_eq!(lost["state"], "no_quorum");
    let refused = demo.usher("license list --timeout 8s -o json").expect_code(1);
    assert_eq!(refused.json()["code"], "NO_LEADER");
    assert_eq!(demo.stop().expect_code(0).json()["stopped"], 1);
    demo.usher("status").expect_code(1);
}

#[test]
fn the_lead_can_be_handed_over_from_anywhere() {
    let demo = Demo::start();
    let before = demo.usher("status -o json").json()["cluster"]["leader"].clone();
    let nodes = demo.facts["nodes"].as_array().unwrap();
    let heir = nodes
        .iter()
        .map(|node| &node["node_id"])
        .find(|node| **node != before)
        .unwrap();
    demo.usher(&format!("cluster transfer {heir}")).expect_code(0);
    let after = wait_for("the new leader", || {
        let status = demo.usher("status -o json");
        (status.code == 0).then(|| status.json()["cluster"]["leader"].clone())
    });
    assert_eq!(after, *heir);
}

#[test]
fn what_is_shown_after_a_removal_is_true() {
    let demo = Demo::start();
    let before = wait_for("three voters", || {
        let status = demo.usher("status -o json");
        (status.code == 0).then(|| status.json()["cluster"]["leader"].clone())
    });
    let removed = demo
        .usher(&format!("cluster remove {before} -o json"))
        .expect_code(0)
        .json();
    let leader = &removed["leader"];
    let nodes = removed["nodes"].as_array().unwrap();
    assert!(
        *leader != before && nodes.iter().any(|node| node["id"] == *leader),
        "{removed}"
    );
    assert_eq!(
        (&removed["voters"], &removed["tolerance"]),
        (&2.into(), &0.into()),
        "{removed}"
    );
}

#[test]
fn a_large_demo_has_a_history_and_goes_on_with_the_true_time() {
    let demo = Demo::start_with("--scale --licenses 6 --sessions 30 --days 3");
    let list = |line: &str| {
        demo.usher(line).expect_code(0).json()["items"]
            .as_array()
            .unwrap()
            .clone()
    };
    let made = |license: &Value| {
        license["created_at"]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .unwrap()
    };
    let licenses = list("license list -o json");
    let ages: Vec<i64> = licenses.iter().map(|license| age_hours(made(license))).collect();
    assert_eq!(ages.iter().filter(|age| (71..73).contains(*age)).count(), 6, "{ages:?}");
    assert_eq!(
        ages.iter().filter(|age| **age == 0).count(),
        4,
        "those of any demo: {ages:?}"
    );
    assert_eq!(list("session list -o json").len(), 30);
    let records = demo.usher("status -o json").json()["cluster"]["audit"]["size"]
        .as_u64()
        .unwrap();
    assert!(records > 200, "{records} records");
}

fn age_hours(of: jiff::Timestamp) -> i64 {
    jiff::Timestamp::now().duration_since(of).as_hours()
}

#[test]
fn a_demo_is_started_once_and_stopped_once() {
    let demo = Demo::start();
    let data = shown(demo.directory.path());
    let second = usher(&format!("demo --detach --data {data}")).expect_code(1);
    assert!(
        second.err.contains("a demo runs in") && second.err.contains("usher demo --stop"),
        "{}",
        second.err
    );
    for key in [
        "license_key",
        "bulk_license_key",
        "single_license_key",
        "quick_license_key",
    ] {
        assert!(demo.facts[key].as_str().unwrap().starts_with("CODITECT-"), "{key}");
    }
    assert_eq!(demo.stop().expect_code(0).json()["stopped"], 3);
    let gone = demo.stop().expect_code(1);
    assert!(gone.err.contains("no demo was started in"), "{}", gone.err);
}

#[test]
fn a_directory_that_others_can_write_is_not_trusted() {
    use std::os::unix::fs::PermissionsExt;
    let directory = directory();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    for verb in ["--stop", "--detach"] {
        let ended = usher(&format!("demo {verb} --data {}", shown(directory.path()))).expect_code(1);
        assert!(ended.err.contains("nobody else can write"), "{verb}: {}", ended.err);
    }
}

#[test]
fn a_demo_takes_no_directory_that_holds_something_else() {
    for file in ["vendor-root.key.json", "demo-1/notes.txt", "anything"] {
        let directory = directory();
        let path = directory.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "the user's own").unwrap();
        let ended = usher(&format!("demo --detach --data {}", shown(directory.path()))).expect_code(1);
        assert!(ended.err.contains("name an empty directory"), "{}", ended.err);
        usher(&format!("demo --stop --data {}", shown(directory.path()))).expect_code(1);
        assert_eq!(std::fs::read(&path).unwrap(), b"the user's own");
    }
}

#[test]
fn without_a_terminal_the_demo_shows_itself_and_ends() {
    let directory = directory();
    let line = format!("demo --base-port {} --data {}", base_port(), shown(directory.path()));
    let ended = usher(&line).expect_code(0);
    assert!(ended.out.contains("healthy: one node may be lost"), "{}", ended.out);
    assert!(ended.err.contains("Ending the nodes"), "{}", ended.err);
    assert!(
        !ended.out.contains(['\r', '\x1b']),
        "what steers a terminal is not for files: {:?}",
        ended.out
    );
}

#[test]
fn a_node_that_was_founded_by_hand_speaks_tls() {
    let directory = directory();
    let data = shown(&directory.path().join("data"));
    let port = base_port();
    let listen = format!(
        "--api-listen 127.0.0.1:{port} --peer-listen 127.0.0.1:{} --ops-listen 127.0.0.1:{}",
        port + 1,
        port + 2
    );
    let founded = usher(&format!("init --data {data} --name one {listen} -o json"))
        .expect_code(0)
        .json();
    let again = usher(&format!("init --data {data}")).expect_code(1);
    assert!(again.err.contains("belongs to a node already"), "{}", again.err);
    let mut server = command(&format!("server --data {data} {listen} --log-level warn"));
    let _server = Process(server.stdout(Stdio::null()).spawn().unwrap());
    let ask = |line: &str, cacert: bool| -> Ended {
        let mut command = command(line);
        command.env("USHER_URL", format!("https://127.0.0.1:{port}"));
        command.env("USHER_TOKEN", founded["admin_token"].as_str().unwrap());
        if cacert {
            command.env("USHER_CACERT", founded["ca_file"].as_str().unwrap());
        }
        command.output().unwrap().into()
    };
    wait_for("the node", || (ask("status", true).code == 2).then_some(()));
    let stranger = ask("status", false).expect_code(1);
    assert!(stranger.err.contains("--cacert"), "{}", stranger.err);
    let plain = ask(&format!("status --url http://127.0.0.1:{port}"), true).expect_code(1);
    assert!(plain.err.contains("no server could be asked"), "{}", plain.err);
}

#[test]
fn a_node_whose_log_or_state_is_gone_does_not_start_under_its_old_name() {
    for file in ["raft-log.redb", "state.redb"] {
        let directory = directory();
        let data = shown(&directory.path().join("data"));
        usher(&format!("init --data {data}")).expect_code(0);
        std::fs::remove_file(format!("{data}/{file}")).unwrap();
        let refused = usher(&format!("server --data {data}")).expect_code(1);
        assert!(refused.err.contains(&format!("{file} is gone")), "{}", refused.err);
        assert!(refused.err.contains("usher join --replace 1"), "{}", refused.err);
    }
}

#[test]
fn a_founding_that_was_interrupted_is_not_taken_for_a_cluster() {
    let directory = directory();
    let data = shown(&directory.path().join("data"));
    usher(&format!("init --data {data}")).expect_code(0);
    std::fs::remove_file(format!("{data}/keys.json")).unwrap();
    let again = usher(&format!("init --data {data}")).expect_code(1);
    assert!(again.err.contains("without the keys to it"), "{}", again.err);
}
