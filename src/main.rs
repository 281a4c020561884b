//! usher: a license server in one binary. Everything is in the library; this reads the arguments and gives the exit code.

use std::process::ExitCode;

/// Of many small values that one thread makes and another drops.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    usher::cli::main(std::env::args_os())
}
