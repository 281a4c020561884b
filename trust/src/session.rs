//! The claims of a session token, and the rules that they keep among themselves and under their certificate.
//!
//! An unknown claim is passed over: a token grants, it does not limit, so a client of today can live with a token of
//! tomorrow.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::fingerprint::FingerprintHash;
use crate::issuer::IssuerClaims;
use crate::json::{Json, JsonError, Members};
use crate::name::{ClusterId, CustomerId, LicenseId, PlanCode, ProductCode, SessionName};
use crate::time::{Seconds, Seq, UnixSeconds};

/// What a session token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionClaims {
    /// `iss`: the cluster that granted the seat.
    #[serde(rename = "iss")]
    pub cluster: ClusterId,
    /// `aud`: the product.
    #[serde(rename = "aud")]
    pub product: ProductCode,
    /// `lic`: the license.
    #[serde(rename = "lic")]
    pub license: LicenseId,
    /// `cus`: the customer.
    #[serde(rename = "cus")]
    pub customer: CustomerId,
    /// `plan`: the plan.
    pub plan: PlanCode,
    /// `sid`: the session's public name.
    #[serde(rename = "sid")]
    pub session: SessionName,
    /// `seq`: the number of the committed command; fences out older tokens of the session.
    pub seq: Seq,
    /// `iat`: when it was committed, on the cluster's clock.
    #[serde(rename = "iat")]
    pub issued_at: UnixSeconds,
    /// `exp`: the end of the token's life. A client counts `exp − iat` on its own clocks from when it sent the request.
    #[serde(rename = "exp")]
    pub expires_at: UnixSeconds,
    /// `gex`: the end of offline grace; equals `exp` when `off` is `strict`.
    #[serde(rename = "gex")]
    pub grace_ends_at: UnixSeconds,
    /// `off`: what becomes of the seat while its client is silent.
    #[serde(rename = "off")]
    pub offline: OfflineMode,
    /// `hb`: how often the client should beat.
    #[serde(rename = "hb")]
    pub heartbeat: Seconds,
    /// `fph`: the hash of the `hardware_id` that the seat was acquired with.
    #[serde(rename = "fph")]
    pub fingerprint: FingerprintHash,
    /// `ent`: what the license carries, by name.
    #[serde(rename = "ent")]
    pub entitlements: BTreeMap<String, EntitlementValue>,
}

/// What becomes of a seat while its client is silent, and what the client may do meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OfflineMode {
    /// No grace.
    Strict,
    /// Grace at the client; the seat is freed at its ttl.
    Lenient,
    /// Grace at the client; the seat is held until it ends.
    Reserved,
}

/// The value of an entitlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntitlementValue {
    /// `true`: the feature is there. Its absence is spelled by leaving it out.
    Granted,
    /// A limit or a quantity.
    Integer(i64),
    /// A text, such as an edition.
    Text(String),
}

impl Serialize for EntitlementValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Granted => serializer.serialize_bool(true),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// A rule that a session token breaks, by itself or under the certificate of its signer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionFault {
    /// The token is another cluster's than its certificate.
    #[error("`iss` is {issuer}, but the certificate is for {certified}")]
    OtherCluster {
        /// The token's.
        issuer: ClusterId,
        /// The certificate's `sub`.
        certified: ClusterId,
    },
    /// The certificate does not cover the product.
    #[error("`aud` is {0}, which is not among the `products` of the certificate")]
    ProductNotCertified(ProductCode),
    /// The times do not follow one another.
    #[error("`iat` {issued_at}, `exp` {expires_at} and `gex` {grace_ends_at} are not in this order")]
    TimesOutOfOrder {
        /// `iat`.
        issued_at: UnixSeconds,
        /// `exp`.
        expires_at: UnixSeconds,
        /// `gex`.
        grace_ends_at: UnixSeconds,
    },
    /// The mode is `strict`, but there is grace.
    #[error("`off` is strict, but `gex` {grace_ends_at} is after `exp` {expires_at}")]
    GraceInStrictMode {
        /// `exp`.
        expires_at: UnixSeconds,
        /// `gex`.
        grace_ends_at: UnixSeconds,
    },
    /// The grace is longer than the certificate allows.
    #[error("`gex` − `iat` is {grace} s, more than the certificate's `grace_max` of {grace_max} s")]
    GraceTooLong {
        /// `gex` − `iat`.
        grace: Seconds,
        /// The certificate's bound.
        grace_max: Seconds,
    },
    /// The grace ends after the certificate.
    #[error("`gex` is {grace_ends_at}, after the certificate's `exp` {certificate_expires_at}")]
    OutlivesCertificate {
        /// `gex`.
        grace_ends_at: UnixSeconds,
        /// The certificate's `exp`.
        certificate_expires_at: UnixSeconds,
    },
}

impl SessionFault {
    /// The error's permanent name, as in the test vectors.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::OtherCluster { .. } => "other_cluster",
            Self::ProductNotCertified(_) => "product_not_certified",
            Self::TimesOutOfOrder { .. } => "times_out_of_order",
            Self::GraceInStrictMode { .. } => "grace_in_strict_mode",
            Self::GraceTooLong { .. } => "grace_too_long",
            Self::OutlivesCertificate { .. } => "outlives_certificate",
        }
    }
}

impl SessionClaims {
    /// Checks the token's times against one another: `iat` ≤ `exp` ≤ `gex`, and no grace when `strict`.
    pub fn check_times(&self) -> Result<(), SessionFault> {
        let Self {
            issued_at,
            expires_at,
            grace_ends_at,
            ..
        } = *self;
        if issued_at > expires_at || expires_at > grace_ends_at {
            return Err(SessionFault::TimesOutOfOrder {
                issued_at,
                expires_at,
                grace_ends_at,
            });
        }
        if self.offline == OfflineMode::Strict && grace_ends_at != expires_at {
            return Err(SessionFault::GraceInStrictMode {
                expires_at,
                grace_ends_at,
            });
        }
        Ok(())
    }

    /// Checks everything that a verifier will ask of this token under the certificate of its signer, the dates of the
    /// certificate's own validity apart.
    pub fn check_under(&self, certificate: &IssuerClaims) -> Result<(), SessionFault> {
        if self.cluster != certificate.cluster {
            let (issuer, certified) = (self.cluster.clone(), certificate.cluster.clone());
            return Err(SessionFault::OtherCluster { issuer, certified });
        }
        if !certificate.limits.covers(&self.product) {
            return Err(SessionFault::ProductNotCertified(self.product.clone()));
        }
        self.check_times()?;
        let grace = self.grace_ends_at.since(self.issued_at);
        if let Some(grace_max) = certificate.limits.grace_max
            && grace > grace_max
        {
            return Err(SessionFault::GraceTooLong { grace, grace_max });
        }
        if self.grace_ends_at > certificate.limits.expires_at {
            return Err(SessionFault::OutlivesCertificate {
                grace_ends_at: self.grace_ends_at,
                certificate_expires_at: certificate.limits.expires_at,
            });
        }
        Ok(())
    }

    /// Reads verified claims.
    pub(crate) fn read(mut claims: Members) -> Result<Self, JsonError> {
        Ok(Self {
            cluster: claims.require("iss", ClusterId::EXPECTED, Json::parsed)?,
            product: claims.require("aud", ProductCode::EXPECTED, Json::parsed)?,
            license: claims.require("lic", LicenseId::EXPECTED, Json::parsed)?,
            customer: claims.require("cus", CustomerId::EXPECTED, Json::parsed)?,
            plan: claims.require("plan", PlanCode::EXPECTED, Json::parsed)?,
            session: claims.require("sid", SessionName::EXPECTED, Json::parsed)?,
            seq: claims.require("seq", Seq::EXPECTED, Json::whole).map(Seq::new)?,
            issued_at: claims
                .require("iat", UnixSeconds::EXPECTED, Json::whole)
                .map(UnixSeconds::new)?,
            expires_at: claims
                .require("exp", UnixSeconds::EXPECTED, Json::whole)
                .map(UnixSeconds::new)?,
            grace_ends_at: claims
                .require("gex", UnixSeconds::EXPECTED, Json::whole)
                .map(UnixSeconds::new)?,
            offline: claims.require("off", "`strict`, `lenient` or `reserved`", read_offline_mode)?,
            heartbeat: claims.require("hb", Seconds::EXPECTED, Json::whole).map(Seconds::new)?,
            fingerprint: claims.require("fph", FingerprintHash::EXPECTED, Json::parsed)?,
            entitlements: read_entitlements(&mut claims)?,
        })
    }
}

fn read_offline_mode(value: Json) -> Option<OfflineMode> {
    match value.text()?.as_str() {
        "strict" => Some(OfflineMode::Strict),
        "lenient" => Some(OfflineMode::Lenient),
        "reserved" => Some(OfflineMode::Reserved),
        _ => None,
    }
}

fn read_entitlements(claims: &mut Members) -> Result<BTreeMap<String, EntitlementValue>, JsonError> {
    const EXPECTED: &str = "an object of `true`, integers of 64 signed bits and texts";
    claims.require("ent", EXPECTED, |value| match value {
        Json::Object(members) => members
            .into_iter()
            .map(|(name, value)| Some((name, read_entitlement(value)?)))
            .collect(),
        _ => None,
    })
}

fn read_entitlement(value: Json) -> Option<EntitlementValue> {
    match value {
        Json::Bool(true) => Some(EntitlementValue::Granted),
        Json::Integer(number) => i64::try_from(number).ok().map(EntitlementValue::Integer),
        Json::Text(text) => Some(EntitlementValue::Text(text)),
        _ => None,
    }
}
