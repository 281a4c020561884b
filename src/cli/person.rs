//! `usher person`: who may sign in, and what they may do.

use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::{Value, json};

use super::Answered;
use super::connection::Connection;
use super::output::{Cell, Output, Page, Style};
use super::resource::{Kind, Paging, cell, minute, set, text};
use crate::client::{Call, segment};

/// People: who may sign in, and what they may do
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher person create ann@example.com Ann --role operator
  usher person create bob@example.de Bob --role member-admin --customer CRM-1042
  usher person list --role owner
  usher person reset-password ann@example.com
  usher person disable ann@example.com

Roles of the vendor's own people, each with all that the ones below it may:
  owner         everything
  operator      everything but people, tokens, settings and the cluster
  support       reads everything, ends sessions, makes new license keys
  auditor       reads everything
Roles of a customer's people, who see nothing of any other customer:
  member-admin  frees and assigns the customer's seats, makes new keys, manages its people
  member        reads what is the customer's

A person is named by their e-mail address or their id (per_…).")]
pub(super) struct Noun {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Add a person, and show the link by which they choose a password
    Create(Create),
    /// List the people
    List {
        /// Only those of this role
        #[arg(long, value_enum)]
        role: Option<Role>,

        /// Only the people of the customer with this id or reference
        #[arg(long)]
        customer: Option<String>,

        /// Only those whose name or address contains this
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,

        #[command(flatten)]
        paging: Paging,
    },
    /// Show one person
    Show {
        /// The person's e-mail address or id
        person: String,
    },
    /// Change a person
    Update(Update),
    /// Sign a person out everywhere and let them in no more
    Disable {
        /// The person's e-mail address or id
        person: String,
    },
    /// Let a person in again
    Enable {
        /// The person's e-mail address or id
        person: String,
    },
    /// Show a new link by which a person chooses a password; the links before end
    ResetPassword {
        /// The person's e-mail address or id
        person: String,
    },
    /// Put a person's second factor away, for somebody who lost it
    ForgetTotp {
        /// The person's e-mail address or id
        person: String,
    },
    /// Forget which accounts of identity providers a person is, and sign them out
    ForgetIdentities {
        /// The person's e-mail address or id
        person: String,
    },
    /// Remove a person; what they did stays on record
    Remove {
        /// The person's e-mail address or id
        person: String,
    },
}

#[derive(Debug, Args)]
struct Create {
    /// What they sign in by
    email: String,

    /// Their name for people
    name: String,

    /// What they may do
    #[arg(long, value_enum)]
    role: Role,

    /// The id or reference of the customer that a member belongs to
    #[arg(long)]
    customer: Option<String>,
}

#[derive(Debug, Args)]
struct Update {
    /// The person's e-mail address or id
    person: String,

    /// A new address to sign in by
    #[arg(long)]
    email: Option<String>,

    /// A new name
    #[arg(long)]
    name: Option<String>,

    /// A new role
    #[arg(long, value_enum)]
    role: Option<Role>,

    /// The id or reference of the customer that a member belongs to from now on
    #[arg(long)]
    customer: Option<String>,
}

/// What a person may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Role {
    /// Everything
    Owner,
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

impl Role {
    fn name(self) -> Option<String> {
        self.to_possible_value().map(|value| value.get_name().to_owned())
    }
}

/// How people are shown.
const KIND: Kind = Kind {
    columns: &[
        ("EMAIL", |item| cell(item, "/email")),
        ("NAME", |item| cell(item, "/name")),
        ("ROLE", |item| cell(item, "/role")),
        ("CUSTOMER", |item| cell(item, "/customer_name")),
        ("SIGNED IN", |item| minute(item, "/signed_in_at")),
        ("STATE", state),
    ],
    lines: &[
        ("person", |item| cell(item, "/name")),
        ("id", |item| cell(item, "/id")),
        ("email", |item| cell(item, "/email")),
        ("link", |item| cell(item, "/link").styled(Style::Strong)),
        ("role", |item| cell(item, "/role")),
        ("customer", |item| cell(item, "/customer_name")),
        ("customer id", |item| cell(item, "/customer")),
        ("state", state),
        ("invited until", |item| minute(item, "/invited_until")),
        ("signed in", |item| minute(item, "/signed_in_at")),
        ("created", |item| minute(item, "/created_at")),
        ("version", |item| cell(item, "/version")),
    ],
    order: |item| text(item, "/email"),
    none: "There are no such people; `usher person create EMAIL NAME --role ROLE` adds one.",
};

/// Whether they can sign in, in a word or two.
fn state(item: &Value) -> Cell {
    let is = |member: &str| item[member] == true;
    match (is("disabled"), is("has_password"), is("totp")) {
        (true, _, _) => Cell::new("disabled").styled(Style::Bad),
        (_, false, _) if item["invited_until"].is_null() => Cell::new("link expired").styled(Style::Warning),
        (_, false, _) => Cell::new("invited"),
        (_, _, true) => Cell::new("active, with a second factor"),
        _ => Cell::new("active"),
    }
}

impl Noun {
    pub(super) async fn run(self, output: Output) -> Answered {
        let client = self.connection.client()?;
        let path = |person: &str| format!("/people/{}", segment(person));
        let (person, change) = match self.verb {
            Verb::List {
                role,
                customer,
                search,
                paging,
            } => {
                let role = role.and_then(Role::name);
                let call = || {
                    let call = Call::get("/people").with("role", role.as_ref());
                    call.with("customer", customer.as_ref()).with("search", search.as_ref())
                };
                return KIND.list(&client, output, &paging, call).await;
            }
            Verb::Show { person } => {
                let item = client.call(Call::get(&path(&person))).await?;
                return KIND.show(output, &item);
            }
            Verb::Create(create) => {
                let mut body = json!({"email": create.email, "name": create.name, "role": create.role.name()});
                set(&mut body, "customer", create.customer);
                return linked(output, &client.call(Call::post("/people", &body)).await?);
            }
            Verb::ResetPassword { person } => {
                let path = format!("{}/invitation", path(&person));
                return linked(output, &client.call(Call::post(&path, &json!({}))).await?);
            }
            Verb::Remove { person } => {
                client.call(Call::new(Method::DELETE, &path(&person))).await?;
                let answer = json!({"removed": person});
                return Ok(output.answer(&answer, |_| format!("{person} is removed.\n"))?);
            }
            Verb::ForgetIdentities { person } => {
                let path = format!("{}/identities", path(&person));
                client.call(Call::new(Method::DELETE, &path)).await?;
                let answer = json!({"forgotten": person});
                return Ok(output.answer(&answer, |_| {
                    format!("No account of an identity provider is known to be {person} any more.\n")
                })?);
            }
            Verb::Disable { person } => (person, json!({"disabled": true})),
            Verb::Enable { person } => (person, json!({"disabled": false})),
            Verb::ForgetTotp { person } => (person, json!({"totp": false})),
            Verb::Update(update) => {
                let mut body = json!({});
                set(&mut body, "email", update.email);
                set(&mut body, "name", update.name);
                set(&mut body, "role", update.role.and_then(Role::name));
                set(&mut body, "customer", update.customer);
                super::require_change(&body)?;
                (update.person, body)
            }
        };
        KIND.show(output, &client.call(Call::patch(&path(&person), &change)).await?)
    }
}

/// Shows a person with their link, and says that this is the only time.
fn linked(output: Output, item: &Value) -> Answered {
    let lines = |page: &Page| {
        let lines: Vec<(&str, Cell)> = KIND.lines.iter().map(|(name, read)| (*name, read(item))).collect();
        page.details(&lines)
            + "\nGive the link to this person alone: whoever opens it first chooses the password. It is good once, and \
               cannot be shown again.\n"
    };
    Ok(output.answer(item, lines)?)
}
