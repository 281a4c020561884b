//! Something that is fetched from a provider, kept for a while, fetched by one call at a time, and used on when fetching
//! fails.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use licensing::time::Span;

use super::outgoing::CallFailed;

/// How long what was fetched is used without a look.
const FRESH_FOR: Span = Span::from_secs(300);

/// How long it is used when it cannot be fetched again.
const STALE_FOR: Span = Span::from_secs(86_400);

/// How long after a try the next one comes, unless what is there is of no use; also how often something is fetched anew
/// because it did not have what was looked for.
const TRY_EVERY: Span = Span::from_secs(10);

/// How long a failure is told again without another try, where there is nothing yet.
const FAILED_FOR: Span = Span::from_secs(2);

/// A value that comes from elsewhere.
#[derive(Debug)]
pub(crate) struct Cached<T> {
    state: Mutex<State<T>>,
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct State<T> {
    value: Option<(Arc<T>, u64)>,
    tried_ms: Option<u64>,
    failed: Option<CallFailed>,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        let state = State {
            value: None,
            tried_ms: None,
            failed: None,
        };
        Self {
            state: Mutex::new(state),
            turn: tokio::sync::Mutex::new(()),
        }
    }
}

impl<T> Cached<T> {
    /// The value, fetched if it is not there or old. `now_ms` tells the time of a clock that only goes forward.
    pub(crate) async fn get<F: Future<Output = Result<T, CallFailed>>>(
        &self,
        now_ms: impl Fn() -> u64,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<T>, CallFailed> {
        if let Some(settled) = self.settled(now_ms()) {
            return settled;
        }
        let usable = self.usable(now_ms());
        let _turn = match (self.turn.try_lock(), usable) {
            (Ok(turn), _) => turn,
            // Somebody fetches already, and what is there serves meanwhile.
            (Err(_), Some(value)) => return Ok(value),
            (Err(_), None) => self.turn.lock().await,
        };
        if let Some(settled) = self.settled(now_ms()) {
            return settled;
        }
        let fetched = fetch().await;
        self.keep(fetched, now_ms())
    }

    /// The value fetched anew, because the one that is there lacks something; or that one, if it was fetched a moment
    /// ago or nothing better can be had.
    pub(crate) async fn renewed<F: Future<Output = Result<T, CallFailed>>>(
        &self,
        lacking: &Arc<T>,
        now_ms: impl Fn() -> u64,
        fetch: impl FnOnce() -> F,
    ) -> Arc<T> {
        let _turn = self.turn.lock().await;
        let newer = {
            let state = self.lock();
            let is_recent = state.tried_ms.is_some_and(|tried| within(now_ms(), tried, TRY_EVERY));
            let newer = state.value.as_ref().map(|(value, _)| Arc::clone(value));
            newer.filter(|value| is_recent || !Arc::ptr_eq(value, lacking))
        };
        if let Some(value) = newer {
            return value;
        }
        let fetched = fetch().await;
        self.keep(fetched, now_ms()).unwrap_or_else(|_| Arc::clone(lacking))
    }

    /// What can be answered without fetching.
    fn settled(&self, now_ms: u64) -> Option<Result<Arc<T>, CallFailed>> {
        let state = self.lock();
        let tried_within = |span| state.tried_ms.is_some_and(|tried| within(now_ms, tried, span));
        match &state.value {
            Some((value, fetched)) if within(now_ms, *fetched, FRESH_FOR) => Some(Ok(Arc::clone(value))),
            Some((value, fetched)) if within(now_ms, *fetched, STALE_FOR) && tried_within(TRY_EVERY) => {
                Some(Ok(Arc::clone(value)))
            }
            _ => state.failed.clone().filter(|_| tried_within(FAILED_FOR)).map(Err),
        }
    }

    fn usable(&self, now_ms: u64) -> Option<Arc<T>> {
        let state = self.lock();
        let value = state
            .value
            .as_ref()
            .filter(|(_, fetched)| within(now_ms, *fetched, STALE_FOR));
        value.map(|(value, _)| Arc::clone(value))
    }

    fn keep(&self, fetched: Result<T, CallFailed>, now_ms: u64) -> Result<Arc<T>, CallFailed> {
        let mut state = self.lock();
        state.tried_ms = Some(now_ms);
        match fetched {
            Ok(value) => {
                let value = Arc::new(value);
                (state.value, state.failed) = (Some((Arc::clone(&value), now_ms)), None);
                Ok(value)
            }
            Err(failed) => {
                tracing::warn!(%failed, "an identity provider cannot be asked");
                state.failed = Some(failed.clone());
                let value = state
                    .value
                    .as_ref()
                    .filter(|(_, fetched)| within(now_ms, *fetched, STALE_FOR));
                value.map(|(value, _)| Arc::clone(value)).ok_or(failed)
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether no more than `span` has passed since `then_ms`.
fn within(now_ms: u64, then_ms: u64, span: Span) -> bool {
    now_ms.saturating_sub(then_ms) < span.ms()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::*;

    const SECOND: u64 = 1_000;

    /// A source that counts how often it was asked, and fails while it is told to.
    #[derive(Default)]
    struct Source {
        asked: AtomicU64,
        fails: std::sync::atomic::AtomicBool,
    }

    impl Source {
        async fn fetch(&self) -> Result<u64, CallFailed> {
            let asked = self.asked.fetch_add(1, Relaxed) + 1;
            tokio::task::yield_now().await;
            if self.fails.load(Relaxed) {
                return Err(CallFailed::Address(asked.to_string()));
            }
            Ok(asked)
        }
    }

    async fn get(cached: &Cached<u64>, source: &Source, at_s: u64) -> Result<u64, CallFailed> {
        cached
            .get(|| at_s * SECOND, || source.fetch())
            .await
            .map(|value| *value)
    }

    #[tokio::test]
    async fn it_is_fetched_once_by_many_and_again_when_it_is_old() {
        let (cached, source) = (Cached::default(), Source::default());
        let (one, other) = tokio::join!(get(&cached, &source, 0), get(&cached, &source, 0));
        assert_eq!((one.unwrap(), other.unwrap()), (1, 1));
        assert_eq!(get(&cached, &source, 299).await.unwrap(), 1);
        assert_eq!(get(&cached, &source, 300).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn what_cannot_be_fetched_again_serves_for_a_day_and_is_tried_now_and_then() {
        let (cached, source) = (Cached::default(), Source::default());
        get(&cached, &source, 0).await.unwrap();
        source.fails.store(true, Relaxed);
        for at in [400, 401, 409, 410, 411] {
            assert_eq!(get(&cached, &source, at).await.unwrap(), 1);
        }
        assert_eq!(source.asked.load(Relaxed), 3, "at 400 and 410");
        assert!(get(&cached, &source, 86_400).await.is_err());
    }

    #[tokio::test]
    async fn a_first_failure_is_told_again_for_a_moment_only() {
        let (cached, source) = (Cached::default(), Source::default());
        source.fails.store(true, Relaxed);
        for at in [0, 1, 2] {
            assert!(get(&cached, &source, at).await.is_err());
        }
        assert_eq!(source.asked.load(Relaxed), 2, "at 0 and 2");
        source.fails.store(false, Relaxed);
        assert_eq!(get(&cached, &source, 4).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn what_is_lacking_is_looked_for_once_in_ten_seconds() {
        let (cached, source) = (Cached::default(), Source::default());
        let first = cached.get(|| 0, || source.fetch()).await.unwrap();
        let renew = async |at_s: u64, lacking| *cached.renewed(lacking, || at_s * SECOND, || source.fetch()).await;
        assert_eq!(renew(9, &first).await, 1, "it was fetched a moment ago");
        assert_eq!(renew(10, &first).await, 2);
        assert_eq!(renew(10, &first).await, 2, "there is a newer one already");
        assert_eq!(source.asked.load(Relaxed), 2);
    }
}
