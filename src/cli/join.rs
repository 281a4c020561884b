//! `usher join`: add a node to a cluster.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use clap::Args;
use licensing::id::NodeId;
use licensing::outcome::{Kind, Rejection};
use raft::seams::Seams;
use raft::{JoinError, JoinToken, Joiner};
use serde_json::json;
use storage::Directory;

use super::Answered;
use super::init::{already, told, write_ca_file};
use super::node::Settings;
use super::output::{Cell, Output};
use super::secret::Secret;
use crate::config::Address;
use crate::joining::join_in;
use crate::keys::Keys;
use crate::{private, vendor_root};

/// Add this machine as a node to a cluster
///
/// Asks a node of the cluster at its peer port, with a one-time token that `usher cluster join-token` prints.
/// Fills the data directory; `usher server` then runs the node, which catches up and takes part by itself.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher join usher-1.example:4601 --token-file join-token --data /var/lib/usher
  usher join usher-1.example:4601 --token usher-join-1.… --replace 3     takes the place of the lost node 3")]
pub(super) struct Join {
    /// The peer port of any node of the cluster
    #[arg(value_name = "HOST:PORT", value_parser = Address::parse)]
    address: Address,

    /// The one-time join token [env: USHER_JOIN_TOKEN]
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
    token: Option<String>,

    /// A file that holds the join token [env: USHER_JOIN_TOKEN_FILE]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// The node that this one takes the place of, such as one whose disk is lost
    #[arg(long, value_name = "ID")]
    replace: Option<u64>,

    #[command(flatten)]
    settings: Settings,
}

impl Join {
    pub(super) async fn run(self, output: Output) -> Answered {
        let token = Secret {
            flag: "--token",
            variable: "USHER_JOIN_TOKEN",
            given: self.token.as_deref(),
            file: self.token_file.as_deref(),
        };
        let token: JoinToken = token.required()?.parse().context("--token")?;
        let config = self.settings.resolve()?.config;
        let data = config.data_dir();
        if Keys::path(&data).exists() {
            return Err(already(&data).into());
        }
        let (peer, api) = told(&config)?;
        let root_file = data.join(vendor_root::PUBLIC);
        if root_file.exists() {
            let why = "a root is never overwritten; move it away, or name another directory";
            return Err(anyhow!("{} exists already: {why}", root_file.display()).into());
        }
        private::make_directory(&data)?;
        let joiner = Joiner {
            name: config.node_name(),
            peer_address: peer.to_string(),
            api_url: api.to_string(),
            replaces: self.replace.map(NodeId::new),
        };
        let seams = Seams::system(Arc::new(Directory::open(&data)?));
        let admitted = join_in(&data, &self.address.to_string(), &token, joiner, &seams).await;
        let node = admitted.map_err(explained)?;
        let keys = Keys::load(&data)?;
        let ca_file = write_ca_file(&data, &keys.identity)?;
        let root_file = vendor_root::write(&data, &keys.secrets.roots, None)?.public;
        let answer = json!({
            "cluster": token.cluster.to_string(),
            "node": node.get(),
            "root_file": root_file,
            "ca_file": ca_file,
            "api_url": api.as_str(),
            "data_dir": data,
        });
        output.answer(&answer, |page| {
            let facts = page.details(&[
                ("cluster", Cell::new(token.cluster.to_string())),
                ("node", Cell::new(node.to_string())),
                ("root file", Cell::new(root_file.display().to_string())),
                ("CA file", Cell::new(ca_file.display().to_string())),
            ]);
            format!(
                "{facts}\nThe node is admitted. Now start it:\n\n  {}\n",
                self.settings.server_command()
            )
        })?;
        Ok(())
    }
}

/// A failure with what to do next.
fn explained(error: anyhow::Error) -> anyhow::Error {
    let next = match error.downcast_ref::<JoinError>() {
        Some(JoinError::Unreachable { source, .. }) if is_another_port(source) => {
            "that does not look like a peer port, but like an API's perhaps; the peer port is 4601, unless the node's \
             peer.listen says another"
        }
        Some(JoinError::Refused(why)) if *why == Rejection::JoinTokenInvalid.to_string() => {
            "`usher cluster join-token` on the cluster makes a new token"
        }
        Some(JoinError::Refused(why)) if *why == (Rejection::NotFound { kind: Kind::Node }).to_string() => {
            "`usher status` on the cluster shows the numbers of its nodes; the token is not used up"
        }
        _ => return error,
    };
    anyhow!("{error}\nnext: {next}")
}

/// Whether somebody is there who speaks, but not as a peer does: plain HTTP, or TLS for something else.
fn is_another_port(error: &std::io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(
        inner,
        Some(
            rustls::Error::InvalidMessage(_)
                | rustls::Error::AlertReceived(rustls::AlertDescription::NoApplicationProtocol)
                | rustls::Error::NoApplicationProtocol
        )
    )
}
