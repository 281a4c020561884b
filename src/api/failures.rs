//! Failures of those who try again and again: each source may have so many at once, and then so many a minute.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use licensing::time::Span;

/// Sources that are remembered at once; past it, the ones that are not known share one account.
const SOURCES_MAX: usize = 10_000;

/// How long until forgotten accounts are looked for again.
const TIDY_EVERY_MS: u64 = 1_000;

/// Counts failures. Of each source it keeps one number: when all that it did will be forgotten (GCRA).
#[derive(Debug)]
pub(crate) struct Failures<K> {
    /// How long one failure is remembered.
    cost_ms: u64,
    /// How much may be remembered of one source.
    memory_ms: u64,
    /// The account of sources for which there is no other.
    others: K,
    memory: Mutex<Memory<K>>,
}

#[derive(Debug)]
struct Memory<K> {
    forgotten_at: BTreeMap<K, u64>,
    tidied_at: u64,
}

impl<K: Ord + Copy> Memory<K> {
    /// The account of a source. When there is no room for another, the forgotten ones are dropped; not at each call, so
    /// that a crowd cannot make each of its calls cost a walk over all accounts.
    fn account(&mut self, source: K, others: K, now_ms: u64) -> K {
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
            others
        }
    }
}

impl<K: Ord + Copy> Failures<K> {
    /// So many failures at once, and then so many a minute.
    pub(crate) fn new(burst: u32, per_minute: u32, others: K) -> Self {
        let cost_ms = 60_000 / u64::from(per_minute.max(1));
        let memory_ms = cost_ms.saturating_mul(u64::from(burst));
        Self {
            cost_ms,
            memory_ms,
            others,
            memory: Mutex::new(Memory {
                forgotten_at: BTreeMap::new(),
                tidied_at: 0,
            }),
        }
    }

    /// Whether one more failure of `source` would be let through; if not, how long it has to wait.
    pub(crate) fn check(&self, source: K, now_ms: u64) -> Result<(), Span> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, forgotten_at) = self.after_one_more(&mut memory, source, now_ms);
        match (forgotten_at - now_ms).saturating_sub(self.memory_ms) {
            0 => Ok(()),
            over => Err(Span::from_ms(over)),
        }
    }

    /// Counts one more failure of `source`. Only what turned out not to exist is counted, so calls that were on their
    /// way together may take the account past its limit; the wait is the longer for it.
    pub(crate) fn count(&self, source: K, now_ms: u64) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let (account, forgotten_at) = self.after_one_more(&mut memory, source, now_ms);
        memory.forgotten_at.insert(account, forgotten_at);
    }

    /// Counts a failure before it is known whether it is one, so that many at once get no further than one after the other.
    /// [`give_back`](Self::give_back) takes it off again.
    pub(crate) fn take(&self, source: K, now_ms: u64) -> Result<(), Span> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let (account, forgotten_at) = self.after_one_more(&mut memory, source, now_ms);
        match (forgotten_at - now_ms).saturating_sub(self.memory_ms) {
            0 => {
                memory.forgotten_at.insert(account, forgotten_at);
                Ok(())
            }
            over => Err(Span::from_ms(over)),
        }
    }

    /// What was taken was no failure.
    pub(crate) fn give_back(&self, source: K) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = memory.forgotten_at.get_mut(&source) {
            *at = at.saturating_sub(self.cost_ms);
        }
    }

    /// The account of a source, and when it would be forgotten after one more failure.
    fn after_one_more(&self, memory: &mut Memory<K>, source: K, now_ms: u64) -> (K, u64) {
        let account = memory.account(source, self.others, now_ms);
        let known = memory.forgotten_at.get(&account);
        (account, known.map_or(now_ms, |at| (*at).max(now_ms)) + self.cost_ms)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const ONE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));

    fn strangers() -> Failures<IpAddr> {
        Failures::new(3, 60, IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }

    /// One call for something that does not exist.
    fn fails(strangers: &Failures<IpAddr>, source: IpAddr, now_ms: u64) -> Result<(), Span> {
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
    fn what_is_given_back_was_never_taken() {
        let strangers = strangers();
        for _ in 0..10 {
            assert_eq!(strangers.take(ONE, 0), Ok(()));
            strangers.give_back(ONE);
        }
        for _ in 0..3 {
            assert_eq!(strangers.take(ONE, 0), Ok(()));
        }
        assert_eq!(strangers.take(ONE, 0), Err(Span::from_secs(1)));
        assert_eq!(
            strangers.take(ONE, 1_000),
            Ok(()),
            "the one that was refused did not count"
        );
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
