//! `usher license`: the right to a number of seats until a date.

mod assignments;
mod usage;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::Answered;
use super::connection::Connection;
use super::output::{Cell, Output, Page, Style};
use super::resource::{Kind, Paging, cell, end, entitlements, minute, set, state, text};
use super::words::{self, End};
use crate::client::{Call, Client, segment};

/// Licenses: the right to a number of seats of a plan until a date
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher license create --plan coditect:pro --customer CRM-1042 --seats 25 --expires 365d
  usher license list --customer CRM-1042
  usher license extend lic_… --until 2028-12-31
  usher license suspend lic_… --reason 'payment is overdue'
  usher license assign lic_… ann@example.com
  usher license usage lic_… --days 90

The license key is shown when a license is created or its key is rotated, and never again.")]
pub(super) struct Noun {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create a license and show its key
    #[command(after_help = "\
Examples:
  usher license create --plan coditect:pro --customer CRM-1042 --expires 365d
  usher license create --plan coditect:pro --customer CRM-1042 --seats 25 --expires 2028-01-01 \\
      --entitlement gpu --entitlement projects=20")]
    Create(Create),
    /// List the licenses
    List(List),
    /// Show one license
    Show(Which),
    /// Change a license's plan, seats or entitlements
    Update(Update),
    /// Put a license on hold; live sessions go on until their next heartbeat
    Suspend(WithReason),
    /// Take a license off hold
    Reinstate(Which),
    /// End a license for good; live sessions go on until their next heartbeat
    #[command(after_help = "\
Example:
  usher license revoke lic_… --reason 'sold to somebody else'")]
    Revoke(WithReason),
    /// Move a license's end, either way
    Extend {
        #[command(flatten)]
        which: Which,

        /// The new end: a date, a time, a length of time from now, or never
        #[arg(long, value_name = "TIME|never", value_parser = words::end)]
        until: End,
    },
    /// Give a license a new key; the old one ends at once, live sessions go on
    RotateKey(Which),
    /// List the seats that are assigned by name, and who is using theirs
    Assignments(assignments::List),
    /// Assign a seat to somebody by their e-mail address, also before they ever sign in
    #[command(after_help = "\
Example:
  usher license assign lic_… ann@example.com

It counts where the license's plan goes by named users (usher plan update PLAN --holder named-user): then nobody else gets
a seat. They get theirs when they show a token that vouches for the address; `usher login` gives them one.")]
    Assign(assignments::WithAddress),
    /// Show how full it is, who was refused, what more seats would have changed, and until when the seats last
    #[command(after_help = "\
Examples:
  usher license usage lic_…
  usher license usage lic_… --days 90 --seats 10

With -o json it is every figure, and the peak of each hour. The forecast looks back on 91 days at least.")]
    Usage(usage::Usage),
    /// Take an assigned seat away; what is running with it is told so, and the seat is free at once
    Unassign(assignments::WithAddress),
}

#[derive(Debug, Args)]
struct Which {
    /// The license's id
    license: String,
}

impl Which {
    /// Where the license's own list or verb of this name is.
    fn path(&self, name: &str) -> String {
        format!("/licenses/{}/{name}", segment(&self.license))
    }
}

#[derive(Debug, Args)]
struct WithReason {
    #[command(flatten)]
    which: Which,

    /// Why; clients read it
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
struct Create {
    /// The plan: its id, product:plan by their codes, or a code that only one product has
    #[arg(long)]
    plan: String,

    /// The customer's id or reference
    #[arg(long)]
    customer: String,

    /// Its own number of seats, instead of the plan's
    #[arg(long, value_name = "N")]
    seats: Option<u32>,

    /// From when it may be used, instead of from now
    #[arg(long, value_name = "TIME", value_parser = words::time)]
    starts: Option<jiff::Timestamp>,

    /// Until when it may be used
    #[arg(long, value_name = "TIME|never", value_parser = words::end, default_value = "never")]
    expires: End,

    /// An entitlement beside or instead of the plan's: NAME, NAME=NUMBER or NAME=TEXT; may be given again
    #[arg(long = "entitlement", value_name = "NAME[=VALUE]", value_parser = words::entitlement)]
    entitlements: Vec<(String, Value)>,
}

#[derive(Debug, Args)]
struct List {
    /// Only this customer's, by id or reference
    #[arg(long)]
    customer: Option<String>,

    /// Only those of this product, by id or code
    #[arg(long)]
    product: Option<String>,

    /// Only those of this plan
    #[arg(long)]
    plan: Option<String>,

    /// Only those with this status
    #[arg(long, value_enum)]
    status: Option<Status>,

    /// Only those whose key's end, id, customer's name or reference contains this
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,

    #[command(flatten)]
    paging: Paging,
}

/// Whether a license can be used now.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Status {
    Active,
    Suspended,
    Revoked,
    Expired,
    NotStarted,
}

#[derive(Debug, Args)]
struct Update {
    #[command(flatten)]
    which: Which,

    /// Another plan of the same product
    #[arg(long)]
    plan: Option<String>,

    /// Its own number of seats, or `plan` to go by the plan's
    #[arg(long, value_name = "N|plan", value_parser = count_or_plan)]
    seats: Option<Value>,

    /// An entitlement; may be given again. Together they replace all that were the license's own
    #[arg(long = "entitlement", value_name = "NAME[=VALUE]", value_parser = words::entitlement)]
    entitlements: Vec<(String, Value)>,

    /// Carry the plan's entitlements and no others
    #[arg(long, conflicts_with = "entitlements")]
    no_entitlements: bool,
}

fn count_or_plan(text: &str) -> Result<Value, String> {
    match text {
        "plan" => Ok(Value::Null),
        number => number
            .parse::<u32>()
            .map(Value::from)
            .map_err(|_| "expected a number or plan".to_owned()),
    }
}

/// How licenses are shown.
const KIND: Kind = Kind {
    columns: &[
        ("LICENSE", |item| cell(item, "/id")),
        ("KEY", |item| Cell::new(format!("…{}", text(item, "/key_hint")))),
        ("CUSTOMER", |item| cell(item, "/customer/name")),
        ("PLAN", |item| Cell::new(plan(item))),
        ("SEATS", |item| Cell::number(seats(item))),
        ("EXPIRES", |item| end(item, "/expires_at")),
        ("STATUS", |item| state(item, "/status")),
    ],
    lines: &[
        ("license", |item| cell(item, "/id")),
        ("license key", |item| match item["license_key"].as_str() {
            Some(key) => Cell::new(key).styled(Style::Strong),
            None => Cell::new(format!("…{}", text(item, "/key_hint"))),
        }),
        ("status", |item| state(item, "/status")),
        ("reason", |item| cell(item, "/reason")),
        ("customer", |item| cell(item, "/customer/name")),
        ("customer id", |item| cell(item, "/customer/id")),
        ("plan", |item| Cell::new(plan(item))),
        ("seats in use", |item| Cell::new(seats(item))),
        ("seats assigned", assigned),
        ("sessions", |item| cell(item, "/seats/sessions")),
        ("ghosts", |item| cell(item, "/seats/ghosts")),
        ("starts", |item| minute(item, "/starts_at")),
        ("expires", |item| end(item, "/expires_at")),
        ("own entitlements", |item| entitlements(item, "/entitlements")),
        ("created", |item| minute(item, "/created_at")),
        ("version", |item| cell(item, "/version")),
    ],
    order: |item| text(item, "/created_at"),
    none: "There are no such licenses; `usher license create` makes one.",
};

/// Said where it counts or there is something to say.
fn assigned(item: &Value) -> Cell {
    let assigned = text(item, "/seats/assigned");
    if text(item, "/plan/holder") == "named_user" || assigned != "0" {
        Cell::new(assigned)
    } else {
        Cell::new("")
    }
}

fn plan(item: &Value) -> String {
    format!("{}:{}", text(item, "/product/code"), text(item, "/plan/code"))
}

fn seats(item: &Value) -> String {
    format!("{}/{}", text(item, "/seats/in_use"), text(item, "/seats/limit"))
}

impl Noun {
    pub(super) async fn run(self, output: Output) -> Answered {
        let client = self.connection.client()?;
        let act =
            async |which: &Which, verb: &str, body: Value| client.call(Call::post(&which.path(verb), &body)).await;
        let item = match self.verb {
            Verb::List(list) => {
                let status = list.status.and_then(|status| status.to_possible_value());
                let status = status.map(|status| status.get_name().replace('-', "_"));
                let call = || {
                    Call::get("/licenses")
                        .with("customer", list.customer.as_ref())
                        .with("product", list.product.as_ref())
                        .with("plan", list.plan.as_ref())
                        .with("status", status.as_ref())
                        .with("search", list.search.as_ref())
                };
                return KIND.list(&client, output, &list.paging, call).await;
            }
            Verb::Assignments(list) => return list.run(&client, output).await,
            Verb::Usage(usage) => return usage.run(&client, output).await,
            Verb::Assign(address) => return address.assign(&client, output).await,
            Verb::Unassign(address) => return address.unassign(&client, output).await,
            Verb::Create(create) => return with_key(output, &create.send(&client).await?),
            Verb::RotateKey(which) => return with_key(output, &act(&which, "rotate-key", json!({})).await?),
            Verb::Show(which) => {
                client
                    .call(Call::get(&format!("/licenses/{}", segment(&which.license))))
                    .await?
            }
            Verb::Update(update) => {
                let mut body = json!({});
                set(&mut body, "plan", update.plan);
                set(&mut body, "seats", update.seats);
                let given = update.no_entitlements || !update.entitlements.is_empty();
                let entitlements = words::entitlements(&update.entitlements)?;
                set(&mut body, "entitlements", given.then_some(entitlements));
                super::require_change(&body)?;
                client
                    .call(Call::patch(
                        &format!("/licenses/{}", segment(&update.which.license)),
                        &body,
                    ))
                    .await?
            }
            Verb::Suspend(WithReason { which, reason }) => act(&which, "suspend", json!({"reason": reason})).await?,
            Verb::Revoke(WithReason { which, reason }) => act(&which, "revoke", json!({"reason": reason})).await?,
            Verb::Reinstate(which) => act(&which, "reinstate", json!({})).await?,
            Verb::Extend { which, until } => act(&which, "extend", json!({"expires_at": until.to_json()})).await?,
        };
        KIND.show(output, &item)
    }
}

impl Create {
    async fn send(self, client: &Client) -> Result<Value, super::Failure> {
        let mut body = json!({
            "plan": self.plan,
            "customer": self.customer,
            "expires_at": self.expires.to_json(),
            "entitlements": words::entitlements(&self.entitlements)?,
        });
        set(&mut body, "seats", self.seats);
        set(&mut body, "starts_at", self.starts.map(|at| at.to_string()));
        Ok(client.call(Call::post("/licenses", &body)).await?)
    }
}

/// Shows a license with its key, and says that this is the only time.
fn with_key(output: Output, item: &Value) -> Answered {
    let lines = |page: &Page| {
        let lines: Vec<_> = KIND.lines.iter().map(|(name, read)| (*name, read(item))).collect();
        page.details(&lines) + "\nKeep the license key: it is not stored and cannot be shown again.\n"
    };
    Ok(output.answer(item, lines)?)
}
