//! Clients of the simulated cluster: they speak HTTP to whichever node they like, retry what is not known, and write
//! down everything.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::{Method, Request, header};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use turmoil::net::TcpStream;

use super::host::API_PORT;
use super::world::{Trace, World};
use crate::client::read;
use crate::history::{Asked, Call, History, Told, Us};

/// What one call may take.
const CALL_WITHIN: Duration = Duration::from_secs(6);

/// What all clients of a run share.
#[derive(Clone)]
pub(super) struct Workload {
    /// The universe.
    pub(super) world: Arc<World>,
    /// What they saw.
    pub(super) history: Rc<RefCell<History>>,
    /// The machines' names.
    pub(super) nodes: Vec<String>,
}

fn now() -> Us {
    turmoil::sim_elapsed().map_or(0, |elapsed| u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX))
}

/// One HTTP call on a connection of its own: whether it succeeded and its JSON.
pub(super) async fn http(
    node: &str,
    method: Method,
    path: &str,
    token: Option<&str>,
    body: &Value,
) -> Result<(bool, Value)> {
    let stream = TcpStream::connect((node, API_PORT)).await?;
    http_on(stream, node, method, path, token, body).await
}

async fn http_on(
    stream: TcpStream,
    node: &str,
    method: Method,
    path: &str,
    token: Option<&str>,
    body: &Value,
) -> Result<(bool, Value)> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, node)
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let answer = sender
        .send_request(request.body(Full::new(Bytes::from(body.to_string())))?)
        .await?;
    let success = answer.status().is_success();
    let bytes = answer.into_body().collect().await?.to_bytes();
    driver.abort();
    Ok((
        success,
        serde_json::from_slice(&bytes).context("an answer that is not JSON")?,
    ))
}

impl Workload {
    async fn call(&self, asked: Asked, method: Method, name: &str, body: &Value) -> Told {
        loop {
            let node = &self.nodes[usize::try_from(self.world.below(self.nodes.len() as u64)).unwrap_or(0)];
            let begun = now();
            let path = format!("/api/v1/licenses/{name}");
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
                self.world.count("answers");
                return told;
            }
            self.world.count("tries without an answer");
            sleep(Duration::from_millis(20 + self.world.below(200))).await;
        }
    }

    /// Acquires, beats and releases as `holder` until the given time of the run.
    pub(super) async fn run(self, holder: String, key: Rc<RefCell<Option<String>>>, until: Us) -> turmoil::Result {
        let license_key = loop {
            if let Some(key) = key.borrow().clone() {
                break key;
            }
            sleep(Duration::from_millis(50)).await;
        };
        let mut times = 0;
        while now() < until {
            times += 1;
            let request = format!("request-{holder}-{times}");
            let body = json!({ "license_key": license_key, "hardware_id": holder, "request_id": request });
            let asked = Asked::Acquire {
                holder: holder.clone(),
                request,
            };
            let Told::Held { session, .. } = self.call(asked, Method::POST, "acquire", &body).await else {
                sleep(Duration::from_millis(50 + self.world.below(400))).await;
                continue;
            };
            self.hold(&session, until).await;
        }
        Ok(())
    }

    async fn hold(&self, session: &str, until: Us) {
        let body = json!({ "session_id": session });
        for _ in 0..self.world.below(12) {
            sleep(Duration::from_millis(20 + self.world.below(600))).await;
            let asked = Asked::Heartbeat {
                session: session.to_owned(),
            };
            let told = self.call(asked, Method::PUT, "heartbeat", &body).await;
            if now() >= until || !matches!(told, Told::Held { .. }) {
                return;
            }
        }
        // One in five dies without a word.
        if self.world.below(5) > 0 {
            let asked = Asked::Release {
                session: session.to_owned(),
            };
            self.call(asked, Method::POST, "release", &body).await;
        }
    }
}
