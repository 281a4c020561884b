//! Why a command did not do what it was asked for, and how that is told: what happened, why, and what to do next.

use std::io;

use serde_json::{Value, json};

use super::output::{Format, Style, remark, wants_colour, write_out};
use super::problem::Problem;

/// Wrong usage, as sysexits.h numbers it; 2 is taken for "degraded".
pub(super) const USAGE: u8 = 64;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A server answered with a problem.
    Answered(Box<Problem>),
    /// No server answered.
    Unreachable {
        /// What was tried, and what came of it.
        tried: Vec<(String, String)>,
        /// What to do next.
        next: String,
    },
    /// Something on this machine is not as it should be.
    Here(anyhow::Error),
    /// The command cannot mean what it says.
    Usage(String),
    /// Everything was said; only the exit code is left.
    Code(u8),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.in_words())
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Here(error.into())
    }
}

impl Failure {
    /// The exit code that tells scripts of this failure.
    pub(super) const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => USAGE,
            Self::Code(code) => *code,
            Self::Answered(_) | Self::Unreachable { .. } | Self::Here(_) => 1,
        }
    }

    /// Tells the failure: to people on standard error, and to programs that asked for JSON on standard output.
    pub(super) fn tell(&self, format: Format) -> io::Result<()> {
        if let Self::Code(_) = self {
            return Ok(());
        }
        remark(self.for_people(wants_colour(&io::stderr())).trim_end());
        match format {
            Format::Table => Ok(()),
            Format::Json => write_out(&format!("{:#}\n", self.for_programs())),
        }
    }

    fn for_people(&self, colour: bool) -> String {
        let help = if let Self::Usage(_) = self {
            "\n\nFor more information, try '--help'."
        } else {
            ""
        };
        format!("{} {}{help}", Style::Bad.paint("error:", colour), self.in_words())
    }

    /// What happened, why, and what to do next.
    fn in_words(&self) -> String {
        match self {
            Self::Answered(problem) => problem.in_words(),
            Self::Unreachable { tried, next } => {
                let tried = tried.iter().map(|(url, why)| format!("{url}: {why}"));
                let lines: Vec<String> = tried.chain([format!("next: {next}")]).collect();
                format!("no server could be asked\n  {}", lines.join("\n  "))
            }
            Self::Here(error) => {
                let mut causes = error.chain().map(ToString::to_string).collect::<Vec<_>>();
                // Errors of libraries often repeat their source in their own text.
                causes.dedup_by(|inner, outer| outer.contains(inner.as_str()));
                causes.join(": ").replace('\n', "\n  ")
            }
            Self::Usage(what) => what.clone(),
            Self::Code(code) => format!("exit code {code}"),
        }
    }

    fn for_programs(&self) -> Value {
        match self {
            Self::Answered(problem) => problem.as_sent.clone(),
            Self::Unreachable { tried, next } => {
                let tried: Vec<Value> = tried
                    .iter()
                    .map(|(url, why)| json!({"url": url, "problem": why}))
                    .collect();
                json!({"code": "UNREACHABLE", "title": "No server could be asked", "detail": next, "tried": tried})
            }
            Self::Here(error) => {
                json!({"code": "FAILED", "title": "The command failed", "detail": format!("{error:#}")})
            }
            Self::Usage(what) => json!({"code": "USAGE", "title": "Wrong usage", "detail": what}),
            Self::Code(code) => json!({"code": "EXIT", "exit_code": code}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_is_already_told_is_not_repeated() {
        let error = anyhow::anyhow!("connection refused")
            .context("127.0.0.1: connection refused")
            .context("no bench");
        let text = Failure::from(error).for_people(false);
        assert_eq!(text, "error: no bench: 127.0.0.1: connection refused");
    }

    #[test]
    fn every_address_that_was_tried_is_told() {
        let tried = vec![
            ("http://a".into(), "refused".into()),
            ("http://b".into(), "timed out".into()),
        ];
        let failure = Failure::Unreachable {
            tried,
            next: "start it".into(),
        };
        assert_eq!(
            failure.for_people(false),
            "error: no server could be asked\n  http://a: refused\n  http://b: timed out\n  next: start it"
        );
        assert_eq!(failure.for_programs()["tried"][1]["problem"], "timed out");
        assert_eq!(failure.exit_code(), 1);
    }
}
