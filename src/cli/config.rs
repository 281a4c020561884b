//! `usher config`: write, show and check a server's configuration.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::Answered;
use super::node::Settings;
use super::output::{Cell, Output, Style, remark, write_new, write_out};
use crate::config::{Resolved, Shown, template};

/// Configuration: write a file to start from, show it, check it
///
/// What counts is a TOML file, then USHER_SECTION__KEY in the environment, then flags, each winning over the one before.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher config init --out /etc/usher/usher.toml
  usher config validate --config /etc/usher/usher.toml
  USHER_LOG__LEVEL=debug usher config show --origin")]
pub(super) struct Noun {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write a commented configuration file to start from
    Init {
        /// The file to write; it must not exist. Without it, standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Show every setting as a server here would have it
    Show {
        /// Also show where each value comes from
        #[arg(long)]
        origin: bool,

        #[command(flatten)]
        settings: Settings,
    },
    /// Check the configuration and say what is wrong with it
    Validate {
        #[command(flatten)]
        settings: Settings,
    },
}

impl Noun {
    pub(super) fn run(self, output: Output) -> Answered {
        match self.verb {
            Verb::Init { out: None } => Ok(write_out(&template())?),
            Verb::Init { out: Some(path) } => init(&path),
            Verb::Show { origin, settings } => show(output, &settings.resolve()?, origin),
            Verb::Validate { settings } => {
                let Resolved { shown, .. } = settings.resolve()?;
                let given = shown.iter().filter(|shown| !shown.origin.is_default()).count();
                let answer = json!({"valid": true, "settings_given": given});
                Ok(output.answer(&answer, |_| {
                    format!("The configuration is valid; {given} settings are given.\n")
                })?)
            }
        }
    }
}

fn init(path: &std::path::Path) -> Answered {
    write_new(path, &template())?;
    remark(&format!(
        "{} shows every setting with its default; change what you need.",
        path.display()
    ));
    Ok(())
}

fn show(output: Output, resolved: &Resolved, origin: bool) -> Answered {
    let member = |shown: &Shown| {
        let value = json!({"value": shown.value, "origin": shown.origin.to_string()});
        (shown.key.clone(), if origin { value } else { value["value"].clone() })
    };
    let answer = Value::Object(resolved.shown.iter().map(member).collect::<Map<_, _>>());
    output.answer(&answer, |page| {
        let row = |shown: &Shown| {
            let value = if shown.value.is_empty() {
                "(not set)"
            } else {
                &shown.value
            };
            let style = if shown.origin.is_default() {
                Style::Plain
            } else {
                Style::Strong
            };
            let mut row = vec![Cell::new(&shown.key), Cell::new(value).styled(style)];
            row.extend(origin.then(|| Cell::new(shown.origin.to_string())));
            row
        };
        let headings = if origin {
            &["SETTING", "VALUE", "ORIGIN"][..]
        } else {
            &["SETTING", "VALUE"]
        };
        page.table(headings, &resolved.shown.iter().map(row).collect::<Vec<_>>())
    })?;
    Ok(())
}
