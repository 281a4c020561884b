//! Admission: a joiner shows a one-time token, the cluster answers with a number, a certificate and its secrets.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use licensing::command::{Command, NewNode, Proposal};
use licensing::id::{ClusterId, JoinTokenId, NodeId, SecretHash, decode_base32, encode_base32};
use licensing::outcome::Outcome;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep, timeout_at};

use crate::ProposeError;
use crate::frame;
use crate::identity::{Authority, Identity, IdentityError, NodeKey, spki_hash, spki_of};
use crate::machine::Machine;
use crate::propose::Proposer;
use crate::reads::Reads;
use crate::seams::Net;
use crate::tls::connect_to_join;
use crate::wire::{JOIN_BYTES_MAX, JoinReply, JoinRequest, PROTOCOL};

/// How long a join may take in all.
const JOIN_WITHIN: Duration = Duration::from_secs(30);

/// How long a joiner waits before it asks again.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// A join token as it is handed to a new node. Whoever has it can take all of the cluster's secrets, once: from then on
/// it answers only to the key that it admitted.
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
    pub(crate) machine: Machine,
    pub(crate) reads: Reads,
}

impl Admissions {
    /// Admits a joiner that has proved its key, or says why not.
    pub(crate) async fn admit(&self, request: JoinRequest) -> JoinReply {
        match self.try_admit(request).await {
            Ok(reply) | Err(reply) => reply,
        }
    }

    async fn try_admit(&self, request: JoinRequest) -> Result<JoinReply, JoinReply> {
        let refused = |why: String| JoinReply::Refused(why);
        if request.protocol != PROTOCOL {
            return Err(refused(format!(
                "this cluster speaks peer protocol {PROTOCOL}, the new node {}: install the same version of usher",
                request.protocol
            )));
        }
        if request.public_key.len() != 65 || request.public_key[0] != 4 {
            return Err(refused("public_key: not an uncompressed P-256 point".to_owned()));
        }
        let spki = spki_hash(&spki_of(&request.public_key));
        let secret = join_secret_hash(&request.secret);
        self.check_token(request.token, secret, &spki).await?;
        let node = NewNode {
            name: request.name.as_str().into(),
            peer_address: request.peer_address.as_str().into(),
            api_url: request.api_url.as_str().into(),
            spki,
        };
        let command = Command::AdmitNode {
            token: request.token,
            secret,
            node,
            replaces: request.replaces,
        };
        // No request is named: the token's own row remembers whom it admitted, and asks for its secret again.
        let proposal = Proposal::by_system(command);
        let applied = self.proposer.propose(proposal).await;
        let node = match applied.map_err(not_now)?.outcome {
            Outcome::Admitted { node } => node,
            Outcome::Rejected(rejection) => return Err(refused(rejection.to_string())),
            other => return Err(refused(format!("the cluster answered {other:?}"))),
        };
        let certificate = self
            .authority
            .certify(self.cluster, node, &request.public_key)
            .map_err(|error| refused(error.to_string()))?;
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

impl Admissions {
    /// Judges a token on this node's ledger before anything is proposed, so that strangers cannot fill the log.
    async fn check_token(&self, token: JoinTokenId, secret: SecretHash, spki: &SecretHash) -> Result<(), JoinReply> {
        let check = || {
            self.machine
                .ledger(|ledger| ledger.check_join_token(token, secret, spki))
        };
        if check().is_ok() {
            return Ok(());
        }
        // The token may have been made on another node a moment ago.
        self.reads.barrier().await.map_err(not_now)?;
        check().map_err(|rejection| JoinReply::Refused(rejection.to_string()))
    }
}

fn not_now(error: ProposeError) -> JoinReply {
    JoinReply::NotNow(error.to_string())
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
    /// The cluster could not admit anybody for as long as the joiner asked.
    #[error("the cluster could not admit this node within {JOIN_WITHIN:?}: {0}; see `usher status` there")]
    NotNow(String),
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
    let by = Instant::now() + JOIN_WITHIN;
    let mut asked = false;
    let reply = loop {
        let answer = timeout_at(by, ask(net, address, token, &key, &request, &mut asked)).await;
        let reply = answer.map_err(std::io::Error::from).and_then(|answer| answer);
        let may_pass = match &reply {
            Ok(reply) => matches!(reply, JoinReply::NotNow(_)),
            // Once it has asked, the token may be spent: only asking again with the same key brings the answer.
            Err(_) => asked,
        };
        if !may_pass || Instant::now() + ASK_AGAIN_AFTER >= by {
            break reply;
        }
        sleep(ASK_AGAIN_AFTER).await;
    };
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
        JoinReply::NotNow(why) => Err(JoinError::NotNow(why)),
    }
}

async fn ask(
    net: &dyn Net,
    address: &str,
    token: &JoinToken,
    key: &NodeKey,
    request: &JoinRequest,
    asked: &mut bool,
) -> std::io::Result<JoinReply> {
    let stream = net.connect(address).await?;
    let mut stream = connect_to_join(token.cluster, token.ca_hash, key, stream).await?;
    *asked = true;
    frame::write(&mut stream, request).await?;
    frame::read(&mut stream, JOIN_BYTES_MAX).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seams::{Seams, Tcp};
    use crate::{Node, NodeConfig, Tuning};
    use storage::MemoryDisk;

    /// A node alone, and a token that it made.
    async fn founded() -> (Node, JoinToken) {
        let cluster = ClusterId::from_bytes([7; 16]);
        let identity = Identity::found(cluster).unwrap();
        let config = NodeConfig {
            identity: identity.clone(),
            listen: "127.0.0.1:0".to_owned(),
            tuning: Tuning::default(),
            secrets: Arc::from(&b"secrets"[..]),
            tls: true,
        };
        let seams = Seams::system(Arc::new(MemoryDisk::new().unwrap()));
        let node = Node::start(config, seams).await.unwrap();
        let first = NewNode {
            name: "one".into(),
            peer_address: node.peer_address().to_string().as_str().into(),
            api_url: "https://one".into(),
            spki: identity.spki().unwrap(),
        };
        node.found(first).await.unwrap();
        let token = JoinToken {
            cluster,
            id: JoinTokenId::from_bytes([1; 10]),
            secret: [2; 16],
            ca_hash: identity.authority.hash(),
        };
        let command = Command::CreateJoinToken {
            id: token.id,
            secret: join_secret_hash(&token.secret),
            expires_at: node
                .cluster()
                .ledger(|ledger| ledger.at().after(licensing::time::Span::from_secs(60))),
        };
        let proposal = Proposal::by_system(command);
        node.cluster().propose(proposal).await.unwrap();
        (node, token)
    }

    fn request(token: &JoinToken, key: &NodeKey) -> JoinRequest {
        JoinRequest {
            protocol: PROTOCOL,
            token: token.id,
            secret: token.secret,
            name: "two".to_owned(),
            peer_address: "127.0.0.1:1".to_owned(),
            api_url: "https://two".to_owned(),
            public_key: key.public(),
            replaces: None,
        }
    }

    #[tokio::test]
    async fn a_used_token_answers_only_who_has_the_key_that_it_admitted() {
        let (node, token) = founded().await;
        let address = node.peer_address().to_string();
        let (key, stranger) = (NodeKey::generate().unwrap(), NodeKey::generate().unwrap());
        let ask_with = async |shown: &NodeKey, named: &NodeKey| {
            let request = request(&token, named);
            ask(&Tcp, &address, &token, shown, &request, &mut false).await
        };
        let Ok(JoinReply::Admitted { node: number, .. }) = ask_with(&key, &key).await else {
            panic!("the first is admitted");
        };
        // Its answer was lost: it asks again and is the same node.
        assert!(matches!(ask_with(&key, &key).await, Ok(JoinReply::Admitted { node, .. }) if node == number));
        // Everybody can see the admitted key; only its holder can show it.
        assert!(ask_with(&stranger, &key).await.is_err());
        assert!(matches!(
            ask_with(&stranger, &stranger).await,
            Ok(JoinReply::Refused(_))
        ));
    }
}
