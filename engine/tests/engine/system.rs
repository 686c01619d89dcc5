//! The engine with the system's clock, sockets and tasks, and peers on loopback.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use mtaspec_engine::outside::{Network, Outside, Stream, SystemNetwork};
use mtaspec_engine::{Engine, Options, Service};
use tokio::net::{TcpListener, UdpSocket};

use crate::peer::Host;
use crate::scene::Scene;

/// The system's network, with the port of receivers led to one that is free.
struct Led(SocketAddr);

#[async_trait]
impl Network for Led {
    async fn connect(&self, to: SocketAddr) -> io::Result<Box<dyn Stream>> {
        SystemNetwork
            .connect(if to.port() == 25 { self.0 } else { to })
            .await
    }

    async fn exchange(&self, to: SocketAddr, datagram: &[u8]) -> io::Result<Vec<u8>> {
        SystemNetwork.exchange(to, datagram).await
    }
}

#[tokio::test]
async fn a_message_goes_over_real_sockets() {
    let scene = Scene::new(Host::with_tls);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let resolver = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let outside = Outside {
        network: Arc::new(Led(listener.local_addr().unwrap())),
        ..Outside::system()
    };
    let mut settings =
        scene.settings(|settings| settings.rules.push(Scene::rule("example.test", "t")));
    settings.resolvers = vec![resolver.local_addr().unwrap()];

    let world = scene.world.clone();
    let asked = tokio::spawn(async move {
        let mut question = [0; 2_048];
        loop {
            let (length, from) = resolver.recv_from(&mut question).await.unwrap();
            let answer = world.answer(&question[..length], true).unwrap();
            resolver.send_to(&answer, from).await.unwrap();
        }
    });
    let mx = scene.mx.clone();
    let served = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            mx.serve(stream).await;
        }
    });

    let engine = Engine::start(settings, outside, Options::default())
        .await
        .unwrap();
    scene.send(&engine, &["user@example.test"]).await;
    scene.mx.taken().await;
    assert!(scene.mx.messages()[0].tls);
    engine.stop();
    asked.abort();
    served.abort();
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let scene = Scene::new(Host::with_tls);
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listen = taken.local_addr().unwrap();
    let options = Options {
        listen: vec![(Service::Injection, listen)],
        ..Options::default()
    };
    let refused = Engine::start(scene.settings(|_| {}), Outside::system(), options)
        .await
        .err()
        .unwrap();
    assert_eq!(refused.to_string(), format!("cannot listen at {listen}"));
}
