//! A server keeps file descriptors for its peers and files, whoever connects.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use crate::usher::{DEADLINE, DEV, Dev, terminate, wait_for};

/// A development server that a shell starts after this.
fn limited(limit: &str) -> Command {
    let mut command = Command::new("sh");
    let script = format!("{limit} && exec \"$0\" \"$@\"");
    command
        .args(["-c", &script, env!("CARGO_BIN_EXE_usher")])
        .args(DEV.split(' '));
    command.env("NO_COLOR", "1").stdin(Stdio::null()).stderr(Stdio::piped());
    command
}

fn connections(url: &str, count: usize) -> Vec<TcpStream> {
    let address = url.strip_prefix("http://").unwrap();
    (0..count).map(|_| TcpStream::connect(address).unwrap()).collect()
}

fn is_ready(url: &str) -> bool {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
        .write_all(b"GET /readyz HTTP/1.1\r\nHost: usher\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.starts_with("HTTP/1.1 200")
}

fn told(mut dev: Dev) -> String {
    terminate(&dev.process.0);
    let mut text = String::new();
    dev.process.0.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn idle_connections_do_not_take_the_last_descriptor() {
    let dev = Dev::of(&mut limited("ulimit -n 200"));
    let idle = connections(dev.fact("url"), 400);
    assert!(is_ready(dev.fact("ops_url")));
    drop(idle);
    wait_for("the API", || (dev.usher("product list").code == 0).then_some(()));
    let told = told(dev);
    assert!(
        told.contains("may have 200 files") && told.contains("LimitNOFILE"),
        "{told}"
    );
}

#[test]
fn a_soft_limit_is_raised() {
    let dev = Dev::of(&mut limited("ulimit -Sn 100"));
    let idle = connections(dev.fact("url"), 300);
    assert_eq!(dev.usher("product list").code, 0);
    assert!(is_ready(dev.fact("ops_url")));
    drop(idle);
    let told = told(dev);
    assert!(!told.contains("100 files"), "{told}");
}
