//! Somebody in the path to an honest host (SCENARIOS §4).
//!
//! Fake and attacker are one process: the connection that the sender makes ends here, and what the honest host would
//! have said to the attacker is said by the honest host's own session code. Hence an attacker is only what it changes
//! on the way: the EHLO answers, the command STARTTLS, the certificate, and who can read.

use mtaspec_judge::scenario::Attacker;

/// The attacker, if it can change what passes: before TLS always, inside TLS only if it has ended TLS itself.
pub(super) fn writing(attacker: Option<&Attacker>, inside_tls: bool) -> Option<&Attacker> {
    attacker.filter(|attacker| !inside_tls || attacker.certificate.is_some())
}
