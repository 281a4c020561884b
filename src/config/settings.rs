//! Everything that can be set: the one table that the typed configuration, the template and the checks come from.

use std::path::PathBuf;
use std::time::Duration;

use raft::Tuning;

use super::address::{Address, ApiUrl, bare};
use super::error::ConfigError;
use super::sources::Given;
use super::values::{Count, LogFormat, LogLevel, Maybe, Millis, NodeName, Path, Spelling, TlsMode, Value};
use crate::api::ApiLimits;
use crate::serve::ServeLimits;

/// One setting, as the template and the checks see it.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) section: &'static str,
    pub(super) name: &'static str,
    pub(super) doc: &'static [&'static str],
    /// The default as text; empty if it is not set.
    pub(super) default: fn() -> String,
    pub(super) example: &'static str,
    pub(super) spelling: Spelling,
    pub(super) allowed: fn() -> String,
}

impl Setting {
    /// The setting's full name, `section.name`.
    pub(super) fn key(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// The variable that sets it.
    pub(super) fn variable(&self) -> String {
        format!("USHER_{}__{}", self.section, self.name).to_ascii_uppercase()
    }
}

/// A group of settings.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) name: &'static str,
    pub(super) doc: &'static [&'static str],
    pub(super) settings: &'static [Setting],
}

/// Reads one setting of what was given. A value that is not allowed is noted, and the default stands in for it so that
/// the other settings are looked at too.
fn read<T: Value>(given: &Given, setting: &Setting, errors: &mut Vec<ConfigError>) -> T {
    if let Some((text, origin)) = given.get(&setting.key()) {
        match T::read(text) {
            Some(value) => return value,
            None => errors.push(ConfigError::bad_value(
                setting.key(),
                text,
                origin.clone(),
                T::allowed(),
            )),
        }
    }
    T::read(&(setting.default)()).expect("every default is allowed; a test reads them all")
}

// A default that a part of the server has by itself is taken from there: there is one of each.
macro_rules! settings {
    ($($(#[doc = $section_doc:literal])* $section:ident: $Section:ident {
        $($(#[doc = $doc:literal])* $name:ident: $type:ty = $default:expr,)+
    })+) => {
        /// The configuration of a server.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Config {
            $($(#[doc = $section_doc])* pub $section: $Section,)+
        }

        $(
            $(#[doc = $section_doc])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $Section {
                $($(#[doc = $doc])* pub $name: $type,)+
            }
        )+

        /// All settings, in the order of the template.
        pub(super) const SECTIONS: &[Section] = &[$(Section {
            name: stringify!($section),
            doc: &[$($section_doc),*],
            settings: &[$(Setting {
                section: stringify!($section),
                name: stringify!($name),
                doc: &[$($doc),*],
                default: || $default.to_string(),
                example: <$type as Value>::EXAMPLE,
                spelling: <$type as Value>::SPELLING,
                allowed: <$type as Value>::allowed,
            },)+],
        },)+];

        impl Config {
            /// Reads every setting, in the table's order.
            pub(super) fn read(given: &Given, errors: &mut Vec<ConfigError>) -> Self {
                let mut table = all();
                let mut next = || table.next().expect("the table has one row for each field");
                Self {
                    $($section: $Section { $($name: read(given, next(), errors),)+ },)+
                }
            }
        }
    };
}

fn ms(span: Duration) -> u128 {
    span.as_millis()
}

settings! {
    /// The node itself.
    node: Node {
        /// The node's name for people. Not set: the host's name.
        name: Maybe<NodeName> = "",
        /// Where the node keeps its keys, its log and its ledger. One node, one directory.
        data_dir: Path = "/var/lib/usher",
    }
    /// The API: what applications, operators and `usher` itself talk to.
    api: Api {
        /// Where the API listens.
        listen: Address = "0.0.0.0:4600",
        /// The URL under which clients and other nodes reach this node's API. Not set: made of `api.listen`, with
        /// the host's name where that stands for all addresses.
        advertise: Maybe<ApiUrl> = "",
        /// `on` or `off`. `off` is plain HTTP, which is only spoken on loopback: license keys do not cross a network in
        /// the clear.
        tls: TlsMode = "on",
        /// The certificate chain, PEM. Not set: a certificate signed by the cluster's own authority.
        tls_cert: Maybe<Path> = "",
        /// The certificate's private key, PEM.
        tls_key: Maybe<Path> = "",
    }
    /// The peer port: how the nodes of the cluster talk to each other, always with TLS on both sides.
    peer: Peer {
        /// Where the peer port listens.
        listen: Address = "0.0.0.0:4601",
        /// Where the other nodes reach it; better a name than an address. Not set: made of `peer.listen`, with the
        /// host's name where that stands for all addresses.
        advertise: Maybe<Address> = "",
    }
    /// The ops port: `/livez`, `/readyz` and `/metrics`, plain HTTP. Keep it off the internet.
    ops: Ops {
        /// Where the ops port listens.
        listen: Address = "127.0.0.1:4602",
    }
    /// Agreement between the nodes. The defaults suit nodes that are at most 10 ms apart; for twice as far, double all
    /// three times. A leader that dies is missed after about `election_max_ms` and `election_min_ms` together.
    raft: Raft {
        /// How often the leader beats.
        heartbeat_ms: Millis<10, 10_000> = ms(Tuning::default().heartbeat),
        /// The least time without a leader before a node asks for votes. At least twice the heartbeat.
        election_min_ms: Millis<50, 60_000> = ms(Tuning::default().election_min),
        /// The most; also how long a follower believes in a silent leader. More than the least.
        election_max_ms: Millis<50, 60_000> = ms(Tuning::default().election_max),
        /// A snapshot is made after this many log entries.
        snapshot_entries: Count<100, 10_000_000> = Tuning::default().snapshot_entries,
        /// This many entries before a snapshot stay in the log, for nodes that are a little behind.
        log_entries_kept: Count<10, 10_000_000> = Tuning::default().log_entries_kept,
    }
    /// What the server writes to standard error. `USHER_LOG` may hold a finer filter, such as `info,usher=debug`.
    log: Log {
        /// The least urgent messages to write: `error`, `warn`, `info`, `debug` or `trace`.
        level: LogLevel = "info",
        /// `text` for people, `json` for machines.
        format: LogFormat = "text",
    }
    /// What callers may use up of this node.
    limits: Limits {
        /// Failed look-ups that one address may make at once: unknown license keys, sessions and API tokens.
        failed_lookups_burst: Count<1, 1_000_000> = ApiLimits::default().failed_lookups_burst,
        /// How many more it may make per minute. Calls for what exists are never counted.
        failed_lookups_per_minute: Count<1, 1_000_000> = ApiLimits::default().failed_lookups_per_minute,
        /// Connections to the API at once. More are refused.
        connections_max: Count<1, 1_000_000> = ServeLimits::default().connections_max,
        /// Connections to the API at once from one address.
        connections_per_source_max: Count<1, 1_000_000> = ServeLimits::default().connections_per_source_max,
    }
}

/// Every setting, in the order of the template.
pub(super) fn all() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().flat_map(|section| section.settings)
}

impl Config {
    /// The node's name.
    pub fn node_name(&self) -> String {
        self.node.name.get().map_or_else(host_name, ToString::to_string)
    }

    /// The node's data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.node.data_dir.as_path().to_owned()
    }

    /// Where clients reach the API; made of where it listens, unless that is set.
    pub fn api_url(&self) -> ApiUrl {
        let made = || ApiUrl::of(&reachable(&self.api.listen), self.api.tls);
        self.api.advertise.get().cloned().unwrap_or_else(made)
    }

    /// The names and addresses that a certificate for the API has to stand for.
    pub fn api_names(&self) -> Vec<String> {
        let mut names = vec![self.api_url().host().to_owned(), host_name()];
        if !self.api.listen.is_unspecified() {
            names.push(bare(self.api.listen.host()).to_owned());
        }
        // The command line on the node itself is an API client too.
        names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names
    }

    /// Where peers reach this node; made of where it listens, unless that is set.
    pub fn peer_address(&self) -> Address {
        self.peer
            .advertise
            .get()
            .cloned()
            .unwrap_or_else(|| reachable(&self.peer.listen))
    }

    /// How raft is timed.
    pub fn tuning(&self) -> Tuning {
        Tuning {
            heartbeat: self.raft.heartbeat_ms.duration(),
            election_min: self.raft.election_min_ms.duration(),
            election_max: self.raft.election_max_ms.duration(),
            snapshot_entries: self.raft.snapshot_entries.get(),
            log_entries_kept: self.raft.log_entries_kept.get(),
        }
    }
}

/// The address to give others for one that is listened on.
fn reachable(listen: &Address) -> Address {
    let named = || Address::read(&format!("{}:{}", host_name(), listen.port()));
    if listen.is_unspecified() {
        named().unwrap_or_else(|| listen.clone())
    } else {
        listen.clone()
    }
}

fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    NodeName::read(&name).map_or_else(|| "usher".to_owned(), |name| name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_allowed_and_passes_the_checks() {
        let (given, mut errors) = (Given::default(), Vec::new());
        let config = Config::read(&given, &mut errors);
        config.check(&given, &mut errors);
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(config.api.listen.port(), 4600);
    }

    #[test]
    fn a_server_without_settings_is_what_its_parts_are_by_themselves() {
        let config = Config::read(&Given::default(), &mut Vec::new());
        assert_eq!(format!("{:?}", config.tuning()), format!("{:?}", Tuning::default()));
        let (serve, api) = (ServeLimits::default(), ApiLimits::default());
        let limits = config.limits;
        assert_eq!(limits.connections_max.get(), serve.connections_max as u64);
        assert_eq!(
            limits.connections_per_source_max.get(),
            serve.connections_per_source_max as u64
        );
        assert_eq!(limits.failed_lookups_burst.get(), u64::from(api.failed_lookups_burst));
        assert_eq!(
            limits.failed_lookups_per_minute.get(),
            u64::from(api.failed_lookups_per_minute)
        );
    }

    #[test]
    fn every_setting_has_a_sentence() {
        for setting in all() {
            let text = setting.doc.concat();
            assert!(text.trim_end().ends_with('.'), "{}: {text}", setting.key());
        }
    }
}
