//! Who somebody is: passwords and second factors, as the edge checks them.
//!
//! Both are worth nothing without the cluster's lookup key, which lies in each node's key file and never in the log, a
//! checkpoint or a backup: passwords are hashed with a key derived from it, and the secrets of second factors are sealed
//! under another.

pub(crate) mod password;
pub(crate) mod totp;
