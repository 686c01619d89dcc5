//! What the first flight of either stack says that no receiver of the suite is asked about (RFC 9325 §3.3, §4.5).

use tokio::io::AsyncReadExt;

use super::{PeerName, Stack};
use crate::address::DomainName;
use crate::outside::Outside;
use crate::settings::{Settings, TlsVersion};

/// The extension `signature_algorithms` (RFC 8446 §4.2).
const SIGNATURE_ALGORITHMS: u16 = 13;
/// SHA-256 with ECDSA, with RSA-PSS and with RSA as it was before (RFC 8446 §4.2.3).
const WITH_SHA_256: [u16; 3] = [0x0403, 0x0804, 0x0401];

/// A `ClientHello`, as far as it is looked at here.
struct Hello {
    compressions: Vec<u8>,
    extensions: Vec<(u16, Vec<u8>)>,
}

/// Bytes that are read from the front.
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn take(&mut self, length: usize) -> &'b [u8] {
        let (head, rest) = self.0.split_at(length);
        self.0 = rest;
        head
    }

    fn number(&mut self, octets: usize) -> usize {
        let bytes = self.take(octets).iter();
        bytes.fold(0, |number, byte| number << 8 | usize::from(*byte))
    }

    /// What has its length before it.
    fn counted(&mut self, octets: usize) -> Self {
        let length = self.number(octets);
        Bytes(self.take(length))
    }
}

impl Hello {
    /// Reads the body of a handshake message (RFC 8446 §4.1.2).
    fn read(mut body: Bytes<'_>) -> Self {
        body.take(2 + 32);
        body.counted(1);
        body.counted(2);
        let compressions = body.counted(1).0.to_vec();
        let mut left = body.counted(2);
        let mut extensions = Vec::new();
        while !left.0.is_empty() {
            let kind = u16::try_from(left.number(2)).unwrap();
            extensions.push((kind, left.counted(2).0.to_vec()));
        }
        Self {
            compressions,
            extensions,
        }
    }

    fn schemes(&self) -> Vec<u16> {
        let (_, value) = (self.extensions.iter())
            .find(|(kind, _)| *kind == SIGNATURE_ALGORITHMS)
            .unwrap();
        let mut list = Bytes(value).counted(2);
        let mut schemes = Vec::new();
        while !list.0.is_empty() {
            schemes.push(u16::try_from(list.number(2)).unwrap());
        }
        schemes
    }
}

/// The hello for each floor of the settings and each way to ask for it, with words for both.
async fn hellos() -> Vec<(String, Hello)> {
    let floors: &[TlsVersion] = if cfg!(feature = "legacy-tls") {
        &[
            TlsVersion::Tls10,
            TlsVersion::Tls11,
            TlsVersion::Tls12,
            TlsVersion::Tls13,
        ]
    } else {
        &[TlsVersion::Tls12, TlsVersion::Tls13]
    };
    let mut hellos = Vec::new();
    for floor in floors {
        for authenticates in [false, true] {
            let hostname = DomainName::parse("subject.home.test").unwrap();
            let mut settings = Settings::new(hostname, Vec::new());
            settings.minimum_tls = *floor;
            let stack = Stack::new(&settings, Outside::system().clock).unwrap();
            let peer = PeerName::Host(DomainName::parse("mx.example.test").unwrap());
            let (here, mut there) = tokio::io::duplex(64 * 1_024);
            let handshake = stack.handshake(Box::new(here), &peer, authenticates);
            let first_flight = async {
                let mut record = [0; 5];
                there.read_exact(&mut record).await.unwrap();
                let mut body = vec![0; usize::from(u16::from_be_bytes([record[3], record[4]]))];
                there.read_exact(&mut body).await.unwrap();
                drop(there);
                body
            };
            let (_, body) = tokio::join!(handshake, first_flight);
            let mut body = Bytes(&body);
            assert_eq!(body.take(1), [1], "the first message is a ClientHello");
            let hello = Hello::read(body.counted(3));
            hellos.push((
                format!("floor {floor:?}, authenticates: {authenticates}"),
                hello,
            ));
        }
    }
    hellos
}

#[tokio::test]
async fn every_hello_names_sha_256_among_its_signature_schemes() {
    for (which, hello) in hellos().await {
        let schemes = hello.schemes();
        let named = WITH_SHA_256
            .iter()
            .filter(|scheme| schemes.contains(scheme));
        assert_eq!(named.count(), WITH_SHA_256.len(), "{which}: {schemes:04x?}");
    }
}

#[tokio::test]
async fn no_hello_offers_to_compress() {
    for (which, hello) in hellos().await {
        // Zero is the method that compresses nothing.
        assert_eq!(hello.compressions, [0], "{which}");
    }
}
