//! Why a proposal or a read got no answer. A lawful no is an answer and is not here.

/// A proposal's or a barrier's failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
pub enum ProposeError {
    /// No leader was found in time and nothing was proposed.
    #[error("the cluster has no leader at the moment; nothing was changed")]
    NoLeader,
    /// The proposal was handed to a leader and its fate is not known; the same request is safe to send again.
    #[error("the outcome is not known; sending the same request again is safe")]
    OutcomeUnknown,
    /// The queue is full; nothing was proposed.
    #[error("this node has more work than it can do; nothing was changed")]
    Overloaded,
    /// The node is going away; nothing was proposed.
    #[error("this node is shutting down; nothing was changed")]
    ShuttingDown,
}
