//! License keys as people read and type them: `CODITECT-` and thirty characters in six groups.
//!
//! 128 random bits and 22 bits that tell a typing mistake from an unknown key, in Crockford's base32: case does not
//! matter, `O` reads as `0`, `I` and `L` as `1`, and spaces or missing dashes are forgiven.

use licensing::id::{decode_base32, encode_base32};
use sha2::{Digest, Sha256};

/// Characters after the prefix.
const BODY_CHARS: usize = 30;

/// Random bytes in a key.
pub const RANDOM_BYTES: usize = 16;

/// A license key in its canonical form.
#[derive(Clone, PartialEq, Eq)]
pub struct LicenseKey(String);

impl std::fmt::Debug for LicenseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LicenseKey(…{})", self.hint())
    }
}

/// What is wrong with a text that should be a license key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// It has not the shape of a key.
    #[error("a license key is a product's prefix, a dash and 30 letters and digits in groups of five")]
    Shape,
    /// It has the shape, but the check digits do not fit.
    #[error("the key seems mistyped: its check digits do not fit")]
    Mistyped,
}

impl LicenseKey {
    /// What every text that is read as a key looks like, as a regular expression. That its check digits fit, none can say.
    pub const PATTERN: &str = r"^\s*[A-Za-z0-9][A-Za-z0-9 ]*-[A-Za-z0-9 -]+\s*$";

    /// Makes a key of random bytes under a product's prefix.
    pub fn new(prefix: &str, random: [u8; RANDOM_BYTES]) -> Self {
        let mut bytes = [0; RANDOM_BYTES + 3];
        bytes[..RANDOM_BYTES].copy_from_slice(&random);
        bytes[RANDOM_BYTES..].copy_from_slice(&check(prefix, &random));
        let mut body = encode_base32(&bytes).to_ascii_uppercase();
        // 152 bits are 31 characters; the check's last two bits, which are zero, are all that the last one holds.
        body.truncate(BODY_CHARS);
        Self(grouped(prefix, &body))
    }

    /// Reads a key as people write it.
    pub fn parse(text: &str) -> Result<Self, KeyProblem> {
        let text: String = text.trim().chars().filter(|character| *character != ' ').collect();
        let (prefix, body) = text.split_once('-').ok_or(KeyProblem::Shape)?;
        let prefix = prefix.to_ascii_uppercase();
        let body: String = body
            .chars()
            .filter(|character| *character != '-')
            .map(forgive)
            .collect();
        let plain = prefix.len() <= 16 && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !plain || prefix.is_empty() || body.len() != BODY_CHARS {
            return Err(KeyProblem::Shape);
        }
        let bytes: [u8; RANDOM_BYTES + 3] = decode_base32(&format!("{body}0")).ok_or(KeyProblem::Shape)?;
        let random: [u8; RANDOM_BYTES] = bytes[..RANDOM_BYTES].try_into().expect("the array is longer");
        if bytes[RANDOM_BYTES..] != check(&prefix, &random) {
            return Err(KeyProblem::Mistyped);
        }
        Ok(Self(grouped(&prefix, &body.to_ascii_uppercase())))
    }

    /// The key in full. Not `Display`: a secret must not slip into a log line.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The last group, to recognise the key by.
    pub fn hint(&self) -> &str {
        &self.0[self.0.len() - 5..]
    }
}

fn check(prefix: &str, random: &[u8]) -> [u8; 3] {
    let hash = Sha256::new()
        .chain_update(prefix.as_bytes())
        .chain_update(random)
        .finalize();
    [hash[0], hash[1], hash[2] & 0b1111_1100]
}

fn forgive(character: char) -> char {
    match character.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    }
}

fn grouped(prefix: &str, body: &str) -> String {
    let mut text = prefix.to_owned();
    for (at, character) in body.chars().enumerate() {
        if at % 5 == 0 {
            text.push('-');
        }
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> LicenseKey {
        LicenseKey::new("CODITECT", [0xa5; RANDOM_BYTES])
    }

    #[test]
    fn a_key_is_read_as_it_was_written() {
        assert_eq!(LicenseKey::parse(key().reveal()), Ok(key()));
        assert_eq!(key().reveal().len(), "CODITECT".len() + 36);
    }

    #[test]
    fn case_spaces_dashes_and_lookalikes_are_forgiven() {
        let spoken = key().reveal().to_ascii_lowercase().replace('0', "o").replace('1', "l");
        assert_eq!(LicenseKey::parse(&format!("  {spoken} ")), Ok(key()));
        let bare = key().reveal().replacen('-', "#", 1).replace('-', "").replace('#', "-");
        assert_eq!(LicenseKey::parse(&bare), Ok(key()));
    }

    #[test]
    fn every_single_mistyped_character_is_noticed() {
        let right = key();
        let body = "CODITECT-".len();
        for at in body..right.reveal().len() {
            let old = right.reveal().as_bytes()[at];
            if old == b'-' {
                continue;
            }
            let mut wrong = right.reveal().as_bytes().to_vec();
            wrong[at] = if old == b'7' { b'8' } else { b'7' };
            let wrong = String::from_utf8(wrong).expect("ASCII");
            assert_eq!(LicenseKey::parse(&wrong), Err(KeyProblem::Mistyped), "{wrong}");
        }
    }

    #[test]
    fn another_products_prefix_does_not_fit() {
        assert_eq!(
            LicenseKey::parse(&key().reveal().replace("CODITECT", "OTHER")),
            Err(KeyProblem::Mistyped)
        );
    }

    #[test]
    fn what_is_not_a_key_is_refused() {
        for text in [
            "",
            "-",
            "CODITECT",
            "CODITECT-TEST",
            "-AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-AAAAA",
            "Ü-é",
        ] {
            assert_eq!(LicenseKey::parse(text), Err(KeyProblem::Shape), "{text}");
        }
    }

    #[test]
    fn a_key_does_not_show_itself_in_logs() {
        assert!(!format!("{:?}", key()).contains(&key().reveal()[9..14]));
    }
}
