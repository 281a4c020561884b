//! What happened and is over: audit leaves and closed usage hours, read for the API. It shows what the last checkpoint
//! holds, so the newest second may be missing.

use std::ops::Range;
use std::sync::Arc;

use licensing::audit::{AuditRecord, Topic};
use licensing::id::{LicenseId, Seq};
use licensing::time::{At, Hour};
use licensing::usage::UsageHour;

use super::audit::Kept;
use super::gone::Gone;
use super::table::{FILE, View};
use super::topics::Order;
use super::{StateFile, run};
use crate::disk::Lane;
use crate::error::Error;

impl StateFile {
    /// The audit leaves of a range of indexes, from its start on, at most `limit`. A node that was brought up to date by
    /// a snapshot lacks the leaves from before it, so the first one may have a later index than the range; those that were
    /// dropped are left out.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if a leaf is not what was written, or is not there any more.
    pub async fn audit(&self, range: Range<u64>, limit: usize) -> Result<Vec<AuditRecord>, Error> {
        self.read(move |view| view.audit(range, limit)).await
    }

    /// The same from the newest on.
    ///
    /// # Errors
    ///
    /// As [`StateFile::audit`].
    pub async fn audit_back(&self, range: Range<u64>, limit: usize) -> Result<Vec<AuditRecord>, Error> {
        self.read(move |view| view.audit_back(range, limit)).await
    }

    /// The hashes that stand for the leaves of a range of indexes that were dropped, at most `limit`. The first may begin
    /// before the range, and the last end behind it. With the leaves that are left they are the audit's tree.
    ///
    /// # Errors
    ///
    /// As [`StateFile::audit`].
    pub async fn audit_gone(&self, range: Range<u64>, limit: usize) -> Result<Vec<Gone>, Error> {
        self.read(move |view| view.gone(&range, limit)).await
    }

    /// The audit leaves about any of these topics in a range of indexes, each once, at most `limit` of them.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if a leaf is not what was written, or is not there any more.
    pub async fn audit_about(
        &self,
        topics: Vec<Topic>,
        range: Range<u64>,
        order: Order,
        limit: usize,
    ) -> Result<Vec<AuditRecord>, Error> {
        self.read(move |view| view.about(&topics, &range, order, limit)).await
    }

    /// The index of the first audit leaf from this time on, or of one that was dropped right before it; the one that the
    /// next leaf gets if there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if a leaf that was looked at is not what was written.
    pub async fn audit_index_at(&self, at: At) -> Result<u64, Error> {
        self.read(move |view| view.first_at(at)).await
    }

    /// The audit leaves of these commands, in their order. A command may have none, or several.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if a leaf that was looked at is not what was written.
    pub async fn audit_of_commands(&self, seqs: Vec<Seq>) -> Result<Vec<AuditRecord>, Error> {
        self.read(move |view| view.of_commands(&seqs)).await
    }

    /// Which audit leaves there are.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if what says so is not what was written.
    pub async fn audit_kept(&self) -> Result<Kept, Error> {
        self.read(View::kept).await
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
