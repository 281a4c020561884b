//! What can be asked about the catalogue: products, plans, customers and licenses. The rules of [`command`](super) hold
//! here too.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Entitlements, PlanTerms};
use crate::id::{CustomerId, LicenseId, PlanId, ProductId, SecretHash};
use crate::time::At;

/// Create a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateProduct {
    /// Its identity, drawn at the edge.
    pub id: ProductId,
    /// Its unique short name.
    pub code: Arc<str>,
    /// Its name for people.
    pub name: Arc<str>,
    /// What its license keys begin with.
    pub key_prefix: Arc<str>,
    /// Where a customer renews.
    pub renewal_url: Option<Arc<str>>,
}

/// Change a product; `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateProduct {
    /// Which.
    pub id: ProductId,
    /// The version the caller saw; another is a conflict.
    pub if_version: Option<u32>,
    /// The new name.
    pub name: Option<Arc<str>>,
    /// The new renewal address; `Some(None)` clears it.
    pub renewal_url: Option<Option<Arc<str>>>,
}

/// Create a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatePlan {
    /// Its identity, drawn at the edge.
    pub id: PlanId,
    /// The product it sells.
    pub product: ProductId,
    /// Its short name, unique within the product.
    pub code: Arc<str>,
    /// Its name for people.
    pub name: Arc<str>,
    /// What it grants.
    pub terms: PlanTerms,
}

/// Change a plan; `None` leaves a field as it is. New terms hold for live sessions from their next heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatePlan {
    /// Which.
    pub id: PlanId,
    /// The version the caller saw; another is a conflict.
    pub if_version: Option<u32>,
    /// The new name.
    pub name: Option<Arc<str>>,
    /// The new terms.
    pub terms: Option<PlanTerms>,
}

/// Create a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateCustomer {
    /// Its identity, drawn at the edge.
    pub id: CustomerId,
    /// Its name for people.
    pub name: Arc<str>,
    /// Where to write to.
    pub email: Option<Arc<str>>,
    /// The vendor's own number for it, unique where given.
    pub reference: Option<Arc<str>>,
}

/// Change a customer; `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateCustomer {
    /// Which.
    pub id: CustomerId,
    /// The version the caller saw; another is a conflict.
    pub if_version: Option<u32>,
    /// The new name.
    pub name: Option<Arc<str>>,
    /// The new address; `Some(None)` clears it.
    pub email: Option<Option<Arc<str>>>,
    /// The new reference; `Some(None)` clears it.
    pub reference: Option<Option<Arc<str>>>,
}

/// Create a license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateLicense {
    /// Its identity, drawn at the edge.
    pub id: LicenseId,
    /// Of which plan.
    pub plan: PlanId,
    /// For whom.
    pub customer: CustomerId,
    /// The keyed hash of its key.
    pub key: SecretHash,
    /// The key's last characters.
    pub key_hint: Arc<str>,
    /// Its own number of seats.
    pub seats: Option<u32>,
    /// From when; `None` is from now.
    pub starts_at: Option<At>,
    /// Until when; `None` is without end.
    pub expires_at: Option<At>,
    /// Overrides and additions to the plan's entitlements.
    pub entitlements: Entitlements,
}

/// Change a license; `None` leaves a field as it is. Fewer seats than are held end no session: nothing new is granted
/// until enough were given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateLicense {
    /// Which.
    pub id: LicenseId,
    /// The version the caller saw; another is a conflict.
    pub if_version: Option<u32>,
    /// The new plan, of the same product.
    pub plan: Option<PlanId>,
    /// The new number of seats; `Some(None)` goes back to the plan's.
    pub seats: Option<Option<u32>>,
    /// The new overrides.
    pub entitlements: Option<Entitlements>,
    /// A new key's hash and last characters; the old key ends at once, live sessions go on.
    pub key: Option<(SecretHash, Arc<str>)>,
}
