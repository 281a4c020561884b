//! The little language of the scripts.

mod print;
mod words;
mod world;

use words::Words;
use world::World;

/// Whether a line is what a command printed.
pub(crate) fn is_output(line: &str) -> bool {
    line.starts_with("  ")
}

/// Runs a script and gives it back with what its commands print now.
pub(crate) fn run(script: &str) -> String {
    let mut world = World::new();
    let mut printed = String::new();
    for line in script.lines().filter(|line| !is_output(line)) {
        printed.push_str(line);
        printed.push('\n');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        for output in world.run(&Words::of(line)).lines() {
            printed.push_str("  ");
            printed.push_str(output);
            printed.push('\n');
        }
    }
    printed
}
