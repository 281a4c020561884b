//! Why a command did not do what it was asked for, and how that is told: what happened, why, and what to do next.

use std::io;

use serde_json::{Value, json};

use super::output::{Format, Style, remark, wants_colour, write_out};
use crate::client::CallError;

/// Wrong usage, as sysexits.h numbers it; 2 is taken for "degraded".
pub(super) const USAGE: u8 = 64;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A call did not come to what it was meant to.
    Call(CallError),
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

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl Failure {
    /// The exit code that tells scripts of this failure.
    pub(super) const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => USAGE,
            Self::Code(code) => *code,
            Self::Call(_) | Self::Here(_) => 1,
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
            Self::Call(error) => error.to_string(),
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
            Self::Call(error) => error.to_json(),
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
}
