//! E-mail addresses. One that is written in two ways is one address: people are found by it, and seats are counted by it.

use icu_normalizer::ComposingNormalizerBorrowed;

/// The text that stands for an address however it was written: in lower case, composed (NFC), and with its domain as people
/// read it, `müller.example` and not `xn--mller-kva.example`.
pub(crate) fn canonical(address: &str) -> String {
    let address = address.to_lowercase();
    let address = ComposingNormalizerBorrowed::new_nfc().normalize(&address);
    let Some((local, domain)) = address.rsplit_once('@') else {
        return address.into_owned();
    };
    match idna::domain_to_unicode(domain) {
        (domain, Ok(())) => format!("{local}@{domain}"),
        // No domain of the net's, so there is one way to write it.
        (_, Err(_)) => address.into_owned(),
    }
}

/// Whether a character may be in an address. Some that are allowed between quotes come with names and lists that
/// addresses are copied out of, and some cannot be seen: they would make an address that is nobody's.
pub(crate) fn may_have(character: char) -> bool {
    let is_unseen = matches!(
        character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
    );
    let is_around = matches!(
        character,
        '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | ':' | '"' | '\\'
    );
    !character.is_control() && !is_unseen && !is_around
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_one_text_however_it_was_written() {
        for (written, one) in [
            ("Ann@Example.COM", "ann@example.com"),
            ("ann@xn--mller-kva.example", "ann@müller.example"),
            ("ann@MÜLLER.example", "ann@müller.example"),
            ("ann@mu\u{308}ller.example", "ann@müller.example"),
            ("jose\u{301}@example.com", "josé@example.com"),
            ("ann+usher@example.com", "ann+usher@example.com"),
            ("ann@dev_box", "ann@dev_box"),
            ("nobody", "nobody"),
        ] {
            assert_eq!(canonical(written), one, "{written}");
            assert_eq!(canonical(one), one, "{written}");
        }
    }
}
