//! What a run begins with: a cluster of three voters, and a license that its clients ask for.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use hyper::Method;
use licensing::command::{Command, Proposal};
use licensing::id::{JoinTokenId, NodeId, SecretHash};
use licensing::outcome::Outcome;
use licensing::time::Span;
use raft::Cluster;
use serde_json::json;
use tokio::time::sleep;
use usher::founding;

use super::host::{Machines, new_node};
use super::surroundings::SimulatedEntropy;
use super::workload::http;
use super::world::World;

/// Seats of the license.
pub(super) const SEATS: u32 = 3;
/// How long a session lives without a heartbeat.
pub(super) const TTL_SECONDS: u64 = 6;

/// Makes a cluster of three voters and something to license.
pub(super) async fn set_up(machines: &Machines, world: &Arc<World>) -> Result<String> {
    let cluster = loop {
        if let Some(cluster) = machines.borrow()["n1"].cluster.clone() {
            break cluster;
        }
        sleep(Duration::from_millis(50)).await;
    };
    for name in ["n2", "n3"] {
        let id = admit(&cluster, name, world).await?;
        let mut machines = machines.borrow_mut();
        let mut keys = machines["n1"].keys.clone().context("n1 has keys")?;
        keys.identity.node = id;
        machines.get_mut(name).context("a machine")?.keys = Some(keys);
    }
    while cluster.status().tolerance() != Some(1) {
        sleep(Duration::from_millis(100)).await;
    }
    let entropy = SimulatedEntropy(Arc::clone(world));
    let lookup = machines.borrow()["n1"]
        .keys
        .clone()
        .context("n1 has keys")?
        .secrets
        .lookup;
    let token = founding::create_admin_token(&cluster, &lookup, &entropy).await?;
    let post = async |path: &str, body: serde_json::Value| {
        let (success, answer) = http("n1", Method::POST, &format!("/api/v1{path}"), Some(&token), &body).await?;
        if success {
            Ok(answer)
        } else {
            Err(anyhow!("POST {path}: {answer}"))
        }
    };
    let product = post(
        "/products",
        json!({ "code": "sim", "name": "Sim", "key_prefix": "SIM" }),
    )
    .await?;
    let plan = json!({
        "product": product["id"], "code": "sim", "name": "Sim", "seats": SEATS,
        "ttl_seconds": TTL_SECONDS, "heartbeat_seconds": 2, "offline": "strict",
    });
    let plan = post("/plans", plan).await?;
    let customer = post("/customers", json!({ "name": "Sim" })).await?;
    let license = post("/licenses", json!({ "plan": plan["id"], "customer": customer["id"] })).await?;
    Ok(license["license_key"].as_str().context("a license key")?.to_owned())
}

async fn admit(cluster: &Cluster, name: &str, world: &World) -> Result<NodeId> {
    let mut id = [0; 10];
    id[..8].copy_from_slice(&world.draw().to_le_bytes());
    let (id, secret) = (JoinTokenId::from_bytes(id), SecretHash::from_bytes([7; 32]));
    let expires_at = cluster
        .ledger(licensing::ledger::Ledger::at)
        .after(Span::from_secs(600));
    let propose = async |command| {
        let proposal = Proposal::by_system(command);
        cluster.propose(proposal).await
    };
    propose(Command::CreateJoinToken { id, secret, expires_at }).await?;
    let admission = Command::AdmitNode {
        token: id,
        secret,
        node: new_node(name),
        replaces: None,
    };
    match propose(admission).await?.outcome {
        Outcome::Admitted { node } => Ok(node),
        other => Err(anyhow!("{name} was not admitted: {other:?}")),
    }
}
