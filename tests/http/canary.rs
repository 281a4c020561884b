//! No secret that a client shows or is given is ever written down: not in the log, the ledger, a snapshot or a log line.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use licensing::id::{decode_base32, encode_base32};
use raft::Tuning;
use serde_json::json;
use sha2::{Digest, Sha256};
use storage::Directory;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::support::{Answer, Options, TestServer, text, until};

/// What may be written down: it shows that the search finds what is there.
const HOSTNAME: &str = "canary-hostname-that-may-be-kept";

/// How many bytes of a form are looked up at each place.
const PROBE: usize = 12;

/// Secrets in every way in which they could be written.
#[derive(Default)]
struct Secrets {
    /// Forms by their first bytes, each with what it is.
    forms: HashMap<[u8; PROBE], Vec<(Vec<u8>, &'static str)>>,
}

impl Secrets {
    /// Adds a secret by its text, and by the bytes that the text stands for.
    fn add(&mut self, what: &'static str, text: &str, bytes: &[u8]) {
        for raw in [text.as_bytes(), bytes].into_iter().filter(|raw| !raw.is_empty()) {
            let mut hex = String::new();
            for byte in raw {
                write!(hex, "{byte:02x}").unwrap();
            }
            let base32 = encode_base32(raw);
            for form in [&hex.to_uppercase(), &hex, &base32.to_uppercase(), &base32] {
                self.add_form(what, form.as_bytes());
            }
            // Inside a longer text base64 looks one of three ways, but for the characters at both ends.
            for shift in 0..3 {
                let shifted = [&vec![0; shift], raw].concat();
                for engine in [STANDARD, URL_SAFE] {
                    let text = engine.encode(&shifted);
                    self.add_form(what, &text.as_bytes()[4..text.len() - 4]);
                }
            }
            self.add_form(what, raw);
        }
        self.add_form(what, text.to_lowercase().as_bytes());
        self.add_form(what, text.to_uppercase().as_bytes());
        self.add_form(what, text.replace('-', "").as_bytes());
    }

    fn add_form(&mut self, what: &'static str, form: &[u8]) {
        let probe = *form
            .first_chunk()
            .unwrap_or_else(|| panic!("{what}: a short form would be found by chance"));
        self.forms.entry(probe).or_default().push((form.to_vec(), what));
    }

    /// What of them stands in `haystack`.
    fn found_in(&self, haystack: &[u8]) -> Option<&'static str> {
        let at = |place: usize| {
            let rest = &haystack[place..];
            let forms = self.forms.get(rest.first_chunk::<PROBE>()?)?;
            forms
                .iter()
                .find(|(form, _)| rest.starts_with(form))
                .map(|(_, what)| *what)
        };
        (0..haystack.len()).find_map(at)
    }
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

thread_local! {
    /// The log lines of this thread, once it has asked for them.
    static LINES: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Where log lines go.
struct Captured;

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.get_or_insert_default().extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Captures every log line of this thread, on which the whole server of the test runs. The subscriber is the process's:
/// one for a single thread goes deaf when another thread meets a log statement first.
fn capture_log_lines() {
    LINES.set(Some(Vec::new()));
    let of_this_thread = dynamic_filter_fn(|_, _| LINES.with_borrow(Option::is_some));
    let everything = EnvFilter::new("trace,hyper=info,h2=info,reqwest=info");
    let layer = fmt::layer().with_writer(|| Captured).with_filter(of_this_thread);
    tracing_subscriber::registry().with(layer).with(everything).init();
}

/// Every file of a data directory.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let read = |entry: io::Result<std::fs::DirEntry>| {
        let path = entry.unwrap().path();
        (
            path.file_name().unwrap().to_string_lossy().into_owned(),
            std::fs::read(&path).unwrap(),
        )
    };
    std::fs::read_dir(dir).unwrap().map(read).collect()
}

#[tokio::test]
async fn no_secret_reaches_a_file_or_a_log_line() {
    capture_log_lines();
    let dir = tempfile::tempdir().unwrap();
    let tuning = Tuning {
        snapshot_entries: 20,
        log_entries_kept: 5,
        ..Tuning::default()
    };
    let disk = Arc::new(Directory::open(dir.path()).unwrap());
    let server = TestServer::with(Options {
        tuning,
        disk,
        ..Options::default()
    })
    .await;

    let secrets = use_every_call(&server).await;
    until("a snapshot", async || {
        files(dir.path())
            .iter()
            .any(|(name, _)| is_snapshot(name))
            .then_some(())
    })
    .await;
    let rows = format!("{:?}", server.rows());
    let audit = server.get("/audit?limit=200").await.expect(200).to_string();
    let metrics = server.fetch(&server.ops_url("/metrics")).await;
    server.server.shutdown().await;

    let lines = LINES.take().unwrap();
    assert!(contains(&lines, "LICENSE_NOT_FOUND"), "the log was captured");
    let mut places = files(dir.path());
    for name in ["raft-log.redb", "state.redb"] {
        let (_, bytes) = places.iter().find(|(found, _)| found == name).unwrap();
        assert!(contains(bytes, HOSTNAME), "{name} is searched where texts stand in it");
    }
    let snapshot = places
        .iter()
        .find(|(name, _)| is_snapshot(name))
        .map(|(_, bytes)| bytes);
    assert!(
        snapshot.is_some_and(|bytes| contains(bytes, "coditect")),
        "a snapshot is searched"
    );
    assert!(rows.contains(HOSTNAME));
    places.extend([
        ("the log lines".to_owned(), lines),
        ("the rows".to_owned(), rows.into_bytes()),
        ("the audit".to_owned(), audit.into_bytes()),
        ("the metrics".to_owned(), metrics.into_bytes()),
    ]);
    for (place, bytes) in &places {
        assert_eq!(secrets.found_in(bytes), None, "in {place}");
    }
}

fn is_snapshot(name: &str) -> bool {
    name.starts_with("snap-") && Path::new(name).extension().is_none_or(|extension| extension != "tmp")
}

/// Makes and shows every kind of secret, well and badly.
async fn use_every_call(server: &TestServer) -> Secrets {
    let sold = server
        .sell(json!({"seats": 2, "ttl_seconds": 2, "heartbeat_seconds": 1}))
        .await;
    let hardware = "canary-hardware-fingerprint-8b5e";
    let stranger = usher::license_key::LicenseKey::new("CODITECT", [0x5c; 16])
        .reveal()
        .to_owned();
    let jwt = "canaryheader.canarypayload.canarysignature";
    let body = json!({
        "license_key": sold.key, "hardware_id": hardware, "jwt_token": jwt, "request_id": "canary-request-name-77",
        "client": {"hostname": HOSTNAME},
    });
    let seat = server.public("POST", "/licenses/acquire", &body).await.expect(200);
    let session = text(&seat["session_id"]);
    server.heartbeat(&session).await.expect(200);
    server
        .acquire(&stranger, hardware)
        .await
        .problem(404, "LICENSE_NOT_FOUND");
    // Secrets in the wrong place come back in a complaint at most.
    server
        .public("PUT", "/licenses/heartbeat", &json!({"session_id": sold.key}))
        .await
        .problem(400, "INVALID_REQUEST");
    server
        .get(&format!("/sessions/{session}"))
        .await
        .problem(404, "SESSION_NOT_FOUND");
    let gateway = server
        .post("/tokens", json!({"name": "gateway", "scope": "heartbeats"}))
        .await
        .expect(201);
    let gateway = text(&gateway["token"]);
    let batch = json!({"session_ids": [session], "tokens": true});
    let request = server
        .client
        .put(server.url("/licenses/heartbeats"))
        .bearer_auth(&gateway)
        .json(&batch);
    Answer::of(request).await.expect(200);
    let join = text(&server.post("/cluster/join-tokens", json!({})).await.expect(201)["token"]);
    let ann = server.person("ann@example.com", "Ann", "member", Some("crm-1")).await;
    let made = server.call_as(&ann, "POST", "/me/user-tokens", json!({})).await;
    let user_token = text(&made.expect(200)["token"]);
    let body = json!({"license_key": sold.key, "hardware_id": hardware, "jwt_token": user_token});
    server.public("POST", "/licenses/acquire", &body).await.expect(200);
    let verifier = "canary-verifier-of-a-login-by-a-browser-43c";
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let made = server
        .call_as(&ann, "POST", "/me/login-codes", json!({"challenge": challenge}))
        .await;
    let code = text(&made.expect(200)["code"]);
    let redeemed = json!({"code": code, "verifier": verifier});
    server.public("POST", "/user-tokens", &redeemed).await.expect(200);
    let rotated = server
        .post(&format!("/licenses/{}/rotate-key", sold.license), json!({}))
        .await
        .expect(200);
    let rotated = text(&rotated["license_key"]);
    server.release(&session).await.expect(200);
    // A session that expires, and entries enough for a snapshot, of which some stay in the log.
    let seat = server.acquire(&rotated, hardware).await.expect(200);
    let (expired, path) = (
        text(&seat["session_id"]),
        format!("/sessions/{}", text(&seat["session"])),
    );
    until("the session's end", async || {
        let session = server.get(&path).await.expect(200);
        (session["status"] == "expired").then_some(())
    })
    .await;
    server.heartbeat(&expired).await.problem(410, "SESSION_EXPIRED");
    let last = json!({"license_key": rotated, "hardware_id": hardware, "client": {"hostname": HOSTNAME}});
    server.public("POST", "/licenses/acquire", &last).await.expect(200);
    tokio::time::sleep(Duration::from_millis(1_200)).await;

    let session_bytes = |text: &str| {
        decode_base32::<16>(text.strip_prefix("sid_").unwrap())
            .unwrap()
            .to_vec()
    };
    let token_bytes = |text: &str| {
        decode_base32::<20>(text.strip_prefix("usher_").unwrap())
            .unwrap()
            .to_vec()
    };
    let join_secret: raft::JoinToken = join.parse().unwrap();
    let mut secrets = Secrets::default();
    secrets.add("a license key", &sold.key, &[]);
    secrets.add("a rotated license key", &rotated, &[]);
    secrets.add("an unknown license key", &stranger, &[0x5c; 16]);
    secrets.add("a hardware id", hardware, &[]);
    secrets.add("a session id", &session, &session_bytes(&session));
    secrets.add("an expired session id", &expired, &session_bytes(&expired));
    secrets.add("the founder's token", &server.token, &token_bytes(&server.token));
    secrets.add("a gateway's token", &gateway, &token_bytes(&gateway));
    secrets.add("a join token", &join, &join_secret.secret);
    secrets.add("a user's token", jwt, &[]);
    secrets.add("a user token", &user_token, &[]);
    secrets.add("a user token's signature", user_token.rsplit('.').next().unwrap(), &[]);
    secrets.add("a login code", &code, &URL_SAFE_NO_PAD.decode(&code).unwrap());
    secrets.add("a login's verifier", verifier, &[]);
    secrets
}

#[test]
fn a_secret_is_found_in_every_form() {
    let mut secrets = Secrets::default();
    let (text, bytes) = ("sid_0123456789abcdefghjkmnpqrs", [0xa7; 16]);
    secrets.add("it", text, &bytes);
    let base64 = STANDARD.encode(format!("before {text} after"));
    for form in [
        text,
        &text.to_uppercase(),
        &base64,
        &"a7".repeat(16),
        &encode_base32(&bytes),
    ] {
        assert_eq!(
            secrets.found_in(format!("before {form} after").as_bytes()),
            Some("it"),
            "{form}"
        );
    }
    assert_eq!(secrets.found_in(b"nothing of the kind is written here"), None);
}
