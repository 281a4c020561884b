//! What is measured, and where that is told beside standard output.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Map, Value, json};

use crate::bench::{Document, Machine, Nodes, Used};
use crate::cli::Failure;
use crate::cli::output::remark;
use crate::cli::secret::Secret;
use crate::cli::words;

/// What every report begins with.
const HTML: &str = "<!doctype html>";

/// The nodes and the license.
#[derive(Debug, Clone, Args)]
pub(super) struct Target {
    /// The nodes' API URLs, with commas between
    #[arg(long, env = "USHER_URL", value_name = "URL,…", value_delimiter = ',')]
    #[arg(value_parser = words::api_url, default_value = "http://127.0.0.1:4600")]
    url: Vec<String>,

    /// The certificate authority to trust, PEM; needed for https
    #[arg(long, env = "USHER_CACERT", value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// The license whose seats to take [env: USHER_LICENSE_KEY]
    #[arg(long, value_name = "KEY", conflicts_with = "license_key_file")]
    license_key: Option<String>,

    /// A file that holds the license key [env: USHER_LICENSE_KEY_FILE]
    #[arg(long, value_name = "FILE")]
    license_key_file: Option<PathBuf>,

    /// The nodes' ops URLs, with commas between, to tell their processor time and memory as well
    #[arg(long, value_name = "URL,…", value_delimiter = ',', value_parser = words::api_url)]
    ops_url: Vec<String>,
}

impl Target {
    pub(super) fn nodes(&self) -> anyhow::Result<Arc<Nodes>> {
        Ok(Arc::new(Nodes::new(&self.url, self.cacert.as_deref())?))
    }

    pub(super) fn license_key(&self) -> Result<String, Failure> {
        let key = Secret {
            flag: "--license-key",
            variable: "USHER_LICENSE_KEY",
            given: self.license_key.as_deref(),
            file: self.license_key_file.as_deref(),
        };
        Ok(key.required()?.to_string())
    }

    /// Where the nodes tell what they use. Looks at once whether they do, before anything takes its time.
    pub(super) async fn used(&self) -> anyhow::Result<Option<Used>> {
        if self.ops_url.is_empty() {
            return Ok(None);
        }
        let used = Used::new(Arc::new(Nodes::new(&self.ops_url, self.cacert.as_deref())?));
        used.check().await?;
        Ok(Some(used))
    }

    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        vec![("nodes", self.url.join(", "))]
    }
}

/// A token for calls that need one.
#[derive(Debug, Clone, Args)]
pub(super) struct Token {
    /// An API token of scope `heartbeats` or `admin`, for batches [env: USHER_TOKEN]
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
    token: Option<String>,

    /// A file that holds the API token [env: USHER_TOKEN_FILE]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl Token {
    pub(super) fn required(&self) -> Result<String, Failure> {
        let token = Secret {
            flag: "--token",
            variable: "USHER_TOKEN",
            given: self.token.as_deref(),
            file: self.token_file.as_deref(),
        };
        Ok(token.required()?.to_string())
    }
}

/// The page about a measurement.
#[derive(Debug, Clone, Args)]
pub(super) struct Page {
    /// Also write a report with charts into this file, HTML that needs nothing else
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

impl Page {
    /// Looks whether the report can be written, before the measurement takes its time.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        match &self.report {
            None => Ok(()),
            Some(path) => check_writable(path),
        }
    }

    /// Writes the report, if one is wanted.
    pub(super) fn write(&self, document: impl FnOnce() -> Document) -> anyhow::Result<()> {
        let Some(path) = &self.report else { return Ok(()) };
        fs::write(path, document().to_html())
            .with_context(|| format!("--report: {} cannot be written", path.display()))?;
        remark(&format!("The report is in {}.", path.display()));
        Ok(())
    }
}

/// A report may take the place of an earlier one and of nothing else.
fn check_writable(path: &Path) -> anyhow::Result<()> {
    let told = || format!("--report: {} cannot be written", path.display());
    let mut begins = [0; HTML.len()];
    match fs::File::open(path).and_then(|mut file| file.read(&mut begins)) {
        Ok(read) if read > 0 && begins != *HTML.as_bytes() => {
            bail!(
                "--report: {} exists and is no report; name another file",
                path.display()
            )
        }
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).with_context(told),
        _ => {}
    }
    fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map(drop)
        .with_context(told)
}

/// An answer for programs: what was measured, with what it was measured on.
pub(super) fn with_machine(machine: &Machine, settings: &[(&'static str, String)], figures: Value) -> Value {
    let settings: Map<_, _> = settings
        .iter()
        .map(|(name, value)| (name.replace(' ', "_"), json!(value)))
        .collect();
    let mut answer = json!({"machine": machine.to_json(), "settings": settings});
    if let (Value::Object(answer), Value::Object(figures)) = (&mut answer, figures) {
        answer.extend(figures);
    }
    answer
}
