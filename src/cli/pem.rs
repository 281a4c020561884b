//! A certificate in PEM, the form that clients take it in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Characters of a line, as RFC 7468 has it.
const LINE_CHARS: usize = 64;

/// The certificate in PEM.
pub(super) fn certificate(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines = body
        .as_bytes()
        .chunks(LINE_CHARS)
        .map(String::from_utf8_lossy)
        .collect::<Vec<_>>()
        .join("\n");
    format!("-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject;

    #[test]
    fn a_certificate_is_read_as_it_was_written() {
        for length in [1, 47, 48, 49, 500] {
            let der = vec![0xa5; length];
            let read = CertificateDer::from_pem_slice(certificate(&der).as_bytes()).expect("this is PEM");
            assert_eq!(read.as_ref(), der);
        }
    }
}
