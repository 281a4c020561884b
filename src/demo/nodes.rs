//! Starting the demo's nodes the way an operator does: `usher init`, `usher join` and `usher server` in processes of
//! their own. What runs is recorded in a file, so that a later call can end it.

use std::num::NonZero;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::history::{self, Scale};
use super::layout::{Layout, NODES, Place};
use super::past::Past;
use super::process::Process;
use super::sample;
use crate::client::{Call, CallError, Client, Target};
use crate::{private, vendor_root};

/// The record of a demo, in its directory.
const RECORD: &str = "demo.json";

/// How long a node may take to be ready, on a machine that is busy with other things.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// How often to look whether it is.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Lines of a log that tell why its node ended.
const LOG_LINES_TOLD: usize = 5;

/// How many threads tokio runs a node on, if that is not to be all processors.
const THREADS_VARIABLE: &str = "TOKIO_WORKER_THREADS";

/// Seats of the license that is for use.
const SEATS: u32 = 100;

/// Seats of the license that is for measurements.
const SEATS_BULK: u32 = 1_000_000;

/// A node that was started.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) id: u64,
    pub(crate) api: String,
    pub(crate) ops: String,
    pub(crate) peer: String,
    pub(crate) config_file: PathBuf,
    pub(crate) log_file: PathBuf,
    pub(crate) process: Process,
}

/// A demo that runs, or that was being started.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Demo {
    pub(crate) nodes: Vec<Node>,
    pub(crate) admin_token: String,
    /// Where the first owner chooses a password, once.
    #[serde(default)]
    setup_link: String,
    pub(crate) license_key: String,
    pub(crate) bulk_license_key: String,
    single_license_key: String,
    quick_license_key: String,
    root_file: PathBuf,
    data_dir: PathBuf,
    /// What the demo wrote, to be removed with it.
    own: Vec<PathBuf>,
}

impl Demo {
    /// Founds a cluster of three nodes in the layout's directory, fills it, with a history if there is to be one, and
    /// leaves it running. `tell` hears what is being done. If anything goes wrong, what was started is ended.
    pub async fn start(layout: &Layout, scale: Option<Scale>, tell: impl Fn(&str)) -> Result<Self> {
        let directory = &layout.directory;
        if let Some(earlier) = Self::recorded(directory)? {
            if earlier.nodes.iter().any(|node| node.process.runs()) {
                bail!(
                    "a demo runs in {} already; `usher demo --stop` ends it",
                    directory.display()
                );
            }
            earlier.remove_files()?;
            private::make_directory(directory)?;
        } else {
            private::make_directory(directory)?;
            check_empty(directory)?;
        }
        check_own(directory)?;
        let mut demo = Self::planned(layout);
        // Before anything else, so that whatever comes of it can be told from the user's own files.
        demo.save()?;
        let started = demo.start_cluster(layout, scale, &tell).await;
        if started.is_err() {
            // The files stay: the logs tell why.
            for node in &demo.nodes {
                node.process.stop().await?;
            }
        }
        started.map(|()| demo)
    }

    fn planned(layout: &Layout) -> Self {
        let directory = &layout.directory;
        let files = [RECORD, vendor_root::PUBLIC, vendor_root::PRIVATE].map(|file| directory.join(file));
        let own = layout
            .places()
            .into_iter()
            .map(|place| place.directory)
            .chain(files)
            .collect();
        Self {
            root_file: directory.join(vendor_root::PUBLIC),
            data_dir: directory.clone(),
            own,
            ..Self::default()
        }
    }

    async fn start_cluster(&mut self, layout: &Layout, scale: Option<Scale>, tell: &impl Fn(&str)) -> Result<()> {
        for place in layout.places() {
            private::make_directory(&place.directory)?;
            std::fs::write(place.config_file(), place.config()).context("a node's configuration cannot be written")?;
        }
        let client = match scale {
            None => self.found(layout, tell).await?,
            Some(scale) => self.found_long_ago(layout, scale, tell).await?,
        };
        tell("usher license    makes a product, plans, a customer and licenses");
        self.fill(&client).await.map_err(|error| told(&error))?;
        self.save()
    }

    /// Founds a cluster and starts its nodes.
    async fn found(&mut self, layout: &Layout, tell: &impl Fn(&str)) -> Result<Client> {
        let places = layout.places();
        let [first, others @ ..] = places.as_slice() else {
            bail!("a demo has nodes")
        };
        tell("usher init       founds a cluster on demo-1");
        let root_out = self.data_dir.to_string_lossy().into_owned();
        let founded = run(
            &["init", "--root-out", &root_out, "--config"],
            &first.config_file(),
            None,
        )?;
        self.admin_token = text(&founded, "admin_token")?;
        self.setup_link = text(&founded, "setup_link")?;
        self.start_node(first, 1)?;
        let client = self.client()?;
        self.wait_for(&client, 1).await?;
        for place in others {
            tell(&format!("usher join       adds {} with a one-time token", place.name));
            let join_token = client
                .call(Call::post("/cluster/join-tokens", &json!({})))
                .await
                .map_err(|error| told(&error))?;
            let join_token = text(&join_token, "token")?;
            let joined = run(
                &["join", &first.peer_address(), "--config"],
                &place.config_file(),
                Some(&join_token),
            )?;
            let node_id = joined["node"].as_u64().context("`usher join` told no node id")?;
            self.start_node(place, node_id)?;
            self.wait_for(&client, self.nodes.len()).await?;
        }
        Ok(client)
    }

    /// Founds a cluster in the past, lets the time until now go by, and starts its nodes.
    async fn found_long_ago(&mut self, layout: &Layout, scale: Scale, tell: &impl Fn(&str)) -> Result<Client> {
        let Scale {
            licenses,
            sessions,
            days,
        } = scale;
        tell(&format!(
            "a founding       three nodes whose clocks are {days} days behind"
        ));
        let past = Past::begin(layout, scale.span()).await?;
        tell(&format!("a catalogue      customers and {licenses} licenses are made"));
        let keys = history::catalogue(past.client(), scale, tell).await?;
        tell(&format!("a history        {days} days go by, as fast as they can"));
        history::days(&past, &keys, scale, tell).await?;
        past.admin_token().clone_into(&mut self.admin_token);
        let places = layout.places();
        let first = places.first().context("a demo has nodes")?;
        self.setup_link = past.setup_link(&first.api_url()).await?.to_string();
        let ids: Vec<u64> = past.node_ids().collect();
        past.end().await;
        tell("usher server     the nodes go on, with the true time");
        for (place, id) in places.iter().zip(ids) {
            self.start_node(place, id)?;
        }
        let client = self.client()?;
        self.wait_for(&client, places.len()).await?;
        tell(&format!("applications     {sessions} sessions are acquired"));
        history::sessions(&client, &keys, scale, tell).await?;
        Ok(client)
    }

    async fn fill(&mut self, client: &Client) -> Result<(), CallError> {
        let customer = sample::create_catalogue(client).await?;
        self.license_key = sample::create_license(client, &customer, "pro", SEATS).await?;
        self.bulk_license_key = sample::create_license(client, &customer, "pro", SEATS_BULK).await?;
        self.single_license_key = sample::create_license(client, &customer, "free", 1).await?;
        self.quick_license_key = sample::create_license(client, &customer, "quick", 1).await?;
        Ok(())
    }

    fn start_node(&mut self, place: &Place, node_id: u64) -> Result<()> {
        let process = start_server(&place.config_file(), &place.log_file())?;
        self.nodes.push(Node {
            name: place.name.clone(),
            id: node_id,
            api: place.api_url(),
            ops: place.ops_url(),
            peer: place.peer_address(),
            config_file: place.config_file(),
            log_file: place.log_file(),
            process,
        });
        // At once, so that also a start that is interrupted can be ended.
        self.save()
    }

    fn save(&self) -> Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        private::write(&self.data_dir.join(RECORD), &text).context("the demo's record cannot be written")
    }

    /// Waits until the cluster has so many voters and can lose as many as so many can.
    pub(crate) async fn wait_for(&self, client: &Client, voters: usize) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            if let Some(node) = self.nodes.iter().find(|node| !node.process.runs()) {
                bail!(
                    "{} ended at its start; its log {} ends so:\n  {}",
                    node.name,
                    node.log_file.display(),
                    node.log_end()
                );
            }
            let cluster = client.call(Call::get("/cluster").once()).await;
            let tolerance = (voters - 1) / 2;
            if cluster.is_ok_and(|cluster| cluster["voters"] == voters && cluster["tolerance"] == tolerance) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                bail!("the cluster did not come to {voters} voters within {READY_WITHIN:?}");
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// The demo that was started in a directory, whether it still runs or not.
    ///
    /// # Errors
    ///
    /// The directory is another user's, whose record could name anything as the demo's own; or the record is no record.
    pub fn recorded(directory: &Path) -> Result<Option<Self>> {
        if !directory.exists() {
            return Ok(None);
        }
        check_own(directory)?;
        let path = directory.join(RECORD);
        if !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let demo = serde_json::from_slice(&text);
        demo.map(Some)
            .with_context(|| format!("{} is not a demo's record", path.display()))
    }

    /// Ends what an interrupted start has left running.
    pub async fn abandon(directory: &Path) -> Result<()> {
        match Self::recorded(directory)? {
            Some(demo) => demo.stop().await.map(drop),
            None => Ok(()),
        }
    }

    /// Ends the demo's processes, and only those, and removes its files. Gives how many were running.
    pub async fn stop(&self) -> Result<usize> {
        let running: Vec<&Node> = self.nodes.iter().filter(|node| node.process.runs()).collect();
        for node in &running {
            node.process.stop().await?;
        }
        self.remove_files()?;
        Ok(running.len())
    }

    /// What a program that uses the demo has to know.
    pub fn to_json(&self) -> Value {
        let node = |node: &Node| {
            json!({
                "name": node.name,
                "node_id": node.id,
                "pid": node.process.pid,
                "api": node.api,
                "ops": node.ops,
                "peer": node.peer,
                "config_file": node.config_file,
                "log_file": node.log_file,
            })
        };
        json!({
            "nodes": self.nodes.iter().map(node).collect::<Vec<_>>(),
            "admin_token": self.admin_token,
            "setup_link": self.setup_link,
            "license_key": self.license_key,
            "bulk_license_key": self.bulk_license_key,
            "single_license_key": self.single_license_key,
            "quick_license_key": self.quick_license_key,
            "root_file": self.root_file,
            "data_dir": self.data_dir,
        })
    }

    /// A connection to all nodes, as the operator.
    pub(crate) fn client(&self) -> Result<Client> {
        let urls = self.nodes.iter().map(|node| node.api.clone()).collect();
        Client::new(Target::with_token(urls, &self.admin_token))
    }

    /// Starts a node again that was ended.
    pub(crate) fn restart(&mut self, at: usize) -> Result<()> {
        let node = self.nodes.get_mut(at).context("there is no such node")?;
        node.process = start_server(&node.config_file, &node.log_file)?;
        self.save()
    }

    /// Removes what the demo wrote; nothing else that may lie in its directory.
    fn remove_files(&self) -> Result<()> {
        for path in &self.own {
            let removed = if path.is_dir() {
                std::fs::remove_dir_all(path)
            } else {
                std::fs::remove_file(path)
            };
            match removed {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("{} cannot be removed", path.display()));
                }
                _ => {}
            }
        }
        // Only if it is empty: it may be the user's own.
        let _ = std::fs::remove_dir(&self.data_dir);
        Ok(())
    }
}

impl Node {
    /// The last lines of its log.
    fn log_end(&self) -> String {
        let log = std::fs::read_to_string(&self.log_file).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES_TOLD)..].join("\n  ")
    }
}

/// A failure of a call as an error of the demo.
pub(super) fn told(error: &CallError) -> anyhow::Error {
    anyhow!(error.to_string())
}

fn text(answer: &Value, member: &str) -> Result<String> {
    let text = answer[member].as_str().map(str::to_owned);
    text.with_context(|| format!("`{member}` is missing in the answer"))
}

/// A directory for temporary files is everybody's, so somebody else may have been there first.
fn check_own(path: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::symlink_metadata(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let own = found.is_dir() && found.uid() == rustix::process::getuid().as_raw() && found.mode() & 0o002 == 0;
    if !own {
        bail!(
            "{} is not a directory of yours that nobody else can write; name another with --data",
            path.display()
        );
    }
    Ok(())
}

/// What a demo writes it also removes, so it begins where nothing else is.
fn check_empty(path: &Path) -> Result<()> {
    let mut entries = std::fs::read_dir(path).with_context(|| format!("{} cannot be read", path.display()))?;
    if entries.next().is_some() {
        bail!(
            "{} holds files that are not a demo's; name an empty directory with --data",
            path.display()
        );
    }
    Ok(())
}

/// This executable, without settings of the environment that are meant for another server.
fn usher() -> Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("this executable is not to be found")?);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("USHER_") && name != crate::telemetry::FILTER_VARIABLE {
            command.env_remove(name);
        }
    }
    Ok(command)
}

/// Runs a command of usher to its end and reads its answer.
fn run(arguments: &[&str], config_file: &Path, join_token: Option<&str>) -> Result<Value> {
    let mut command = usher()?;
    command
        .args(arguments)
        .arg(config_file)
        .args(["-o", "json"])
        .stdin(Stdio::null());
    if let Some(token) = join_token {
        command.env("USHER_JOIN_TOKEN", token);
    }
    let ended = command.output().context("usher cannot be run")?;
    if !ended.status.success() {
        bail!(
            "`usher {}` failed: {}",
            arguments[0],
            String::from_utf8_lossy(&ended.stderr).trim()
        );
    }
    serde_json::from_slice(&ended.stdout).with_context(|| format!("`usher {}` answered no JSON", arguments[0]))
}

/// Starts `usher server`, in a process group of its own so that a Ctrl-C in this terminal is not meant for it.
fn start_server(config_file: &Path, log_file: &Path) -> Result<Process> {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(log_file);
    let log = log.with_context(|| format!("{} cannot be written", log_file.display()))?;
    let mut command = usher()?;
    command.args(["server", "--config"]).arg(config_file).process_group(0);
    // The nodes share a machine, and threads that wait for a processor only take it from each other.
    if std::env::var_os(THREADS_VARIABLE).is_none() {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        let threads = (processors / usize::from(NODES)).max(1);
        command.env(THREADS_VARIABLE, threads.to_string());
    }
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn()?;
    let process = Process::of(child.id());
    // Somebody has to wait for it, or it stays in the process table when it ends.
    std::thread::spawn(move || child.wait());
    process
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    /// This executable is a test, which knows no `init`: every start fails after the first files were written.
    #[tokio::test]
    async fn a_demo_that_failed_to_start_can_be_started_again() {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::new(directory.path(), None).unwrap();
        for _ in 0..2 {
            let failed = Demo::start(&layout, None, |_| ()).await.unwrap_err().to_string();
            assert!(failed.contains("`usher init` failed"), "{failed}");
            assert!(directory.path().join("demo-1").exists(), "the files tell why");
        }
        Demo::recorded(directory.path()).unwrap().unwrap().stop().await.unwrap();
        assert!(!directory.path().exists());
    }
}
