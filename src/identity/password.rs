//! Passwords: argon2id under a key of the cluster, off the threads that answer requests, and a few at a time.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::lookup::LookupKey;

/// Memory of one hash in KiB, and how often it is gone through: what OWASP recommends for argon2id.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;

/// How long a call waits for its turn. Past it the node says that it has more work than it can do.
const TURN_WITHIN: Duration = Duration::from_secs(5);

/// A password as somebody typed it.
pub(crate) type Typed = Zeroizing<String>;

/// Hashes and checks passwords.
pub(crate) struct Passwords {
    pepper: Arc<Zeroizing<[u8; 32]>>,
    turns: Semaphore,
}

/// Why a password was neither hashed nor checked.
#[derive(Debug)]
pub(crate) enum Failed {
    /// Too many wait already.
    Busy,
    /// Something that should not happen.
    Internal(String),
}

impl Passwords {
    pub(crate) fn new(lookup: &LookupKey) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            pepper: Arc::new(lookup.purpose(b"password pepper")),
            turns: Semaphore::new(cores.div_ceil(2)),
        }
    }

    /// The hash of a new password, as a PHC string.
    pub(crate) async fn hash(&self, password: Typed, salt: [u8; 16]) -> Result<Arc<str>, Failed> {
        let _turn = self.turn().await?;
        let pepper = Arc::clone(&self.pepper);
        let hashed = tokio::task::spawn_blocking(move || hash(&pepper, &password, salt)).await;
        hashed.map_err(|error| Failed::Internal(error.to_string()))?
    }

    /// Whether a password is the one of this hash. Without a hash it is not, which takes as long to say.
    pub(crate) async fn matches(&self, password: Typed, known: Option<Arc<str>>) -> Result<bool, Failed> {
        let _turn = self.turn().await?;
        let pepper = Arc::clone(&self.pepper);
        let checked = tokio::task::spawn_blocking(move || check(&pepper, &password, known.as_deref())).await;
        checked.map_err(|error| Failed::Internal(error.to_string()))?
    }

    async fn turn(&self) -> Result<SemaphorePermit<'_>, Failed> {
        match timeout(TURN_WITHIN, self.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(closed)) => Err(Failed::Internal(closed.to_string())),
            Err(_) => Err(Failed::Busy),
        }
    }
}

fn argon2(pepper: &[u8; 32]) -> Result<Argon2<'_>, Failed> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(internal)?;
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params).map_err(internal)
}

fn hash(pepper: &[u8; 32], password: &str, salt: [u8; 16]) -> Result<Arc<str>, Failed> {
    let hash = argon2(pepper)?.hash_password_with_salt(password.as_bytes(), &salt);
    Ok(hash.map_err(internal)?.to_string().into())
}

fn check(pepper: &[u8; 32], password: &str, known: Option<&str>) -> Result<bool, Failed> {
    let Some(known) = known else {
        hash(pepper, password, [0; 16])?;
        return Ok(false);
    };
    match argon2(pepper)?.verify_password(password.as_bytes(), known) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(internal(error)),
    }
}

fn internal(error: impl std::fmt::Display) -> Failed {
    Failed::Internal(error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    fn passwords(key: u8) -> Passwords {
        Passwords::new(&LookupKey::from_bytes([key; 32]))
    }

    fn typed(text: &str) -> Typed {
        Zeroizing::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_is_known_again_under_the_same_key_only() {
        let hash = passwords(1)
            .hash(typed("correct horse battery"), [7; 16])
            .await
            .unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let matches = async |key, text| {
            passwords(key)
                .matches(typed(text), Some(Arc::clone(&hash)))
                .await
                .unwrap()
        };
        assert!(matches(1, "correct horse battery").await);
        assert!(!matches(1, "correct horse batterY").await);
        assert!(
            !matches(2, "correct horse battery").await,
            "a stolen hash cannot be guessed at"
        );
    }

    #[tokio::test]
    async fn nobodys_password_is_never_right() {
        assert!(!passwords(1).matches(typed(""), None).await.unwrap());
    }
}
