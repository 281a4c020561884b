//! Where the demo's nodes listen and where their files lie.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// How many nodes there are.
pub(super) const NODES: u16 = 3;

/// Ports from one node's to the next one's: API, peers and ops, and room to read the numbers by.
const PORTS_PER_NODE: u16 = 10;

/// The first port that is tried when none is asked for.
const BASE_PORT: u16 = 4_610;

/// How many sets of ports are tried.
const SETS_TRIED: u16 = 20;

/// A node's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) directory: PathBuf,
    pub(super) api_port: u16,
    pub(super) peer_port: u16,
    pub(super) ops_port: u16,
}

/// The whole demo's place.
#[derive(Debug, Clone)]
pub struct Layout {
    pub(super) directory: PathBuf,
    base_port: u16,
}

impl Layout {
    /// A layout in `directory`, on ports from `base_port` on or on any that are free.
    ///
    /// # Errors
    ///
    /// One of the ports is taken.
    pub fn new(directory: &Path, base_port: Option<u16>) -> Result<Self> {
        let layout = |base_port| Self {
            directory: directory.to_owned(),
            base_port,
        };
        if let Some(base_port) = base_port {
            if base_port > u16::MAX - NODES * PORTS_PER_NODE {
                bail!("--base-port: {base_port} leaves no room for the ports of three nodes");
            }
            return match layout(base_port).taken() {
                None => Ok(layout(base_port)),
                Some(port) => bail!("--base-port: another process listens on port {port}; take another base port"),
            };
        }
        let sets = (0..SETS_TRIED).map(|set| layout(BASE_PORT + set * NODES * PORTS_PER_NODE));
        let free = sets.into_iter().find(|layout| layout.taken().is_none());
        free.ok_or_else(|| anyhow::anyhow!("no free ports were found; name some with --base-port"))
    }

    /// The directory of a demo that names none: one for each user.
    pub fn usual_directory() -> PathBuf {
        let user = rustix::process::getuid().as_raw();
        std::env::temp_dir().join(format!("usher-demo-{user}"))
    }

    pub(super) fn places(&self) -> Vec<Place> {
        let place = |at: u16| {
            let port = self.base_port + at * PORTS_PER_NODE;
            let name = format!("demo-{}", at + 1);
            Place {
                directory: self.directory.join(&name),
                name,
                api_port: port,
                peer_port: port + 1,
                ops_port: port + 2,
            }
        };
        (0..NODES).map(place).collect()
    }

    /// A port that somebody else listens on.
    fn taken(&self) -> Option<u16> {
        let ports = self
            .places()
            .into_iter()
            .flat_map(|place| [place.api_port, place.peer_port, place.ops_port]);
        ports
            .into_iter()
            .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_err())
    }
}

impl Place {
    pub(super) fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.api_port)
    }

    pub(super) fn ops_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ops_port)
    }

    pub(super) fn peer_address(&self) -> String {
        format!("127.0.0.1:{}", self.peer_port)
    }

    pub(super) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    pub(super) fn config_file(&self) -> PathBuf {
        self.directory.join("usher.toml")
    }

    pub(super) fn log_file(&self) -> PathBuf {
        self.directory.join("usher.log")
    }

    /// The node's configuration file.
    pub(super) fn config(&self) -> String {
        let Self {
            name,
            api_port,
            peer_port,
            ops_port,
            ..
        } = self;
        let data = self.data();
        let data = toml::Value::from(data.to_string_lossy().into_owned());
        format!(
            "[node]\nname = \"{name}\"\ndata_dir = {data}\n\n\
             [api]\nlisten = \"127.0.0.1:{api_port}\"\ntls = \"off\"\n\n\
             [peer]\nlisten = \"127.0.0.1:{peer_port}\"\n\n\
             [ops]\nlisten = \"127.0.0.1:{ops_port}\"\n"
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;
    use crate::config::{FileSource, Sources};

    #[test]
    fn every_node_has_ports_and_a_directory_of_its_own() {
        let layout = Layout {
            directory: "/demo".into(),
            base_port: 4_610,
        };
        let places = layout.places();
        assert_eq!(places[2].api_url(), "http://127.0.0.1:4630");
        assert_eq!(places[0].peer_address(), "127.0.0.1:4611");
        assert_eq!(places[1].ops_url(), "http://127.0.0.1:4622");
        assert!(places[0].directory != places[1].directory);
    }

    #[test]
    fn a_nodes_configuration_is_valid() {
        let directory = tempfile::tempdir().unwrap();
        let place = &Layout {
            directory: directory.path().join("a \"b\""),
            base_port: 4_610,
        }
        .places()[0];
        let file = directory.path().join("usher.toml");
        std::fs::write(&file, place.config()).unwrap();
        let sources = Sources {
            file: FileSource::Named(file),
            environment: Vec::new(),
            flags: Vec::new(),
        };
        let config = sources.resolve().unwrap().config;
        assert_eq!(config.data_dir(), place.data());
        assert_eq!(config.api_url().as_str(), place.api_url());
    }

    #[test]
    fn a_taken_port_is_named() {
        let directory = Path::new("/demo");
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = Layout::new(directory, Some(port)).unwrap_err().to_string();
        assert!(error.starts_with("--base-port: "), "{error}");
    }
}
