//! A fake MX host as a run brings it up: read from the text of a scenario, planned, and listening on loopback.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context as _, ensure};
use mtaspec_harness::clock::CaseClock;
use mtaspec_harness::internet::ConnectionCounter;
use mtaspec_harness::internet::faults::FaultBook;
use mtaspec_harness::internet::smtp::{FakeSetup, SmtpFake};
use mtaspec_harness::internet::tls::CertificateStore;
use mtaspec_harness::plan::{AddressBook, AddressMode, PlanOptions, PlannedCase};
use mtaspec_harness::recorder::Recorder;
use mtaspec_judge::scenario::{Case, Catalogue, read_text};
use tokio::net::TcpStream;

/// The host, as the scenario spells it.
const HOST: &str = "mx.example.test";

/// A fake MX host that is up.
pub(crate) struct MailHost {
    fake: SmtpFake,
    /// Its case: names, and the message that it may take.
    pub(crate) planned: PlannedCase,
}

impl MailHost {
    /// The only host of a healthy world, which differs from a healthy one by these keys. Needs a running tokio.
    pub(crate) fn up(keys: &str, certificates: &Arc<CertificateStore>) -> anyhow::Result<Self> {
        let book = AddressBook::new(AddressMode::Mapped);
        let case = Arc::new(case(keys)?);
        let planned = PlannedCase::new(case, &PlanOptions::default(), &book)?;
        let clock = CaseClock::real(SystemTime::now());
        let recorder = Recorder::with_names(Arc::clone(&clock), planned.names().clone());
        let world = &planned.labelled().steps[0].world;
        let name = planned.names().labelled(HOST);
        let host = world.hosts.get(&name).context("the world has its host")?;
        let setup = FakeSetup {
            addresses: planned.addresses_in(world)[&name].clone(),
            next_hop_domain: Some(planned.names().labelled("example.test")),
            name: name.clone(),
            shown_name: name,
            address_index: 0,
            host: host.clone(),
            attacker: None,
            faults: Arc::new(FaultBook::new(world.faults.clone())),
            keys: Arc::default(),
            mail: Arc::clone(planned.mail()),
            certificates: Arc::clone(certificates),
            recorder,
            clock,
            connections: Arc::new(ConnectionCounter::default()),
        };
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Ok(Self {
            fake: SmtpFake::listen(any, setup)?,
            planned,
        })
    }

    /// The name on its certificate.
    pub(crate) fn name(&self) -> String {
        self.planned.names().labelled(HOST)
    }

    /// A connection to it.
    pub(crate) async fn connect(&self) -> anyhow::Result<TcpStream> {
        connect(self.fake.real_address()).await
    }
}

/// Reads a case of one message.
fn case(keys: &str) -> anyhow::Result<Case> {
    let text = format!(
        "title = \"A host to measure\"\n\
         why = \"It shows what a fake costs.\"\n\
         [host.{HOST:?}]\n{keys}\n\
         [case.only]\n\
         expect = {{ outcome = \"delivered\" }}\n"
    );
    let (cases, problems) = read_text(
        "benches/host.toml",
        "benches/host",
        &text,
        &Catalogue::default(),
        true,
    );
    ensure!(problems.is_empty(), "{text}\n{problems:?}");
    cases.into_iter().next().context("the file has a case")
}

/// A connection whose end is a reset: else thousands of closed ones would keep their ports for a minute.
pub(crate) async fn connect(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    tcp.set_zero_linger()?;
    Ok(tcp)
}
