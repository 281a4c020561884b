//! File descriptors. Every connection takes one, and so does every file and every peer: when strangers' connections have
//! taken all, the node can no longer talk to its cluster.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::ServeLimits;

/// How many stay free of API connections: for peers in both directions, the ops listener, files, and what the process
/// itself needs.
const RESERVED: u64 = 384;

/// How far a limit is raised that has no bound of its own; no system allows more without being asked.
const ENOUGH: u64 = 1_048_576;

/// Raises this process's limit as far as it is allowed to, and gives it. Many systems begin with 1,024, for the sake of
/// programs much older than that bound.
pub fn raise() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(ENOUGH);
    let raised = Rlimit {
        current: Some(most),
        ..limit
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => most,
        Err(_) => limit.current.unwrap_or(most),
    }
}

impl ServeLimits {
    /// These limits for the API of a process that may have so many descriptors. Where they are cut, one source may
    /// still take no greater part of all connections than before.
    #[must_use]
    pub fn within(self, descriptors: u64) -> Self {
        let left = descriptors.saturating_sub(RESERVED).max(descriptors / 4);
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        if left >= self.connections_max {
            return self;
        }
        let part = self.connections_per_source_max as u128 * left as u128 / self.connections_max as u128;
        Self {
            connections_max: left,
            connections_per_source_max: usize::try_from(part).unwrap_or(left).max(1),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_the_rest() {
        let limits = ServeLimits::default();
        assert_eq!(limits.within(1 << 20), limits);
        for (descriptors, all, of_one_source) in [(1_024, 640, 160), (256, 64, 16), (8, 2, 1)] {
            let cut = limits.within(descriptors);
            assert_eq!(
                (cut.connections_max, cut.connections_per_source_max),
                (all, of_one_source),
                "{descriptors}"
            );
        }
    }

    #[test]
    fn the_limit_is_raised_once_and_stays() {
        let raised = raise();
        assert_eq!(getrlimit(Resource::Nofile).current, Some(raised));
        assert_eq!(raise(), raised);
    }
}
