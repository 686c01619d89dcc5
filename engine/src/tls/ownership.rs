//! Whether a peer owns the key of the certificate that it shows (RFC 8446 §4.4.3, RFC 5246 §7.4.3).
//!
//! Only the key is taken from the certificate. What else stands in it is judged after the handshake by whoever asks for it, and
//! TLSA records of usage 3 ask for nothing else: a certificate of version 1 or with odd extensions is as good to them as any.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::{CertificateError, DigitallySignedStruct, Error};
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use webpki::RawPublicKeyEntity;

/// Checks the signature of a handshake of TLS 1.3.
///
/// # Errors
/// `rustls::Error` when it was not made with the key of the certificate.
pub(super) fn in_tls13(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let key = key(certificate)?;
    verify_tls13_signature_with_raw_key(message, &key, signature, algorithms)
}

/// Checks the signature of a handshake of TLS 1.2, which does not say on which curve it was made.
///
/// # Errors
/// `rustls::Error` when it was not made with the key of the certificate.
pub(super) fn in_tls12(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let key = key(certificate)?;
    let key = RawPublicKeyEntity::try_from(&key)
        .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
    let of_scheme = algorithms
        .mapping
        .iter()
        .filter(|(scheme, _)| *scheme == signature.scheme)
        .flat_map(|(_, algorithms)| algorithms.iter());
    for algorithm in of_scheme {
        if (key.verify_signature(*algorithm, message, signature.signature())).is_ok() {
            return Ok(HandshakeSignatureValid::assertion());
        }
    }
    Err(Error::InvalidCertificate(CertificateError::BadSignature))
}

fn key(certificate: &CertificateDer<'_>) -> Result<SubjectPublicKeyInfoDer<'static>, Error> {
    let (_, read) = x509_parser::parse_x509_certificate(certificate)
        .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
    let key = read.tbs_certificate.subject_pki.raw.to_vec();
    Ok(SubjectPublicKeyInfoDer::from(key))
}
