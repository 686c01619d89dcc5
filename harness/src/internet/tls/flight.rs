//! What a fake sent in a handshake, read back from its own bytes.
//!
//! Which stack served is of no matter then: version, suite, group, alert and whether the certificate went out are
//! seen as the sender saw them (RFC 8446 §4.1.3, RFC 5246 §7.4, RFC 8422 §5.4). Never fails: what cannot be read is
//! left out.

use super::client_hello::Bytes;
use super::names;
use super::suites::{KeyExchange, key_exchange, suite_name};

/// RFC 8446 §4.1.3: the random value of a HelloRetryRequest.
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];
const TLS13: u16 = 0x0304;

/// The server's side of a handshake, as far as it was in the clear.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Flight {
    /// Of the ServerHello.
    pub(super) version: Option<u16>,
    /// Of the ServerHello.
    pub(super) suite: Option<u16>,
    /// The group of the key agreement.
    pub(super) group: Option<String>,
    /// A certificate went out.
    pub(super) certificate: bool,
    /// A session is resumed.
    pub(super) resumed: bool,
    /// The last alert in the clear.
    pub(super) alert: Option<u8>,
}

impl Flight {
    /// Reads all records that are complete.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut flight = Self::default();
        let mut messages = Vec::new();
        let mut rest = Bytes(bytes);
        let mut secret = false;
        while let Some((kind, body)) = next_record(&mut rest) {
            match kind {
                20 if flight.version.is_some_and(|version| version < TLS13) => secret = true,
                21 if !secret && body.len() == 2 => flight.alert = Some(body[1]),
                22 if !secret => messages.extend_from_slice(body),
                23 if flight.is_tls13(&messages) => {
                    secret = true;
                    flight.read_messages(&messages);
                    flight.certificate = !flight.resumed;
                }
                _ => {}
            }
            flight.version = version_in(&messages);
        }
        flight.read_messages(&messages);
        // RFC 5246 §7.3: an abbreviated handshake goes from the hello straight to the change of keys.
        if secret && !flight.certificate {
            flight.resumed = true;
        }
        flight
    }

    /// A ServerHello went out, and is no HelloRetryRequest.
    pub(super) fn is_out(&self) -> bool {
        self.suite.is_some()
    }

    fn is_tls13(&self, messages: &[u8]) -> bool {
        self.version.or_else(|| version_in(messages)) == Some(TLS13)
    }

    fn read_messages(&mut self, messages: &[u8]) {
        let mut rest = Bytes(messages);
        while let Some((kind, body)) = next_message(&mut rest) {
            match kind {
                2 => {
                    if let Some(hello) = read_server_hello(body) {
                        self.version = Some(hello.version);
                        self.suite = Some(hello.suite);
                        self.group = hello.group.map(names::group_name);
                        self.resumed = hello.psk;
                    }
                }
                11 => self.certificate = true,
                12 => self.group = self.suite.and_then(|suite| agreed_group(suite, body)),
                _ => {}
            }
        }
    }
}

/// The first alert in the clear; encrypted ones are longer, or are no records of their own kind.
pub(super) fn alert_in(bytes: &[u8]) -> Option<u8> {
    let mut rest = Bytes(bytes);
    std::iter::from_fn(|| next_record(&mut rest))
        .find(|(kind, body)| *kind == 21 && body.len() == 2)
        .map(|(_, body)| body[1])
}

/// Whether a client's certificate is among what it sent. Below TLS 1.3 it can be read there; from then on a flight that
/// is longer than any Finished has one.
pub(super) fn shows_certificate(bytes: &[u8]) -> bool {
    const LONGER_THAN_FINISHED: usize = 200;
    let (mut messages, mut in_the_clear, mut secret) = (Vec::new(), true, 0);
    let mut rest = Bytes(bytes);
    while let Some((kind, body)) = next_record(&mut rest) {
        match kind {
            20 => in_the_clear = false,
            22 if in_the_clear => messages.extend_from_slice(body),
            23 => secret += body.len(),
            _ => {}
        }
    }
    // RFC 5246 §7.4.6: a client without a certificate sends an empty list, which is three octets of length.
    let mut rest = Bytes(&messages);
    let shown = std::iter::from_fn(|| next_message(&mut rest))
        .any(|(kind, body)| kind == 11 && body.len() > 3);
    shown || secret > LONGER_THAN_FINISHED
}

/// The bytes end within an alert in the clear.
#[cfg(feature = "legacy-tls")]
pub(super) fn ends_in_alert_head(bytes: &[u8]) -> bool {
    let mut rest = Bytes(bytes);
    let mut tail = bytes;
    while next_record(&mut rest).is_some() {
        tail = rest.0;
    }
    matches!(tail, [21, _, _, 0, 2] | [21, _, _, 0, 2, _])
}

fn next_record<'a>(rest: &mut Bytes<'a>) -> Option<(u8, &'a [u8])> {
    let kind = rest.take(1)?[0];
    rest.take(2)?;
    Some((kind, rest.vector()?.0))
}

fn next_message<'a>(rest: &mut Bytes<'a>) -> Option<(u8, &'a [u8])> {
    let head = rest.take(4)?;
    let length = u32::from_be_bytes([0, head[1], head[2], head[3]]);
    Some((head[0], rest.take(usize::try_from(length).ok()?)?))
}

fn version_in(messages: &[u8]) -> Option<u16> {
    let mut rest = Bytes(messages);
    std::iter::from_fn(|| next_message(&mut rest))
        .filter(|(kind, _)| *kind == 2)
        .find_map(|(_, body)| read_server_hello(body))
        .map(|hello| hello.version)
}

struct ServerHello {
    version: u16,
    suite: u16,
    group: Option<u16>,
    psk: bool,
}

/// None for a HelloRetryRequest.
fn read_server_hello(body: &[u8]) -> Option<ServerHello> {
    let mut rest = Bytes(body);
    let mut version = rest.number()?;
    if rest.take(32)? == RETRY {
        return None;
    }
    rest.short_vector()?;
    let suite = rest.number()?;
    rest.take(1)?;
    let (mut group, mut psk) = (None, false);
    let mut extensions = rest.vector().unwrap_or(Bytes(&[]));
    while let Some(kind) = extensions.number() {
        let mut data = extensions.vector()?;
        match kind {
            41 => psk = true,
            43 => version = data.number()?,
            51 => group = data.number(),
            _ => {}
        }
    }
    Some(ServerHello {
        version,
        suite,
        group,
        psk,
    })
}

/// Of a ServerKeyExchange: a named curve, or a prime by its length.
fn agreed_group(suite: u16, body: &[u8]) -> Option<String> {
    let mut rest = Bytes(body);
    match key_exchange(&suite_name(suite)) {
        KeyExchange::Ecdhe => (rest.take(1)?[0] == 3)
            .then_some(())
            .and_then(|()| rest.number())
            .map(names::group_name),
        KeyExchange::Dhe => {
            let prime = rest.vector()?.0;
            let zeros = prime.iter().take_while(|byte| **byte == 0).count();
            Some(format!("dh-{}", (prime.len() - zeros) * 8))
        }
        KeyExchange::Separate | KeyExchange::Rsa | KeyExchange::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![kind, 0];
        bytes.extend(u16::try_from(body.len()).expect("short").to_be_bytes());
        bytes.extend(body);
        bytes
    }

    fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![kind, 3, 3];
        bytes.extend(u16::try_from(body.len()).expect("short").to_be_bytes());
        bytes.extend(body);
        bytes
    }

    fn hello(random: [u8; 32], suite: [u8; 2], extensions: &[u8]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend(random);
        body.push(0);
        body.extend(suite);
        body.push(0);
        body.extend(
            u16::try_from(extensions.len())
                .expect("short")
                .to_be_bytes(),
        );
        body.extend(extensions);
        message(2, &body)
    }

    #[test]
    fn a_retry_is_no_hello_and_the_hello_after_it_counts() {
        let selected = [0, 43, 0, 2, 3, 4];
        let retry = record(22, &hello(RETRY, [0x13, 1], &selected));
        assert!(!Flight::read(&retry).is_out());
        let answer = [&selected[..], &[0, 51, 0, 4, 0, 29, 0, 0]].concat();
        let mut bytes = retry;
        bytes.extend(record(22, &hello([1; 32], [0x13, 1], &answer)));
        bytes.extend(record(23, b"secret"));
        let want = Flight {
            version: Some(0x0304),
            suite: Some(0x1301),
            group: Some("x25519".to_owned()),
            certificate: true,
            ..Flight::default()
        };
        assert_eq!(Flight::read(&bytes), want);
    }

    #[test]
    fn an_alert_counts_only_in_the_clear() {
        let mut bytes = record(22, &hello([1; 32], [0, 0x2f], &[]));
        bytes.extend(record(20, &[1]));
        bytes.extend(record(21, &[2, 40]));
        let flight = Flight::read(&bytes);
        assert_eq!((flight.alert, flight.resumed), (None, true));
        assert_eq!(Flight::read(&record(21, &[2, 40])).alert, Some(40));
    }

    #[test]
    fn a_certificate_counts_only_if_there_is_one_in_the_message() {
        let change = record(20, &[1]);
        // (bytes, is one shown?)
        let cases = [
            (record(22, &message(11, &[0, 0, 0])), false),
            (record(22, &message(11, &[0, 0, 1, 0])), true),
            (
                [change.clone(), record(22, &message(11, &[0, 0, 1, 0]))].concat(),
                false,
            ),
            ([change.clone(), record(23, &[0; 58])].concat(), false),
            ([change, record(23, &[0; 700])].concat(), true),
        ];
        for (bytes, want) in cases {
            assert_eq!(shows_certificate(&bytes), want, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 20_u8..24) {
            Flight::read(&bytes);
            Flight::read(&record(kind, &bytes));
            Flight::read(&record(22, &message(2, &bytes)));
            alert_in(&bytes);
            shows_certificate(&bytes);
            shows_certificate(&record(kind, &message(11, &bytes)));
        }
    }
}
