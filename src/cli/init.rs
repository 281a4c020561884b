//! `usher init`: found a cluster.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use raft::Identity;
use raft::seams::Seams;
use serde_json::json;
use storage::Directory;

use super::node::{Settings, quoted};
use super::output::{Cell, Output, Style};
use super::{Answered, Failure, pem};
use crate::config::{Address, ApiUrl, Config, TlsMode};
use crate::founding::{Founded, Founding, found_in};
use crate::keys::Keys;
use crate::private::{self, Reserved};

/// Found a new cluster: its keys, its first node, its first admin token, the link for its first owner
///
/// Fills the data directory; `usher server` then runs the node. Without --root-key a new vendor root is made, whose
/// private file is to be locked away. The admin token is shown once, or written into the file that --token-out names:
/// the cluster keeps a keyed hash of it and nothing else. The set-up link is shown once too: by it the first owner chooses
/// a password, within seven days and once the node runs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher init --data /var/lib/usher --api-advertise https://usher-1.example:4600
  usher init --config /etc/usher/usher.toml --root-key ~/vendor-root/vendor-root.key.json
Then, with what `init` printed:
  usher server --config /etc/usher/usher.toml
and in another terminal:
  export USHER_URL=https://usher-1.example:4600
  export USHER_CACERT=/var/lib/usher/cluster-ca.pem
  export USHER_TOKEN=usher_…
  usher cluster join-token                 for each further node, see `usher join --help`")]
pub(super) struct Init {
    /// The vendor's private root key file; without it a new root is made
    #[arg(long, value_name = "FILE")]
    root_key: Option<PathBuf>,

    /// Where to write the root files, never over others; without it into the data directory
    #[arg(long, value_name = "DIR")]
    root_out: Option<PathBuf>,

    /// Write the admin token into this new file, readable by you alone, instead of showing it
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
        let (peer, api) = told(&config)?;
        let root_out = self.root_out.clone().unwrap_or_else(|| data.clone());
        private::make_directory(&data)?;
        let token_file = self.token_out.as_deref().map(reserve).transpose()?;
        let founding = Founding {
            name: config.node_name(),
            peer_address: peer.to_string(),
            api_url: api.to_string(),
            root_key: self.root_key.clone(),
        };
        let seams = Seams::system(Arc::new(Directory::open(&data)?));
        let founded = found_in(&data, &root_out, &founding, seams).await?;
        let ca_file = write_ca_file(&data, &founded.keys.identity)?;
        if let Some(file) = token_file {
            let written = file.fill(format!("{}\n", *founded.admin_token).as_bytes());
            written.context("--token-out: the file cannot be written")?;
        }
        self.tell(output, &config, &founded, &ca_file)?;
        founded.save(&data)?;
        Ok(())
    }

    /// Gives the founder what he must keep.
    fn tell(&self, output: Output, config: &Config, founded: &Founded, ca_file: &Path) -> Answered {
        let cluster = founded.keys.identity.cluster.to_string();
        let token = self.token_out.is_none().then(|| founded.admin_token.to_string());
        let url = config.api_url();
        let answer = json!({
            "cluster": cluster,
            "node": 1,
            "admin_token": token,
            "admin_token_file": self.token_out,
            "setup_link": founded.setup_link.as_str(),
            "root_file": founded.root.public,
            "root_key_file": founded.root.private,
            "ca_file": ca_file,
            "api_url": url.as_str(),
            "data_dir": config.data_dir(),
        });
        output.answer(&answer, |page| {
            let file = |path: &Path, what: &str| Cell::new(format!("{}  ({what})", path.display()));
            let shown = match (&token, &self.token_out) {
                (Some(token), _) => format!("{token}  (shown this once)"),
                (None, file) => format!("in {}", file.as_deref().unwrap_or(Path::new("-")).display()),
            };
            let mut lines = vec![
                ("cluster", Cell::new(&cluster)),
                ("admin token", Cell::new(shown).styled(Style::Strong)),
                ("set-up link", Cell::new(format!("{}  (for the first owner, once, within 7 days)", founded.setup_link.as_str()))),
                ("root file", file(&founded.root.public, "public: ship it with your applications")),
            ];
            let private = founded.root.private.as_deref();
            lines.extend(private.map(|path| ("root key", file(path, "private: move it offline"))));
            let of_its_own = "for USHER_CACERT, while the API has no certificate of its own";
            lines.push(("CA file", file(ca_file, of_its_own)));
            format!(
                "{}\nStart the node:\n\n  {}\n\nThen say in another terminal whom to ask, and as whom:\n\n{}  usher status\n",
                page.details(&lines),
                self.settings.server_command(),
                self.exports(config, ca_file, token.as_deref()),
            )
        })?;
        Ok(())
    }

    /// What a terminal has to know before commands can be given in it.
    fn exports(&self, config: &Config, ca_file: &Path, token: Option<&str>) -> String {
        let line = |name: &str, value: &str| format!("  export {name}={}\n", quoted(value));
        let absolute = |path: &Path| {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            path.to_string_lossy().into_owned()
        };
        let mut lines = line("USHER_URL", config.api_url().as_str());
        if config.api.tls == TlsMode::On && config.api.tls_cert.get().is_none() {
            lines += &line("USHER_CACERT", &absolute(ca_file));
        }
        lines += &match (token, &self.token_out) {
            (None, Some(file)) => line("USHER_TOKEN_FILE", &absolute(file)),
            (token, _) => line("USHER_TOKEN", token.unwrap_or_default()),
        };
        lines
    }
}

/// Takes the name of the token's file, so that it can be written once there is a token.
fn reserve(path: &Path) -> anyhow::Result<Reserved> {
    let reserved = Reserved::new(path);
    reserved.with_context(|| format!("--token-out: {} cannot be made; name a new file", path.display()))
}

/// The addresses that a new node gives to others.
pub(super) fn told(config: &Config) -> Result<(Address, ApiUrl), Failure> {
    for (flag, listen, advertised) in [
        (
            "--peer-listen",
            &config.peer.listen,
            config.peer.advertise.get().is_some(),
        ),
        ("--api-listen", &config.api.listen, config.api.advertise.get().is_some()),
    ] {
        if listen.port() == 0 && !advertised {
            return Err(Failure::Usage(format!(
                "{flag}: {listen} takes any free port, but a node of a cluster is known by its port; name one"
            )));
        }
    }
    Ok((config.peer_address(), config.api_url()))
}

pub(super) fn already(data: &Path) -> anyhow::Error {
    anyhow::anyhow!(
        "{} belongs to a node already; `usher server --data {0}` runs it",
        data.display()
    )
}

/// Writes the certificate of the cluster's authority beside the data.
pub(super) fn write_ca_file(data: &Path, identity: &Identity) -> anyhow::Result<PathBuf> {
    let path = data.join(CA_FILE);
    let written = std::fs::write(&path, pem::certificate(&identity.authority.certificate));
    written.with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path)
}
