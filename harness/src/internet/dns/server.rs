//! The two resolvers: sockets, and from a request to the bytes of its answer.
//!
//! Both set RA and give signatures to who asks for them (DO). The validating one also says which answers are secure (AD),
//! and keeps bogus ones to itself, unless the asker wants to judge himself (CD; RFC 4035 §3.2). hickory-server reads
//! requests and writes answers, cut off with TC where they are too long for UDP; what it cannot do for us, it is not asked
//! to: the sockets are ours, and a malformed answer is a record whose data do not fit its type.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

use hickory_proto::op::{Edns, Header, Message, MessageType, Metadata, OpCode, ResponseCode};
use hickory_proto::rr::rdata::NULL;
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable as _, BinDecoder, BinEncoder};
use hickory_server::net::xfer::Protocol;
use hickory_server::server::Request;
use hickory_server::zone_handler::MessageResponseBuilder;
use mtaspec_judge::scenario::World;

use super::answer::{Answer, Reply};
use super::case::{Asked, CaseDns};
use super::dnssec::{State, TrustAnchor, Validity};
use super::publish::publish;
use super::sockets::{Answering, Respond, Sockets};
use super::tlsa::TlsaSource;
use super::tree::{PublishError, Tree};
use crate::internet::door::Door;
use crate::internet::post::PostError;
use crate::plan::{HostAddresses, Prefix};

/// No answer over UDP is longer (RFC 9715 §3.1).
const LONGEST_DATAGRAM: u16 = 1232;
/// Nor longer than this, to who does not say how much he takes (RFC 1035 §4.2.1).
const LONGEST_WITHOUT_EDNS: u16 = 512;

/// How the server is to be set up.
#[derive(Debug, Clone)]
pub struct DnsSetup {
    /// `test`, or what stands for it.
    pub base: String,
    /// Where the plain and the validating resolver are bound; port 0 takes any.
    pub doors: [Door; 2],
    /// The address that NS records lead to.
    pub logical: IpAddr,
    /// Where the addresses of hosts come from: those of IPv4, then those of IPv6.
    pub prefixes: [Prefix; 2],
    /// The instant that counts as "now" for signatures.
    pub now: SystemTime,
}

/// Why the resolvers could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DnsError {
    /// A socket could not be had.
    #[error("the resolvers cannot listen")]
    Listen(#[from] PostError),
    /// The base is no name.
    #[error(transparent)]
    Base(#[from] PublishError),
}

/// Both resolvers, for all cases of a run. They end when it is dropped.
pub struct DnsServer {
    tree: Arc<Tree>,
    addresses: [SocketAddr; 2],
    _answering: [Answering; 2],
}

impl DnsServer {
    /// Starts both.
    ///
    /// # Errors
    /// When a socket cannot be had, or the base is no name.
    pub fn start(setup: &DnsSetup) -> Result<Self, DnsError> {
        let validity = Validity::around(setup.now);
        let tree = Tree::new(&setup.base, setup.logical, setup.prefixes, validity)?;
        let tree = Arc::new(tree);
        let (plain, plain_address) = face(&tree, &setup.doors[0], Trust::Nothing)?;
        let (validating, validating_address) = face(&tree, &setup.doors[1], Trust::Anchor)?;
        Ok(Self {
            tree,
            addresses: [plain_address, validating_address],
            _answering: [plain, validating],
        })
    }

    /// The resolver that hands everything on as it is.
    #[must_use]
    pub fn resolver(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// The resolver that validates.
    #[must_use]
    pub fn validating_resolver(&self) -> SocketAddr {
        self.addresses[1]
    }

    /// What a validator needs to follow the signatures of all zones.
    #[must_use]
    pub fn trust_anchor(&self) -> TrustAnchor {
        TrustAnchor::committed()
    }

    /// Publishes a labelled world below its zone cut, `<label>.test`, instead of the one before.
    ///
    /// # Errors
    /// When something in it cannot be published; then all stays as it was.
    pub fn publish(
        &self,
        apex: &str,
        case: &Arc<CaseDns>,
        world: &World,
        addresses: &HostAddresses,
        certificates: &dyn TlsaSource,
    ) -> Result<(), PublishError> {
        let ground = self.tree.ground(apex)?;
        let published = publish(&ground, world, addresses, certificates)?;
        self.tree.put(&ground.apex, case, published)
    }

    /// Takes a case away.
    pub fn withdraw(&self, apex: &str, case: &Arc<CaseDns>) {
        if let Ok(ground) = self.tree.ground(apex) {
            self.tree.remove(&ground.apex, case);
        }
    }
}

/// One resolver on UDP and TCP of one port.
fn face(tree: &Arc<Tree>, door: &Door, trust: Trust) -> Result<(Answering, SocketAddr), DnsError> {
    let sockets = Sockets::at(door).map_err(|reason| PostError::of(door.address(), reason))?;
    let address = sockets.address();
    let face = Face {
        tree: Arc::clone(tree),
        address,
        trust,
    };
    Ok((sockets.answer_with(Arc::new(face)), address))
}

/// Who answers at one port.
struct Face {
    tree: Arc<Tree>,
    address: SocketAddr,
    trust: Trust,
}

/// What a resolver takes on trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Nothing: it hands on what it gets.
    Nothing,
    /// The key of the root: it validates.
    Anchor,
}

impl Face {
    fn answer(&self, asked: &Asked, case: Option<&CaseDns>) -> Answer {
        let answer = self.tree.answer(asked, case);
        if asked.is_validated() && answer.state == State::Bogus && answer.has_content() {
            return answer.fails(Reply::Code(ResponseCode::ServFail));
        }
        answer
    }

    fn parts(&self, request: &Request, answer: &Answer, question: &Asked) -> Parts {
        let mut parts = Parts::of(request, answer, Some(question));
        parts.metadata.authentic_data = self.vouches(request, answer);
        parts
    }

    /// Is AD set? Only for who says that he understands it, by AD or DO (RFC 6840 §5.8). Where signatures are taken out, a
    /// resolver that has validated nothing sets it as well: that is what whoever takes them out would have believed.
    fn vouches(&self, request: &Request, answer: &Answer) -> bool {
        let is_asked = request.metadata.authentic_data || dnssec_ok(request);
        let is_secure = answer.state == State::Secure && answer.may_be_authentic;
        let speaks = self.trust == Trust::Anchor || answer.is_vouched_for_by_all;
        // The owner of a zone signs a broken record as well.
        let is_signed = answer.has_content() || answer.reply == Reply::Malformed;
        speaks && is_asked && is_secure && is_signed
    }
}

impl Respond for Face {
    async fn respond(&self, raw: Vec<u8>, from: SocketAddr, over: Protocol) -> Option<Vec<u8>> {
        // What is shorter than a header asks nothing, and whoever answers answers would do so for ever.
        let header = Header::read(&mut BinDecoder::new(&raw)).ok()?;
        if header.metadata.message_type == MessageType::Response {
            return None;
        }
        let Ok(request) = Request::from_bytes(raw, from, over) else {
            let (id, op_code) = (header.metadata.id, header.metadata.op_code);
            return Message::error_msg(id, op_code, ResponseCode::FormErr)
                .to_vec()
                .ok();
        };
        self.respond_to(&request).await
    }
}

impl Face {
    async fn respond_to(&self, request: &Request) -> Option<Vec<u8>> {
        let tcp = request.protocol() == Protocol::Tcp;
        let question = match question(request) {
            Ok((name, kind)) => Asked {
                name,
                kind,
                dnssec_ok: dnssec_ok(request),
                validating: self.trust == Trust::Anchor,
                checking_disabled: request.metadata.checking_disabled,
                tcp,
            },
            Err(code) => {
                return Some(Parts::of(request, &Answer::bare(code), None).written(request));
            }
        };
        let Some(case) = self.tree.case_of(&question.name) else {
            let answer = self.answer(&question, None);
            return Some(self.parts(request, &answer, &question).written(request));
        };
        let (client, server) = (request.src(), self.address);
        let sent = case.resume(client, server, tcp);
        let answer = self.answer(&question, Some(&case));
        if !answer.delay.is_zero() {
            let clock = case.clock();
            clock.delay(client, server, sent, answer.delay).await;
        }
        case.record(&question, &answer);
        if answer.reply == Reply::Silence {
            case.stall(client, server);
            return None;
        }
        let written = self.parts(request, &answer, &question).written(request);
        if tcp {
            // With the two octets before it (RFC 1035 §4.2.2).
            case.sends(client, server, written.len() as u64 + 2);
        }
        Some(written)
    }
}

/// The question, or the code for a request that has none that we answer.
fn question(request: &Request) -> Result<(Name, RecordType), ResponseCode> {
    if request.metadata.op_code != OpCode::Query {
        return Err(ResponseCode::NotImp);
    }
    let info = request.request_info().map_err(|_| ResponseCode::FormErr)?;
    if request.edns.as_ref().is_some_and(|edns| edns.version() > 0) {
        return Err(ResponseCode::BADVERS);
    }
    let kind = info.query.query_type();
    let is_transfer = matches!(kind, RecordType::AXFR | RecordType::IXFR);
    if info.query.query_class() != DNSClass::IN || is_transfer {
        return Err(ResponseCode::Refused);
    }
    Ok((info.query.original().name().clone(), kind))
}

fn dnssec_ok(request: &Request) -> bool {
    let edns = request.edns.as_ref();
    edns.is_some_and(|edns| edns.flags().dnssec_ok)
}

/// What an answer is written from.
struct Parts {
    metadata: Metadata,
    edns: Option<Edns>,
    answers: Vec<Record>,
    authority: Vec<Record>,
}

impl Parts {
    fn of(request: &Request, answer: &Answer, question: Option<&Asked>) -> Self {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.recursion_available = true;
        let mut answers = answer.answers.clone();
        match answer.reply {
            Reply::Code(code) => metadata.response_code = code,
            Reply::Truncated => metadata.truncation = true,
            Reply::Malformed => answers.extend(question.map(malformed)),
            Reply::Silence => {}
        }
        let edns = request.edns.as_ref().map(|asked| {
            let mut edns = Edns::new();
            edns.set_dnssec_ok(asked.flags().dnssec_ok);
            edns.set_max_payload(asked.max_payload().clamp(512, LONGEST_DATAGRAM));
            edns
        });
        Self {
            metadata,
            edns,
            answers,
            authority: answer.authority.clone(),
        }
    }

    /// The bytes of the answer. What does not fit is left out and TC set (RFC 2181 §9).
    fn written(&self, request: &Request) -> Vec<u8> {
        let limit = match (request.protocol(), &self.edns) {
            (Protocol::Udp, Some(edns)) => edns.max_payload(),
            (Protocol::Udp, None) => LONGEST_WITHOUT_EDNS,
            _ => u16::MAX,
        };
        let mut bytes = Vec::with_capacity(usize::from(LONGEST_WITHOUT_EDNS));
        let mut encoder = BinEncoder::new(&mut bytes);
        encoder.set_max_size(limit);
        let mut builder = MessageResponseBuilder::from_message_request(request);
        if let Some(edns) = &self.edns {
            builder.edns(edns);
        }
        let response = builder.build(
            self.metadata,
            self.answers.iter(),
            self.authority.iter(),
            [].iter(),
            [].iter(),
        );
        if let Err(error) = response.destructive_emit(&mut encoder) {
            tracing::error!(%error, "an answer could not be written");
            let (id, op_code) = (request.metadata.id, request.metadata.op_code);
            let failure = Message::error_msg(id, op_code, ResponseCode::ServFail);
            return failure.to_vec().unwrap_or_default();
        }
        bytes
    }
}

/// A record of one octet, which is too short for every type that is asked for here.
fn malformed(question: &Asked) -> Record {
    let code = match question.kind {
        RecordType::ANY => RecordType::A,
        kind => kind,
    };
    let rdata = NULL::with(vec![0xff]);
    Record::from_rdata(question.name.clone(), 0, RData::Unknown { code, rdata })
}
