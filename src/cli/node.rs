//! The settings of a node as flags: what `server`, `init`, `join` and `config` share.

use std::path::PathBuf;

use clap::Args;

use crate::config::{ConfigErrors, FileSource, Flag, Resolved, Sources};

/// How the node is set up. `usher config show` explains every setting.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct Settings {
    /// The configuration file; without it /etc/usher/usher.toml, if there is one
    #[arg(long, env = "USHER_CONFIG", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// The data directory [node.data_dir]
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,

    /// The node's name for people [node.name]
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,

    /// Where the API listens [api.listen]
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) api_listen: Option<String>,

    /// The URL under which others reach the API [api.advertise]
    #[arg(long, value_name = "URL")]
    pub(super) api_advertise: Option<String>,

    /// Where the peer port listens [peer.listen]
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) peer_listen: Option<String>,

    /// Where other nodes reach the peer port [peer.advertise]
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) peer_advertise: Option<String>,

    /// Where the ops port listens [ops.listen]
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) ops_listen: Option<String>,

    /// The least urgent messages to log [log.level]
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,

    /// How to log: text or json [log.format]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,

    /// Any other setting; may be given again
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value)]
    pub(super) set: Vec<(String, String)>,
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text
        .split_once('=')
        .ok_or("expected KEY=VALUE, such as raft.heartbeat_ms=50")?;
    Ok((key.to_owned(), value.to_owned()))
}

impl Settings {
    /// The configuration that file, environment and flags make together.
    pub(super) fn resolve(&self) -> Result<Resolved, ConfigErrors> {
        let file = self.config.clone().map_or(FileSource::Usual, FileSource::Named);
        Sources::of_process(file, self.flags()).resolve()
    }

    /// The flags as settings.
    pub(super) fn flags(&self) -> Vec<Flag> {
        let data = self.data.as_ref().map(|path| path.to_string_lossy().into_owned());
        let given = [
            ("--data", "node.data_dir", &data),
            ("--name", "node.name", &self.name),
            ("--api-listen", "api.listen", &self.api_listen),
            ("--api-advertise", "api.advertise", &self.api_advertise),
            ("--peer-listen", "peer.listen", &self.peer_listen),
            ("--peer-advertise", "peer.advertise", &self.peer_advertise),
            ("--ops-listen", "ops.listen", &self.ops_listen),
            ("--log-level", "log.level", &self.log_level),
            ("--log-format", "log.format", &self.log_format),
        ];
        let named = given.into_iter().filter_map(|(flag, key, value)| {
            let value = value.clone()?;
            Some(Flag {
                flag: flag.to_owned(),
                key: key.to_owned(),
                value,
            })
        });
        let other = self.set.iter().map(|(key, value)| Flag {
            flag: "--set".to_owned(),
            key: key.clone(),
            value: value.clone(),
        });
        named.chain(other).collect()
    }
}
