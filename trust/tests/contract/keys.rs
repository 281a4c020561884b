//! The two key files: the roots that are handed out, and the private root that is locked away.

use trust::{RootKeyFile, RootKeyFileError, RootSet, RootSetError, SigningKey};

use crate::forge::base64url;
use crate::samples::{key, root};

/// The root file of the key of RFC 8037, appendix A, written by hand.
const RFC_8037_ROOT: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","use":"sig","alg":"Ed25519"}]}"#;

/// That appendix's private key with the name that it has here.
const RFC_8037_KEY: &str = r#"{"kty":"OKP","crv":"Ed25519",
    "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"}"#;

const SECRET: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

#[test]
fn roots_are_printed_as_they_are_read() {
    let roots = RootSet::new([key(1).public(), key(2).public(), key(3).public()]).unwrap();
    assert_eq!(RootSet::parse(&roots.to_json()), Ok(roots.clone()));
    assert_eq!(roots.keys().count(), 3);
    assert_eq!(roots.get(key(2).kid()), Some(&key(2).public()));
    assert_eq!(roots.get(key(4).kid()), None);
}

#[test]
fn the_rfc_8037_key_is_printed_as_the_contract_shows_it() {
    let roots = RootSet::parse(RFC_8037_ROOT).unwrap();
    let compact = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(compact(&roots.to_json()), compact(RFC_8037_ROOT));
}

#[test]
fn a_set_of_roots_is_never_empty_and_never_holds_a_key_twice() {
    assert_eq!(RootSet::new([]), Err(RootSetError::Empty));
    let twice = RootSet::new([key(1).public(), key(1).public()]);
    assert_eq!(twice, Err(RootSetError::Duplicate(key(1).kid())));
}

#[test]
fn a_private_key_among_the_roots_is_called_by_its_name() {
    let file = RootKeyFile::new(root());
    let text = format!("{{\"keys\":[{}]}}", file.to_json().as_str());
    assert_eq!(RootSet::parse(&text), Err(RootSetError::PrivateKey { at: 0 }));
}

#[test]
fn a_root_key_file_is_printed_as_it_is_read() {
    let text = RootKeyFile::new(key(7)).to_json();
    let file = RootKeyFile::parse(&text).unwrap();
    assert_eq!(file.key().public(), key(7).public());
    assert_eq!(*file.to_json(), *text);
    assert_eq!(*file.into_key().to_seed(), [7; 32]);
}

#[test]
fn the_private_key_of_rfc_8037_is_read() {
    let key: SigningKey = RootKeyFile::parse(RFC_8037_KEY).unwrap().into_key();
    assert_eq!(RootSet::new([key.public()]), RootSet::parse(RFC_8037_ROOT));
}

#[test]
fn a_root_key_file_that_does_not_belong_together_is_refused() {
    let refused = |from: &str, to: &str| {
        assert!(RFC_8037_KEY.contains(from));
        RootKeyFile::parse(&RFC_8037_KEY.replace(from, to)).unwrap_err()
    };
    let wrong = |error: RootKeyFileError| match error {
        RootKeyFileError::Wrong { member, .. } => member,
        other => panic!("{other}"),
    };
    assert_eq!(wrong(refused(SECRET, &base64url([7; 32]))), "x");
    assert_eq!(wrong(refused(SECRET, &base64url([7; 31]))), "d");
    assert_eq!(wrong(refused(SECRET, &base64url([7; 33]))), "d");
    assert_eq!(wrong(refused("kPrK_qmx", "kPrK_qmy")), "kid");
    assert_eq!(wrong(refused("OKP", "EC")), "kty");
    assert_eq!(wrong(refused("\"Ed25519\"", "\"X25519\"")), "crv");
    assert_eq!(wrong(refused("{", r#"{"use":"enc","#)), "use");
    assert_eq!(wrong(refused("{", r#"{"alg":"EdDSA","#)), "alg");
    assert_eq!(
        refused(&format!(r#""d":"{SECRET}","#), ""),
        RootKeyFileError::Missing("d")
    );
    for (from, to) in [
        ("{", r#"{"kid":"","#),
        ("{", r#"{"more":"","#),
        ("}", "}x"),
        ("\"OKP\"", "1"),
    ] {
        assert!(matches!(refused(from, to), RootKeyFileError::Malformed { .. }), "{to}");
    }
}

#[test]
fn the_public_root_file_is_not_taken_for_the_private_one() {
    let error = RootKeyFile::parse(RFC_8037_ROOT).unwrap_err();
    assert!(error.to_string().contains("not the public root file"), "{error}");
}

#[test]
fn no_error_and_no_debug_output_shows_the_secret() {
    let damaged = [
        RFC_8037_KEY.replace(SECRET, &format!("\\u006e{}", &SECRET[1..])),
        RFC_8037_KEY.replace("\"d\":", "\"d\":1,\"d\":"),
        RFC_8037_KEY.replace("\"d\":", "\"D\":"),
        RFC_8037_KEY.replace(SECRET, &format!("{SECRET}=")),
        RFC_8037_KEY.replace("11qYAYKx", "11qYAYKy"),
        RFC_8037_KEY.replace('}', ""),
    ];
    for text in damaged {
        let error = RootKeyFile::parse(&text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(&SECRET[1..20]), "{error}");
    }
    let file = RootKeyFile::parse(RFC_8037_KEY).unwrap();
    let shown = format!("{file:?} {:#?}", file.key());
    assert!(
        !shown.contains(&SECRET[1..20]) && !shown.contains("157, 97, 177"),
        "{shown}"
    );
}
