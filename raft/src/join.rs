//! Admission: a joiner shows a one-time token, the cluster answers with a number, a certificate and its secrets.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use licensing::command::{Actor, Command, NewNode, Proposal, Request};
use licensing::id::{ClusterId, JoinTokenId, NodeId, RequestId, SecretHash, decode_base32, encode_base32};
use licensing::outcome::Outcome;
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use crate::frame;
use crate::identity::{Authority, Identity, IdentityError, NodeKey, spki_hash, spki_of};
use crate::propose::Proposer;
use crate::seams::Net;
use crate::tls::connect_to_join;
use crate::wire::{JOIN_BYTES_MAX, JoinReply, JoinRequest, PROTOCOL};

/// How long a join may take in all.
const JOIN_WITHIN: Duration = Duration::from_secs(30);

/// A join token as it is handed to a new node. Whoever has it can take all of the cluster's secrets, once.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinToken {
    /// The cluster it admits to.
    pub cluster: ClusterId,
    /// Which token it is.
    pub id: JoinTokenId,
    /// Its secret.
    pub secret: [u8; 16],
    /// SHA-256 of the cluster's CA certificate: the joiner knows by it whom it talks to.
    pub ca_hash: [u8; 32],
}

/// What a join token begins with.
const TOKEN_PREFIX: &str = "usher-join-1";

/// A text that is not a join token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a join token; `usher cluster join-token` on a node of the cluster prints one")]
pub struct ParseJoinTokenError;

impl fmt::Debug for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinToken({})", self.id)
    }
}

impl fmt::Display for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{TOKEN_PREFIX}.{}.{}.{}.{}",
            encode_base32(self.cluster.as_bytes()),
            encode_base32(self.id.as_bytes()),
            encode_base32(&self.secret),
            encode_base32(&self.ca_hash)
        )
    }
}

impl FromStr for JoinToken {
    type Err = ParseJoinTokenError;

    fn from_str(text: &str) -> Result<Self, ParseJoinTokenError> {
        let parts: Vec<&str> = text.trim().split('.').collect();
        let [TOKEN_PREFIX, cluster, id, secret, ca_hash] = parts[..] else {
            return Err(ParseJoinTokenError);
        };
        Ok(Self {
            cluster: ClusterId::from_bytes(decode_base32(cluster).ok_or(ParseJoinTokenError)?),
            id: JoinTokenId::from_bytes(decode_base32(id).ok_or(ParseJoinTokenError)?),
            secret: decode_base32(secret).ok_or(ParseJoinTokenError)?,
            ca_hash: decode_base32(ca_hash).ok_or(ParseJoinTokenError)?,
        })
    }
}

/// The hash under which the ledger knows a join token's secret.
pub fn join_secret_hash(secret: &[u8; 16]) -> SecretHash {
    SecretHash::from_bytes(
        Sha256::new()
            .chain_update(b"usher join token")
            .chain_update(secret)
            .finalize()
            .into(),
    )
}

/// The side of the cluster: admits joiners.
pub(crate) struct Admissions {
    pub(crate) cluster: ClusterId,
    pub(crate) authority: Authority,
    /// What else an admitted node is given.
    pub(crate) secrets: Arc<[u8]>,
    pub(crate) proposer: Proposer,
}

impl Admissions {
    /// Admits a joiner, or says why not.
    pub(crate) async fn admit(&self, request: JoinRequest) -> Result<JoinReply, String> {
        if request.protocol != PROTOCOL {
            return Err(format!(
                "this cluster speaks peer protocol {PROTOCOL}, the new node {}: install the same version of usher",
                request.protocol
            ));
        }
        if request.public_key.len() != 65 || request.public_key[0] != 4 {
            return Err("public_key: not an uncompressed P-256 point".to_owned());
        }
        let spki = spki_hash(&spki_of(&request.public_key));
        let node = NewNode {
            name: request.name.as_str().into(),
            peer_address: request.peer_address.as_str().into(),
            api_url: request.api_url.as_str().into(),
            spki,
        };
        let command = Command::AdmitNode {
            token: request.token,
            secret: join_secret_hash(&request.secret),
            node,
            replaces: request.replaces,
        };
        // A proposal whose fate was unknown is proposed again: the second must not find its own token used.
        let name = Sha256::new()
            .chain_update(request.token.as_bytes())
            .chain_update(spki.as_bytes())
            .finalize();
        let repeat = Request {
            id: RequestId::from_bytes(name[..16].try_into().expect("a hash has 32 bytes")),
            content: name[16..24].try_into().expect("a hash has 32 bytes"),
        };
        let proposal = Proposal {
            actor: Actor::System,
            request: Some(repeat),
            not_after: None,
            command,
        };
        let applied = self
            .proposer
            .propose(proposal)
            .await
            .map_err(|error| error.to_string())?;
        let node = match applied.outcome {
            Outcome::Admitted { node } => node,
            Outcome::Rejected(rejection) => return Err(rejection.to_string()),
            other => return Err(format!("the cluster answered {other:?}")),
        };
        let certificate = self
            .authority
            .certify(self.cluster, node, &request.public_key)
            .map_err(|error| error.to_string())?;
        tracing::info!(%node, name = request.name, address = request.peer_address, "a node was admitted");
        Ok(JoinReply::Admitted {
            node,
            cluster: self.cluster,
            authority: self.authority.clone(),
            certificate,
            secrets: self.secrets.to_vec(),
        })
    }
}

/// Why a node could not join.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The cluster was not reached, or is not the one that the token pins.
    #[error("the cluster at {address} cannot be reached: {source}")]
    Unreachable {
        /// Where it was looked for.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The cluster said no.
    #[error("the cluster refused: {0}")]
    Refused(String),
    /// The node's key could not be made.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// What a new node says about itself.
#[derive(Debug, Clone)]
pub struct Joiner {
    /// Its name for people.
    pub name: String,
    /// Where its peer port will be, as its peers reach it.
    pub peer_address: String,
    /// Where its API will be.
    pub api_url: String,
    /// A node that it takes the place of.
    pub replaces: Option<NodeId>,
}

/// The side of the joiner: asks the node at `address` for admission. Gives its identity and the appliance's secrets.
pub async fn join(
    net: &dyn Net,
    address: &str,
    token: &JoinToken,
    joiner: Joiner,
) -> Result<(Identity, Vec<u8>), JoinError> {
    let key = NodeKey::generate()?;
    let request = JoinRequest {
        protocol: PROTOCOL,
        token: token.id,
        secret: token.secret,
        name: joiner.name,
        peer_address: joiner.peer_address,
        api_url: joiner.api_url,
        public_key: key.public(),
        replaces: joiner.replaces,
    };
    let asking = async {
        let stream = net.connect(address).await?;
        let mut stream = connect_to_join(token.cluster, token.ca_hash, stream).await?;
        frame::write(&mut stream, &request).await?;
        frame::read::<JoinReply>(&mut stream, JOIN_BYTES_MAX).await
    };
    let reply = timeout(JOIN_WITHIN, asking)
        .await
        .map_err(std::io::Error::from)
        .and_then(|result| result);
    let unreachable = |source| JoinError::Unreachable {
        address: address.to_owned(),
        source,
    };
    match reply.map_err(unreachable)? {
        JoinReply::Admitted {
            node,
            cluster,
            authority,
            certificate,
            secrets,
        } => Ok((
            Identity {
                cluster,
                node,
                authority,
                certificate,
                key: key.private(),
            },
            secrets,
        )),
        JoinReply::Refused(why) => Err(JoinError::Refused(why)),
    }
}
