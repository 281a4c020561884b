//! Seats that are assigned by name, as the ledger keeps them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::command::Actor;
use crate::id::{HolderKey, LicenseId};
use crate::time::At;

/// Why the sessions end that were held by a seat which is taken away; their clients read it.
pub const UNASSIGNED: &str = "the seat is no longer assigned to its user";

/// That a seat of a license belongs to whoever has an address. It counts where the license's plan goes by
/// [`NamedUser`](crate::catalogue::HolderPolicy::NamedUser), and is kept where it does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The license.
    pub license: LicenseId,
    /// The holder that the address stands for under this license: who a seat that is taken by it is counted for.
    pub holder: HolderKey,
    /// The address, in lower case.
    pub email: Arc<str>,
    /// When it was assigned.
    pub assigned_at: At,
    /// Who assigned it.
    pub assigned_by: Actor,
}
