//! TLS between peers: version 1.3, certificates of the cluster's own CA on both sides. A joiner, which has none yet,
//! checks the CA by the hash in its join token and shows a certificate that it made itself, which proves its key.

use std::io;
use std::sync::Arc;

use licensing::id::{ClusterId, NodeId, SecretHash};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig,
    SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest, Sha256};
use tokio_rustls::{LazyConfigAcceptor, TlsConnector};

use crate::identity::{Identity, NodeKey, cluster_name, node_name, spki_hash};
use crate::seams::BoxStream;

/// ALPN of peers that know each other.
const PEER: &[u8] = b"usher-peer/1";

/// ALPN of a node that asks to be admitted.
const JOIN: &[u8] = b"usher-join/1";

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// A node's TLS settings toward its peers.
#[derive(Clone)]
pub(crate) struct PeerTls {
    cluster: ClusterId,
    connect: TlsConnector,
    peers: Arc<ServerConfig>,
    joiners: Arc<ServerConfig>,
}

/// Who is at the other end of an accepted connection.
pub(crate) enum Accepted {
    /// A holder of a certificate of this cluster; which node it is, its first frame must say and
    /// [`Certificate::is_node`] confirm.
    Peer(BoxStream, Certificate),
    /// Somebody who wants to join. The certificate is its own work and proves only that it has the key in it.
    Joiner(BoxStream, Certificate),
}

/// The certificate at the other end: a peer's is of this cluster's CA.
pub(crate) struct Certificate {
    cluster: ClusterId,
    der: CertificateDer<'static>,
}

impl Certificate {
    /// The certificate that was shown to a node of `cluster`.
    pub(crate) const fn new(cluster: ClusterId, der: CertificateDer<'static>) -> Self {
        Self { cluster, der }
    }

    /// Whether the certificate was made for this node.
    pub(crate) fn is_node(&self, node: NodeId) -> bool {
        let Ok(name) = ServerName::try_from(node_name(self.cluster, node)) else {
            return false;
        };
        ParsedCertificate::try_from(&self.der)
            .is_ok_and(|parsed| rustls::client::verify_server_name(&parsed, &name).is_ok())
    }

    /// The hash of its public key.
    pub(crate) fn spki(&self) -> Option<SecretHash> {
        let parsed = ParsedCertificate::try_from(&self.der).ok()?;
        Some(spki_hash(parsed.subject_public_key_info().as_ref()))
    }
}

impl PeerTls {
    /// The settings of the node with this identity.
    pub(crate) fn new(identity: &Identity) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots
            .add(identity.authority.certificate.clone().into())
            .map_err(invalid)?;
        let roots = Arc::new(roots);
        let mut client = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(invalid)?
            .with_root_certificates(Arc::clone(&roots))
            .with_client_auth_cert(identity.chain(), identity.private_key())
            .map_err(invalid)?;
        client.alpn_protocols = vec![PEER.to_vec()];
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider())
            .build()
            .map_err(invalid)?;
        let server = || {
            ServerConfig::builder_with_provider(provider())
                .with_protocol_versions(&[&rustls::version::TLS13])
                .map_err(invalid)
        };
        let mut peers = server()?
            .with_client_cert_verifier(verifier)
            .with_single_cert(identity.chain(), identity.private_key())
            .map_err(invalid)?;
        peers.alpn_protocols = vec![PEER.to_vec()];
        let mut joiners = server()?
            .with_client_cert_verifier(Arc::new(AnyKey(provider())))
            .with_single_cert(identity.chain(), identity.private_key())
            .map_err(invalid)?;
        joiners.alpn_protocols = vec![JOIN.to_vec()];
        Ok(Self {
            cluster: identity.cluster,
            connect: TlsConnector::from(Arc::new(client)),
            peers: Arc::new(peers),
            joiners: Arc::new(joiners),
        })
    }

    /// Makes a connection to `node` safe: it shows a certificate of the CA for just that node.
    pub(crate) async fn connect(&self, node: NodeId, stream: BoxStream) -> io::Result<BoxStream> {
        let name = ServerName::try_from(node_name(self.cluster, node)).map_err(invalid)?;
        Ok(Box::new(self.connect.connect(name, stream).await?))
    }

    /// Makes an accepted connection safe: by what it asks for, a peer must show its certificate, a joiner need not.
    pub(crate) async fn accept(&self, stream: BoxStream) -> io::Result<Accepted> {
        let start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await?;
        let joins = start
            .client_hello()
            .alpn()
            .is_some_and(|mut names| names.any(|name| name == JOIN));
        let config = if joins { &self.joiners } else { &self.peers };
        let stream = start.into_stream(Arc::clone(config)).await?;
        let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let nothing = || io::Error::new(io::ErrorKind::PermissionDenied, "no certificate was shown");
        let certificate = Certificate::new(self.cluster, shown.ok_or_else(nothing)?.clone().into_owned());
        Ok(if joins {
            Accepted::Joiner(Box::new(stream), certificate)
        } else {
            Accepted::Peer(Box::new(stream), certificate)
        })
    }
}

/// Makes a joiner's connection safe: the other end shows a certificate of the CA with this hash, the joiner proves that
/// it has `key`.
pub(crate) async fn connect_to_join(
    cluster: ClusterId,
    ca_hash: [u8; 32],
    key: &NodeKey,
    stream: BoxStream,
) -> io::Result<BoxStream> {
    let own = key.self_signed(cluster).map_err(invalid)?;

    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(invalid)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(PinnedAuthority {
            ca_hash,
            provider: provider(),
        }))
        .with_client_auth_cert(vec![own], key.pkcs8())
        .map_err(invalid)?;
    config.alpn_protocols = vec![JOIN.to_vec()];
    let name = ServerName::try_from(cluster_name(cluster)).map_err(invalid)?;
    Ok(Box::new(
        TlsConnector::from(Arc::new(config)).connect(name, stream).await?,
    ))
}

/// Trusts just the CA whose certificate has this hash, as the server shows it in its chain.
#[derive(Debug)]
struct PinnedAuthority {
    ca_hash: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let authority = intermediates
            .iter()
            .find(|shown| Sha256::digest(shown.as_ref()).as_slice() == self.ca_hash)
            .ok_or(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?
            .verify_server_cert(end_entity, &[], server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(only_tls13())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_signature(&self.provider, message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Takes any certificate. The handshake then proves that its holder has the key in it, and nothing more.
#[derive(Debug)]
struct AnyKey(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyKey {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(only_tls13())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_signature(&self.0, message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

fn verify_signature(
    provider: &CryptoProvider,
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
) -> Result<HandshakeSignatureValid, rustls::Error> {
    let algorithms = &provider.signature_verification_algorithms;
    rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
}

fn only_tls13() -> rustls::Error {
    rustls::Error::General("peers speak TLS 1.3 only".to_owned())
}
