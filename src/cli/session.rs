//! `usher session`: who holds seats now.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Answered;
use super::connection::Connection;
use super::output::{Cell, Output};
use super::resource::{Kind, Paging, cell, minute, span, state, text};
use crate::client::{Call, segment};

/// Sessions: who holds seats now, and how sessions ended
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher session list --license lic_…
  usher session show ses_…
  usher session revoke ses_… --reason 'the laptop was stolen'

A session has a secret id, which only its client knows, and a public name (ses_…), which is used here.")]
pub(super) struct Noun {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the live sessions
    #[command(after_help = "\
Examples:
  usher session list --license lic_…
  usher session list --all -o json")]
    List {
        /// Only those of this license
        #[arg(long, value_name = "ID")]
        license: Option<String>,

        #[command(flatten)]
        paging: Paging,
    },
    /// Show one session; one that has ended is known for a while
    Show {
        /// The session's public name
        session: String,
    },
    /// End a session and free its seat; its client is told at its next heartbeat
    Revoke {
        /// The session's public name
        session: String,

        /// Why; the client reads it
        #[arg(long)]
        reason: String,
    },
}

/// How sessions are shown.
const KIND: Kind = Kind {
    columns: &[
        ("SESSION", |item| cell(item, "/session")),
        ("LICENSE", |item| cell(item, "/license")),
        ("USER", |item| cell(item, "/user/email")),
        ("HOST", |item| cell(item, "/client/hostname")),
        ("APP", |item| Cell::new(app(item))),
        ("GRANTED", |item| minute(item, "/granted_at")),
        ("ENDS IN", |item| span(item, "/expires_in_seconds")),
        ("STATUS", |item| state(item, "/status")),
    ],
    lines: &[
        ("session", |item| cell(item, "/session")),
        ("status", |item| state(item, "/status")),
        ("reason", |item| cell(item, "/reason")),
        ("license", |item| cell(item, "/license")),
        ("user", |item| cell(item, "/user/email")),
        ("holder", |item| cell(item, "/holder")),
        ("host", |item| cell(item, "/client/hostname")),
        ("instance", |item| cell(item, "/client/instance")),
        ("app", |item| Cell::new(app(item))),
        ("os", |item| cell(item, "/client/os")),
        ("sdk", |item| cell(item, "/client/sdk")),
        ("granted", |item| minute(item, "/granted_at")),
        ("last heartbeat", |item| minute(item, "/beat_at")),
        ("ends in", |item| span(item, "/expires_in_seconds")),
        ("grace until", |item| minute(item, "/grace_until")),
        ("ended", |item| minute(item, "/ended_at")),
    ],
    order: |item| text(item, "/granted_at"),
    none: "Nobody holds a seat.",
};

fn app(item: &Value) -> String {
    format!("{} {}", text(item, "/client/app"), text(item, "/client/version"))
        .trim()
        .to_owned()
}

impl Noun {
    pub(super) async fn run(self, output: Output) -> Answered {
        let client = self.connection.client()?;
        let item = match self.verb {
            Verb::List { license, paging } => {
                let call = || Call::get("/sessions").with("license", license.as_ref());
                return KIND.list(&client, output, &paging, call).await;
            }
            Verb::Show { session } => {
                client
                    .call(Call::get(&format!("/sessions/{}", segment(&session))))
                    .await?
            }
            Verb::Revoke { session, reason } => {
                let body = json!({"reason": reason});
                client
                    .call(Call::post(&format!("/sessions/{}/revoke", segment(&session)), &body))
                    .await?
            }
        };
        KIND.show(output, &item)
    }
}
