//! No secret that a client shows or is given is ever written down: not in the log, the ledger, a snapshot or a log line.

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use licensing::id::{decode_base32, encode_base32};
use raft::Tuning;
use serde_json::json;
use storage::Directory;
use tracing_subscriber::EnvFilter;

use crate::support::{Answer, Options, TestServer, text, until};

/// What may be written down: it shows that the search finds what is there.
const HOSTNAME: &str = "canary-hostname-that-may-be-kept";

/// A secret and the ways in which it could be written.
struct Secret {
    what: &'static str,
    forms: Vec<Vec<u8>>,
}

impl Secret {
    fn new(what: &'static str, text: &str, bytes: Option<Vec<u8>>) -> Self {
        let mut forms = Vec::new();
        for raw in [Some(text.as_bytes().to_vec()), bytes].into_iter().flatten() {
            let mut hex = String::new();
            raw.iter().for_each(|byte| write!(hex, "{byte:02x}").unwrap());
            forms.extend([
                hex.to_uppercase().into_bytes(),
                hex.into_bytes(),
                encode_base32(&raw).into_bytes(),
            ]);
            forms.push(encode_base32(&raw).to_uppercase().into_bytes());
            // Inside a longer text base64 looks one of three ways, but for the characters at both ends.
            for shift in 0..3 {
                let mut shifted = vec![0; shift];
                shifted.extend_from_slice(&raw);
                for engine in [STANDARD, URL_SAFE] {
                    let text = engine.encode(&shifted).into_bytes();
                    forms.push(text[4..text.len() - 4].to_vec());
                }
            }
            forms.push(raw);
        }
        forms.push(text.to_lowercase().into_bytes());
        forms.push(text.replace('-', "").into_bytes());
        assert!(
            forms.iter().all(|form| form.len() >= 12),
            "{what}: a short form would be found by chance"
        );
        Self { what, forms }
    }

    fn is_in(&self, haystack: &[u8]) -> bool {
        self.forms.iter().any(|form| contains(haystack, form))
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// Where log lines go.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("trace,hyper=info,h2=info,reqwest=info"))
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
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
    let metrics = server
        .client
        .get(server.ops_url("/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    server.server.shutdown().await;

    let lines = captured.0.lock().unwrap().clone();
    assert!(contains(&lines, b"LICENSE_NOT_FOUND"), "the log was captured");
    let mut places = files(dir.path());
    for name in ["log.redb", "state.redb"] {
        let (_, bytes) = places.iter().find(|(found, _)| found == name).unwrap();
        assert!(
            contains(bytes, HOSTNAME.as_bytes()),
            "{name} is searched where texts stand in it"
        );
    }
    assert!(rows.contains(HOSTNAME));
    places.extend([
        ("the log lines".to_owned(), lines),
        ("the rows".to_owned(), rows.into_bytes()),
        ("the audit".to_owned(), audit.into_bytes()),
        ("the metrics".to_owned(), metrics.into_bytes()),
    ]);
    for (place, bytes) in &places {
        for secret in &secrets {
            assert!(!secret.is_in(bytes), "{} is in {place}", secret.what);
        }
    }
}

fn is_snapshot(name: &str) -> bool {
    name.starts_with("snap-") && !Path::new(name).extension().is_some_and(|extension| extension == "tmp")
}

/// Makes and shows every kind of secret, well and badly.
async fn use_every_call(server: &TestServer) -> Vec<Secret> {
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
    vec![
        Secret::new("a license key", &sold.key, None),
        Secret::new("a rotated license key", &rotated, None),
        Secret::new("an unknown license key", &stranger, None),
        Secret::new("a hardware id", hardware, None),
        Secret::new("a session id", &session, Some(session_bytes(&session))),
        Secret::new("an expired session id", &expired, Some(session_bytes(&expired))),
        Secret::new("the founder's token", &server.token, Some(token_bytes(&server.token))),
        Secret::new("a gateway's token", &gateway, Some(token_bytes(&gateway))),
        Secret::new("a join token", &join, Some(join_secret.secret.to_vec())),
        Secret::new("a user's token", jwt, None),
    ]
}
