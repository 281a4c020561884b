//! Three real server processes, started as `usher demo --detach` starts them, to be killed and started again.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use crate::admin::Admin;

/// How long a process may take to stop where it stands.
const FREEZE_WITHIN: Duration = Duration::from_secs(5);

/// What `usher demo --detach -o json` prints.
#[derive(Debug, Clone, Deserialize)]
struct Demo {
    nodes: Vec<DemoNode>,
    admin_token: String,
    license_key: String,
    data_dir: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
struct DemoNode {
    api: String,
    ops: String,
    pid: i32,
}

/// A running cluster. Dropping it ends its processes.
pub struct Cluster {
    usher: PathBuf,
    demo: Demo,
    nodes: Vec<Process>,
    http: reqwest::Client,
}

struct Process {
    command: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    pid: Option<i32>,
    child: Option<Child>,
}

fn split_at_zero(bytes: &[u8]) -> Vec<OsString> {
    bytes
        .split(|byte| *byte == 0)
        .filter(|part| !part.is_empty())
        .map(|part| OsString::from_vec(part.to_vec()))
        .collect()
}

impl Process {
    fn read(pid: i32) -> Result<Self> {
        let command = split_at_zero(&std::fs::read(format!("/proc/{pid}/cmdline"))?);
        let environment = split_at_zero(&std::fs::read(format!("/proc/{pid}/environ"))?)
            .into_iter()
            .filter_map(|pair| {
                let bytes = pair.into_vec();
                let at = bytes.iter().position(|byte| *byte == b'=')?;
                Some((
                    OsString::from_vec(bytes[..at].to_vec()),
                    OsString::from_vec(bytes[at + 1..].to_vec()),
                ))
            })
            .collect();
        Ok(Self {
            command,
            environment,
            pid: Some(pid),
            child: None,
        })
    }

    fn kill(&mut self) {
        if let Some(pid) = self.pid.take().and_then(rustix::process::Pid::from_raw) {
            // It may be gone already.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            // Its parent is not always us, so it cannot always be waited for; until it is gone it has its locks.
            while is_alive(pid) {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        if let Some(mut child) = self.child.take() {
            let _ = child.wait();
        }
    }

    /// Stops it where it stands: from now on it tells nobody anything.
    fn freeze(&self) -> Result<()> {
        let Some(pid) = self.pid.and_then(rustix::process::Pid::from_raw) else {
            return Ok(());
        };
        rustix::process::kill_process(pid, rustix::process::Signal::STOP)?;
        // A thread inside a call to the disk stops when that call returns, before it does anything else.
        let begun = Instant::now();
        while !is_frozen(pid)? {
            ensure!(
                begun.elapsed() < FREEZE_WITHIN,
                "process {} does not stop",
                pid.as_raw_nonzero()
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    fn start(&mut self, log: &Path) -> Result<()> {
        let (program, arguments) = self.command.split_first().context("the process had no command line")?;
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        self.pid = Some(i32::try_from(child.id())?);
        self.child = Some(child);
        Ok(())
    }
}

/// Whether a process still has files open: not when it has ended and only waits for its parent to ask.
fn is_alive(pid: rustix::process::Pid) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    let state = |status: &String| status.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    status
        .ok()
        .as_ref()
        .and_then(state)
        .is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

/// Whether no thread of a process runs.
fn is_frozen(pid: rustix::process::Pid) -> Result<bool> {
    for task in std::fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero()))? {
        let status = std::fs::read_to_string(task?.path().join("stat"))?;
        let state = status.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        if !matches!(state, Some('T' | 'D')) {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Cluster {
    /// Starts a cluster with its data in `data`.
    pub fn start(usher: &Path, data: &Path) -> Result<Self> {
        let output = Command::new(usher)
            .args(["demo", "--detach", "-o", "json", "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{} cannot be run", usher.display()))?;
        if !output.status.success() {
            bail!("usher demo: {}", String::from_utf8_lossy(&output.stderr));
        }
        let demo: Demo = serde_json::from_slice(&output.stdout).context("usher demo printed no JSON")?;
        let nodes = demo
            .nodes
            .iter()
            .map(|node| Process::read(node.pid))
            .collect::<Result<_>>()?;
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .no_proxy()
            .build()?;
        Ok(Self {
            usher: usher.to_owned(),
            demo,
            nodes,
            http,
        })
    }

    /// The nodes' API addresses.
    pub fn urls(&self) -> Vec<String> {
        self.demo.nodes.iter().map(|node| node.api.clone()).collect()
    }

    /// A license of 100 seats.
    pub fn license_key(&self) -> &str {
        &self.demo.license_key
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Where a node keeps its data.
    pub fn data_directory(&self, node: usize) -> Result<PathBuf> {
        let directory = self.demo.data_dir.join(format!("demo-{}", node + 1)).join("data");
        if !directory.join("raft-log.redb").exists() {
            bail!("{} holds no node's data", directory.display());
        }
        Ok(directory)
    }

    /// Kills a node without warning.
    pub fn kill(&mut self, node: usize) {
        self.nodes[node].kill();
    }

    /// Stops a node where it stands, as a power cut does, until it is killed.
    pub fn freeze(&self, node: usize) -> Result<()> {
        self.nodes[node].freeze()
    }

    /// Starts a killed node again.
    pub fn restart(&mut self, node: usize) -> Result<()> {
        let log = self.demo.data_dir.join(format!("restarted-{node}.log"));
        self.nodes[node].start(&log)
    }

    /// Which node leads, as any node that answers says.
    pub async fn leader(&self) -> Option<usize> {
        for node in &self.demo.nodes {
            let asked = self
                .http
                .get(format!("{}/api/v1/cluster", node.api))
                .bearer_auth(&self.demo.admin_token)
                .send();
            let Ok(answer) = asked.await else { continue };
            let Ok(cluster) = answer.json::<serde_json::Value>().await else {
                continue;
            };
            let leader = cluster.get("leader").and_then(serde_json::Value::as_u64)?;
            let nodes = cluster.get("nodes").and_then(serde_json::Value::as_array)?;
            let led = nodes
                .iter()
                .find(|node| node.get("id").and_then(serde_json::Value::as_u64) == Some(leader))?;
            let url = led.get("api_url").and_then(serde_json::Value::as_str)?;
            return self
                .demo
                .nodes
                .iter()
                .position(|node| node.api.trim_end_matches('/') == url.trim_end_matches('/'));
        }
        None
    }

    /// Waits until every node that runs is ready.
    pub async fn ready(&self, within: Duration) -> Result<()> {
        let by = Instant::now() + within;
        for (node, process) in self.demo.nodes.iter().zip(&self.nodes) {
            while process.pid.is_some() {
                let answer = self.http.get(format!("{}/readyz", node.ops)).send().await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    break;
                }
                if Instant::now() >= by {
                    bail!("{} is not ready after {within:?}", node.api);
                }
                sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }

    /// Its operator.
    pub fn admin(&self) -> Admin {
        Admin {
            http: self.http.clone(),
            urls: self.urls(),
            token: self.demo.admin_token.clone(),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            node.kill();
        }
        // What it recorded of its processes is stale by now; it cleans up after itself.
        let _ = Command::new(&self.usher)
            .args(["demo", "--stop", "--data"])
            .arg(&self.demo.data_dir)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}
