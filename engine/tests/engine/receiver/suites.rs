//! Every suite and version that either stack takes, really handshaken, and told in the trace field as OpenSSL tells it.

use std::pin::Pin;

use mtaspec_engine::Service;
use mtaspec_engine::settings::{OwnCertificate, TlsVersion};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::ssl::{Ssl, SslContext, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::{X509, X509Name};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::BufReader;

use super::client::{Client, Reception};

/// A certificate with an RSA key, which rcgen does not make.
fn rsa() -> OwnCertificate {
    let key = PKey::from_rsa(Rsa::generate(2_048).unwrap()).unwrap();
    let mut leaf = X509::builder().unwrap();
    leaf.set_version(2).unwrap();
    let number = BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap();
    leaf.set_serial_number(&number).unwrap();
    let name = X509Name::builder().unwrap().build();
    leaf.set_subject_name(&name).unwrap();
    leaf.set_issuer_name(&name).unwrap();
    leaf.set_not_before(&Asn1Time::from_unix(0).unwrap())
        .unwrap();
    leaf.set_not_after(&Asn1Time::from_unix(4_000_000_000).unwrap())
        .unwrap();
    leaf.set_pubkey(&key).unwrap();
    leaf.sign(&key, MessageDigest::sha256()).unwrap();
    OwnCertificate {
        chain: vec![CertificateDer::from(leaf.build().to_der().unwrap())],
        key: PrivateKeyDer::try_from(key.private_key_to_pkcs8().unwrap()).unwrap(),
    }
}

/// A version, in the words of OpenSSL and of the trace field.
type Version = (SslVersion, &'static str);

const TLS10: Version = (SslVersion::TLS1, "TLS1_0");
const TLS11: Version = (SslVersion::TLS1_1, "TLS1_1");
const TLS12: Version = (SslVersion::TLS1_2, "TLS1_2");
const TLS13: Version = (SslVersion::TLS1_3, "TLS1_3");

/// A client that offers one version and these suites; none if the handshake fails. With it the suite that came of it:
/// its name, its registered name, and its bits.
async fn handshake(
    client: Client,
    (version, _): Version,
    suites: &str,
) -> Option<(Client, [String; 3])> {
    let mut builder = SslContext::builder(SslMethod::tls_client()).unwrap();
    builder.set_security_level(0);
    builder.set_min_proto_version(Some(version)).unwrap();
    builder.set_max_proto_version(Some(version)).unwrap();
    builder.set_verify(SslVerifyMode::NONE);
    if version == SslVersion::TLS1_3 {
        builder.set_ciphersuites(suites).unwrap();
    } else {
        builder
            .set_cipher_list(&format!("{suites}:@SECLEVEL=0"))
            .unwrap();
    }
    let session = Ssl::new(&builder.build()).unwrap();
    let stream = client.stream.into_inner();
    let mut stream = tokio_openssl::SslStream::new(session, stream).unwrap();
    Pin::new(&mut stream).connect().await.ok()?;
    let cipher = stream.ssl().current_cipher().unwrap();
    let bits = cipher.bits();
    let told = [
        cipher.name().to_owned(),
        cipher.standard_name().unwrap().to_owned(),
        format!("{}/{}", bits.secret, bits.algorithm),
    ];
    let client = Client {
        stream: BufReader::new(Box::new(stream)),
    };
    Some((client, told))
}

/// A client of a service that has come so far as its handshake.
async fn secured(
    reception: &Reception,
    service: Service,
    version: Version,
    suites: &str,
) -> Option<(Client, [String; 3])> {
    let mut client = reception.connect(service).await;
    if service == Service::Submissions {
        let (mut client, told) = handshake(client, version, suites).await?;
        client.reply().await;
        return Some((client, told));
    }
    client.codes(&["EHLO a.test", "STARTTLS"]).await;
    handshake(client, version, suites).await
}

const OF_TLS13: &[&str] = &[
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
];
const OF_BOTH_STACKS: &[&str] = &[
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "CHACHA20-POLY1305",
];
const WITH_SHA2: &[&str] = &["AES128-SHA256"];
const WITH_SHA1: &[&str] = &["AES128-SHA", "AES256-SHA", "DES-CBC3-SHA"];
const WITHOUT_FORWARD_SECRECY: &[&str] = &[
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA256",
    "AES256-SHA256",
];

/// Version and suite, of all that the stack takes with a key of this kind.
fn taken(floor: TlsVersion, kind: &str) -> Vec<(Version, String)> {
    let mut taken: Vec<(Version, String)> = OF_TLS13
        .iter()
        .map(|suite| (TLS13, (*suite).to_owned()))
        .collect();
    let mut add = |versions: &[Version], prefix: &str, suites: &[&str]| {
        for version in versions {
            taken.extend(
                suites
                    .iter()
                    .map(|suite| (*version, format!("{prefix}{suite}"))),
            );
        }
    };
    let ephemeral = format!("ECDHE-{kind}-");
    add(&[TLS12], &ephemeral, OF_BOTH_STACKS);
    if floor < TlsVersion::Tls12 {
        let all = [TLS10, TLS11, TLS12];
        add(&[TLS12], &ephemeral, WITH_SHA2);
        add(&[TLS12], &ephemeral, &["AES256-SHA384"]);
        add(&all, &ephemeral, WITH_SHA1);
        if kind == "RSA" {
            add(&[TLS12], "", WITHOUT_FORWARD_SECRECY);
            add(&all, "", WITH_SHA1);
        }
    }
    taken
}

#[tokio::test]
async fn the_trace_field_is_right_for_every_suite_and_version() {
    for floor in [TlsVersion::Tls12, TlsVersion::Tls10] {
        for kind in ["RSA", "ECDSA"] {
            let reception = Reception::new(|settings| {
                settings.minimum_tls = floor;
                if kind == "RSA" {
                    settings.receiving.certificate = Some(rsa());
                }
            })
            .await;
            for (version, suite) in taken(floor, kind) {
                let before = reception.scene.home.messages().len();
                let (mut client, [name, _, bits]) =
                    secured(&reception, Service::Mx, version, &suite)
                        .await
                        .unwrap_or_else(|| panic!("{suite} in {} with {floor:?}", version.1));
                let codes = client
                    .codes(&[
                        "EHLO a.test",
                        "MAIL FROM:<a@example.test>",
                        "RCPT TO:<user@home.test>",
                        "DATA",
                        "From: a@example.test\r\n\r\nx\r\n.",
                    ])
                    .await;
                assert_eq!(codes[4], "250");
                let content = reception.came_home(before).await;
                let want = format!("(version={} cipher={name} bits={bits})\r\n", version.1);
                assert!(content.contains(&want), "{content} has no {want}");
                assert!(content.contains(" with ESMTPS;"), "{content}");
            }
        }
    }
}

#[tokio::test]
async fn submission_names_the_suite_as_it_is_registered() {
    let reception = Reception::new(|settings| settings.minimum_tls = TlsVersion::Tls10).await;
    for (version, suite) in taken(TlsVersion::Tls10, "ECDSA") {
        if suite.ends_with("CBC3-SHA") {
            continue;
        }
        let before = reception.scene.home.messages().len();
        let (mut client, [_, registered, _]) =
            secured(&reception, Service::Submissions, version, &suite)
                .await
                .unwrap();
        let codes = client
            .codes(&[
                "EHLO a.test",
                "AUTH PLAIN AGFubmEAc2VjcmV0",
                "MAIL FROM:<anna@home.test>",
                "RCPT TO:<user@home.test>",
                "DATA",
                "From: anna@home.test\r\n\r\nx\r\n.",
            ])
            .await;
        assert_eq!(codes[5], "250");
        let content = reception.came_home(before).await;
        let want = format!(" with ESMTPSA tls {registered};");
        assert!(content.contains(&want), "{content} has no {want}");
    }
}

#[tokio::test]
async fn the_receiver_picks_the_stronger_suite_wherever_it_stands() {
    // (floor, what the client offers, what comes of it)
    let cases = [
        (
            TlsVersion::Tls10,
            "AES128-SHA:ECDHE-RSA-AES128-SHA:AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
            "ECDHE-RSA-AES128-GCM-SHA256",
        ),
        (TlsVersion::Tls10, "DES-CBC3-SHA:AES128-SHA", "AES128-SHA"),
        (
            TlsVersion::Tls12,
            "AES128-SHA:AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
            "ECDHE-RSA-AES128-GCM-SHA256",
        ),
    ];
    for (floor, offered, want) in cases {
        let reception = Reception::new(|settings| {
            settings.minimum_tls = floor;
            settings.receiving.certificate = Some(rsa());
        })
        .await;
        let (_, [name, ..]) = secured(&reception, Service::Mx, TLS12, offered)
            .await
            .unwrap();
        assert_eq!(name, want);
    }
}

#[tokio::test]
async fn versions_below_the_floor_are_not_spoken() {
    // (floor, version, is it spoken?)
    let cases = [
        (TlsVersion::Tls10, TLS10, true),
        (TlsVersion::Tls11, TLS10, false),
        (TlsVersion::Tls11, TLS11, true),
        (TlsVersion::Tls12, TLS11, false),
        (TlsVersion::Tls12, TLS12, true),
        (TlsVersion::Tls13, TLS12, false),
        (TlsVersion::Tls13, TLS13, true),
    ];
    for (floor, version, want) in cases {
        let reception = Reception::new(|settings| settings.minimum_tls = floor).await;
        let suites = if version.0 == SslVersion::TLS1_3 {
            "TLS_AES_128_GCM_SHA256"
        } else {
            "ALL"
        };
        let secured = secured(&reception, Service::Mx, version, suites).await;
        assert_eq!(secured.is_some(), want, "{} with {floor:?}", version.1);
    }
}

#[tokio::test]
async fn a_server_that_demands_tls_takes_no_weak_suite() {
    let reception = Reception::new(|settings| {
        settings.minimum_tls = TlsVersion::Tls10;
        settings.receiving.demand_tls = true;
    })
    .await;
    let weak = "ECDHE-ECDSA-DES-CBC3-SHA";
    for service in [Service::Mx, Service::Submission, Service::Submissions] {
        let (mut client, _) = secured(&reception, service, TLS12, weak).await.unwrap();
        for command in [
            "EHLO a.test",
            "NOOP",
            "MAIL FROM:<a@b.test>",
            "AUTH PLAIN =",
            "RSET",
        ] {
            let reply = client.say(command).await;
            assert!(reply.starts_with("554 5.7.0"), "{command}: {reply}");
        }
        assert!(client.say("QUIT").await.starts_with("221 2.0.0"));
        let strong = "ECDHE-ECDSA-AES128-SHA";
        let (mut client, _) = secured(&reception, service, TLS10, strong).await.unwrap();
        assert!(client.say("EHLO a.test").await.starts_with("250-"));
    }
}
