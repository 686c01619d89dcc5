//! Tests of the resolver that checks signatures for itself: a signed root, and what becomes of its answers.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use hickory_proto::dnssec::crypto::EcdsaSigningKey;
use hickory_proto::dnssec::rdata::{DNSKEY, DNSSECRData, NSEC, RRSIG};
use hickory_proto::dnssec::{Algorithm, DnssecSigner, SigningKey as _};
use hickory_proto::op::{Message, MessageType, OpCode};
use hickory_proto::rr::rdata::{A, CNAME};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordSet, RecordType};

use super::answer::{Answer, LookupFault};
use super::chance::Chance;
use super::resolver::{Directory as _, Resolver};
use super::security::{Lookup, Security};
use crate::outside::{BoxFuture, Clock, Network, Outside, Stream};
use crate::settings::{DnsAnchors, Dnssec};

const DAY: Duration = Duration::from_secs(86_400);

fn now() -> SystemTime {
    UNIX_EPOCH + 20_000 * DAY
}

/// A root zone without delegations, as one resolver that does not validate gives it back.
struct Root {
    sets: BTreeMap<(Name, RecordType), Vec<Record>>,
    signer: DnssecSigner,
    asked: AtomicUsize,
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

impl Root {
    /// A zone whose signatures hold for two days, from a day before now.
    fn signed() -> Self {
        let pkcs8 = EcdsaSigningKey::generate_pkcs8(Algorithm::ECDSAP256SHA256).unwrap();
        let key = EcdsaSigningKey::from_pkcs8(&pkcs8, Algorithm::ECDSAP256SHA256).unwrap();
        let dnskey = DNSKEY::from_key(&key.to_public_key().unwrap());
        let signer = DnssecSigner::new(dnskey.clone(), Box::new(key), Name::root(), 2 * DAY);
        let mut root = Self {
            sets: BTreeMap::new(),
            signer,
            asked: AtomicUsize::new(0),
        };
        root.add(".", RData::DNSSEC(DNSSECRData::DNSKEY(dnskey)));
        root.add("mx.test.", RData::A(A::new(192, 0, 2, 1)));
        root.add("alias.test.", RData::CNAME(CNAME(name("mx.test."))));
        let nsec = NSEC::new(
            name("www.test."),
            [RecordType::A, RecordType::NSEC, RecordType::RRSIG],
        );
        root.add("mx.test.", RData::DNSSEC(DNSSECRData::NSEC(nsec)));
        root
    }

    /// Adds a record, and the signature of it.
    fn add(&mut self, owner: &str, data: RData) {
        let kind = data.record_type();
        let mut set = RecordSet::new(name(owner), kind, 0);
        set.insert(Record::from_rdata(name(owner), 60, data), 0);
        let inception = (now() - DAY).into();
        let signature = RRSIG::from_rrset(&set, DNSClass::IN, inception, &self.signer).unwrap();
        let signature = RData::DNSSEC(DNSSECRData::RRSIG(signature));
        let mut records: Vec<Record> = set.records(false).cloned().collect();
        records.push(Record::from_rdata(name(owner), 60, signature));
        self.sets.insert((name(owner), kind), records);
    }

    /// Puts another address where one is signed.
    fn forge(&mut self) {
        let records = self
            .sets
            .get_mut(&(name("mx.test."), RecordType::A))
            .unwrap();
        records[0].data = RData::A(A::new(192, 0, 2, 66));
    }

    /// Takes the signature of an address away.
    fn strip(&mut self) {
        let records = self
            .sets
            .get_mut(&(name("mx.test."), RecordType::A))
            .unwrap();
        records.truncate(1);
    }

    fn anchors(&self) -> DnsAnchors {
        let key = format!(". IN DNSKEY {}", self.signer.dnskey());
        DnsAnchors::parse([key.as_str()]).unwrap()
    }

    fn answer(&self, question: &[u8]) -> Vec<u8> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let question = Message::from_vec(question).unwrap();
        assert!(question.metadata.checking_disabled);
        let query = question.queries[0].clone();
        let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
        // Whoever believes this bit is not one that validates.
        answer.metadata.authentic_data = true;
        let at = |owner: &Name, kind| self.sets.get(&(owner.clone(), kind)).cloned();
        let mut owner = query.name().clone();
        if let Some(alias) = at(&owner, RecordType::CNAME) {
            if let RData::CNAME(target) = &alias[0].data {
                owner = target.0.clone();
            }
            answer.add_answers(alias);
        }
        match at(&owner, query.query_type()) {
            Some(records) => drop(answer.add_answers(records)),
            None => drop(answer.add_authorities(at(&owner, RecordType::NSEC).unwrap_or_default())),
        }
        answer.add_query(query);
        answer.to_vec().unwrap()
    }
}

#[async_trait]
impl Network for Root {
    async fn connect(&self, _: SocketAddr) -> io::Result<Box<dyn Stream>> {
        Err(io::ErrorKind::ConnectionRefused.into())
    }

    async fn exchange(&self, _: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
        Ok(self.answer(question))
    }
}

/// A clock that stands still.
struct At(SystemTime);

impl Clock for At {
    fn now(&self) -> SystemTime {
        self.0
    }

    fn sleep_until(&self, _: SystemTime) -> BoxFuture<()> {
        Box::pin(std::future::pending())
    }
}

async fn look_up(
    root: Root,
    anchors: &DnsAnchors,
    when: SystemTime,
    owner: &str,
    kind: RecordType,
) -> Result<Lookup, LookupFault> {
    let resolver = resolver(Arc::new(root), anchors, when);
    resolver.look_up(&name(owner), kind).await
}

fn resolver(root: Arc<Root>, anchors: &DnsAnchors, when: SystemTime) -> Resolver {
    let outside = Outside {
        clock: Arc::new(At(when)),
        network: root,
        ..Outside::system()
    };
    let server = "192.0.2.53:53".parse().unwrap();
    let chance = Arc::new(Chance::from_seed(0));
    let dnssec = Dnssec::Validate(anchors.clone());
    Resolver::new(outside, vec![server], &dnssec, chance)
}

#[tokio::test]
async fn lookups_of_a_round_ask_once_for_keys_and_each_time_for_the_answer() {
    let root = Arc::new(Root::signed());
    let resolver = resolver(Arc::clone(&root), &root.anchors(), now());
    let asked = async |resolver: &Resolver| {
        let before = root.asked.load(Ordering::Relaxed);
        let found = resolver.look_up(&name("mx.test."), RecordType::A).await;
        assert_eq!(found.unwrap().security, Security::Secure);
        root.asked.load(Ordering::Relaxed) - before
    };
    let whole = asked(&resolver).await;
    assert!(whole > 1, "{whole}");
    assert_eq!(
        asked(&resolver).await,
        whole,
        "lookups apart have nothing in common"
    );
    for _ in 0..2 {
        let round = resolver.of_round();
        assert_eq!([asked(&round).await, asked(&round).await], [whole, 1]);
    }
}

#[tokio::test]
async fn an_answer_is_secure_if_its_signature_is_that_of_the_anchor_and_holds_now() {
    let secure = Ok(Security::Secure);
    let bogus = Err(LookupFault::Bogus);
    type Change = fn(&mut Root);
    let as_is: Change = |_| ();
    // (what is done to the zone, when it is asked, which name and type, the state)
    let cases: [(Change, SystemTime, &str, RecordType, _); 9] = [
        (as_is, now(), "mx.test.", RecordType::A, secure.clone()),
        (as_is, now(), "alias.test.", RecordType::A, secure.clone()),
        (
            as_is,
            now(),
            "alias.test.",
            RecordType::CNAME,
            secure.clone(),
        ),
        (as_is, now(), "mx.test.", RecordType::TLSA, secure),
        (
            as_is,
            now() + 2 * DAY,
            "mx.test.",
            RecordType::A,
            bogus.clone(),
        ),
        (
            as_is,
            now() - 2 * DAY,
            "mx.test.",
            RecordType::A,
            bogus.clone(),
        ),
        (Root::forge, now(), "mx.test.", RecordType::A, bogus.clone()),
        (
            Root::forge,
            now(),
            "alias.test.",
            RecordType::A,
            bogus.clone(),
        ),
        (Root::strip, now(), "mx.test.", RecordType::A, bogus),
    ];
    for (number, (change, when, owner, kind, want)) in cases.into_iter().enumerate() {
        let mut root = Root::signed();
        change(&mut root);
        let anchors = root.anchors();
        let got = look_up(root, &anchors, when, owner, kind).await;
        assert_eq!(
            got.map(|found| found.security),
            want,
            "case {number}: {owner} {kind}"
        );
    }
}

#[tokio::test]
async fn nothing_is_secure_by_another_key() {
    let anchors = Root::signed().anchors();
    let got = look_up(Root::signed(), &anchors, now(), "mx.test.", RecordType::A).await;
    assert_eq!(got, Err(LookupFault::Bogus));
}

#[tokio::test]
async fn what_does_not_exist_is_proven_or_bogus() {
    let root = Root::signed();
    let anchors = root.anchors();
    let denied = look_up(root, &anchors, now(), "mx.test.", RecordType::TLSA)
        .await
        .unwrap();
    assert!(matches!(denied.answer, Answer::NoData { .. }), "{denied:?}");
    let mut root = Root::signed();
    root.sets.remove(&(name("mx.test."), RecordType::NSEC));
    let anchors = root.anchors();
    let got = look_up(root, &anchors, now(), "mx.test.", RecordType::TLSA).await;
    assert_eq!(got, Err(LookupFault::Bogus));
}

/// A network that gives back the same forged message to every question, with as many names in it as fit.
struct Flood(AtomicUsize);

#[async_trait]
impl Network for Flood {
    async fn connect(&self, _: SocketAddr) -> io::Result<Box<dyn Stream>> {
        Err(io::ErrorKind::ConnectionRefused.into())
    }

    async fn exchange(&self, _: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let question = Message::from_vec(question).unwrap();
        let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
        let query = question.queries[0].clone();
        for number in 0..200 {
            let owner = Name::from_ascii(format!("x{number}.zone{number}.test.")).unwrap();
            answer.add_answer(Record::from_rdata(
                owner,
                60,
                RData::A(A::new(192, 0, 2, 1)),
            ));
        }
        answer.add_query(query);
        Ok(answer.to_vec().unwrap())
    }
}

#[tokio::test]
async fn a_hostile_answer_leads_to_a_bounded_number_of_questions() {
    let flood = Arc::new(Flood(AtomicUsize::new(0)));
    let outside = Outside {
        clock: Arc::new(At(now())),
        network: Arc::clone(&flood) as Arc<dyn Network>,
        ..Outside::system()
    };
    let server = "192.0.2.53:53".parse().unwrap();
    let chance = Arc::new(Chance::from_seed(0));
    let dnssec = Dnssec::Validate(DnsAnchors::of_the_root());
    let resolver = Resolver::new(outside, vec![server], &dnssec, chance);
    assert!(
        resolver
            .look_up(&name("mx.test."), RecordType::A)
            .await
            .is_err()
    );
    let asked = flood.0.load(Ordering::Relaxed);
    assert!(asked <= super::validation::QUESTION_LIMIT, "{asked}");
}
