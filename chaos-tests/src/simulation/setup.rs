//! What a run begins with: a cluster of three voters, and licenses that its clients ask for.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use hyper::Method;
use licensing::id::LicenseId;
use serde_json::{Value, json};
use tokio::time::sleep;
use usher::founding;

use super::host::Machines;
use super::http::http;
use super::operator;
use super::surroundings::SimulatedEntropy;
use super::world::World;
use crate::checks::Terms;

/// What the clients of one license are promised, and who they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sold {
    /// Its seats and how long a session lives.
    pub(super) terms: Terms,
    /// How many programs use it.
    pub(super) clients: u64,
    /// How many devices they run on: fewer than programs, and some share a seat.
    pub(super) devices: u64,
}

/// What the operator made.
#[derive(Debug, Clone)]
pub(super) struct Made {
    /// The token that administers the cluster.
    pub(super) admin_token: String,
    /// The key of each license, in the order of what was sold.
    pub(super) license_keys: Vec<String>,
    /// The id of a license whose seats are assigned by name.
    pub(super) named: LicenseId,
}

/// Seats of the license whose seats are assigned by name.
pub(super) const NAMED_SEATS: usize = 3;

/// The licenses of a run: one that a few share, one that all want, one whose programs share devices.
pub(super) fn sold(world: &World) -> Vec<Sold> {
    let licenses = [(2 + world.below(3), 5, 5), (1, 3, 3), (1 + world.below(2), 4, 2)];
    licenses
        .into_iter()
        .map(|(seats, clients, devices)| Sold {
            terms: Terms {
                seats: usize::try_from(seats).expect("a small number"),
                ttl: (4 + world.below(5)) * 1_000_000,
            },
            clients,
            devices,
        })
        .collect()
}

/// Makes a cluster of three voters and something to license.
pub(super) async fn set_up(machines: &Machines, world: &Arc<World>, sold: &[Sold]) -> Result<Rc<Made>> {
    let cluster = loop {
        if let Some(cluster) = machines.borrow()["n1"].cluster.clone() {
            break cluster;
        }
        sleep(Duration::from_millis(50)).await;
    };
    for name in ["n2", "n3"] {
        operator::admit(machines, world, name, None).await?;
    }
    while cluster.status().tolerance() != Some(1) {
        sleep(Duration::from_millis(100)).await;
    }
    let entropy = SimulatedEntropy(Arc::clone(world));
    let keys = machines.borrow()["n1"].keys.clone().context("n1 has keys")?;
    let admin_token = founding::create_admin_token(&cluster, &keys.secrets.lookup, &entropy).await?;
    let product = json!({ "code": "sim", "name": "Sim", "key_prefix": "SIM" });
    let product = create(&admin_token, "/products", &product).await?;
    let customer = create(&admin_token, "/customers", &json!({ "name": "Sim" })).await?;
    let mut license_keys = Vec::new();
    for (number, sold) in sold.iter().enumerate() {
        let plan = json!({
            "product": product["id"], "code": format!("sim-{number}"), "name": "Sim", "seats": sold.terms.seats,
            "ttl_seconds": sold.terms.ttl / 1_000_000, "heartbeat_seconds": 2, "offline": "strict",
            "sessions_per_holder_max": 1_000,
        });
        let plan = create(&admin_token, "/plans", &plan).await?;
        let license = json!({ "plan": plan["id"], "customer": customer["id"] });
        let license = create(&admin_token, "/licenses", &license).await?;
        license_keys.push(license["license_key"].as_str().context("a license key")?.to_owned());
    }
    let plan = json!({
        "product": product["id"], "code": "sim-named", "name": "Sim", "seats": NAMED_SEATS, "holder": "named_user",
    });
    let plan = create(&admin_token, "/plans", &plan).await?;
    let named = create(
        &admin_token,
        "/licenses",
        &json!({ "plan": plan["id"], "customer": customer["id"] }),
    )
    .await?;
    Ok(Rc::new(Made {
        admin_token: admin_token.to_string(),
        license_keys,
        named: named["id"].as_str().context("a license's id")?.parse()?,
    }))
}

async fn create(token: &str, path: &str, body: &Value) -> Result<Value> {
    let (success, answer) = http("n1", Method::POST, &format!("/api/v1{path}"), Some(token), body).await?;
    if success {
        Ok(answer)
    } else {
        Err(anyhow!("POST {path}: {answer}"))
    }
}
