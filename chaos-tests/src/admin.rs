//! What an operator asks of a cluster's admin API, on whichever node answers.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

/// How long an operator tries before he gives up.
const WITHIN: Duration = Duration::from_secs(20);

/// An operator with his token.
#[derive(Debug, Clone)]
pub struct Admin {
    /// What he calls with.
    pub http: reqwest::Client,
    /// The nodes' API addresses.
    pub urls: Vec<String>,
    /// The token that administers the cluster.
    pub token: String,
}

impl Admin {
    /// A call of the admin API on the first node that answers it.
    pub async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let by = Instant::now() + WITHIN;
        loop {
            for url in &self.urls {
                let call = self.http.request(method.clone(), format!("{url}/api/v1{path}"));
                let call = if body.is_null() { call } else { call.json(body) };
                let Ok(answer) = call.bearer_auth(&self.token).send().await else {
                    continue;
                };
                let status = answer.status();
                let value = answer.json::<Value>().await.unwrap_or_default();
                if status.is_success() {
                    return Ok(value);
                }
                if !status.is_server_error() {
                    bail!("{method} {path}: {status} {value}");
                }
            }
            if Instant::now() >= by {
                bail!("{method} {path}: no node answered");
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// The key of a license of its own for a run.
    pub async fn license(&self, seats: u32, ttl_seconds: u64, heartbeat_seconds: u64) -> Result<String> {
        let name = format!("chaos-{:x}", rand::random::<u32>());
        let id = |value: &Value| {
            value
                .get("id")
                .and_then(Value::as_str)
                .map(str::to_owned)
                .context("an answer without id")
        };
        let post = Method::POST;
        let product = json!({ "code": name, "name": name, "key_prefix": "CHAOS" });
        let product = id(&self.call(post.clone(), "/products", &product).await?)?;
        let plan = json!({
            "product": product, "code": "chaos", "name": "Chaos", "seats": seats,
            "ttl_seconds": ttl_seconds, "heartbeat_seconds": heartbeat_seconds, "offline": "strict",
        });
        let plan = id(&self.call(post.clone(), "/plans", &plan).await?)?;
        let customer = id(&self.call(post.clone(), "/customers", &json!({ "name": name })).await?)?;
        let license = self
            .call(post, "/licenses", &json!({ "plan": plan, "customer": customer }))
            .await?;
        license
            .get("license_key")
            .and_then(Value::as_str)
            .map(str::to_owned)
            .context("a license without its key")
    }
}
