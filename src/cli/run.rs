//! `usher run -- CMD`: hold a seat while a command runs, for applications that know nothing of licenses.

mod held;
mod signals;

use std::path::PathBuf;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use licensing::id::encode_base32;
use sha2::{Digest, Sha256};
use tokio::process::Child;
use tokio::sync::watch;
use tokio::time::timeout;

use super::Answered;
use super::failure::Failure;
use super::output::remark;
use super::secret::Secret;
use super::words;
use crate::client::{Client, Target};
use held::{Held, Wanted};
use signals::Signals;

/// How long a seat that was asked for is waited for when nobody wants it any more, so that it can be given back.
const LET_GO_WITHIN: Duration = Duration::from_secs(2);

/// Hold a seat of a license while a command runs
///
/// The command is started when the seat is granted, and the seat is given back when it ends. Its exit code is passed
/// on, and SIGTERM and SIGHUP are passed to it. USHER_SESSION_TOKEN holds the signed token for it.
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

    /// The license to take a seat of [env: USHER_LICENSE_KEY]
    #[arg(long, value_name = "KEY", conflicts_with = "license_key_file")]
    license_key: Option<String>,

    /// A file that holds the license key [env: USHER_LICENSE_KEY_FILE]
    #[arg(long, value_name = "FILE")]
    license_key_file: Option<PathBuf>,

    /// The user's token, where the plan counts its seats by user [env: USHER_JWT_TOKEN]
    #[arg(long, value_name = "TOKEN", conflicts_with = "jwt_token_file")]
    jwt_token: Option<String>,

    /// A file that holds the user's token [env: USHER_JWT_TOKEN_FILE]
    #[arg(long, value_name = "FILE")]
    jwt_token_file: Option<PathBuf>,

    /// What this machine is counted by; without it, made of the machine's own id
    #[arg(long, env = "USHER_HARDWARE_ID", value_name = "ID")]
    hardware_id: Option<String>,

    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD")]
    command: Vec<String>,
}

impl Run {
    pub(super) async fn run(self) -> Answered {
        let license_key = Secret {
            flag: "--license-key",
            variable: "USHER_LICENSE_KEY",
            given: self.license_key.as_deref(),
            file: self.license_key_file.as_deref(),
        };
        let jwt_token = Secret {
            flag: "--jwt-token",
            variable: "USHER_JWT_TOKEN",
            given: self.jwt_token.as_deref(),
            file: self.jwt_token_file.as_deref(),
        };
        let wanted = Wanted {
            license_key: license_key.required()?,
            jwt_token: jwt_token.read()?,
            hardware_id: self.hardware_id.clone().map_or_else(machine, Ok)?,
            client: Client::new(Target::public(self.url.clone(), self.cacert.clone()))?,
        };
        // From here on a signal no longer ends this process by itself: a seat would stay behind.
        let mut signals = Signals::catch()?;
        let held = take(wanted, &mut signals).await?;
        let started = self.start(held.token());
        let (held, ended) = match started {
            Ok(child) => attend(child, held, &mut signals).await,
            Err(error) => (held, Err(error)),
        };
        tokio::select! {
            released = held.release() => if let Err(why) = released {
                remark(&format!("The seat was not given back, it ends by itself: {why}"));
            },
            _ = signals.next() => remark("The seat is not given back, it ends by itself."),
        }
        match exit_code(ended?) {
            0 => Ok(()),
            code => Err(Failure::Code(code)),
        }
    }

    fn start(&self, token: &str) -> anyhow::Result<Child> {
        let (program, arguments) = self.command.split_first().context("CMD is missing")?;
        let mut command = tokio::process::Command::new(program);
        command.args(arguments).stdin(Stdio::inherit());
        command.env("USHER_SESSION_TOKEN", token);
        command.spawn().with_context(|| format!("{program} cannot be run"))
    }
}

/// Takes the seat, unless a signal says before that nobody wants it any more.
async fn take(wanted: Wanted, signals: &mut Signals) -> Result<Held, Failure> {
    let mut taking = pin!(wanted.take());
    tokio::select! {
        taken = &mut taking => taken,
        signal = signals.next() => {
            if let Ok(Ok(held)) = timeout(LET_GO_WITHIN, taking).await {
                // The process ends anyway, and the seat with it, if later.
                let _ = held.release().await;
            }
            Err(Failure::Code(of_signal(signal.as_raw())))
        }
    }
}

/// Waits for the command's end, and keeps the seat meanwhile. The seat has a task of its own, so that nothing that
/// happens here delays a beat.
async fn attend(mut child: Child, held: Held, signals: &mut Signals) -> (Held, anyhow::Result<ExitStatus>) {
    let (stop, stopped) = watch::channel(false);
    let keeping = tokio::spawn(held.keep(stopped));
    let ended = loop {
        tokio::select! {
            ended = child.wait() => break ended.context("the command's end is not known"),
            signal = signals.next() => signals::pass_on(signal, &child),
        }
    };
    stop.send_replace(true);
    let held = keeping
        .await
        .expect("keeping a seat does not panic, and nobody aborts it");
    (held, ended)
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

/// A command that a signal ended counts as shells have it.
fn exit_code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.unwrap_or_else(|| status.signal().map_or(1, of_signal))
}

/// 128 and the signal's number.
fn of_signal(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(1)
}
