//! `usher run -- CMD`: hold a seat while a command runs, for applications that know nothing of licenses.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use licensing::id::encode_base32;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::time::sleep;

use super::Answered;
use super::client::{Call, Client};
use super::failure::Failure;
use super::output::remark;
use super::{secret, words};

/// Beats are sent this much earlier than they are due, so that one that is late is not lost.
const EARLY: f64 = 0.8;

/// How long to wait before a beat that was not answered is sent again.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// Hold a seat of a license while a command runs
///
/// The command is started when the seat is granted, and the seat is given back when it ends. Its exit code is passed
/// on. USHER_SESSION_TOKEN holds the signed token for it.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  usher run --license-key-file key -- ./render --frames 1-100")]
pub(super) struct Run {
    /// The nodes' API URLs, with commas between
    #[arg(long, env = "USHER_URL", value_name = "URL,…", value_delimiter = ',')]
    #[arg(value_parser = words::api_url, default_value = "http://127.0.0.1:4600")]
    url: Vec<String>,

    /// The certificate authority to trust, PEM; without it the system's are
    #[arg(long, env = "USHER_CACERT", value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// The license to take a seat of
    #[arg(long, env = "USHER_LICENSE_KEY", value_name = "KEY", hide_env_values = true)]
    #[arg(required_unless_present = "license_key_file")]
    license_key: Option<String>,

    /// A file that holds the license key
    #[arg(long, env = "USHER_LICENSE_KEY_FILE", value_name = "FILE")]
    license_key_file: Option<PathBuf>,

    /// What this machine is counted by; without it, made of the machine's own id
    #[arg(long, env = "USHER_HARDWARE_ID", value_name = "ID")]
    hardware_id: Option<String>,

    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD")]
    command: Vec<String>,
}

/// A seat that is held.
struct Seat {
    client: Client,
    license_key: String,
    hardware_id: String,
    session: Value,
}

impl Run {
    pub(super) async fn run(self) -> Answered {
        let key = secret::read(
            self.license_key.as_deref(),
            self.license_key_file.as_deref(),
            "--license-key-file",
        )?;
        let hardware_id = self.hardware_id.map_or_else(machine, Ok)?;
        let mut seat = Seat {
            client: Client::new(&super::connection::Connection::public(self.url, self.cacert))?,
            license_key: key.context("--license-key is missing")?.to_string(),
            hardware_id,
            session: Value::Null,
        };
        seat.acquire().await?;
        let [program, arguments @ ..] = self.command.as_slice() else {
            return Err(Failure::Usage("CMD is missing".to_owned()));
        };
        let mut command = tokio::process::Command::new(program);
        command.args(arguments).stdin(Stdio::inherit());
        command.env(
            "USHER_SESSION_TOKEN",
            seat.session["signed_token"].as_str().unwrap_or_default(),
        );
        let started = command.spawn().with_context(|| format!("{program} cannot be run"));
        let ended = match started {
            // Ctrl-C reaches the command too, which decides what it means; the seat is given back when it has ended.
            Ok(mut child) => loop {
                tokio::select! {
                    ended = child.wait() => break ended.context("the command's end is not known"),
                    () = seat.keep() => {}
                    _ = tokio::signal::ctrl_c() => {}
                }
            },
            Err(error) => Err(error),
        };
        if let Err(failure) = seat.release().await {
            remark(&format!("The seat was not given back, it ends by itself: {failure}"));
        }
        match exit_code(ended?) {
            0 => Ok(()),
            code => Err(Failure::Code(code)),
        }
    }
}

impl Seat {
    async fn acquire(&mut self) -> Result<(), Failure> {
        let body = json!({
            "license_key": self.license_key,
            "hardware_id": self.hardware_id,
            "client": {"app": "usher run", "version": env!("CARGO_PKG_VERSION")},
        });
        self.session = self.client.call(Call::post("/licenses/acquire", &body)).await?;
        Ok(())
    }

    /// Waits until a beat is due and sends it. A seat that was lost is taken again.
    async fn keep(&mut self) {
        let interval = self.session["heartbeat_seconds"].as_u64().unwrap_or(60);
        sleep(Duration::from_secs(interval).mul_f64(EARLY)).await;
        let body = json!({"session_id": self.session["session_id"]});
        let call = Call::new(Method::PUT, "/licenses/heartbeat").with_body(&body);
        let lost = match self.client.call(call).await {
            Ok(session) => {
                self.session = session;
                return;
            }
            Err(Failure::Answered(problem)) if !problem.may_pass() => problem,
            Err(_) => return sleep(AGAIN_AFTER).await,
        };
        if let Err(failure) = self.acquire().await {
            remark(&format!(
                "The seat was lost ({}) and could not be taken again: {failure}",
                lost.title
            ));
            sleep(AGAIN_AFTER).await;
        }
    }

    async fn release(&self) -> Result<(), Failure> {
        let body = json!({"session_id": self.session["session_id"]});
        self.client.call(Call::post("/licenses/release", &body)).await.map(drop)
    }
}

/// What this machine is counted by. The id itself is not sent: others may know this machine by it.
fn machine() -> anyhow::Result<String> {
    let id = ["/etc/machine-id", "/var/lib/dbus/machine-id"]
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .find(|id| !id.trim().is_empty())
        .context("this machine has no id of its own; give one with --hardware-id")?;
    let hash = Sha256::new()
        .chain_update(b"usher run")
        .chain_update(id.trim())
        .finalize();
    Ok(format!("machine-{}", encode_base32(&hash[..16])))
}

/// A command that a signal ended counts as shells have it: 128 and the signal's number.
fn exit_code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
