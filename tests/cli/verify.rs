//! `usher verify` and `usher key`: signed things without a network.

use serde_json::Value;

use crate::usher::{Dev, directory, redact, shown, usher};

#[test]
fn a_token_from_an_answer_is_genuine() {
    let (dev, directory) = (Dev::start(), directory());
    let file = directory.path().join("answer.json");
    std::fs::write(&file, dev.acquire("the-first-laptop")).unwrap();
    let (file, root) = (shown(&file), dev.fact("root_file"));
    let line = format!("verify {file} --root {root}");
    let ended = usher(&line).expect_code(0);
    let first = ended.out.lines().next().unwrap();
    assert!(
        redact(first, &[]).starts_with("token            genuine, good until 0000-00-00T00:00:00Z"),
        "{first}"
    );
    let json = usher(&format!(
        "{line} --product coditect --hardware-id the-first-laptop -o json"
    ))
    .expect_code(0)
    .json();
    assert_eq!(
        (&json["standing"], &json["claims"]["aud"]),
        (&"good".into(), &"coditect".into())
    );
    for (more, code, word) in [
        ("--product other", 1, "`aud` of the session token is coditect"),
        ("--hardware-id another-laptop", 1, "fph"),
        ("--at 2h", 0, ""),
        ("--at 2d", 1, ""),
        ("--at 2020-01-01", 1, ""),
        ("--at 3000d", 1, "expired"),
    ] {
        let ended = usher(&format!("{line} {more}")).expect_code(code);
        assert!(ended.err.contains(word), "{more}: {}", ended.err);
    }
    assert!(usher(&format!("{line} --at 2h")).out.contains("in offline grace since"));
    assert!(
        usher(&format!("{line} --at 2d"))
            .out
            .contains("genuine, but it ended at")
    );
    assert!(
        usher(&format!("{line} --at 2020-01-01"))
            .out
            .contains("genuine, but it was issued later")
    );
}

#[test]
fn token_and_chain_may_come_apart() {
    let (dev, directory) = (Dev::start(), directory());
    let answer: Value = serde_json::from_str(&dev.acquire("the-first-laptop")).unwrap();
    let (token, root) = (answer["signed_token"].as_str().unwrap(), dev.fact("root_file"));
    let chain = directory.path().join("chain.json");
    std::fs::write(&chain, answer["chain"].to_string()).unwrap();
    let chain = shown(&chain);
    usher(&format!("verify {token} --chain {chain} --root {root}")).expect_code(0);
    let missing = usher(&format!("verify {token} --root {root}")).expect_code(1);
    assert!(
        missing.err.contains("the whole JSON answer of acquire") && missing.err.contains("--chain FILE"),
        "{}",
        missing.err
    );
    let (claims, signature) = token.rsplit_once('.').unwrap();
    let changed = format!("{claims}.{}", signature.chars().rev().collect::<String>());
    let forged = usher(&format!("verify {changed} --chain {chain} --root {root}")).expect_code(1);
    assert!(
        forged.err.starts_with("error: the token is not good: "),
        "{}",
        forged.err
    );
    let other = directory.path().join("other");
    usher(&format!("key root create --out {}", shown(&other))).expect_code(0);
    let root = shown(&other.join("vendor-root.json"));
    let stranger = usher(&format!("verify {token} --chain {chain} --root {root}")).expect_code(1);
    assert!(
        stranger.err.contains("which is not among the roots"),
        "{}",
        stranger.err
    );
}

#[test]
fn a_root_key_is_private_and_never_overwritten() {
    use std::os::unix::fs::PermissionsExt;
    let directory = directory();
    let line = format!("key root create --out {}", shown(directory.path()));
    let made = usher(&format!("{line} -o json")).expect_code(0).json();
    let private = made["private_key"].as_str().unwrap();
    assert_eq!(std::fs::metadata(private).unwrap().permissions().mode() & 0o777, 0o600);
    let public = std::fs::read_to_string(made["root_file"].as_str().unwrap()).unwrap();
    assert!(public.contains(made["kid"].as_str().unwrap()) && !public.contains("\"d\""));
    let again = usher(&line).expect_code(1);
    assert!(again.err.contains("a root is never overwritten"), "{}", again.err);
}

#[test]
fn a_root_key_certifies_a_cluster() {
    let directory = directory();
    let at = |name: &str| shown(&directory.path().join(name));
    usher(&format!("key root create --out {}", at("root"))).expect_code(0);
    let key = at("root/vendor-root.key.json");
    usher(&format!(
        "init --data {} --root-key {key} --api-advertise https://one.example:4600",
        at("data")
    ))
    .expect_code(0);
    let line = format!(
        "key certify --root-key {key} --data {} --product coditect --grace-max 30d -o json",
        at("data")
    );
    let made = usher(&line).expect_code(0).json();
    assert_eq!(made["claims"]["products"], serde_json::json!(["coditect"]));
    assert_eq!(made["claims"]["grace_max"], 2_592_000);
    let subject = (
        made["claims"]["sub"].as_str().unwrap(),
        made["claims"]["key"]["x"].as_str().unwrap(),
    );
    let by_hand = format!(
        "key certify --root-key {key} --cluster {} --public-key {} -o json",
        subject.0, subject.1
    );
    assert_eq!(
        usher(&by_hand).expect_code(0).json()["claims"]["key"],
        made["claims"]["key"]
    );
    let public = usher(&format!(
        "key certify --root-key {} --data {}",
        at("root/vendor-root.json"),
        at("data")
    ));
    assert!(public.expect_code(1).err.contains("give the private key file"));
}
