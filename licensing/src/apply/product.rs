//! Products.

use crate::apply::{already_exists, check_version, field, not_found};
use crate::catalogue::Product;
use crate::command::{CreateProduct, UpdateProduct};
use crate::ledger::Ledger;
use crate::outcome::{Kind, Outcome, Rejection};

impl Ledger {
    pub(super) fn create_product(&mut self, create: &CreateProduct) -> Result<Outcome, Rejection> {
        field::code(&create.code)?;
        field::text("name", &create.name)?;
        field::key_prefix(&create.key_prefix)?;
        field::optional(create.renewal_url.as_deref(), field::renewal_url)?;
        if self.catalogue.products.contains(create.id) {
            return Err(already_exists(Kind::Product, "id"));
        }
        if self.catalogue.product_by_code(&create.code).is_some() {
            return Err(already_exists(Kind::Product, "code"));
        }
        let CreateProduct {
            id,
            code,
            name,
            key_prefix,
            renewal_url,
        } = create.clone();
        let created_at = self.meta.at;
        self.catalogue.put_product(Product {
            id,
            code,
            name,
            key_prefix,
            renewal_url,
            created_at,
            version: 1,
        });
        Ok(Outcome::Changed { version: 1 })
    }

    pub(super) fn update_product(&mut self, update: &UpdateProduct) -> Result<Outcome, Rejection> {
        field::optional(update.name.as_deref(), |name| field::text("name", name))?;
        field::optional(
            update.renewal_url.as_ref().and_then(Option::as_deref),
            field::renewal_url,
        )?;
        let mut product = self
            .catalogue
            .products
            .get(update.id)
            .ok_or(not_found(Kind::Product))?
            .clone();
        check_version(Kind::Product, update.if_version, product.version)?;
        product.name = update.name.clone().unwrap_or(product.name);
        product.renewal_url = update.renewal_url.clone().unwrap_or(product.renewal_url);
        product.version += 1;
        let version = product.version;
        self.catalogue.put_product(product);
        Ok(Outcome::Changed { version })
    }
}
