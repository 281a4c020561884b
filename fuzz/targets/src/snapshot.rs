//! A snapshot as it comes from a peer. If the first byte is odd, the checksums, the counts and the digest are made to fit
//! first, so that changed rows reach what is behind them.
//!
//! Property: what a receiver takes, it can send on as frames that say the same; and a ledger that comes out of it has the
//! digest that was promised, and indexes that follow its rows.

use licensing::invariant::{digest_follows_rows, indexes_follow_rows};
use storage::fuzzing::{mend, receive};

use crate::memory::bounded;

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let Some((first, stream)) = bytes.split_first() else {
        return;
    };
    let stream = if first % 2 == 1 { mend(stream) } else { stream.to_vec() };
    let Ok(received) = bounded(bytes, || receive(&stream)) else {
        return;
    };
    let again = receive(&received.again).expect("what was taken can be sent on");
    assert_eq!(again.again, received.again);
    match (received.ledger, again.ledger) {
        (Ok(ledger), Ok(sent_on)) => {
            assert_eq!(ledger.digest(), received.promised);
            assert_eq!(sent_on.digest(), received.promised);
            assert_eq!(indexes_follow_rows(&ledger), Ok(()));
            assert_eq!(digest_follows_rows(&ledger), Ok(()));
        }
        (Err(_), Err(_)) => {}
        (one, other) => panic!("one of two that say the same makes a ledger: {one:?}, {other:?}"),
    }
}
