//! What is sold and to whom: products, plans, customers and licenses, as the ledger keeps them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{CustomerId, LicenseId, PlanId, ProductId, SecretHash};
use crate::time::{At, Span};

/// A product: what is licensed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its identity.
    pub id: ProductId,
    /// Its short name in tokens and commands, such as `coditect`; unique in the cluster.
    pub code: Arc<str>,
    /// Its name for people.
    pub name: Arc<str>,
    /// What its license keys begin with, such as `CODITECT`.
    pub key_prefix: Arc<str>,
    /// Where a customer renews; shown with refusals.
    pub renewal_url: Option<Arc<str>>,
    /// When it was created.
    pub created_at: At,
    /// Counts its edits, from 1.
    pub version: u32,
}

/// What becomes of a seat while its client is silent, and what the client may do meanwhile (DESIGN §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OfflineMode {
    /// No grace: running copies of unmodified clients ≤ seats.
    Strict,
    /// Grace at the client, the seat is freed at its ttl: live sessions ≤ seats, ghosts are counted.
    Lenient,
    /// Grace at the client, the seat is held until it ends: running copies of unmodified clients ≤ seats.
    Reserved,
}

/// Who a seat is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum HolderPolicy {
    /// One seat per fingerprint, however many processes run there.
    Fingerprint,
    /// One seat per fingerprint and instance; an acquire that names no instance counts by its fingerprint.
    FingerprintAndInstance,
    /// One seat per verified user, on however many machines; an acquire that no token vouches for is refused.
    User,
    /// One seat per verified user and fingerprint; an acquire that no token vouches for is refused.
    UserAndFingerprint,
    /// One seat per address to which one was assigned, on however many machines; an acquire whose token vouches for no
    /// such address is refused.
    NamedUser,
}

/// The value of an entitlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entitlement {
    /// The feature is there.
    Granted,
    /// A limit or a quantity.
    Number(i64),
    /// A text, such as an edition.
    Text(Arc<str>),
}

impl Entitlement {
    /// The most of one plan or license: they travel in every token.
    pub const COUNT_MAX: usize = 64;
    /// The longest name in characters.
    pub const NAME_CHARS_MAX: usize = 64;
    /// The longest text in characters.
    pub const TEXT_CHARS_MAX: usize = 200;

    /// Whether a text can be an entitlement's name.
    pub fn is_name(name: &str) -> bool {
        let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        (1..=Self::NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(is_name_byte)
    }

    /// Whether a text can be an entitlement's value.
    pub fn is_text(text: &str) -> bool {
        text.chars().count() <= Self::TEXT_CHARS_MAX && !text.chars().any(char::is_control)
    }
}

/// Entitlements by name, in name order.
pub type Entitlements = BTreeMap<Arc<str>, Entitlement>;

/// The terms of a plan that can be edited together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanTerms {
    /// Seats of a license of this plan that names no number of its own.
    pub seats: u32,
    /// Seats that may be granted beyond a license's own.
    pub overage_max: u32,
    /// How long a session lives without a heartbeat.
    pub ttl: Span,
    /// How often a client should beat.
    pub heartbeat: Span,
    /// What happens while a client is silent.
    pub offline: OfflineMode,
    /// How long a cut-off client may go on; unused in `Strict`.
    pub grace: Span,
    /// The most ghosts beyond the seats: a new holder is refused while held seats + ghosts reach seats + this.
    pub ghosts_max: Option<u32>,
    /// The most live sessions of one holder.
    pub sessions_per_holder_max: u32,
    /// Who a seat is counted for.
    pub holder: HolderPolicy,
    /// What a license of this plan carries, unless the license overrides it by name.
    pub entitlements: Entitlements,
}

/// A plan: a tier of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Its identity.
    pub id: PlanId,
    /// The product it sells.
    pub product: ProductId,
    /// Its short name, such as `pro`; unique within the product.
    pub code: Arc<str>,
    /// Its name for people.
    pub name: Arc<str>,
    /// What it grants.
    pub terms: PlanTerms,
    /// When it was created.
    pub created_at: At,
    /// Counts its edits, from 1.
    pub version: u32,
}

/// A customer: the organisation or person that holds licenses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Its identity.
    pub id: CustomerId,
    /// Its name for people.
    pub name: Arc<str>,
    /// Where to write to.
    pub email: Option<Arc<str>>,
    /// The vendor's own number for it, such as a CRM id; unique where given.
    pub reference: Option<Arc<str>>,
    /// When it was created.
    pub created_at: At,
    /// Counts its edits, from 1.
    pub version: u32,
}

/// Whether a license may be used. Its dates are apart from this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LicenseStatus {
    /// It may be used within its dates.
    Active,
    /// Put on hold; can be reinstated.
    Suspended {
        /// Why, in the operator's words.
        reason: Arc<str>,
    },
    /// Ended for good.
    Revoked {
        /// Why, in the operator's words.
        reason: Arc<str>,
    },
}

/// A license: the right to N seats of a plan until a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct License {
    /// Its identity.
    pub id: LicenseId,
    /// The plan it is of.
    pub plan: PlanId,
    /// Who holds it.
    pub customer: CustomerId,
    /// The keyed hash of its license key; unique.
    pub key: SecretHash,
    /// The last characters of the key, to recognise it by in lists.
    pub key_hint: Arc<str>,
    /// Its own number of seats, instead of the plan's.
    pub seats: Option<u32>,
    /// From when it may be used.
    pub starts_at: At,
    /// Until when it may be used; `None` is without end.
    pub expires_at: Option<At>,
    /// Whether it may be used.
    pub status: LicenseStatus,
    /// Overrides and additions to the plan's entitlements, by name.
    pub entitlements: Entitlements,
    /// When it was created.
    pub created_at: At,
    /// Counts its edits, from 1.
    pub version: u32,
}
