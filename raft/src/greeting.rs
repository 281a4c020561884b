//! Connections that have not said yet who they are: few of them, fewer from one place, and the oldest makes room.
//!
//! A peer greets in milliseconds, so one that is thrown out was silent. Strangers can therefore neither take every
//! socket nor keep peers from connecting.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::AbortHandle;

/// The most connections that may be greeting at once.
const GREETING_MAX: usize = 64;

/// The most of them from one address.
const GREETING_PER_SOURCE_MAX: usize = 16;

/// Who is greeting now. Clones share the list.
#[derive(Clone, Default)]
pub(crate) struct Greeters(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    next: u64,
    now: BTreeMap<u64, (IpAddr, Option<AbortHandle>)>,
}

/// A place among those who greet; it is free again when this is dropped.
pub(crate) struct Greeting {
    greeters: Greeters,
    number: u64,
}

impl Greeters {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for somebody from `source`. Where there is none, the oldest greeter there ends.
    pub(crate) fn enter(&self, source: IpAddr) -> Greeting {
        let mut state = self.state();
        let from_there = |(_, (from, _)): &(&u64, &(IpAddr, Option<AbortHandle>))| *from == source;
        let oldest = if state.now.iter().filter(from_there).count() >= GREETING_PER_SOURCE_MAX {
            state.now.iter().find(from_there).map(|(number, _)| *number)
        } else if state.now.len() >= GREETING_MAX {
            state.now.keys().next().copied()
        } else {
            None
        };
        if let Some((_, Some(task))) = oldest.and_then(|number| state.now.remove(&number)) {
            task.abort();
        }
        let number = state.next;
        state.next += 1;
        state.now.insert(number, (source, None));
        Greeting {
            greeters: self.clone(),
            number,
        }
    }

    /// Names the task that greets in the place `number`, so that it can be ended.
    pub(crate) fn is_done_by(&self, number: u64, task: AbortHandle) {
        if let Some((_, slot)) = self.state().now.get_mut(&number) {
            *slot = Some(task);
        }
    }
}

impl Greeting {
    /// Which place it is.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Greeting {
    fn drop(&mut self) {
        self.greeters.state().now.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    fn silent(greeters: &Greeters, source: IpAddr) -> (Greeting, tokio::task::JoinHandle<()>) {
        let greeting = greeters.enter(source);
        let task = tokio::spawn(std::future::pending());
        greeters.is_done_by(greeting.number(), task.abort_handle());
        (greeting, task)
    }

    #[tokio::test]
    async fn the_oldest_of_a_source_makes_room_for_its_next() {
        let greeters = Greeters::default();
        let mut held: Vec<_> = (0..GREETING_PER_SOURCE_MAX)
            .map(|_| silent(&greeters, address(1)))
            .collect();
        let other = silent(&greeters, address(2));
        held.push(silent(&greeters, address(1)));
        assert!((&mut held[0].1).await.unwrap_err().is_cancelled());
        assert!(!other.1.is_finished() && !held[1].1.is_finished());
    }

    #[tokio::test]
    async fn a_flood_from_everywhere_ends_its_own_oldest() {
        let greeters = Greeters::default();
        let mut held: Vec<_> = (0..=GREETING_MAX)
            .map(|stranger| silent(&greeters, address(u8::try_from(stranger).unwrap())))
            .collect();
        assert!((&mut held[0].1).await.unwrap_err().is_cancelled());
        assert_eq!(greeters.state().now.len(), GREETING_MAX);
    }

    #[tokio::test]
    async fn who_has_greeted_is_not_thrown_out() {
        let greeters = Greeters::default();
        let (greeting, task) = silent(&greeters, address(1));
        drop(greeting);
        let _held: Vec<_> = (0..2 * GREETING_MAX).map(|_| greeters.enter(address(1))).collect();
        assert!(!task.is_finished());
    }
}
