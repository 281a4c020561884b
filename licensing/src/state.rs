//! What the ledger keeps, one file per kind of row, each with the indexes over it.
//!
//! Every index is a function of the rows: it is built from them on a restart and kept up as they change, and
//! [`invariant`](crate::invariant) compares the two.

mod answers;
mod assignments;
mod catalogue;
mod entitlements;
mod ghosts;
mod holder;
mod hours;
mod identities;
mod members;
mod people;
mod rows;
mod session_index;
mod sessions;
mod texts;

pub(crate) use answers::Answers;
pub(crate) use assignments::Assignments;
pub(crate) use catalogue::{Catalogue, Terms};
pub(crate) use entitlements::json_bytes;
pub(crate) use ghosts::Ghosts;
pub(crate) use hours::{Counted, Hours};
pub(crate) use identities::Identities;
pub(crate) use members::Members;
pub(crate) use people::People;
pub(crate) use rows::{Record, Rows};
pub(crate) use sessions::Sessions;
pub(crate) use texts::Texts;
