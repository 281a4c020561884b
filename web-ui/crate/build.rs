//! Finds the console's built files and writes them down as Rust, in this order:
//!
//! 1. `USHER_UI_DIST=DIR`: those in that directory, whatever they are;
//! 2. `dist/ui`, which `make web` makes, if it was made of these sources;
//! 3. in a debug build: `dist/ui` also if it is older, else a page that says how to build the console;
//! 4. in a release build: what npm makes of a copy of the sources in `OUT_DIR`; without Node the build fails and says how
//!    to go on. Only `USHER_UI=none` gives a release without a console.
//!
//! Nothing is ever written into the source tree.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What the console is built of. `scripts/finish.mjs` has the same list.
const SOURCES: [&str; 9] = [
    "index.html",
    "package.json",
    "package-lock.json",
    "postcss.config.mjs",
    "public",
    "scripts",
    "src",
    "tsconfig.json",
    "vite.config.ts",
];

/// How much of npm's words is shown when it fails.
const LINES_SHOWN: usize = 40;

const WAYS_OUT: &str = "a release build contains the console, and it is not built yet. Do one of these:
  - install Node 20.19 or later, with npm, and build again;
  - run `make web` in this source tree, here or where there is Node, and bring web-ui/dist along;
  - point USHER_UI_DIST at a directory with the built console;
or set USHER_UI=none for a server whose console is a page that says it was left out.";

fn main() -> std::process::ExitCode {
    match run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            for line in error.to_string().lines() {
                println!("cargo::error={line}");
            }
            std::process::ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo did not say where the crate is")?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo did not say where to write")?);
    println!("cargo::rerun-if-env-changed=USHER_UI");
    println!("cargo::rerun-if-env-changed=USHER_UI_DIST");
    for source in SOURCES.into_iter().chain(["crate", "dist"]) {
        println!("cargo::rerun-if-changed={}", here.join(source).display());
    }
    let (dist, built) = find(&here, &out)?;
    embed(&dist, built, &out)
}

/// The directory to embed, and whether it is the console.
fn find(here: &Path, out: &Path) -> Result<(PathBuf, bool)> {
    let placeholder = here.join("crate/placeholder");
    if let Some(dist) = env::var_os("USHER_UI_DIST").filter(|dist| !dist.is_empty()) {
        println!("cargo::rerun-if-changed={}", Path::new(&dist).display());
        return Ok((dist.into(), true));
    }
    if env::var_os("USHER_UI").is_some_and(|choice| choice == "none") {
        return Ok((placeholder, false));
    }
    let dist = here.join("dist/ui");
    let exists = dist.join("index.html").is_file();
    if exists
        && fs::read_to_string(here.join("dist/stamp")).is_ok_and(|made| made.trim() == stamp(here).unwrap_or_default())
    {
        return Ok((dist, true));
    }
    if env::var("PROFILE").is_ok_and(|profile| profile == "debug") {
        if exists {
            println!("cargo::warning=the console in web-ui/dist is older than its sources: `make web` builds it");
            return Ok((dist, true));
        }
        return Ok((placeholder, false));
    }
    Ok((make(here, out)?, true))
}

/// One hash of all sources: of each, in the order of their paths, its path, its length and its bytes.
fn stamp(here: &Path) -> Result<String> {
    let mut files = Vec::new();
    for source in SOURCES {
        walk(&here.join(source), &mut files)?;
    }
    let mut files: Vec<(String, PathBuf)> = files
        .into_iter()
        .map(|file| Ok((relative(here, &file)?, file)))
        .collect::<Result<_>>()?;
    files.sort();
    let mut hash = Sha256::new();
    for (name, file) in files {
        let bytes = fs::read(file)?;
        hash.update(format!("{name}\0{}\0", bytes.len()));
        hash.update(bytes);
    }
    Ok(hex(&hash.finalize()))
}

/// Builds the console of a copy of its sources.
fn make(here: &Path, out: &Path) -> Result<PathBuf> {
    if !node_is_new_enough() {
        return Err(WAYS_OUT.into());
    }
    let copy = out.join("web-ui");
    if copy.exists() {
        fs::remove_dir_all(&copy)?;
    }
    let mut files = Vec::new();
    for source in SOURCES {
        walk(&here.join(source), &mut files)?;
    }
    for file in files {
        let target = copy.join(relative(here, &file)?);
        fs::create_dir_all(target.parent().ok_or("a source lies nowhere")?)?;
        fs::copy(&file, &target)?;
    }
    npm(&copy, out, &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    npm(&copy, out, &["run", "build"])?;
    Ok(copy.join("dist/ui"))
}

fn node_is_new_enough() -> bool {
    let Ok(output) = Command::new("node").arg("--version").output() else {
        return false;
    };
    let version = String::from_utf8_lossy(&output.stdout);
    let mut numbers = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .map(|part| part.parse().unwrap_or(0));
    let major_minor: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    output.status.success() && major_minor >= (20, 19)
}

/// Runs npm; cargo hides what it says, so it goes to a file, and its end into the error.
fn npm(copy: &Path, out: &Path, arguments: &[&str]) -> Result<()> {
    let path = out.join("npm.log");
    let log = fs::File::create(&path)?;
    let status = Command::new("npm")
        .args(arguments)
        .current_dir(copy)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .status()
        .map_err(|error| format!("npm could not be started: {error}\n{WAYS_OUT}"))?;
    if status.success() {
        return Ok(());
    }
    let said = fs::read_to_string(&path)?;
    let lines: Vec<&str> = said.lines().collect();
    let end = lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n");
    let what = arguments.join(" ");
    Err(format!(
        "`npm {what}` failed; all it said is in {}. Its end:\n{end}",
        path.display()
    )
    .into())
}

/// Writes the files of `dist` down as Rust.
fn embed(dist: &Path, built: bool, out: &Path) -> Result<()> {
    let mut files = Vec::new();
    walk(dist, &mut files)?;
    let mut names = files
        .iter()
        .map(|file| relative(dist, file))
        .collect::<Result<Vec<_>>>()?;
    names.sort();
    if !names.iter().any(|name| name == "index.html") {
        return Err(format!("there is no index.html in {}\n{WAYS_OUT}", dist.display()).into());
    }
    let copy = out.join("embedded");
    if copy.exists() {
        fs::remove_dir_all(&copy)?;
    }
    let mut code = format!(
        "/// Whether this is the console, and not a page that says how to build it.\n\
         pub const BUILT: bool = {built};\n\
         /// Every file, in the order of their paths.\n\
         pub static ASSETS: &[Asset] = &[\n"
    );
    for name in &names {
        let target = copy.join(name);
        fs::create_dir_all(target.parent().ok_or("a file lies nowhere")?)?;
        fs::copy(dist.join(name), &target)?;
        if matches!(ending(name), "br" | "gz") {
            continue;
        }
        let sha256 = hex(&Sha256::digest(fs::read(&target)?));
        let bytes = |name: &str| {
            format!(
                "include_bytes!(concat!(env!(\"OUT_DIR\"), {:?}))",
                format!("/embedded/{name}")
            )
        };
        let packed = |ending: &str| {
            let name = format!("{name}.{ending}");
            if names.contains(&name) {
                format!("Some({})", bytes(&name))
            } else {
                "None".to_owned()
            }
        };
        writeln!(
            code,
            "Asset {{ path: {name:?}, content_type: {:?}, sha256: {sha256:?}, hashed_name: {}, plain: {}, brotli: {}, gzip: {} }},",
            content_type(name)?,
            name.starts_with("assets/"),
            bytes(name),
            packed("br"),
            packed("gz"),
        )?;
    }
    code.push_str("];\n");
    fs::write(out.join("embedded.rs"), code)?;
    Ok(())
}

fn ending(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

/// What the console may consist of; anything else is there by mistake.
fn content_type(name: &str) -> Result<&'static str> {
    Ok(match ending(name) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => return Err(format!("{name} is no kind of file that the console serves").into()),
    })
}

/// Every file at or below `path`.
fn walk(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
    } else {
        let entries = fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
        for entry in entries {
            walk(&entry?.path(), files)?;
        }
    }
    Ok(())
}

/// A file's path below `base`, with slashes.
fn relative(base: &Path, file: &Path) -> Result<String> {
    let parts: Vec<_> = file
        .strip_prefix(base)?
        .iter()
        .map(|part| part.to_string_lossy())
        .collect();
    Ok(parts.join("/"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
