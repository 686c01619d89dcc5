//! Bytes that are no questions.

use hickory_proto::rr::RecordType;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpStream, UdpSocket};

use super::bench::{Bench, ask_tcp, ask_udp, query, text};

/// Questions with some octets changed, and octets of any kind.
fn datagrams(seed: Vec<u8>) -> Vec<Vec<u8>> {
    let anything = prop::collection::vec(any::<u8>(), 0..600);
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6);
    let changed = changes.prop_map(move |changes| {
        let mut bytes = seed.clone();
        for (at, octet) in changes {
            let at = at.index(bytes.len());
            bytes[at] = octet;
        }
        bytes
    });
    let strategy = prop::collection::vec(prop_oneof![anything, changed], 300);
    let mut runner = TestRunner::deterministic();
    strategy.new_tree(&mut runner).unwrap().current()
}

#[tokio::test]
async fn the_server_survives_any_bytes() {
    let bench = Bench::new().await;
    let staged = bench.stage(|_| {});
    let name = staged.planned.names().labelled("mx.example.test");
    let asked = query(&name, RecordType::A);
    let at = bench.server.resolver();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for datagram in datagrams(asked.to_vec().unwrap()) {
        socket.send_to(&datagram, at).await.unwrap();
        let mut stream = TcpStream::connect(at).await.unwrap();
        // The server may close while it still reads: that is its right.
        let _ = stream.write_all(&datagram).await;
    }
    for answer in [ask_udp(at, &asked).await, ask_tcp(at, &asked).await] {
        assert!(text(&answer).starts_with("No Error |"), "{}", text(&answer));
    }
}
