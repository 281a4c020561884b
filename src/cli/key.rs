//! `usher key`: the vendor's root key, and what it certifies.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use raft::seams::{Clock, Entropy, SystemClock, SystemEntropy};
use serde_json::json;
use trust::{
    ClusterId, IssuerClaims, IssuerLimits, PathLength, ProductCode, PublicKey, RootKeyFile, RootSet, Seconds,
    SigningKey, UnixSeconds, issue_certificate, verify_chain_undated,
};
use zeroize::Zeroizing;

use super::Answered;
use super::output::{Cell, Output, remark, write_new};
use super::verify::read_chain;
use super::words;
use crate::keys::{Keys, Secrets};
use crate::vendor_root;

/// Keys: the vendor's root key, and the certificates it gives to clusters
#[derive(Debug, Args)]
pub(super) struct Noun {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// The root key: applications pin its public half
    #[command(after_help = "\
Example:
  usher key root create --out ~/vendor-root")]
    Root {
        #[command(subcommand)]
        verb: RootVerb,
    },
    /// Certify a cluster's signing key with the root key
    Certify(Box<Certify>),
    /// Show a node's signing key as its root needs it, and until when it is certified
    Show {
        /// The data directory of a node
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
    /// Put a renewed certificate into a node
    ///
    /// It must lead from the vendor's root to the cluster's own key. A server that runs takes it at SIGHUP, or when it
    /// is started again. Every node of the cluster needs it.
    #[command(after_help = "\
Example:
  usher key certify --root-key vendor-root.key.json --data /var/lib/usher --out certificate
  usher key install certificate --data /var/lib/usher
  systemctl reload usher")]
    Install {
        /// What `usher key certify` wrote: one certificate per line, or JSON with a `chain`
        #[arg(value_name = "FILE")]
        file: PathBuf,

        /// The data directory of a node
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum RootVerb {
    /// Make a root key: a private file to lock away, a public one to ship with applications
    #[command(after_help = "\
Example:
  usher key root create --out ~/vendor-root
  usher init --root-key ~/vendor-root/vendor-root.key.json")]
    Create {
        /// The directory to write into; it is made if it is not there
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

/// What a certificate is asked for.
#[derive(Debug, Args)]
#[command(after_help = "\
`usher init` certifies a new cluster by itself. This is for renewing, where the root key is: `usher key show`
tells on a node whom to certify, and `usher key install` puts the certificate into each node. It is one line
of text, the first of a chain.

Examples:
  usher key certify --root-key vendor-root.key.json --data /var/lib/usher
  usher key certify --root-key vendor-root.key.json --cluster clu_… --public-key 11qYAY… \\
      --expires 730d --product coditect --grace-max 30d")]
struct Certify {
    /// The vendor's private root key file
    #[arg(long, value_name = "FILE")]
    root_key: PathBuf,

    /// The data directory of a node, to take the cluster and its public key from
    #[arg(long, value_name = "DIR", required_unless_present = "cluster", conflicts_with_all = ["cluster", "public_key"])]
    data: Option<PathBuf>,

    /// The cluster's id
    #[arg(long, value_name = "ID", requires = "public_key")]
    cluster: Option<ClusterId>,

    /// The cluster's public signing key, as a JWK's `x`
    #[arg(long, value_name = "KEY", requires = "cluster", allow_hyphen_values = true)]
    public_key: Option<PublicKey>,

    /// When the certificate ends
    #[arg(long, value_name = "TIME", value_parser = words::time, default_value = "1830d")]
    expires: Timestamp,

    /// A product it may sign for; may be given again. Without it, all
    #[arg(long, value_name = "CODE")]
    product: Vec<ProductCode>,

    /// The longest offline grace it may give. Without it, any
    #[arg(long, value_name = "TIME", value_parser = words::seconds)]
    grace_max: Option<u64>,

    /// Write the certificate into this file, which must not exist, instead of to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Noun {
    pub(super) fn run(self, output: Output) -> Answered {
        match self.verb {
            Verb::Root {
                verb: RootVerb::Create { out },
            } => create_root(&out, output),
            Verb::Certify(certify) => certify.run(output),
            Verb::Show { data } => show(&data, output),
            Verb::Install { file, data } => install(&file, &data, output),
        }
    }
}

fn show(data: &Path, output: Output) -> Answered {
    let Keys { identity, secrets } = Keys::load(data)?;
    let (cluster, key) = (identity.cluster.to_string(), secrets.signing.public());
    let verified = verify_chain_undated(&secrets.chain, &secrets.roots)?;
    let certificate = verified.leaf();
    let answer = json!({"cluster": cluster, "public_key": key.to_string(), "certificate": certificate});
    output.answer(&answer, |page| {
        page.details(&[
            ("cluster", Cell::new(cluster)),
            ("public key", Cell::new(key.to_string())),
            ("certified by", Cell::new(certificate.issuer.to_string())),
            ("certified until", Cell::new(words::at(certificate.limits.expires_at))),
        ])
    })?;
    Ok(())
}

fn install(file: &Path, data: &Path, output: Output) -> Answered {
    let cannot = || format!("{} cannot be read", file.display());
    let text = std::fs::read_to_string(file).with_context(cannot)?;
    let chain = read_chain(&text).with_context(|| format!("{} holds no certificates", file.display()))?;
    let now = UnixSeconds::new(SystemClock.unix_ms() / 1_000);
    let before = certified_until(&Keys::load(data)?.secrets);
    let certificate = Keys::install(data, chain, now)?;
    let ends = certificate.limits.expires_at;
    let answer = json!({"certificate": certificate, "data_dir": data, "certified_until_before": before});
    output.answer(&answer, |page| {
        page.details(&[("certified until", Cell::new(words::at(ends)))])
            + "\nA server that runs takes it at SIGHUP. Give it to every node of the cluster.\n"
    })?;
    if let Some(before) = before.filter(|before| before.since(ends) > EARLIER_UNREMARKED) {
        remark(&format!(
            "warning: it ends {} before the one that was here, which was good until {}; was that meant? `usher key \
             certify --expires` says when one ends.",
            words::span(before.since(ends).get()),
            words::at(before)
        ));
    }
    Ok(())
}

/// By how much less than the one before a certificate may be good for without a word: renewing is not done to the hour.
const EARLIER_UNREMARKED: Seconds = Seconds::new(86_400);

/// Until when what a node has lets it sign, if it still leads to a root.
fn certified_until(secrets: &Secrets) -> Option<UnixSeconds> {
    let verified = verify_chain_undated(&secrets.chain, &secrets.roots).ok()?;
    Some(verified.leaf().limits.expires_at)
}

fn create_root(directory: &Path, output: Output) -> Answered {
    let mut seed = Zeroizing::new([0; 32]);
    SystemEntropy.fill(&mut seed[..]);
    let key = SigningKey::from_seed(seed);
    let (kid, roots) = (key.kid(), RootSet::new([key.public()])?);
    let written = vendor_root::write(directory, &roots, Some(&RootKeyFile::new(key))).context("--out")?;
    let (private, public) = (written.private.unwrap_or_default(), written.public);
    let answer = json!({"kid": kid, "private_key": private, "root_file": public});
    output.answer(&answer, |page| {
        page.details(&[
            (
                "root key",
                Cell::new(format!(
                    "{}  (private: lock it away, and keep a copy offline)",
                    private.display()
                )),
            ),
            (
                "root file",
                Cell::new(format!(
                    "{}  (public: ship it with your applications)",
                    public.display()
                )),
            ),
            ("name", Cell::new(kid.to_string())),
        ])
    })?;
    Ok(())
}

impl Certify {
    fn run(self, output: Output) -> Answered {
        let root = vendor_root::read_key(&self.root_key).context("--root-key")?;
        let (cluster, key) = self.subject()?;
        let now = SystemClock.unix_ms() / 1_000;
        let expires = u64::try_from(self.expires.as_second()).unwrap_or(0);
        let claims = IssuerClaims {
            issuer: root.key().kid(),
            cluster,
            key,
            issued_at: UnixSeconds::new(now),
            limits: IssuerLimits {
                expires_at: UnixSeconds::new(expires),
                path: PathLength::new(0),
                products: (!self.product.is_empty()).then(|| self.product.iter().cloned().collect()),
                grace_max: self.grace_max.map(Seconds::new),
            },
        };
        let certificate = issue_certificate(root.key(), None, &claims)?;
        if let Some(path) = &self.out {
            write_new(path, &format!("{certificate}\n"))?;
            remark(&format!("The certificate is in {}.", path.display()));
            return Ok(());
        }
        output.answer(&json!({"certificate": certificate, "claims": claims}), |_| {
            format!("{certificate}\n")
        })?;
        Ok(())
    }

    /// Whose certificate it is to be.
    fn subject(&self) -> anyhow::Result<(ClusterId, PublicKey)> {
        if let Some(data) = &self.data {
            let keys = Keys::load(data)?;
            return Ok((
                keys.identity.cluster.to_string().parse()?,
                keys.secrets.signing.public(),
            ));
        }
        match (&self.cluster, self.public_key) {
            (Some(cluster), Some(key)) => Ok((cluster.clone(), key)),
            _ => bail!("say whom to certify: --data DIR, or --cluster ID and --public-key KEY"),
        }
    }
}
