//! Customers.

use crate::apply::{already_exists, check_version, field, not_found};
use crate::catalogue::Customer;
use crate::command::{CreateCustomer, UpdateCustomer};
use crate::id::CustomerId;
use crate::ledger::Ledger;
use crate::outcome::{Kind, Outcome, Rejection};

impl Ledger {
    pub(super) fn create_customer(&mut self, create: &CreateCustomer) -> Result<Outcome, Rejection> {
        field::text("name", &create.name)?;
        field::optional(create.email.as_deref(), field::email)?;
        self.check_reference(create.id, create.reference.as_deref())?;
        if self.catalogue.customers.contains(create.id) {
            return Err(already_exists(Kind::Customer, "id"));
        }
        let CreateCustomer {
            id,
            name,
            email,
            reference,
        } = create.clone();
        self.catalogue.put_customer(Customer {
            id,
            name,
            email,
            reference,
            created_at: self.meta.at,
            version: 1,
        });
        Ok(Outcome::Changed { version: 1 })
    }

    pub(super) fn update_customer(&mut self, update: &UpdateCustomer) -> Result<Outcome, Rejection> {
        field::optional(update.name.as_deref(), |name| field::text("name", name))?;
        field::optional(update.email.as_ref().and_then(Option::as_deref), field::email)?;
        let mut customer = self
            .catalogue
            .customers
            .get(update.id)
            .ok_or(not_found(Kind::Customer))?
            .clone();
        check_version(Kind::Customer, update.if_version, customer.version)?;
        if let Some(reference) = &update.reference {
            self.check_reference(update.id, reference.as_deref())?;
            customer.reference.clone_from(reference);
        }
        customer.name = update.name.clone().unwrap_or(customer.name);
        customer.email = update.email.clone().unwrap_or(customer.email);
        customer.version += 1;
        let version = customer.version;
        self.catalogue.put_customer(customer);
        Ok(Outcome::Changed { version })
    }

    /// Refuses a reference that another customer has.
    fn check_reference(&self, id: CustomerId, reference: Option<&str>) -> Result<(), Rejection> {
        let Some(reference) = reference else {
            return Ok(());
        };
        field::text("reference", reference)?;
        match self.catalogue.customer_by_reference(reference) {
            Some(other) if other.id != id => Err(already_exists(Kind::Customer, "reference")),
            _ => Ok(()),
        }
    }
}
