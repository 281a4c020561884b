//! What raft leaves to storage and gets back: entries, votes, positions, memberships. The first byte says which.
//!
//! Property: what is read is written as bytes that read back as the same, and the commands of an entry come out of it as
//! they went in.

use raft::fuzzing::{Stored, commands, entry};

use crate::choose;
use crate::memory::bounded;

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let Some((stored, bytes)) = choose(&Stored::ALL, bytes) else {
        return;
    };
    let Ok(written) = bounded(&bytes, || stored.again(&bytes)) else {
        return;
    };
    assert_eq!(stored.again(&written).expect("what was written is read"), written);
    if stored == Stored::Entry
        && let Some(told) = commands(&bytes)
    {
        let again = commands(&entry((*told).clone())).expect("an entry of commands has commands");
        assert_eq!(again, told);
    }
}
