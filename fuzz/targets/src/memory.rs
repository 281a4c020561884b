//! A parser gets as much memory as its input is worth. A length that a stranger wrote reserves nothing by itself.

use std::alloc::System;
use std::panic;
use std::sync::Once;

use cap::Cap;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// What reading costs at least, whatever is read: buffers, errors and their texts.
const BASE_BYTES: usize = 1 << 20;

/// What is read takes more room than its bytes: a command of four bytes is a value of some two hundred, in a vector that
/// doubles when it is full.
const BYTES_PER_BYTE: usize = 512;

/// Reads `input` with a bound on the memory that is held at once. Beyond it the process ends, as it would on a machine
/// without memory.
pub(crate) fn bounded<T>(input: &[u8], read: impl FnOnce() -> T) -> T {
    static LIFTED_BY_PANICS: Once = Once::new();
    LIFTED_BY_PANICS.call_once(lift_when_panicking);
    let held = HEAP.allocated();
    let limit = held + BASE_BYTES + input.len() * BYTES_PER_BYTE;
    HEAP.set_limit(limit).expect("the limit lies above what is held");
    let value = read();
    lift();
    value
}

fn lift() {
    HEAP.set_limit(usize::MAX)
        .expect("there is always less than everything");
}

/// To tell where a panic came from takes more memory than most inputs are worth.
fn lift_when_panicking() {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        lift();
        tell(panic);
    }));
}
