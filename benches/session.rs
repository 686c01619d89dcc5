//! A whole session with a fake MX host: from connecting to QUIT, with one message. The processor time of both sides.

mod stage;

use anyhow::bail;
use criterion::{Criterion, Throughput};
use mtaspec_judge::scenario::TlsVersion;
use tokio::runtime::Runtime;

use stage::certificates;
use stage::mail_host::MailHost;
use stage::processor_time::ProcessorTime;
use stage::talk::{Stream, ask_for_tls, hear, say};
use stage::tls_client::{Resumes, TlsClient};

/// One message to a host that is up.
struct Sender {
    host: MailHost,
    envelope: [String; 2],
    content: String,
}

impl Sender {
    /// A sender of one message of about this size.
    fn to(host: MailHost, size: usize) -> anyhow::Result<Self> {
        let [mail] = host.planned.mail().mails() else {
            bail!("the case has one message");
        };
        let line = "A line of a message that somebody wrote to somebody.\r\n";
        let body = line.repeat(size / line.len());
        let content = format!(
            "Subject: Measured\r\nX-Canary: {}\r\n\r\n{body}{}\r\n.",
            mail.header_canary, mail.body_canary,
        );
        let recipient = host.planned.names().labelled("user@example.test");
        let envelope = [
            format!("MAIL FROM:<{}>", mail.sender),
            format!("RCPT TO:<{recipient}>"),
        ];
        Ok(Self {
            host,
            envelope,
            content,
        })
    }

    async fn in_plaintext(&self) -> anyhow::Result<()> {
        let mut tcp = self.host.connect().await?;
        hear(&mut tcp, "220").await?;
        self.deliver(&mut tcp).await
    }

    async fn in_tls(&self, client: &TlsClient) -> anyhow::Result<()> {
        let mut tcp = self.host.connect().await?;
        ask_for_tls(&mut tcp).await?;
        let mut stream = client.secure(tcp, false).await?;
        self.deliver(&mut *stream).await
    }

    async fn deliver(&self, stream: &mut (impl Stream + ?Sized)) -> anyhow::Result<()> {
        say(stream, "EHLO subject.test", "250").await?;
        let [from, to] = &self.envelope;
        say(stream, from, "250").await?;
        say(stream, to, "250").await?;
        say(stream, "DATA", "354").await?;
        say(stream, &self.content, "250").await?;
        say(stream, "QUIT", "221").await
    }
}

fn measure(criterion: &mut Criterion<ProcessorTime>, runtime: &Runtime) -> anyhow::Result<()> {
    let _entered = runtime.enter();
    let certificates = certificates::store();
    let mut group = criterion.benchmark_group("session");
    group.throughput(Throughput::Elements(1));
    for (name, size) in [("1-KiB", 1 << 10), ("64-KiB", 1 << 16)] {
        let sender = Sender::to(MailHost::up("", &certificates)?, size)?;
        group.bench_function(format!("plaintext/{name}"), |bencher| {
            bencher.to_async(runtime).iter(async || {
                let sent = sender.in_plaintext().await;
                sent.expect("every message is taken");
            });
        });
        let sender = Sender::to(MailHost::up("tls = [\"1.3\"]", &certificates)?, size)?;
        let client = TlsClient::new(TlsVersion::Tls13, &sender.host.name(), Resumes::No)?;
        group.bench_function(format!("tls-1.3/{name}"), |bencher| {
            bencher.to_async(runtime).iter(async || {
                let sent = sender.in_tls(&client).await;
                sent.expect("every message is taken");
            });
        });
    }
    group.finish();
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let mut criterion = Criterion::default()
        .with_measurement(ProcessorTime)
        .configure_from_args();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    measure(&mut criterion, &runtime)?;
    criterion.final_summary();
    Ok(())
}
