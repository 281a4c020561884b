//! Versions of the application in use.

use std::collections::{BTreeMap, BTreeSet};

use licensing::id::HolderKey;
use licensing::ledger::Ledger;
use serde::Serialize;
use utoipa::ToSchema;

use super::or_none;
use crate::api::analytics::report::Table;
use crate::api::id;
use crate::api::time::Timestamp;

/// The versions of the application that hold seats.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Versions {
    license: id::LicenseId,
    /// The cluster's clock.
    at: Timestamp,
    /// The versions, the most used first.
    items: Vec<VersionInUse>,
}

/// A version of an application.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionInUse {
    /// The application, as it names itself.
    app: Option<String>,
    /// Its version.
    version: Option<String>,
    /// The SDK and its version.
    sdk: Option<String>,
    /// Live sessions.
    sessions: u64,
    /// Holders.
    holders: u64,
}

impl Versions {
    pub(in crate::api::analytics) fn of(ledger: &Ledger, license: id::LicenseId) -> Self {
        type Said = [Option<String>; 3];
        let mut found: BTreeMap<Said, (u64, BTreeSet<HolderKey>)> = BTreeMap::new();
        for session in ledger.sessions_of(license.0, None) {
            let client = session.client.as_deref();
            let said = |text: Option<&std::sync::Arc<str>>| text.map(ToString::to_string);
            let key = [
                said(client.and_then(|client| client.app.as_ref())),
                said(client.and_then(|client| client.version.as_ref())),
                said(client.and_then(|client| client.sdk.as_ref())),
            ];
            let row = found.entry(key).or_default();
            row.0 += 1;
            row.1.insert(session.holder);
        }
        let item = |([app, version, sdk], (sessions, holders)): (Said, (u64, BTreeSet<HolderKey>))| VersionInUse {
            app,
            version,
            sdk,
            sessions,
            holders: holders.len() as u64,
        };
        let mut items: Vec<VersionInUse> = found.into_iter().map(item).collect();
        items.sort_by_key(|item| std::cmp::Reverse(item.sessions));
        Self {
            license,
            at: Timestamp(ledger.at()),
            items,
        }
    }
}

impl Table for Versions {
    const COLUMNS: &'static [&'static str] = &["app", "version", "sdk", "sessions", "holders"];

    fn rows(&self) -> Vec<Vec<String>> {
        let row = |item: &VersionInUse| {
            vec![
                or_none(item.app.as_ref()),
                or_none(item.version.as_ref()),
                or_none(item.sdk.as_ref()),
                item.sessions.to_string(),
                item.holders.to_string(),
            ]
        };
        self.items.iter().map(row).collect()
    }
}
