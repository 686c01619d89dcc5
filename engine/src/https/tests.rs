//! What a client makes of servers that answer well, badly, or not at all.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::outside::{BoxFuture, Clock, Network, Outside, Stream};
use crate::route::{Chance, Resolver};
use crate::settings::Dnssec;
use crate::tls::{ChainFault, NameFault, PeerName, Stack, Trust};

/// A server behind every address: one answer, in the bytes given. It says so when it has read the request and is done.
#[derive(Clone)]
struct Server {
    config: Arc<rustls::ServerConfig>,
    answer: Arc<Vec<u8>>,
    /// It neither answers whole nor closes.
    stalls: bool,
    seen: Arc<watch::Sender<Option<String>>>,
}

#[async_trait]
impl Network for Server {
    async fn connect(&self, to: SocketAddr) -> io::Result<Box<dyn Stream>> {
        if to.port() == 1 {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let server = self.clone();
        drop(tokio::spawn(async move {
            let accepting = TlsAcceptor::from(Arc::clone(&server.config)).accept(theirs);
            let Ok(mut stream) = accepting.await else {
                return;
            };
            let mut read = Vec::new();
            while !is_whole(&read) {
                if !matches!(stream.read_buf(&mut read).await, Ok(1..)) {
                    return;
                }
            }
            let _ = stream.write_all(&server.answer).await;
            let _ = stream.flush().await;
            let request = String::from_utf8_lossy(&read).into_owned();
            server.seen.send_replace(Some(request));
            if server.stalls {
                // Nothing more comes, and nothing ends: the other side has to.
                let _ = stream.read_buf(&mut Vec::new()).await;
            }
            let _ = stream.shutdown().await;
        }));
        Ok(Box::new(ours))
    }

    async fn exchange(&self, _: SocketAddr, _: &[u8]) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Whether a request has come to its end: POST bodies of these tests end with a full stop.
fn is_whole(read: &[u8]) -> bool {
    let is_headed = read.windows(4).any(|four| four == b"\r\n\r\n");
    is_headed && (read.starts_with(b"GET") || read.ends_with(b"."))
}

/// All time limits run out as soon as the server has done its part.
struct Impatient(watch::Receiver<Option<String>>);

impl Clock for Impatient {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep_until(&self, _: SystemTime) -> BoxFuture<()> {
        let mut seen = self.0.clone();
        Box::pin(async move {
            let _ = seen.wait_for(Option::is_some).await;
        })
    }
}

struct Stage {
    server: Server,
    trust: Trust,
    outside: Outside,
}

impl Stage {
    /// A server with a certificate for `named`, and whoever trusts its authority.
    fn new(named: &str, answer: &str, stalls: bool) -> Self {
        let root_key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let anchor: CertificateDer<'static> = root.self_signed(&root_key).unwrap().der().clone();
        let mut leaf = CertificateParams::new(Vec::new()).unwrap();
        leaf.subject_alt_names = vec![SanType::IpAddress(named.parse().unwrap())];
        let key = KeyPair::generate().unwrap();
        let leaf = leaf.signed_by(&key, &Issuer::new(root, root_key)).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let seen = Arc::new(watch::Sender::new(None));
        let server = Server {
            config: Arc::new(config),
            answer: Arc::new(answer.as_bytes().to_vec()),
            stalls,
            seen: Arc::clone(&seen),
        };
        let mut outside = Outside::system();
        outside.network = Arc::new(server.clone());
        if stalls {
            outside.clock = Arc::new(Impatient(seen.subscribe()));
        }
        Self {
            server,
            trust: Trust::new(&[anchor]).unwrap(),
            outside,
        }
    }

    async fn ask(
        &self,
        change: impl FnOnce(&mut Request<'_>),
    ) -> (Result<Response, HttpsFault>, Option<String>) {
        let chance = Arc::new(Chance::from_seed(0));
        let resolver = Resolver::new(self.outside.clone(), Vec::new(), &Dnssec::Off, chance);
        let stack = Stack::for_web(Arc::clone(&self.outside.clock)).unwrap();
        let client = Client {
            outside: &self.outside,
            resolver: &resolver,
            stack: &stack,
        };
        let host = PeerName::Address("192.0.2.1".parse().unwrap());
        let mut request = Request {
            host: &host,
            port: 443,
            target: "/.well-known/mta-sts.txt",
            body: None,
            proof: Proof::Certificate(&self.trust),
            limits: Limits {
                connect: Duration::from_secs(10),
                total: Duration::from_secs(60),
                body: Some(20),
            },
        };
        change(&mut request);
        let answer = client.send(request).await;
        (answer, self.server.seen.borrow().clone())
    }
}

fn response(status: u16, content_type: Option<&str>, body: &str) -> Response {
    Response {
        status,
        content_type: content_type.map(str::to_owned),
        body: body.as_bytes().to_vec(),
    }
}

#[tokio::test]
async fn an_answer_is_what_the_server_said_and_nothing_is_followed() {
    let broken = || HttpsFault::Broken(String::new());
    let fields = |count: usize| "X: y\r\n".repeat(count);
    // (bytes of the answer, what the client makes of it)
    let cases = [
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
                .to_owned(),
            Ok(response(200, Some("text/plain"), "hello")),
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
                .to_owned(),
            Ok(response(200, None, "hello")),
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Type: text/html\r\n\r\nhello"
                .to_owned(),
            Ok(response(200, None, "hello")),
        ),
        (
            "HTTP/1.1 302 Found\r\nLocation: https://other.test/\r\nContent-Length: 2\r\n\r\nno"
                .to_owned(),
            Ok(response(302, None, "")),
        ),
        (
            "HTTP/1.1 404 Not Found\r\nContent-Length: 99999999\r\n\r\n".to_owned(),
            Ok(response(404, None, "")),
        ),
        (
            format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(20)),
            Ok(response(200, None, &"x".repeat(20))),
        ),
        (
            format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(21)),
            Err(HttpsFault::TooLong(20)),
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello".to_owned(),
            Err(broken()),
        ),
        ("220 mx.example.test ESMTP\r\n".to_owned(), Err(broken())),
        (String::new(), Err(broken())),
        (
            format!("HTTP/1.1 200 OK\r\n{}\r\n", fields(101)),
            Err(broken()),
        ),
        (
            format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "y".repeat(17 * 1_024)),
            Err(broken()),
        ),
    ];
    for (answer, want) in cases {
        let stage = Stage::new("192.0.2.1", &answer, false);
        let (got, _) = stage.ask(|_| ()).await;
        let got = got.map_err(|fault| match fault {
            HttpsFault::Broken(_) => broken(),
            other => other,
        });
        assert_eq!(got, want, "{answer:.80}");
    }
}

#[tokio::test]
async fn a_request_says_what_is_asked_and_of_whom() {
    let fine = "HTTP/1.1 201 Created\r\n\r\nlonger than anybody wants to read";
    let stage = Stage::new("192.0.2.1", fine, false);
    let (answer, request) = stage
        .ask(|request| {
            request.target = "/v1/tlsrpt?a=b";
            request.port = 8443;
            request.limits.body = None;
            request.body = Some(Body {
                media_type: "application/tlsrpt+gzip",
                bytes: b"report.".to_vec(),
            });
        })
        .await;
    assert_eq!(answer, Ok(response(201, None, "")));
    let version = env!("CARGO_PKG_VERSION");
    insta::assert_snapshot!(request.unwrap().replace("\r\n", "\n").replace(version, "VERSION"), @r"
    POST /v1/tlsrpt?a=b HTTP/1.1
    host: 192.0.2.1:8443
    user-agent: mtaspec/VERSION
    accept-encoding: identity
    connection: close
    content-type: application/tlsrpt+gzip
    content-length: 7

    report.
    ");
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_that_does_not_show_what_it_must() {
    let fine = "HTTP/1.1 200 OK\r\n\r\nhello";
    let stage = Stage::new("192.0.2.2", fine, false);
    let (answer, request) = stage.ask(|_| ()).await;
    let name = NameFault::Mismatch("[192.0.2.1]".to_owned());
    assert_eq!((answer, request), (Err(HttpsFault::Name(name)), None));
    let mut stage = Stage::new("192.0.2.1", fine, false);
    stage.trust = Trust::new(&[]).unwrap();
    let (answer, request) = stage.ask(|_| ()).await;
    let chain = HttpsFault::Chain(ChainFault::UnknownIssuer);
    assert_eq!((answer, request), (Err(chain), None));
    let (answer, _) = stage.ask(|request| request.proof = Proof::Nothing).await;
    assert_eq!(answer, Ok(response(200, None, "hello")));
}

#[tokio::test]
async fn a_server_that_never_ends_is_left() {
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"] {
        let stage = Stage::new("192.0.2.1", answer, true);
        let (answer, _) = stage.ask(|_| ()).await;
        assert!(matches!(answer, Err(HttpsFault::Late(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_or_reached_is_told() {
    let stage = Stage::new("192.0.2.1", "", false);
    for target in ["", "x", "/a b", "/\r\nX: y"] {
        let (answer, _) = stage.ask(|request| request.target = target).await;
        assert_eq!(answer, Err(HttpsFault::Target(target.to_owned())));
    }
    let (answer, _) = stage.ask(|request| request.port = 1).await;
    assert!(
        matches!(answer, Err(HttpsFault::Unreachable(_))),
        "{answer:?}"
    );
}
