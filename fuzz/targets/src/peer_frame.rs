//! What comes over a peer connection. The first byte says which kind of message is expected, the rest is the stream.
//!
//! Property: a frame that is read is written as one that reads back as the same. A joiner is a stranger still: whatever
//! key it sends, the certificate it would get is of that key and of that node, or there is none.

use std::sync::LazyLock;

use licensing::id::{ClusterId, NodeId};
use raft::Authority;
use raft::fuzzing::{Message, certificate, joiners_key};

use crate::choose;
use crate::memory::bounded;

const CLUSTER: ClusterId = ClusterId::from_bytes([7; 16]);
const NODE: NodeId = NodeId::new(2);

static AUTHORITY: LazyLock<Authority> =
    LazyLock::new(|| Authority::generate(CLUSTER).expect("an authority can be made"));

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let Some((message, stream)) = choose(&Message::ALL, bytes) else {
        return;
    };
    let Ok(frame) = bounded(bytes, || message.again(&stream)) else {
        return;
    };
    let again = message.again(&frame).expect("what was written is read");
    assert_eq!(again, frame);
    if message == Message::JoinRequest {
        let (key, spki) = joiners_key(&stream).expect("it was read before");
        // What the cluster asks of the key before it certifies it.
        if key.len() == 65 && key[0] == 4 {
            let made = AUTHORITY
                .certify(CLUSTER, NODE, &key)
                .expect("nothing of the key is looked at");
            assert_eq!(certificate(CLUSTER, NODE, &made), (Some(spki), true));
            assert!(!certificate(CLUSTER, NodeId::new(1), &made).1);
        }
    }
}
