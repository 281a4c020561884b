//! What bare axum does that parses a request, signs a token and answers: the least that any server of these calls does.
//!
//! No seat is counted, nothing is kept, nobody is asked. Its answers have the members of usher's, so that `usher bench`
//! drives it unchanged and pays as much for reading them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::Ed25519KeyPair;
use axum::extract::State;
use axum::routing::{post, put};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Parser;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// Answer seat calls with a signed token and nothing behind it
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to listen
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:4699")]
    listen: SocketAddr,
}

const LICENSE: &str = "lic_s8wfrxgw9qhqztwn906m9304rr";
const SESSION: &str = "ses_05kw7pa304kta9hg";
const ENTITLEMENTS: Entitlements = Entitlements {
    gpu: true,
    projects: 20,
};

#[derive(Deserialize)]
struct Acquire {
    license_key: String,
    hardware_id: String,
    request_id: Option<String>,
}

#[derive(Deserialize)]
struct Session {
    session_id: String,
}

/// The claims of usher's session token.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'static str,
    aud: &'static str,
    lic: &'static str,
    cus: &'static str,
    plan: &'static str,
    sid: &'a str,
    seq: u64,
    iat: u64,
    exp: u64,
    gex: u64,
    off: &'static str,
    hb: u64,
    fph: &'static str,
    ent: Entitlements,
}

/// The answer of usher's acquire and heartbeat.
#[derive(Serialize)]
struct Seat {
    session_id: String,
    session: &'static str,
    signed_token: String,
    chain: [&'static str; 1],
    expires_at: &'static str,
    ttl_seconds: u64,
    heartbeat_seconds: u64,
    offline: Offline,
    seats: Seats,
    entitlements: Entitlements,
    plan: Plan,
    license: License,
    server_time: &'static str,
}

#[derive(Serialize)]
struct Entitlements {
    gpu: bool,
    projects: u32,
}

#[derive(Serialize)]
struct Offline {
    mode: &'static str,
    grace_seconds: u64,
    until: &'static str,
}

#[derive(Serialize)]
struct Seats {
    limit: u32,
    in_use: u32,
}

#[derive(Serialize)]
struct Plan {
    code: &'static str,
    name: &'static str,
}

#[derive(Serialize)]
struct License {
    id: &'static str,
    expires_at: Option<&'static str>,
}

/// The answer of usher's release.
#[derive(Serialize)]
struct Released {
    session: &'static str,
    released: bool,
}

/// All that the server has.
struct Keys {
    key: Ed25519KeyPair,
    head: String,
    /// As long as the certificate that a cluster sends along.
    chain: &'static str,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let keys = Keys {
        // Nobody trusts this key; any will do.
        key: Ed25519KeyPair::from_seed_unchecked(&[7; 32])?,
        head: URL_SAFE_NO_PAD.encode(
            r#"{"alg":"Ed25519","typ":"usher-session+jwt","kid":"wpMLcJaFytt0Lkv0xwdeA3aocg9Kt2l51LFtXBUP1gI"}"#,
        ),
        chain: "c".repeat(509).leak(),
    };
    let routes = Router::new()
        .route("/api/v1/licenses/acquire", post(acquire))
        .route("/api/v1/licenses/heartbeat", put(heartbeat))
        .route("/api/v1/licenses/release", post(release))
        .with_state(Arc::new(keys));
    let listener = TcpListener::bind(arguments.listen).await?;
    axum::serve(listener, routes).await?;
    Ok(())
}

async fn acquire(State(keys): State<Arc<Keys>>, Json(body): Json<Acquire>) -> Json<Seat> {
    let name = body.request_id.unwrap_or(body.license_key);
    Json(keys.seat(format!("sid_{}_{name}", body.hardware_id)))
}

async fn heartbeat(State(keys): State<Arc<Keys>>, Json(body): Json<Session>) -> Json<Seat> {
    Json(keys.seat(body.session_id))
}

async fn release(Json(body): Json<Session>) -> Json<Released> {
    Json(Released {
        session: SESSION,
        released: !body.session_id.is_empty(),
    })
}

impl Keys {
    /// An answer with a fresh token.
    fn seat(&self, session_id: String) -> Seat {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        Seat {
            session: SESSION,
            signed_token: self.sign(&session_id, now),
            session_id,
            chain: [self.chain],
            expires_at: "2026-11-22T10:05:50.000Z",
            ttl_seconds: 350,
            heartbeat_seconds: 300,
            offline: Offline {
                mode: "lenient",
                grace_seconds: 86_400,
                until: "2026-11-23T10:00:00.000Z",
            },
            seats: Seats {
                limit: 1_000_000,
                in_use: 1,
            },
            entitlements: ENTITLEMENTS,
            plan: Plan {
                code: "pro",
                name: "Pro",
            },
            license: License {
                id: LICENSE,
                expires_at: None,
            },
            server_time: "2026-11-22T10:00:00.000Z",
        }
    }

    /// A token as long as usher's.
    fn sign(&self, session: &str, now: u64) -> String {
        let claims = Claims {
            iss: "clu_09rdstcnrx1nhk1esv1w23z1xc",
            aud: "coditect",
            lic: LICENSE,
            cus: "cus_g6k6yc4f1btsb5p5aabw803gxm",
            plan: "pro",
            sid: session,
            seq: now,
            iat: now,
            exp: now + 350,
            gex: now + 86_400,
            off: "lenient",
            hb: 300,
            fph: "G1P6YnoSzJ5oIUwu70g000AFgp3Izx5xbItNQ84hUic",
            ent: ENTITLEMENTS,
        };
        let claims = serde_json::to_vec(&claims).expect("these claims are JSON");
        let signed = format!("{}.{}", self.head, URL_SAFE_NO_PAD.encode(claims));
        let signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}
