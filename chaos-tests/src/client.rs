//! A client that tells a [`History`] everything it does.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::history::{Asked, Call, History, Told, Us};

/// Where clients write down what they saw.
#[derive(Debug, Clone)]
pub struct Recorder {
    start: Instant,
    history: Arc<Mutex<History>>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            history: Arc::default(),
        }
    }
}

impl Recorder {
    /// The moment, on the history's clock.
    pub fn now(&self) -> Us {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Notes that another node has taken the lead.
    pub fn led_anew(&self) {
        let now = self.now();
        self.write(|history| history.led_anew.push(now));
    }

    /// Notes that calls may have been held up since then, and will be for some time to come.
    pub fn held_up(&self, since: Us, until: Us) {
        self.write(|history| history.held_up.push((since, until)));
    }

    fn write(&self, note: impl FnOnce(&mut History)) {
        note(&mut self.history.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Everything seen so far.
    pub fn history(&self) -> History {
        self.history.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One client of a cluster, on one license.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    urls: Vec<String>,
    license_key: String,
    recorder: Recorder,
}

impl Client {
    /// A client of the nodes at `urls`. Clients that share `http` share its connections.
    pub fn new(http: reqwest::Client, urls: Vec<String>, license_key: &str, recorder: &Recorder) -> Self {
        Self {
            http,
            urls,
            license_key: license_key.to_owned(),
            recorder: recorder.clone(),
        }
    }

    /// Asks for a seat until there is an answer or `within` has passed.
    pub async fn acquire(&self, holder: &str, request: &str, within: Duration) -> Told {
        let asked = Asked::Acquire {
            holder: holder.to_owned(),
            request: request.to_owned(),
        };
        let body = json!({ "license_key": self.license_key, "hardware_id": holder, "request_id": request });
        self.until_told(asked, reqwest::Method::POST, "acquire", &body, within)
            .await
    }

    /// Keeps a session.
    pub async fn heartbeat(&self, session: &str, within: Duration) -> Told {
        let asked = Asked::Heartbeat {
            session: session.to_owned(),
        };
        let body = json!({ "session_id": session });
        self.until_told(asked, reqwest::Method::PUT, "heartbeat", &body, within)
            .await
    }

    /// Gives a session back.
    pub async fn release(&self, session: &str, within: Duration) -> Told {
        let asked = Asked::Release {
            session: session.to_owned(),
        };
        let body = json!({ "session_id": session });
        self.until_told(asked, reqwest::Method::POST, "release", &body, within)
            .await
    }

    async fn until_told(
        &self,
        asked: Asked,
        method: reqwest::Method,
        call: &str,
        body: &Value,
        within: Duration,
    ) -> Told {
        let by = Instant::now() + within;
        loop {
            let told = self.once(asked.clone(), &method, call, body).await;
            if !matches!(told, Told::Unknown | Told::NotDone) || Instant::now() >= by {
                return told;
            }
            let pause = rand::random_range(5..50);
            sleep(Duration::from_millis(pause)).await;
        }
    }

    async fn once(&self, asked: Asked, method: &reqwest::Method, call: &str, body: &Value) -> Told {
        let url = &self.urls[rand::random_range(0..self.urls.len())];
        let begun = self.recorder.now();
        let answer = self
            .http
            .request(method.clone(), format!("{url}/api/v1/licenses/{call}"))
            .json(body)
            .send()
            .await;
        let told = match answer {
            Ok(answer) => {
                let success = answer.status().is_success();
                match answer.json::<Value>().await {
                    Ok(value) => read(success, &value),
                    Err(_) => Told::Unknown,
                }
            }
            Err(error) if error.is_connect() => Told::NotDone,
            Err(_) => Told::Unknown,
        };
        let answered = (told != Told::Unknown).then(|| self.recorder.now());
        let call = Call {
            begun,
            answered,
            asked,
            told: told.clone(),
        };
        self.recorder.write(|history| history.calls.push(call));
        told
    }
}

/// What an answer of the API says.
pub fn read(success: bool, answer: &Value) -> Told {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    if !success {
        return match text("code") {
            // Of this try; an earlier one may have arrived in time.
            Some("NO_LEADER" | "OVERLOADED" | "RATE_LIMITED" | "REQUEST_TOO_LATE") => Told::NotDone,
            // What was granted cannot be signed once a clock of the cluster has run past the certificate's end.
            Some("OUTCOME_UNKNOWN" | "CERTIFICATE_EXPIRED" | "INTERNAL") | None => Told::Unknown,
            Some(code) => Told::Refused { code: code.to_owned() },
        };
    }
    if let Some(by_this) = answer.get("released").and_then(Value::as_bool) {
        return Told::Released { by_this };
    }
    match (text("session_id"), text("signed_token").and_then(seq_and_time)) {
        (Some(session), Some((seq, at))) => Told::Held {
            session: session.to_owned(),
            seq,
            at,
        },
        _ => Told::Unknown,
    }
}

fn seq_and_time(token: &str) -> Option<(u64, u64)> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims = serde_json::from_slice::<Value>(&claims).ok()?;
    Some((claims.get("seq")?.as_u64()?, claims.get("iat")?.as_u64()?))
}
