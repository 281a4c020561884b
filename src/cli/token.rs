//! `usher token`: who may administer.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::Answered;
use super::connection::Connection;
use super::failure::Failure;
use super::output::{Cell, Output, Page, Style};
use super::resource::{Kind, Paging, cell, end, minute, set, text};
use super::words::{self, End};
use crate::client::{Call, segment};

/// API tokens: what operators and programs administer with
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher token create 'billing system' --scope operator
  usher token create gateway --scope heartbeats
  usher token create portal --scope member --customer CRM-1042
  usher token revoke tok_…

A token is shown when it is created, and never again.")]
pub(super) struct Noun {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create a token and show it
    #[command(after_help = "\
Examples:
  usher token create 'billing system' --scope operator
  usher token create gateway --scope heartbeats --expires never
  usher token create reports --scope auditor --expires 90d
  usher token create portal --scope member --customer CRM-1042

But for admin and heartbeats, a token may do what a person of the role of the same name may: see
`usher person --help`.")]
    Create {
        /// Who or what uses it
        name: String,

        /// What it may do: no more than its work needs
        #[arg(long, value_enum, value_name = SCOPES)]
        scope: Scope,

        /// The id or reference of the customer that a token of the scope member-admin or member is to see
        #[arg(long)]
        customer: Option<String>,

        /// Until when it may be used; left out, for a year and the rest of that day
        #[arg(long, value_name = "TIME|never", value_parser = words::end)]
        expires: Option<End>,
    },
    /// List the tokens, the revoked ones too
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one token, without its secret
    Show {
        /// The token's id (tok_…)
        id: String,
    },
    /// End a token at once; the last one that administers stays until there is another
    Revoke {
        /// The token's id (tok_…)
        id: String,
    },
}

/// The scopes as the message has them that asks for one.
const SCOPES: &str = "admin|heartbeats|operator|support|auditor|member-admin|member";

/// What a token may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Scope {
    /// Everything: for whoever sets usher up
    Admin,
    /// Batch heartbeats only: for a gateway before many clients
    Heartbeats,
    /// Everything but people, tokens, settings and the cluster
    Operator,
    /// Reads everything, ends sessions, makes new license keys
    Support,
    /// Reads everything
    Auditor,
    /// Frees and assigns the customer's seats, makes new keys, manages its people
    MemberAdmin,
    /// Reads what is the customer's
    Member,
}

/// How tokens are shown.
const KIND: Kind = Kind {
    columns: &[
        ("TOKEN", |item| cell(item, "/id")),
        ("NAME", |item| cell(item, "/name")),
        ("SCOPE", |item| cell(item, "/scope")),
        ("USED", |item| minute(item, "/used_at")),
        ("EXPIRES", |item| end(item, "/expires_at")),
        ("REVOKED", |item| minute(item, "/revoked_at")),
    ],
    lines: &[
        ("token", |item| cell(item, "/id")),
        ("secret", |item| cell(item, "/token").styled(Style::Strong)),
        ("name", |item| cell(item, "/name")),
        ("scope", |item| cell(item, "/scope")),
        ("customer", |item| cell(item, "/customer")),
        ("created by", |item| cell(item, "/created_by")),
        ("used", |item| minute(item, "/used_at")),
        ("created", |item| minute(item, "/created_at")),
        ("expires", |item| end(item, "/expires_at")),
        ("revoked", |item| minute(item, "/revoked_at")),
    ],
    order: |item| text(item, "/created_at"),
    none: "There are no tokens.",
};

impl Noun {
    pub(super) async fn run(self, output: Output) -> Answered {
        let client = self.connection.client()?;
        let item = match self.verb {
            Verb::List { paging } => return KIND.list(&client, output, &paging, || Call::get("/tokens")).await,
            Verb::Show { id } => client.call(Call::get(&format!("/tokens/{}", segment(&id)))).await?,
            Verb::Revoke { id } => {
                client
                    .call(Call::post(&format!("/tokens/{}/revoke", segment(&id)), &json!({})))
                    .await?
            }
            Verb::Create {
                name,
                scope,
                customer,
                expires,
            } => {
                let scope = scope.to_possible_value().map(|value| value.get_name().to_owned());
                let mut body =
                    json!({"name": name, "scope": scope, "expires_at": expires.map_or_else(in_a_year, Ok)?.to_json()});
                set(&mut body, "customer", customer);
                return created(output, &client.call(Call::post("/tokens", &body)).await?);
            }
        };
        KIND.show(output, &item)
    }
}

/// The end of the day in a year, so that the same command says the same when it is repeated.
fn in_a_year() -> Result<End, Failure> {
    let then = words::time("366d").map_err(Failure::Usage)?;
    let midnight = then.to_zoned(jiff::tz::TimeZone::UTC).start_of_day()?;
    Ok(End::At(midnight.timestamp()))
}

/// Shows a token with its secret, and says that this is the only time, and until when it is good.
fn created(output: Output, item: &Value) -> Answered {
    let until = if item["expires_at"].is_null() {
        format!(
            "It may be used until `usher token revoke {}` ends it.",
            text(item, "/id")
        )
    } else {
        format!("It may be used until {}.", minute(item, "/expires_at").as_text())
    };
    let lines = |page: &Page| {
        let lines: Vec<(&str, Cell)> = KIND.lines.iter().map(|(name, read)| (*name, read(item))).collect();
        page.details(&lines) + "\nKeep the secret: it is not stored and cannot be shown again.\n" + &until + "\n"
    };
    Ok(output.answer(item, lines)?)
}
