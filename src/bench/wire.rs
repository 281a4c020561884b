//! A virtual client's connection: HTTP/1.1, kept alive, to one node at a time. It does as little as possible, because
//! what it costs is not available to the server beside it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long a node may take to accept a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// How long a call may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The nodes that are measured.
#[derive(Debug)]
pub struct Nodes(Vec<Node>);

struct Node {
    url: String,
    authority: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.url)
    }
}

/// Why nodes cannot be measured.
#[derive(Debug, thiserror::Error)]
pub enum NodesError {
    /// Not a URL of an API.
    #[error("{0} is not http:// or https://, a host and perhaps a port")]
    Url(String),
    /// TLS without anybody to trust.
    #[error("{0} speaks TLS: give the certificate authority's certificate with --cacert")]
    NoAuthority(String),
    /// The file of the certificate authority cannot be used.
    #[error("--cacert: {path} holds no certificate in PEM")]
    Authority {
        /// Which.
        path: String,
    },
}

impl Nodes {
    /// The nodes of these URLs, trusting the certificates in `cacert`.
    pub fn new(urls: &[String], cacert: Option<&Path>) -> Result<Self, NodesError> {
        let connector = cacert.map(trusting).transpose()?;
        let node = |url: &String| {
            let bad = || NodesError::Url(url.clone());
            let uri: Uri = url.parse().map_err(|_| bad())?;
            let (scheme, host) = (uri.scheme_str().ok_or_else(bad)?, uri.host().ok_or_else(bad)?);
            let tls = scheme == "https";
            let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            let tls = match (tls, &connector) {
                (false, _) => None,
                (true, None) => return Err(NodesError::NoAuthority(url.clone())),
                (true, Some(connector)) => {
                    let name = ServerName::try_from(bare.to_owned()).map_err(|_| bad())?;
                    Some((connector.clone(), name))
                }
            };
            Ok(Node {
                url: url.clone(),
                authority: format!("{host}:{port}"),
                tls,
            })
        };
        urls.iter().map(node).collect::<Result<_, _>>().map(Self)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn urls(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|node| node.url.as_str())
    }
}

fn trusting(path: &Path) -> Result<TlsConnector, NodesError> {
    let bad = || NodesError::Authority {
        path: path.display().to_string(),
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|_| bad())? {
        roots.add(certificate.map_err(|_| bad())?).map_err(|_| bad())?;
    }
    if roots.is_empty() {
        return Err(bad());
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// What a node answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) node: usize,
    pub(super) status: u16,
    pub(super) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// The node does not take connections.
    NoConnection,
    /// The connection ended before the answer.
    Broken,
    /// The answer did not come in time.
    Late,
}

impl Silence {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::NoConnection => "no connection",
            Self::Broken => "connection broken",
            Self::Late => "no answer in time",
        }
    }
}

/// A client's connection, and the node it goes to.
#[derive(Debug)]
pub(super) struct Wire {
    nodes: Arc<Nodes>,
    at: usize,
    open: Option<SendRequest<Full<Bytes>>>,
    authorization: Option<String>,
}

impl Wire {
    /// A connection to the node of this number, counted round.
    pub(super) fn new(nodes: &Arc<Nodes>, number: usize) -> Self {
        Self {
            nodes: Arc::clone(nodes),
            at: number % nodes.len().max(1),
            open: None,
            authorization: None,
        }
    }

    /// The same with an API token.
    pub(super) fn with_token(self, token: &str) -> Self {
        Self {
            authorization: Some(format!("Bearer {token}")),
            ..self
        }
    }

    /// Goes on to the next node.
    pub(super) fn turn(&mut self) {
        self.open = None;
        self.at = (self.at + 1) % self.nodes.len().max(1);
    }

    /// Sends a JSON body and waits for the answer.
    pub(super) async fn send(&mut self, method: Method, path: &'static str, body: String) -> Result<Answer, Silence> {
        let answer = timeout(ANSWER_WITHIN, self.exchange(method, path, body))
            .await
            .unwrap_or(Err(Silence::Late));
        if answer.is_err() {
            self.open = None;
        }
        answer
    }

    async fn exchange(&mut self, method: Method, path: &'static str, body: String) -> Result<Answer, Silence> {
        let node = &self.nodes.0[self.at];
        let mut sender = match self.open.take() {
            Some(sender) if !sender.is_closed() => sender,
            _ => timeout(CONNECT_WITHIN, connect(node))
                .await
                .unwrap_or(Err(Silence::NoConnection))?,
        };
        sender.ready().await.map_err(|_| Silence::Broken)?;
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, node.authority.as_str());
        request = request.header(CONTENT_TYPE, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.as_str());
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| Silence::Broken)?;
        let answer = sender.send_request(request).await.map_err(|_| Silence::Broken)?;
        let status = answer.status().as_u16();
        let body = answer
            .into_body()
            .collect()
            .await
            .map_err(|_| Silence::Broken)?
            .to_bytes();
        self.open = Some(sender);
        Ok(Answer {
            node: self.at,
            status,
            body,
        })
    }
}

async fn connect(node: &Node) -> Result<SendRequest<Full<Bytes>>, Silence> {
    let stream = TcpStream::connect(&node.authority)
        .await
        .map_err(|_| Silence::NoConnection)?;
    stream.set_nodelay(true).map_err(|_| Silence::NoConnection)?;
    match &node.tls {
        None => speak_http(TokioIo::new(stream)).await,
        Some((connector, name)) => {
            let stream = connector
                .connect(name.clone(), stream)
                .await
                .map_err(|_| Silence::NoConnection)?;
            speak_http(TokioIo::new(stream)).await
        }
    }
}

async fn speak_http<S>(stream: S) -> Result<SendRequest<Full<Bytes>>, Silence>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(stream).await.map_err(|_| Silence::NoConnection)?;
    tokio::spawn(connection);
    Ok(sender)
}
