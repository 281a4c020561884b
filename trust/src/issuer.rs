//! The claims of an issuer certificate, and the rule that a child's limits never exceed its parent's.
//!
//! An unknown claim makes a certificate unreadable. Nearly every claim here is a limit, and a limit that an older
//! verifier passes over is none; a certificate with more to say gets a `typ` of its own.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::json::{Json, JsonError, Members};
use crate::key::{KeyId, PublicKey};
use crate::name::{ClusterId, ProductCode};
use crate::roots::read_key;
use crate::time::{PathLength, Seconds, UnixSeconds};

/// What an issuer certificate says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IssuerClaims {
    /// `iss`: the name of the key that signs the certificate.
    #[serde(rename = "iss")]
    pub issuer: KeyId,
    /// `sub`: the cluster that is certified.
    #[serde(rename = "sub")]
    pub cluster: ClusterId,
    /// `key`: the public key that is certified.
    pub key: PublicKey,
    /// `iat`: from when the certificate is valid.
    #[serde(rename = "iat")]
    pub issued_at: UnixSeconds,
    /// How far the certified key's power reaches.
    #[serde(flatten)]
    pub limits: IssuerLimits,
}

/// How far an issuer's power reaches. A child has at most its parent's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IssuerLimits {
    /// `exp`: the first second in which the certificate is no longer valid.
    #[serde(rename = "exp")]
    pub expires_at: UnixSeconds,
    /// `path`: how many further certificates may follow below this one.
    pub path: PathLength,
    /// `products`: the products it may sign for; `None` is all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub products: Option<BTreeSet<ProductCode>>,
    /// `grace_max`: the longest offline grace it may give, counted from the token's `iat`; `None` is any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_max: Option<Seconds>,
}

/// A limit in which a child exceeds its parent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitExceeded {
    /// The child lives longer.
    #[error("`exp` is {child}, after the parent's {parent}")]
    Expiry {
        /// The child's.
        child: UnixSeconds,
        /// The parent's.
        parent: UnixSeconds,
    },
    /// The child may have as many certificates below it as the parent, or more.
    #[error("`path` is {child}, not less than the parent's {parent}")]
    Path {
        /// The child's.
        child: PathLength,
        /// The parent's.
        parent: PathLength,
    },
    /// The child may sign for a product that the parent may not.
    #[error("`products` holds {0}, which the parent's does not")]
    Product(ProductCode),
    /// The child may sign for all products, the parent may not.
    #[error("`products` is absent, which means all of them, but the parent's is a list")]
    EveryProduct,
    /// The child may give a longer grace.
    #[error("`grace_max` is {child} s, more than the parent's {parent} s")]
    Grace {
        /// The child's.
        child: Seconds,
        /// The parent's.
        parent: Seconds,
    },
    /// The child may give any grace, the parent may not.
    #[error("`grace_max` is absent, which means any grace, but the parent's is {parent} s")]
    AnyGrace {
        /// The parent's.
        parent: Seconds,
    },
}

impl LimitExceeded {
    /// The error's permanent name, as in the test vectors.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Expiry { .. } => "exp_exceeds_parent",
            Self::Path { .. } => "path_exceeds_parent",
            Self::Product(_) | Self::EveryProduct => "products_exceed_parent",
            Self::Grace { .. } | Self::AnyGrace { .. } => "grace_exceeds_parent",
        }
    }
}

impl IssuerLimits {
    /// Checks that these limits, as a child's, do not exceed `parent`.
    pub fn check_within(&self, parent: &Self) -> Result<(), LimitExceeded> {
        if self.expires_at > parent.expires_at {
            return Err(LimitExceeded::Expiry {
                child: self.expires_at,
                parent: parent.expires_at,
            });
        }
        if self.path >= parent.path {
            return Err(LimitExceeded::Path {
                child: self.path,
                parent: parent.path,
            });
        }
        self.check_products(parent)?;
        match (self.grace_max, parent.grace_max) {
            (None, Some(parent)) => Err(LimitExceeded::AnyGrace { parent }),
            (Some(child), Some(parent)) if child > parent => Err(LimitExceeded::Grace { child, parent }),
            _ => Ok(()),
        }
    }

    fn check_products(&self, parent: &Self) -> Result<(), LimitExceeded> {
        let Some(parents) = &parent.products else { return Ok(()) };
        let Some(own) = &self.products else {
            return Err(LimitExceeded::EveryProduct);
        };
        match own.difference(parents).next() {
            Some(product) => Err(LimitExceeded::Product(product.clone())),
            None => Ok(()),
        }
    }

    /// Whether it may sign for `product`.
    pub fn covers(&self, product: &ProductCode) -> bool {
        self.products.as_ref().is_none_or(|products| products.contains(product))
    }
}

impl IssuerClaims {
    /// Reads verified claims.
    pub(crate) fn read(mut claims: Members) -> Result<Self, JsonError> {
        let certificate = Self {
            issuer: claims.require("iss", KeyId::EXPECTED, Json::parsed)?,
            cluster: claims.require("sub", ClusterId::EXPECTED, Json::parsed)?,
            key: read_certified_key(&mut claims)?,
            issued_at: claims
                .require("iat", UnixSeconds::EXPECTED, Json::whole)
                .map(UnixSeconds::new)?,
            limits: IssuerLimits {
                expires_at: claims
                    .require("exp", UnixSeconds::EXPECTED, Json::whole)
                    .map(UnixSeconds::new)?,
                path: claims
                    .require("path", PathLength::EXPECTED, Json::whole)
                    .map(PathLength::new)?,
                products: claims.optional("products", "a list of product codes", read_products)?,
                grace_max: claims
                    .optional("grace_max", Seconds::EXPECTED, Json::whole)?
                    .map(Seconds::new),
            },
        };
        claims.refuse_rest()?;
        Ok(certificate)
    }
}

fn read_certified_key(claims: &mut Members) -> Result<PublicKey, JsonError> {
    let jwk = claims.require("key", "a JWK", Some)?;
    let mut jwk = Members::of(jwk, "key")?;
    let key = read_key(&mut jwk)?;
    jwk.refuse_rest()?;
    Ok(key)
}

fn read_products(value: Json) -> Option<BTreeSet<ProductCode>> {
    match value {
        Json::List(codes) => codes.into_iter().map(Json::parsed).collect(),
        _ => None,
    }
}
