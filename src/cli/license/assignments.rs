//! The seats of a license that are assigned by name: who has one, and giving and taking them.

use clap::Args;
use serde_json::{Value, json};

use super::Which;
use crate::cli::Answered;
use crate::cli::output::{Cell, Output, remark};
use crate::cli::resource::{Kind, Paging, cell, minute, number, text};
use crate::client::{Call, Client, segment};

/// How assigned seats are shown.
const KIND: Kind = Kind {
    columns: &[
        ("EMAIL", |item| cell(item, "/email")),
        ("NAME", |item| cell(item, "/person/name")),
        ("SINCE", |item| minute(item, "/assigned_at")),
        ("BY", assigned_by),
        ("SESSIONS", |item| number(item, "/sessions")),
    ],
    lines: &[
        ("email", |item| cell(item, "/email")),
        ("name", |item| cell(item, "/person/name")),
        ("assigned", |item| minute(item, "/assigned_at")),
        ("by", assigned_by),
        ("holder", |item| cell(item, "/holder")),
        ("sessions", |item| cell(item, "/sessions")),
    ],
    order: |item| text(item, "/email"),
    none: "No seat of this license is assigned; `usher license assign LICENSE EMAIL` assigns one.",
};

/// The same where only some are asked for.
const FOUND: Kind = Kind {
    none: "No seat of this license is assigned to an address or a name that contains this.",
    ..KIND
};

fn assigned_by(item: &Value) -> Cell {
    match item["assigned_by_name"].as_str() {
        Some(name) => Cell::new(name),
        None => cell(item, "/assigned_by"),
    }
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    which: Which,

    /// Only those whose address, or whose person's name contains this
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,

    #[command(flatten)]
    paging: Paging,
}

impl List {
    pub(super) async fn run(self, client: &Client, output: Output) -> Answered {
        let path = self.which.path("assignments");
        let kind = if self.search.is_some() { FOUND } else { KIND };
        let call = || {
            Call::get(&path)
                .with("sort", Some("email"))
                .with("search", self.search.as_ref())
        };
        kind.list(client, output, &self.paging, call).await
    }
}

#[derive(Debug, Args)]
pub(super) struct WithAddress {
    #[command(flatten)]
    which: Which,

    /// The e-mail address
    email: String,
}

impl WithAddress {
    pub(super) async fn assign(self, client: &Client, output: Output) -> Answered {
        let body = json!({"email": self.email});
        let item = client.call(Call::post(&self.which.path("assign"), &body)).await?;
        KIND.show(output, &item)?;
        // It is assigned by now, whether or not the license can be looked at.
        let license = format!("/licenses/{}", segment(&self.which.license));
        if let Ok(license) = client.call(Call::get(&license)).await
            && text(&license, "/plan/holder") != "named_user"
        {
            remark(&format!(
                "It does not count yet: the license's plan gives its seats to whoever comes first. `usher plan update {} \
                 --holder named-user` changes that.",
                super::plan(&license)
            ));
        }
        Ok(())
    }

    pub(super) async fn unassign(self, client: &Client, output: Output) -> Answered {
        let body = json!({"email": self.email});
        client.call(Call::post(&self.which.path("unassign"), &body)).await?;
        let answer = json!({"unassigned": self.email});
        Ok(output.answer(&answer, |_| {
            format!("No seat is assigned to {} any more.\n", self.email)
        })?)
    }
}
