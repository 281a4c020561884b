//! Plans.

use crate::apply::{already_exists, check_version, field, not_found};
use crate::catalogue::Plan;
use crate::command::{CreatePlan, UpdatePlan};
use crate::ledger::Ledger;
use crate::outcome::{Kind, Outcome, Rejection};

impl Ledger {
    pub(super) fn create_plan(&mut self, create: &CreatePlan) -> Result<Outcome, Rejection> {
        field::code(&create.code)?;
        field::text("name", &create.name)?;
        field::terms(&create.terms)?;
        let product = self
            .catalogue
            .products
            .get(create.product)
            .ok_or(not_found(Kind::Product))?;
        let codes = product.code.len() + create.code.len();
        field::token_text(codes, field::plan_bytes(&create.terms.entitlements), 0)?;
        if self.catalogue.plans.contains(create.id) {
            return Err(already_exists(Kind::Plan, "id"));
        }
        if self.catalogue.plan_by_code(create.product, &create.code).is_some() {
            return Err(already_exists(Kind::Plan, "code"));
        }
        let CreatePlan {
            id,
            product,
            code,
            name,
            terms,
        } = create.clone();
        self.catalogue.put_plan(Plan {
            id,
            product,
            code,
            name,
            terms,
            created_at: self.meta.at,
            version: 1,
        });
        Ok(Outcome::Changed { version: 1 })
    }

    /// New terms end no session and take no seat away: they hold from each session's next heartbeat.
    pub(super) fn update_plan(&mut self, update: &UpdatePlan) -> Result<Outcome, Rejection> {
        field::optional(update.name.as_deref(), |name| field::text("name", name))?;
        field::optional(update.terms.as_ref(), field::terms)?;
        let mut plan = self
            .catalogue
            .plans
            .get(update.id)
            .ok_or(not_found(Kind::Plan))?
            .clone();
        check_version(Kind::Plan, update.if_version, plan.version)?;
        if let Some(terms) = &update.terms {
            let product = self
                .catalogue
                .products
                .get(plan.product)
                .ok_or(not_found(Kind::Product))?;
            let codes = product.code.len() + plan.code.len();
            let own = self.catalogue.own_entitlement_bytes_max(plan.id);
            field::token_text(codes, field::plan_bytes(&terms.entitlements), own)?;
            plan.terms = terms.clone();
        }
        plan.name = update.name.clone().unwrap_or(plan.name);
        plan.version += 1;
        let version = plan.version;
        self.catalogue.put_plan(plan);
        Ok(Outcome::Changed { version })
    }
}
