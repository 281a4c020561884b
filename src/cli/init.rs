//! `usher init`: found a cluster.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use raft::seams::Seams;
use serde_json::json;
use storage::Directory;

use super::Answered;
use super::node::Settings;
use super::output::{Cell, Output, Style};
use super::pem;
use crate::founding::{Founding, found_in, write_root_files};
use crate::keys::{Keys, write_private};

/// Found a new cluster: its keys, its first node, its first admin token
///
/// Fills the data directory; `usher server` then runs the node. Without --root-key a new vendor root is made, whose
/// private file is to be locked away. The admin token is shown once: only a keyed hash of it is kept.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher init --data /var/lib/usher --api-advertise https://usher-1.example:4600
  usher init --config /etc/usher/usher.toml --root-key ~/vendor-root/vendor-root.key.json
Then:
  usher server --config /etc/usher/usher.toml
  usher cluster join-token                 for each further node, see `usher join --help`")]
pub(super) struct Init {
    /// The vendor's private root key file; without it a new root is made
    #[arg(long, value_name = "FILE")]
    root_key: Option<PathBuf>,

    /// Where to write the root files; without it into the data directory
    #[arg(long, value_name = "DIR")]
    root_out: Option<PathBuf>,

    /// Write the admin token into this file, readable by you alone, instead of showing it
    #[arg(long, value_name = "FILE")]
    token_out: Option<PathBuf>,

    #[command(flatten)]
    settings: Settings,
}

/// The file beside the data that clients may trust the API by.
pub(super) const CA_FILE: &str = "cluster-ca.pem";

impl Init {
    pub(super) async fn run(self, output: Output) -> Answered {
        let config = self.settings.resolve()?.config;
        let data = config.data_dir();
        if Keys::path(&data).exists() {
            return Err(already(&data).into());
        }
        let root_out = self.root_out.clone().unwrap_or_else(|| data.clone());
        for directory in [&data, &root_out] {
            make_directory(directory)?;
        }
        let founding = Founding {
            name: config.node_name(),
            peer_address: config.peer_address().to_string(),
            api_url: config.api_url().to_string(),
            root_key: self.root_key,
        };
        let seams = Seams::system(Arc::new(Directory::open(&data)?));
        let founded = found_in(&data, &founding, seams).await?;
        let (root_file, root_key_file) = write_root_files(&root_out, &founded)?;
        let ca_file = write_ca_file(&data)?;
        if let Some(path) = &self.token_out {
            let path = &std::path::absolute(path).context("--token-out")?;
            let written = write_private(path, format!("{}\n", *founded.admin_token).as_bytes());
            written.with_context(|| format!("--token-out: {} cannot be written", path.display()))?;
        }
        let token = self.token_out.is_none().then(|| founded.admin_token.to_string());
        let answer = json!({
            "cluster": founded.cluster.to_string(),
            "node": 1,
            "admin_token": token,
            "admin_token_file": self.token_out,
            "root_file": root_file,
            "root_key_file": root_key_file,
            "ca_file": ca_file,
            "api_url": founding.api_url,
            "data_dir": data,
        });
        output.answer(&answer, |page| {
            let file = |path: &Path, what: &str| Cell::new(format!("{}  ({what})", path.display()));
            let shown = token.unwrap_or_else(|| format!("in {}", self.token_out.as_deref().unwrap_or(&data).display()));
            let mut lines = vec![
                ("cluster", Cell::new(founded.cluster.to_string())),
                ("admin token", Cell::new(shown).styled(Style::Strong)),
                ("root file", file(&root_file, "public: ship it with your applications")),
            ];
            lines.extend(
                root_key_file
                    .as_deref()
                    .map(|path| ("root key", file(path, "private: move it offline"))),
            );
            lines.push((
                "CA file",
                file(
                    &ca_file,
                    "for USHER_CACERT, while the API has no certificate of its own",
                ),
            ));
            format!(
                "{}\nThe admin token is shown this once. Now start the node:\n\n  usher server --data {}\n",
                page.details(&lines),
                data.display()
            )
        })?;
        Ok(())
    }
}

pub(super) fn already(data: &Path) -> anyhow::Error {
    anyhow::anyhow!(
        "{} belongs to a node already; `usher server --data {0}` runs it",
        data.display()
    )
}

/// Makes a directory that only its owner may read.
pub(super) fn make_directory(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    if path.is_dir() {
        return Ok(());
    }
    if path.exists() {
        bail!("{} is a file; name a directory", path.display());
    }
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("{} cannot be made", path.display()))
}

/// Writes the certificate of the cluster's authority beside the data.
pub(super) fn write_ca_file(data: &Path) -> anyhow::Result<PathBuf> {
    let path = data.join(CA_FILE);
    let keys = Keys::load(data)?;
    let written = std::fs::write(&path, pem::certificate(&keys.identity.authority.certificate));
    written.with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path)
}
