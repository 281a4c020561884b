//! The commented configuration file that `usher config init` writes.

use std::fmt::Write as _;

use super::settings::{SECTIONS, Setting};
use super::values::Spelling;

const HEAD: &str = "\
# The configuration of an usher node. A line that begins with \"#name\" shows a default;
# remove the # to change it. `usher config validate` checks this file, `usher config show
# --origin` tells where each value comes from. USHER_SECTION__KEY in the environment wins
# over this file (USHER_API__LISTEN for api.listen), and flags win over both.
";

/// The template: every setting with its meaning and its default.
pub fn template() -> String {
    let mut text = HEAD.to_owned();
    for section in SECTIONS {
        text.push('\n');
        comment(&mut text, section.doc);
        line(&mut text, format_args!("[{}]", section.name));
        for setting in section.settings {
            text.push('\n');
            comment(&mut text, setting.doc);
            line(&mut text, format_args!("# Expected: {}.", (setting.allowed)()));
            line(&mut text, format_args!("#{} = {}", setting.name, shown(setting)));
        }
    }
    text
}

fn comment(text: &mut String, doc: &[&str]) {
    for sentence in doc {
        line(text, format_args!("#{sentence}"));
    }
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    writeln!(text, "{content}").expect("writing to a string cannot fail");
}

fn shown(setting: &Setting) -> String {
    let default = (setting.default)();
    let value = if default.is_empty() {
        setting.example.to_owned()
    } else {
        default
    };
    match setting.spelling {
        Spelling::Text => format!("{value:?}"),
        Spelling::Number => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FileSource, Sources};

    fn resolve(text: &str) -> Result<Vec<(String, String)>, String> {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("usher.toml");
        std::fs::write(&path, text).expect("the directory can be written");
        let sources = Sources {
            file: FileSource::Named(path),
            environment: Vec::new(),
            flags: Vec::new(),
        };
        let resolved = sources.resolve().map_err(|errors| errors.to_string())?;
        Ok(resolved
            .shown
            .into_iter()
            .map(|shown| (shown.key, shown.value))
            .collect())
    }

    #[test]
    fn the_template_changes_nothing() {
        assert_eq!(resolve(&template()), resolve(""));
    }

    #[test]
    fn the_template_with_every_comment_sign_removed_is_valid() {
        let is_setting = |line: &str| line.starts_with('#') && !line.starts_with("# ");
        let template = template();
        let bare = |line| if is_setting(line) { &line[1..] } else { line };
        let text: Vec<&str> = template.lines().map(bare).collect();
        let settings = resolve(&text.join("\n")).expect("defaults and examples are allowed");
        assert!(settings.iter().all(|(_, value)| !value.is_empty()), "{settings:?}");
    }

    #[test]
    fn no_line_is_too_long_to_read() {
        for line in template().lines() {
            assert!(line.chars().count() <= 120, "{line}");
        }
    }
}
