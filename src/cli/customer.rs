//! `usher customer`: who holds licenses.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Answered;
use super::connection::Connection;
use super::output::Output;
use super::resource::{Kind, Paging, cell, minute, set, text};
use crate::api::sorted::folded;
use crate::client::{Call, segment};

/// Customers: the organisations and persons that hold licenses
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher customer create 'Example GmbH' --email licenses@example.de --reference CRM-1042
  usher customer list --search example
  usher customer show CRM-1042
  usher customer update CRM-1042 --email it@example.de")]
pub(super) struct Noun {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create a customer
    Create(Create),
    /// List the customers
    List {
        /// Only those whose name, address or reference contains this
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,

        #[command(flatten)]
        paging: Paging,
    },
    /// Show one customer
    Show {
        /// The customer's id or reference
        customer: String,
    },
    /// Change a customer
    Update(Update),
}

#[derive(Debug, Args)]
struct Create {
    /// The name for people
    name: String,

    /// Where to write to
    #[arg(long)]
    email: Option<String>,

    /// Your own number for the customer, such as a CRM id
    #[arg(long)]
    reference: Option<String>,
}

#[derive(Debug, Args)]
struct Update {
    /// The customer's id or reference
    customer: String,

    /// A new name
    #[arg(long)]
    name: Option<String>,

    /// A new address
    #[arg(long, conflicts_with = "no_email")]
    email: Option<String>,

    /// Forget the address
    #[arg(long)]
    no_email: bool,

    /// A new reference
    #[arg(long, conflicts_with = "no_reference")]
    reference: Option<String>,

    /// Forget the reference
    #[arg(long)]
    no_reference: bool,
}

/// How customers are shown.
const KIND: Kind = Kind {
    columns: &[
        ("ID", |item| cell(item, "/id")),
        ("NAME", |item| cell(item, "/name")),
        ("EMAIL", |item| cell(item, "/email")),
        ("REFERENCE", |item| cell(item, "/reference")),
    ],
    lines: &[
        ("customer", |item| cell(item, "/name")),
        ("id", |item| cell(item, "/id")),
        ("email", |item| cell(item, "/email")),
        ("reference", |item| cell(item, "/reference")),
        ("created", |item| minute(item, "/created_at")),
        ("version", |item| cell(item, "/version")),
    ],
    order: |item| folded(&text(item, "/name")),
    none: "There are no such customers; `usher customer create NAME` makes one.",
};

impl Noun {
    pub(super) async fn run(self, output: Output) -> Answered {
        let client = self.connection.client()?;
        let item = match self.verb {
            Verb::List { search, paging } => {
                let call = || Call::get("/customers").with("search", search.as_ref());
                return KIND.list(&client, output, &paging, call).await;
            }
            Verb::Show { customer } => {
                client
                    .call(Call::get(&format!("/customers/{}", segment(&customer))))
                    .await?
            }
            Verb::Create(create) => {
                let mut body = json!({"name": create.name});
                set(&mut body, "email", create.email);
                set(&mut body, "reference", create.reference);
                client.call(Call::post("/customers", &body)).await?
            }
            Verb::Update(update) => {
                let mut body = json!({});
                set(&mut body, "name", update.name);
                set(&mut body, "email", update.email);
                set(&mut body, "email", update.no_email.then_some(Value::Null));
                set(&mut body, "reference", update.reference);
                set(&mut body, "reference", update.no_reference.then_some(Value::Null));
                super::require_change(&body)?;
                client
                    .call(Call::patch(&format!("/customers/{}", segment(&update.customer)), &body))
                    .await?
            }
        };
        KIND.show(output, &item)
    }
}
