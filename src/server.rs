//! A server, put together: read [`Server::start`] from top to bottom.

mod announce;
mod configured;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use licensing::time::{At, Span};
use raft::seams::{Listener, Seams};
use raft::{Node, NodeConfig, Tuning};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::api::time::Timestamp;
use crate::api::{self, Api, ApiConfig, ApiLimits};
use crate::keys::{Keys, Secrets};
use crate::ops::{self, Draining, Metrics, Ops};
use crate::serve::{ServeLimits, Transport, serve};
use crate::signer::Signer;
use crate::tls::ApiTls;
use announce::Announcer;

/// The most connections to the ops listener at once.
const OPS_CONNECTIONS_MAX: usize = 128;

/// From how long before its end on a server that starts says that its certificate is to be renewed.
const RENEWAL_DUE: Span = Span::from_secs(30 * 86_400);

/// How the API listener speaks.
#[derive(Debug, Clone)]
pub enum ApiTransport {
    /// HTTPS with the operator's own certificate.
    Files {
        /// The certificate chain, PEM.
        certificate: PathBuf,
        /// Its key, PEM.
        key: PathBuf,
    },
    /// HTTPS with a certificate of the cluster's own CA for these names and addresses.
    ByCluster {
        /// Host names and IP addresses.
        names: Vec<String>,
    },
    /// HTTP, on a loopback address only.
    Plain,
    /// HTTP in a simulation, whose network is no network.
    Simulated,
}

/// Where a node tells others that it is. Where it says nothing, what the ledger has stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Its peer port, `host:port`.
    pub peer: Option<String>,
    /// Its API, a URL.
    pub api: Option<String>,
}

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Where the peer port listens.
    pub peer_listen: String,
    /// Where the API listens.
    pub api_listen: String,
    /// Where probes and metrics are served, if at all.
    pub ops_listen: Option<String>,
    /// How the API speaks.
    pub api_transport: ApiTransport,
    /// What others are to know; the ledger is told when it says otherwise. `None` for a node that nobody else is to
    /// reach.
    pub advertise: Option<Addresses>,
    /// The node's timing.
    pub tuning: Tuning,
    /// What callers may use up.
    pub api_limits: ApiLimits,
    /// What connections may use up.
    pub serve_limits: ServeLimits,
    /// Whether peers speak TLS; only simulations say no.
    pub peer_tls: bool,
}

impl ServerConfig {
    /// A server in a simulation: without TLS, probes or metrics.
    pub fn simulated(peer_listen: String, api_listen: String, tuning: Tuning) -> Self {
        Self {
            peer_listen,
            api_listen,
            ops_listen: None,
            api_transport: ApiTransport::Simulated,
            advertise: None,
            tuning,
            api_limits: ApiLimits::default(),
            serve_limits: ServeLimits::default(),
            peer_tls: false,
        }
    }
}

/// A running server.
pub struct Server {
    node: Node,
    api_address: SocketAddr,
    ops_address: Option<SocketAddr>,
    api_tls: Option<Arc<ApiTls>>,
    signer: Arc<Signer>,
    draining: Draining,
    stop: watch::Sender<bool>,
    listeners: JoinSet<Result<()>>,
    /// Ends when the cluster knows where this node is, or with the server.
    announcing: JoinSet<()>,
}

impl Server {
    /// Starts a server on the disk in `seams`. It answers at once; its ops listener says when it is ready.
    pub async fn start(config: ServerConfig, keys: &Keys, seams: Seams) -> Result<Self> {
        let secrets = &keys.secrets;
        let signer = Arc::new(Signer::new(
            Arc::clone(&secrets.signing),
            secrets.chain.clone(),
            &secrets.roots,
        )?);
        let metrics = Metrics::new();
        let draining = Draining::default();
        let (transport, api_tls) = transport(&config.api_transport, keys)?;
        let api_listener = listen(&seams, "the API", &config.api_listen).await?;
        let api_address = api_listener.local_addr()?;

        let node = NodeConfig {
            identity: keys.identity.clone(),
            listen: config.peer_listen,
            tuning: config.tuning,
            secrets: Arc::from(secrets.to_bytes().as_slice()),
            tls: config.peer_tls,
        };
        let node = Node::start(node, seams.clone()).await?;
        let cluster = node.cluster().clone();
        remind_of_renewal(&signer, At::from_ms(seams.clock.unix_ms()));

        let mut announcing = JoinSet::new();
        if let Some(set) = config.advertise {
            let announcer = Announcer {
                cluster: cluster.clone(),
                set,
                certificate: api_tls.clone(),
            };
            // The first connection already is to find the name that the ledger has.
            announcer.certify();
            announcing.spawn(announcer.run());
        }

        let (stop, stopped) = watch::channel(false);
        let api = Api::new(ApiConfig {
            cluster: cluster.clone(),
            lookup: secrets.lookup.clone(),
            signer: Arc::clone(&signer),
            authority: keys.identity.authority.clone(),
            cluster_id: keys.identity.cluster,
            seams: seams.clone(),
            metrics: Arc::clone(&metrics),
            limits: config.api_limits,
            stopping: stopped.clone(),
            tls: api_tls.is_some(),
        });
        let mut listeners = JoinSet::new();
        let api = serve(
            api_listener,
            transport,
            api::router(api),
            config.serve_limits,
            Arc::clone(&metrics),
            told(stopped.clone()),
        );
        listeners.spawn(async move { api.await.context("the API") });

        let mut ops_address = None;
        if let Some(address) = config.ops_listen {
            let listener = listen(&seams, "the ops listener", &address).await?;
            ops_address = Some(listener.local_addr()?);
            let looks = Ops {
                cluster,
                seams: seams.clone(),
                signer: Arc::clone(&signer),
                metrics: Arc::clone(&metrics),
                draining: draining.clone(),
            };
            let ops = serve(
                listener,
                Transport::Plain,
                ops::router(looks),
                ops_limits(config.serve_limits),
                metrics,
                told(stopped),
            );
            listeners.spawn(async move { ops.await.context("the ops listener") });
        }
        Ok(Self {
            node,
            api_address,
            ops_address,
            api_tls,
            signer,
            draining,
            stop,
            listeners,
            announcing,
        })
    }

    /// The node inside.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Where the API listens.
    pub fn api_address(&self) -> SocketAddr {
        self.api_address
    }

    /// Where probes and metrics are served.
    pub fn ops_address(&self) -> Option<SocketAddr> {
        self.ops_address
    }

    /// Reads the API's certificate files again; what is running goes on with the old ones.
    pub fn reload(&self) -> Result<()> {
        if let Some(tls) = &self.api_tls {
            tls.reload()?;
        }
        Ok(())
    }

    /// Signs under the certificates of these secrets from now on, if they are others than before. The key stays.
    pub fn renew(&self, secrets: &Secrets) -> Result<bool> {
        Ok(self.signer.renew(&secrets.chain, &secrets.roots)?)
    }

    /// Waits until the server cannot go on, and says why.
    pub async fn failed(&mut self) -> String {
        tokio::select! {
            why = self.node.failed() => why,
            Some(ended) = self.listeners.join_next() => match ended {
                Ok(Ok(())) => "a listener ended".to_owned(),
                Ok(Err(error)) => format!("{error:#}"),
                Err(error) => error.to_string(),
            },
        }
    }

    /// Says that it is going away, hands over the lead, lets requests end, and stops.
    pub async fn shutdown(mut self) {
        self.draining.begin();
        // The lead goes first, so that requests in flight here are forwarded to somebody who can answer them.
        if let Err(why) = self.node.cluster().transfer_lead(None).await {
            tracing::warn!(why, "the lead was not handed over");
        }
        self.stop.send_replace(true);
        self.announcing.shutdown().await;
        while self.listeners.join_next().await.is_some() {}
        self.node.shutdown().await;
    }

    /// Serves until `shutdown` comes, or something is so wrong that the process must end.
    pub async fn run_until(mut self, shutdown: impl Future<Output = ()>) -> Result<()> {
        tokio::select! {
            () = shutdown => {
                self.shutdown().await;
                Ok(())
            }
            // Not shut down in order: this node's disk or ledger may be wrong, and it must not answer any more.
            why = self.failed() => Err(anyhow!(why)),
        }
    }
}

/// Without a certificate nothing can be signed, and a new one may take its time, for the root's key is kept offline.
fn remind_of_renewal(signer: &Signer, at: At) {
    let until = signer.certified_until();
    if until.since(at) < RENEWAL_DUE {
        tracing::warn!(
            until = %Timestamp(until),
            "the cluster's certificate ends soon or is over; no seat can be taken or kept after its end: `usher key \
             certify` makes a new one where the root key is, `usher key install` puts it into each node"
        );
    }
}

/// The ops listener is for the operator's own few machines; what it may take is small, so that it need not be counted.
fn ops_limits(limits: ServeLimits) -> ServeLimits {
    ServeLimits {
        connections_max: limits.connections_max.min(OPS_CONNECTIONS_MAX),
        ..limits
    }
}

async fn told(mut stopped: watch::Receiver<bool>) {
    // A server that is dropped stops as well.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn listen(seams: &Seams, what: &str, address: &str) -> Result<Box<dyn Listener>> {
    let listening = seams.net.listen(address).await;
    listening.with_context(|| format!("{what} cannot listen on {address}; is another process there?"))
}

fn transport(chosen: &ApiTransport, keys: &Keys) -> Result<(Transport, Option<Arc<ApiTls>>)> {
    let tls = match chosen {
        ApiTransport::Plain => return Ok((Transport::PlainOnLoopback, None)),
        ApiTransport::Simulated => return Ok((Transport::Plain, None)),
        ApiTransport::Files { certificate, key } => ApiTls::from_files(certificate, key)?,
        ApiTransport::ByCluster { names } => {
            if names.is_empty() {
                bail!("the API's certificate needs a name: set api.advertise to the URL under which it is reached");
            }
            ApiTls::certified_by(&keys.identity.authority, keys.identity.cluster, names)?
        }
    };
    let tls = Arc::new(tls);
    Ok((Transport::Tls(Arc::clone(&tls)), Some(tls)))
}
