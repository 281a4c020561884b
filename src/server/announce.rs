//! Where this node is: what the operator set is told to the cluster, and what the cluster knows is what the API's
//! certificate stands for.
//!
//! Only what was set is told. What nobody set could only be guessed from the host's name, and a node that told its
//! guesses at every start would overwrite the addresses that `usher init` or `usher join` was given: the ledger
//! remembers those, so a server need not be told again.

use std::sync::Arc;
use std::time::Duration;

use licensing::command::{Command, Proposal};
use licensing::outcome::Outcome;
use raft::Cluster;

use super::Addresses;
use crate::config::ApiUrl;
use crate::tls::ApiTls;

/// How long to wait before the cluster is asked again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Both addresses of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    peer: String,
    api: String,
}

/// Keeps the ledger's row of this node as the operator set it, and the certificate as the ledger has it.
pub(super) struct Announcer {
    pub(super) cluster: Cluster,
    pub(super) set: Addresses,
    pub(super) certificate: Option<Arc<ApiTls>>,
}

impl Announcer {
    /// Goes on until the ledger says what was set, or refuses to.
    pub(super) async fn run(self) {
        loop {
            // The name that clients use must not wait for a quorum.
            self.certify();
            let settled = self.cluster.barrier().await.is_ok();
            match self.known() {
                Some(known) if settled => {
                    let wanted = self.wanted(&known);
                    if wanted == known {
                        self.certify();
                        tracing::info!(
                            peer = known.peer,
                            api = known.api,
                            "the cluster knows this node by these addresses; peer.advertise and api.advertise change them"
                        );
                        return;
                    }
                    if self.refuses(wanted).await {
                        return;
                    }
                }
                _ => tokio::time::sleep(AGAIN_AFTER).await,
            }
        }
    }

    /// What the ledger says on this node, which may be a moment behind.
    fn known(&self) -> Option<Known> {
        self.cluster.ledger(|ledger| {
            let node = ledger.node(self.cluster.me())?;
            Some(Known {
                peer: node.peer_address.to_string(),
                api: node.api_url.to_string(),
            })
        })
    }

    fn wanted(&self, known: &Known) -> Known {
        let Addresses { peer, api } = self.set.clone();
        Known {
            peer: peer.unwrap_or_else(|| known.peer.clone()),
            api: api.unwrap_or_else(|| known.api.clone()),
        }
    }

    /// Makes the certificate stand for the host under which the ledger has this node.
    pub(super) fn certify(&self) {
        let (Some(certificate), Some(known)) = (&self.certificate, self.known()) else {
            return;
        };
        let url = ApiUrl::parse(&known.api);
        let certified = url.map(|url| certificate.also_for(url.host()));
        if let Ok(Err(error)) = certified {
            tracing::error!(%error, url = known.api, "the API's certificate is not for the name that clients use");
        }
    }

    /// Tells the cluster; whether it will not have it.
    async fn refuses(&self, Known { peer, api }: Known) -> bool {
        let proposal = Proposal::by_system(Command::UpdateNode {
            node: self.cluster.me(),
            peer_address: peer.as_str().into(),
            api_url: api.as_str().into(),
        });
        match self.cluster.propose(proposal).await.map(|applied| applied.outcome) {
            // Asking again would get the same answer, and each asking is an entry in everybody's log.
            Ok(Outcome::Rejected(rejection)) => {
                tracing::error!(
                    peer,
                    api,
                    "the cluster refuses these addresses of this node: {rejection}; set peer.advertise and \
                     api.advertise to what others reach it by, and restart it"
                );
                true
            }
            Ok(_) => false,
            Err(error) => {
                tracing::debug!(%error, "this node's new addresses are not known yet");
                tokio::time::sleep(AGAIN_AFTER).await;
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use raft::Tuning;
    use raft::seams::Seams;
    use storage::MemoryDisk;
    use storage::disk::Disk;
    use tokio::time::timeout;
    use trust::UnixSeconds;

    use super::*;
    use crate::founding::{Founding, found, make_keys};
    use crate::server::{ApiTransport, Server, ServerConfig};

    const SOON: Duration = Duration::from_secs(20);

    fn founding() -> Founding {
        Founding {
            name: "one".to_owned(),
            peer_address: "one.example:4601".to_owned(),
            api_url: "https://one.example:4600".to_owned(),
            root_key: None,
        }
    }

    fn config(set: Addresses) -> ServerConfig {
        let free = || "127.0.0.1:0".to_owned();
        ServerConfig {
            api_transport: ApiTransport::Plain,
            advertise: Some(set),
            ..ServerConfig::simulated(free(), free(), Tuning::default())
        }
    }

    /// A founded node that was told these addresses, once it has nothing more to announce.
    async fn announced(peer: Option<&str>, api: Option<&str>) -> Server {
        let seams = Seams::system(Arc::new(MemoryDisk::new().unwrap()));
        let set = Addresses {
            peer: peer.map(str::to_owned),
            api: api.map(str::to_owned),
        };
        let now = UnixSeconds::new(seams.clock.unix_ms() / 1_000);
        let (keys, _) = make_keys(&founding(), &*seams.entropy, now).unwrap();
        let mut server = Server::start(config(set), &keys, seams.clone()).await.unwrap();
        found(server.node(), &founding(), &keys, &*seams.entropy).await.unwrap();
        timeout(SOON, server.announcing.join_next()).await.unwrap();
        server
    }

    fn known(server: &Server) -> (String, String) {
        let cluster = server.node().cluster();
        cluster.ledger(|ledger| {
            let node = ledger.node(cluster.me()).unwrap();
            (node.peer_address.to_string(), node.api_url.to_string())
        })
    }

    fn addresses(peer: &str, api: &str) -> (String, String) {
        (peer.to_owned(), api.to_owned())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_nobody_set_stays_as_the_ledger_has_it() {
        let server = announced(None, None).await;
        assert_eq!(
            known(&server),
            addresses("one.example:4601", "https://one.example:4600")
        );
        server.shutdown().await;
        let server = announced(None, Some("https://uno.example:4600")).await;
        assert_eq!(
            known(&server),
            addresses("one.example:4601", "https://uno.example:4600")
        );
        server.shutdown().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_address_that_the_cluster_refuses_is_told_once() {
        let server = announced(Some("0.0.0.0:0"), None).await;
        assert_eq!(
            known(&server),
            addresses("one.example:4601", "https://one.example:4600")
        );
        server.shutdown().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_that_stops_announces_nothing_more() {
        let disk = Arc::new(MemoryDisk::new().unwrap());
        let seams = Seams::system(Arc::clone(&disk) as Arc<dyn Disk>);
        let (keys, _) = make_keys(&founding(), &*seams.entropy, UnixSeconds::new(1_800_000_000)).unwrap();
        // Nobody founds its cluster, so that it would go on trying.
        let server = Server::start(config(Addresses::default()), &keys, seams).await.unwrap();
        timeout(SOON, server.shutdown()).await.unwrap();
        let let_go = async {
            while Arc::strong_count(&disk) > 1 {
                tokio::task::yield_now().await;
            }
        };
        timeout(SOON, let_go).await.expect("nothing of the server is left");
    }
}
