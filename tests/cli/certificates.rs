//! The cluster's certificate is renewed by its root and taken by every node.

use rustix::process::{Pid, Signal, kill_process};

use crate::node::{Node, token_of};
use crate::usher::{directory, shown, usher, wait_for};

#[test]
fn a_running_server_signs_under_the_certificate_that_was_installed() {
    let directory = directory();
    let root = shown(&directory.path().join("root"));
    let mut node = Node::new();
    let founded = usher(&format!("init {} --root-out {root}", node.listening())).expect_code(0);
    let token = token_of(&founded);
    node.serve(&format!("server {}", node.listening()));
    wait_for("the node", || node.known_as(1, &token));
    for line in [
        "product create studio",
        "plan create studio pro",
        "customer create Ada --reference A",
    ] {
        node.ask(line, &token).expect_code(0);
    }
    let license = node
        .ask("license create --plan pro --customer A -o json", &token)
        .expect_code(0)
        .json();
    let key = license["license_key"].as_str().unwrap();
    let before = node.acquire(key).unwrap()["chain"].clone();

    let file = shown(&directory.path().join("renewed"));
    let show = format!("key show --data {} -o json", node.data());
    let signer = usher(&show).expect_code(0).json();
    let (cluster, public_key) = (
        signer["cluster"].as_str().unwrap(),
        signer["public_key"].as_str().unwrap(),
    );
    let certify = format!(
        "key certify --root-key {root}/vendor-root.key.json --cluster {cluster} --public-key {public_key} --expires"
    );
    usher(&format!("{certify} 3000d --out {file}")).expect_code(0);
    let certified = std::fs::read(&file).unwrap();
    let refused = usher(&format!("{certify} 3000d --out {file}")).expect_code(1);
    assert!(refused.err.contains("exists already"), "{}", refused.err);
    assert_eq!(std::fs::read(&file).unwrap(), certified);
    let installed = usher(&format!("key install {file} --data {}", node.data())).expect_code(0);
    assert_eq!(installed.err, "", "it lasts longer than the one before");
    assert_eq!(
        node.acquire(key).unwrap()["chain"],
        before,
        "nobody told the server yet"
    );
    let pid = Pid::from_raw(i32::try_from(node.process.as_ref().unwrap().0.id()).unwrap()).unwrap();
    let take_it = || kill_process(pid, Signal::HUP).unwrap();
    take_it();
    let renewed = std::fs::read_to_string(&file).unwrap();
    wait_for("the renewed certificate", || {
        let answer = node.acquire(key)?;
        (answer["chain"] == serde_json::json!([renewed.trim()])).then_some(())
    });
    // What the server signs now verifies for an application that pins the root.
    let answer = shown(&directory.path().join("answer.json"));
    std::fs::write(&answer, node.acquire(key).unwrap().to_string()).unwrap();
    usher(&format!("verify {answer} --root {root}/vendor-root.json")).expect_code(0);
    let shown_until = node.ask("status", &token).out;
    assert!(
        shown_until.contains("degraded, as is normal for one node"),
        "{shown_until}"
    );

    // One that is over in a moment is taken with a warning, and then the cluster is not well any more.
    let short = crate::usher::shown(&directory.path().join("short"));
    usher(&format!("{certify} 8s --out {short}")).expect_code(0);
    let installed = usher(&format!("key install {short} --data {}", node.data())).expect_code(0);
    assert!(
        installed.err.contains("it ends 2999 days before") || installed.err.contains("it ends 3000 days before"),
        "{}",
        installed.err
    );
    take_it();
    let told = wait_for("the certificate's end", || {
        let ended = node.ask("status", &token);
        ended.out.contains("the certificate is over").then_some(ended)
    });
    assert!(
        told.code == 2 && told.out.contains("which is over: `usher key certify`"),
        "{told:?}"
    );
    assert!(node.acquire(key).is_none(), "nothing is signed any more");
    // A server that starts with it says so in its log.
    node.process = None;
    let log = directory.path().join("log");
    let mut server = crate::usher::command(&format!("server {} --log-level warn", node.listening()));
    server
        .stdout(std::process::Stdio::null())
        .stderr(std::fs::File::create(&log).unwrap());
    node.process = Some(crate::usher::Process(server.spawn().unwrap()));
    wait_for("a word about it in the log", || {
        let log = std::fs::read_to_string(&log).unwrap();
        log.contains("certificate ends soon or is over").then_some(())
    });
}

#[test]
fn a_certificate_of_somebody_else_is_not_installed() {
    let directory = directory();
    let at = |name: &str| shown(&directory.path().join(name));
    usher(&format!("init --data {} --root-out {}", at("one"), at("root"))).expect_code(0);
    let key = format!("--root-key {}", at("root/vendor-root.key.json"));
    usher(&format!("init --data {} {key}", at("two"))).expect_code(0);
    usher(&format!("key root create --out {}", at("stranger"))).expect_code(0);
    let stranger = format!("--root-key {}", at("stranger/vendor-root.key.json"));
    let shown_key = usher(&format!("key show --data {} -o json", at("one")))
        .expect_code(0)
        .json();
    let public_key = shown_key["public_key"].as_str().unwrap();
    let kept = std::fs::read(at("one/keys.json")).unwrap();
    for (number, (certify, why)) in [
        (format!("{key} --data {}", at("two")), "the certificate"),
        (format!("{stranger} --data {}", at("one")), "not among the roots"),
        (
            format!("{key} --data {} --expires 2020-01-01", at("one")),
            "the certificate",
        ),
        (
            format!("{key} --cluster clu_other --public-key {public_key}"),
            "is for clu_other",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let file = at(&format!("certificate-{number}"));
        let certified = usher(&format!("key certify {certify} --out {file}"));
        if certified.code == 0 {
            let refused = usher(&format!("key install {file} --data {}", at("one"))).expect_code(1);
            assert!(refused.err.contains(why), "{certify}: {}", refused.err);
        } else {
            // The root itself refuses a certificate that ends before it begins.
            assert!(certify.contains("2020"), "{certify}: {}", certified.err);
        }
    }
    std::fs::write(at("certificate"), "no certificate").unwrap();
    usher(&format!("key install {} --data {}", at("certificate"), at("one"))).expect_code(1);
    assert_eq!(std::fs::read(at("one/keys.json")).unwrap(), kept);
}
