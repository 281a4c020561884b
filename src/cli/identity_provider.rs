//! `usher identity-provider`: who else may say who somebody is.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::{Value, json};

use super::Answered;
use super::connection::Connection;
use super::failure::Failure;
use super::output::{Cell, Output};
use super::resource::{Kind, Paging, cell, minute, set, text};
use super::secret::Secret;
use crate::api::sorted::folded;
use crate::client::{Call, segment};

/// Identity providers: who else may say who somebody is
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher identity-provider create Google --kind google --client-id 4711.apps.googleusercontent.com --client-secret-file s
  usher identity-provider create GitHub --kind github --client-id Iv1.4711 --client-secret-file secret
  usher identity-provider create Acme --kind oidc --issuer https://id.acme.example --client-id usher
  usher identity-provider update Acme --accept-on-acquire yes --audience coditect
  usher identity-provider list

The provider sends people back to the address that `show` tells as redirect; register it there.")]
pub(super) struct Noun {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Add an identity provider
    Create(Create),
    /// List the identity providers
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one identity provider
    Show {
        /// The provider's name or id
        provider: String,
    },
    /// Change an identity provider
    Update(Update),
    /// Remove an identity provider; whoever signs in by it is signed out
    Delete {
        /// The provider's name or id
        provider: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Speaks {
    Oidc,
    Google,
    Github,
}

impl Speaks {
    const fn name(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
            Self::Google => "google",
            Self::Github => "github",
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Switch {
    Yes,
    No,
}

impl Switch {
    const fn is_on(self) -> bool {
        matches!(self, Self::Yes)
    }
}

#[derive(Debug, Args)]
struct Create {
    /// Its name for people, on the button by which they sign in
    name: String,

    /// What it speaks: OpenID Connect by discovery, the same at Google, or GitHub's own
    #[arg(long, value_enum)]
    kind: Speaks,

    /// Its address; Google's and GitHub's own are known
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,

    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Args)]
struct Update {
    /// The provider's name or id
    provider: String,

    /// A new name for people
    #[arg(long)]
    name: Option<String>,

    /// Take the client secret away
    #[arg(long, conflicts_with_all = ["client_secret", "client_secret_file"])]
    no_client_secret: bool,

    /// Fetch the provider's keys again
    #[arg(long, conflicts_with = "keys_file")]
    no_keys: bool,

    #[command(flatten)]
    given: Given,
}

/// What can be said when a provider is added and when it is changed.
#[derive(Debug, Args)]
struct Given {
    /// What the provider knows this server by
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,

    /// The secret that goes with it; better in a file [env: USHER_CLIENT_SECRET]
    #[arg(long, value_name = "SECRET", conflicts_with = "client_secret_file")]
    client_secret: Option<String>,

    /// A file that holds the client secret [env: USHER_CLIENT_SECRET_FILE]
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,

    /// What to ask for at a sign-in, with commas between; without it what the kind needs
    #[arg(long, value_name = "SCOPE,…", value_delimiter = ',')]
    scopes: Option<Vec<String>>,

    /// Whether somebody whom nobody knows becomes a customer by signing in
    #[arg(long, value_enum, value_name = "YES|NO")]
    self_registration: Option<Switch>,

    /// Whether its tokens say who asks for a seat
    #[arg(long, value_enum, value_name = "YES|NO")]
    accept_on_acquire: Option<Switch>,

    /// What such tokens must be for
    #[arg(long)]
    audience: Option<String>,

    /// A file with the provider's keys as a JSON web key set, where the server cannot fetch them
    #[arg(long, value_name = "FILE")]
    keys_file: Option<PathBuf>,
}

impl Given {
    fn set_on(self, body: &mut Value) -> Result<(), Failure> {
        let secret = Secret {
            flag: "--client-secret",
            variable: "USHER_CLIENT_SECRET",
            given: self.client_secret.as_deref(),
            file: self.client_secret_file.as_deref(),
        };
        set(body, "client_id", self.client_id);
        set(body, "client_secret", secret.read()?.map(|secret| secret.to_string()));
        set(body, "scopes", self.scopes);
        set(body, "self_registration", self.self_registration.map(Switch::is_on));
        set(body, "accept_on_acquire", self.accept_on_acquire.map(Switch::is_on));
        set(body, "audience", self.audience);
        set(body, "keys", self.keys_file.as_deref().map(keys).transpose()?);
        Ok(())
    }
}

fn keys(path: &Path) -> Result<Value, Failure> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("--keys-file: {} cannot be read", path.display()))?;
    let keys = serde_json::from_str(&text).with_context(|| format!("--keys-file: {} is not JSON", path.display()))?;
    Ok(keys)
}

fn path(provider: &str) -> String {
    format!("/identity-providers/{}", segment(provider))
}

/// How identity providers are shown.
const KIND: Kind = Kind {
    columns: &[
        ("NAME", |item| cell(item, "/name")),
        ("KIND", |item| cell(item, "/kind")),
        ("ISSUER", |item| cell(item, "/issuer")),
        ("SIGN-IN", |item| yes(item["client_id"].is_string())),
        ("ON ACQUIRE", |item| yes(item["accept_on_acquire"] == true)),
        ("ID", |item| cell(item, "/id")),
    ],
    lines: &[
        ("name", |item| cell(item, "/name")),
        ("id", |item| cell(item, "/id")),
        ("kind", |item| cell(item, "/kind")),
        ("issuer", |item| cell(item, "/issuer")),
        ("client id", |item| cell(item, "/client_id")),
        ("client secret", |item| yes(item["has_secret"] == true)),
        ("scopes", |item| {
            let scopes = item["scopes"].as_array().into_iter().flatten();
            Cell::new(scopes.filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
        }),
        ("self-registration", |item| yes(item["self_registration"] == true)),
        ("on acquire", |item| yes(item["accept_on_acquire"] == true)),
        ("audience", |item| cell(item, "/audience")),
        ("keys", |item| {
            Cell::new(if item["keys"].is_object() { "given" } else { "fetched" })
        }),
        ("redirect", |item| cell(item, "/redirect_uri")),
        ("created", |item| minute(item, "/created_at")),
        ("version", |item| cell(item, "/version")),
    ],
    order: |item| folded(&text(item, "/name")),
    none: "There are no identity providers yet; `usher identity-provider create` adds one.",
};

fn yes(holds: bool) -> Cell {
    Cell::new(if holds { "yes" } else { "no" })
}

impl Noun {
    pub(super) async fn run(self, output: Output) -> Answered {
        let client = self.connection.client()?;
        let item = match self.verb {
            Verb::List { paging } => {
                let call = || Call::get("/identity-providers");
                return KIND.list(&client, output, &paging, call).await;
            }
            Verb::Show { provider } => client.call(Call::get(&path(&provider))).await?,
            Verb::Create(create) => {
                let mut body = json!({"name": create.name, "kind": create.kind.name()});
                set(&mut body, "issuer", create.issuer);
                create.given.set_on(&mut body)?;
                client.call(Call::post("/identity-providers", &body)).await?
            }
            Verb::Update(update) => {
                let mut body = json!({});
                set(&mut body, "name", update.name);
                update.given.set_on(&mut body)?;
                set(
                    &mut body,
                    "client_secret",
                    update.no_client_secret.then_some(Value::Null),
                );
                set(&mut body, "keys", update.no_keys.then_some(Value::Null));
                super::require_change(&body)?;
                client.call(Call::patch(&path(&update.provider), &body)).await?
            }
            Verb::Delete { provider } => {
                client.call(Call::new(Method::DELETE, &path(&provider))).await?;
                let answer = json!({"deleted": provider});
                return Ok(output.answer(&answer, |_| format!("{provider} is deleted.\n"))?);
            }
        };
        KIND.show(output, &item)
    }
}
