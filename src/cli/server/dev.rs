//! `usher server --dev`: a node that is ready to be used as soon as it runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use raft::seams::{Clock, Entropy, Seams, SystemClock, SystemEntropy};
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::{Directory, MemoryDisk};
use trust::UnixSeconds;

use super::{Running, Signals, gone, serve};
use crate::cli::Answered;
use crate::cli::failure::Failure;
use crate::cli::node::Settings;
use crate::cli::output::{Cell, Output, Page, Style};
use crate::client::{Client, Target};
use crate::config::{Address, Config, FileSource, Flag, Sources};
use crate::demo::sample;
use crate::founding::{self, Founding};
use crate::keys::Keys;
use crate::server::ServerConfig;
use crate::{private, telemetry, vendor_root};

/// What a development server remembers in its data directory, beside the data itself.
const REMEMBERED: &str = "dev.json";

/// The secrets that a development server shows. They are worth nothing anywhere else.
#[derive(Debug, Serialize, Deserialize)]
struct Shown {
    admin_token: String,
    license_key: String,
}

/// Where the development server keeps things.
struct Place {
    data: Option<PathBuf>,
    /// Holds the root file, and is removed at the end unless it is the data directory.
    files: PathBuf,
}

pub(super) async fn run(settings: &Settings, seats: u32, output: Output) -> Answered {
    let config = resolve(settings)?;
    telemetry::start(config.log.level, config.log.format)?;
    let signals = Signals::catch()?;
    let place = Place::find(settings.data.as_deref())?;
    let served = run_in(&place, &config, seats, signals, output).await;
    place.leave();
    served
}

async fn run_in(place: &Place, config: &Config, seats: u32, signals: Signals, output: Output) -> Answered {
    let remembered = place.remembered()?;
    let (keys, root_file) = place.keys(remembered.is_some(), config)?;
    let surroundings = match &place.data {
        Some(data) => {
            let disk = Directory::open(data)?;
            if remembered.is_some() {
                check_whole(&disk, data)?;
            }
            Seams::system(Arc::new(disk))
        }
        None => Seams::system(Arc::new(MemoryDisk::new()?)),
    };
    let mut server_config = ServerConfig::of(config);
    // The peer port takes any free port, and nobody else is to know it.
    server_config.advertise = None;
    let server = Running::start(server_config, &keys, surroundings).await?;
    let url = format!("http://{}", server.api_address());
    let shown = if let Some(shown) = remembered {
        shown
    } else {
        let token = founding::found(server.node(), &founding_of(&server, &url), &keys, &SystemEntropy).await?;
        let client = Client::new(Target::with_token(vec![url.clone()], &token))?;
        let license_key = sample::create(&client, seats).await?;
        let shown = Shown {
            admin_token: token.to_string(),
            license_key,
        };
        place.remember(&shown)?;
        shown
    };
    let ops = server.ops_address().map(|address| format!("http://{address}"));
    let answer = json!({
        "url": url,
        "ops_url": ops,
        "admin_token": shown.admin_token,
        "license_key": shown.license_key,
        "root_file": root_file,
        "data_dir": place.data,
        "pid": std::process::id(),
    });
    output.answer(&answer, |page| {
        welcome(*page, &url, &shown, &root_file, place.data.as_deref())
    })?;
    serve(server, signals, place.data.as_deref()).await
}

/// A server that remembers its license key but not its ledger would be ready and know nothing.
fn check_whole(disk: &Directory, data: &Path) -> anyhow::Result<()> {
    if let Some(gone) = gone(disk)? {
        bail!(
            "--data: {gone} is gone from {0}, and with it the licenses and sessions; restore it, or remove {0} to begin \
             anew",
            data.display()
        );
    }
    Ok(())
}

/// The flags over what suits a development server, and a file if one of them names it. Neither the usual file nor the
/// environment: it is the same everywhere.
fn resolve(settings: &Settings) -> Result<Config, Failure> {
    let flag = |key: &str, value: &str| Flag {
        flag: "--dev".into(),
        key: key.into(),
        value: value.into(),
    };
    let mut flags = vec![
        flag("node.name", "dev"),
        flag("api.listen", "127.0.0.1:4600"),
        flag("api.tls", "off"),
        flag("peer.listen", "127.0.0.1:0"),
        flag("ops.listen", "127.0.0.1:4602"),
        flag("log.level", "warn"),
    ];
    flags.extend(settings.flags());
    let file = settings.config.clone().map_or(FileSource::None, FileSource::Named);
    for Flag { flag, key, value } in &flags {
        let open = Address::parse(value).is_ok_and(|address| !address.is_loopback());
        if open && key.ends_with(".listen") {
            let why = "a development server gives its secrets to everybody who asks";
            return Err(Failure::Usage(format!(
                "{flag}: {value} can be reached from other machines, but {why}"
            )));
        }
    }
    Ok(Sources {
        file,
        environment: Vec::new(),
        flags,
    }
    .resolve()?
    .config)
}

fn founding_of(server: &Running, url: &str) -> Founding {
    Founding {
        name: "dev".to_owned(),
        peer_address: server.node().peer_address().to_string(),
        api_url: url.to_owned(),
        root_key: None,
    }
}

impl Place {
    fn find(data: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(data) = data {
            let own = data.join(REMEMBERED).exists();
            if Keys::path(data).exists() && !own {
                bail!(
                    "--data: {} belongs to a node that --dev did not make, or not to its end; take another",
                    data.display()
                );
            }
            private::make_directory(data)?;
            return Ok(Self {
                data: Some(data.to_owned()),
                files: data.to_owned(),
            });
        }
        let name = format!("usher-dev-{:016x}", SystemEntropy.next_u64());
        let files = std::env::temp_dir().join(name);
        private::make_directory(&files)?;
        Ok(Self { data: None, files })
    }

    fn remembered(&self) -> anyhow::Result<Option<Shown>> {
        let path = self.files.join(REMEMBERED);
        if !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let wrong = || {
            format!(
                "{} is not a development server's; take another directory",
                path.display()
            )
        };
        serde_json::from_slice(&text).map(Some).with_context(wrong)
    }

    fn remember(&self, shown: &Shown) -> anyhow::Result<()> {
        if self.data.is_some() {
            let path = self.files.join(REMEMBERED);
            let written = private::write(&path, &serde_json::to_vec_pretty(shown)?);
            written.with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(())
    }

    /// The node's keys, new or as they were, and the root file for applications.
    fn keys(&self, remembered: bool, config: &Config) -> anyhow::Result<(Keys, PathBuf)> {
        if let (true, Some(data)) = (remembered, &self.data) {
            return Ok((Keys::load(data)?, data.join(vendor_root::PUBLIC)));
        }
        let founding = Founding {
            name: config.node_name(),
            peer_address: String::new(),
            api_url: String::new(),
            root_key: None,
        };
        let now = UnixSeconds::new(SystemClock.unix_ms() / 1_000);
        let (keys, _) = founding::make_keys(&founding, &SystemEntropy, now)?;
        let root_file = vendor_root::write(&self.files, &keys.secrets.roots, None)?.public;
        if let Some(data) = &self.data {
            keys.save(data)?;
        }
        Ok((keys, root_file))
    }

    /// Removes what was only for this run.
    fn leave(&self) {
        if self.data.is_none()
            && let Err(error) = std::fs::remove_dir_all(&self.files)
        {
            tracing::warn!(%error, directory = %self.files.display(), "temporary files are left");
        }
    }
}

fn welcome(page: Page, url: &str, shown: &Shown, root_file: &Path, data: Option<&Path>) -> String {
    let Shown {
        admin_token,
        license_key,
    } = shown;
    let root = root_file.display();
    let kept = data.map_or_else(
        || "Everything is in memory and gone when it ends.".to_owned(),
        |data| format!("It remembers everything in {}.", data.display()),
    );
    let facts = page.details(&[
        ("URL", Cell::new(url)),
        ("admin token", Cell::new(admin_token)),
        ("license key", Cell::new(license_key)),
        ("root file", Cell::new(root.to_string())),
    ]);
    let head = page.paint(Style::Good, "usher is ready.");
    format!(
        r#"{head} This is a server to try things with: plain HTTP, this machine only.
{kept}

{facts}
Take a seat with curl:

  curl -s {url}/api/v1/licenses/acquire -H 'content-type: application/json' \
    -d '{{"license_key": "{license_key}", "hardware_id": "my-laptop"}}'

In a Python program:

  import usher_client

  with usher_client.seat("{license_key}", url="{url}", root="{root}") as seat:
      print(seat.entitlements)

With this command line:

  export USHER_URL={url}
  export USHER_TOKEN={admin_token}
  export USHER_LICENSE_KEY={license_key}
  export USHER_ROOT={root}
  usher status
  usher session list

With these, `usher run`, `usher verify` and `python -m usher_client doctor` need to be told no more either.

Ctrl-C ends it.
"#
    )
}
