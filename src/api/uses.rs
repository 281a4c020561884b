//! When logins and API tokens were last used: noted every few minutes, behind the call, so that no call waits for it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use licensing::command::{Command, Proposal};
use licensing::id::{ApiTokenId, LoginId};
use licensing::time::Span;

use super::Api;

/// How often a use is noted. Coarser than what the ledger takes, because each one is an entry of the log.
const EVERY: Span = Span::from_secs(300);

/// How many are remembered as noted. Past it all are forgotten, which costs an entry each.
const REMEMBERED_MAX: usize = 10_000;

/// What was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Used {
    /// A login.
    Login(LoginId),
    /// An API token.
    Token(ApiTokenId),
}

/// What this node has noted lately, and when on its own clock.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<BTreeMap<Used, u64>>);

impl Uses {
    /// Whether a use is to be noted now; if so, it counts as noted.
    fn is_due(&self, used: Used, now_ms: u64) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted
            .get(&used)
            .is_some_and(|at| now_ms.saturating_sub(*at) < EVERY.ms())
        {
            return false;
        }
        if noted.len() >= REMEMBERED_MAX {
            noted.clear();
        }
        noted.insert(used, now_ms);
        true
    }
}

impl Api {
    /// Notes a use, if that was not done lately. What comes of it nobody waits for: the next use makes up for one that
    /// was lost.
    pub(crate) fn note_use(&self, used: Used) {
        if !self.0.uses.is_due(used, self.0.config.seams.clock.boot_ms()) {
            return;
        }
        let is_news = self.cluster().ledger(|ledger| {
            let noted = match used {
                Used::Login(id) => ledger.login(id).map(|login| login.used_at),
                Used::Token(id) => ledger.token_use(id).and_then(|token| token.used_at),
            };
            noted.is_none_or(|at| ledger.at().since(at) >= EVERY)
        });
        if is_news {
            let (logins, tokens) = match used {
                Used::Login(id) => (vec![id], Vec::new()),
                Used::Token(id) => (Vec::new(), vec![id]),
            };
            let cluster = self.cluster().clone();
            tokio::spawn(async move {
                let note = Proposal::by_system(Command::NoteUse { logins, tokens });
                if let Err(error) = cluster.propose(note).await {
                    tracing::debug!(%error, "a use was not noted");
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_noted_once_in_a_while() {
        let uses = Uses::default();
        let (login, token) = (
            Used::Login(LoginId::from_bytes([1; 10])),
            Used::Token(ApiTokenId::from_bytes([1; 10])),
        );
        assert!(uses.is_due(login, 0) && uses.is_due(token, 0));
        assert!(!uses.is_due(login, EVERY.ms() - 1));
        assert!(uses.is_due(login, EVERY.ms()));
    }
}
