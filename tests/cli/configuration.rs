//! `usher config`: what counts, where it comes from, and what is wrong with it.

use crate::usher::{command, compare, directory, redact, shown, usher};

#[test]
fn the_template_explains_every_setting_and_is_valid_as_it_is() {
    let directory = directory();
    let file = shown(&directory.path().join("usher.toml"));
    compare("config_template", &usher("config init").expect_code(0).out);
    usher(&format!("config init --out {file}")).expect_code(0);
    let told = usher(&format!("config validate --config {file}")).expect_code(0);
    assert_eq!(told.out, "The configuration is valid; 0 settings are given.\n");
    let again = usher(&format!("config init --out {file}")).expect_code(1);
    assert!(again.err.contains("exists already; name a new file"), "{}", again.err);
}

#[test]
fn every_value_has_an_origin() {
    let directory = directory();
    let file = directory.path().join("usher.toml");
    std::fs::write(&file, "[node]\nname = \"one\"\n\n[log]\nlevel = \"warn\"\n").unwrap();
    let line = format!(
        "config show --origin --config {} --ops-listen 127.0.0.1:9 --set raft.heartbeat_ms=50",
        shown(&file)
    );
    let ended = command(&line).env("USHER_LOG__LEVEL", "debug").output().unwrap();
    let text = String::from_utf8(ended.stdout).unwrap();
    compare("config_show_origin", &redact(&text, &[(&shown(&file), "usher.toml")]));
    let json = command(&format!("{line} -o json"))
        .env("USHER_LOG__LEVEL", "debug")
        .output()
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(
        json["log.level"],
        serde_json::json!({"value": "debug", "origin": "environment USHER_LOG__LEVEL"})
    );
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let directory = directory();
    let file = directory.path().join("usher.toml");
    std::fs::write(
        &file,
        "[api]\nlisen = \"127.0.0.1:1\"\n[raft]\nheartbeat_ms = \"fast\"\n[logs]\n",
    )
    .unwrap();
    let line = format!("config validate --config {} --log-level loud", shown(&file));
    let ended = command(&line).env("USHER_PEER__LISTEN", "4601").output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let text = String::from_utf8(ended.stderr).unwrap();
    compare("config_errors", &redact(&text, &[(&shown(&file), "usher.toml")]));
}

#[test]
fn a_server_without_a_prepared_directory_says_how_to_prepare_one() {
    let directory = directory();
    let ended = usher(&format!("server --data {}", shown(directory.path()))).expect_code(1);
    assert!(
        ended
            .err
            .contains("run `usher init` for a new cluster, or `usher join`"),
        "{}",
        ended.err
    );
}
