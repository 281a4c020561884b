//! How the vendor wants to be seen.

use std::sync::Arc;

use crate::apply::{check_version, field};
use crate::branding::Branding;
use crate::command::SetBranding;
use crate::ledger::Ledger;
use crate::outcome::{Kind, Outcome, Rejection};

impl Ledger {
    pub(super) fn set_branding(&mut self, set: &SetBranding) -> Result<Outcome, Rejection> {
        let SetBranding {
            if_version,
            name,
            colour,
            support,
        } = set;
        field::optional(name.as_deref(), |name| field::text("name", name))?;
        field::optional(colour.as_deref(), field::colour)?;
        field::optional(support.as_deref(), field::support)?;
        let before = self.branding().version;
        check_version(Kind::Branding, *if_version, before)?;
        let version = before.saturating_add(1);
        self.branding.put(Branding {
            name: name.as_ref().map(Arc::clone),
            colour: colour.as_ref().map(Arc::clone),
            support: support.as_ref().map(Arc::clone),
            version,
        });
        Ok(Outcome::Changed { version })
    }
}
