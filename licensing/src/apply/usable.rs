//! Whether a license may be used, and the true reason if not.

use crate::catalogue::LicenseStatus;
use crate::outcome::Rejection;
use crate::state::Terms;
use crate::time::At;

/// Refuses the use of a license that is revoked, suspended, over or yet to start. What an operator decided comes before
/// what the calendar says.
pub(crate) fn check_usable(terms: Terms<'_>, at: At) -> Result<(), Rejection> {
    let license = terms.license;
    let renewal_url = || terms.product.renewal_url.clone();
    match &license.status {
        LicenseStatus::Revoked { reason } => {
            return Err(Rejection::LicenseRevoked {
                reason: reason.clone(),
                renewal_url: renewal_url(),
            });
        }
        LicenseStatus::Suspended { reason } => {
            return Err(Rejection::LicenseSuspended {
                reason: reason.clone(),
                renewal_url: renewal_url(),
            });
        }
        LicenseStatus::Active => {}
    }
    if let Some(expired_at) = license.expires_at.filter(|end| *end <= at) {
        return Err(Rejection::LicenseExpired {
            expired_at,
            renewal_url: renewal_url(),
        });
    }
    if license.starts_at > at {
        return Err(Rejection::LicenseNotStarted {
            starts_at: license.starts_at,
            renewal_url: renewal_url(),
        });
    }
    Ok(())
}
