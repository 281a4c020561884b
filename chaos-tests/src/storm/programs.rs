//! The system's programs that a storm is made with. None of them outlives the run, unless it must.

use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

/// A command that the kernel kills when the thread that started it ends. The storm starts everything on the main
/// thread, which ends with the process: nothing is left behind even by a run that was killed.
pub(super) fn mortal(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", program]);
    command
}

/// Runs a command of so many words to its end.
pub(super) fn run(words: &[&str]) -> Result<String> {
    let (program, arguments) = words.split_first().context("a command has a name")?;
    finished(words, &Command::new(program).args(arguments).output())
}

/// What a command printed; an error if it failed.
pub(super) fn finished(words: &[&str], ended: &std::io::Result<Output>) -> Result<String> {
    match ended {
        Err(error) => bail!("`{}` cannot be run: {error}", words.join(" ")),
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(output) => bail!(
            "`{}`: {} {}",
            words.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        ),
    }
}
