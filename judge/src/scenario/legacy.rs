//! What a build without OpenSSL cannot do: TLS 1.0 and 1.1, unsound suites, odd groups and odd certificates.

use mtaspec_certs::CertificateSpec;

use super::{Client, Host, Shown, TlsVersion, World};

/// The suites of rustls with ring; all others are OpenSSL's.
const SOUND: [&str; 9] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

/// The groups of rustls with ring.
const SOUND_GROUPS: [&str; 3] = ["x25519", "secp256r1", "secp384r1"];

/// Whether any fake of a world needs OpenSSL, or the built-in engine does, by a floor below TLS 1.2 or by what it is
/// told to show.
pub(super) fn world(world: &World) -> bool {
    let hosts = world.hosts.values();
    let https = world.https.values();
    hosts
        .into_iter()
        .any(|one| host(one) || one.connections.iter().any(host))
        || https
            .into_iter()
            .any(|one| versions(&one.tls) || shown(&one.certificate) || one.sni.values().any(shown))
        || world.attackers.values().any(|attacker| {
            versions(&attacker.tls) || attacker.certificate.as_ref().is_some_and(certificate)
        })
        || world.settings.minimum_tls < TlsVersion::Tls12
        || world
            .settings
            .client_certificate
            .as_ref()
            .is_some_and(certificate)
}

/// Whether the harness as client needs OpenSSL.
pub(super) fn client(client: &Client) -> bool {
    client.tls.as_deref().is_some_and(versions)
        || client.ciphers.as_deref().is_some_and(suites)
        || client.certificate.as_ref().is_some_and(certificate)
}

fn host(host: &Host) -> bool {
    let quirks = ["no-extended-master-secret", "no-encrypt-then-mac"];
    // A scripted hello, and the refusal of every suite, need no stack at all.
    let is_scripted = host.quirks.iter().any(|quirk| quirk == "scripted-hello");
    let has_stack = !is_scripted
        && host
            .ciphers
            .as_ref()
            .is_none_or(|suites| !suites.is_empty());
    let needs_stack = versions(&host.tls)
        || host.ciphers.as_deref().is_some_and(suites)
        || host
            .groups
            .iter()
            .any(|group| !SOUND_GROUPS.contains(&group.as_str()))
        || host
            .quirks
            .iter()
            .any(|quirk| quirks.contains(&quirk.as_str()));
    (has_stack && needs_stack) || shown(&host.certificate) || host.sni.values().any(shown)
}

fn versions(versions: &[TlsVersion]) -> bool {
    versions
        .iter()
        .any(|version| matches!(version, TlsVersion::Tls10 | TlsVersion::Tls11))
}

fn suites(suites: &[String]) -> bool {
    suites.iter().any(|suite| !SOUND.contains(&suite.as_str()))
}

fn shown(shown: &Shown) -> bool {
    match shown {
        Shown::Certificate(spec) => certificate(spec),
        Shown::Refuse => false,
    }
}

fn certificate(spec: &CertificateSpec) -> bool {
    spec.needs_openssl()
}
