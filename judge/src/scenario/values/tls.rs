//! TLS versions, and what an expectation asks of a session.

use super::super::{TlsCondition, TlsVersion};
use crate::document::Complaint;

/// As files spell them.
pub(crate) const VERSIONS: [(&str, TlsVersion); 5] = [
    ("ssl3", TlsVersion::Ssl3),
    ("1.0", TlsVersion::Tls10),
    ("1.1", TlsVersion::Tls11),
    ("1.2", TlsVersion::Tls12),
    ("1.3", TlsVersion::Tls13),
];

/// `"1.2"`.
pub(crate) fn version(text: &str) -> Result<TlsVersion, Complaint> {
    let found = VERSIONS.iter().find(|(word, _)| *word == text);
    found.map(|(_, version)| *version).ok_or_else(|| {
        Complaint::new(format!("{text:?} is not one of the TLS versions"))
            .help("ssl3, 1.0, 1.1, 1.2, 1.3")
    })
}

/// `"none"`, `"any"`, `"1.3"`, `">=1.2"`.
pub(crate) fn condition(text: &str) -> Result<TlsCondition, Complaint> {
    let wrong = |_| {
        Complaint::new(format!("{text:?} says nothing about TLS"))
            .help("\"none\", \"any\", a version as \"1.3\", or \">=1.2\"")
    };
    match (text, text.strip_prefix(">=")) {
        ("none", _) => Ok(TlsCondition::None),
        ("any", _) => Ok(TlsCondition::Any),
        ("ssl3" | ">=ssl3", _) => Err(wrong(())),
        (_, Some(least)) => version(least)
            .map(TlsCondition::AtLeast)
            .map_err(|_| wrong(())),
        _ => version(text)
            .map(TlsCondition::Exactly)
            .map_err(|_| wrong(())),
    }
}
