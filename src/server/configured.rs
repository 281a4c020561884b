//! What a server is started with, out of its configuration.

use super::{Addresses, ApiTransport, ServerConfig};
use crate::api::ApiLimits;
use crate::config::{Config, TlsMode};
use crate::serve::{ServeLimits, descriptors};

impl ServerConfig {
    /// What the configuration says, as a server takes it.
    pub(crate) fn of(config: &Config) -> Self {
        let transport = match (config.api.tls, config.api.tls_cert.get(), config.api.tls_key.get()) {
            (TlsMode::Off, ..) => ApiTransport::Plain,
            (TlsMode::On, Some(certificate), Some(key)) => ApiTransport::Files {
                certificate: certificate.as_path().to_owned(),
                key: key.as_path().to_owned(),
            },
            (TlsMode::On, ..) => ApiTransport::ByCluster {
                names: config.api_names(),
            },
        };
        let limits = &config.limits;
        let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            peer_listen: config.peer.listen.to_string(),
            api_listen: config.api.listen.to_string(),
            ops_listen: Some(config.ops.listen.to_string()),
            api_transport: transport,
            advertise: Some(Addresses {
                peer: config.peer.advertise.get().map(ToString::to_string),
                api: config.api.advertise.get().map(ToString::to_string),
            }),
            tuning: config.tuning(),
            api_limits: ApiLimits {
                failed_lookups_burst: count(limits.failed_lookups_burst.get()),
                failed_lookups_per_minute: count(limits.failed_lookups_per_minute.get()),
                ..ApiLimits::default()
            },
            serve_limits: serve_limits(config),
            peer_tls: true,
        }
    }
}

/// What the configuration allows, as far as this process has the means.
fn serve_limits(config: &Config) -> ServeLimits {
    let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let wanted = ServeLimits {
        connections_max: size(config.limits.connections_max.get()),
        connections_per_source_max: size(config.limits.connections_per_source_max.get()),
        ..ServeLimits::default()
    };
    let descriptors = descriptors::raise();
    let limits = wanted.within(descriptors);
    if limits != wanted {
        tracing::warn!(
            "this process may have {descriptors} files and connections open at once, too few for {} connections \
             (limits.connections_max): the API takes {}, {} of them from one address. Allow it more (`ulimit -n`, or \
             LimitNOFILE= of the service), or set limits.connections_max lower",
            wanted.connections_max,
            limits.connections_max,
            limits.connections_per_source_max,
        );
    }
    limits
}
