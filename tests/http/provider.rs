//! A small identity provider of our own, that signs whatever a test wants.

#![allow(clippy::unused_async, reason = "that is what handlers are")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What this server is known as at the provider.
pub(crate) const CLIENT: &str = "usher";
pub(crate) const SECRET: &str = "client:secret";

/// A signing key with a name.
pub(crate) struct Key {
    id: String,
    pair: EcdsaKeyPair,
}

impl Key {
    pub(crate) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
        }
    }

    pub(crate) fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
        })
    }

    /// A token with the header of this key.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_under(&json!({"alg": "ES256", "typ": "JWT", "kid": self.id}), claims)
    }

    /// A token with any header, signed by this key.
    pub(crate) fn sign_under(&self, header: &Value, claims: &Value) -> String {
        let signed = unsigned(header, claims);
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A token with a MAC under the public key, which everybody knows.
    pub(crate) fn mac(&self, claims: &Value) -> String {
        let signed = unsigned(&json!({"alg": "HS256", "typ": "JWT", "kid": self.id}), claims);
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.pair.public_key().as_ref());
        format!(
            "{signed}.{}",
            URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()))
        )
    }
}

pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// What the provider gives for a code.
struct Grant {
    challenge: String,
    id_token: Option<String>,
}

#[derive(Default)]
struct Told {
    keys: Vec<Value>,
    grants: BTreeMap<String, Grant>,
    /// What is answered when an account is asked for by its access token.
    userinfo: Value,
    github_user: Value,
    github_emails: Value,
    is_down: bool,
    keys_asked: u32,
    names_itself: bool,
}

/// A provider on loopback.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    told: Arc<Mutex<Told>>,
}

#[derive(Clone)]
struct Served {
    issuer: String,
    told: Arc<Mutex<Told>>,
}

type Answered = Result<Json<Value>, StatusCode>;

/// The members of a form.
fn members(form: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(form.as_bytes()).into_owned().collect()
}

impl Provider {
    pub(crate) async fn start(keys: &[&Key]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let told = Arc::new(Mutex::new(Told::default()));
        let served = Served {
            issuer: issuer.clone(),
            told: Arc::clone(&told),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys_shown))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .route("/login/oauth/access_token", post(github_token))
            .route("/api/v3/user", get(github_user))
            .route("/api/v3/user/emails", get(github_emails))
            .with_state(served);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let provider = Self { issuer, told };
        provider.show(keys);
        provider
    }

    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap()
    }

    /// The keys that it shows from now on.
    pub(crate) fn show(&self, keys: &[&Key]) {
        self.told().keys = keys.iter().map(|key| key.jwk()).collect();
    }

    /// Shows a set of keys that is longer than anybody should read.
    pub(crate) fn show_too_much(&self) {
        self.told().keys = vec![json!({"kty": "oct", "k": "A".repeat(300_000)})];
    }

    /// Gives this ID token for a code to whoever knows the verifier of the challenge.
    pub(crate) fn grant(&self, code: &str, challenge: &str, id_token: Option<String>) {
        let challenge = challenge.to_owned();
        self.told()
            .grants
            .insert(code.to_owned(), Grant { challenge, id_token });
    }

    pub(crate) fn go_down(&self, is_down: bool) {
        self.told().is_down = is_down;
    }

    pub(crate) fn keys_asked(&self) -> u32 {
        self.told().keys_asked
    }

    pub(crate) fn names_itself(&self) {
        self.told().names_itself = true;
    }

    pub(crate) fn tells_of_the_account(&self, info: Value) {
        self.told().userinfo = info;
    }

    pub(crate) fn is_github_with(&self, user: Value, emails: Value) {
        let mut told = self.told();
        (told.github_user, told.github_emails) = (user, emails);
    }
}

impl Served {
    fn told(&self) -> Result<std::sync::MutexGuard<'_, Told>, StatusCode> {
        let told = self.told.lock().unwrap();
        if told.is_down {
            return Err(StatusCode::BAD_GATEWAY);
        }
        Ok(told)
    }

    /// Takes a code from whoever shows the client's secret and the verifier.
    fn redeem(&self, form: &BTreeMap<String, String>) -> Result<Option<String>, StatusCode> {
        let mut told = self.told()?;
        let grant = told.grants.remove(&form["code"]).ok_or(StatusCode::BAD_REQUEST)?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
        let is_ours = challenge == grant.challenge && form["redirect_uri"].ends_with("/api/v1/sign-in/callback");
        if is_ours {
            Ok(grant.id_token)
        } else {
            Err(StatusCode::BAD_REQUEST)
        }
    }
}

async fn discovery(State(served): State<Served>) -> Answered {
    let names_itself = served.told()?.names_itself;
    let issuer = &served.issuer;
    Ok(Json(json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/keys"), "authorization_response_iss_parameter_supported": names_itself,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    })))
}

async fn keys_shown(State(served): State<Served>) -> Answered {
    let mut told = served.told()?;
    told.keys_asked += 1;
    Ok(Json(json!({"keys": told.keys})))
}

async fn token(State(served): State<Served>, headers: HeaderMap, body: String) -> Answered {
    let form = members(&body);
    let shown = headers
        .get("authorization")
        .map(|value| value.to_str().unwrap().to_owned());
    let expected = format!("Basic {}", STANDARD.encode("usher:client%3Asecret"));
    if shown != Some(expected) || form["grant_type"] != "authorization_code" {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let id_token = served.redeem(&form)?;
    Ok(Json(
        json!({"id_token": id_token, "access_token": "access", "token_type": "Bearer"}),
    ))
}

async fn userinfo(State(served): State<Served>, headers: HeaderMap) -> Answered {
    if headers["authorization"] != "Bearer access" {
        return Err(StatusCode::UNAUTHORIZED);
    }
    Ok(Json(served.told()?.userinfo.clone()))
}

async fn github_token(State(served): State<Served>, body: String) -> Answered {
    let form = members(&body);
    if (&*form["client_id"], &*form["client_secret"]) != (CLIENT, SECRET) {
        return Ok(Json(json!({"error": "incorrect_client_credentials"})));
    }
    served.redeem(&form)?;
    Ok(Json(json!({"access_token": "gho_access", "token_type": "bearer"})))
}

async fn github_user(State(served): State<Served>, headers: HeaderMap) -> Answered {
    if headers["authorization"] != "Bearer gho_access" || !headers.contains_key("user-agent") {
        return Err(StatusCode::UNAUTHORIZED);
    }
    Ok(Json(served.told()?.github_user.clone()))
}

async fn github_emails(State(served): State<Served>, headers: HeaderMap) -> Answered {
    if headers["authorization"] != "Bearer gho_access" {
        return Err(StatusCode::UNAUTHORIZED);
    }
    Ok(Json(served.told()?.github_emails.clone()))
}
