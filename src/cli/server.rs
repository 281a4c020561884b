//! `usher server`: run a node.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use clap::Args;
use raft::seams::Seams;
use storage::{Contents, Directory, Error as StorageError};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Answered;
use super::node::Settings;
use super::output::{Output, remark};
use crate::config::Config;
use crate::keys::Keys;
use crate::server::{Server as Running, ServerConfig};
use crate::telemetry;

mod dev;

/// Run a node of a cluster
///
/// The data directory must have been prepared by `usher init` (a new cluster) or `usher join` (another node of one).
/// SIGTERM and Ctrl-C end it in order: the lead goes to another node and requests in flight are answered. SIGHUP reads
/// the API's certificate again, and the one that `usher key install` renewed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher server --dev                               nothing to prepare, nothing left behind
  usher server --dev --data ./dev                  the same, but it remembers
  usher server --config /etc/usher/usher.toml
  usher server --data /var/lib/usher --api-advertise https://usher-1.example:4600")]
pub(super) struct Server {
    /// Run one node to try things with: product, plan and license ready, plain HTTP, this machine only
    ///
    /// Everything is in memory, unless --data names a directory. Only flags count, and a file that --config names:
    /// neither the usual file nor the environment.
    #[arg(long)]
    dev: bool,

    /// The seats of the license that --dev makes
    #[arg(long, value_name = "N", default_value_t = 10, requires = "dev")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    seats: u32,

    #[command(flatten)]
    settings: Settings,
}

impl Server {
    pub(super) async fn run(self, output: Output) -> Answered {
        if self.dev {
            return dev::run(&self.settings, self.seats, output).await;
        }
        let config = self.settings.resolve()?.config;
        telemetry::start(config.log.level, config.log.format)
            .with_context(|| format!("{} is not a filter for the log", telemetry::FILTER_VARIABLE))?;
        let signals = Signals::catch()?;
        let data = config.data_dir();
        let keys = Keys::load(&data)?;
        let disk = Directory::open(&data)?;
        check_whole(&disk, &data, &keys)?;
        let seams = Seams::system(Arc::new(disk));
        let server = Running::start(ServerConfig::of(&config), &keys, seams).await?;
        tell(&server, &config, &keys, &data);
        serve(server, signals, Some(&data)).await
    }
}

/// A node whose log is gone has forgotten whom it voted for and what it acknowledged. Under its old name it could undo
/// what the cluster has promised, so it does not start.
fn check_whole(disk: &Directory, data: &Path, keys: &Keys) -> anyhow::Result<()> {
    let node = keys.identity.node.get();
    let gone = match gone(disk) {
        Ok(None) => return Ok(()),
        Ok(Some(gone)) => gone,
        Err(StorageError::LostSync { failed }) => bail!(
            "a sync has failed in {data} ({failed}), and this machine was not restarted since. What it shows of that file \
             may never have reached the disk, so a node that went on could lose what it promises. Check the disk and the \
             system's log, restart the machine, and start the node again. If the disk is not to be trusted any more, \
             move {data} away and let the node come back as a new one:\n\n  usher join --replace {node} --data {data} \
             --token … ADDRESS",
            data = data.display(),
        ),
        Err(error) => return Err(error.into()),
    };
    bail!(
        "{gone} is gone from {data}, and with it what this node promised the others; it must not go on under its old \
         name. Move {data} away and let it come back as a new node:\n\n  usher join --replace {node} --data {data} \
         --token … ADDRESS\n\nA running node makes the token: `usher cluster join-token`. A cluster of one node \
         needs its backup.",
        data = data.display(),
    );
}

/// What is not on the disk of a node that has its keys.
fn gone(disk: &Directory) -> Result<Option<&'static str>, StorageError> {
    Ok(match storage::contents(disk)? {
        Contents::Whole => None,
        Contents::Part { missing } => Some(missing),
        Contents::Nothing => Some("the ledger"),
    })
}

/// Reads what can be renewed while the server runs. What cannot be used changes nothing.
fn reload(server: &Running, data: Option<&Path>) {
    match server.reload() {
        Ok(()) => tracing::info!("the API's certificate was read again"),
        Err(error) => tracing::error!(error = format!("{error:#}"), "the API's old certificate stays"),
    }
    let renewed = data.map(|data| Keys::load(data).and_then(|keys| server.renew(&keys.secrets)));
    match renewed {
        Some(Ok(true)) => tracing::info!("tokens are signed under the renewed certificate"),
        Some(Err(error)) => tracing::error!(error = format!("{error:#}"), "the cluster's old certificate stays"),
        Some(Ok(false)) | None => {}
    }
}

fn tell(server: &Running, config: &Config, keys: &Keys, data: &Path) {
    tracing::info!(
        node = %keys.identity.node,
        cluster = %keys.identity.cluster,
        name = config.node_name(),
        api = %server.api_address(),
        peer = %server.node().peer_address(),
        ops = server.ops_address().map(tracing::field::display),
        data = %data.display(),
        version = env!("CARGO_PKG_VERSION"),
        "the node is up"
    );
}

/// The signals that mean something to a server.
struct Signals {
    hang_up: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Catches them from now on. Done before anybody is told that the server is up, so that none ends it out of order.
    fn catch() -> std::io::Result<Self> {
        Ok(Self {
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }
}

/// Serves until a signal says to stop, or something is so wrong that the process must end. `data` is where renewed
/// certificates are found.
async fn serve(mut server: Running, mut signals: Signals, data: Option<&Path>) -> Answered {
    loop {
        tokio::select! {
            // Not shut down in order: the node's disk or ledger may be wrong, and it must not answer any more.
            why = server.failed() => return Err(anyhow!("the node cannot go on: {why}").into()),
            _ = signals.hang_up.recv() => reload(&server, data),
            _ = signals.terminate.recv() => break,
            _ = signals.interrupt.recv() => break,
        }
    }
    tracing::info!("stopping: the lead is handed over and requests in flight are answered");
    tokio::select! {
        () = server.shutdown() => Ok(()),
        _ = signals.interrupt.recv() => {
            remark("Interrupted again: stopped at once.");
            Err(super::Failure::Code(1))
        }
    }
}
