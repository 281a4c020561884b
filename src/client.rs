//! The way to a cluster: any of its nodes, the next one when one does not answer.
//!
//! A call that changes something carries an idempotency key that all its tries share, so that asking again does nothing
//! twice. Once it was sent its outcome is open until somebody answers, and it is asked again until then.

mod call;
mod error;
mod problem;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context;
use licensing::id::encode_base32;
use raft::seams::{Entropy, SystemEntropy};
use reqwest::StatusCode;
use serde_json::Value;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::config::ApiUrl;
use error::Tried;

pub(crate) use call::{Call, segment};
pub(crate) use error::CallError;
pub(crate) use problem::Problem;

/// A node that does not accept a connection within this time is passed over, or sooner if all nodes are to get their
/// turn.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// A node that was asked and says nothing for this long hangs, and the next one is asked. A node that works answers
/// within five seconds, be it that there is no leader.
const HANGS_AFTER: Duration = Duration::from_secs(7);

/// How long a call may take in all, unless something else is said.
const WITHIN: Duration = Duration::from_secs(15);

/// The first pause before all nodes are asked again.
const PAUSE_MIN: Duration = Duration::from_millis(200);

/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Whom to ask, and as whom.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The nodes' API URLs.
    pub(crate) urls: Vec<String>,
    /// The API token, if calls need one.
    pub(crate) token: Option<Zeroizing<String>>,
    /// The certificate authority to trust instead of the system's, a PEM file.
    pub(crate) cacert: Option<PathBuf>,
    /// How long each call may take, with all its tries.
    pub(crate) within: Duration,
    /// The idempotency key of calls that change something; without one each call draws its own.
    pub(crate) key: Option<String>,
}

impl Target {
    /// Nodes that need no token.
    pub(crate) fn public(urls: Vec<String>, cacert: Option<PathBuf>) -> Self {
        Self {
            urls,
            token: None,
            cacert,
            within: WITHIN,
            key: None,
        }
    }

    /// Nodes with this token, for those who started the nodes themselves.
    pub(crate) fn with_token(urls: Vec<String>, token: &str) -> Self {
        Self {
            token: Some(Zeroizing::new(token.to_owned())),
            ..Self::public(urls, None)
        }
    }

    fn is_on_this_machine(&self) -> bool {
        let local = |url: &String| ApiUrl::parse(url).is_ok_and(|url| url.is_loopback());
        self.urls.iter().all(local)
    }
}

/// A client of one cluster.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    urls: Vec<String>,
    /// Which of the URLs answered last.
    preferred: AtomicUsize,
    token: Option<Zeroizing<String>>,
    within: Duration,
    key: Option<String>,
}

/// What one try came to.
enum Try {
    Done(Value),
    Refused(Problem),
    /// Nobody has seen the call.
    NotSent(String),
    /// The call was sent and nothing came back: it may have been done.
    NoAnswer(String),
}

/// What all tries of a call have come to so far.
#[derive(Default)]
struct SoFar {
    /// The last answer that another node, or a later time, may better.
    problem: Option<Problem>,
    /// Whether a try may have been done without anybody saying so.
    open: bool,
    /// The nodes of the last round that did not answer, and why.
    tried: Vec<Tried>,
}

impl SoFar {
    /// Whether it is worth asking all nodes again.
    fn calls_for_more(&self, call: &Call<'_>) -> bool {
        !call.once && (self.problem.is_some() || (self.open && call.changes()))
    }

    fn into_error(self, call: &Call<'_>, key: Option<String>, within: Duration) -> CallError {
        match (key, self.problem) {
            (Some(key), problem) if self.open && call.changes() => {
                let tried = self.tried.into_iter();
                let told = problem.map(|problem| ("the last answer".to_owned(), problem.title));
                CallError::Open {
                    key,
                    tried: tried.chain(told).collect(),
                    within,
                }
            }
            (_, Some(problem)) => CallError::Answered(Box::new(problem)),
            (_, None) => CallError::unreachable(self.tried, self.open),
        }
    }
}

impl Client {
    pub(crate) fn new(target: Target) -> anyhow::Result<Self> {
        // Time that ends while a connection is made must not be taken for a call without an answer.
        let turns = u32::try_from(target.urls.len() + 1).unwrap_or(u32::MAX);
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("usher/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_WITHIN.min(target.within / turns));
        if target.is_on_this_machine() {
            // A proxy is for reaching others; this machine is not reached through one.
            http = http.no_proxy();
        }
        if let Some(path) = &target.cacert {
            let pem = std::fs::read(path).with_context(|| format!("--cacert: {} cannot be read", path.display()))?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem)
                .ok()
                .filter(|certificates| !certificates.is_empty())
                .with_context(|| format!("--cacert: {} holds no certificate in PEM", path.display()))?;
            http = http.tls_certs_only(certificates);
        }
        Ok(Self {
            http: http.build().context("the HTTP client cannot be set up")?,
            urls: target.urls,
            preferred: AtomicUsize::new(0),
            token: target.token,
            within: target.within,
            key: target.key,
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
            key: self.key.clone(),
        }
    }

    /// The same client of each node alone, in the order of the URLs.
    pub(crate) fn each(&self) -> impl Iterator<Item = Self> {
        self.urls.iter().map(|url| self.at(url))
    }

    /// Makes the call on one node after another until one answers it.
    pub(crate) async fn call(&self, call: Call<'_>) -> Result<Value, CallError> {
        let key = call.changes().then(|| self.key.clone().unwrap_or_else(idempotency_key));
        let within = call.within.unwrap_or(self.within);
        let give_up = Instant::now() + within;
        let (mut so_far, mut pause) = (SoFar::default(), PAUSE_MIN);
        loop {
            if let Some(value) = self.round(&call, key.as_deref(), give_up, &mut so_far).await? {
                return Ok(value);
            }
            let asked_for = so_far.problem.as_ref().and_then(Problem::retry_after);
            pause = pause.max(asked_for.unwrap_or_default()).min(PAUSE_MAX);
            if !so_far.calls_for_more(&call) || Instant::now() + pause > give_up {
                return Err(so_far.into_error(&call, key, within));
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    /// Asks each node once; an error is an answer that no other node would better.
    async fn round(
        &self,
        call: &Call<'_>,
        key: Option<&str>,
        give_up: Instant,
        so_far: &mut SoFar,
    ) -> Result<Option<Value>, CallError> {
        so_far.tried.clear();
        let (first, count) = (self.preferred.load(Ordering::Relaxed), self.urls.len());
        for step in 0..count {
            let left = give_up.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let within = if step + 1 < count { left.min(HANGS_AFTER) } else { left };
            let at = (first + step) % count;
            let url = &self.urls[at];
            match self.try_once(url, call, key, within).await {
                Try::Done(value) => {
                    self.preferred.store(at, Ordering::Relaxed);
                    return Ok(Some(value));
                }
                Try::Refused(problem) if problem.may_pass() || (so_far.open && problem.tells_nothing()) => {
                    so_far.open |= problem.leaves_open();
                    so_far.problem = Some(problem);
                }
                Try::Refused(problem) => return Err(CallError::Answered(Box::new(problem))),
                Try::NotSent(why) => so_far.tried.push((url.clone(), why)),
                Try::NoAnswer(why) => {
                    so_far.open = true;
                    so_far.tried.push((url.clone(), why));
                }
            }
        }
        Ok(None)
    }

    async fn try_once(&self, url: &str, call: &Call<'_>, key: Option<&str>, within: Duration) -> Try {
        let path = format!("{url}/api/v1{}", call.path);
        let request = self.http.request(call.method.clone(), path).query(&call.query);
        let mut request = request.timeout(within);
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
            Err(error) if never_reached_usher(&error) => return Try::NotSent(root_cause(&error)),
            Err(error) => return Try::NoAnswer(root_cause(&error)),
        };
        let status = answer.status();
        match answer.text().await {
            Ok(_) if status == StatusCode::NO_CONTENT => Try::Done(Value::Null),
            Ok(body) if status.is_success() => match serde_json::from_str(&body) {
                Ok(value) => Try::Done(value),
                Err(_) => Try::Refused(Problem::foreign(url, status.as_u16())),
            },
            Ok(body) => Try::Refused(Problem::read(url, status.as_u16(), &body)),
            Err(error) => Try::NoAnswer(root_cause(&error)),
        }
    }
}

fn idempotency_key() -> String {
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes);
    format!("cli-{}", encode_base32(&bytes))
}

/// Whether it is certain that nobody has seen the request: there was no connection, or whoever is at its other end does
/// not speak HTTP.
fn never_reached_usher(error: &reqwest::Error) -> bool {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let mut protocol = causes.filter_map(|cause| cause.downcast_ref::<hyper::Error>());
    error.is_connect() || error.is_builder() || protocol.any(hyper::Error::is_parse)
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
