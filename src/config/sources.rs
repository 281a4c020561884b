//! What was given and where: the file, the environment, the flags.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::error::{ConfigError, ConfigErrors};
use super::file::read_toml;
use super::settings::{self, Config, Setting};

/// The file that is read when none is named. It need not exist.
pub const DEFAULT_FILE: &str = "/etc/usher/usher.toml";

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A line of the file.
    File {
        /// Which.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// A variable of the environment.
    Variable(String),
    /// A flag.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::Variable(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

impl Origin {
    /// Whether nobody set the value.
    pub const fn is_default(&self) -> bool {
        matches!(self, Self::Default)
    }
}

/// The file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSource {
    /// This one; it must exist.
    Named(PathBuf),
    /// The usual one, if it exists.
    Usual,
    /// None.
    None,
}

/// A value that a flag gives.
#[derive(Debug, Clone)]
pub struct Flag {
    /// The flag's name, such as `--data`.
    pub flag: String,
    /// What it sets, such as `node.data_dir`.
    pub key: String,
    /// To what.
    pub value: String,
}

/// Where to look for settings.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The file, which everything else wins over.
    pub file: FileSource,
    /// The environment; only names with `USHER_` and a double underscore are looked at.
    pub environment: Vec<(String, String)>,
    /// The flags, which win over everything.
    pub flags: Vec<Flag>,
}

/// What was given: value and origin by key. Later sources replace earlier ones.
#[derive(Debug, Default)]
pub(super) struct Given(BTreeMap<String, (String, Origin)>);

impl Given {
    pub(super) fn get(&self, key: &str) -> Option<(&str, &Origin)> {
        self.0.get(key).map(|(value, origin)| (value.as_str(), origin))
    }

    pub(super) fn origin(&self, key: &str) -> Origin {
        self.get(key).map_or(Origin::Default, |(_, origin)| origin.clone())
    }

    pub(super) fn set(&mut self, setting: &Setting, value: String, origin: Origin) {
        self.0.insert(setting.key(), (value, origin));
    }
}

/// A setting with its value and where that comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The setting.
    pub key: String,
    /// Its value; empty if it is not set.
    pub value: String,
    /// Where the value comes from.
    pub origin: Origin,
}

/// A configuration and where it comes from.
#[derive(Debug)]
pub struct Resolved {
    /// The configuration.
    pub config: Config,
    /// Every setting, in the order of the template.
    pub shown: Vec<Shown>,
}

impl Sources {
    /// The process's own environment over the given file, and flags over both.
    pub fn of_process(file: FileSource, flags: Vec<Flag>) -> Self {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let environment = std::env::vars_os()
            .map(|(name, value)| (text(name), text(value)))
            .collect();
        Self {
            file,
            environment,
            flags,
        }
    }

    /// Puts the sources together. All errors are found before any is reported.
    pub fn resolve(&self) -> Result<Resolved, ConfigErrors> {
        let (mut given, mut errors) = (Given::default(), Vec::new());
        self.read_file(&mut given, &mut errors);
        self.read_environment(&mut given, &mut errors);
        self.read_flags(&mut given, &mut errors);
        let config = Config::read(&given, &mut errors);
        if errors.is_empty() {
            config.check(&given, &mut errors);
        }
        if !errors.is_empty() {
            return Err(ConfigErrors(errors));
        }
        let shown = settings::all().map(|setting| {
            let key = setting.key();
            let value = given
                .get(&key)
                .map_or_else(setting.default, |(value, _)| value.to_owned());
            Shown {
                origin: given.origin(&key),
                value,
                key,
            }
        });
        Ok(Resolved {
            shown: shown.collect(),
            config,
        })
    }

    fn read_file(&self, given: &mut Given, errors: &mut Vec<ConfigError>) {
        let (path, must_exist) = match &self.file {
            FileSource::Named(path) => (path.as_path(), true),
            FileSource::Usual => (Path::new(DEFAULT_FILE), false),
            FileSource::None => return,
        };
        match std::fs::read_to_string(path) {
            Ok(text) => read_toml(path, &text, given, errors),
            Err(source) if source.kind() == std::io::ErrorKind::NotFound && !must_exist => {}
            Err(source) => errors.push(ConfigError::File {
                path: path.to_owned(),
                source,
            }),
        }
    }

    fn read_environment(&self, given: &mut Given, errors: &mut Vec<ConfigError>) {
        let names = || settings::all().map(Setting::variable);
        for (name, value) in &self.environment {
            if !name.starts_with("USHER_") || !name.contains("__") {
                continue;
            }
            let origin = Origin::Variable(name.clone());
            match settings::all().find(|setting| setting.variable() == *name) {
                Some(setting) => given.set(setting, value.clone(), origin),
                None => errors.push(ConfigError::unknown(name, origin, names())),
            }
        }
    }

    fn read_flags(&self, given: &mut Given, errors: &mut Vec<ConfigError>) {
        for Flag { flag, key, value } in &self.flags {
            let origin = Origin::Flag(flag.clone());
            match settings::all().find(|setting| setting.key() == *key) {
                Some(setting) => given.set(setting, value.clone(), origin),
                None => errors.push(ConfigError::unknown(key, origin, settings::all().map(Setting::key))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(file: &str, environment: &[(&str, &str)], flags: &[(&str, &str, &str)]) -> Result<Resolved, String> {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("usher.toml");
        std::fs::write(&path, file).expect("the directory can be written");
        let sources = Sources {
            file: FileSource::Named(path),
            environment: environment
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
            flags: flags
                .iter()
                .map(|(flag, key, value)| Flag {
                    flag: (*flag).into(),
                    key: (*key).into(),
                    value: (*value).into(),
                })
                .collect(),
        };
        let place = format!("{}/", directory.path().display());
        sources
            .resolve()
            .map_err(|errors| errors.to_string().replace(&place, ""))
    }

    fn origin(resolved: &Resolved, key: &str) -> String {
        let shown = resolved
            .shown
            .iter()
            .find(|shown| shown.key == key)
            .expect("a known key");
        format!("{} from {}", shown.value, shown.origin)
            .split('/')
            .next_back()
            .expect("a part")
            .to_owned()
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let file = "[log]\nlevel = \"warn\"\nformat = \"json\"\n[ops]\nlisten = \"127.0.0.1:1\"\n";
        let environment = [
            ("USHER_LOG__LEVEL", "debug"),
            ("USHER_LOG__FORMAT", "text"),
            ("USHER_TOKEN", "x"),
        ];
        let resolved = from(file, &environment, &[("--log-level", "log.level", "error")]).expect("valid");
        assert_eq!(resolved.config.log.level.as_str(), "error");
        assert_eq!(origin(&resolved, "log.level"), "error from flag --log-level");
        assert_eq!(
            origin(&resolved, "log.format"),
            "text from environment USHER_LOG__FORMAT"
        );
        assert!(origin(&resolved, "ops.listen").ends_with("usher.toml, line 5"));
        assert_eq!(origin(&resolved, "raft.heartbeat_ms"), "50 from default");
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_line_and_the_nearest_name() {
        let errors = from("[api]\nlisten = \"127.0.0.1:1\"\nadvertize = \"http://x\"\n", &[], &[]).expect_err("a typo");
        assert_eq!(
            errors,
            "usher.toml, line 3: there is no setting `api.advertize`; did you mean `api.advertise`?"
        );
        let errors = from("[peers]\nlisten = \"127.0.0.1:1\"\n", &[], &[]).expect_err("a typo");
        assert_eq!(
            errors,
            "usher.toml, line 1: there is no setting `peers`; did you mean `peer`?"
        );
        let errors = from("", &[("USHER_API__LISTEM", "x")], &[]).expect_err("a typo");
        assert!(errors.contains("did you mean `USHER_API__LISTEN`?"), "{errors}");
        let errors = from("[completely]\ndifferent = 1\n", &[], &[]).expect_err("unknown");
        assert!(errors.ends_with("`usher config init` lists them all"), "{errors}");
    }

    #[test]
    fn a_value_that_is_not_allowed_names_its_key_its_origin_and_what_is_allowed() {
        let errors = from("[raft]\nheartbeat_ms = 5\n", &[("USHER_API__LISTEN", "4600")], &[]).expect_err("bad values");
        let lines: Vec<&str> = errors.lines().collect();
        assert!(lines[0].starts_with("environment USHER_API__LISTEN: api.listen is \"4600\"; expected host:port"));
        let allowed = "expected a whole number of milliseconds from 10 to 10000";
        assert_eq!(
            lines[1],
            format!("usher.toml, line 2: raft.heartbeat_ms is \"5\"; {allowed}")
        );
    }

    #[test]
    fn numbers_and_texts_keep_their_toml_spelling() {
        let errors = from("[raft]\nheartbeat_ms = \"100\"\n", &[], &[]).expect_err("quotes");
        assert!(errors.ends_with("from 10 to 10000, without quotes"), "{errors}");
        let errors = from("[node]\nname = 7\n", &[], &[]).expect_err("no quotes");
        assert!(errors.ends_with("dots and dashes, in quotes"), "{errors}");
        let errors = from("api = 7\n", &[], &[]).expect_err("not a section");
        assert!(errors.contains("[api] on a line of its own"), "{errors}");
    }

    #[test]
    fn broken_toml_is_reported_with_line_and_column() {
        let errors = from("[api]\nlisten = \n", &[], &[]).expect_err("broken");
        assert!(errors.starts_with("usher.toml, line 2, column 10: "), "{errors}");
    }

    #[test]
    fn settings_that_do_not_go_together_are_refused() {
        let errors = from("[raft]\nheartbeat_ms = 300\n", &[], &[]).expect_err("too slow");
        assert!(errors.starts_with("raft.election_min_ms (default) and raft.heartbeat_ms (usher.toml, line 2): 160"));
        let errors = from(
            "[api]\ntls_cert = \"x\"\nlisten = \"a:1\"\n[ops]\nlisten = \"a:1\"\n",
            &[],
            &[],
        );
        let errors = errors.expect_err("two conflicts");
        assert!(errors.contains("set both or neither") && errors.contains("a:1 cannot be listened on twice"));
    }

    #[test]
    fn others_are_told_what_they_can_connect_to() {
        let set = |key, value| from("", &[], &[("--flag", key, value)]);
        for (key, value) in [
            ("peer.advertise", "usher-1.example:0"),
            ("peer.advertise", "0.0.0.0:4601"),
            ("api.advertise", "https://0.0.0.0:4600"),
            ("peer.listen", "0.0.0.0:0"),
            ("api.listen", "[::]:0"),
        ] {
            let errors = set(key, value).expect_err("nobody can connect to that");
            assert!(
                errors.contains(&format!("{key} (flag --flag)")) && errors.contains(value),
                "{errors}"
            );
        }
        assert!(set("peer.listen", "127.0.0.1:0").is_ok(), "nobody else is to be told");
        let told = "[peer]\nadvertise = \"usher-1.example:4601\"\n";
        assert!(from(told, &[], &[("--peer-listen", "peer.listen", "0.0.0.0:0")]).is_ok());
    }

    #[test]
    fn a_named_file_must_exist() {
        let sources = Sources {
            file: FileSource::Named("/nowhere/usher.toml".into()),
            environment: Vec::new(),
            flags: Vec::new(),
        };
        let errors = sources.resolve().expect_err("no such file").to_string();
        assert!(errors.starts_with("/nowhere/usher.toml cannot be read: "), "{errors}");
        let sources = Sources {
            file: FileSource::None,
            ..sources
        };
        assert!(sources.resolve().is_ok());
    }
}
