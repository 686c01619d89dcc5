//! Somebody in the path to an honest host (SCENARIOS §4).
//!
//! Fake and attacker are one process: the connection that the sender makes ends here, and what the honest host would
//! have said to the attacker is said by the honest host's own session code. Hence an attacker is only what it changes
//! on the way: the EHLO answers, the command STARTTLS, the certificate, the offers that it lets through, and who can
//! read.

use mtaspec_judge::scenario::{Attacker, TlsVersion};

use crate::internet::tls::{ClientHello, version_number};

/// All versions, the strongest first.
const STRONGEST_FIRST: [TlsVersion; 5] = [
    TlsVersion::Tls13,
    TlsVersion::Tls12,
    TlsVersion::Tls11,
    TlsVersion::Tls10,
    TlsVersion::Ssl3,
];

/// The attacker, if it can change what passes: before TLS always, inside TLS only if it has ended TLS itself.
pub(super) fn writing(attacker: Option<&Attacker>, inside_tls: bool) -> Option<&Attacker> {
    attacker.filter(|attacker| !inside_tls || attacker.certificate.is_some())
}

/// The attacker, if it lets only weak offers through: one that ends TLS itself answers every offer.
pub(super) fn weakening(attacker: Option<&Attacker>) -> Option<&Attacker> {
    attacker.filter(|attacker| attacker.certificate.is_none() && !attacker.tls.is_empty())
}

/// Does the attacker let this hello through? It cannot change one unseen (RFC 8446 §4.1.3), so it cuts every
/// connection whose best offer is better than it likes, and waits for the sender to come back with a worse one.
pub(super) fn lets_through(attacker: &Attacker, hello: &ClientHello) -> bool {
    let best = STRONGEST_FIRST
        .into_iter()
        .find(|version| hello.takes(version_number(*version)));
    best.is_none_or(|best| attacker.tls.iter().any(|weak| best <= *weak))
}
