//! How much is said, and to whom.

use std::net::SocketAddr;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{Record, RecordType};
use mtaspec_judge::scenario::{MxRecord, World};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, UdpSocket};

use super::bench::{Bench, ask_tcp, ask_udp_raw, query, with_edns};
use crate::internet::door::{Allowed, Door};

/// More than any datagram of ours may have: fifty MX records with long names.
fn long_answer(world: &mut World) {
    let domain = world.domains.get_mut("example.test").unwrap();
    let record = |number| MxRecord {
        preference: 10,
        host: format!("m{number:0>60}.example.test"),
    };
    domain.mx = (0..50).map(record).collect();
}

#[tokio::test]
async fn an_answer_over_udp_has_at_most_1232_octets_and_the_rest_is_told_over_tcp() {
    let bench = Bench::new().await;
    let staged = bench.stage(long_answer);
    let name = staged.planned.names().labelled("example.test");
    let asked = query(&name, RecordType::MX);
    // (what the asker says he takes, the most that he gets)
    let cases = [
        (None, 512),
        (Some(100), 512),
        (Some(700), 700),
        (Some(1232), 1232),
        (Some(4096), 1232),
        (Some(65_535), 1232),
    ];
    for at in [bench.server.resolver(), bench.server.validating_resolver()] {
        for (payload, limit) in cases {
            for dnssec_ok in [false, true] {
                let asked = match payload {
                    Some(payload) => with_edns(asked.clone(), dnssec_ok, payload),
                    None => asked.clone(),
                };
                let bytes = ask_udp_raw(at, &asked).await;
                let answer = Message::from_vec(&bytes).unwrap();
                assert!(bytes.len() <= limit, "{payload:?}: {}", bytes.len());
                assert!(answer.metadata.truncation, "{payload:?}");
                assert_eq!(answer.edns.is_some(), payload.is_some(), "{payload:?}");
                let whole = ask_tcp(at, &asked).await;
                assert!(!whole.metadata.truncation);
                let is_mx = |record: &&Record| record.record_type() == RecordType::MX;
                assert_eq!(whole.answers.iter().filter(is_mx).count(), 50);
            }
        }
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_told_so_and_an_answer_is_not_answered() {
    let bench = Bench::new().await;
    let at = bench.server.resolver();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let asked = query("example.test", RecordType::A).to_vec().unwrap();
    let mut answer = asked.clone();
    answer[2] |= 0x80;
    let mut cut = asked.clone();
    cut.truncate(asked.len() - 3);
    // One after the other over one line: had the first two been answered, their answers would come first.
    for datagram in [&answer[..], &[0, 7], &cut] {
        socket.send_to(datagram, at).await.unwrap();
    }
    let mut bytes = [0; 512];
    let length = socket.recv(&mut bytes).await.unwrap();
    let said = Message::from_vec(&bytes[..length]).unwrap();
    assert_eq!(said.metadata.response_code, ResponseCode::FormErr);
    assert_eq!(bytes[..2], asked[..2]);
}

/// A datagram's asker at an address of his own.
async fn asker(from: &str) -> UdpSocket {
    UdpSocket::bind(SocketAddr::new(from.parse().unwrap(), 0))
        .await
        .unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_peer_that_is_not_named_hears_nothing_from_a_resolver() {
    let named: SocketAddr = "127.77.0.1:0".parse().unwrap();
    let allowed = Allowed::only(["127.77.0.1".parse().unwrap()]);
    let bench = Bench::behind(&Door::new(named, allowed)).await;
    let staged = bench.stage(|_| {});
    let at = bench.server.resolver();
    let name = staged.planned.names().labelled("example.test");
    let asked = query(&name, RecordType::MX).to_vec().unwrap();
    let (stranger, friend) = (asker("127.77.0.2").await, asker("127.77.0.1").await);
    for datagram in [&asked[..], &asked[..20], b"x"] {
        stranger.send_to(datagram, at).await.unwrap();
    }
    friend.send_to(&asked, at).await.unwrap();
    let mut bytes = [0; 512];
    // The resolver takes datagrams in their order: what the friend hears comes behind whatever the stranger would.
    assert!(friend.recv(&mut bytes).await.unwrap() > 12);
    assert!(stranger.try_recv(&mut bytes).is_err());

    for (from, want) in [("127.77.0.2:0", 0), ("127.77.0.1:0", 2)] {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(from.parse().unwrap()).unwrap();
        let mut stream = socket.connect(at).await.unwrap();
        let mut frame = u16::try_from(asked.len()).unwrap().to_be_bytes().to_vec();
        frame.extend_from_slice(&asked);
        // A connection that is closed already may refuse what is written.
        let _ = stream.write_all(&frame).await;
        let mut length = [0; 2];
        let heard = stream.read(&mut length).await.unwrap_or(0);
        assert_eq!(heard, want, "{from}");
    }
    let questions = staged.events().len();
    assert_eq!(questions, 2, "the stranger is not told of");
}
