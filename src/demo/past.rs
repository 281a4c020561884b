//! Nodes of this process whose wall clocks are behind the true time, so that what is done on them was done days ago.
//!
//! They are whole nodes on the directories that `usher server` goes on with later. Their clocks are set forward step by
//! step, and the cluster follows them as it follows any majority of clocks.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use licensing::ledger::Ledger;
use raft::Joiner;
use raft::seams::{Clock, Seams, SystemClock, SystemEntropy};
use reqwest::Method;
use serde_json::json;
use storage::Directory;
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use super::layout::{Layout, Place};
use crate::client::{Call, Client, Target};
use crate::config::{Config, FileSource, Sources};
use crate::founding::{self, Founding};
use crate::joining::join_in;
use crate::keys::Keys;
use crate::server::{Server, ServerConfig};
use crate::{private, vendor_root};

/// How long the nodes may take to be a whole cluster, and the cluster to follow its clocks.
const WITHIN: Duration = Duration::from_secs(60);

/// How often to look whether they are, or it has.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A majority of clocks is followed at once where it is as far ahead as this; the rest is caught up with in time.
const FOLLOWED_MS: u64 = 60_000;

/// A wall clock that is behind; the other clock is the machine's.
#[derive(Debug)]
struct LateClock {
    behind_ms: AtomicU64,
}

impl Clock for LateClock {
    fn unix_ms(&self) -> u64 {
        SystemClock.unix_ms() - self.behind_ms.load(Ordering::Relaxed)
    }

    fn boot_ms(&self) -> u64 {
        SystemClock.boot_ms()
    }
}

/// A cluster of the past.
pub(super) struct Past {
    clock: Arc<LateClock>,
    servers: Vec<Server>,
    keys: Keys,
    admin_token: Zeroizing<String>,
    client: Client,
}

impl Past {
    /// Founds a cluster so long ago, on nodes whose directories and configurations are there.
    pub(super) async fn begin(layout: &Layout, behind: Duration) -> Result<Self> {
        let clock = Arc::new(LateClock {
            behind_ms: AtomicU64::new(u64::try_from(behind.as_millis()).unwrap_or(u64::MAX)),
        });
        let places = layout.places();
        let [first, others @ ..] = places.as_slice() else {
            bail!("a demo has nodes")
        };
        let config = configured(first)?;
        let data = config.data_dir();
        private::make_directory(&data)?;
        let founding = Founding {
            name: config.node_name(),
            peer_address: first.peer_address(),
            api_url: first.api_url(),
            root_key: None,
        };
        let founded = founding::found_in(&data, &layout.directory, &founding, seams(&clock, &data)?).await?;
        let admin_token = founded.admin_token.clone();
        founded.save(&data)?;
        let urls = places.iter().map(Place::api_url).collect();
        let mut past = Self {
            servers: vec![start(&clock, &config).await?],
            keys: Keys::load(&data)?,
            client: Client::new(Target::with_token(urls, &admin_token))?,
            admin_token,
            clock,
        };
        for place in others {
            past.join(first, place).await?;
        }
        Ok(past)
    }

    async fn join(&mut self, first: &Place, place: &Place) -> Result<()> {
        let config = configured(place)?;
        let data = config.data_dir();
        private::make_directory(&data)?;
        let token = self.client.call(Call::post("/cluster/join-tokens", &json!({}))).await;
        let token = token.map_err(|error| super::nodes::told(&error))?;
        let token = token["token"].as_str().unwrap_or_default().parse()?;
        let joiner = Joiner {
            name: config.node_name(),
            peer_address: place.peer_address(),
            api_url: place.api_url(),
            replaces: None,
        };
        let seams = seams(&self.clock, &data)?;
        join_in(&data, &first.peer_address(), &token, joiner, &seams).await?;
        // The directory is locked for as long as they are there.
        drop(seams);
        vendor_root::write(&data, &Keys::load(&data)?.secrets.roots, None)?;
        self.servers.push(start(&self.clock, &config).await?);
        self.wait_for_all().await
    }

    /// Waits until every node that was started has a vote and what the others have.
    async fn wait_for_all(&self) -> Result<()> {
        let deadline = Instant::now() + WITHIN;
        let nodes = self.servers.len();
        loop {
            let cluster = self.client.call(Call::get("/cluster").once()).await;
            if cluster.is_ok_and(|cluster| cluster["voters"] == nodes && cluster["tolerance"] == (nodes - 1) / 2) {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("the cluster did not come to {nodes} voters within {WITHIN:?}");
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// A client of its nodes.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn admin_token(&self) -> &str {
        &self.admin_token
    }

    pub(super) fn node_ids(&self) -> impl Iterator<Item = u64> {
        self.servers.iter().map(|server| server.node().cluster().me().get())
    }

    /// What time its clocks say it is.
    pub(super) fn now(&self) -> Timestamp {
        told_by(&*self.clock)
    }

    /// Sets the clocks to a later time, no later than it is in truth, and waits until the cluster has followed. Beats for
    /// `session` meanwhile: the cluster's clock moves with what is done.
    pub(super) async fn reach(&self, to: Timestamp, session: &str) -> Result<()> {
        let to_ms = u64::try_from(to.as_millisecond()).unwrap_or(0);
        let behind_ms = SystemClock.unix_ms().saturating_sub(to_ms);
        self.clock.behind_ms.store(behind_ms, Ordering::Relaxed);
        let deadline = Instant::now() + WITHIN;
        let has_followed = |server: &Server| server.node().cluster().ledger(Ledger::at).ms() + FOLLOWED_MS > to_ms;
        let body = json!({"session_id": session});
        loop {
            let beat = Call::new(Method::PUT, "/licenses/heartbeat").with_body(&body);
            match self.client.call(beat).await {
                Ok(_) if self.servers.iter().all(has_followed) => return Ok(()),
                Err(error) if error.is_refusal() && !error.may_pass() => return Err(super::nodes::told(&error)),
                _ if Instant::now() > deadline => {
                    bail!("the cluster did not follow its clocks to {to} within {WITHIN:?}")
                }
                _ => sleep(LOOK_EVERY).await,
            }
        }
    }

    /// A set-up link, which the one of the founding is too old for.
    pub(super) async fn setup_link(&self, api_url: &str) -> Result<Zeroizing<String>> {
        let server = self.servers.first().context("the past has nodes")?;
        let lookup = &self.keys.secrets.lookup;
        founding::create_setup_link(server.node().cluster(), lookup, &SystemEntropy, api_url).await
    }

    /// Ends the nodes in order, and leaves their directories to others.
    pub(super) async fn end(self) {
        for server in self.servers {
            server.shutdown().await;
        }
    }
}

/// What time a clock says it is.
pub(super) fn told_by(clock: &dyn Clock) -> Timestamp {
    let ms = i64::try_from(clock.unix_ms()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}

fn configured(place: &Place) -> Result<Config> {
    let sources = Sources {
        file: FileSource::Named(place.config_file()),
        environment: Vec::new(),
        flags: Vec::new(),
    };
    Ok(sources.resolve()?.config)
}

fn seams(clock: &Arc<LateClock>, data: &Path) -> Result<Seams> {
    let clock = Arc::clone(clock);
    Ok(Seams {
        clock,
        ..Seams::system(Arc::new(Directory::open(data)?))
    })
}

async fn start(clock: &Arc<LateClock>, config: &Config) -> Result<Server> {
    let data = config.data_dir();
    Server::start(ServerConfig::of(config), &Keys::load(&data)?, seams(clock, &data)?).await
}
