//! What verification gives back, what its errors say, and that the vectors would catch a careless verifier.

use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use serde_json::Value;
use trust::{Artefact, Expectations, PublicKeyError, VerifyError, verify_chain, verify_session};

use crate::forge::{bytes, parts};
use crate::samples::{ISSUED, at, certificate, chain, cluster, issuer, root, roots, session, signer};

fn chain_of_two() -> Vec<String> {
    let parent = certificate(&root(), &issuer(), 1);
    vec![
        trust::issue_certificate(&root(), None, &parent).unwrap(),
        trust::issue_certificate(&issuer(), Some(&parent), &certificate(&issuer(), &cluster(), 0)).unwrap(),
    ]
}

#[test]
fn a_verified_session_brings_its_claims_and_its_chain() {
    let token = signer().sign(&session()).unwrap();
    let verified = verify_session(&token, &chain_of_two(), &roots(), &Expectations::at(at(ISSUED))).unwrap();
    assert_eq!(verified.claims, session());
    assert_eq!(*verified.chain.leaf(), certificate(&issuer(), &cluster(), 0));
    let keys: Vec<_> = verified
        .chain
        .certificates()
        .map(|certificate| certificate.key)
        .collect();
    assert_eq!(keys, [issuer().public(), cluster().public()]);
}

#[test]
fn a_chain_verifies_alone_while_every_certificate_is_valid() {
    let (begins, ends) = (1_790_000_000, 1_830_000_000);
    let verify = |now| verify_chain(&chain_of_two(), &roots(), at(now)).map(|chain| chain.leaf().key);
    for now in [begins - 300, begins, ISSUED, ends - 1] {
        assert_eq!(verify(now), Ok(cluster().public()), "{now}");
    }
    let artefact = Artefact::Certificate(0);
    assert_eq!(
        verify(begins - 301),
        Err(VerifyError::CertificateNotYetValid {
            artefact,
            issued_at: at(begins),
            at: at(begins - 301)
        })
    );
    for now in [ends, ends + 1, u64::MAX] {
        let error = VerifyError::CertificateExpired {
            artefact,
            expires_at: at(ends),
            now: at(now),
        };
        assert_eq!(verify(now), Err(error));
    }
}

#[test]
fn an_empty_chain_is_refused_alone_too() {
    assert_eq!(
        verify_chain(&[""; 0], &roots(), at(ISSUED)),
        Err(VerifyError::EmptyChain)
    );
}

#[test]
fn the_tokens_own_end_is_left_to_the_client() {
    let token = signer().sign(&session()).unwrap();
    let long_after = Expectations::at(at(ISSUED + 10_000_000));
    assert!(verify_session(&token, &chain(), &roots(), &long_after).is_ok());
}

#[test]
fn claims_are_not_believed_before_the_signature() {
    // Each of these is wrong in its claims as well, and in ways that are looked at earlier in the text.
    let token = signer().sign(&session()).unwrap();
    let [header, _, signature] = parts(&token);
    for claims in ["", "!", "bm90IGpzb24", "e30"] {
        let forged = format!("{header}.{claims}.{signature}");
        let error = verify_session(&forged, &chain(), &roots(), &Expectations::at(at(ISSUED))).unwrap_err();
        assert_eq!(
            error,
            VerifyError::BadSignature {
                artefact: Artefact::Session
            }
        );
    }
}

#[test]
fn an_error_says_which_artefact_and_which_claim() {
    let token = signer().sign(&session()).unwrap();
    let [first, second] = <[String; 2]>::try_from(chain_of_two()).unwrap();
    let verify = |token: &str, chain: &[String]| {
        verify_session(token, chain, &roots(), &Expectations::at(at(ISSUED)))
            .unwrap_err()
            .to_string()
    };
    assert!(verify(&token, &[first.clone(), second.replace('.', "")]).starts_with("certificate chain[1] is not three"));
    assert!(verify(&token[1..], &[first.clone(), second.clone()]).contains("the header of the session token"));
    let again = verify(&token, &[first.clone(), first]);
    assert!(
        again.contains("`path`") || again.contains(&issuer().kid().to_string()),
        "{again}"
    );
    let error = verify_session(
        &token,
        &chain(),
        &roots(),
        &Expectations {
            seq_min: Some(trust::Seq::new(50_000)),
            ..Expectations::at(at(ISSUED))
        },
    );
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with("`seq` of the session token is 41297, less than 50000"),
        "{error}"
    );
}

/// The token and the certified key of a bad vector.
fn bad_vector(name: &str) -> (String, VerifyingKey) {
    let file: Value = serde_json::from_str(include_str!("../vectors/session-v1.json")).unwrap();
    let case = file["bad"]
        .as_array()
        .unwrap()
        .iter()
        .find(|case| case["name"] == name)
        .unwrap();
    let of = |member| case.get(member).unwrap_or(&file[member]);
    let certificate: Value = serde_json::from_slice(&bytes(parts(of("chain")[0].as_str().unwrap())[1])).unwrap();
    let x: [u8; 32] = bytes(certificate["key"]["x"].as_str().unwrap()).try_into().unwrap();
    (
        of("token").as_str().unwrap().to_owned(),
        VerifyingKey::from_bytes(&x).unwrap(),
    )
}

#[test]
fn the_vector_of_small_order_would_pass_a_careless_verifier() {
    let (token, key) = bad_vector("certified_key_of_small_order");
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = Signature::from_slice(&bytes(signature)).unwrap();
    assert!(key.verify(signed.as_bytes(), &signature).is_ok());
    assert!(key.verify_strict(signed.as_bytes(), &signature).is_err());
}

#[test]
fn the_vector_of_a_second_spelling_is_a_good_point_otherwise() {
    let (_, key) = bad_vector("certified_key_in_a_second_spelling");
    assert!(!key.is_weak());
    assert_eq!(
        trust::PublicKey::from_bytes(key.as_bytes()),
        Err(PublicKeyError::NotCanonical)
    );
    let canonical = key.to_edwards().compress().to_bytes();
    assert!(trust::PublicKey::from_bytes(&canonical).is_ok());
}
