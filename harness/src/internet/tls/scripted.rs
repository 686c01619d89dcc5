//! A ServerHello that no stack makes: any version, SSL 3.0 included, and suites that nobody builds any more.
//!
//! Up to TLS 1.2 hello, certificate and ServerHelloDone go out (RFC 6101 §5.6, RFC 5246 §7.4), and the next record
//! tells: a handshake message is acceptance of version and suite, an alert is refusal. Nobody can finish, so what is
//! shown is acceptance, never delivery. A suite with a key agreement gets no ServerKeyExchange; a sender that takes
//! the version then refuses with `unexpected_message`, while one that does not says `protocol_version`.
//! In TLS 1.3 the hello is followed by a record that nothing can decrypt (RFC 8446 §5.2): a sender that accepted the
//! hello answers under the new keys, with a change of cipher, or with `bad_record_mac`; any other alert refuses it.

use std::io;

use mtaspec_certs::Minted;
use mtaspec_judge::scenario::TlsVersion;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::below::Below;
use super::client_hello::ClientHello;
use super::names::version_number;
use super::setup::TlsSetup;
use super::suites::{is_old, is_tls13, suite_name, suite_number};

const TLS10: u16 = 0x0301;
const TLS13: u16 = 0x0304;
const RENEGOTIATION_INFO: u16 = 0xff01;
const RENEGOTIATION_SCSV: u16 = 0x00ff;
const LONGEST_RECORD: usize = 16 * 1024;
const BAD_RECORD_MAC: u8 = 20;
/// RFC 7748 §5.2, a public key of its test vectors: nobody has to know the secret.
const SHARE: [u8; 32] = [
    0x85, 0x20, 0xf0, 0x09, 0x89, 0x30, 0xa7, 0x54, 0x74, 0x8b, 0x7d, 0xdc, 0xb4, 0x3e, 0xf7, 0x5a,
    0x0d, 0xbf, 0x3a, 0x0d, 0x26, 0x38, 0x1a, 0xf4, 0xeb, 0xa4, 0xa9, 0x8e, 0xaa, 0x9b, 0x4e, 0x6a,
];
const X25519: u16 = 29;
/// Named in the place of a random value: these bytes are public and protect nothing.
const RANDOM: [u8; 32] = *b"mtaspec shows a hello, no secret";
/// The suites of a scripted hello that names none: key transport, which needs no more from the server.
const SUITES: [&str; 7] = [
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA256",
];

/// What a hello was answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) version: u16,
    pub(super) suite: u16,
    flight: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reaction {
    /// The sender went on.
    Accepted,
    /// With this alert it did not.
    Refused(u8),
    /// It left without a word.
    Closed,
}

impl Script {
    /// The answer to this hello; none: it offers no suite that could be answered. `only`: this suite.
    pub(super) fn write(
        setup: &TlsSetup,
        hello: &ClientHello,
        certificate: &Minted,
        only: Option<u16>,
    ) -> Option<Self> {
        let version = version_of(setup, hello)?;
        let suite = only.or_else(|| suite_of(setup, hello, version))?;
        let mut flight = server_hello(setup, hello, version, suite);
        if version == TLS13 {
            let mut records = record(22, TLS10.max(0x0303), &flight);
            records.extend([20, 3, 3, 0, 1, 1]);
            records.extend(record(23, 0x0303, &[0x5a; 64]));
            flight = records;
        } else {
            flight.extend(message(11, &certificate_list(certificate)));
            flight.extend(message(14, &[]));
            flight = record(22, version, &flight);
        }
        Some(Self {
            version,
            suite,
            flight,
        })
    }

    /// Sends it.
    pub(super) async fn send(&self, below: &mut Below) -> io::Result<()> {
        below.write_all(&self.flight).await?;
        below.flush().await
    }

    /// Looks at the next record.
    pub(super) async fn reaction(&self, below: &mut Below) -> Reaction {
        let mut head = [0; 7];
        if below.read_exact(&mut head[..5]).await.is_err() {
            return Reaction::Closed;
        }
        match head[0] {
            21 if head[3..5] == [0, 2] => match below.read_exact(&mut head[5..]).await {
                Ok(_) if self.version == TLS13 && head[6] == BAD_RECORD_MAC => Reaction::Accepted,
                Ok(_) => Reaction::Refused(head[6]),
                Err(_) => Reaction::Closed,
            },
            22 => Reaction::Accepted,
            20 | 21 | 23 if self.version == TLS13 => Reaction::Accepted,
            _ => Reaction::Closed,
        }
    }
}

/// The best version that both have, else the best of the fake: that the sender never offered it is then the point.
fn version_of(setup: &TlsSetup, hello: &ClientHello) -> Option<u16> {
    let mut versions: Vec<TlsVersion> = setup.versions.clone();
    versions.sort_unstable();
    let mut numbers = versions.into_iter().rev().map(version_number);
    let best = numbers.clone().next()?;
    Some(numbers.find(|number| hello.takes(*number)).unwrap_or(best))
}

fn suite_of(setup: &TlsSetup, hello: &ClientHello, version: u16) -> Option<u16> {
    let fits = |name: &str| match version {
        TLS13 => is_tls13(name),
        0x0303 => !is_tls13(name),
        _ => is_old(name),
    };
    let offered: Vec<String> = hello.suites.iter().copied().map(suite_name).collect();
    // Suites that the scenario names are the point: without one in common there is nothing to accept.
    if let Some(asked) = &setup.ciphers {
        let common = || asked.iter().filter(|name| offered.contains(name));
        return common()
            .find(|name| fits(name))
            .or_else(|| common().next())
            .and_then(|name| suite_number(name));
    }
    let known = || {
        let asked = SUITES
            .iter()
            .filter(|name| offered.iter().any(|suite| suite == *name));
        asked.copied().chain(offered.iter().map(String::as_str))
    };
    let is_suite = |name: &&str| suite_number(name).is_some() && !name.ends_with("_SCSV");
    known()
        .filter(is_suite)
        .find(|name| fits(name))
        .or_else(|| known().find(is_suite))
        .and_then(suite_number)
}

fn server_hello(setup: &TlsSetup, hello: &ClientHello, version: u16, suite: u16) -> Vec<u8> {
    let mut body = version.min(0x0303).to_be_bytes().to_vec();
    body.extend(RANDOM);
    // TLS 1.3 echoes the session id; below it an empty one says that nothing is resumed.
    let session = if version == TLS13 {
        &hello.session_id[..]
    } else {
        &[]
    };
    body.extend(vector8(session));
    body.extend(suite.to_be_bytes());
    body.push(0);
    let mut extensions = Vec::new();
    if version == TLS13 {
        extensions.extend(extension(43, &TLS13.to_be_bytes()));
        let mut share = X25519.to_be_bytes().to_vec();
        share.extend(vector16(&SHARE));
        extensions.extend(extension(51, &share));
    } else if version >= TLS10 {
        // RFC 5746 §3.6: without it, senders refuse whatever the version.
        let asked = hello.extensions.contains(&RENEGOTIATION_INFO)
            || hello.suites.contains(&RENEGOTIATION_SCSV);
        if asked && !setup.has_quirk("no-renegotiation-info") {
            extensions.extend(extension(RENEGOTIATION_INFO, &[0]));
        }
        if setup.has_quirk("unoffered-alpn") {
            extensions.extend(extension(16, &vector16(&vector8(b"unoffered"))));
        }
    }
    if !extensions.is_empty() {
        body.extend(vector16(&extensions));
    }
    message(2, &body)
}

fn certificate_list(certificate: &Minted) -> Vec<u8> {
    let list: Vec<u8> = certificate
        .chain
        .iter()
        .flat_map(|one| vector24(one))
        .collect();
    vector24(&list)
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend(vector24(body));
    bytes
}

/// As many records as it takes.
fn record(kind: u8, version: u16, content: &[u8]) -> Vec<u8> {
    let [major, minor] = version.to_be_bytes();
    let piece = |piece: &[u8]| {
        let mut bytes = vec![kind, major, minor];
        bytes.extend(vector16(piece));
        bytes
    };
    content.chunks(LONGEST_RECORD).flat_map(piece).collect()
}

fn extension(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = kind.to_be_bytes().to_vec();
    bytes.extend(vector16(data));
    bytes
}

fn vector8(bytes: &[u8]) -> Vec<u8> {
    vector(bytes, 1)
}

fn vector16(bytes: &[u8]) -> Vec<u8> {
    vector(bytes, 2)
}

fn vector24(bytes: &[u8]) -> Vec<u8> {
    vector(bytes, 3)
}

/// The length in so many bytes, and the bytes.
fn vector(bytes: &[u8], width: usize) -> Vec<u8> {
    let length = bytes.len().to_be_bytes();
    let mut vector = length[length.len() - width..].to_vec();
    vector.extend_from_slice(bytes);
    vector
}
