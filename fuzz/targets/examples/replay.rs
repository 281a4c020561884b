//! One input through one target: `cargo run -p fuzz-targets --example replay -- TARGET FILE`.

use std::process::ExitCode;

use fuzz_targets::TARGETS;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, file] = &arguments[..] else {
        return ExitCode::from(64);
    };
    let Some(target) = TARGETS.iter().find(|target| target.name == name) else {
        return ExitCode::from(64);
    };
    match std::fs::read(file) {
        Ok(bytes) => (target.check)(&bytes),
        Err(_) => return ExitCode::FAILURE,
    }
    ExitCode::SUCCESS
}
