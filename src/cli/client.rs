//! The commands' way to a cluster: any of its nodes, the next one when one does not answer.
//!
//! A POST carries an idempotency key that all its tries share, so that asking again does nothing twice.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context;
use licensing::id::encode_base32;
use raft::seams::{Entropy, SystemEntropy};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::time::Instant;

use super::connection::Connection;
use super::failure::Failure;
use super::problem::Problem;

/// A node that does not accept a connection within this time is passed over.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// The first pause before all nodes are asked again.
const PAUSE_MIN: Duration = Duration::from_millis(200);

/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// A client of one cluster.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    urls: Vec<String>,
    /// Which of the URLs answered last.
    preferred: AtomicUsize,
    token: Option<zeroize::Zeroizing<String>>,
    within: Duration,
}

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    method: Method,
    path: &'a str,
    query: Vec<(&'a str, String)>,
    body: Option<&'a Value>,
    /// Asked once of each node, without waiting for better times.
    once: bool,
}

impl<'a> Call<'a> {
    pub(crate) fn new(method: Method, path: &'a str) -> Self {
        Self {
            method,
            path,
            query: Vec::new(),
            body: None,
            once: false,
        }
    }

    pub(crate) fn get(path: &'a str) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: &'a str, body: &'a Value) -> Self {
        Self {
            body: Some(body),
            ..Self::new(Method::POST, path)
        }
    }

    pub(crate) fn patch(path: &'a str, body: &'a Value) -> Self {
        Self {
            body: Some(body),
            ..Self::new(Method::PATCH, path)
        }
    }

    pub(crate) fn delete(path: &'a str) -> Self {
        Self::new(Method::DELETE, path)
    }

    pub(crate) fn with_body(self, body: &'a Value) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    /// Adds `name=value` to the URL, if there is a value.
    pub(crate) fn with(mut self, name: &'a str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// Does not wait for a leader: for those who ask whether there is one.
    pub(crate) fn once(self) -> Self {
        Self { once: true, ..self }
    }
}

/// A text as one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b':');
    let written = |byte: u8| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(written).collect()
}

/// What one try came to.
enum Try {
    Done(Value),
    Refused(Problem),
    Unreachable(String),
}

impl Client {
    pub(crate) fn new(connection: &Connection) -> Result<Self, Failure> {
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("usher/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_WITHIN)
            .timeout(connection.timeout);
        if connection.is_local() {
            // A proxy is for reaching others; this machine is not reached through one.
            http = http.no_proxy();
        }
        if let Some(path) = &connection.cacert {
            let pem = std::fs::read(path).with_context(|| format!("--cacert: {} cannot be read", path.display()))?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem)
                .ok()
                .filter(|certificates| !certificates.is_empty())
                .with_context(|| format!("--cacert: {} holds no certificate in PEM", path.display()))?;
            http = http.tls_certs_only(certificates);
        }
        Ok(Self {
            http: http.build().context("the HTTP client cannot be set up")?,
            urls: connection.url.clone(),
            preferred: AtomicUsize::new(0),
            token: connection.token()?,
            within: connection.timeout,
        })
    }

    /// The same client of one node alone.
    pub(crate) fn at(&self, url: &str) -> Self {
        Self {
            http: self.http.clone(),
            urls: vec![url.to_owned()],
            preferred: AtomicUsize::new(0),
            token: self.token.clone(),
            within: self.within,
        }
    }

    /// Makes the call on one node after another until one answers it.
    pub(crate) async fn call(&self, call: Call<'_>) -> Result<Value, Failure> {
        let key = (call.method == Method::POST).then(idempotency_key);
        let give_up = Instant::now() + self.within;
        let mut pause = PAUSE_MIN;
        loop {
            let (mut problem, mut tried) = (None, Vec::new());
            let first = self.preferred.load(Ordering::Relaxed);
            for at in (0..self.urls.len()).map(|step| (first + step) % self.urls.len()) {
                match self.try_once(&self.urls[at], &call, key.as_deref()).await {
                    Try::Done(value) => {
                        self.preferred.store(at, Ordering::Relaxed);
                        return Ok(value);
                    }
                    Try::Refused(refusal) if refusal.may_pass() => problem = Some(refusal),
                    Try::Refused(refusal) => return Err(Failure::Answered(Box::new(refusal))),
                    Try::Unreachable(why) => tried.push((self.urls[at].clone(), why)),
                }
            }
            let Some(problem) = problem else {
                let next = what_helps(&tried);
                return Err(Failure::Unreachable { tried, next });
            };
            pause = pause.max(problem.retry_after().unwrap_or_default()).min(PAUSE_MAX);
            if call.once || Instant::now() + pause > give_up {
                return Err(Failure::Answered(Box::new(problem)));
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    async fn try_once(&self, url: &str, call: &Call<'_>, key: Option<&str>) -> Try {
        let path = format!("{url}/api/v1{}", call.path);
        let mut request = self.http.request(call.method.clone(), path).query(&call.query);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.as_str());
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = call.body {
            request = request.json(body);
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Try::Unreachable(root_cause(&error)),
        };
        let status = answer.status();
        match answer.text().await {
            Ok(_) if status == StatusCode::NO_CONTENT => Try::Done(Value::Null),
            Ok(body) if status.is_success() => match serde_json::from_str(&body) {
                Ok(value) => Try::Done(value),
                Err(_) => Try::Refused(Problem::foreign(url, status.as_u16())),
            },
            Ok(body) => Try::Refused(Problem::read(url, status.as_u16(), &body)),
            Err(error) => Try::Unreachable(root_cause(&error)),
        }
    }
}

fn idempotency_key() -> String {
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes);
    format!("cli-{}", encode_base32(&bytes))
}

/// The innermost cause: the layers above it only say that a request was not sent.
fn root_cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn what_helps(tried: &[(String, String)]) -> String {
    let any = |part: &str| tried.iter().any(|(_, why)| why.contains(part));
    let plain_http = tried.iter().any(|(url, _)| url.starts_with("http://"));
    if any("UnknownIssuer") || any("self-signed") || any("unable to get local issuer") {
        "give the certificate authority's certificate with --cacert or USHER_CACERT".to_owned()
    } else if any("CorruptMessage") || any("InvalidContentType") || any("wrong version number") {
        "the node seems to speak plain HTTP: try http:// in --url".to_owned()
    } else if plain_http && (any("invalid HTTP version") || any("connection closed before message completed")) {
        "the node seems to speak TLS: try https:// in --url".to_owned()
    } else {
        "check that the server runs, and that --url or USHER_URL names it (`usher server --dev` starts one)".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_segment_of_its_path() {
        assert_eq!(segment("coditect:pro"), "coditect:pro");
        assert_eq!(segment("CRM 10/42?é"), "CRM%2010%2F42%3F%C3%A9");
    }
}
