//! Licenses: made, changed, put on hold, ended.

use std::sync::Arc;

use crate::apply::{already_exists, check_version, field, not_allowed, not_found};
use crate::catalogue::{Entitlements, License, LicenseStatus, Plan};
use crate::command::{CreateLicense, UpdateLicense};
use crate::id::{LicenseId, PlanId, SecretHash};
use crate::ledger::Ledger;
use crate::outcome::{Kind, Outcome, Rejection};
use crate::time::At;

const REVOKED: &str = "the license was revoked, which is final; create a new one";

impl Ledger {
    pub(super) fn create_license(&mut self, create: &CreateLicense) -> Result<Outcome, Rejection> {
        let starts_at = create.starts_at.unwrap_or(self.meta.at);
        field::key_hint(&create.key_hint)?;
        field::optional(create.seats.as_ref(), |seats| field::seats("seats", *seats))?;
        field::license_dates(starts_at, create.expires_at)?;
        field::entitlements(&create.entitlements)?;
        let plan = self.catalogue.plans.get(create.plan).ok_or(not_found(Kind::Plan))?;
        if !self.catalogue.customers.contains(create.customer) {
            return Err(not_found(Kind::Customer));
        }
        self.check_token_text(plan, &create.entitlements)?;
        if self.catalogue.licenses.contains(create.id) {
            return Err(already_exists(Kind::License, "id"));
        }
        self.check_key(&create.key)?;
        let CreateLicense {
            id,
            plan,
            customer,
            key,
            key_hint,
            seats,
            expires_at,
            entitlements,
            ..
        } = create.clone();
        self.catalogue.put_license(License {
            id,
            plan,
            customer,
            key,
            key_hint,
            seats,
            starts_at,
            expires_at,
            status: LicenseStatus::Active,
            entitlements,
            created_at: self.meta.at,
            version: 1,
        });
        Ok(Outcome::Changed { version: 1 })
    }

    /// Fewer seats than are held end no session, and neither does a new key: nothing is granted until enough seats were
    /// given back, and the old key opens nothing any more.
    pub(super) fn update_license(&mut self, update: &UpdateLicense) -> Result<Outcome, Rejection> {
        field::optional(update.seats.flatten().as_ref(), |seats| field::seats("seats", *seats))?;
        field::optional(update.entitlements.as_ref(), field::entitlements)?;
        let mut license = self.standing_license(update.id)?;
        check_version(Kind::License, update.if_version, license.version)?;
        if let Some(plan) = update.plan {
            self.check_same_product(license.plan, plan)?;
            license.plan = plan;
        }
        license.seats = update.seats.unwrap_or(license.seats);
        license.entitlements = update.entitlements.clone().unwrap_or(license.entitlements);
        let plan = self.catalogue.plans.get(license.plan).ok_or(not_found(Kind::Plan))?;
        self.check_token_text(plan, &license.entitlements)?;
        if let Some((key, hint)) = &update.key {
            field::key_hint(hint)?;
            if license.key == *key {
                return Err(not_allowed("the license has this key already; give it another"));
            }
            self.check_key(key)?;
            (license.key, license.key_hint) = (*key, Arc::clone(hint));
        }
        Ok(self.change_license(license))
    }

    /// Sessions that live go on until their next heartbeat, which is refused, or their ttl.
    pub(super) fn suspend_license(&mut self, id: LicenseId, reason: &Arc<str>) -> Result<Outcome, Rejection> {
        field::reason(reason)?;
        let mut license = self.standing_license(id)?;
        if license.status != LicenseStatus::Active {
            return Err(not_allowed(
                "the license is suspended already; reinstate it to suspend it for another reason",
            ));
        }
        license.status = LicenseStatus::Suspended {
            reason: Arc::clone(reason),
        };
        Ok(self.change_license(license))
    }

    pub(super) fn reinstate_license(&mut self, id: LicenseId) -> Result<Outcome, Rejection> {
        let mut license = self.standing_license(id)?;
        if license.status == LicenseStatus::Active {
            return Err(not_allowed("the license is not suspended"));
        }
        license.status = LicenseStatus::Active;
        Ok(self.change_license(license))
    }

    /// Final. Sessions end as those of a suspended license do.
    pub(super) fn revoke_license(&mut self, id: LicenseId, reason: &Arc<str>) -> Result<Outcome, Rejection> {
        field::reason(reason)?;
        let mut license = self.standing_license(id)?;
        license.status = LicenseStatus::Revoked {
            reason: Arc::clone(reason),
        };
        Ok(self.change_license(license))
    }

    /// Moves a license's end either way, also after it has passed. An earlier end holds for tokens from each session's
    /// next heartbeat on; tokens that were signed before keep the end they were signed with.
    pub(super) fn extend_license(&mut self, id: LicenseId, expires_at: Option<At>) -> Result<Outcome, Rejection> {
        let mut license = self.standing_license(id)?;
        field::license_dates(license.starts_at, expires_at)?;
        license.expires_at = expires_at;
        self.sessions.move_license_end(id, expires_at);
        Ok(self.change_license(license))
    }

    /// A license that can still be changed.
    pub(super) fn standing_license(&self, id: LicenseId) -> Result<License, Rejection> {
        let license = self.catalogue.licenses.get(id).ok_or(not_found(Kind::License))?;
        match license.status {
            LicenseStatus::Revoked { .. } => Err(not_allowed(REVOKED)),
            LicenseStatus::Active | LicenseStatus::Suspended { .. } => Ok(license.clone()),
        }
    }

    fn change_license(&mut self, mut license: License) -> Outcome {
        license.version += 1;
        let version = license.version;
        self.catalogue.put_license(license);
        Outcome::Changed { version }
    }

    fn check_key(&self, key: &SecretHash) -> Result<(), Rejection> {
        match self.catalogue.license_by_key(key) {
            Some(_) => Err(already_exists(Kind::License, "key")),
            None => Ok(()),
        }
    }

    fn check_same_product(&self, before: PlanId, after: PlanId) -> Result<(), Rejection> {
        let product = |id| self.catalogue.plans.get(id).map(|plan| plan.product);
        let after = product(after).ok_or(not_found(Kind::Plan))?;
        if product(before) == Some(after) {
            return Ok(());
        }
        let problem = "give a plan of the license's own product, or create a license of the other product";
        Err(Rejection::InvalidField {
            field: "plan".into(),
            problem: problem.into(),
        })
    }

    fn check_token_text(&self, plan: &Plan, own: &Entitlements) -> Result<(), Rejection> {
        let product = self
            .catalogue
            .products
            .get(plan.product)
            .ok_or(not_found(Kind::Product))?;
        let codes = product.code.len() + plan.code.len();
        field::token_text(
            codes,
            field::plan_bytes(&plan.terms.entitlements),
            field::own_bytes(own),
        )
    }
}
