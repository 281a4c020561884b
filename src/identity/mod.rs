//! Who somebody is: passwords, second factors and what identity providers say, as the edge checks them.
//!
//! What is stored is worth nothing without the cluster's lookup key, which lies in each node's key file and never in the
//! log, a checkpoint or a backup: passwords are hashed with a key derived from it, and the secrets of second factors and
//! of identity providers are sealed under others.
//!
//! Reading order for providers: `jwt` (what makes a token good), `key_set` (by which keys), `cached` and `outgoing` (how
//! those come here), `providers` (both together), `github` (which signs nothing), `flow` (what a browser keeps between
//! two pages).

mod cached;
pub(crate) mod flow;
pub(crate) mod github;
pub(crate) mod jwt;
pub(crate) mod key_set;
pub(crate) mod outgoing;
pub(crate) mod password;
pub(crate) mod providers;
pub(crate) mod seal;
pub(crate) mod totp;
