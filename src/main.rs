//! usher: a license server in one binary. Everything is in the library; this reads the arguments and gives the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    usher::cli::main(std::env::args_os())
}
