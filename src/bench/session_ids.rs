//! The secret ids of many sessions in little memory: a million of them in 30 MB.

/// Ids in the order in which their sessions were acquired. All ids of a server have the same length, so one text holds
/// them all.
#[derive(Debug, Clone, Default)]
pub struct SessionIds {
    text: String,
    each: usize,
}

impl SessionIds {
    /// Adds an id; `false` if it has not the length of the others.
    pub(super) fn push(&mut self, id: &str) -> bool {
        if self.each == 0 {
            self.each = id.len();
        }
        let fits = !id.is_empty() && id.len() == self.each;
        if fits {
            self.text.push_str(id);
        }
        fits
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.text.len().checked_div(self.each).unwrap_or(0)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The id of this number.
    pub fn get(&self, at: usize) -> Option<&str> {
        let begin = at.checked_mul(self.each)?;
        self.text.get(begin..begin + self.each).filter(|id| !id.is_empty())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|at| self.get(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_as_they_went_in() {
        let mut ids = SessionIds::default();
        assert!(ids.is_empty() && ids.get(0).is_none() && ids.iter().count() == 0);
        assert!(ids.push("sid_a") && ids.push("sid_b") && !ids.push("sid_longer") && !ids.push(""));
        assert_eq!(ids.iter().collect::<Vec<_>>(), ["sid_a", "sid_b"]);
        assert_eq!((ids.get(1), ids.get(2)), (Some("sid_b"), None));
    }
}
