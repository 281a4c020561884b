//! The command line: `usher <noun> <verb>`, one file per noun.
//!
//! A command gives 0 when it did what it was asked for, 1 when it did not, and 64 when it was called wrongly. `status`
//! also gives 2 and 3, see there. Answers go to standard output, everything else to standard error.

mod audit;
mod bench;
mod cluster;
mod config;
mod connection;
mod customer;
mod demo;
mod failure;
mod identity_provider;
mod init;
mod join;
mod key;
mod license;
mod login;
mod node;
pub(crate) mod output;
mod pem;
mod person;
mod plan;
mod product;
mod refusal;
mod resource;
mod retention;
mod run;
mod secret;
mod server;
mod session;
pub(crate) mod status;
mod token;
mod verify;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use failure::Failure;
use failure::USAGE;
use output::{Format, Output};

/// What a command comes to. Its answer has been written.
type Answered = Result<(), Failure>;

/// usher, a license server: seats counted exactly, grants signed, nothing lost when a node dies.
#[derive(Debug, Parser)]
#[command(name = "usher", version, subcommand_required = true, max_term_width = 100)]
#[command(after_help = "\
Begin here:
  usher server --dev          a server to try things with: ready in a second, gone when it ends
  usher demo                  three nodes on this machine; kill the leader and watch
  usher license --help        each noun tells its verbs, with examples

Exit codes: 0 done, 1 not done, 64 called wrongly; `usher status --help` tells its own.")]
struct Cli {
    /// How to write the answer: `table` for people, `json` for programs
    #[arg(short, long, value_enum, global = true, value_name = "FORMAT")]
    #[arg(env = "USHER_OUTPUT", default_value = "table", hide_possible_values = true)]
    output: Format,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Server(server::Server),
    Init(init::Init),
    Join(join::Join),
    Demo(demo::Demo),
    Status(status::Status),
    Cluster(cluster::Noun),
    Product(product::Noun),
    Plan(plan::Noun),
    Customer(customer::Noun),
    License(license::Noun),
    Session(session::Noun),
    Refusal(refusal::Noun),
    Audit(audit::Noun),
    Person(person::Noun),
    IdentityProvider(identity_provider::Noun),
    Token(token::Noun),
    Retention(retention::Noun),
    Login(login::Login),
    Run(run::Run),
    Verify(verify::Verify),
    Key(key::Noun),
    Bench(bench::Bench),
    Config(config::Noun),
}

/// Reads the arguments, does what they say, and gives the code to exit with.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version are answers too; clap numbers a wrong call 2, which here means "degraded".
            let code = if error.use_stderr() { USAGE } else { 0 };
            let told = if error.use_stderr() && wants_json(&arguments) {
                let told = error.to_string();
                Failure::Usage(told.trim_start_matches("error: ").trim_end().to_owned()).tell(Format::Json)
            } else {
                error.print()
            };
            return if told.is_ok() {
                ExitCode::from(code)
            } else {
                ExitCode::FAILURE
            };
        }
    };
    match run(cli.command, Output::new(cli.output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => match failure.tell(cli.output) {
            Ok(()) => ExitCode::from(failure.exit_code()),
            Err(_) => ExitCode::FAILURE,
        },
    }
}

/// Whether arguments that make no sense ask for JSON all the same. What stands behind `--` is another program's.
fn wants_json(arguments: &[OsString]) -> bool {
    let own = arguments.iter().take_while(|argument| *argument != "--");
    let texts: Vec<&str> = own.map(|argument| argument.to_str().unwrap_or_default()).collect();
    let pairs = texts
        .windows(2)
        .any(|pair| ["-o", "--output"].contains(&pair[0]) && pair[1] == "json");
    let given = pairs
        || ["-ojson", "-o=json", "--output=json"]
            .iter()
            .any(|one| texts.contains(one));
    given || std::env::var_os("USHER_OUTPUT").is_some_and(|format| format == "json")
}

/// What the arguments are understood as, or what would be said about them. A door for `fuzz/targets`.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub fn understood(arguments: impl IntoIterator<Item = OsString>) -> Result<String, String> {
    Cli::try_parse_from(arguments)
        .map(|cli| format!("{cli:?}"))
        .map_err(|error| error.to_string())
}

fn run(command: Command, output: Output) -> Answered {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let answered = runtime.block_on(async {
        match command {
            Command::Server(command) => command.run(output).await,
            Command::Init(command) => command.run(output).await,
            Command::Join(command) => command.run(output).await,
            Command::Demo(command) => command.run(output).await,
            Command::Status(command) => command.run(output).await,
            Command::Cluster(noun) => noun.run(output).await,
            Command::Product(noun) => noun.run(output).await,
            Command::Plan(noun) => noun.run(output).await,
            Command::Customer(noun) => noun.run(output).await,
            Command::License(noun) => noun.run(output).await,
            Command::Session(noun) => noun.run(output).await,
            Command::Refusal(noun) => noun.run(output).await,
            Command::Audit(noun) => noun.run(output).await,
            Command::Person(noun) => noun.run(output).await,
            Command::IdentityProvider(noun) => noun.run(output).await,
            Command::Token(noun) => noun.run(output).await,
            Command::Retention(noun) => noun.run(output).await,
            Command::Login(command) => command.run(output).await,
            Command::Run(command) => command.run().await,
            Command::Verify(command) => command.run(output),
            Command::Key(noun) => noun.run(output),
            Command::Bench(command) => command.run(output).await,
            Command::Config(noun) => noun.run(output),
        }
    });
    // A blocking task, such as reading a terminal, must not keep the process from ending.
    runtime.shutdown_background();
    answered
}

/// A change that changes nothing is a slip of the pen.
fn require_change(body: &serde_json::Value) -> Answered {
    if body.as_object().is_some_and(serde_json::Map::is_empty) {
        return Err(Failure::Usage(
            "nothing is to be changed: name what, see --help".to_owned(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// One key in 64 does.
    #[test]
    fn a_public_key_may_begin_with_a_dash() {
        let key = |seed| {
            trust::SigningKey::from_seed(zeroize::Zeroizing::new([seed; 32]))
                .public()
                .to_string()
        };
        let dashed = (0..=u8::MAX).map(key).find(|key| key.starts_with('-'));
        let dashed = dashed.expect("four of 256 keys begin so");
        let line = [
            "usher",
            "key",
            "certify",
            "--root-key",
            "k",
            "--cluster",
            "clu_1",
            "--public-key",
            &dashed,
        ];
        assert!(Cli::try_parse_from(line).is_ok(), "{dashed}");
    }

    #[test]
    fn every_command_and_every_flag_says_what_it_is_for() {
        fn check(command: &clap::Command, path: &str) {
            assert!(command.get_about().is_some(), "{path} has no description");
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{path}: {} has no description",
                    argument.get_id()
                );
            }
            for below in command.get_subcommands() {
                check(below, &format!("{path} {}", below.get_name()));
            }
        }
        check(&Cli::command(), "usher");
    }
}
