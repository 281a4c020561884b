//! `usher retention`: for how long history is kept.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Answered;
use super::connection::Connection;
use super::output::{Cell, Output};
use super::resource::{Kind, cell, minute, set};
use crate::client::Call;

/// For how long history is kept: what is on record of sessions, refusals and sign-ins, and hours of usage
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher retention show
  usher retention set --session-days 365
  usher retention set --session-days 90 --usage-days forever

What is older is dropped for good, from a day after the change on; until then it can be taken back.")]
pub(super) struct Noun {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show for how long history is kept, and since when there is any
    Show,
    /// Say for how long history is kept from now on; what is not named stays as it is
    Set {
        /// For how many days a session is on record after its end, and a refusal and a sign-in
        #[arg(long, value_name = "N|forever", value_parser = days_or_forever)]
        session_days: Option<Value>,

        /// For how many days an hour of usage is kept
        #[arg(long, value_name = "N|forever", value_parser = days_or_forever)]
        usage_days: Option<Value>,
    },
}

fn days_or_forever(text: &str) -> Result<Value, String> {
    match text {
        "forever" => Ok(Value::Null),
        number => number
            .parse::<u32>()
            .map(Value::from)
            .map_err(|_| "expected a number of days or forever".to_owned()),
    }
}

/// How it is shown.
const KIND: Kind = Kind {
    columns: &[],
    lines: &[
        ("sessions, refusals, sign-ins", |item| kept(item, "/session_days")),
        ("hours of usage", |item| kept(item, "/usage_days")),
        ("sessions since", |item| minute(item, "/sessions_from")),
        ("usage since", |item| minute(item, "/usage_from")),
        ("nothing is older than", |item| minute(item, "/oldest")),
        ("nothing dropped before", |item| minute(item, "/drops_from")),
        ("version", |item| cell(item, "/version")),
    ],
    order: |_| String::new(),
    none: "",
};

fn kept(item: &Value, pointer: &str) -> Cell {
    match item.pointer(pointer).and_then(Value::as_u64) {
        Some(days) => Cell::new(format!("{days} days")),
        None => Cell::new("for ever"),
    }
}

impl Noun {
    pub(super) async fn run(self, output: Output) -> Answered {
        let client = self.connection.client()?;
        let item = match self.verb {
            Verb::Show => client.call(Call::get("/retention")).await?,
            Verb::Set {
                session_days,
                usage_days,
            } => {
                let mut named = json!({});
                set(&mut named, "session_days", session_days);
                set(&mut named, "usage_days", usage_days);
                super::require_change(&named)?;
                // The call replaces all that was said, so it says again what stays.
                let now = client.call(Call::get("/retention")).await?;
                let mut body = json!({
                    "if_version": now["version"], "session_days": now["session_days"], "usage_days": now["usage_days"],
                });
                for (member, value) in named.as_object().into_iter().flatten() {
                    body[member] = value.clone();
                }
                client.call(Call::put("/retention", &body)).await?
            }
        };
        KIND.show(output, &item)
    }
}
