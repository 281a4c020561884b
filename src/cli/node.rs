//! The settings of a node as flags: what `server`, `init`, `join` and `config` share.

use std::path::PathBuf;

use clap::Args;

use crate::config::{ConfigErrors, FileSource, Flag, Resolved, Sources};

/// Names the configuration file, unless a flag does.
const FILE_VARIABLE: &str = "USHER_CONFIG";

/// The flag for settings that have none of their own.
const SET: &str = "--set";

/// How the node is set up. `usher config show` explains every setting.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct Settings {
    /// The configuration file; without it the one that USHER_CONFIG names, or /etc/usher/usher.toml if there is one
    #[arg(long, value_name = "FILE")]
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
        let variable = || std::env::var_os(FILE_VARIABLE).filter(|file| !file.is_empty());
        let named = self.config.clone().or_else(|| variable().map(PathBuf::from));
        let file = named.map_or(FileSource::Usual, FileSource::Named);
        Sources::of_process(file, self.flags()).resolve()
    }

    /// The command that runs the node which these flags prepared. File and environment are there for it too, but what
    /// was said by a flag has to be said again.
    pub(super) fn server_command(&self) -> String {
        let mut words = vec!["usher server".to_owned()];
        let config = self.config.as_ref().map(|file| file.to_string_lossy().into_owned());
        words.extend(config.map(|file| format!("--config {}", quoted(&file))));
        for Flag { flag, key, value } in self.flags() {
            let value = if flag == SET { format!("{key}={value}") } else { value };
            words.push(format!("{flag} {}", quoted(&value)));
        }
        words.join(" ")
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
            flag: SET.to_owned(),
            key: key.clone(),
            value: value.clone(),
        });
        named.chain(other).collect()
    }
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_command_says_what_flags_said() {
        let settings = Settings {
            config: Some("/etc/usher/my usher.toml".into()),
            data: Some("/var/lib/usher".into()),
            api_advertise: Some("https://one.example:4600".to_owned()),
            set: vec![("raft.heartbeat_ms".to_owned(), "50".to_owned())],
            ..Settings::default()
        };
        assert_eq!(
            settings.server_command(),
            "usher server --config '/etc/usher/my usher.toml' --data /var/lib/usher \
             --api-advertise https://one.example:4600 --set raft.heartbeat_ms=50"
        );
        assert_eq!(Settings::default().server_command(), "usher server");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
