//! `usher audit`: who changed what, and everything else that is on record.

use std::collections::BTreeMap;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Answered;
use super::connection::Connection;
use super::output::{Cell, Output};
use super::resource::{Kind, Listing, Paging, cell, minute, text};
use super::words;
use crate::client::{Call, Client, segment};

/// The audit: every change, grant, refusal and end, with who asked for it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher audit list --event changed
  usher audit list --about lic_… --all
  usher audit list --actor per_… --from 7d
  usher audit list --command revoke_license --from 2026-01-01 --to 2026-07-01")]
pub(super) struct Noun {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List what happened, the latest first
    List(List),
}

#[derive(Debug, Args)]
struct List {
    /// Only what happened in this way
    #[arg(long, value_enum)]
    event: Option<Event>,

    /// Only of this command, as the list names it, such as create_license or issue_api_token
    #[arg(long)]
    command: Option<String>,

    /// Only what this one asked for: the id of a person or a token, client or system
    #[arg(long, value_name = "ID")]
    actor: Option<String>,

    /// Only what is about the one with this id: a license, a session, a holder, or what was changed
    #[arg(long, value_name = "ID")]
    about: Option<String>,

    /// Only what happened from this time on: a date, a time, or how long ago, such as 7d
    #[arg(long, value_name = "TIME", value_parser = words::past)]
    from: Option<Timestamp>,

    /// Only what happened before this time
    #[arg(long, value_name = "TIME", value_parser = words::past)]
    to: Option<Timestamp>,

    #[command(flatten)]
    paging: Paging,
}

/// What happened.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Event {
    /// A seat is held by a new session
    Granted,
    /// A session ended
    Ended,
    /// Somebody changed something
    Changed,
    /// Something was refused
    Refused,
    /// A session is held for a user whom a token vouched for
    Identified,
    /// History that was kept for long enough was dropped
    Dropped,
    /// An account at an identity provider became known to be somebody's
    Linked,
}

/// How records are shown.
const KIND: Kind = Kind {
    columns: &[
        ("AT", |item| minute(item, "/at")),
        ("WHO", |item| Cell::new(first(item, &["/actor_name", "/actor"]))),
        ("EVENT", |item| cell(item, "/event")),
        ("COMMAND", |item| cell(item, "/command")),
        ("ABOUT", |item| {
            Cell::new(first(item, &["/subject", "/license", "/holder"]))
        }),
        ("MORE", |item| {
            Cell::new(first(
                item,
                &["/code", "/email", "/reason", "/cause", "/user/email", "/history"],
            ))
        }),
    ],
    lines: &[],
    // The latest first, as they come.
    order: |_| String::new(),
    none: "Nothing of this is on record.",
};

/// The first of these that is there.
fn first(item: &Value, pointers: &[&str]) -> String {
    let texts = pointers.iter().map(|pointer| text(item, pointer));
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

impl Noun {
    pub(super) async fn run(self, output: Output) -> Answered {
        let client = self.connection.client()?;
        let Verb::List(list) = self.verb;
        let event = list.event.and_then(|event| event.to_possible_value());
        let event = event.map(|event| event.get_name().to_owned());
        let call = || {
            Call::get("/audit")
                .with("order", Some("desc"))
                .with("event", event.as_ref())
                .with("command", list.command.as_ref().map(|name| name.replace('-', "_")))
                .with("actor", list.actor.as_ref())
                .with("about", list.about.as_ref())
                .with("from", list.from)
                .with("to", list.to)
        };
        let mut found = Listing::fetch(&client, &list.paging, ("before", "next_before"), call).await?;
        name_actors(&client, &mut found.items).await;
        KIND.write(output, &found)
    }
}

/// Adds the names of those who asked, as far as they are there and may be read.
async fn name_actors(client: &Client, items: &mut [Value]) {
    let mut names: BTreeMap<String, Option<String>> = BTreeMap::new();
    for item in items {
        let actor = text(item, "/actor");
        let name = match names.get(&actor) {
            Some(name) => name.clone(),
            None => name_of(client, &actor).await,
        };
        if let Some(name) = &name {
            item["actor_name"] = json!(name);
        }
        names.insert(actor, name);
    }
}

async fn name_of(client: &Client, actor: &str) -> Option<String> {
    let resource = match actor.get(..4) {
        Some("per_") => "people",
        Some("tok_") => "tokens",
        _ => return None,
    };
    let path = format!("/{resource}/{}", segment(actor));
    let found = client.call(Call::get(&path).once()).await.ok()?;
    Some(text(&found, "/name")).filter(|name| !name.is_empty())
}
