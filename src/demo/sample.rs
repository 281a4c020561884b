//! What a server to try things with is filled with: a product, its plans, a customer and licenses. All of it through
//! the API, as an operator would.

use serde_json::{Value, json};

use crate::client::{Call, CallError, Client};

/// The product's code, and what its license keys begin with.
const PRODUCT: &str = "coditect";
const KEY_PREFIX: &str = "CODITECT";

/// The product, its plans and a customer, and the key of one license of so many seats of the plan
/// `pro`.
pub(crate) async fn create(client: &Client, seats: u32) -> Result<String, CallError> {
    let customer = create_catalogue(client).await?;
    create_license(client, &customer, "pro", seats).await
}

/// The product, its plans and a customer, whose id it gives.
pub(crate) async fn create_catalogue(client: &Client) -> Result<String, CallError> {
    let product = json!({"code": PRODUCT, "name": "CODITECT", "key_prefix": KEY_PREFIX});
    client.call(Call::post("/products", &product)).await?;
    for plan in plans() {
        client.call(Call::post("/plans", &plan)).await?;
    }
    let customer = json!({"name": "Example GmbH", "email": "licenses@example.com", "reference": "EXAMPLE-1"});
    let customer = client.call(Call::post("/customers", &customer)).await?;
    Ok(customer["id"].as_str().unwrap_or_default().to_owned())
}

fn plans() -> [Value; 4] {
    let names = |code: &str, name: &str| json!({"product": PRODUCT, "code": code, "name": name});
    let plan = |code: &str, name: &str, terms: Value| {
        let mut plan = names(code, name);
        if let (Value::Object(plan), Value::Object(terms)) = (&mut plan, terms) {
            plan.extend(terms);
        }
        plan
    };
    let enterprise = json!({"edition": "enterprise", "gpu": true});
    [
        plan("free", "Free", json!({"seats": 1, "entitlements": {"projects": 3}})),
        plan(
            "pro",
            "Pro",
            json!({"seats": 10, "entitlements": {"gpu": true, "projects": 20}}),
        ),
        plan(
            "enterprise",
            "Enterprise",
            json!({"seats": 100, "offline": "reserved", "entitlements": enterprise}),
        ),
        // Seats that are lost within seconds, to see it happen.
        plan(
            "quick",
            "Quick",
            json!({"seats": 1, "ttl_seconds": 10, "heartbeat_seconds": 3, "offline": "strict"}),
        ),
    ]
}

/// A license of a plan for a customer: its key.
pub(crate) async fn create_license(
    client: &Client,
    customer: &str,
    plan: &str,
    seats: u32,
) -> Result<String, CallError> {
    let body = json!({"plan": format!("{PRODUCT}:{plan}"), "customer": customer, "seats": seats});
    let license = client.call(Call::post("/licenses", &body)).await?;
    Ok(license["license_key"].as_str().unwrap_or_default().to_owned())
}
