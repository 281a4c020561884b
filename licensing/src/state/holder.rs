//! The live sessions of one holder: nearly always one.

use crate::id::SessionNo;

/// One or more sessions, in number order. Most holders have one, and that one costs no allocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HolderSessions {
    One(SessionNo),
    Many(Vec<SessionNo>),
}

impl HolderSessions {
    pub(crate) fn as_slice(&self) -> &[SessionNo] {
        match self {
            Self::One(no) => std::slice::from_ref(no),
            Self::Many(nos) => nos,
        }
    }

    pub(crate) fn add(&mut self, no: SessionNo) {
        match self {
            Self::One(first) => *self = Self::Many(vec![(*first).min(no), (*first).max(no)]),
            Self::Many(nos) => {
                let place = nos.partition_point(|known| *known < no);
                nos.insert(place, no);
            }
        }
    }

    /// Takes a session out and says whether any is left.
    pub(crate) fn remove(&mut self, no: SessionNo) -> bool {
        match self {
            Self::One(only) => *only != no,
            Self::Many(nos) => {
                nos.retain(|known| *known != no);
                if let [only] = nos.as_slice() {
                    *self = Self::One(*only);
                }
                true
            }
        }
    }
}

/// Makes one or many of session numbers in ascending order.
impl FromIterator<SessionNo> for HolderSessions {
    fn from_iter<I: IntoIterator<Item = SessionNo>>(nos: I) -> Self {
        let nos: Vec<_> = nos.into_iter().collect();
        if let [only] = nos.as_slice() {
            Self::One(*only)
        } else {
            Self::Many(nos)
        }
    }
}
