//! Every failure says what happened, why, and what to do next; programs get the same as JSON.

use crate::usher::{Dev, usher};

#[test]
fn a_dead_server_is_named_with_the_reason_and_the_next_step() {
    let ended = usher("license list --url http://127.0.0.1:1,http://127.0.0.1:2").expect_code(1);
    assert!(ended.out.is_empty());
    assert_eq!(
        ended.err,
        "error: no server could be asked\n  \
         http://127.0.0.1:1: Connection refused (os error 111)\n  \
         http://127.0.0.1:2: Connection refused (os error 111)\n  \
         next: check that the server runs, and that --url or USHER_URL names it (`usher server --dev` starts one)\n"
    );
    let ended = usher("status -o json --url http://127.0.0.1:1").expect_code(1);
    assert_eq!(ended.json()["code"], "UNREACHABLE");
    assert_eq!(ended.json()["tried"][0]["url"], "http://127.0.0.1:1");
}

#[test]
fn the_next_url_is_asked_when_one_does_not_answer() {
    let dev = Dev::start();
    let line = format!("product list -o json --url http://127.0.0.1:1,{}", dev.fact("url"));
    assert_eq!(dev.usher(&line).expect_code(0).json()["items"][0]["code"], "coditect");
}

#[test]
fn a_missing_or_wrong_token_says_where_to_get_one() {
    let dev = Dev::start();
    let ended = dev.usher("license list --token usher_wrong -o json").expect_code(1);
    assert_eq!(ended.json()["code"], "UNAUTHENTICATED");
    assert!(
        ended
            .err
            .contains("next: pass an API token with --token or USHER_TOKEN"),
        "{}",
        ended.err
    );
    let directory = crate::usher::directory();
    let file = directory.path().join("token");
    std::fs::write(&file, format!("{}\n", dev.fact("admin_token"))).unwrap();
    let mut command = dev.command(&format!("license list --token-file {}", file.display()));
    command.env_remove("USHER_TOKEN");
    assert!(command.output().unwrap().status.success());
    let missing = dev
        .command("license list --token-file /nowhere")
        .env_remove("USHER_TOKEN")
        .output()
        .unwrap();
    assert!(
        String::from_utf8(missing.stderr)
            .unwrap()
            .contains("--token-file: /nowhere cannot be read")
    );
}

#[test]
fn a_token_that_can_be_none_is_not_taken_for_a_server_that_does_not_answer() {
    let ended = usher("license list --token 'a b' -o json").expect_code(64);
    assert_eq!(ended.json()["code"], "USAGE");
    assert!(
        ended.err.contains("the API token holds a character that none has"),
        "{}",
        ended.err
    );
}

#[test]
fn a_call_that_makes_no_sense_is_told_as_json_where_that_is_asked_for() {
    for line in [
        "license list --limit x -o json",
        "token create x --output=json",
        "-ojson nonsense",
    ] {
        let ended = usher(line).expect_code(64);
        assert_eq!(ended.json()["code"], "USAGE", "{line}");
        assert!(
            ended.err.starts_with("error: ") && !ended.err.starts_with("error: error"),
            "{}",
            ended.err
        );
    }
    // That of another program is not usher's.
    assert!(
        usher("run --nonsense -- program -o json")
            .expect_code(64)
            .out
            .is_empty()
    );
}

/// Somebody who answers every call with the same; gives the address.
fn always(status: &'static str, body: &'static str) -> std::net::SocketAddr {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn a_node_that_knows_no_leader_does_not_decide_for_all() {
    let dev = Dev::start();
    // As a node does that a fault of the network has cut off from its peers alone.
    let cut_off = always(
        "200 OK",
        r#"{"node": 2, "leader": null, "tolerance": null, "nodes": []}"#,
    );
    let line = format!("status -o json --url http://{cut_off},{}", dev.fact("url"));
    let status = dev.usher(&line).expect_code(2).json();
    assert_eq!(
        (&status["state"], &status["cluster"]["leader"]),
        (&"degraded".into(), &1.into())
    );
    let alone = dev
        .usher(&format!("status -o json --url http://{cut_off}"))
        .expect_code(3);
    assert_eq!(alone.json()["state"], "no_quorum");
}

#[test]
fn something_that_is_not_usher_is_told_apart() {
    let address = always("404 Not Found", "hello");
    let ended = usher(&format!("license list --url http://{address}")).expect_code(1);
    assert!(
        ended
            .err
            .starts_with("error: Something other than usher answered at http://127.0.0.1:"),
        "{}",
        ended.err
    );
    assert!(ended.err.contains("next: check --url or USHER_URL"), "{}", ended.err);
}

#[test]
fn a_name_with_a_slash_reaches_the_server_whole() {
    let dev = Dev::start();
    dev.usher("customer create 'Slash & Co' --reference 'CRM 10/42'")
        .expect_code(0);
    let shown = dev
        .usher("license create --plan pro --customer 'CRM 10/42' -o json")
        .expect_code(0)
        .json();
    assert_eq!(shown["customer"]["name"], "Slash & Co");
    dev.usher("customer show 'no/such customer'").expect_code(1);
}
