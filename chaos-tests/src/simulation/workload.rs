//! Clients of the simulated cluster: they speak HTTP to whichever node they like, retry what is not known, and write
//! down everything.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use turmoil::net::TcpStream;

use super::host::API_PORT;
use super::http::{http_on, now};
use super::world::{Trace, World};
use crate::client::read;
use crate::history::{Asked, Call, History, Told};

/// What one call may take.
const CALL_WITHIN: Duration = Duration::from_secs(6);

/// One program that wants seats of one license.
pub(super) struct Workload {
    /// The universe.
    pub(super) world: Arc<World>,
    /// What the clients of its license saw.
    pub(super) history: Rc<RefCell<History>>,
    /// The machines' names.
    pub(super) nodes: Vec<String>,
    /// Its own name.
    pub(super) name: String,
    /// The device it runs on.
    pub(super) holder: String,
    /// The license's key.
    pub(super) license_key: String,
}

impl Workload {
    async fn call(&self, asked: Asked, method: Method, call: &str, body: &Value) -> Told {
        loop {
            let node = self.world.one_of(&self.nodes);
            let begun = now();
            let path = format!("/api/v1/licenses/{call}");
            let asking = async {
                let Ok(stream) = TcpStream::connect((node.as_str(), API_PORT)).await else {
                    return Told::NotDone;
                };
                match http_on(stream, node, method.clone(), &path, None, body).await {
                    Ok((success, value)) => read(success, &value),
                    Err(_) => Told::Unknown,
                }
            };
            let told = timeout(CALL_WITHIN, asking).await.unwrap_or(Told::Unknown);
            let answered = (told != Told::Unknown).then(now);
            self.world.note(Trace::Events, format!("{asked:?} {told:?}").as_bytes());
            self.history.borrow_mut().calls.push(Call {
                begun,
                answered,
                asked: asked.clone(),
                told: told.clone(),
            });
            if !matches!(told, Told::Unknown | Told::NotDone) {
                self.world.count(if matches!(told, Told::Refused { .. }) {
                    "refusals"
                } else {
                    "acknowledged calls"
                });
                return told;
            }
            self.world.count("tries without an answer");
            self.pause(20, 220).await;
        }
    }

    async fn pause(&self, least_ms: u64, most_ms: u64) {
        sleep(Duration::from_millis(least_ms + self.world.below(most_ms - least_ms))).await;
    }

    /// Acquires, beats and releases for as long as it may go on.
    pub(super) async fn run(self, goes_on: impl Fn() -> bool) {
        let mut times = 0;
        while goes_on() {
            times += 1;
            let request = format!("request-{}-{times}", self.name);
            let told = self.acquire(&request).await;
            let Told::Held { session, .. } = told else {
                self.pause(50, 450).await;
                continue;
            };
            // A program that never learned that it was answered asks again.
            if self.world.below(4) == 0 {
                self.acquire(&request).await;
            }
            self.hold(&session, &goes_on).await;
        }
    }

    async fn acquire(&self, request: &str) -> Told {
        let asked = Asked::Acquire {
            holder: self.holder.clone(),
            request: request.to_owned(),
        };
        let body = json!({ "license_key": self.license_key, "hardware_id": self.holder, "request_id": request });
        self.call(asked, Method::POST, "acquire", &body).await
    }

    async fn beat(&self, session: &str) -> Told {
        let asked = Asked::Heartbeat {
            session: session.to_owned(),
        };
        self.call(asked, Method::PUT, "heartbeat", &json!({ "session_id": session }))
            .await
    }

    async fn release(&self, session: &str) {
        let asked = Asked::Release {
            session: session.to_owned(),
        };
        self.call(asked, Method::POST, "release", &json!({ "session_id": session }))
            .await;
    }

    async fn hold(&self, session: &str, goes_on: &impl Fn() -> bool) {
        for _ in 0..self.world.below(12) {
            self.pause(20, 620).await;
            let told = self.beat(session).await;
            if !goes_on() || !matches!(told, Told::Held { .. }) {
                return;
            }
        }
        // One in five dies without a word, and most of those start again at once.
        if self.world.below(5) == 0 {
            return;
        }
        self.release(session).await;
        match self.world.below(6) {
            0 => self.release(session).await,
            // What was given back stays gone.
            1 => drop(self.beat(session).await),
            _ => {}
        }
    }
}
