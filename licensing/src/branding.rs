//! How the vendor wants to be seen by its customers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::row::{Row, RowKey};
use crate::state::Record;

/// What sign-in pages and the portal show of the vendor. There is one of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branding {
    /// The vendor's name for people.
    pub name: Option<Arc<str>>,
    /// The colour of buttons and marks, `#` and six digits of 0-9 a-f.
    pub colour: Option<Arc<str>>,
    /// Where customers ask for help: an e-mail address or an https:// address.
    pub support: Option<Arc<str>>,
    /// Counts its edits, from 1; 0 if it was never set.
    pub version: u32,
}

impl Record for Branding {
    type Key = ();

    fn key(&self) {}

    fn row_key((): ()) -> RowKey {
        RowKey::Branding
    }

    fn into_row(self) -> Row {
        Row::Branding(self)
    }
}
