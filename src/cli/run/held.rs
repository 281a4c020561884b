//! A seat that is taken, kept and given back.
//!
//! It is kept as its token says: each beat is due well before the token ends, and one that is not answered is sent again
//! as often as the time that is left allows. Only an answer that the session has ended makes it lost. One that has
//! expired is taken again; what a person has ended, the session or its license, does not come back by itself.

use std::time::Duration;

use anyhow::anyhow;
use licensing::id::encode_base32;
use raft::seams::{Entropy, SystemEntropy};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use crate::cli::failure::Failure;
use crate::cli::output::remark;
use crate::client::{Call, CallError, Client};

/// Beats are sent this much earlier than they are due, so that one that is late is not lost.
const EARLY: f64 = 0.8;

/// Of the time that is left, so much passes before a beat that was not answered is sent again.
const PART_OF_WHAT_IS_LEFT: u32 = 8;

/// The bounds of that pause.
const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// The bounds of how long one beat may take.
const BEAT_WITHIN_MIN: Duration = Duration::from_secs(1);
const BEAT_WITHIN_MAX: Duration = Duration::from_secs(15);

/// What is asked for.
pub(super) struct Wanted {
    pub(super) client: Client,
    pub(super) license_key: Zeroizing<String>,
    /// The user's token, where the plan counts by user.
    pub(super) jwt_token: Option<Zeroizing<String>>,
    pub(super) hardware_id: String,
}

/// A session, as its last answer tells of it.
#[derive(Debug)]
struct Session {
    id: String,
    token: String,
    /// When a beat is due.
    beat: Instant,
    /// How often one is.
    interval: Duration,
    /// The end of the token's life.
    ends: Instant,
}

/// A seat that is held, as far as is known.
pub(super) struct Held {
    wanted: Wanted,
    /// `None` once the session has ended.
    session: Option<Session>,
    /// How often the last one was kept, which is also often enough to ask for another.
    interval: Duration,
    /// The name of an acquire whose outcome is not known. Asking again under it takes no second seat.
    asked: Option<String>,
    /// What the user was told last that is wrong.
    trouble: Option<String>,
    /// Whether somebody has ended it, so that nothing is asked for any more.
    over: bool,
}

/// How a session has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// By itself: another may be taken.
    Lost,
    /// By somebody who meant it.
    Over,
}

impl Wanted {
    /// Takes a seat.
    pub(super) async fn take(self) -> Result<Held, Failure> {
        match self.acquire(&request_name()).await {
            Ok(session) => Ok(Held {
                wanted: self,
                interval: session.interval,
                session: Some(session),
                asked: None,
                trouble: None,
                over: false,
            }),
            // The key that other calls are repeated under means nothing here.
            Err(CallError::Open { .. }) => Err(anyhow!(
                "no server said whether the seat was granted; if it was, it ends by itself in a few minutes. Try again"
            )
            .into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks for a session. One that was granted under the same name before is found again.
    async fn acquire(&self, request_name: &str) -> Result<Session, CallError> {
        let body = json!({
            "license_key": &*self.license_key,
            "jwt_token": self.jwt_token.as_ref().map(|token| token.as_str()),
            "hardware_id": self.hardware_id,
            "request_id": request_name,
            "client": {"app": "usher run", "version": env!("CARGO_PKG_VERSION")},
        });
        let sent = Instant::now();
        let answer = self.client.call(Call::post("/licenses/acquire", &body)).await?;
        Ok(Session::of(&answer, sent))
    }

    async fn beat(&self, session: &Session) -> Result<Session, CallError> {
        let body = json!({"session_id": session.id});
        let within = (session.left() / 2).clamp(BEAT_WITHIN_MIN, BEAT_WITHIN_MAX);
        let call = Call::new(Method::PUT, "/licenses/heartbeat")
            .with_body(&body)
            .within(within);
        let sent = Instant::now();
        let answer = self.client.call(call).await?;
        Ok(Session::of(&answer, sent))
    }
}

impl Session {
    /// Its times count from when the request was sent, which is sooner than the server counts.
    fn of(answer: &Value, sent: Instant) -> Self {
        let text = |member: &str| answer[member].as_str().unwrap_or_default().to_owned();
        let seconds = |member: &str| Duration::from_secs(answer[member].as_u64().unwrap_or(60));
        let life = seconds("ttl_seconds");
        let interval = seconds("heartbeat_seconds").min(life / 2);
        Self {
            id: text("session_id"),
            token: text("signed_token"),
            beat: sent + interval.mul_f64(EARLY),
            interval,
            ends: sent + life,
        }
    }

    fn left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }
}

impl Held {
    /// The signed token.
    pub(super) fn token(&self) -> &str {
        self.session.as_ref().map_or("", |session| &session.token)
    }

    /// Keeps the seat until it is to stop. A seat that was lost is taken again when one is free.
    pub(super) async fn keep(mut self, mut stop: watch::Receiver<bool>) -> Self {
        let mut pause = self.until_beat();
        loop {
            if self.over {
                // The other side only goes away after it has said so.
                let _ = stop.wait_for(|stop| *stop).await;
                return self;
            }
            tokio::select! {
                () = sleep(pause) => {}
                _ = stop.wait_for(|stop| *stop) => return self,
            }
            pause = match self.session.take() {
                Some(session) => tokio::select! {
                    answer = self.wanted.beat(&session) => self.after_beat(session, answer),
                    _ = stop.wait_for(|stop| *stop) => {
                        self.session = Some(session);
                        return self;
                    }
                },
                // Not interrupted: a seat that is granted unseen could not be given back.
                None => self.take_again().await,
            };
        }
    }

    /// What a beat's answer means, and how long to wait now.
    fn after_beat(&mut self, session: Session, answer: Result<Session, CallError>) -> Duration {
        match answer {
            Ok(fresh) => {
                self.interval = fresh.interval;
                self.session = Some(fresh);
                if self.trouble.take().is_some() {
                    remark("The seat is kept again.");
                }
                self.until_beat()
            }
            Err(error) if ending(&error).is_some() => {
                self.over = ending(&error) == Some(Ending::Over);
                let after = if self.over {
                    "; the command goes on without it"
                } else {
                    ""
                };
                self.tell(format!("The seat was lost{after}. {}.", error.told()));
                Duration::ZERO
            }
            Err(error) => {
                let left = session.left();
                if left.is_zero() {
                    self.tell(format!("The seat could not be kept in time: {}.", error.title()));
                }
                self.session = Some(session);
                pause(left, self.interval, error.retry_after())
            }
        }
    }

    /// Tries to take a seat in place of the one that was lost, and gives how long to wait now.
    async fn take_again(&mut self) -> Duration {
        let name = self.asked.take().unwrap_or_else(request_name);
        match self.wanted.acquire(&name).await {
            Ok(session) => {
                self.session = Some(session);
                self.trouble = None;
                remark("A seat is held again.");
                self.until_beat()
            }
            Err(error) => {
                // A refusal is remembered under its name; what is not known yet can be asked for under no other.
                self.asked = (!error.is_refusal()).then_some(name);
                self.over = ending(&error) == Some(Ending::Over);
                self.tell(format!(
                    "The seat was lost and cannot be taken again. {}.",
                    error.told()
                ));
                self.interval.max(error.retry_after().unwrap_or_default())
            }
        }
    }

    /// Gives back what is held, or may be.
    pub(super) async fn release(mut self) -> anyhow::Result<()> {
        if let Some(name) = self.asked.take() {
            self.session = self.wanted.acquire(&name).await.ok();
        }
        let Some(session) = &self.session else { return Ok(()) };
        let body = json!({"session_id": session.id});
        let released = self.wanted.client.call(Call::post("/licenses/release", &body)).await;
        released.map(drop).map_err(|error| anyhow!("{}", error.title()))
    }

    fn until_beat(&self) -> Duration {
        let due = self.session.as_ref().map(|session| session.beat);
        due.map_or(Duration::ZERO, |due| due.saturating_duration_since(Instant::now()))
    }

    /// Tells the user what is wrong, once.
    fn tell(&mut self, trouble: String) {
        if self.trouble.as_ref() != Some(&trouble) {
            remark(&trouble);
            self.trouble = Some(trouble);
        }
    }
}

/// How long to wait before a beat is sent again: so that there is time for more of them, and when there is none left,
/// no more often than a beat is due. A server that asks for patience gets it, as far as there is time.
fn pause(left: Duration, interval: Duration, asked_for: Option<Duration>) -> Duration {
    let asked_for = asked_for.unwrap_or_default();
    if left.is_zero() {
        return interval.min(PAUSE_MAX).max(asked_for);
    }
    let own = (left / PART_OF_WHAT_IS_LEFT).clamp(PAUSE_MIN, PAUSE_MAX);
    own.max(asked_for.min(left / 2))
}

/// How the session has ended, if the server said so. Everything else, such as a limit on calls, is about this moment.
fn ending(error: &CallError) -> Option<Ending> {
    match error.code().unwrap_or_default() {
        "SESSION_REVOKED" => Some(Ending::Over),
        code if code.starts_with("LICENSE_") => Some(Ending::Over),
        code if code.starts_with("SESSION_") => Some(Ending::Lost),
        _ => None,
    }
}

fn request_name() -> String {
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes);
    format!("run-{}", encode_base32(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Problem;

    fn refused(status: u16, code: &str) -> CallError {
        let body = json!({"title": "No", "code": code, "retry_after": 2}).to_string();
        CallError::Answered(Box::new(Problem::read("http://a", status, &body)))
    }

    #[test]
    fn only_an_end_that_the_server_tells_loses_the_seat() {
        for (status, code, expected) in [
            (404, "SESSION_NOT_FOUND", Some(Ending::Lost)),
            (410, "SESSION_EXPIRED", Some(Ending::Lost)),
            (410, "SESSION_REVOKED", Some(Ending::Over)),
            (403, "LICENSE_SUSPENDED", Some(Ending::Over)),
            (429, "RATE_LIMITED", None),
            (500, "INTERNAL", None),
            (503, "NO_LEADER", None),
            (404, "NOT_FOUND", None),
        ] {
            assert_eq!(ending(&refused(status, code)), expected, "{code}");
        }
    }

    #[test]
    fn a_pause_leaves_time_for_more_tries() {
        let seconds = Duration::from_secs;
        let pause = |left, asked_for| super::pause(left, seconds(60), asked_for);
        assert_eq!(pause(seconds(24), None), seconds(3));
        assert_eq!(pause(seconds(300), None), PAUSE_MAX);
        assert_eq!(pause(seconds(1), None), PAUSE_MIN);
        assert_eq!(pause(seconds(8), Some(seconds(3))), seconds(3));
        assert_eq!(
            pause(seconds(8), Some(seconds(60))),
            seconds(4),
            "the token ends sooner than that"
        );
        assert_eq!(pause(Duration::ZERO, None), PAUSE_MAX);
        assert_eq!(pause(Duration::ZERO, Some(seconds(60))), seconds(60));
        assert_eq!(
            super::pause(Duration::ZERO, seconds(1), None),
            seconds(1),
            "a short plan"
        );
        assert_eq!(refused(429, "RATE_LIMITED").retry_after(), Some(seconds(2)));
    }
}
