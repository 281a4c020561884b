//! Which cluster a command talks to, and as whom.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use zeroize::Zeroizing;

use super::failure::Failure;
use super::secret;
use super::words;

/// The server to talk to.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server to talk to")]
pub(crate) struct Connection {
    /// The nodes' API URLs, with commas between; the next one is asked when one does not answer
    #[arg(long, env = "USHER_URL", value_name = "URL,…", global = true)]
    #[arg(value_delimiter = ',', value_parser = words::api_url, default_value = "http://127.0.0.1:4600")]
    pub(crate) url: Vec<String>,

    /// The API token; `usher init` prints the first one
    #[arg(
        long,
        env = "USHER_TOKEN",
        value_name = "TOKEN",
        global = true,
        hide_env_values = true
    )]
    token: Option<String>,

    /// A file that holds the API token
    #[arg(long, env = "USHER_TOKEN_FILE", value_name = "FILE", global = true)]
    token_file: Option<PathBuf>,

    /// The certificate authority to trust, PEM; without it the system's are
    #[arg(long, env = "USHER_CACERT", value_name = "FILE", global = true)]
    pub(crate) cacert: Option<PathBuf>,

    /// How long to wait for an answer in all
    #[arg(long, value_name = "TIME", global = true, value_parser = words::duration, default_value = "15s")]
    pub(crate) timeout: Duration,
}

impl Connection {
    /// The API token, if one was given. A token that was given by itself wins over a file.
    pub(crate) fn token(&self) -> Result<Option<Zeroizing<String>>, Failure> {
        secret::read(self.token.as_deref(), self.token_file.as_deref(), "--token-file")
    }

    /// Whether all nodes are on this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.url
            .iter()
            .all(|url| words::host_of(url).is_some_and(|host| words::is_local(&host)))
    }

    /// A connection for calls that need no token.
    pub(super) fn public(url: Vec<String>, cacert: Option<PathBuf>) -> Self {
        Self {
            url,
            token: None,
            token_file: None,
            cacert,
            timeout: Duration::from_secs(15),
        }
    }

    /// A connection to nodes with this token, for commands that started the nodes themselves.
    pub(crate) fn to(url: Vec<String>, token: &str) -> Self {
        Self {
            url,
            token: Some(token.to_owned()),
            token_file: None,
            cacert: None,
            timeout: Duration::from_secs(15),
        }
    }
}
