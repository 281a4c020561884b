//! The messages of etcd's key-value service that seats need, as its `rpc.proto` numbers them.
//!
//! Written out here, so that building the driver needs no protobuf compiler.

use prost::{Message, Oneof};

/// Writes a value.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct PutRequest {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

/// That it was written. The header, with the revision, is of no interest here.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct PutResponse {}

/// Deletes a key.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct DeleteRangeRequest {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) key: Vec<u8>,
}

/// Counts the keys from `key` until before `range_end`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct RangeRequest {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) range_end: Vec<u8>,
    #[prost(bool, tag = "9")]
    pub(crate) count_only: bool,
}

/// How many keys there are.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct RangeResponse {
    #[prost(int64, tag = "4")]
    pub(crate) count: i64,
}

/// What a transaction may do.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct RequestOp {
    #[prost(oneof = "Operation", tags = "2, 3")]
    pub(crate) operation: Option<Operation>,
}

/// One of its operations.
#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum Operation {
    #[prost(message, tag = "2")]
    Put(PutRequest),
    #[prost(message, tag = "3")]
    Delete(DeleteRangeRequest),
}

/// What must be true of a key: `result` 0 says that it equals, `target` names what does.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Compare {
    #[prost(int32, tag = "1")]
    pub(crate) result: i32,
    #[prost(int32, tag = "2")]
    pub(crate) target: i32,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) key: Vec<u8>,
    #[prost(oneof = "Expected", tags = "5, 7")]
    pub(crate) expected: Option<Expected>,
}

/// What the key is compared with.
#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum Expected {
    #[prost(int64, tag = "5")]
    CreateRevision(i64),
    #[prost(bytes, tag = "7")]
    Value(Vec<u8>),
}

/// Does all of `success` if all of `compare` is true, otherwise nothing.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct TxnRequest {
    #[prost(message, repeated, tag = "1")]
    pub(crate) compare: Vec<Compare>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) success: Vec<RequestOp>,
}

/// Whether it was done.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct TxnResponse {
    #[prost(bool, tag = "2")]
    pub(crate) succeeded: bool,
}

const EQUAL: i32 = 0;
const CREATE: i32 = 1;
const VALUE: i32 = 3;

impl Compare {
    /// That a key does not exist.
    pub(crate) fn absent(key: &str) -> Self {
        Self {
            result: EQUAL,
            target: CREATE,
            key: key.into(),
            expected: Some(Expected::CreateRevision(0)),
        }
    }

    /// That a key has this value.
    pub(crate) fn holds(key: &str, value: &str) -> Self {
        Self {
            result: EQUAL,
            target: VALUE,
            key: key.into(),
            expected: Some(Expected::Value(value.into())),
        }
    }
}

impl RequestOp {
    /// Writes a value.
    pub(crate) fn put(key: &str, value: &str) -> Self {
        let put = PutRequest {
            key: key.into(),
            value: value.into(),
        };
        Self {
            operation: Some(Operation::Put(put)),
        }
    }

    /// Deletes a key.
    pub(crate) fn delete(key: &str) -> Self {
        let delete = DeleteRangeRequest { key: key.into() };
        Self {
            operation: Some(Operation::Delete(delete)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_has_the_bytes_that_etcd_reads() {
        let request = TxnRequest {
            compare: vec![Compare::absent("k")],
            success: vec![RequestOp::put("k", "v"), RequestOp::delete("d")],
        };
        let bytes = [
            &[0x0a, 7, 0x10, 1, 0x1a, 1, b'k', 0x28, 0][..],
            &[0x12, 8, 0x12, 6, 0x0a, 1, b'k', 0x12, 1, b'v'],
            &[0x12, 5, 0x1a, 3, 0x0a, 1, b'd'],
        ];
        assert_eq!(request.encode_to_vec(), bytes.concat());
    }

    #[test]
    fn what_a_key_holds_is_compared_by_value() {
        let bytes = Compare::holds("k", "v").encode_to_vec();
        assert_eq!(bytes, [0x10, 3, 0x1a, 1, b'k', 0x3a, 1, b'v']);
    }

    #[test]
    fn of_an_answer_only_what_is_asked_for_is_read() {
        let with_header = [0x0a, 2, 0x18, 9, 0x10, 1];
        assert_eq!(
            TxnResponse::decode(&with_header[..]),
            Ok(TxnResponse { succeeded: true })
        );
    }
}
