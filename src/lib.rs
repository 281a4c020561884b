//! The appliance: everything of usher that has a socket, a flag or a key file.
//!
//! It turns requests into commands for the ledger and outcomes into answers and signed tokens. It must never decide
//! about seats: that is `licensing`'s, and agreement is `raft`'s.
//!
//! Reading order: [`server`] puts a node together; [`api`] is what clients see, and `console` what people see;
//! `analytics` is what is made of the history; [`keys`], [`lookup`] and [`signer`] are its secrets; [`founding`] and
//! [`joining`] are how a node comes to be, [`vendor_root`] and [`private`] how what they leave is kept.

mod address;
mod analytics;
pub mod api;
pub mod bench;
mod chance;
pub mod cli;
mod client;
pub mod config;
mod console;
pub mod demo;
pub mod founding;
mod identity;
pub mod joining;
pub mod keys;
pub mod license_key;
pub mod lookup;
pub mod ops;
pub mod private;
pub mod serve;
pub mod server;
pub mod signer;
pub mod telemetry;
pub mod tls;
pub mod vendor_root;
