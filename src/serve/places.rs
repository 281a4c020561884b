//! Places for connections: so many in all, so many from one address.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Who is counted together: an IPv4 address, or the network of an IPv6 address, of which one host has a whole /64.
pub(crate) fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// The server has as many connections as it takes.
    Full,
    /// This source has as many as one may have.
    FullForSource,
}

impl NoPlace {
    /// The reason's name in metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::FullForSource => "full_for_source",
        }
    }
}

/// Counts the connections that are open.
#[derive(Debug)]
pub(crate) struct Places {
    max: usize,
    per_source_max: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_source: BTreeMap<IpAddr, usize>,
}

/// A connection's place; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    source: IpAddr,
}

impl Places {
    pub(crate) fn new(max: usize, per_source_max: usize) -> Arc<Self> {
        Arc::new(Self {
            max,
            per_source_max,
            taken: Mutex::default(),
        })
    }

    /// Takes a place for a connection from `address`.
    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Result<Place, NoPlace> {
        let source = source_of(address);
        let mut taken = self.taken();
        if taken.all >= self.max {
            return Err(NoPlace::Full);
        }
        let of_source = taken.by_source.entry(source).or_default();
        if *of_source >= self.per_source_max {
            return Err(NoPlace::FullForSource);
        }
        *of_source += 1;
        taken.all += 1;
        Ok(Place {
            places: Arc::clone(self),
            source,
        })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= 1;
        if let Some(of_source) = taken.by_source.get_mut(&self.source) {
            *of_source -= 1;
            if *of_source == 0 {
                taken.by_source.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_source_cannot_take_every_place() {
        let places = Places::new(3, 2);
        let held = [
            places.take(address("10.0.0.1")).unwrap(),
            places.take(address("10.0.0.1")).unwrap(),
        ];
        assert_eq!(places.take(address("10.0.0.1")).unwrap_err(), NoPlace::FullForSource);
        let other = places.take(address("10.0.0.2")).unwrap();
        assert_eq!(places.take(address("10.0.0.3")).unwrap_err(), NoPlace::Full);
        drop((held, other));
        assert!(places.taken().by_source.is_empty() && places.taken().all == 0);
    }

    #[test]
    fn an_ipv6_network_is_one_source() {
        assert_eq!(
            source_of(address("2001:db8::1")),
            source_of(address("2001:db8::ffff:1"))
        );
        assert_ne!(source_of(address("2001:db8::1")), source_of(address("2001:db8:0:1::1")));
        assert_eq!(source_of(address("::ffff:10.0.0.1")), address("10.0.0.1"));
    }
}
