//! Handshakes a second of a fake MX host, beside those of the bare TLS stack.
//!
//! A group is a version, a kind of certificate, and whether sessions are resumed. In each group stand, client and
//! server on one thread whose processor time is measured, so that it is the work of both:
//! - `bare`: the stack alone, in memory;
//! - `bare-loopback`: the same over a TCP connection, which shows what the system costs;
//! - `fake-tls`: the TLS of a fake over a TCP connection;
//! - `fake-host`: a whole fake, from connecting over greeting, EHLO and STARTTLS.
//!
//! Each ends with one line and its answer inside TLS: only then are both sides done, and tickets have arrived.
//! Sessions below TLS 1.2 are not resumed here: the safe interface of OpenSSL lets no client offer one.

mod bare;
mod fake;
#[path = "../stage/mod.rs"]
mod stage;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use criterion::{BenchmarkGroup, Criterion, Throughput};
use mtaspec_certs::{CertificateSpec, KeyKind, Word};
use mtaspec_harness::internet::tls::{
    CertificateStore, Holder, ServerTls, TlsSetup, version_name, version_number,
};
use mtaspec_judge::scenario::{Shown, TlsVersion};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use bare::BareServer;
use fake::FakeTls;
use stage::certificates;
use stage::mail_host::{MailHost, connect};
use stage::processor_time::ProcessorTime;
use stage::talk::{Stream, ask_for_tls, say};
use stage::tls_client::{Resumes, TlsClient};

/// The host of all but `fake-host`, whose name the plan makes.
const HOST: &str = "mx.example.test";
/// TLS 1.0 and 1.1 where there is a stack for them.
const VERSIONS: &[TlsVersion] = &[
    #[cfg(feature = "legacy-tls")]
    TlsVersion::Tls10,
    #[cfg(feature = "legacy-tls")]
    TlsVersion::Tls11,
    TlsVersion::Tls12,
    TlsVersion::Tls13,
];
const KEYS: [KeyKind; 2] = [KeyKind::EcdsaP256, KeyKind::Rsa2048];

/// What a group is about.
#[derive(Debug, Clone, Copy)]
struct Subject {
    version: TlsVersion,
    key: KeyKind,
    resumes: Resumes,
}

impl Subject {
    fn all() -> impl Iterator<Item = Self> {
        let kinds = |version, key| {
            [Resumes::No, Resumes::Yes].map(|resumes| Self {
                version,
                key,
                resumes,
            })
        };
        VERSIONS
            .iter()
            .flat_map(move |version| KEYS.into_iter().flat_map(move |key| kinds(*version, key)))
            .filter(|it| it.resumes == Resumes::No || it.version >= TlsVersion::Tls12)
    }

    fn version(self) -> String {
        version_name(version_number(self.version))
    }

    fn label(self) -> String {
        let kind = match self.resumes {
            Resumes::No => "full",
            Resumes::Yes => "resumed",
        };
        format!("handshakes/tls-{}/{}/{kind}", self.version(), self.key)
    }

    fn quirks(self) -> Vec<String> {
        match self.resumes {
            Resumes::No => Vec::new(),
            Resumes::Yes => vec!["resumption".to_owned()],
        }
    }

    fn certificate(self) -> CertificateSpec {
        CertificateSpec {
            key: Some(self.key),
            ..Word::Valid.into()
        }
    }

    /// The table of a host, as a scenario spells it.
    fn host_table(self) -> String {
        format!(
            "tls = [{:?}]\ncertificate = {{ key = \"{}\" }}\nquirks = {:?}",
            self.version(),
            self.key,
            self.quirks(),
        )
    }

    /// The same for TLS alone.
    fn tls_setup(self) -> TlsSetup {
        TlsSetup {
            versions: vec![self.version],
            certificate: Shown::Certificate(self.certificate()),
            quirks: self.quirks(),
            ..TlsSetup::default()
        }
    }

    fn client(self, host: &str) -> anyhow::Result<TlsClient> {
        TlsClient::new(self.version, host, self.resumes)
    }
}

fn holder() -> Holder {
    Holder {
        host: HOST.to_owned(),
        addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
        next_hop_domain: Some("example.test".to_owned()),
        default_key: KeyKind::EcdsaP256,
    }
}

/// The client's side: a handshake, and one line with its answer.
async fn speak(
    client: &TlsClient,
    stream: impl Stream + 'static,
    warm: bool,
) -> anyhow::Result<()> {
    let mut stream = client.secure(stream, warm).await?;
    say(&mut *stream, "QUIT", "221").await
}

/// What all groups share.
struct Bench {
    runtime: Runtime,
    certificates: Arc<CertificateStore>,
    listener: TcpListener,
}

impl Bench {
    fn new() -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        Ok(Self {
            runtime,
            certificates: certificates::store(),
            listener,
        })
    }

    fn measure(
        &self,
        criterion: &mut Criterion<ProcessorTime>,
        subject: Subject,
    ) -> anyhow::Result<()> {
        let mut group = criterion.benchmark_group(subject.label());
        group.throughput(Throughput::Elements(1));
        let (setup, holder) = (subject.tls_setup(), holder());
        let certificate = self
            .certificates
            .certificate(&subject.certificate(), &holder)?;
        let server = BareServer::new(subject.version, &certificate, subject.resumes)?;

        let client = &subject.client(HOST)?;
        self.add(&mut group, "bare", async |warm| {
            let (near, far) = tokio::io::duplex(64 * 1024);
            tokio::try_join!(server.serve(far), speak(client, near, warm))
        })?;

        let client = &subject.client(HOST)?;
        self.add(&mut group, "bare-loopback", async |warm| {
            let serve = async { server.serve(self.accept().await?).await };
            tokio::try_join!(serve, self.call(client, warm))
        })?;

        let client = &subject.client(HOST)?;
        let fake = FakeTls::new(ServerTls::new(&setup, &self.certificates, &holder)?);
        self.add(&mut group, "fake-tls", async |warm| {
            let serve = async { fake.serve(self.accept().await?).await };
            tokio::try_join!(serve, self.call(client, warm))
        })?;

        let _entered = self.runtime.enter();
        let host = MailHost::up(&subject.host_table(), &self.certificates)?;
        let client = subject.client(&host.name())?;
        self.add(&mut group, "fake-host", async |warm| {
            let mut tcp = host.connect().await?;
            ask_for_tls(&mut tcp).await?;
            speak(&client, tcp, warm).await
        })?;
        group.finish();
        Ok(())
    }

    async fn accept(&self) -> anyhow::Result<TcpStream> {
        let (tcp, _) = self.listener.accept().await?;
        tcp.set_nodelay(true)?;
        Ok(tcp)
    }

    async fn call(&self, client: &TlsClient, warm: bool) -> anyhow::Result<()> {
        let tcp = connect(self.listener.local_addr()?).await?;
        speak(client, tcp, warm).await
    }

    /// The first handshake is full in any case, and not measured.
    fn add<T>(
        &self,
        group: &mut BenchmarkGroup<'_, ProcessorTime>,
        name: &str,
        once: impl AsyncFn(bool) -> anyhow::Result<T>,
    ) -> anyhow::Result<()> {
        self.runtime.block_on(once(false))?;
        group.bench_function(name, |bencher| {
            bencher
                .to_async(&self.runtime)
                .iter(async || once(true).await.expect("every handshake comes through"));
        });
        Ok(())
    }
}

fn main() -> anyhow::Result<()> {
    let mut criterion = Criterion::default()
        .with_measurement(ProcessorTime)
        .configure_from_args();
    let bench = Bench::new()?;
    for subject in Subject::all() {
        bench.measure(&mut criterion, subject)?;
    }
    criterion.final_summary();
    Ok(())
}
