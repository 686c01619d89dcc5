//! A server, a case on it, and a client that asks.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

use hickory_proto::op::{Edns, Message, Query};
use hickory_proto::rr::{Name, RecordType};
use mtaspec_certs::CertificateSpec;
use mtaspec_judge::events::{Event, What};
use mtaspec_judge::scenario::{Case, World};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};

use crate::clock::CaseClock;
use crate::internet::dns::{
    CaseDns, CaseDnsSetup, ChainEnds, DnsServer, DnsSetup, TlsaError, TlsaSource,
};
use crate::internet::door::Door;
use crate::internet::faults::FaultBook;
use crate::plan::{AddressBook, AddressMode, PlanOptions, PlannedCase, healthy_case};
use crate::recorder::Recorder;

/// Certificates that are their own description.
pub(super) struct Described;

impl TlsaSource for Described {
    fn chain(&self, host: &str, of: &CertificateSpec) -> Result<ChainEnds, TlsaError> {
        Ok(ChainEnds {
            leaf: format!("leaf {host} {}", of.is).into_bytes(),
            top: format!("top {host} {}", of.is).into_bytes(),
        })
    }
}

/// A running server.
pub(super) struct Bench {
    pub(super) server: DnsServer,
    pub(super) book: AddressBook,
}

/// A case on it.
pub(super) struct Staged {
    pub(super) planned: PlannedCase,
    pub(super) case: Arc<CaseDns>,
    pub(super) recorder: Recorder,
    pub(super) clock: Arc<CaseClock>,
    pub(super) faults: Arc<FaultBook>,
}

impl Bench {
    pub(super) async fn new() -> Self {
        let any: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
        Self::behind(&any.into()).await
    }

    /// A server whose resolvers have such a door each.
    pub(super) async fn behind(door: &Door) -> Self {
        let book = AddressBook::new(AddressMode::Mapped);
        let setup = DnsSetup {
            base: "test".into(),
            doors: [door.clone(), door.clone()],
            logical: IpAddr::V4(Ipv4Addr::new(198, 18, 0, 2)),
            prefixes: book.prefixes(),
            now: SystemTime::now(),
        };
        let server = DnsServer::start(&setup).unwrap();
        Self { server, book }
    }

    /// Stages the healthy case with this change.
    pub(super) fn stage(&self, change: impl FnOnce(&mut World)) -> Staged {
        self.stage_as("tests/dns", change)
    }

    pub(super) fn stage_as(&self, id: &str, change: impl FnOnce(&mut World)) -> Staged {
        let mut case: Case = healthy_case();
        case.id = id.into();
        change(&mut case.steps[0].world);
        let planned =
            PlannedCase::new(Arc::new(case), &PlanOptions::default(), &self.book).unwrap();
        let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
        let recorder = Recorder::with_names(Arc::clone(&clock), planned.names().clone());
        let worlds = planned.labelled().steps.iter().map(|step| &step.world);
        let faults = Arc::new(FaultBook::new(
            planned.labelled().steps[0].world.faults.clone(),
        ));
        let setup = CaseDnsSetup {
            faults: Arc::clone(&faults),
            recorder: recorder.clone(),
            clock: Arc::clone(&clock),
        };
        let case = CaseDns::new(setup, worlds);
        let staged = Staged {
            planned,
            case,
            recorder,
            clock,
            faults,
        };
        self.publish(&staged, &staged.planned.labelled().steps[0].world);
        staged
    }

    pub(super) fn publish(&self, staged: &Staged, world: &World) {
        let apex = staged.planned.names().origin();
        let addresses = staged.planned.addresses_in(world);
        self.server
            .publish(&apex, &staged.case, world, &addresses, &Described)
            .unwrap();
    }

    /// Asks over UDP and TCP, both resolvers, and finds that all agree.
    pub(super) async fn ask(&self, staged: &Staged, name: &str, kind: RecordType) -> String {
        let name = staged.planned.names().labelled(name);
        let mut told = Vec::new();
        for at in [self.server.resolver(), self.server.validating_resolver()] {
            let udp = ask_udp(at, &query(&name, kind)).await;
            let tcp = ask_tcp(at, &query(&name, kind)).await;
            for message in [udp, tcp] {
                assert!(message.metadata.recursion_available);
                assert!(!message.metadata.authentic_data);
                told.push(staged.planned.names().plain(&text(&message)));
            }
        }
        told.dedup();
        assert_eq!(told.len(), 1, "{told:#?}");
        told.swap_remove(0)
    }
}

impl Staged {
    /// What was met, each once.
    pub(super) fn met(&self) -> Vec<String> {
        let mut met: Vec<_> = (self.events().into_iter())
            .filter_map(|event| match event.what {
                What::Met { what } => Some(what),
                _ => None,
            })
            .collect();
        met.sort();
        met.dedup();
        met
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.recorder.events()
    }
}

pub(super) fn query(name: &str, kind: RecordType) -> Message {
    let mut message = Message::query();
    let mut name = Name::from_ascii(name).unwrap();
    name.set_fqdn(true);
    message.add_query(Query::query(name, kind));
    message
}

pub(super) fn with_edns(mut message: Message, dnssec_ok: bool, payload: u16) -> Message {
    let mut edns = Edns::new();
    edns.set_dnssec_ok(dnssec_ok).set_max_payload(payload);
    message.set_edns(edns);
    message
}

pub(super) async fn ask_udp(at: SocketAddr, message: &Message) -> Message {
    Message::from_vec(&ask_udp_raw(at, message).await).unwrap()
}

pub(super) async fn ask_udp_raw(at: SocketAddr, message: &Message) -> Vec<u8> {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket
        .send_to(&message.to_vec().unwrap(), at)
        .await
        .unwrap();
    let mut bytes = vec![0; 4096];
    let (length, from) = socket.recv_from(&mut bytes).await.unwrap();
    assert_eq!(from, at);
    bytes.truncate(length);
    bytes
}

pub(super) async fn ask_tcp(at: SocketAddr, message: &Message) -> Message {
    let mut stream = TcpStream::connect(at).await.unwrap();
    exchange_tcp(&mut stream, message).await
}

pub(super) async fn exchange_tcp(stream: &mut TcpStream, message: &Message) -> Message {
    let bytes = message.to_vec().unwrap();
    stream
        .write_u16(u16::try_from(bytes.len()).unwrap())
        .await
        .unwrap();
    stream.write_all(&bytes).await.unwrap();
    let length = stream.read_u16().await.unwrap();
    let mut bytes = vec![0; usize::from(length)];
    stream.read_exact(&mut bytes).await.unwrap();
    Message::from_vec(&bytes).unwrap()
}

/// An answer on one line: code, answers, and the types in the authority section.
pub(super) fn text(message: &Message) -> String {
    let mut out = message.metadata.response_code.to_string();
    for record in &message.answers {
        out.push_str(&format!(
            " | {} {} {}",
            record.name,
            record.record_type(),
            record.data
        ));
    }
    for record in &message.authorities {
        out.push_str(&format!(" / {} {}", record.name, record.record_type()));
    }
    out
}
