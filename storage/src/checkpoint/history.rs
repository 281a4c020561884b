//! What happened and is over: audit leaves and closed usage hours, read for the API. It shows what the last checkpoint
//! holds, so the newest second may be missing.

use std::ops::Range;
use std::sync::Arc;

use licensing::audit::AuditRecord;
use licensing::id::LicenseId;
use licensing::time::Hour;
use licensing::usage::UsageHour;

use super::table::{FILE, View};
use super::{StateFile, run};
use crate::disk::Lane;
use crate::error::Error;

impl StateFile {
    /// The audit leaves of a range of indexes, from its start on, at most `limit`. A node that was brought up to date by
    /// a snapshot lacks the leaves from before it, so the first one may have a later index than the range.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if a leaf is not what was written, or is not there any more.
    pub async fn audit(&self, range: Range<u64>, limit: usize) -> Result<Vec<AuditRecord>, Error> {
        self.read(move |view| view.audit(range, limit)).await
    }

    /// A license's closed hours in a range of hours, in their order, at most `limit` of them. Hours without any use have
    /// no record.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if a record is not what was written, or is not there any more.
    pub async fn usage(&self, license: LicenseId, hours: Range<Hour>, limit: usize) -> Result<Vec<UsageHour>, Error> {
        self.read(move |view| view.usage(license, &hours, limit)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&View) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let shared = Arc::clone(&self.shared);
        run(&self.shared.disk, Lane::Read, FILE, move || {
            read(&shared.tables.view()?)
        })
        .await
    }
}
