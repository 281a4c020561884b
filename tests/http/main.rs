//! The HTTP API on a real listener of a real server, asked by a real client.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod admin;
mod ambiguous;
mod analytics;
mod auth;
mod bad_input;
mod canary;
mod catalogue;
mod certificate;
mod cluster;
mod console;
mod edge;
mod gate;
mod idempotency;
mod identity;
mod limits;
mod lists;
mod named;
mod numbers;
mod openapi;
mod ops;
mod people;
mod probes;
mod provider;
mod refusals;
mod retention;
mod seats;
mod support;
mod user_tokens;
mod users;
