//! Those who ask for license keys and API tokens that do not exist: each source may do so a number of times at once, and
//! then so many times a minute. Calls for what exists are never counted, and sessions, which are forgotten, are not
//! looked for here, so an honest client that was set up rightly does not meet this limit.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use licensing::ledger::Ledger;

use super::code::Code;
use super::failures::Failures;
use super::problem::ApiError;
use super::{Api, ApiLimits};
use crate::serve::{Peer, source_of};

/// The account of sources for which there is no other.
const OTHERS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Counts the failed look-ups of each source.
pub(crate) fn strangers(limits: &ApiLimits) -> Failures<IpAddr> {
    Failures::new(limits.failed_lookups_burst, limits.failed_lookups_per_minute, OTHERS)
}

/// Counts the explanations of refusals that each source asks for: each costs a look into the history.
pub(crate) fn explained() -> Failures<IpAddr> {
    Failures::new(60, 60, OTHERS)
}

/// Where a call comes from, as far as it is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source(pub(super) IpAddr);

impl Source {
    /// Where the call comes from; calls that came over no network share one account.
    pub(crate) fn of(parts: &Parts) -> Self {
        let peer = parts.extensions.get::<Peer>().map(|Peer(address)| address.ip());
        Self(source_of(peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }

    /// Finds something for a caller who has to know it, in this node's ledger or, once it has caught up, there. Whoever
    /// asked too often for what does not exist is refused before the rest of the cluster is troubled; strangers'
    /// questions never become commands.
    pub(crate) async fn find<T>(self, api: &Api, look: impl Fn(&Ledger) -> Option<T>) -> Result<Option<T>, ApiError> {
        let found = api.cluster().ledger(&look);
        if found.is_some() {
            return Ok(found);
        }
        self.check(api)?;
        let found = api.find(look).await?;
        if found.is_none() {
            api.0.strangers.count(self.0, api.0.config.seams.clock.boot_ms());
        }
        Ok(found)
    }

    /// Lets so many explanations of refusals through and no more, whether their links are good or not.
    pub(crate) fn explained(self, api: &Api) -> Result<(), ApiError> {
        let now_ms = api.0.config.seams.clock.boot_ms();
        api.0.explained.take(self.0, now_ms).map_err(|wait| {
            api.metrics().rate_limited();
            let detail = format!("This address asked too often. Try again in {} s.", wait.secs_ceil());
            ApiError::new(Code::RateLimited, detail).retry_after(wait)
        })
    }

    /// Finds what can be taken away from a caller, such as their login, as of everything that was acknowledged before the
    /// call: a node may be a moment behind the one on which it was taken.
    pub(crate) async fn find_standing<T>(
        self,
        api: &Api,
        look: impl Fn(&Ledger) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        // Strangers have nothing here, and wait no longer for it.
        if api.cluster().ledger(&look).is_some() {
            api.cluster().barrier().await?;
        }
        self.find(api, look).await
    }

    fn check(self, api: &Api) -> Result<(), ApiError> {
        let now_ms = api.0.config.seams.clock.boot_ms();
        api.0.strangers.check(self.0, now_ms).map_err(|wait| {
            api.metrics().rate_limited();
            let detail = format!(
                "This address asked too often for licenses or tokens that do not exist. Check what is being sent, and \
                 try again in {} s.",
                wait.secs_ceil()
            );
            ApiError::new(Code::RateLimited, detail).retry_after(wait)
        })
    }
}

impl FromRequestParts<Api> for Source {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        Ok(Self::of(parts))
    }
}
