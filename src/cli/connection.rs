//! Which cluster a command talks to, and as whom.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::failure::Failure;
use super::secret::Secret;
use super::words;
use crate::client::{Client, Target};

/// The server to talk to.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server to talk to")]
pub(super) struct Connection {
    /// The nodes' API URLs, with commas between; the next one is asked when one does not answer
    #[arg(long, env = "USHER_URL", value_name = "URL,…", global = true)]
    #[arg(value_delimiter = ',', value_parser = words::api_url, default_value = "http://127.0.0.1:4600")]
    url: Vec<String>,

    /// The API token; `usher init` prints the first one [env: USHER_TOKEN]
    #[arg(long, value_name = "TOKEN", global = true, conflicts_with = "token_file")]
    token: Option<String>,

    /// A file that holds the API token [env: USHER_TOKEN_FILE]
    #[arg(long, value_name = "FILE", global = true)]
    token_file: Option<PathBuf>,

    /// The certificate authority to trust, PEM; without it the system's are
    #[arg(long, env = "USHER_CACERT", value_name = "FILE", global = true)]
    cacert: Option<PathBuf>,

    /// How long a call may take, with all its tries on all nodes
    #[arg(long, value_name = "TIME", global = true, value_parser = words::duration, default_value = "15s")]
    timeout: Duration,

    /// Repeat a command whose outcome was not known, under the key that it told
    ///
    /// The rest of the command must say the same. A time such as 365d does not, as it counts from now.
    #[arg(long, value_name = "KEY", global = true)]
    idempotency_key: Option<String>,
}

impl Connection {
    /// A client of the cluster.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        let token = Secret {
            flag: "--token",
            variable: "USHER_TOKEN",
            given: self.token.as_deref(),
            file: self.token_file.as_deref(),
        };
        let token = token.read()?;
        if token
            .as_ref()
            .is_some_and(|token| !token.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            return Err(Failure::Usage(
                "the API token holds a character that none has, such as a space or the end of a line; copy it again"
                    .to_owned(),
            ));
        }
        Ok(Client::new(Target {
            urls: self.url.clone(),
            token,
            cacert: self.cacert.clone(),
            within: self.timeout,
            key: self.idempotency_key.clone(),
        })?)
    }
}
