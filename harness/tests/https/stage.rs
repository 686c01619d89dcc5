//! One fake on loopback, a client that calls it, and what the fake told.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use mtaspec_certs::{Authorities, Mint};
use mtaspec_harness::clock::CaseClock;
use mtaspec_harness::internet::faults::FaultBook;
use mtaspec_harness::internet::https::{HttpsFake, HttpsSetup, Site};
use mtaspec_harness::internet::tls::CertificateStore;
use mtaspec_harness::recorder::Recorder;
use mtaspec_judge::events::{Event, What};
use mtaspec_judge::scenario::{
    Deed, Domain, Fault, FaultPlace, HttpsHost, Moment, MxRecord, Sts, World,
};
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::any_certificate::AnyCertificate;

/// The policy host.
pub(crate) const HOST: &str = "mta-sts.example.test";

/// Another name takes reports.
pub(crate) const COLLECTOR: &str = "reports.example.test";

/// A fetch as a sender makes it.
pub(crate) const FETCH: &str =
    "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.test\r\n\r\n";

/// The policy of a healthy world.
pub(crate) const POLICY: &str =
    "version: STSv1\r\nmode: enforce\r\nmx: mx.example.test\r\nmax_age: 604800\r\n";

static CERTIFICATES: LazyLock<Arc<CertificateStore>> = LazyLock::new(|| {
    let mint = Mint::new(Arc::new(Authorities::committed()), SystemTime::now());
    Arc::new(CertificateStore::new(mint))
});

/// What a fake is made of.
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) host: HttpsHost,
    pub(crate) world: World,
}

impl Default for Plan {
    fn default() -> Self {
        let mx = MxRecord {
            preference: 10,
            host: "mx.example.test".into(),
        };
        let domain = Domain {
            mx: vec![mx],
            sts: Some(Sts::default()),
            ..Domain::default()
        };
        let mut world = World::default();
        world.domains.insert("example.test".into(), domain);
        Self {
            name: HOST,
            host: HttpsHost::default(),
            world,
        }
    }
}

impl Plan {
    /// A collector.
    pub(crate) fn collector() -> Self {
        Self {
            name: COLLECTOR,
            ..Self::default()
        }
    }

    /// The policy as published is otherwise.
    pub(crate) fn published(mut self, change: impl FnOnce(&mut Sts)) -> Self {
        let domain = self.world.domains.get_mut("example.test");
        change(domain.and_then(|domain| domain.sts.as_mut()).unwrap());
        self
    }

    /// The host is otherwise.
    pub(crate) fn host(mut self, change: impl FnOnce(&mut HttpsHost)) -> Self {
        change(&mut self.host);
        self
    }

    /// Something misbehaves, always.
    pub(crate) fn fault(mut self, at: Moment, deed: Deed) -> Self {
        self.world.faults.push(Fault {
            on: FaultPlace::Host(self.name.into()),
            at,
            deed,
            times: None,
            skip: 0,
            written: "the fault".into(),
        });
        self
    }

    /// Brings the fake up, on a clock that follows real time.
    pub(crate) fn up(self) -> Stage {
        self.up_by(CaseClock::real(SystemTime::now()))
    }

    /// Brings the fake up on this clock.
    pub(crate) fn up_by(self, clock: Arc<CaseClock>) -> Stage {
        let recorder = Recorder::new(Arc::clone(&clock), "abcdefgh");
        let fake = HttpsFake::listen(
            SocketAddr::from(([127, 0, 0, 1], 0)),
            HttpsSetup {
                name: self.name.into(),
                shown_name: self.name.into(),
                address_index: 0,
                addresses: vec![[198, 18, 0, 9].into()],
                site: Arc::new(Site::of(self.name, &self.world)),
                host: self.host,
                faults: Arc::new(FaultBook::new(self.world.faults)),
                certificates: Arc::clone(&CERTIFICATES),
                recorder: recorder.clone(),
                clock: Arc::clone(&clock),
                connections: Arc::default(),
            },
        );
        Stage {
            name: self.name,
            fake: fake.unwrap(),
            recorder,
            clock,
        }
    }
}

/// A fake that is up.
pub(crate) struct Stage {
    name: &'static str,
    fake: HttpsFake,
    recorder: Recorder,
    pub(crate) clock: Arc<CaseClock>,
}

/// A request was answered so, or the connection broke down.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) text: String,
    /// The connection ended in order.
    pub(crate) whole: bool,
}

impl Answered {
    /// The status line.
    pub(crate) fn status(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    pub(crate) fn body(&self) -> &str {
        let parted = self.text.split_once("\r\n\r\n");
        parted.map_or("", |(_, body)| body)
    }
}

impl Stage {
    pub(crate) fn address(&self) -> SocketAddr {
        self.fake.real_address()
    }

    /// Sends a request and reads to the end.
    pub(crate) async fn ask(&self, request: &[u8]) -> Answered {
        let Ok(tcp) = TcpStream::connect(self.address()).await else {
            return Answered::default();
        };
        self.ask_over(tcp, request).await
    }

    /// The same over a connection that is there.
    pub(crate) async fn ask_over(
        &self,
        tcp: impl AsyncRead + AsyncWrite + Unpin,
        request: &[u8],
    ) -> Answered {
        let Some(mut stream) = self.shake(tcp).await else {
            return Answered::default();
        };
        let mut read = Vec::new();
        let sent = stream.write_all(request).await.is_ok() && stream.flush().await.is_ok();
        let whole = sent && stream.read_to_end(&mut read).await.is_ok();
        Answered {
            text: String::from_utf8_lossy(&read).into_owned(),
            whole,
        }
    }

    /// Goes inside TLS as a client that takes any certificate.
    pub(crate) async fn shake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        tcp: S,
    ) -> Option<tokio_rustls::client::TlsStream<S>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate::new()))
            .with_no_client_auth();
        let name = self.name.try_into().unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, tcp).await.ok()
    }

    /// All that was told until its connections were gone.
    pub(crate) async fn events(&self) -> Vec<Event> {
        self.fake.close_connections().await;
        self.recorder.events()
    }

    /// The `met` events.
    pub(crate) async fn met(&self) -> Vec<String> {
        let told = self.events().await.into_iter();
        told.filter_map(|event| match event.what {
            What::Met { what } => Some(what),
            _ => None,
        })
        .collect()
    }

    /// The statuses that were told, 0 for none.
    pub(crate) async fn statuses(&self) -> Vec<u16> {
        let told = self.events().await.into_iter();
        told.filter_map(|event| match event.what {
            What::PolicyFetch { status, .. } | What::ReportPosted { status, .. } => Some(status),
            _ => None,
        })
        .collect()
    }
}
