//! What becomes of sessions, for those who watch them. It is told from what each checkpoint takes from the ledger: about
//! once a second, each session once with its latest state, however often it beat.

use std::sync::Arc;

use licensing::ledger::Changes;
use licensing::row::Row;
use licensing::session::{EndedSession, Session};
use tokio::sync::broadcast;

/// Checkpoints that somebody who watches may be behind.
const BEHIND_MAX: usize = 8;

/// Sessions that changed since the last time.
#[derive(Debug, Default)]
pub struct SessionChanges {
    /// Those that were granted or have beaten, as they are now.
    pub live: Vec<Session>,
    /// Those that have ended.
    pub ended: Vec<EndedSession>,
}

/// What somebody who watches is told.
#[derive(Debug, Clone)]
pub enum Told {
    /// These changed.
    Changes(Arc<SessionChanges>),
    /// The whole ledger was replaced by a snapshot: what was known before is to be forgotten.
    Anew,
}

/// Tells those who watch.
#[derive(Debug)]
pub(crate) struct Feed(broadcast::Sender<Told>);

impl Default for Feed {
    fn default() -> Self {
        Self(broadcast::Sender::new(BEHIND_MAX))
    }
}

impl Feed {
    /// Begins to watch.
    pub(crate) fn watch(&self) -> broadcast::Receiver<Told> {
        self.0.subscribe()
    }

    /// Tells what a checkpoint has taken. Costs nothing while nobody watches.
    pub(crate) fn tell(&self, changes: &Changes) {
        if self.0.receiver_count() == 0 {
            return;
        }
        let mut told = SessionChanges::default();
        for (_, row) in &changes.rows {
            match row {
                Some(Row::Session(session)) => told.live.push(session.clone()),
                Some(Row::EndedSession(ended)) => told.ended.push(ended.clone()),
                _ => {}
            }
        }
        if !told.live.is_empty() || !told.ended.is_empty() {
            // Nobody may be left to hear it.
            let _ = self.0.send(Told::Changes(Arc::new(told)));
        }
    }

    /// Tells that the whole ledger is another one.
    pub(crate) fn tell_anew(&self) {
        let _ = self.0.send(Told::Anew);
    }
}
