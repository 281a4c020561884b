//! `usher product`: what is licensed.

use clap::{Args, Subcommand};
use serde_json::json;

use super::Answered;
use super::connection::Connection;
use super::output::Output;
use super::resource::{Kind, Paging, cell, minute, set, text};
use crate::client::{Call, segment};

/// Products: what is licensed
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher product create coditect --name CODITECT --key-prefix CODITECT
  usher product update coditect --renewal-url https://coditect.example/renew
  usher product list")]
pub(super) struct Noun {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create a product
    Create(Create),
    /// List the products
    List {
        /// Only those whose code or name contains this
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,

        #[command(flatten)]
        paging: Paging,
    },
    /// Show one product
    Show {
        /// The product's id or code
        product: String,
    },
    /// Change a product
    Update(Update),
}

#[derive(Debug, Args)]
struct Create {
    /// The short name in tokens and commands: 1 to 63 of a-z 0-9 and -
    code: String,

    /// The name for people; without it the code
    #[arg(long)]
    name: Option<String>,

    /// What its license keys begin with: 2 to 16 of A-Z 0-9; without it made of the code
    #[arg(long, value_name = "PREFIX")]
    key_prefix: Option<String>,

    /// Where a customer renews; shown with refusals
    #[arg(long, value_name = "URL")]
    renewal_url: Option<String>,
}

#[derive(Debug, Args)]
struct Update {
    /// The product's id or code
    product: String,

    /// A new name for people
    #[arg(long)]
    name: Option<String>,

    /// A new place to renew at
    #[arg(long, value_name = "URL", conflicts_with = "no_renewal_url")]
    renewal_url: Option<String>,

    /// Show no place to renew at
    #[arg(long)]
    no_renewal_url: bool,
}

/// How products are shown.
pub(super) const KIND: Kind = Kind {
    columns: &[
        ("CODE", |item| cell(item, "/code")),
        ("NAME", |item| cell(item, "/name")),
        ("KEY PREFIX", |item| cell(item, "/key_prefix")),
        ("ID", |item| cell(item, "/id")),
    ],
    lines: &[
        ("product", |item| cell(item, "/code")),
        ("name", |item| cell(item, "/name")),
        ("id", |item| cell(item, "/id")),
        ("key prefix", |item| cell(item, "/key_prefix")),
        ("renewal", |item| cell(item, "/renewal_url")),
        ("created", |item| minute(item, "/created_at")),
        ("version", |item| cell(item, "/version")),
    ],
    order: |item| text(item, "/code"),
    none: "There are no products yet; `usher product create CODE` makes one.",
};

impl Noun {
    pub(super) async fn run(self, output: Output) -> Answered {
        let client = self.connection.client()?;
        let item = match self.verb {
            Verb::List { search, paging } => {
                let call = || Call::get("/products").with("search", search.as_ref());
                return KIND.list(&client, output, &paging, call).await;
            }
            Verb::Show { product } => {
                client
                    .call(Call::get(&format!("/products/{}", segment(&product))))
                    .await?
            }
            Verb::Create(create) => {
                let prefix: String = create
                    .code
                    .chars()
                    .filter(char::is_ascii_alphanumeric)
                    .take(16)
                    .collect();
                let mut body = json!({
                    "code": create.code,
                    "name": create.name.as_ref().unwrap_or(&create.code),
                    "key_prefix": create.key_prefix.unwrap_or(prefix.to_ascii_uppercase()),
                });
                set(&mut body, "renewal_url", create.renewal_url);
                client.call(Call::post("/products", &body)).await?
            }
            Verb::Update(update) => {
                let mut body = json!({});
                set(&mut body, "name", update.name);
                set(&mut body, "renewal_url", update.renewal_url);
                set(
                    &mut body,
                    "renewal_url",
                    update.no_renewal_url.then_some(serde_json::Value::Null),
                );
                super::require_change(&body)?;
                client
                    .call(Call::patch(&format!("/products/{}", segment(&update.product)), &body))
                    .await?
            }
        };
        KIND.show(output, &item)
    }
}
