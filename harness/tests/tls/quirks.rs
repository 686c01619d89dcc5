//! What a host does otherwise than a healthy one, each in both stacks where both can.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use mtaspec_harness::internet::tls::{ServerTls, TlsSetup};
use mtaspec_judge::events::{By, What};
use mtaspec_judge::scenario::TlsVersion;
use rustls::client::Resumption;
use rustls::{ClientConfig, ClientConnection};

use crate::client;
use crate::stage::{HOST, Seen, exchange, fake, serve};

/// One setup for each stack, with these quirks.
fn setups(quirks: &[&str]) -> [TlsSetup; 2] {
    let modern = TlsSetup {
        quirks: quirks.iter().map(|quirk| (*quirk).to_owned()).collect(),
        ..TlsSetup::default()
    };
    let old = TlsSetup {
        versions: vec![TlsVersion::Tls10, TlsVersion::Tls12, TlsVersion::Tls13],
        ..modern.clone()
    };
    [modern, old]
}

fn remembering(version: &'static rustls::SupportedProtocolVersion) -> ClientConfig {
    let mut config = client::config(&[version]);
    config.resumption = Resumption::in_memory_sessions(8);
    config.enable_early_data = true;
    config
}

fn resumed(seen: &Seen) -> Option<bool> {
    seen.events.iter().find_map(|event| match event {
        What::TlsEstablished { resumed, .. } => Some(*resumed),
        _ => None,
    })
}

async fn twice(fake: ServerTls, config: &ClientConfig) -> [Seen; 2] {
    let fake = Arc::new(fake);
    let (address, first) = serve(Arc::clone(&fake), None, b"").await;
    client::speak(address, config.clone(), HOST).await.unwrap();
    let first = first.await.unwrap();
    let (address, second) = serve(fake, None, b"").await;
    client::speak(address, config.clone(), HOST).await.unwrap();
    [first, second.await.unwrap()]
}

#[tokio::test]
async fn sessions_are_resumed_with_the_quirk_and_never_without() {
    for quirks in [&[][..], &["resumption"]] {
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            for setup in setups(quirks) {
                let seen = twice(fake(&setup).unwrap(), &remembering(version)).await;
                let want = !quirks.is_empty();
                assert_eq!(resumed(&seen[0]), Some(false));
                assert_eq!(resumed(&seen[1]), Some(want), "{:?}", setup.versions);
                let offers = format!("{:?}", seen[1].events);
                let tickets = version.version == rustls::ProtocolVersion::TLSv1_3
                    && offers.contains("pre_shared_key");
                assert!(want || !tickets, "a ticket was sent");
            }
        }
    }
}

/// A second connection that says its line in early data, if it may.
fn speak_early(address: SocketAddr, config: ClientConfig) -> (bool, String) {
    let mut tcp = std::net::TcpStream::connect(address).unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), HOST.try_into().unwrap()).unwrap();
    let early = match connection.early_data() {
        Some(mut early) => early.write(b"QUIT\r\n").unwrap() > 0,
        None => false,
    };
    let mut stream = rustls::Stream::new(&mut connection, &mut tcp);
    stream.flush().unwrap();
    if !stream.conn.is_early_data_accepted() {
        stream.write_all(b"QUIT\r\n").unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    (early, answer)
}

#[tokio::test]
async fn tickets_announce_early_data_with_the_quirk_alone() {
    for (quirks, want) in [
        (&["resumption"][..], false),
        (&["resumption", "early-data"], true),
    ] {
        for setup in setups(quirks) {
            let config = remembering(&rustls::version::TLS13);
            let fake = Arc::new(fake(&setup).unwrap());
            let (address, first) = serve(Arc::clone(&fake), None, b"").await;
            client::speak(address, config.clone(), HOST).await.unwrap();
            first.await.unwrap();
            let (address, second) = serve(fake, None, b"").await;
            let spoken = tokio::task::spawn_blocking(move || speak_early(address, config));
            let spoken = spoken.await.unwrap();
            let seen = second.await.unwrap();
            assert_eq!(
                spoken,
                (want, "221 bye\r\n".to_owned()),
                "{:?}",
                setup.versions
            );
            let Some(What::TlsOffered { early_data, .. }) = seen.events.first() else {
                panic!("{:?}", seen.events)
            };
            assert_eq!(*early_data, want);
            assert_eq!(resumed(&seen), Some(true));
        }
    }
}

#[tokio::test]
async fn a_protocol_that_nobody_offered_makes_a_sender_give_up() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for setup in setups(&["unoffered-alpn"]) {
            for (alpn, established) in [(Vec::new(), true), (vec![b"smtp".to_vec()], false)] {
                let mut config = client::config(&[version]);
                config.alpn_protocols = alpn;
                let (address, seen) = serve(Arc::new(fake(&setup).unwrap()), None, b"").await;
                assert_eq!(
                    client::speak(address, config, HOST).await.is_ok(),
                    established
                );
                let seen = seen.await.unwrap();
                assert_eq!(seen.established, established);
                let refused = matches!(seen.events.last(), Some(What::TlsFailed { by: By::Sender, alert: Some(alert), .. }) if alert == "illegal_parameter");
                assert_eq!(refused, !established, "{:?}", seen.events);
            }
        }
    }
}

#[tokio::test]
async fn the_extended_master_secret_is_missing_with_the_quirk_alone() {
    for (quirks, want) in [(&[][..], true), (&["no-extended-master-secret"], false)] {
        for setup in setups(quirks) {
            let mut config = client::config(&[&rustls::version::TLS12]);
            config.require_ems = true;
            let (address, seen) = serve(Arc::new(fake(&setup).unwrap()), None, b"").await;
            assert_eq!(client::speak(address, config, HOST).await.is_ok(), want);
            assert_eq!(seen.await.unwrap().established, want);
        }
    }
}

#[tokio::test]
async fn encrypt_then_mac_is_missing_with_the_quirk_alone() {
    // Up to TLS 1.2 the hello is in the clear: AES-128-CBC with RSA, and the extension of RFC 7366.
    let mut hello = vec![22, 3, 1, 0, 51, 1, 0, 0, 47, 3, 3];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0, 0x2f, 1, 0, 0, 4, 0, 22, 0, 0]);
    hello[4] = u8::try_from(hello.len() - 5).unwrap();
    hello[8] = u8::try_from(hello.len() - 9).unwrap();
    // A message that ends the handshake.
    hello.extend([22, 3, 3, 0, 4, 16, 0, 0, 0]);
    for (quirks, want) in [(&[][..], true), (&["no-encrypt-then-mac"], false)] {
        let setup = TlsSetup {
            versions: vec![TlsVersion::Tls12],
            ciphers: Some(vec!["TLS_RSA_WITH_AES_128_CBC_SHA".to_owned()]),
            ..setups(quirks)[0].clone()
        };
        let (address, seen) = serve(Arc::new(fake(&setup).unwrap()), None, b"").await;
        let answer = exchange(address, &hello).await;
        let end = 5 + usize::from(u16::from_be_bytes([answer[3], answer[4]]));
        let answered = answer[..end].windows(4).any(|bytes| bytes == [0, 22, 0, 0]);
        assert_eq!(answered, want);
        assert!(!seen.await.unwrap().established);
    }
}
