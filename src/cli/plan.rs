//! `usher plan`: the tiers of a product.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::Answered;
use super::connection::Connection;
use super::output::{Cell, Output};
use super::resource::{Kind, Paging, cell, entitlements, minute, number, set, span};
use super::words;
use crate::client::{Call, segment};

/// Plans: the tiers of a product, with their seats, times and entitlements
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher plan create coditect pro --seats 10 --entitlement gpu --entitlement projects=20
  usher plan create coditect lab --seats 5 --offline strict --ttl 6m --heartbeat 5m
  usher plan update coditect:pro --seats 12
  usher plan list --product coditect

PLAN is an id (pln_…), product:plan by their codes, or a code that only one product has.")]
pub(super) struct Noun {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Create a plan
    Create {
        /// The product's id or code
        product: String,

        /// The plan's short name: 1 to 63 of a-z 0-9 and -
        code: String,

        /// The name for people; without it the code
        #[arg(long)]
        name: Option<String>,

        #[command(flatten)]
        terms: Terms,
    },
    /// List the plans
    List {
        /// Only those of this product, by id or code
        #[arg(long)]
        product: Option<String>,

        /// Only those whose code or name contains this
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,

        #[command(flatten)]
        paging: Paging,
    },
    /// Show one plan
    Show {
        /// The plan
        plan: String,
    },
    /// Change a plan; live sessions get the new terms with their next heartbeat
    Update {
        /// The plan
        plan: String,

        /// A new name for people
        #[arg(long)]
        name: Option<String>,

        #[command(flatten)]
        terms: Terms,
    },
}

/// What becomes of a seat while its client is silent.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Offline {
    /// No grace: never more running copies than seats
    Strict,
    /// Grace at the client, the seat is freed: never more live sessions than seats
    Lenient,
    /// Grace at the client, the seat is kept for it: never more running copies than seats
    Reserved,
}

/// Who a seat is counted for.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Holder {
    /// One seat for a machine, however many processes run there
    Fingerprint,
    /// One seat for each instance on a machine
    #[value(alias = "fingerprint_and_instance")]
    FingerprintAndInstance,
    /// One seat for a user whom an identity provider or a user token vouches for, on however many machines
    User,
    /// One seat for each such user on each machine
    #[value(alias = "user_and_fingerprint")]
    UserAndFingerprint,
    /// One seat for a user to whose address one was assigned (usher license assign), on however many machines
    #[value(alias = "named_user")]
    NamedUser,
}

/// The terms; what is not given has a default, or stays as it is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Terms")]
struct Terms {
    /// Seats of a license that names no number of its own [default: 1]
    #[arg(long, value_name = "N")]
    seats: Option<u32>,

    /// Seats that may be granted beyond a license's own [default: 0]
    #[arg(long, value_name = "N")]
    overage_max: Option<u32>,

    /// How long a session lives without a heartbeat [default: 6m]
    #[arg(long, value_name = "TIME", value_parser = words::seconds)]
    ttl: Option<u64>,

    /// How often a client beats [default: 5m]
    #[arg(long, value_name = "TIME", value_parser = words::seconds)]
    heartbeat: Option<u64>,

    /// What becomes of a seat while its client is silent [default: lenient]
    #[arg(long, value_enum)]
    offline: Option<Offline>,

    /// How long a cut-off client may go on [default: 24h]
    #[arg(long, value_name = "TIME", value_parser = words::seconds)]
    grace: Option<u64>,

    /// The most clients in offline grace beyond the seats, or `any` [default: any]
    #[arg(long, value_name = "N|any", value_parser = count_or_any)]
    ghosts_max: Option<Value>,

    /// The most live sessions of one holder [default: 16]
    #[arg(long, value_name = "N")]
    sessions_per_holder_max: Option<u32>,

    /// Who a seat is counted for [default: fingerprint]
    #[arg(long, value_enum)]
    holder: Option<Holder>,

    /// An entitlement: NAME, NAME=NUMBER or NAME=TEXT; may be given again. Together they replace all that were there
    #[arg(long = "entitlement", value_name = "NAME[=VALUE]", value_parser = words::entitlement)]
    entitlements: Vec<(String, Value)>,

    /// Grant no entitlements
    #[arg(long, conflicts_with = "entitlements")]
    no_entitlements: bool,
}

fn count_or_any(text: &str) -> Result<Value, String> {
    match text {
        "any" => Ok(Value::Null),
        number => number
            .parse::<u32>()
            .map(Value::from)
            .map_err(|_| "expected a number or any".to_owned()),
    }
}

impl Terms {
    fn write(self, body: &mut Value) -> Answered {
        let word = |value: &dyn Fn() -> Option<clap::builder::PossibleValue>| {
            value().map(|value| value.get_name().replace('-', "_"))
        };
        set(body, "seats", self.seats);
        set(body, "overage_max", self.overage_max);
        set(body, "ttl_seconds", self.ttl);
        set(body, "heartbeat_seconds", self.heartbeat);
        set(
            body,
            "offline",
            word(&|| self.offline.and_then(|mode| mode.to_possible_value())),
        );
        set(body, "grace_seconds", self.grace);
        set(body, "ghosts_max", self.ghosts_max);
        set(body, "sessions_per_holder_max", self.sessions_per_holder_max);
        set(
            body,
            "holder",
            word(&|| self.holder.and_then(|holder| holder.to_possible_value())),
        );
        let given = self.no_entitlements || !self.entitlements.is_empty();
        let entitlements = words::entitlements(&self.entitlements)?;
        set(body, "entitlements", given.then_some(entitlements));
        Ok(())
    }
}

/// How plans are shown.
const KIND: Kind = Kind {
    columns: &[
        ("PLAN", |item| Cell::new(handle(item))),
        ("NAME", |item| cell(item, "/name")),
        ("SEATS", |item| number(item, "/seats")),
        ("TTL", |item| span(item, "/ttl_seconds")),
        ("OFFLINE", |item| cell(item, "/offline")),
        ("GRACE", |item| Cell::new(grace(item))),
        ("ID", |item| cell(item, "/id")),
    ],
    lines: &[
        ("plan", |item| Cell::new(handle(item))),
        ("name", |item| cell(item, "/name")),
        ("id", |item| cell(item, "/id")),
        ("seats", |item| cell(item, "/seats")),
        ("overage", |item| cell(item, "/overage_max")),
        ("ttl", |item| span(item, "/ttl_seconds")),
        ("heartbeat", |item| span(item, "/heartbeat_seconds")),
        ("offline", |item| cell(item, "/offline")),
        ("grace", |item| Cell::new(grace(item))),
        ("ghosts", |item| {
            if item["ghosts_max"].is_null() {
                Cell::new("any number")
            } else {
                cell(item, "/ghosts_max")
            }
        }),
        ("sessions per holder", |item| cell(item, "/sessions_per_holder_max")),
        ("holder", |item| cell(item, "/holder")),
        ("entitlements", |item| entitlements(item, "/entitlements")),
        ("created", |item| minute(item, "/created_at")),
        ("version", |item| cell(item, "/version")),
    ],
    order: handle,
    none: "There are no such plans; `usher plan create PRODUCT CODE` makes one.",
};

/// How long a cut-off client may go on. A strict plan keeps a length for the day that it is made another.
fn grace(item: &Value) -> String {
    match item["offline"].as_str() {
        Some("strict") => "none".to_owned(),
        _ => span(item, "/grace_seconds").as_text().to_owned(),
    }
}

/// How a plan is named on the command line.
fn handle(item: &Value) -> String {
    let text = |member: &str| item[member].as_str().unwrap_or_default();
    format!("{}:{}", text("product_code"), text("code"))
}

impl Noun {
    pub(super) async fn run(self, output: Output) -> Answered {
        let client = self.connection.client()?;
        let item = match self.verb {
            Verb::List {
                product,
                search,
                paging,
            } => {
                let call = || {
                    Call::get("/plans")
                        .with("product", product.as_ref())
                        .with("search", search.as_ref())
                };
                return KIND.list(&client, output, &paging, call).await;
            }
            Verb::Show { plan } => client.call(Call::get(&format!("/plans/{}", segment(&plan)))).await?,
            Verb::Create {
                product,
                code,
                name,
                terms,
            } => {
                let mut body = json!({"product": product, "code": code, "name": name.as_ref().unwrap_or(&code)});
                terms.write(&mut body)?;
                client.call(Call::post("/plans", &body)).await?
            }
            Verb::Update { plan, name, terms } => {
                let mut body = json!({});
                set(&mut body, "name", name);
                terms.write(&mut body)?;
                super::require_change(&body)?;
                client
                    .call(Call::patch(&format!("/plans/{}", segment(&plan)), &body))
                    .await?
            }
        };
        KIND.show(output, &item)
    }
}
