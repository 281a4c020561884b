//! Remembered answers by request.

use std::collections::BTreeSet;

use crate::answer::Answer;
use crate::id::RequestId;
use crate::state::Rows;
use crate::state::rows::record;
use crate::time::SessionTime;

/// Remembered answers.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) rows: Rows<Answer>,
    /// The same, the next to be forgotten first.
    forget: BTreeSet<(SessionTime, RequestId)>,
}

impl Answers {
    /// What a request was answered, as long as it is remembered.
    pub(crate) fn get(&self, request: RequestId, now: SessionTime) -> Option<&Answer> {
        self.rows.get(request).filter(|answer| answer.forget_at > now)
    }

    /// Remembers an answer, in the place of one that is past its time.
    pub(crate) fn remember(&mut self, answer: Answer) {
        self.forget(answer.request.id);
        self.forget.insert((answer.forget_at, answer.request.id));
        self.rows.put(answer);
    }

    /// Forgets one answer whose time has come, and says whether there was one.
    pub(crate) fn forget_one(&mut self, now: SessionTime) -> bool {
        let due = self
            .forget
            .first()
            .filter(|(at, _)| *at <= now)
            .map(|(_, request)| *request);
        due.is_some_and(|request| self.forget(request))
    }

    fn forget(&mut self, request: RequestId) -> bool {
        let gone = self.rows.remove(request);
        gone.inspect(|answer| _ = self.forget.remove(&(answer.forget_at, request)))
            .is_some()
    }

    pub(crate) fn build_index(&mut self) {
        self.forget = self.index_of_rows();
    }

    pub(crate) fn index_follows_rows(&self) -> bool {
        self.forget == self.index_of_rows()
    }

    fn index_of_rows(&self) -> BTreeSet<(SessionTime, RequestId)> {
        self.rows
            .iter()
            .map(|answer| (answer.forget_at, answer.request.id))
            .collect()
    }
}

record!(Answer by request.id: RequestId);
