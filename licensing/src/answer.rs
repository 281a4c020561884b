//! What a request was answered: kept for a while, so that asking again gets the same answer and changes nothing.

use serde::{Deserialize, Serialize};

use crate::command::Request;
use crate::outcome::Outcome;
use crate::time::SessionTime;

/// A remembered answer. Grants need none: their session, live or ended, is what a repetition finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The request's name and what it said.
    pub request: Request,
    /// What it was answered.
    pub outcome: Outcome,
    /// When it is forgotten.
    pub forget_at: SessionTime,
}
