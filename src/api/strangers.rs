//! Those who ask for license keys and API tokens that do not exist: each source may do so a number of times at once, and
//! then so many times a minute. Calls for what exists are never counted, and sessions, which are forgotten, are not
//! looked for here, so an honest client that was set up rightly does not meet this limit.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use licensing::ledger::Ledger;
use licensing::time::Span;

use super::code::Code;
use super::problem::ApiError;
use super::{Api, ApiLimits};
use crate::serve::{Peer, source_of};

/// Where a call comes from, as far as it is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source(IpAddr);

impl Source {
    /// Where the call comes from; calls that came over no network share one account.
    pub(crate) fn of(parts: &Parts) -> Self {
        let peer = parts.extensions.get::<Peer>().map(|Peer(address)| address.ip());
        Self(source_of(peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }

    /// Finds something for a caller who has to know it, in this node's ledger or, once it has caught up, there. Whoever
    /// asked too often for what does not exist is refused before the rest of the cluster is troubled; strangers'
    /// questions never become commands.
    pub(crate) async fn find<T>(self, api: &Api, look: impl Fn(&Ledger) -> Option<T>) -> Result<Option<T>, ApiError> {
        let found = api.cluster().ledger(&look);
        if found.is_some() {
            return Ok(found);
        }
        self.check(api)?;
        let found = api.find(look).await?;
        if found.is_none() {
            api.0.strangers.count(self.0, api.0.config.seams.clock.boot_ms());
        }
        Ok(found)
    }

    fn check(self, api: &Api) -> Result<(), ApiError> {
        let now_ms = api.0.config.seams.clock.boot_ms();
        api.0.strangers.check(self.0, now_ms).map_err(|wait| {
            api.metrics().rate_limited();
            let detail = format!(
                "This address asked too often for licenses or tokens that do not exist. Check what is being sent, and \
                 try again in {} s.",
                wait.secs_ceil()
            );
            ApiError::new(Code::RateLimited, detail).retry_after(wait)
        })
    }
}

impl FromRequestParts<Api> for Source {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        Ok(Self::of(parts))
    }
}

/// Sources that are remembered at once; past it, the ones that are not known share one account.
const SOURCES_MAX: usize = 10_000;

/// How long until forgotten accounts are looked for again.
const TIDY_EVERY_MS: u64 = 1_000;

/// The account of sources for which there is no other.
const OTHERS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Counts failed look-ups. Of each source it keeps one number: when all that it did will be forgotten (GCRA).
#[derive(Debug)]
pub(crate) struct Strangers {
    /// How long one failure is remembered.
    cost_ms: u64,
    /// How much may be remembered of one source.
    memory_ms: u64,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    forgotten_at: BTreeMap<IpAddr, u64>,
    tidied_at: u64,
}

impl Memory {
    /// The account of a source. When there is no room for another, the forgotten ones are dropped; not at each call, so
    /// that a crowd cannot make each of its calls cost a walk over all accounts.
    fn account(&mut self, source: IpAddr, now_ms: u64) -> IpAddr {
        if self.forgotten_at.contains_key(&source) {
            return source;
        }
        if self.forgotten_at.len() >= SOURCES_MAX && now_ms >= self.tidied_at + TIDY_EVERY_MS {
            self.forgotten_at.retain(|_, at| *at > now_ms);
            self.tidied_at = now_ms;
        }
        if self.forgotten_at.len() < SOURCES_MAX {
            source
        } else {
            OTHERS
        }
    }
}

impl Strangers {
    pub(crate) fn new(limits: &ApiLimits) -> Self {
        let cost_ms = 60_000 / u64::from(limits.failed_lookups_per_minute.max(1));
        let memory_ms = cost_ms.saturating_mul(u64::from(limits.failed_lookups_burst));
        Self {
            cost_ms,
            memory_ms,
            memory: Mutex::default(),
        }
    }

    /// Whether one more failure of `source` would be let through; if not, how long it has to wait.
    pub(crate) fn check(&self, source: IpAddr, now_ms: u64) -> Result<(), Span> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, forgotten_at) = self.after_one_more(&mut memory, source, now_ms);
        match (forgotten_at - now_ms).saturating_sub(self.memory_ms) {
            0 => Ok(()),
            over => Err(Span::from_ms(over)),
        }
    }

    /// Counts one more failure of `source`. Only what turned out not to exist is counted, so calls that were on their
    /// way together may take the account past its limit; the wait is the longer for it.
    pub(crate) fn count(&self, source: IpAddr, now_ms: u64) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let (account, forgotten_at) = self.after_one_more(&mut memory, source, now_ms);
        memory.forgotten_at.insert(account, forgotten_at);
    }

    /// The account of a source, and when it would be forgotten after one more failure.
    fn after_one_more(&self, memory: &mut Memory, source: IpAddr, now_ms: u64) -> (IpAddr, u64) {
        let account = memory.account(source, now_ms);
        let known = memory.forgotten_at.get(&account);
        (account, known.map_or(now_ms, |at| (*at).max(now_ms)) + self.cost_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));

    fn strangers() -> Strangers {
        let limits = ApiLimits {
            failed_lookups_burst: 3,
            failed_lookups_per_minute: 60,
            ..ApiLimits::default()
        };
        Strangers::new(&limits)
    }

    /// One call for something that does not exist.
    fn fails(strangers: &Strangers, source: IpAddr, now_ms: u64) -> Result<(), Span> {
        strangers.check(source, now_ms)?;
        strangers.count(source, now_ms);
        Ok(())
    }

    #[test]
    fn a_call_that_finds_something_costs_nothing() {
        let strangers = strangers();
        for _ in 0..1_000 {
            assert_eq!(strangers.check(ONE, 0), Ok(()));
        }
    }

    #[test]
    fn a_burst_is_let_through_and_then_a_steady_trickle() {
        let strangers = strangers();
        for _ in 0..3 {
            assert_eq!(fails(&strangers, ONE, 0), Ok(()));
        }
        assert_eq!(fails(&strangers, ONE, 0), Err(Span::from_secs(1)));
        assert_eq!(fails(&strangers, ONE, 999), Err(Span::from_ms(1)));
        assert_eq!(fails(&strangers, ONE, 1_000), Ok(()));
        assert_eq!(fails(&strangers, ONE, 1_000), Err(Span::from_secs(1)));
    }

    #[test]
    fn one_source_does_not_use_up_anothers() {
        let strangers = strangers();
        while fails(&strangers, ONE, 0).is_ok() {}
        assert_eq!(fails(&strangers, OTHER, 0), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_old_sources_make_room() {
        let strangers = strangers();
        let source = |n: usize| IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(n).unwrap_or(0) + 1));
        for n in 0..2 * SOURCES_MAX {
            let _ = fails(&strangers, source(n), 0);
        }
        let known = || {
            strangers
                .memory
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .forgotten_at
                .len()
        };
        assert!(known() <= SOURCES_MAX + 1, "{}", known());
        assert!(
            fails(&strangers, source(3 * SOURCES_MAX), 0).is_err(),
            "those without room share one account"
        );
        assert_eq!(fails(&strangers, source(3 * SOURCES_MAX), 60_000), Ok(()));
        assert!(known() <= 2, "{}", known());
    }
}
