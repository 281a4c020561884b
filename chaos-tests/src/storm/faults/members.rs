//! Nodes that go for good and are followed by others, and a lead that is handed over.

use std::time::Duration;

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::storm::site::{Site, api_url};

/// How long the cluster may refuse to let a node go.
const REMOVED_WITHIN: Duration = Duration::from_secs(30);

/// How long a removed node is left to itself: it may serve nobody, and nobody may wait for it.
const LEFT_ALONE: Duration = Duration::from_secs(2);

pub(super) async fn wiped(site: &Site, machine: usize) -> Result<()> {
    let _out = site.out.lock().await;
    let mut machine = site.machines[machine].lock().await;
    site.replace(&mut machine).await
}

pub(super) async fn removed(site: &Site, machine: usize) -> Result<()> {
    let _out = site.out.lock().await;
    let mut machine = site.machines[machine].lock().await;
    let removed = machine.node;
    let path = format!("/cluster/nodes/{removed}");
    let by = Instant::now() + REMOVED_WITHIN;
    // It is refused while another node has to catch up.
    while let Err(refused) = site.admin.call(Method::DELETE, &path, &Value::Null).await {
        if Instant::now() >= by {
            return Err(refused);
        }
        sleep(Duration::from_millis(200)).await;
    }
    sleep(LEFT_ALONE).await;
    machine.kill().await?;
    machine.new_disk()?;
    site.join(&mut machine, None).await?;
    site.until_member(machine.node, Some(removed)).await
}

pub(super) async fn transfer(site: &Site) -> Result<()> {
    let Some(leader) = site.leader().await else {
        return Ok(());
    };
    let admin = &site.admin;
    let call = admin.http.post(format!("{}/api/v1/cluster/transfer", api_url(leader)));
    // It may fail where there is nobody to hand it to, or nobody leads any more.
    let _ = call.json(&json!({})).bearer_auth(&admin.token).send().await;
    Ok(())
}
