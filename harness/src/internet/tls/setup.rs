//! How a fake does TLS, as its table in a scenario says (SCENARIOS §4, §5).
//!
//! The defaults of the language are resolved here: which suites stand for "the sound ones", and which kind of key
//! fits them. Which stack serves them is decided in `server`.

use std::collections::BTreeMap;

use mtaspec_certs::KeyKind;
use mtaspec_judge::scenario::{
    Attacker, ClientCertificate, Difference, Host, HttpsHost, Shown, TlsVersion,
};

use super::key_log::KeyLog;
use super::suites::{Authentication, authentication, is_old, is_tls13};

/// The suites of TLS 1.3 of every host that says nothing.
const HEALTHY_SUITES_13: [&str; 3] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
];
/// The suites of TLS 1.2 of every host that says nothing; the key decides which half counts.
const HEALTHY_SUITES_12: [&str; 6] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];
/// The suites of TLS 1.0 and 1.1 of a host that speaks them and says nothing of suites.
const OLD_SUITES: [&str; 6] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
];
/// What a host with a prime field among its groups has besides.
const FIELD_SUITES_12: [&str; 2] = [
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
];
/// The same below TLS 1.2.
const OLD_FIELD_SUITES: [&str; 2] = [
    "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
];

/// Whose TLS it is: in whose name `met` is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A `host`.
    Host,
    /// An `https`.
    Https,
    /// The attacker in the path to a host.
    Attacker,
}

/// How a fake does TLS.
#[derive(Debug, Clone, PartialEq)]
pub struct TlsSetup {
    /// In whose name `met` is told.
    pub owner: Owner,
    /// What it speaks.
    pub versions: Vec<TlsVersion>,
    /// IANA names in the server's order; none: the sound ones; empty: no common suite.
    pub ciphers: Option<Vec<String>>,
    /// In the server's order.
    pub groups: Vec<String>,
    /// Words of SCENARIOS §4.
    pub quirks: Vec<String>,
    /// TLS from the first byte; only told of here.
    pub implicit_tls: bool,
    /// For any SNI name.
    pub certificate: Shown,
    /// By SNI name, letter case aside; `""` where none is sent.
    pub sni: BTreeMap<String, Shown>,
    /// What it asks of the sender.
    pub client_certificate: ClientCertificate,
    /// Takes the secrets of every session, for whoever records the bytes of the connection.
    pub key_log: Option<KeyLog>,
}

impl Default for TlsSetup {
    fn default() -> Self {
        Self::from(&Host::default())
    }
}

impl From<&Host> for TlsSetup {
    fn from(host: &Host) -> Self {
        Self {
            owner: Owner::Host,
            versions: host.tls.clone(),
            ciphers: host.ciphers.clone(),
            groups: host.groups.clone(),
            quirks: host.quirks.clone(),
            implicit_tls: host.implicit_tls,
            certificate: host.certificate.clone(),
            sni: host.sni.clone(),
            client_certificate: host.client_certificate,
            key_log: None,
        }
    }
}

impl From<&HttpsHost> for TlsSetup {
    fn from(host: &HttpsHost) -> Self {
        Self {
            owner: Owner::Https,
            versions: host.tls.clone(),
            certificate: host.certificate.clone(),
            sni: host.sni.clone(),
            ..Self::default()
        }
    }
}

impl TlsSetup {
    /// The TLS of an attacker that ends it with a certificate of its own; none: it does not end it.
    #[must_use]
    pub fn of_attacker(attacker: &Attacker) -> Option<Self> {
        let certificate = attacker.certificate.clone()?;
        let healthy = Self::default();
        Some(Self {
            owner: Owner::Attacker,
            certificate: Shown::Certificate(certificate),
            versions: if attacker.tls.is_empty() {
                healthy.versions.clone()
            } else {
                attacker.tls.clone()
            },
            ..healthy
        })
    }

    /// It has this quirk.
    #[must_use]
    pub fn has_quirk(&self, quirk: &str) -> bool {
        self.quirks.iter().any(|word| word == quirk)
    }

    /// All suites in the server's order, by IANA name.
    #[must_use]
    pub fn suites(&self) -> Vec<String> {
        if let Some(ciphers) = &self.ciphers {
            return ciphers.clone();
        }
        let (mut fields, mut curves) = (false, false);
        for group in &self.groups {
            if group.starts_with("dh-") {
                fields = true;
            } else {
                curves = true;
            }
        }
        let speaks = |version| self.versions.contains(&version);
        let old = speaks(TlsVersion::Tls10) || speaks(TlsVersion::Tls11);
        // (wanted, suites)
        let parts: [(bool, &[&str]); 5] = [
            (speaks(TlsVersion::Tls13), &HEALTHY_SUITES_13),
            (speaks(TlsVersion::Tls12) && curves, &HEALTHY_SUITES_12),
            (speaks(TlsVersion::Tls12) && fields, &FIELD_SUITES_12),
            (old && fields, &OLD_FIELD_SUITES),
            (old && curves, &OLD_SUITES),
        ];
        parts
            .into_iter()
            .filter(|(wanted, _)| *wanted)
            .flat_map(|(_, suites)| suites.iter().map(|suite| (*suite).to_owned()))
            .collect()
    }

    /// The versions for which there is one of these suites, and a group where the version alone needs one.
    #[must_use]
    pub fn versions_with(&self, suites: &[String]) -> Vec<TlsVersion> {
        let has_group = self.groups.iter().any(|group| group != "dh-1024");
        let spoken = |version: &TlsVersion| match version {
            TlsVersion::Tls13 => has_group && suites.iter().any(|suite| is_tls13(suite)),
            TlsVersion::Tls12 => suites.iter().any(|suite| !is_tls13(suite)),
            TlsVersion::Ssl3 | TlsVersion::Tls10 | TlsVersion::Tls11 => {
                suites.iter().any(|suite| is_old(suite))
            }
        };
        self.versions.iter().copied().filter(spoken).collect()
    }

    /// It shows acceptance only, by a hello that no stack makes.
    #[must_use]
    pub fn is_scripted(&self) -> bool {
        self.has_quirk("scripted-hello") || self.versions.contains(&TlsVersion::Ssl3)
    }

    /// The kind of key of a certificate that names none: RSA where a suite below TLS 1.3 asks for it and none takes
    /// another, else ECDSA on P-256.
    #[must_use]
    pub fn default_key(&self) -> KeyKind {
        if self.is_scripted() && self.ciphers.is_none() {
            return KeyKind::Rsa2048;
        }
        let asked: Vec<Authentication> = self
            .suites()
            .iter()
            .filter(|suite| !is_tls13(suite))
            .map(|suite| authentication(suite))
            .collect();
        if asked.contains(&Authentication::Rsa) && !asked.contains(&Authentication::Ecdsa) {
            KeyKind::Rsa2048
        } else {
            KeyKind::EcdsaP256
        }
    }

    /// What is shown to a sender that asks for this name, and the key of the table that says so.
    #[must_use]
    pub fn shown(&self, sni: Option<&str>) -> (&Shown, &'static str) {
        let asked = sni.unwrap_or_default();
        self.sni
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(asked))
            .map_or((&self.certificate, "certificate"), |(_, shown)| {
                (shown, "sni")
            })
    }

    /// All that may be shown.
    pub(super) fn all_shown(&self) -> impl Iterator<Item = &Shown> {
        std::iter::once(&self.certificate).chain(self.sni.values())
    }

    /// The keys that a ClientHello alone has met.
    #[must_use]
    pub fn met_by_hello(&self) -> Vec<&'static str> {
        let healthy = Self::default();
        // (differs, key)
        let keys = [
            (self.versions != healthy.versions, "tls"),
            (self.ciphers.is_some(), "ciphers"),
            (self.groups != healthy.groups, "groups"),
            (!self.quirks.is_empty(), "quirks"),
            (self.implicit_tls, "implicit_tls"),
        ];
        Self::differing(&keys)
    }

    /// The keys that are met once a certificate went out, or the hello was refused for its name.
    #[must_use]
    pub fn met_by_certificate(&self, sni: Option<&str>) -> Vec<&'static str> {
        let healthy = Self::default();
        let (shown, key) = self.shown(sni);
        let keys = [
            (
                key == "sni" || *shown != healthy.certificate || self.owner == Owner::Attacker,
                key,
            ),
            // Which of the two goes out was up to the name that was asked for.
            (
                key == "sni" && self.certificate != healthy.certificate,
                "certificate",
            ),
            (
                self.client_certificate != ClientCertificate::Ignored,
                "client_certificate",
            ),
        ];
        Self::differing(&keys)
    }

    fn differing(keys: &[(bool, &'static str)]) -> Vec<&'static str> {
        keys.iter()
            .filter(|(differs, _)| *differs)
            .map(|(_, key)| *key)
            .collect()
    }

    /// The text of a `met` event for this key of the fake's table.
    #[must_use]
    pub fn difference(&self, name: &str, key: &str) -> Difference {
        let (name, key) = (name.to_owned(), key.to_owned());
        match self.owner {
            Owner::Host => Difference::Host(name, key),
            Owner::Https => Difference::Https(name, key),
            Owner::Attacker => Difference::Attacker(name, key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_the_healthy_host() {
        let healthy = TlsSetup::default();
        assert_eq!(healthy.versions, [TlsVersion::Tls12, TlsVersion::Tls13]);
        assert_eq!(healthy.groups, ["x25519", "secp256r1"]);
        assert!(healthy.met_by_hello().is_empty());
        assert!(
            healthy
                .met_by_certificate(Some("mx.example.test"))
                .is_empty()
        );
    }

    #[test]
    fn the_key_fits_the_suites() {
        // (suites, groups, key)
        let cases: [(Option<&[&str]>, &str, KeyKind); 6] = [
            (None, "x25519", KeyKind::EcdsaP256),
            (None, "dh-2048", KeyKind::Rsa2048),
            (
                Some(&["TLS_RSA_WITH_3DES_EDE_CBC_SHA"]),
                "x25519",
                KeyKind::Rsa2048,
            ),
            (
                Some(&["TLS_AES_128_GCM_SHA256"]),
                "x25519",
                KeyKind::EcdsaP256,
            ),
            (
                Some(&[
                    "TLS_RSA_WITH_AES_128_CBC_SHA",
                    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
                ]),
                "x25519",
                KeyKind::EcdsaP256,
            ),
            (Some(&[]), "x25519", KeyKind::EcdsaP256),
        ];
        for (ciphers, group, want) in cases {
            let setup = TlsSetup {
                ciphers: ciphers.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
                groups: vec![group.to_owned()],
                ..TlsSetup::default()
            };
            assert_eq!(setup.default_key(), want, "{ciphers:?} {group}");
        }
    }

    #[test]
    fn what_is_shown_is_chosen_by_name_without_regard_to_letter_case() {
        let setup = TlsSetup {
            sni: BTreeMap::from([
                ("MX.Example.test".to_owned(), Shown::Refuse),
                (String::new(), Shown::Refuse),
            ]),
            ..TlsSetup::default()
        };
        // (asked for, key of the table)
        let cases = [
            (Some("mx.example.TEST"), "sni"),
            (Some("other.test"), "certificate"),
            (None, "sni"),
        ];
        for (asked, want) in cases {
            assert_eq!(setup.shown(asked).1, want, "{asked:?}");
        }
    }
}
