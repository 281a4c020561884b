//! One machine: its place in the network, its disk, its clock, and the node that runs on it.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::clocks::WallClock;
use super::network::{self, Place};
use super::programs::{finished, mortal};
use crate::disks::LoopDisk;

/// How large a disk is. The image is sparse.
const DISK_MEGABYTES: u64 = 384;

/// How long a killed process may take to be gone, a thread of it inside a call to a slow disk.
const GONE_WITHIN: Duration = Duration::from_secs(30);

/// How long a node may take to stop in order.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// How often to look.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long a call to a disk may go on after its process was told to stop where it stands.
const FREEZE_WITHIN: Duration = Duration::from_secs(5);

/// Lines of a log that tell why its node ended.
const LOG_LINES_TOLD: usize = 6;

/// A machine. Everything that may happen to it happens through the one who has it locked.
pub(super) struct Machine {
    pub(super) number: usize,
    usher: PathBuf,
    home: PathBuf,
    /// As `nsenter` takes it.
    entry: String,
    pub(super) clock: WallClock,
    disk: Option<LoopDisk>,
    process: Option<Child>,
    /// The node that lives here, by the cluster's number.
    pub(super) node: u64,
}

impl Machine {
    /// A machine with an empty disk.
    pub(super) fn build(number: usize, usher: &Path, home: &Path, place: &Place) -> Result<Self> {
        std::fs::create_dir_all(home.join("disk"))?;
        let clock = WallClock::in_folder(home)?;
        let mut machine = Self {
            number,
            usher: usher.to_owned(),
            home: home.to_owned(),
            entry: place.entry(),
            clock,
            disk: None,
            process: None,
            node: 0,
        };
        std::fs::write(machine.config_file(), machine.config())?;
        machine.new_disk()?;
        Ok(machine)
    }

    fn config_file(&self) -> PathBuf {
        self.home.join("usher.toml")
    }

    /// Where its node logs.
    fn log_file(&self) -> PathBuf {
        self.home.join("usher.log")
    }

    /// Where its disk is mounted.
    pub(super) fn mount(&self) -> PathBuf {
        self.home.join("disk")
    }

    /// Where its node keeps its data.
    pub(super) fn data(&self) -> PathBuf {
        self.mount().join("usher")
    }

    /// Its configuration: as an operator writes it, but that snapshots are frequent, or none would be made in minutes.
    fn config(&self) -> String {
        let (name, address) = (self.number + 1, network::address(self.number));
        format!(
            "[node]\nname = \"machine-{name}\"\ndata_dir = \"{}\"\n\n\
             [api]\nadvertise = \"https://{address}:4600\"\n\n\
             [peer]\nadvertise = \"{address}:4601\"\n\n\
             [ops]\nlisten = \"0.0.0.0:4602\"\n\n\
             [raft]\nsnapshot_entries = 2000\nlog_entries_kept = 500\n",
            self.data().display()
        )
    }

    /// Takes its disk out, with all that is on it, and puts an empty one in.
    pub(super) fn new_disk(&mut self) -> Result<()> {
        if let Some(disk) = self.disk.take() {
            disk.unmount()?;
        }
        let image = self.home.join("disk.ext4");
        self.disk = Some(LoopDisk::under(&image, &self.mount(), DISK_MEGABYTES)?);
        Ok(())
    }

    fn disk(&self) -> Result<&LoopDisk> {
        self.disk.as_ref().context("the machine has no disk")
    }

    /// Takes the disk's power, whether or not somebody still writes to it.
    pub(super) fn cut_disk_power(&self) -> Result<()> {
        self.disk()?.cut_power()
    }

    /// Cuts the machine's power: the node stops where it stands, and of its disk stays what was synced.
    pub(super) async fn cut_power(&mut self) -> Result<()> {
        self.freeze().await?;
        self.disk()?.cut_power()?;
        self.disk()?.check_dead()
    }

    /// Gives it power again, after a cut; the node is to be started.
    pub(super) async fn restore_power(&mut self) -> Result<()> {
        self.kill().await?;
        self.disk()?.unmount()?;
        self.disk()?.mount()
    }

    /// Runs a command of usher here and reads its answer.
    pub(super) async fn usher(&self, words: &[&str], join_token: Option<&str>) -> Result<Value> {
        let mut command = mortal("nsenter");
        command.args([&*self.entry, "--"]).arg(&self.usher).args(words);
        command.args(["-o", "json", "--config"]).arg(self.config_file());
        if let Some(token) = join_token {
            command.env("USHER_JOIN_TOKEN", token);
        }
        let ended = tokio::process::Command::from(command)
            .stdin(Stdio::null())
            .output()
            .await;
        let told = finished(&[&["usher"], words].concat(), &ended)?;
        serde_json::from_str(&told).with_context(|| format!("`usher {}` answered no JSON", words.join(" ")))
    }

    /// Starts its node.
    pub(super) fn start(&mut self) -> Result<()> {
        ensure!(self.process.is_none(), "machine {} runs already", self.number);
        let log = OpenOptions::new().create(true).append(true).open(self.log_file())?;
        let child = mortal("nsenter")
            .args([&*self.entry, "--", "env"])
            .args(self.clock.environment())
            .arg(&self.usher)
            .args(["server", "--config"])
            .arg(self.config_file())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        self.process = Some(child);
        Ok(())
    }

    /// Whether a node was started here and not ended by us.
    pub(super) fn is_up(&self) -> bool {
        self.process.is_some()
    }

    /// How its node ended, if it has by itself.
    pub(super) fn ended_by_itself(&mut self) -> Result<Option<ExitStatus>> {
        let Some(process) = &mut self.process else {
            return Ok(None);
        };
        let ended = process.try_wait()?;
        if ended.is_some() {
            self.process = None;
        }
        Ok(ended)
    }

    /// Waits until its node has ended by itself.
    pub(super) async fn until_ended(&mut self, within: Duration) -> Result<bool> {
        let by = Instant::now() + within;
        while self.ended_by_itself()?.is_none() {
            if Instant::now() >= by {
                return Ok(false);
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(true)
    }

    /// Its node's process.
    pub(super) fn pid(&self) -> Result<u32> {
        Ok(self.process.as_ref().context("the node does not run")?.id())
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.pid()?).ok().and_then(Pid::from_raw);
        Ok(kill_process(pid.context("a process has a number")?, signal)?)
    }

    /// Kills its node without warning, if it runs.
    pub(super) async fn kill(&mut self) -> Result<()> {
        if self.process.is_none() {
            return Ok(());
        }
        self.signal(Signal::KILL)?;
        ensure!(
            self.until_ended(GONE_WITHIN).await?,
            "machine {}: the killed node is not gone after {GONE_WITHIN:?}",
            self.number
        );
        Ok(())
    }

    /// Stops its node in order.
    pub(super) async fn stop(&mut self) -> Result<()> {
        self.signal(Signal::TERM)?;
        ensure!(
            self.until_ended(STOP_WITHIN).await?,
            "machine {}: the node does not stop within {STOP_WITHIN:?} of SIGTERM",
            self.number
        );
        Ok(())
    }

    /// Stops its node where it stands: from now on it tells nobody anything.
    pub(super) async fn freeze(&self) -> Result<()> {
        self.signal(Signal::STOP)?;
        let by = Instant::now() + FREEZE_WITHIN;
        while !self.is_frozen()? {
            if Instant::now() >= by {
                return self.broken("it does not freeze, or has ended by itself");
            }
            sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Lets a frozen node go on.
    pub(super) fn thaw(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    fn is_frozen(&self) -> Result<bool> {
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.pid()?))? {
            let stat = std::fs::read_to_string(thread?.path().join("stat")).unwrap_or_default();
            let state = stat.rsplit_once(") ").and_then(|(_, fields)| fields.chars().next());
            if !matches!(state, None | Some('T')) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How long its node's log is.
    pub(super) fn log_bytes(&self) -> usize {
        std::fs::read(self.log_file()).unwrap_or_default().len()
    }

    /// Its node's log after so many bytes.
    pub(super) fn log_since(&self, bytes: usize) -> String {
        let text = std::fs::read(self.log_file()).unwrap_or_default();
        String::from_utf8_lossy(text.get(bytes..).unwrap_or_default()).into_owned()
    }

    /// The end of its node's log.
    pub(super) fn log_end(&self) -> String {
        let text = self.log_since(0);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES_TOLD)..].join("\n  ")
    }

    /// An error that ends the run, with what its node said last.
    pub(super) fn broken<T>(&self, what: &str) -> Result<T> {
        bail!(
            "machine {} (node {}): {what}; its log {} ends so:\n  {}",
            self.number + 1,
            self.node,
            self.log_file().display(),
            self.log_end()
        )
    }
}
