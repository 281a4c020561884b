//! Founding a cluster: its keys, its first node, the token that administers it, and the link for its first owner.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use licensing::cluster::Scope;
use licensing::command::{Actor, Command, NewInvitation, NewNode, Proposal};
use licensing::id::{ApiTokenId, ClusterId, encode_base32};
use licensing::ledger::Ledger;
use licensing::outcome::Outcome;
use licensing::time::Span;
use raft::seams::{Entropy, Seams};
use raft::{Cluster, Identity, Node, NodeConfig, Tuning};
use storage::Contents;
use trust::{
    IssuerClaims, IssuerLimits, PathLength, RootKeyFile, RootSet, Seconds, SigningKey, UnixSeconds, issue_certificate,
};
use zeroize::Zeroizing;

use crate::keys::{Keys, Secrets};
use crate::lookup::{LookupKey, invitation_text, setup_link, token_text};
use crate::vendor_root;

/// A cluster's certificate is valid this long, unless its root says otherwise.
const CERTIFICATE_VALID: Seconds = Seconds::new(5 * 366 * 86_400);

/// The first owner's link is good this long.
const SETUP_LINK_LIFE: Span = Span::from_secs(7 * 86_400);

/// What a cluster is founded with.
#[derive(Debug, Clone)]
pub struct Founding {
    /// The first node's name for people.
    pub name: String,
    /// Where its peers will reach it, `host:port`.
    pub peer_address: String,
    /// Where its API will be, a URL.
    pub api_url: String,
    /// The vendor's root key file; without one a new root is made.
    pub root_key: Option<PathBuf>,
}

/// A cluster whose founder has yet to be given what he must keep.
#[must_use = "without its keys in the data directory there is no cluster"]
pub struct Founded {
    /// The first node's keys, not saved yet.
    pub keys: Keys,
    /// The token that administers it. Only its keyed hash is kept.
    pub admin_token: Zeroizing<String>,
    /// Where the first owner chooses a password, once. Only the keyed hash of its secret is kept.
    pub setup_link: Zeroizing<String>,
    /// Where the vendor's root was written; its key file if a new one was made, to be kept offline.
    pub root: vendor_root::Written,
}

/// Makes the keys of a new cluster.
pub fn make_keys(founding: &Founding, entropy: &dyn Entropy, now: UnixSeconds) -> Result<(Keys, Option<RootKeyFile>)> {
    let (root, made) = match &founding.root_key {
        Some(path) => (vendor_root::read_key(path)?, false),
        None => (RootKeyFile::new(SigningKey::from_seed(draw(entropy))), true),
    };
    let mut cluster = [0; 16];
    entropy.fill(&mut cluster);
    let cluster = ClusterId::from_bytes(cluster);
    let signing = SigningKey::from_seed(draw(entropy));
    let root_key = root.key();
    let claims = IssuerClaims {
        issuer: root_key.kid(),
        cluster: cluster.to_string().parse().context("the cluster's id")?,
        key: signing.public(),
        issued_at: now,
        limits: IssuerLimits {
            expires_at: now.after(CERTIFICATE_VALID),
            path: PathLength::new(0),
            products: None,
            grace_max: None,
        },
    };
    let certificate = issue_certificate(root_key, None, &claims).context("the cluster's certificate")?;
    let keys = Keys {
        identity: Identity::found(cluster)?,
        secrets: Secrets {
            lookup: LookupKey::from_bytes(*draw(entropy)),
            signing: Arc::new(signing),
            chain: vec![certificate],
            roots: RootSet::new([root_key.public()])?,
        },
    };
    Ok((keys, made.then_some(root)))
}

/// Founds a cluster on a running node that has the cluster's first identity, and makes its admin token.
pub async fn found(node: &Node, founding: &Founding, keys: &Keys, entropy: &dyn Entropy) -> Result<Zeroizing<String>> {
    let first = NewNode {
        name: founding.name.as_str().into(),
        peer_address: founding.peer_address.as_str().into(),
        api_url: founding.api_url.as_str().into(),
        spki: keys.identity.spki()?,
    };
    node.found(first).await?;
    create_admin_token(node.cluster(), &keys.secrets.lookup, entropy).await
}

/// Makes a token that may do everything. The text is not kept anywhere.
pub async fn create_admin_token(
    cluster: &Cluster,
    lookup: &LookupKey,
    entropy: &dyn Entropy,
) -> Result<Zeroizing<String>> {
    let mut secret = Zeroizing::new([0; 20]);
    entropy.fill(&mut secret[..]);
    let token = token_text(&secret);
    let mut id = [0; 10];
    entropy.fill(&mut id);
    let command = Command::CreateApiToken {
        id: ApiTokenId::from_bytes(id),
        name: "the founder's".into(),
        secret: lookup.api_token(&token),
        scope: Scope::Admin,
        expires_at: None,
    };
    decree(cluster, lookup, &id, command)
        .await
        .context("the admin token was not made")?;
    Ok(token)
}

/// Makes the link by which the first owner chooses a password at this API. It is good once, and its text is not kept
/// anywhere.
pub async fn create_setup_link(
    cluster: &Cluster,
    lookup: &LookupKey,
    entropy: &dyn Entropy,
    api_url: &str,
) -> Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0; 20]);
    entropy.fill(&mut bytes[..]);
    let secret = invitation_text(&bytes);
    let hash = lookup.invitation(&secret);
    let command = Command::CreateInvitation {
        person: None,
        if_version: None,
        invitation: NewInvitation {
            secret: hash,
            expires_at: cluster.ledger(Ledger::at).after(SETUP_LINK_LIFE),
        },
    };
    decree(cluster, lookup, hash.as_bytes(), command)
        .await
        .context("the set-up link was not made")?;
    Ok(setup_link(api_url, &secret))
}

/// Proposes what the founding itself asks for.
async fn decree(cluster: &Cluster, lookup: &LookupKey, name: &[u8], command: Command) -> Result<()> {
    let proposal = Proposal {
        actor: Actor::System,
        request: Some(lookup.request(b"founding", &encode_base32(name), b"")),
        not_after: None,
        command,
    };
    match cluster.propose(proposal).await?.outcome {
        Outcome::Rejected(rejection) => bail!("{rejection}"),
        _ => Ok(()),
    }
}

/// Founds a cluster in `data_dir`: makes keys, runs the node alone for as long as that takes, and leaves a directory
/// that `usher server` starts from once [`Founded::save`] was called. The vendor's root is written into `root_dir`.
pub async fn found_in(data_dir: &Path, root_dir: &Path, founding: &Founding, seams: Seams) -> Result<Founded> {
    if storage::contents(&*seams.disk)? != Contents::Nothing {
        bail!(
            "{} holds a ledger without the keys to it, as a founding that was interrupted leaves it; \
             remove it and found again, or name another directory",
            data_dir.display()
        );
    }
    let now = UnixSeconds::new(seams.clock.unix_ms() / 1_000);
    let (keys, root) = make_keys(founding, &*seams.entropy, now)?;
    // Before there is a cluster: what cannot be written must not be the only key to one.
    let root = vendor_root::write(root_dir, &keys.secrets.roots, root.as_ref())?;
    let config = NodeConfig {
        identity: keys.identity.clone(),
        // Nobody is to reach the node before it is started for good.
        listen: "127.0.0.1:0".to_owned(),
        tuning: Tuning::default(),
        secrets: Arc::from(keys.secrets.to_bytes().as_slice()),
        tls: true,
    };
    let node = Node::start(config, seams.clone()).await?;
    let given = give(&node, founding, &keys, &*seams.entropy).await;
    node.shutdown().await;
    let (admin_token, setup_link) = given?;
    Ok(Founded {
        keys,
        admin_token,
        setup_link,
        root,
    })
}

/// Founds the cluster and makes what its founder is given.
async fn give(
    node: &Node,
    founding: &Founding,
    keys: &Keys,
    entropy: &dyn Entropy,
) -> Result<(Zeroizing<String>, Zeroizing<String>)> {
    let token = found(node, founding, keys, entropy).await?;
    let lookup = &keys.secrets.lookup;
    let link = create_setup_link(node.cluster(), lookup, entropy, &founding.api_url).await?;
    Ok((token, link))
}

impl Founded {
    /// Saves the keys into the data directory, which makes it a node's. This comes last: where the keys are, the
    /// founder has been given what cannot be had again.
    pub fn save(self, data_dir: &Path) -> Result<()> {
        self.keys.save(data_dir)
    }
}

fn draw(entropy: &dyn Entropy) -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    entropy.fill(&mut bytes[..]);
    bytes
}
