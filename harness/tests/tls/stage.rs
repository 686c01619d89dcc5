//! One fake on a loopback socket, and what it told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use mtaspec_certs::{Authorities, Holder, KeyKind, Mint};
use mtaspec_harness::clock::CaseClock;
use mtaspec_harness::internet::tls::{
    CertificateStore, Handshake, HandshakeDeeds, HandshakeEnd, ServerTls, TlsSetup, TlsSetupError,
};
use mtaspec_harness::internet::wire::Wire;
use mtaspec_judge::events::What;
use mtaspec_judge::scenario::{Deed, Fault, FaultPlace, Moment};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Every fake here has this name.
pub(crate) const HOST: &str = "mx.example.test";

/// What one connection came to.
pub(crate) struct Seen {
    pub(crate) events: Vec<What>,
    pub(crate) plaintext: Vec<u8>,
    pub(crate) established: bool,
    pub(crate) client_chain: Vec<Vec<u8>>,
}

impl Seen {
    /// The `met` events.
    pub(crate) fn met(&self) -> Vec<&str> {
        let mut met = Vec::new();
        for event in &self.events {
            if let What::Met { what } = event {
                met.push(what.as_str());
            }
        }
        met
    }
}

/// A fake with this setup that answers one line inside TLS.
pub(crate) fn fake(setup: &TlsSetup) -> Result<ServerTls, TlsSetupError> {
    let holder = Holder {
        host: HOST.to_owned(),
        addresses: vec![[127, 0, 0, 1].into()],
        next_hop_domain: Some("example.test".to_owned()),
        default_key: KeyKind::EcdsaP256,
    };
    ServerTls::new(setup, &store(), &holder)
}

fn store() -> CertificateStore {
    CertificateStore::new(Mint::new(
        Arc::new(Authorities::committed()),
        SystemTime::now(),
    ))
}

/// A fault at this moment.
pub(crate) fn fault(at: Moment, deed: Deed) -> Fault {
    Fault {
        on: FaultPlace::Host(HOST.to_owned()),
        at,
        deed,
        times: None,
        skip: 0,
        written: "the fault".to_owned(),
    }
}

/// Takes one connection, which ends with an answer to its first line.
pub(crate) async fn serve(
    fake: Arc<ServerTls>,
    fault: Option<Fault>,
    early: &'static [u8],
) -> (SocketAddr, JoinHandle<Seen>) {
    serve_by(CaseClock::real(SystemTime::now()), fake, fault, early).await
}

/// The same, by this clock.
pub(crate) async fn serve_by(
    clock: Arc<CaseClock>,
    fake: Arc<ServerTls>,
    fault: Option<Fault>,
    early: &'static [u8],
) -> (SocketAddr, JoinHandle<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let look_up = move |at: &Moment| fault.clone().filter(|fault| fault.at == *at);
        let deeds = HandshakeDeeds {
            clock,
            look_up: &look_up,
        };
        let mut events = Vec::new();
        let mut tell = |what| events.push(what);
        let wire = Wire::new(tcp).unwrap();
        let Handshake { plaintext, end } =
            fake.accept(wire, early.to_vec(), deeds, &mut tell).await;
        let (mut established, mut client_chain) = (false, Vec::new());
        if let HandshakeEnd::Established { mut stream, facts } = end {
            established = true;
            client_chain = facts.client_chain;
            let mut line = Vec::new();
            while !line.ends_with(b"\n")
                && stream.read_buf(&mut line).await.is_ok_and(|read| read > 0)
            {}
            let _ = stream.write_all(b"221 bye\r\n").await;
            let _ = stream.flush().await;
            let _ = stream.shutdown().await;
        }
        Seen {
            events,
            plaintext,
            established,
            client_chain,
        }
    });
    (address, task)
}

/// Sends these bytes, and gives all that comes back.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let _ = tcp.read_to_end(&mut answer).await;
    answer
}
