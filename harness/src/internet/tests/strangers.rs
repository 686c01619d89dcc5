//! Peers that nobody has named.

use std::net::SocketAddr;

use mtaspec_judge::scenario::HttpsHost;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpSocket, TcpStream};

use super::{Internet, Options, Role, now, stage};
use crate::internet::door::Allowed;
use crate::plan::{AddressMode, healthy_case};

async fn call(from: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(from.parse().unwrap()).unwrap();
    socket.connect(to).await.unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_peer_that_is_not_named_hears_nothing_from_a_fake_and_is_not_told_of() {
    let options = Options {
        addresses: AddressMode::At("127.78.0.1".parse().unwrap()),
        allowed: Allowed::only(["127.78.0.1".parse().unwrap()]),
        ..Options::at(now())
    };
    let internet = Internet::start(options).await.unwrap();
    let mut case = healthy_case();
    let https = &mut case.steps[0].world.https;
    https.insert("mta-sts.example.test".into(), HttpsHost::default());
    let staged = stage(&internet, case).await;
    let hosts = staged.world.hosts();
    assert_eq!(hosts.len(), 3);
    for host in &hosts {
        assert_eq!(host.real.ip().to_string(), "127.78.0.1");
        let mut stranger = call("127.78.0.2:0", host.real).await;
        let mut heard = Vec::new();
        let ended = stranger.read_to_end(&mut heard).await;
        assert!(ended.is_err() || heard.is_empty(), "{}", host.name);
    }
    assert_eq!(staged.recorder.events(), []);
    let mx = hosts.iter().find(|host| host.role == Role::Mx).unwrap();
    let mut friend = call("127.78.0.1:0", mx.real).await;
    let mut greeting = [0; 3];
    friend.read_exact(&mut greeting).await.unwrap();
    assert_eq!(&greeting, b"220");
}
