//! Agreement: openraft wired to the ledger and its storage. The only crate that names openraft.
//!
//! It holds the peers and their TLS, admission, the cluster's clock, the way of a proposal from any node to the leader
//! and back, linearizable reads, and the membership. It must never decide anything about seats, read a clock or draw
//! randomness but through [`seams`], or answer for an entry that is not committed.
//!
//! Reading order: [`node`] puts everything together; `propose` and `leader` are the way down, `log` and `machine` the
//! engine's two feet, `peers` and `server` the two ends of a connection, `clock` the time.

mod agree;
mod clock;
mod error;
mod facts;
mod feed;
mod frame;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod greeting;
mod hand_over;
mod identity;
mod join;
mod leader;
mod link;
mod log;
mod machine;
mod members;
mod network;
mod node;
mod peers;
mod propose;
mod reads;
mod recovery;
pub mod runtime;
pub mod seams;
mod server;
mod status;
mod stored;
#[cfg(test)]
mod suite;
mod tls;
mod types;
mod wire;

pub use error::ProposeError;
pub use facts::NodeFacts;
pub use feed::{SessionChanges, Told};
pub use identity::{Authority, Identity, IdentityError, NodeKey};
pub use join::{JoinError, JoinToken, Joiner, ParseJoinTokenError, join, join_secret_hash};
pub use members::VOTERS_TARGET;
pub use node::{Cluster, Node, NodeConfig, RemovalError, StartError, Tuning, prepare};
pub use propose::{Beat, Beats};
pub use status::{ClusterStatus, KnownLeader, Member, MemberList};
