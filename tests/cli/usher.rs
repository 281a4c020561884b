//! The executable under test, servers to ask, and transcripts without what differs from run to run.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long anything may take, on a machine that is busy with other things.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// The executable with arguments as a shell would split them; quotes keep words together.
pub(crate) fn command(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    for (name, _) in std::env::vars() {
        if name.starts_with("USHER_") {
            command.env_remove(name);
        }
    }
    command.env("NO_COLOR", "1").args(words(line)).stdin(Stdio::null());
    command
}

fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// Starts a development server on free ports.
pub(crate) const DEV: &str = "server --dev --api-listen 127.0.0.1:0 --ops-listen 127.0.0.1:0 -o json";

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("no signal ended it"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

/// Runs a command that needs no server.
pub(crate) fn usher(line: &str) -> Ended {
    command(line).output().unwrap().into()
}

/// A server process that ends with the test.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        // In order, so that it removes its temporary files; by force if it does not end.
        terminate(&self.0);
        let deadline = Instant::now() + Duration::from_secs(10);
        while matches!(self.0.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::yield_now();
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks a process to end.
pub(crate) fn terminate(process: &Child) {
    let pid = i32::try_from(process.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .unwrap();
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
}

/// Waits until something is there.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come in time");
        std::thread::yield_now();
    }
}

/// The first of enough ports in a row for a demo. They lie below those that the system hands out to others, and each
/// process of a test begins to look elsewhere; further calls in one process look further on.
pub(crate) fn base_port() -> u16 {
    const PORTS: u32 = 40;
    static SETS: AtomicU32 = AtomicU32::new(0);
    let set = || std::process::id().wrapping_mul(7) + SETS.fetch_add(1, Ordering::Relaxed);
    let first = |set: u32| 10_000 + u16::try_from(set % 500 * PORTS).unwrap();
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    wait_for("free ports", || {
        let first = first(set());
        (first..first + 40).all(free).then_some(first)
    })
}

/// A development server.
pub(crate) struct Dev {
    pub(crate) process: Process,
    /// What it told when it was ready.
    pub(crate) facts: Value,
}

impl Dev {
    /// A server in memory with ten seats.
    pub(crate) fn start() -> Self {
        Self::start_with("")
    }

    /// The same with more arguments.
    pub(crate) fn start_with(more: &str) -> Self {
        Self::of(command(&format!("{DEV} {more}")).stderr(Stdio::inherit()))
    }

    /// The server that a command starts.
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let process = Process(child);
        let (send, facts) = mpsc::channel();
        std::thread::spawn(move || {
            let mut text = String::new();
            for line in out.lines().map_while(Result::ok) {
                text += &line;
                if line == "}" {
                    let _ = send.send(serde_json::from_str(&text).unwrap());
                }
            }
        });
        let facts = facts.recv_timeout(DEADLINE).expect("the server tells when it is ready");
        Self { process, facts }
    }

    pub(crate) fn fact(&self, name: &str) -> &str {
        self.facts[name]
            .as_str()
            .unwrap_or_else(|| panic!("{name} in {}", self.facts))
    }

    /// A command that asks this server, as its administrator.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = command(line);
        command
            .env("USHER_URL", self.fact("url"))
            .env("USHER_TOKEN", self.fact("admin_token"));
        command.env("USHER_LICENSE_KEY", self.fact("license_key"));
        command
    }

    pub(crate) fn usher(&self, line: &str) -> Ended {
        self.command(line).output().unwrap().into()
    }

    /// Takes a seat for a machine and gives the answer as it was sent.
    pub(crate) fn acquire(&self, hardware_id: &str) -> String {
        let body = serde_json::json!({"license_key": self.fact("license_key"), "hardware_id": hardware_id});
        post(self.fact("url"), "/api/v1/licenses/acquire", &body)
    }

    /// What is typed and what is answered.
    pub(crate) fn transcript(&self, lines: &[&str]) -> String {
        let mut text = String::new();
        for line in lines {
            let Ended { code, out, err } = self.usher(line);
            write!(text, "$ usher {line}\n{out}").unwrap();
            for told in err.lines() {
                writeln!(text, "! {told}").unwrap();
            }
            if code != 0 {
                writeln!(text, "[exit {code}]").unwrap();
            }
            text.push('\n');
        }
        redact(&text, &[(self.fact("url"), "http://127.0.0.1:4600")])
    }
}

/// Posts JSON without the client under test.
pub(crate) fn post(url: &str, path: &str, body: &Value) -> String {
    use std::io::{Read, Write};
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let body = body.to_string();
    let head = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    let head = format!(
        "{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    body.to_owned()
}

/// Replaces what differs from run to run by something of the same length, so that columns stay as they are.
pub(crate) fn redact(text: &str, known: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (from, to) in known {
        text = text.replace(from, to);
    }
    let is_word = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '…' | ':');
    let mut redacted = String::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find(is_word) {
        let end = rest[start..]
            .find(|character| !is_word(character))
            .map_or(rest.len(), |end| start + end);
        redacted += &rest[..start];
        redacted += &redact_word(&rest[start..end]);
        rest = &rest[end..];
    }
    redacted + rest
}

fn redact_word(word: &str) -> String {
    const PREFIXES: [&str; 14] = [
        "lic_", "ses_", "prd_", "pln_", "cus_", "tok_", "jtk_", "clu_", "hld_", "req_", "usher_", "sid_", "ref_",
        "why_",
    ];
    let masked = |kept: usize, mask: &str| {
        let (kept, rest) = word.split_at(kept);
        let mask = |character: char| {
            if character == '-' {
                "-".to_owned()
            } else {
                mask.to_owned()
            }
        };
        kept.to_owned() + &rest.chars().map(mask).collect::<String>()
    };
    if let Some(prefix) = PREFIXES
        .iter()
        .find(|prefix| word.starts_with(*prefix) && word.len() > 12)
    {
        return masked(prefix.len(), "x");
    }
    if word.starts_with("CODITECT-") {
        return masked("CODITECT-".len(), "X");
    }
    if word.starts_with('…') && word.chars().count() == 6 {
        return masked('…'.len_utf8(), "X");
    }
    let dashed = word.len() >= 10 && word.as_bytes()[4] == b'-' && word.as_bytes()[7] == b'-';
    let timed = word.len() == 6 && word.as_bytes()[2] == b':' && word.ends_with('Z');
    if (dashed || timed) && word.starts_with(|first: char| first.is_ascii_digit()) {
        return word
            .chars()
            .map(|character| if character.is_ascii_digit() { '0' } else { character })
            .collect();
    }
    word.to_owned()
}

/// Compares a text with the one that is kept under `transcripts`.
pub(crate) fn compare(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("transcripts");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// A directory for a test's files.
pub(crate) fn directory() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

pub(crate) fn shown(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
