//! TLS 1.0 to 1.3 by OpenSSL: for every fake that has anything rustls does not.
//!
//! The security level is 0, so that what a scenario asks for is what is spoken. Options that the crate does not name
//! are given by their bits, which are part of OpenSSL's interface.

use std::pin::Pin;

use mtaspec_certs::Minted;
use mtaspec_judge::events::By;
use mtaspec_judge::scenario::{ClientCertificate, TlsVersion};
use openssl::bn::BigNum;
use openssl::dh::Dh;
use openssl::ec::EcKey;
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Params, Private};
use openssl::rsa::RsaPrivateKeyBuilder;
use openssl::ssl::{
    self, Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslSessionCacheMode,
    SslVerifyMode, SslVersion,
};
use openssl::x509::X509;
use tokio_openssl::SslStream;

use super::below::Below;
use super::setup::TlsSetup;
use super::stack::{Broken, Shaken, TlsSetupError};
use super::stream::{OnBelow, Over};
use super::suites::is_tls13;

/// `SSL_OP_NO_EXTENDED_MASTER_SECRET` (RFC 7627).
const NO_EXTENDED_MASTER_SECRET: u64 = 1;
/// `SSL_OP_NO_ENCRYPT_THEN_MAC` (RFC 7366).
const NO_ENCRYPT_THEN_MAC: u64 = 1 << 19;
/// Alerts of the peer are errors with this and the alert's number (`SSL_AD_REASON_OFFSET`).
const ALERT_OFFSET: i32 = 1000;
/// `SSL_R_UNEXPECTED_EOF_WHILE_READING`.
const UNEXPECTED_EOF: i32 = 294;
/// `SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE`.
const NO_CLIENT_CERTIFICATE: i32 = 199;
const CERTIFICATE_REQUIRED: u8 = 116;
/// What a ticket announces with the quirk `early-data`.
const EARLY_DATA: u32 = 16 * 1024;
/// The answer of the quirk `unoffered-alpn`: nobody asks for it.
pub(super) const UNOFFERED: &[u8] = b"unoffered";

/// Whether this OpenSSL has the suite.
pub(super) fn has_suite(name: &str) -> bool {
    let Ok(mut builder) = SslContextBuilder::new(SslMethod::tls_server()) else {
        return false;
    };
    builder.set_security_level(0);
    if is_tls13(name) {
        builder.set_ciphersuites(name).is_ok()
    } else {
        let name = ssl::cipher_name(name);
        name != "(NONE)" && builder.set_cipher_list(name).is_ok()
    }
}

/// Whether this OpenSSL has the group.
pub(super) fn has_group(name: &str) -> bool {
    SslContextBuilder::new(SslMethod::tls_server())
        .and_then(|mut builder| builder.set_groups_list(name))
        .is_ok()
}

/// A configuration of these suites that shows one certificate.
pub(super) fn configure(
    setup: &TlsSetup,
    suites: &[String],
    certificate: &Minted,
) -> Result<SslContext, TlsSetupError> {
    let mut builder =
        SslContextBuilder::new(SslMethod::tls_server()).map_err(TlsSetupError::OpenSsl)?;
    speak(&mut builder, setup, suites).map_err(TlsSetupError::OpenSsl)?;
    agree(&mut builder, setup).map_err(TlsSetupError::OpenSsl)?;
    show(&mut builder, certificate).map_err(TlsSetupError::OpenSsl)?;
    remember(&mut builder, setup).map_err(TlsSetupError::OpenSsl)?;
    let mode = match setup.client_certificate {
        ClientCertificate::Ignored => SslVerifyMode::NONE,
        ClientCertificate::Requested => SslVerifyMode::PEER,
        ClientCertificate::Required => SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT,
    };
    // Whatever is shown is taken, as long as the sender has its key.
    builder.set_verify_callback(mode, |_, _| true);
    if setup.has_quirk("unoffered-alpn") {
        builder.set_alpn_select_callback(|_, _| Ok(UNOFFERED));
    }
    if let Some(log) = setup.key_log.clone() {
        builder.set_keylog_callback(move |_, line| log.line(line));
    }
    Ok(builder.build())
}

pub(super) fn speak(
    builder: &mut SslContextBuilder,
    setup: &TlsSetup,
    suites: &[String],
) -> Result<(), ErrorStack> {
    builder.set_security_level(0);
    builder.set_min_proto_version(Some(SslVersion::TLS1))?;
    builder.set_max_proto_version(Some(SslVersion::TLS1_3))?;
    let spoken = setup.versions_with(suites);
    // (version, option that takes it away): a set may have gaps
    let versions = [
        (TlsVersion::Tls10, SslOptions::NO_TLSV1),
        (TlsVersion::Tls11, SslOptions::NO_TLSV1_1),
        (TlsVersion::Tls12, SslOptions::NO_TLSV1_2),
        (TlsVersion::Tls13, SslOptions::NO_TLSV1_3),
    ];
    for (version, without) in versions {
        if spoken.contains(&version) {
            builder.clear_options(without);
        } else {
            builder.set_options(without);
        }
    }
    let mut options = SslOptions::CIPHER_SERVER_PREFERENCE;
    if setup.has_quirk("no-extended-master-secret") {
        options |= SslOptions::from_bits_retain(NO_EXTENDED_MASTER_SECRET);
    }
    if setup.has_quirk("no-encrypt-then-mac") {
        options |= SslOptions::from_bits_retain(NO_ENCRYPT_THEN_MAC);
    }
    builder.set_options(options);
    let (new, old): (Vec<&String>, Vec<&String>) = suites.iter().partition(|suite| is_tls13(suite));
    if !old.is_empty() {
        let names: Vec<&str> = old.into_iter().map(|name| ssl::cipher_name(name)).collect();
        builder.set_cipher_list(&names.join(":"))?;
    }
    let names: Vec<&str> = new.into_iter().map(String::as_str).collect();
    builder.set_ciphersuites(&names.join(":"))
}

pub(super) fn agree(builder: &mut SslContextBuilder, setup: &TlsSetup) -> Result<(), ErrorStack> {
    let mut names = Vec::new();
    for group in &setup.groups {
        match group.as_str() {
            "dh-1024" => set_field(builder, BigNum::get_rfc2409_prime_1024()?)?,
            "dh-2048" => {
                set_field(builder, BigNum::get_rfc3526_prime_2048()?)?;
                names.push("ffdhe2048");
            }
            name => names.push(name),
        }
    }
    if names.is_empty() {
        // No curve may be agreed on; TLS 1.3, which alone has this field by name, is not spoken then.
        names.push("ffdhe2048");
    }
    builder.set_groups_list(&names.join(":"))
}

fn set_field(builder: &mut SslContextBuilder, prime: BigNum) -> Result<(), ErrorStack> {
    let field: Dh<Params> = Dh::from_pqg(prime, None, BigNum::from_u32(2)?)?;
    builder.set_tmp_dh(&field)
}

pub(super) fn show(
    builder: &mut SslContextBuilder,
    certificate: &Minted,
) -> Result<(), ErrorStack> {
    let mut chain = certificate
        .chain
        .iter()
        .map(|certificate| X509::from_der(certificate));
    let key = PKey::private_key_from_der(&certificate.private_key)?;
    if let Some(leaf) = chain.next() {
        let leaf = leaf?;
        builder.set_certificate(&leaf)?;
        let key = fitting(key, &leaf)?;
        builder.set_private_key(&key)?;
    }
    for issuer in chain {
        builder.add_extra_chain_cert(issuer?)?;
    }
    Ok(())
}

/// OpenSSL refuses a key that does not fit. Then it gets the public half of the leaf beside the secret half of the
/// key, and its signatures are as wrong as they should be.
fn fitting(key: PKey<Private>, leaf: &X509) -> Result<PKey<Private>, ErrorStack> {
    let public = leaf.public_key()?;
    if public.public_eq(&key) || public.id() != key.id() {
        return Ok(key);
    }
    match key.id() {
        Id::EC => {
            let (shown, secret) = (public.ec_key()?, key.ec_key()?);
            let mixed = EcKey::from_private_components(
                shown.group(),
                secret.private_key(),
                shown.public_key(),
            )?;
            PKey::from_ec_key(mixed)
        }
        Id::RSA => {
            let (shown, secret) = (public.rsa()?, key.rsa()?);
            let mixed = RsaPrivateKeyBuilder::new(
                shown.n().to_owned()?,
                shown.e().to_owned()?,
                secret.d().to_owned()?,
            )?;
            PKey::from_rsa(mixed.build())
        }
        _ => Ok(key),
    }
}

fn remember(builder: &mut SslContextBuilder, setup: &TlsSetup) -> Result<(), ErrorStack> {
    if setup.has_quirk("resumption") {
        builder.set_session_id_context(b"mtaspec")?;
        builder.set_session_cache_mode(SslSessionCacheMode::SERVER);
        if setup.has_quirk("early-data") {
            builder.set_max_early_data(EARLY_DATA)?;
        }
        return Ok(());
    }
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    builder.set_options(SslOptions::NO_TICKET);
    builder.set_num_tickets(0)
}

impl OnBelow for SslStream<Below> {
    fn below(&mut self) -> &mut Below {
        self.get_mut()
    }
}

/// Shakes hands; `below` replays the hello.
pub(super) async fn accept(context: &SslContext, below: Below) -> Result<Shaken, Broken> {
    let Ok(mut stream) = Ssl::new(context).and_then(|ssl| SslStream::new(ssl, below)) else {
        return Err(Broken::without_connection());
    };
    let outcome = Pin::new(&mut stream).accept().await;
    let flight = stream.get_ref().flight();
    if let Err(error) = outcome {
        let (by, alert) = blame(&error, flight.alert);
        stream.get_mut().finish_alert().await;
        return Err(Broken::new(stream.get_mut(), by, alert));
    }
    let ssl = stream.ssl();
    let resumed = ssl.session_reused();
    let mut client_chain: Vec<Vec<u8>> = Vec::new();
    let others = ssl.peer_cert_chain().into_iter().flatten();
    let leaf = ssl.peer_certificate();
    for certificate in leaf.iter().map(AsRef::as_ref).chain(others) {
        client_chain.extend(certificate.to_der());
    }
    stream.get_mut().end_handshake();
    Ok(Shaken {
        stream: Box::new(Over::new(stream, Vec::new())),
        flight,
        client_chain,
        resumed,
    })
}

/// Who ended it, and with which alert.
pub(super) fn blame(error: &ssl::Error, sent: Option<u8>) -> (By, Option<u8>) {
    let Some(stack) = error.ssl_error() else {
        return (By::Sender, None);
    };
    let reasons: Vec<i32> = stack
        .errors()
        .iter()
        .map(openssl::error::Error::reason_code)
        .collect();
    let received = reasons
        .iter()
        .filter(|reason| **reason >= ALERT_OFFSET)
        .find_map(|reason| u8::try_from(reason - ALERT_OFFSET).ok());
    if received.is_some() {
        return (By::Sender, received);
    }
    if reasons.contains(&UNEXPECTED_EOF) {
        return (By::Sender, None);
    }
    let secret = reasons
        .contains(&NO_CLIENT_CERTIFICATE)
        .then_some(CERTIFICATE_REQUIRED);
    (By::Receiver, sent.or(secret))
}
