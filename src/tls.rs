//! The API's certificate: the operator's own pair of files, or one that the cluster's CA signs for this node.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use licensing::id::ClusterId;
use raft::seams::BoxStream;
use raft::{Authority, IdentityError, NodeKey};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What clients may speak inside, the better one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Why a certificate cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read as PEM.
    #[error("{} cannot be read: {source}; it must be PEM, {holds}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What it should hold.
        holds: &'static str,
        /// What is wrong with it.
        #[source]
        source: rustls_pki_types::pem::Error,
    },
    /// The file holds no certificate at all.
    #[error("{} holds no certificate; it must be PEM, the server's certificate first", .0.display())]
    NoCertificate(PathBuf),
    /// The key is not that of the certificate, or of a kind that TLS does not know.
    #[error("the certificate and its key do not go together: {0}")]
    Pair(#[source] rustls::Error),
    /// The cluster's CA cannot sign.
    #[error(transparent)]
    Authority(#[from] IdentityError),
}

/// TLS for the API listener.
pub struct ApiTls {
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
    source: Source,
}

/// Where certificates come from.
enum Source {
    Files(Files),
    Cluster(Issuer),
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// The cluster's CA, and whom its certificate is for.
struct Issuer {
    authority: Authority,
    cluster: ClusterId,
    names: Mutex<Vec<String>>,
}

/// The certificate that is shown now; a reload changes it for new connections.
struct Shown(RwLock<Arc<CertifiedKey>>);

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

impl fmt::Debug for ApiTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Files(files) => write!(f, "ApiTls({})", files.certificate.display()),
            Source::Cluster(_) => f.write_str("ApiTls(signed by the cluster)"),
        }
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl ApiTls {
    /// Shows the operator's own certificate, with the certificates above it, from PEM files.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let files = Files {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        };
        let pair = files.load()?;
        Ok(Self::showing(pair, Source::Files(files)))
    }

    /// Shows a new certificate for `names`, host names and IP addresses, that the cluster's CA signs. Clients trust it by
    /// the CA's certificate, so it need not stay the same from one start to the next.
    pub fn certified_by(authority: &Authority, cluster: ClusterId, names: &[String]) -> Result<Self, TlsError> {
        let issuer = Issuer {
            authority: authority.clone(),
            cluster,
            names: Mutex::new(names.to_vec()),
        };
        let pair = issuer.certify(names)?;
        Ok(Self::showing(pair, Source::Cluster(issuer)))
    }

    fn showing(pair: CertifiedKey, source: Source) -> Self {
        let shown = Arc::new(Shown(RwLock::new(Arc::new(pair))));
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("the provider knows TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&shown) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
        Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            shown,
            source,
        }
    }

    /// From now on shows a certificate that is for `name` too. The operator's own files are shown as they are.
    pub fn also_for(&self, name: &str) -> Result<(), TlsError> {
        let Source::Cluster(issuer) = &self.source else {
            return Ok(());
        };
        let mut names = issuer.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.iter().any(|known| known == name) {
            return Ok(());
        }
        let more: Vec<String> = names.iter().cloned().chain([name.to_owned()]).collect();
        self.show(issuer.certify(&more)?);
        *names = more;
        Ok(())
    }

    /// Reads the files again, as after a renewal; a pair that cannot be used changes nothing. Says whether there are
    /// files to read.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let Source::Files(files) = &self.source else {
            return Ok(false);
        };
        self.show(files.load()?);
        Ok(true)
    }

    fn show(&self, pair: CertifiedKey) {
        *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
    }

    pub(crate) async fn accept(&self, stream: BoxStream) -> std::io::Result<TlsStream<BoxStream>> {
        self.acceptor.accept(stream).await
    }
}

impl Issuer {
    fn certify(&self, names: &[String]) -> Result<CertifiedKey, TlsError> {
        let key = NodeKey::generate()?;
        let certificate = self.authority.certify_api(self.cluster, names, &key.public())?;
        let chain = vec![certificate.into(), self.authority.certificate.clone().into()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.private()));
        pair(chain, key)
    }
}

impl Files {
    fn load(&self) -> Result<CertifiedKey, TlsError> {
        let bad = |path: &Path, holds| {
            let path = path.to_owned();
            move |source| TlsError::File { path, holds, source }
        };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect)
            .map_err(bad(&self.certificate, "the server's certificate first"))?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate(self.certificate.clone()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(bad(&self.key, "one private key"))?;
        pair(chain, key)
    }
}

fn pair(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<CertifiedKey, TlsError> {
    CertifiedKey::from_der(chain, key, &provider()).map_err(TlsError::Pair)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use rcgen::{CertifiedKey as Made, generate_simple_self_signed};

    use super::*;

    fn write(dir: &Path, name: &str) -> (PathBuf, PathBuf) {
        let Made { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
        let (certificate, key) = (dir.join("tls.crt"), dir.join("tls.key"));
        std::fs::write(&certificate, cert.pem()).unwrap();
        std::fs::write(&key, signing_key.serialize_pem()).unwrap();
        (certificate, key)
    }

    fn shown(tls: &ApiTls) -> CertificateDer<'static> {
        tls.shown.0.read().unwrap().cert[0].clone()
    }

    #[test]
    fn a_reload_shows_the_renewed_certificate() {
        let dir = tempfile::tempdir().unwrap();
        let (certificate, key) = write(dir.path(), "first.example");
        let tls = ApiTls::from_files(&certificate, &key).unwrap();
        let first = shown(&tls);
        write(dir.path(), "second.example");
        assert!(tls.reload().unwrap());
        assert_ne!(shown(&tls), first);
    }

    #[test]
    fn a_bad_renewal_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (certificate, key) = write(dir.path(), "first.example");
        let tls = ApiTls::from_files(&certificate, &key).unwrap();
        let first = shown(&tls);
        std::fs::write(&certificate, "not a certificate").unwrap();
        assert!(matches!(tls.reload(), Err(TlsError::NoCertificate(_))));
        assert_eq!(shown(&tls), first);
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (certificate, _) = write(one.path(), "first.example");
        let (_, key) = write(other.path(), "first.example");
        assert!(matches!(ApiTls::from_files(&certificate, &key), Err(TlsError::Pair(_))));
    }

    #[test]
    fn the_cluster_signs_for_a_node_without_files() {
        let cluster = ClusterId::from_bytes([1; 16]);
        let authority = Authority::generate(cluster).unwrap();
        let tls = ApiTls::certified_by(&authority, cluster, &["localhost".into(), "127.0.0.1".into()]).unwrap();
        assert!(!tls.reload().unwrap());
        let first = shown(&tls);
        tls.also_for("localhost").unwrap();
        assert_eq!(shown(&tls), first, "it is for that name already");
        tls.also_for("one.example").unwrap();
        let second = shown(&tls);
        assert_ne!(second, first);
        tls.also_for("one.example").unwrap();
        assert_eq!(shown(&tls), second);
    }
}
