//! Who a node is among its peers: the cluster's CA, its own certificate, and the names in them.
//!
//! Certificates carry rcgen's default dates, which span centuries: a node whose clock is years off must still reach its
//! peers (DESIGN §4), and a node leaves by the ledger, which refuses its key, not by a date.

use std::fmt;

use licensing::id::{ClusterId, NodeId, SecretHash, encode_base32};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PublicKeyData, SignatureAlgorithm,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A certificate or key could not be made or read.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {source}")]
pub struct IdentityError {
    what: &'static str,
    #[source]
    source: rcgen::Error,
}

fn because(what: &'static str) -> impl FnOnce(rcgen::Error) -> IdentityError {
    move |source| IdentityError { what, source }
}

/// The name that every peer of a cluster answers to, for those who do not know its number yet.
pub(crate) fn cluster_name(cluster: ClusterId) -> String {
    format!("peer.{}.usher", encode_base32(cluster.as_bytes()))
}

/// The name of one node.
pub(crate) fn node_name(cluster: ClusterId, node: NodeId) -> String {
    format!("n{node}.{}.usher", encode_base32(cluster.as_bytes()))
}

/// SHA-256 of a public key in its certificate form (SPKI).
pub(crate) fn spki_hash(spki: &[u8]) -> SecretHash {
    SecretHash::from_bytes(Sha256::digest(spki).into())
}

/// The cluster's certificate authority. Whoever has its key can admit nodes, and every node has it, whether it votes or
/// not: any of them can be asked to admit another, and any may have to vote one day.
#[derive(Clone, Serialize, Deserialize)]
pub struct Authority {
    /// Its certificate, DER.
    pub certificate: Vec<u8>,
    /// Its private key, PKCS#8 DER.
    pub key: Vec<u8>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({})", encode_base32(&self.hash()[..5]))
    }
}

/// A node's identity, as it lies in its key file.
#[derive(Clone, Serialize, Deserialize)]
pub struct Identity {
    /// The cluster.
    pub cluster: ClusterId,
    /// The node's number.
    pub node: NodeId,
    /// The cluster's certificate authority.
    pub authority: Authority,
    /// The node's certificate, DER.
    pub certificate: Vec<u8>,
    /// The node's private key, PKCS#8 DER.
    pub key: Vec<u8>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity(node {} of {})", self.node, self.cluster)
    }
}

/// A key pair that waits for its certificate.
pub struct NodeKey(KeyPair);

impl NodeKey {
    /// Makes a new key pair.
    pub fn generate() -> Result<Self, IdentityError> {
        KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
            .map(Self)
            .map_err(because("the node's key cannot be made"))
    }

    /// The public point, as it travels in a join request.
    pub fn public(&self) -> Vec<u8> {
        self.0.der_bytes().to_vec()
    }

    /// A certificate over itself, for somebody who has no other yet.
    pub(crate) fn self_signed(&self, cluster: ClusterId) -> Result<CertificateDer<'static>, IdentityError> {
        CertificateParams::new(vec![cluster_name(cluster)])
            .and_then(|params| params.self_signed(&self.0))
            .map(|certificate| certificate.der().clone())
            .map_err(because("the node's key cannot be shown"))
    }

    pub(crate) fn pkcs8(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.private()))
    }

    /// The private key, PKCS#8 DER.
    pub fn private(&self) -> Vec<u8> {
        self.0.serialize_der()
    }
}

/// A P-256 public key that somebody sent.
struct SentKey<'a>(&'a [u8]);

impl PublicKeyData for SentKey<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

/// The SPKI of a P-256 public point, whose hash the ledger keeps.
pub(crate) fn spki_of(public: &[u8]) -> Vec<u8> {
    SentKey(public).subject_public_key_info()
}

/// The authority's certificate but for its key. Made anew for each signature, so that no certificate need be parsed.
fn authority_params(cluster: ClusterId) -> Result<CertificateParams, IdentityError> {
    let mut params = CertificateParams::new(Vec::new()).map_err(because("the cluster CA cannot be named"))?;
    params
        .distinguished_name
        .push(DnType::CommonName, format!("usher cluster {cluster}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    Ok(params)
}

impl Authority {
    /// Makes the authority of a new cluster.
    pub fn generate(cluster: ClusterId) -> Result<Self, IdentityError> {
        let key =
            KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(because("the cluster CA's key cannot be made"))?;
        let certificate = authority_params(cluster)?
            .self_signed(&key)
            .map_err(because("the cluster CA cannot be signed"))?;
        Ok(Self {
            certificate: certificate.der().to_vec(),
            key: key.serialize_der(),
        })
    }

    /// SHA-256 of the certificate: what a join token pins.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.certificate).into()
    }

    /// Signs a peer certificate for `node` over the P-256 `public` point.
    pub fn certify(&self, cluster: ClusterId, node: NodeId, public: &[u8]) -> Result<Vec<u8>, IdentityError> {
        self.sign(cluster, &[node_name(cluster, node), cluster_name(cluster)], public)
    }

    /// Signs a certificate for the API of a node that was given none of its own.
    pub fn certify_api(&self, cluster: ClusterId, names: &[String], public: &[u8]) -> Result<Vec<u8>, IdentityError> {
        self.sign(cluster, names, public)
    }

    fn sign(&self, cluster: ClusterId, names: &[String], public: &[u8]) -> Result<Vec<u8>, IdentityError> {
        let mut params =
            CertificateParams::new(names.to_vec()).map_err(because("a name does not fit into a certificate"))?;
        params
            .distinguished_name
            .push(DnType::CommonName, names.first().map_or("usher", String::as_str));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.as_slice()));
        let key = KeyPair::from_der_and_sign_algo(&key, &PKCS_ECDSA_P256_SHA256)
            .map_err(because("the cluster CA's key cannot be read"))?;
        let certificate = params
            .signed_by(&SentKey(public), &Issuer::new(authority_params(cluster)?, key))
            .map_err(because("the node's certificate cannot be signed"))?;
        Ok(certificate.der().to_vec())
    }
}

impl Identity {
    /// The identity of a new cluster's first node.
    pub fn found(cluster: ClusterId) -> Result<Self, IdentityError> {
        let authority = Authority::generate(cluster)?;
        let key = NodeKey::generate()?;
        let node = NodeId::new(1);
        let certificate = authority.certify(cluster, node, &key.public())?;
        Ok(Self {
            cluster,
            node,
            authority,
            certificate,
            key: key.private(),
        })
    }

    /// The hash of this node's public key, as the ledger keeps it.
    pub fn spki(&self) -> Result<SecretHash, IdentityError> {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.as_slice()));
        let key = KeyPair::from_der_and_sign_algo(&key, &PKCS_ECDSA_P256_SHA256)
            .map_err(because("the node's key cannot be read"))?;
        Ok(spki_hash(&spki_of(key.der_bytes())))
    }

    /// The chain it shows: its own certificate and the authority's, so that a joiner can check the latter's hash.
    pub(crate) fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![
            self.certificate.clone().into(),
            self.authority.certificate.clone().into(),
        ]
    }

    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()))
    }
}
