//! E-mail addresses. One that is written in two ways is one address: people are found by it, and seats are counted by it.

use icu_normalizer::ComposingNormalizerBorrowed;
use licensing::person::is_email;

/// The text that stands for an address however it was written: in lower case, composed (NFC), and with its domain as people
/// read it, `müller.example` and not `xn--mller-kva.example`. `None` if it is not an address, or cannot be anybody's.
pub(crate) fn parse(text: &str) -> Option<String> {
    let address = canonical(text);
    let is_one = is_email(&address) && address.chars().all(may_have);
    is_one.then_some(address)
}

/// The same of a text by which somebody is looked for, which need not be an address.
pub(crate) fn canonical(text: &str) -> String {
    let text = text.to_lowercase();
    let text = ComposingNormalizerBorrowed::new_nfc().normalize(&text);
    let Some((local, domain)) = text.rsplit_once('@') else {
        return text.into_owned();
    };
    match idna::domain_to_unicode(domain) {
        (domain, Ok(())) => format!("{local}@{domain}"),
        // No domain of the net's, so there is one way to write it.
        (_, Err(_)) => text.into_owned(),
    }
}

/// Whether a character may be in an address. Some that are allowed between quotes come with names and lists that
/// addresses are copied out of, and some cannot be seen: they would make an address that is nobody's.
fn may_have(character: char) -> bool {
    let is_unseen = matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}'
    );
    let is_around = matches!(
        character,
        '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | ':' | '"' | '\\'
    );
    !character.is_control() && !character.is_whitespace() && !is_unseen && !is_around
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_address_is_one_text_however_it_was_written() {
        for (written, one) in [
            ("Ann@Example.COM", "ann@example.com"),
            ("ann@xn--mller-kva.example", "ann@müller.example"),
            ("ann@MÜLLER.example", "ann@müller.example"),
            ("ann@mu\u{308}ller.example", "ann@müller.example"),
            ("jose\u{301}@example.com", "josé@example.com"),
            ("ann@ｅxample.com", "ann@example.com"),
            ("ann+usher@example.com", "ann+usher@example.com"),
            ("ann@dev_box", "ann@dev_box"),
        ] {
            assert_eq!(parse(written).as_deref(), Some(one), "{written}");
        }
    }

    #[test]
    fn what_can_be_nobodys_is_not_an_address() {
        for text in [
            "nobody",
            "ann@",
            "Ann <ann@example.com>",
            "ann@example.com,",
            "ann@example.com，",
            "（ann@example.com）",
            "mailto:ann@example.com",
            "ann\u{200b}@example.com",
            "ann@example.com\u{2069}",
            "ann@exa mple.com",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_stored_is_accepted_again_and_stands_for_itself(
            local in "[a-zA-Zß-žΑ-ωﬀ-ﬆ．。，+._-]{1,12}",
            domain in "[a-zA-Zß-žΑ-ωａ-ｚ．。，（）-]{1,12}(\\.[a-zé]{2,5})?",
        ) {
            if let Some(stored) = parse(&format!("{local}@{domain}")) {
                prop_assert_eq!(parse(&stored), Some(stored.clone()));
            }
        }
    }
}
