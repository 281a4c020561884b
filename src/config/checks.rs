//! What holds between settings.

use super::address::Address;
use super::error::ConfigError;
use super::settings::{Config, Raft};
use super::sources::Given;
use super::values::TlsMode;

/// Gathers what does not go together.
struct Conflicts<'a> {
    given: &'a Given,
    errors: &'a mut Vec<ConfigError>,
}

impl Conflicts<'_> {
    fn note(&mut self, keys: &[&str], why: String) {
        let origins = keys
            .iter()
            .map(|key| ((*key).to_owned(), self.given.origin(key)))
            .collect();
        self.errors.push(ConfigError::Conflict { keys: origins, why });
    }
}

impl Config {
    /// Notes every pair of settings that do not go together, and every one that cannot be meant.
    pub(super) fn check(&self, given: &Given, errors: &mut Vec<ConfigError>) {
        let mut conflicts = Conflicts { given, errors };
        self.check_timing(&mut conflicts);
        self.check_tls(&mut conflicts);
        self.check_told(&mut conflicts);
        self.check_listeners(&mut conflicts);
    }

    fn check_timing(&self, conflicts: &mut Conflicts<'_>) {
        let Raft {
            heartbeat_ms,
            election_min_ms,
            election_max_ms,
            ..
        } = self.raft;
        if election_min_ms.duration() < 2 * heartbeat_ms.duration() {
            let why = format!("{election_min_ms} is less than twice {heartbeat_ms}: one late beat would cost the lead");
            conflicts.note(&["raft.election_min_ms", "raft.heartbeat_ms"], why);
        }
        if election_max_ms.duration() <= election_min_ms.duration() {
            let why =
                format!("{election_max_ms} is not more than {election_min_ms}: nodes would ask for votes at once");
            conflicts.note(&["raft.election_max_ms", "raft.election_min_ms"], why);
        }
    }

    fn check_tls(&self, conflicts: &mut Conflicts<'_>) {
        if self.api.tls_cert.get().is_some() != self.api.tls_key.get().is_some() {
            let why = "a certificate and its private key go together: set both or neither".to_owned();
            conflicts.note(&["api.tls_cert", "api.tls_key"], why);
        }
        if self.api.tls == TlsMode::Off && !self.api.listen.is_loopback() {
            let why = format!(
                "without TLS the API listens on loopback only, and {} is not",
                self.api.listen
            );
            conflicts.note(&["api.tls", "api.listen"], why);
        }
    }

    /// What others are told must be what they can connect to. A node that listens on loopback has no others.
    fn check_told(&self, conflicts: &mut Conflicts<'_>) {
        let unreachable = |what: &dyn std::fmt::Display| {
            format!("nobody can connect to {what}; give the host and the port that others reach")
        };
        if let Some(address) = self.peer.advertise.get()
            && (address.port() == 0 || address.is_unspecified())
        {
            conflicts.note(&["peer.advertise"], unreachable(address));
        }
        if let Some(url) = self.api.advertise.get()
            && url.is_unspecified()
        {
            conflicts.note(&["api.advertise"], unreachable(url));
        }
        let untold = |listen: &Address| listen.port() == 0 && !listen.is_loopback();
        let why = |listen: &Address, advertise: &str| {
            format!("{listen} takes any free port, which others would not know; name a port, or set {advertise}")
        };
        if self.peer.advertise.get().is_none() && untold(&self.peer.listen) {
            conflicts.note(&["peer.listen"], why(&self.peer.listen, "peer.advertise"));
        }
        if self.api.advertise.get().is_none() && untold(&self.api.listen) {
            conflicts.note(&["api.listen"], why(&self.api.listen, "api.advertise"));
        }
    }

    fn check_listeners(&self, conflicts: &mut Conflicts<'_>) {
        let listeners = [
            ("api.listen", &self.api.listen),
            ("peer.listen", &self.peer.listen),
            ("ops.listen", &self.ops.listen),
        ];
        for (at, (key, address)) in listeners.iter().enumerate() {
            for (other, other_address) in &listeners[at + 1..] {
                if address == other_address && address.port() != 0 {
                    conflicts.note(&[key, other], format!("{address} cannot be listened on twice"));
                }
            }
        }
    }
}
