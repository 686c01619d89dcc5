//! What stands at the beginning of TLS, hello or not.

use std::sync::Arc;

use mtaspec_harness::internet::tls::{
    HelloTrouble, Opening, TlsSetup, read_first_flight, suite_name,
};
use mtaspec_judge::events::What;
use proptest::prelude::*;
use rustls::ClientConnection;
use tokio::runtime;

use crate::client;
use crate::stage::{HOST, exchange, fake, serve};

fn read(stream: &[u8], early: &[u8]) -> mtaspec_harness::internet::tls::FirstFlight {
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    let mut stream = stream;
    runtime
        .block_on(read_first_flight(&mut stream, early.to_vec()))
        .unwrap()
}

/// One record as a rustls client writes it.
pub(crate) fn record() -> Vec<u8> {
    let mut config = client::modern();
    config.alpn_protocols = vec![b"smtp".to_vec()];
    let mut connection = ClientConnection::new(Arc::new(config), HOST.try_into().unwrap()).unwrap();
    let mut bytes = Vec::new();
    connection.write_tls(&mut bytes).unwrap();
    bytes
}

/// The same hello in records of at most so many bytes.
fn split(record: &[u8], size: usize) -> Vec<u8> {
    record[5..]
        .chunks(size)
        .flat_map(|piece| {
            let mut bytes = vec![22, 3, 1];
            bytes.extend(u16::try_from(piece.len()).unwrap().to_be_bytes());
            bytes.extend(piece);
            bytes
        })
        .collect()
}

#[test]
fn a_hello_says_what_the_client_was_told_to_offer() {
    let Opening::Hello(hello) = read(&record(), b"").opening else {
        panic!()
    };
    let What::TlsOffered {
        sni,
        versions,
        ciphers,
        groups,
        alpn,
        extensions,
        early_data,
        compression,
        ..
    } = hello.event()
    else {
        panic!()
    };
    assert_eq!(sni.as_deref(), Some(HOST));
    assert_eq!(versions, ["1.3", "1.2"]);
    let offered: Vec<String> = client::modern()
        .crypto_provider()
        .cipher_suites
        .iter()
        .map(|suite| suite_name(suite.suite().into()))
        .collect();
    assert_eq!(ciphers[..offered.len()], offered);
    assert_eq!(
        ciphers.last().map(String::as_str),
        Some("TLS_EMPTY_RENEGOTIATION_INFO_SCSV")
    );
    assert_eq!(groups, ["x25519", "secp256r1", "secp384r1"]);
    assert_eq!(alpn, ["smtp"]);
    assert!(extensions.contains(&"extended_master_secret".to_owned()));
    assert!(!early_data && !compression);
}

#[test]
fn a_hello_that_offers_to_compress_says_so() {
    let mut record = record();
    // Behind the headers, the version and the random come the session id, the suites and the compression methods.
    let mut at = 5 + 4 + 2 + 32;
    at += 1 + usize::from(record[at]);
    at += 2 + usize::from(u16::from_be_bytes([record[at], record[at + 1]]));
    assert_eq!(record[at..at + 2], [1, 0]);
    record[at + 1] = 1;
    let Opening::Hello(hello) = read(&record, b"").opening else {
        panic!()
    };
    assert!(matches!(
        hello.event(),
        What::TlsOffered {
            compression: true,
            ..
        }
    ));
}

#[tokio::test]
async fn what_is_no_hello_is_named_and_answered_with_an_alert_at_once() {
    // (bytes, what it is, alert)
    let cases: [(&[u8], HelloTrouble, u8); 11] = [
        (
            b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10",
            HelloTrouble::Ssl2Hello,
            70,
        ),
        (b"EHLO again\r\n", HelloTrouble::Plaintext, 70),
        (b"GET / HTTP/1.0\r\n\r\n", HelloTrouble::Plaintext, 70),
        (b"\x00\x00\x00\x00\x00", HelloTrouble::NoRecord, 70),
        (b"\xff\xff\xff\xff\xff", HelloTrouble::NoRecord, 70),
        (b"\x16\x03\x01\x00\x00", HelloTrouble::EmptyRecord, 70),
        (b"\x16\x03\x01\x40\x01\x01", HelloTrouble::LongRecord, 22),
        (
            b"\x16\x03\x01\x00\x0c\x01\x00\x00\x08\x03\x03abcdef",
            HelloTrouble::Malformed,
            50,
        ),
        (
            b"\x16\x03\x01\x00\x04\x02\x00\x00\x00",
            HelloTrouble::OtherMessage,
            10,
        ),
        (
            b"\x16\x03\x01\x00\x04\x01\xff\x00\x00",
            HelloTrouble::LongHello,
            47,
        ),
        (b"\x17\x03\x03\x00\x01\x00", HelloTrouble::OtherRecord, 10),
    ];
    let fake = Arc::new(fake(&TlsSetup::default()).unwrap());
    for (bytes, want, alert) in cases {
        assert_eq!(
            tokio::task::spawn_blocking(move || read(bytes, b""))
                .await
                .unwrap()
                .opening,
            Opening::Trouble(want),
            "{bytes:?}"
        );
        let (address, seen) = serve(Arc::clone(&fake), None, b"").await;
        assert_eq!(
            exchange(address, bytes).await,
            [21, 3, 1, 0, 2, 2, alert],
            "{want}"
        );
        assert!(!seen.await.unwrap().established);
    }
    let cut = read_first_flight(&mut &b"\x16\x03\x01\x02\x00\x01\x00"[..], Vec::new())
        .await
        .unwrap();
    assert_eq!(cut.opening, Opening::Trouble(HelloTrouble::Cut));
    let alert = read_first_flight(&mut &b"\x15\x03\x01\x00\x02\x02\x28"[..], Vec::new())
        .await
        .unwrap();
    assert_eq!(alert.opening, Opening::Alert(40));
}

#[tokio::test]
async fn plaintext_behind_starttls_is_captured_and_tls_goes_on() {
    let fake = Arc::new(fake(&TlsSetup::default()).unwrap());
    let (address, seen) = serve(
        fake,
        None,
        b"MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\n",
    )
    .await;
    client::speak(address, client::modern(), HOST)
        .await
        .unwrap();
    let seen = seen.await.unwrap();
    assert!(seen.established);
    assert_eq!(
        seen.plaintext,
        b"MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\n"
    );
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(stream in proptest::collection::vec(any::<u8>(), 0..300), early in proptest::collection::vec(any::<u8>(), 0..40)) {
        read(&stream, &early);
    }

    #[test]
    fn no_change_to_a_hello_makes_the_reader_panic(at in 0..200_usize, byte: u8, length in 0..400_usize) {
        let mut bytes = record();
        bytes[at] = byte;
        bytes.truncate(length.max(at + 1));
        read(&bytes, b"");
    }

    #[test]
    fn a_hello_reads_the_same_however_it_is_split(size in 1..600_usize, ahead in 0..600_usize) {
        let whole = record();
        let pieces = split(&whole, size);
        let ahead = ahead.min(pieces.len());
        let first = read(&pieces[ahead..], &pieces[..ahead]);
        prop_assert_eq!(&first.raw, &pieces);
        let (Opening::Hello(mut hello), Opening::Hello(want)) = (first.opening, read(&whole, b"").opening) else {
            return Err(TestCaseError::fail("no hello"));
        };
        prop_assert_eq!(hello.records, whole[5..].len().div_ceil(size));
        hello.records = 1;
        prop_assert_eq!(hello, want);
    }
}
