//! Products, plans, customers and licenses, and what is found by their codes and keys.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalogue::{Customer, Entitlements, License, Plan, Product};
use crate::id::{CustomerId, LicenseId, PlanId, ProductId, SecretHash};
use crate::ledger::LoadError;
use crate::row::{RowKey, Table};
use crate::state::Rows;
use crate::state::entitlements::{json_bytes, merge};
use crate::state::rows::record;
use crate::time::At;

/// What is sold and to whom.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    pub(crate) products: Rows<Product>,
    pub(crate) plans: Rows<Plan>,
    pub(crate) customers: Rows<Customer>,
    pub(crate) licenses: Rows<License>,
    index: Index,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Index {
    products: BTreeMap<Arc<str>, ProductId>,
    plans: BTreeMap<(ProductId, Arc<str>), PlanId>,
    customers: BTreeMap<Arc<str>, CustomerId>,
    licenses: BTreeMap<SecretHash, LicenseId>,
    of_customer: BTreeSet<(CustomerId, LicenseId)>,
    /// Each plan's entitlements, ready to be handed out with every grant.
    of_plan: BTreeMap<PlanId, Arc<Entitlements>>,
    /// The merged entitlements of the licenses that have some of their own.
    of_license: BTreeMap<LicenseId, Arc<Entitlements>>,
    /// Those licenses by plan, with the bytes that their own entitlements take in a token.
    own_bytes: BTreeSet<(PlanId, usize, LicenseId)>,
}

/// A license with everything its grants need to know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub(crate) license: &'a License,
    pub(crate) plan: &'a Plan,
    pub(crate) product: &'a Product,
    pub(crate) entitlements: &'a Arc<Entitlements>,
}

impl Terms<'_> {
    /// The license's seats.
    pub(crate) fn seats(&self) -> u32 {
        self.license.seats.unwrap_or(self.plan.terms.seats)
    }

    /// Seats that may be held, overage included.
    pub(crate) fn limit(&self) -> u32 {
        self.seats().saturating_add(self.plan.terms.overage_max)
    }
}

impl Catalogue {
    pub(crate) fn product_by_code(&self, code: &str) -> Option<&Product> {
        self.products.get(*self.index.products.get(code)?)
    }

    pub(crate) fn plan_by_code(&self, product: ProductId, code: &str) -> Option<&Plan> {
        self.plans.get(*self.index.plans.get(&(product, Arc::from(code)))?)
    }

    pub(crate) fn customer_by_reference(&self, reference: &str) -> Option<&Customer> {
        self.customers.get(*self.index.customers.get(reference)?)
    }

    pub(crate) fn license_by_key(&self, key: &SecretHash) -> Option<&License> {
        self.licenses.get(*self.index.licenses.get(key)?)
    }

    /// A customer's licenses in id order.
    pub(crate) fn licenses_of(&self, customer: CustomerId) -> impl Iterator<Item = &License> {
        let first = (customer, LicenseId::from_bytes([0; 16]));
        let last = (customer, LicenseId::from_bytes([0xff; 16]));
        let found = self.index.of_customer.range(first..=last);
        found.filter_map(|(_, license)| self.licenses.get(*license))
    }

    /// A license's end, if it has one.
    pub(crate) fn license_end(&self, license: LicenseId) -> Option<At> {
        self.licenses.get(license)?.expires_at
    }

    /// A license with its plan and product. A license's plan and a plan's product are never removed.
    pub(crate) fn terms(&self, license: LicenseId) -> Option<Terms<'_>> {
        let license = self.licenses.get(license)?;
        let plan = self.plans.get(license.plan)?;
        let product = self.products.get(plan.product)?;
        let own = if license.entitlements.is_empty() {
            None
        } else {
            self.index.of_license.get(&license.id)
        };
        let entitlements = own.or_else(|| self.index.of_plan.get(&plan.id))?;
        Some(Terms {
            license,
            plan,
            product,
            entitlements,
        })
    }

    /// The same for a license that is known to be there.
    pub(crate) fn known_terms(&self, license: LicenseId) -> Terms<'_> {
        self.terms(license)
            .expect("licenses, their plans and their products are never removed")
    }

    /// The most bytes that the own entitlements of any of a plan's licenses take in a token.
    pub(crate) fn own_entitlement_bytes_max(&self, plan: PlanId) -> usize {
        let first = (plan, 0, LicenseId::from_bytes([0; 16]));
        let last = (plan, usize::MAX, LicenseId::from_bytes([0xff; 16]));
        self.index
            .own_bytes
            .range(first..=last)
            .next_back()
            .map_or(0, |(_, bytes, _)| *bytes)
    }

    /// Adds or replaces a product; its code stays the same.
    pub(crate) fn put_product(&mut self, product: Product) {
        self.index.add_product(&product);
        self.products.put(product);
    }

    /// Adds or replaces a plan; its product and code stay the same.
    pub(crate) fn put_plan(&mut self, plan: Plan) {
        self.index.add_plan(&plan);
        let before = self.plans.get(plan.id).map(|plan| &plan.terms.entitlements);
        if before.is_some_and(|before| *before != plan.terms.entitlements) {
            let Index {
                own_bytes, of_license, ..
            } = &mut self.index;
            let first = (plan.id, 0, LicenseId::from_bytes([0; 16]));
            let of_plan = own_bytes.range(first..).take_while(|(of, ..)| *of == plan.id);
            for license in of_plan.filter_map(|(.., id)| self.licenses.get(*id)) {
                of_license.insert(license.id, merge(&plan.terms.entitlements, &license.entitlements));
            }
        }
        self.plans.put(plan);
    }

    /// Adds or replaces a customer.
    pub(crate) fn put_customer(&mut self, customer: Customer) {
        if let Some(reference) = self
            .customers
            .get(customer.id)
            .and_then(|before| before.reference.as_ref())
        {
            self.index.customers.remove(reference);
        }
        self.index.add_customer(&customer);
        self.customers.put(customer);
    }

    /// Adds or replaces a license.
    pub(crate) fn put_license(&mut self, license: License) {
        if let Some(before) = self.licenses.get(license.id) {
            self.index.remove_license(before);
        }
        self.index.add_license(&license, self.plans.get(license.plan));
        self.licenses.put(license);
    }

    /// Builds the indexes from loaded rows and checks that the rows belong together.
    pub(crate) fn build_index(&mut self) -> Result<(), LoadError> {
        let dangling = |row, missing| Err(LoadError::Dangling { row, missing });
        for plan in self.plans.iter() {
            if !self.products.contains(plan.product) {
                return dangling(RowKey::Plan(plan.id), RowKey::Product(plan.product));
            }
        }
        for license in self.licenses.iter() {
            if !self.plans.contains(license.plan) {
                return dangling(RowKey::License(license.id), RowKey::Plan(license.plan));
            }
            if !self.customers.contains(license.customer) {
                return dangling(RowKey::License(license.id), RowKey::Customer(license.customer));
            }
        }
        self.index = self.index_of_rows();
        let references = self
            .customers
            .iter()
            .filter(|customer| customer.reference.is_some())
            .count();
        for (table, field, distinct, rows) in [
            (Table::Products, "code", self.index.products.len(), self.products.len()),
            (Table::Plans, "code", self.index.plans.len(), self.plans.len()),
            (Table::Customers, "reference", self.index.customers.len(), references),
            (Table::Licenses, "key", self.index.licenses.len(), self.licenses.len()),
        ] {
            if distinct != rows {
                return Err(LoadError::Clash { table, field });
            }
        }
        Ok(())
    }

    pub(crate) fn index_follows_rows(&self) -> bool {
        self.index == self.index_of_rows()
    }

    fn index_of_rows(&self) -> Index {
        let mut index = Index::default();
        self.products.iter().for_each(|product| index.add_product(product));
        self.plans.iter().for_each(|plan| index.add_plan(plan));
        self.customers.iter().for_each(|customer| index.add_customer(customer));
        self.licenses
            .iter()
            .for_each(|license| index.add_license(license, self.plans.get(license.plan)));
        index
    }
}

impl Index {
    fn add_product(&mut self, product: &Product) {
        self.products.insert(Arc::clone(&product.code), product.id);
    }

    fn add_plan(&mut self, plan: &Plan) {
        self.plans.insert((plan.product, Arc::clone(&plan.code)), plan.id);
        let entitlements = &plan.terms.entitlements;
        if self
            .of_plan
            .get(&plan.id)
            .is_none_or(|before| **before != *entitlements)
        {
            self.of_plan.insert(plan.id, Arc::new(entitlements.clone()));
        }
    }

    fn add_customer(&mut self, customer: &Customer) {
        self.customers.extend(
            customer
                .reference
                .iter()
                .map(|reference| (Arc::clone(reference), customer.id)),
        );
    }

    fn add_license(&mut self, license: &License, plan: Option<&Plan>) {
        self.licenses.insert(license.key, license.id);
        self.of_customer.insert((license.customer, license.id));
        if let Some(plan) = plan
            && !license.entitlements.is_empty()
        {
            self.of_license
                .insert(license.id, merge(&plan.terms.entitlements, &license.entitlements));
            self.own_bytes
                .insert((plan.id, json_bytes(&license.entitlements), license.id));
        }
    }

    fn remove_license(&mut self, license: &License) {
        self.licenses.remove(&license.key);
        self.of_customer.remove(&(license.customer, license.id));
        self.of_license.remove(&license.id);
        self.own_bytes
            .remove(&(license.plan, json_bytes(&license.entitlements), license.id));
    }
}

record!(Product by id: ProductId);
record!(Plan by id: PlanId);
record!(Customer by id: CustomerId);
record!(License by id: LicenseId);
