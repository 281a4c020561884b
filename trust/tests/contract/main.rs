//! The contract of docs/tokens.md, claim by claim.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod forge;
mod issuing;
mod keys;
mod properties;
mod samples;
mod vector_set;
mod vectors;
mod verifying;
