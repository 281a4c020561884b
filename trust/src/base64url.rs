//! Base64url without padding, in its one canonical spelling.
//!
//! A text with padding, white space or stray bits behind the last byte is refused, so that no artefact has a second
//! spelling that would verify as well.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Appends the spelling of `bytes` to `text`.
pub(crate) fn encode_onto(bytes: &[u8], text: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// The spelling of `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Puts the spelling of 32 secret bytes into a buffer that the caller wipes.
pub(crate) fn encode_into<'b>(bytes: &[u8; 32], buffer: &'b mut [u8; 43]) -> &'b str {
    URL_SAFE_NO_PAD
        .encode_slice(bytes, buffer)
        .expect("32 bytes make 43 characters");
    std::str::from_utf8(buffer).expect("base64url is ASCII")
}

/// The bytes that `text` spells canonically; `None` if it is no such spelling.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The bytes that `text` spells canonically, put straight into `bytes`, which they must fill. On `None` the contents
/// of `bytes` are unspecified.
pub(crate) fn decode_into<const N: usize>(text: &str, bytes: &mut [u8; N]) -> Option<()> {
    let written = URL_SAFE_NO_PAD.decode_slice(text, bytes).ok()?;
    (written == N).then_some(())
}

/// Exactly `N` bytes from their canonical spelling.
pub(crate) fn decode_exact<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    decode_into(text, &mut bytes)?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_white_space_stray_bits_and_the_other_alphabet_are_refused() {
        assert_eq!(decode("_-8"), Some(vec![0xff, 0xef]));
        for spelling in ["_-8=", "_-8\n", " _-8", "_-9", "/+8", "_", "_-8A_", "_é8"] {
            assert_eq!(decode(spelling), None, "{spelling:?}");
        }
    }

    #[test]
    fn an_exact_reading_refuses_one_byte_less_and_one_more() {
        assert_eq!(decode_exact::<32>(&encode(&[7; 32])), Some([7; 32]));
        assert_eq!(decode_exact::<32>(&encode(&[7; 31])), None);
        assert_eq!(decode_exact::<32>(&encode(&[7; 33])), None);
        assert_eq!(decode_exact::<32>(""), None);
    }
}
