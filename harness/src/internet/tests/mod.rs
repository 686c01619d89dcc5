//! Worlds of cases: brought up, changed, and gone again.

mod shown_chain;
mod strangers;
mod suite;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hickory_proto::op::{Message, Query};
use hickory_proto::rr::{Name, RData, RecordType};
use mtaspec_judge::events::What;
use mtaspec_judge::scenario::{
    Answering, Case, Deed, Family, Fault, FaultPlace, Host, HostAddress, Moment, StartTls, Step,
    TlsVersion, Tlsa, TlsaData, World,
};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::{TcpListener, UdpSocket};

use shown_chain::shown_chain;

use super::{CaseWorld, Internet, Options, Role, WorldError};
use crate::clock::CaseClock;
use crate::plan::{PlanOptions, PlannedCase, healthy_case};
use crate::recorder::Recorder;

struct Staged {
    planned: PlannedCase,
    clock: Arc<CaseClock>,
    recorder: Recorder,
    world: CaseWorld,
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_000_000)
}

async fn internet() -> Internet {
    Internet::start(Options::at(now())).await.unwrap()
}

async fn stage(internet: &Internet, case: Case) -> Staged {
    try_stage(internet, case).await.unwrap()
}

async fn try_stage(internet: &Internet, case: Case) -> Result<Staged, WorldError> {
    let options = PlanOptions::default();
    let planned = PlannedCase::new(Arc::new(case), &options, internet.addresses()).unwrap();
    let clock = CaseClock::new(now());
    let recorder = Recorder::with_names(Arc::clone(&clock), planned.names().clone());
    let world = internet.add(&planned, &clock, &recorder).await?;
    Ok(Staged {
        planned,
        clock,
        recorder,
        world,
    })
}

/// A story of these worlds, each made from the healthy one.
fn story(changes: &[&dyn Fn(&mut World)]) -> Case {
    let mut case = healthy_case();
    let step: Step = case.steps[0].clone();
    case.steps = changes
        .iter()
        .map(|change| {
            let mut step = step.clone();
            change(&mut step.world);
            step
        })
        .collect();
    case
}

fn mx(world: &mut World) -> &mut Host {
    world.hosts.get_mut("mx.example.test").unwrap()
}

impl Staged {
    fn logical(&self, step: usize, name: &str, port: u16) -> SocketAddr {
        let world = &self.planned.step(step).unwrap().world;
        let name = self.planned.names().labelled(name);
        SocketAddr::new(self.planned.addresses_in(world)[&name][0], port)
    }

    fn real(&self, name: &str) -> SocketAddr {
        let logical = self.logical(0, name, 25);
        self.world.address_map().real(logical).unwrap()
    }

    async fn ask(&self, internet: &Internet, name: &str, kind: RecordType) -> Vec<RData> {
        let name = self.planned.names().labelled(name);
        let mut message = Message::query();
        let mut name = Name::from_ascii(name).unwrap();
        name.set_fqdn(true);
        message.add_query(Query::query(name, kind));
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let bytes = message.to_vec().unwrap();
        socket.send_to(&bytes, internet.resolver()).await.unwrap();
        let mut bytes = vec![0; 4096];
        let length = socket.recv(&mut bytes).await.unwrap();
        let message = Message::from_vec(&bytes[..length]).unwrap();
        let records = message.answers.into_iter();
        records.map(|record| record.data).collect()
    }

    async fn greeting(&self, name: &str) -> String {
        let stream = self.clock.connect(self.real(name)).await.unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await.unwrap();
        self.planned.names().plain(line.trim_end())
    }
}

#[tokio::test]
async fn the_dns_leads_to_the_hosts_of_a_case() {
    let internet = internet().await;
    let staged = stage(&internet, healthy_case()).await;
    let found = staged
        .ask(&internet, "mx.example.test", RecordType::A)
        .await;
    let logical = staged.logical(0, "mx.example.test", 25);
    assert_eq!(found[0].ip_addr(), Some(logical.ip()));
    let greeting = staged.greeting("mx.example.test").await;
    assert!(greeting.starts_with("220 mx.example.test"), "{greeting}");
    let mut hosts = staged.world.hosts();
    hosts.sort_by(|one, other| one.name.cmp(&other.name));
    let told: Vec<_> = hosts
        .iter()
        .map(|host| (host.role, staged.planned.names().plain(&host.name)))
        .collect();
    assert_eq!(
        told,
        [
            (Role::Mx, "mx.example.test".to_owned()),
            (Role::Home, "mx.home.test".to_owned())
        ]
    );
    assert_eq!(hosts[0].certificate, "valid");
    assert_eq!(hosts[0].starttls, StartTls::Offered);
    assert_eq!(hosts[0].tls, [TlsVersion::Tls12, TlsVersion::Tls13]);
    assert_eq!(hosts[0].logical, logical);
}

#[tokio::test]
async fn nobody_answers_where_a_host_refuses_or_is_silent() {
    let internet = internet().await;
    let case = story(&[&|world| {
        mx(world).addresses[0].answer = Answering::Silent;
        let home = world.hosts.get_mut("mx.home.test").unwrap();
        home.addresses[0].answer = Answering::Refused;
    }]);
    let staged = stage(&internet, case).await;
    assert!(staged.world.hosts().is_empty());
    let refused = staged.clock.connect(staged.real("mx.home.test")).await;
    let refused = refused.map(drop).unwrap_err().kind();
    assert_eq!(refused, std::io::ErrorKind::ConnectionRefused);
    let silent = staged.real("mx.example.test");
    let (clock, subject) = (Arc::clone(&staged.clock), Arc::clone(&staged.clock));
    let (done, waiting) = tokio::sync::oneshot::channel();
    clock.spawn(async move {
        let limit = subject.sleep_until(Duration::from_secs(300));
        let answered = tokio::select! {
            biased;
            _ = subject.connect(silent) => true,
            () = limit => false,
        };
        done.send((answered, subject.elapsed())).unwrap();
    });
    assert_eq!(waiting.await.unwrap(), (false, Duration::from_secs(300)));
}

#[tokio::test]
async fn a_host_answers_at_its_addresses_of_both_families() {
    let internet = internet().await;
    let case = story(&[&|world| {
        mx(world).addresses = [Family::Ipv6, Family::Ipv4]
            .map(|family| HostAddress {
                family,
                answer: Answering::Server,
            })
            .to_vec();
    }]);
    let staged = stage(&internet, case).await;
    let world = &staged.planned.step(0).unwrap().world;
    let name = staged.planned.names().labelled("mx.example.test");
    for (index, (kind, family)) in [(RecordType::AAAA, "ipv6"), (RecordType::A, "ipv4")]
        .into_iter()
        .enumerate()
    {
        let found = staged.ask(&internet, "mx.example.test", kind).await;
        let logical = staged.planned.addresses_in(world)[&name][index];
        assert_eq!(found[0].ip_addr(), Some(logical));
        let logical = SocketAddr::new(logical, 25);
        let real = staged.world.address_map().real(logical).unwrap();
        assert!(real.ip().is_loopback());
        let mut line = String::new();
        let stream = staged.clock.connect(real).await.unwrap();
        BufReader::new(stream).read_line(&mut line).await.unwrap();
        let events = staged.recorder.events();
        let told = events.iter().any(|event| {
            matches!(&event.what, What::Connect { family: of, address, .. }
                if of == family && *address == index + 1)
        });
        assert!(told, "{family}: {events:#?}");
    }
}

#[tokio::test]
async fn a_fault_that_refuses_every_connection_leaves_nobody_listening() {
    let internet = internet().await;
    let case = story(&[&|world| {
        world.faults.push(Fault {
            on: FaultPlace::Host("mx.example.test".into()),
            at: Moment::Connect,
            deed: Deed::Refuse,
            times: None,
            skip: 0,
            written: "mx.example.test: connect: refuse".into(),
        });
    }]);
    let staged = stage(&internet, case).await;
    let refused = staged.clock.connect(staged.real("mx.example.test")).await;
    assert!(refused.is_err());
    let logical = staged.logical(0, "mx.example.test", 25);
    let shown = staged.world.address_map().shown_by_refusal(logical);
    let shown = staged.planned.names().plain(&shown.unwrap().to_string());
    assert_eq!(shown, "fault mx.example.test: connect: refuse");
}

#[tokio::test]
async fn a_step_adds_changes_and_removes_hosts_and_closes_connections() {
    let internet = internet().await;
    let case = story(&[
        &|_| {},
        &|world| {
            mx(world).starttls = StartTls::Absent;
            mx(world).certificate = mtaspec_judge::scenario::Shown::Refuse;
            world
                .hosts
                .insert("mx2.example.test".into(), Host::default());
            world.hosts.remove("mx.home.test");
        },
        &|world| mx(world).addresses[0].answer = Answering::Refused,
    ]);
    let mut staged = stage(&internet, case).await;
    let mx = staged.real("mx.example.test");
    let home = staged.logical(0, "mx.home.test", 25);
    let mut open = BufReader::new(staged.clock.connect(mx).await.unwrap());
    let mut line = String::new();
    open.read_line(&mut line).await.unwrap();

    let subject = async move {
        let mut rest = String::new();
        open.read_to_string(&mut rest).await.map(drop)
    };
    let (changed, ended) = tokio::join!(staged.world.change(1), subject);
    changed.unwrap();
    ended.unwrap();
    let events = staged.recorder.events();
    let ended = |what: &What| matches!(what, What::Disconnect { .. });
    assert!(events.iter().any(|event| ended(&event.what)));
    assert_eq!(staged.real("mx.example.test"), mx);
    assert_eq!(staged.world.address_map().real(home), None);
    let second = staged.logical(1, "mx2.example.test", 25);
    assert!(staged.world.address_map().real(second).is_some());
    let hosts = staged.world.hosts();
    let changed = (hosts.iter()).find(|host| host.real == mx).unwrap();
    assert_eq!(
        (changed.starttls, changed.certificate.as_str()),
        (StartTls::Absent, "refuse")
    );

    staged.world.change(2).await.unwrap();
    assert!(
        staged
            .clock
            .connect(staged.real("mx.example.test"))
            .await
            .is_err()
    );
    assert!(staged.world.change(3).await.is_err());
}

#[tokio::test]
async fn a_tlsa_record_matches_what_the_host_shows() {
    let internet = internet().await;
    let record = |usage, selector, data| Tlsa::Record {
        usage,
        selector,
        matching: 1,
        data,
    };
    let case = story(&[&|world| {
        mx(world).tlsa = Some(vec![
            record(3, 0, TlsaData::Match),
            record(2, 0, TlsaData::Match),
            record(3, 1, TlsaData::Mismatch),
        ]);
    }]);
    let staged = stage(&internet, case).await;
    let found = staged
        .ask(&internet, "_25._tcp.mx.example.test", RecordType::TLSA)
        .await;
    let data: Vec<_> = (found.iter())
        .filter_map(|data| match data {
            RData::TLSA(tlsa) => Some(tlsa.cert_data.clone()),
            _ => None,
        })
        .collect();
    let shown = shown_chain(staged.real("mx.example.test")).await;
    assert_eq!(data[0], Sha256::digest(&shown[0]).to_vec());
    assert_eq!(
        data[1],
        Sha256::digest(shown.last().unwrap()).to_vec(),
        "a healthy chain is sent up to below its root"
    );
    assert_eq!(data[2], vec![0; 32]);
}

#[tokio::test]
async fn a_dropped_world_leaves_nothing_behind() {
    let internet = internet().await;
    let before = internet.addresses().entries();
    let staged = stage(&internet, healthy_case()).await;
    assert!(internet.addresses().entries().len() > before.len());
    let planned = staged.planned.clone();
    drop(staged);
    assert_eq!(internet.addresses().entries(), before);
    let again = stage(&internet, healthy_case()).await;
    assert_eq!(again.planned.label(), planned.label());
    let found = again.ask(&internet, "example.test", RecordType::MX).await;
    assert_eq!(found.len(), 1);

    let twice = try_stage(&internet, healthy_case()).await.map(drop);
    let said = twice.unwrap_err().to_string();
    assert!(said.contains("cannot be up twice"), "{said}");
    let found = again.ask(&internet, "example.test", RecordType::MX).await;
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_brought_up_is_said_in_a_sentence() {
    use super::post::{Post, PostError};
    let internet = internet().await;
    let case = story(&[&|world| {
        let domain = world.domains.get_mut("example.test").unwrap();
        domain.records = vec![mtaspec_judge::scenario::ExtraRecord {
            owner: "@".into(),
            kind: "A".into(),
            data: "nowhere".into(),
        }];
    }]);
    let error = try_stage(&internet, case).await.map(drop).unwrap_err();
    insta::assert_snapshot!(error.to_string(), @r#"the record "@ A nowhere" cannot be published: network address parse error: invalid IPv4 address syntax"#);

    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let at = |kind: std::io::ErrorKind| PostError::of(address, kind.into()).to_string();
    let said = [
        at(std::io::ErrorKind::AddrInUse),
        at(std::io::ErrorKind::PermissionDenied),
        at(std::io::ErrorKind::AddrNotAvailable),
    ];
    let said = said.join("\n").replace(&address.to_string(), "[ADDRESS]");
    insta::assert_snapshot!(said, @r"
    [ADDRESS] is in use; stop what listens there (or at all addresses), or run in a network namespace
    no right to listen at [ADDRESS]; run as root or in a network namespace, or use free ports
    [ADDRESS] is no address of this machine; give a pool that has its addresses
    ");

    let staged = stage(&internet, healthy_case()).await;
    let setup = staged.world.any_setup();
    for answer in [Answering::Server, Answering::Refused, Answering::Silent] {
        let post = Post::put(&address.into(), answer, setup.clone()).await;
        assert!(matches!(post, Err(PostError::InUse(at)) if at == address));
    }
}

#[tokio::test]
async fn two_hundred_worlds_live_side_by_side() {
    let internet = internet().await;
    let mut staged = Vec::new();
    for number in 0..200 {
        let mut case = healthy_case();
        case.id = format!("tests/{number}");
        staged.push(stage(&internet, case).await);
    }
    for staged in &staged {
        let greeting = staged.greeting("mx.example.test").await;
        assert!(greeting.starts_with("220 mx.example.test"), "{greeting}");
    }
}
