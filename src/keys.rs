//! A node's keys: who it is, what the cluster hashes and signs with, and whom its clients trust.
//!
//! They lie in one file of mode 0600 in the data directory, written when the cluster is founded or joined; only its
//! certificates are renewed. A node that joins gets the cluster's secrets in its admission; they never travel another
//! way.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use raft::{Authority, Identity};
use serde::{Deserialize, Serialize};
use trust::{IssuerClaims, RootSet, SessionSigner, SigningKey, UnixSeconds, verify_chain};
use zeroize::Zeroizing;

use crate::lookup::LookupKey;
use crate::private;

/// The file in the data directory.
pub const KEYS_FILE: &str = "keys.json";

/// The file's layout.
const FORMAT: u32 = 1;

/// Everything secret that a node has.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Who it is among its peers.
    pub identity: Identity,
    /// What all nodes of the cluster share.
    pub secrets: Secrets,
}

/// What all nodes of a cluster share beside their certificate authority.
#[derive(Clone)]
pub struct Secrets {
    /// The key of all keyed hashes.
    pub lookup: LookupKey,
    /// The key that signs session tokens.
    pub signing: Arc<SigningKey>,
    /// The certificates from the root's child down to the signing key's own.
    pub chain: Vec<String>,
    /// The vendor's roots, public: what applications pin.
    pub roots: RootSet,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets(signs as {})", self.signing.kid())
    }
}

/// The secrets as they travel to a node that joins.
#[derive(Serialize, Deserialize)]
struct SecretsOnTheWire {
    lookup: [u8; 32],
    signing: [u8; 32],
    chain: Vec<String>,
    roots: String,
}

/// The file. Bytes are base64.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysFile {
    format: u32,
    cluster: String,
    node: u64,
    authority_certificate: String,
    authority_key: String,
    node_certificate: String,
    node_key: String,
    lookup_key: String,
    signing_key: String,
    chain: Vec<String>,
    roots: serde_json::Value,
}

impl Secrets {
    /// The secrets as bytes, for the admission of a node.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let wire = SecretsOnTheWire {
            lookup: *self.lookup.as_bytes(),
            signing: *self.signing.to_seed(),
            chain: self.chain.clone(),
            roots: self.roots.to_json(),
        };
        Zeroizing::new(postcard::to_stdvec(&wire).expect("plain bytes and texts can be written"))
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let wire: SecretsOnTheWire = postcard::from_bytes(bytes)
            .context("the cluster's secrets cannot be read; do both nodes run one version?")?;
        Ok(Self {
            lookup: LookupKey::from_bytes(wire.lookup),
            signing: Arc::new(SigningKey::from_seed(Zeroizing::new(wire.signing))),
            chain: wire.chain,
            roots: RootSet::parse(&wire.roots).context("the vendor's roots cannot be read")?,
        })
    }
}

impl Keys {
    /// Where the keys of a data directory are.
    pub fn path(data_dir: &Path) -> PathBuf {
        data_dir.join(KEYS_FILE)
    }

    /// Writes the keys into `data_dir`, where none may be yet.
    pub fn save(&self, data_dir: &Path) -> Result<()> {
        let path = Self::path(data_dir);
        match private::create(&path, &self.to_json()?) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!(
                "{} exists already: this data directory belongs to a node",
                path.display()
            ),
            written => written.with_context(|| format!("{} cannot be written", path.display())),
        }
    }

    /// Puts other certificates for the cluster's key into a data directory, in place of those that are there, and gives
    /// the last one. They must lead from the vendor's roots to this key of this cluster, and be valid `now`.
    pub fn install(data_dir: &Path, chain: Vec<String>, now: UnixSeconds) -> Result<IssuerClaims> {
        let mut keys = Self::load(data_dir)?;
        let verified = verify_chain(&chain, &keys.secrets.roots, now).context("the certificate")?;
        SessionSigner::new(Arc::clone(&keys.secrets.signing), &verified).context("the certificate")?;
        let certificate = verified.leaf().clone();
        let cluster = keys.identity.cluster.to_string();
        if certificate.cluster.to_string() != cluster {
            bail!("the certificate is for {}, but this is {cluster}", certificate.cluster);
        }
        keys.secrets.chain = chain;
        let path = Self::path(data_dir);
        private::write(&path, &keys.to_json()?).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(certificate)
    }

    fn to_json(&self) -> Result<Zeroizing<Vec<u8>>> {
        let file = KeysFile {
            format: FORMAT,
            cluster: self.identity.cluster.to_string(),
            node: self.identity.node.get(),
            authority_certificate: STANDARD.encode(&self.identity.authority.certificate),
            authority_key: STANDARD.encode(&self.identity.authority.key),
            node_certificate: STANDARD.encode(&self.identity.certificate),
            node_key: STANDARD.encode(&self.identity.key),
            lookup_key: STANDARD.encode(self.secrets.lookup.as_bytes()),
            signing_key: STANDARD.encode(*self.secrets.signing.to_seed()),
            chain: self.secrets.chain.clone(),
            roots: serde_json::from_str(&self.secrets.roots.to_json())?,
        };
        Ok(Zeroizing::new(serde_json::to_vec_pretty(&file)?))
    }

    /// Reads the keys of `data_dir`.
    pub fn load(data_dir: &Path) -> Result<Self> {
        let path = Self::path(data_dir);
        let text = fs::read(&path).map(Zeroizing::new).with_context(|| {
            format!(
                "{} cannot be read: no cluster was founded or joined here; run `usher init` for a new cluster, or \
                 `usher join` to add this node to one",
                path.display()
            )
        })?;
        let mode = fs::metadata(&path)?.permissions().mode();
        if mode & 0o077 != 0 {
            bail!(
                "{} holds secrets but others may read it; run `chmod 600 {0}`",
                path.display()
            );
        }
        Self::parse(&text).with_context(|| format!("{} is not a key file of usher", path.display()))
    }

    fn parse(text: &[u8]) -> Result<Self> {
        let file: KeysFile = serde_json::from_slice(text)?;
        if file.format != FORMAT {
            bail!(
                "format: {} was written by another version of usher; this one reads {FORMAT}",
                file.format
            );
        }
        let bytes = |field: &str, text: &str| STANDARD.decode(text).map_err(|error| anyhow!("{field}: {error}"));
        let key = |field: &str, text: &str| -> Result<[u8; 32]> {
            bytes(field, text)?
                .try_into()
                .map_err(|_| anyhow!("{field}: not 32 bytes"))
        };
        Ok(Self {
            identity: Identity {
                cluster: file.cluster.parse().context("cluster")?,
                node: licensing::id::NodeId::new(file.node),
                authority: Authority {
                    certificate: bytes("authority_certificate", &file.authority_certificate)?,
                    key: bytes("authority_key", &file.authority_key)?,
                },
                certificate: bytes("node_certificate", &file.node_certificate)?,
                key: bytes("node_key", &file.node_key)?,
            },
            secrets: Secrets {
                lookup: LookupKey::from_bytes(key("lookup_key", &file.lookup_key)?),
                signing: Arc::new(SigningKey::from_seed(Zeroizing::new(key(
                    "signing_key",
                    &file.signing_key,
                )?))),
                chain: file.chain,
                roots: RootSet::parse(&file.roots.to_string()).context("roots")?,
            },
        })
    }
}
