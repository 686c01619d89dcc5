//! The two resolvers: sockets, and from a request to the bytes of its answer.
//!
//! Both set RA and give signatures to who asks for them (DO). The validating one also says which answers are secure (AD),
//! and keeps bogus ones to itself, unless the asker wants to judge himself (CD; RFC 4035 §3.2). hickory-server reads
//! requests and truncates what is too long for UDP; what it cannot do for us, it is not asked to: bytes over TCP are
//! counted here, and a malformed answer is a record whose data do not fit its type.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hickory_proto::op::{Edns, Metadata, OpCode, ResponseCode};
use hickory_proto::rr::rdata::NULL;
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use hickory_proto::serialize::binary::BinEncoder;
use hickory_server::net::runtime::Time;
use hickory_server::net::xfer::Protocol;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo, Server};
use hickory_server::zone_handler::MessageResponseBuilder;
use mtaspec_judge::scenario::World;
use tokio::net::{TcpListener, UdpSocket};

use super::answer::{Answer, Reply};
use super::case::{Asked, CaseDns};
use super::dnssec::{State, TrustAnchor, Validity};
use super::publish::publish;
use super::tlsa::TlsaSource;
use super::tree::{PublishError, Tree};
use crate::internet::post::PostError;
use crate::plan::HostAddresses;

/// No answer over UDP is longer (RFC 9715 §3.1).
const LONGEST_DATAGRAM: u16 = 1232;
/// A TCP connection without a question is closed after so long, in real time: it holds only sockets.
const IDLE_CONNECTION: Duration = Duration::from_secs(600);
/// Answers that wait to be sent on one TCP connection.
const WAITING_ANSWERS: usize = 64;

/// How the server is to be set up.
#[derive(Debug, Clone)]
pub struct DnsSetup {
    /// `test`, or what stands for it.
    pub base: String,
    /// Where the plain and the validating resolver are bound; port 0 takes any.
    pub bind: [SocketAddr; 2],
    /// The address that NS records lead to.
    pub logical: IpAddr,
    /// Where the IPv4 addresses of hosts come from: address and length in bits.
    pub pool: (Ipv4Addr, u8),
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
    _servers: [Server<Face>; 2],
}

impl DnsServer {
    /// Starts both.
    ///
    /// # Errors
    /// When a socket cannot be had, or the base is no name.
    pub async fn start(setup: &DnsSetup) -> Result<Self, DnsError> {
        let validity = Validity::around(setup.now);
        let tree = Tree::new(&setup.base, setup.logical, setup.pool, validity)?;
        let tree = Arc::new(tree);
        let (plain, plain_address) = face(&tree, setup.bind[0], Trust::Nothing).await?;
        let (validating, validating_address) = face(&tree, setup.bind[1], Trust::Anchor).await?;
        Ok(Self {
            tree,
            addresses: [plain_address, validating_address],
            _servers: [plain, validating],
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
async fn face(
    tree: &Arc<Tree>,
    bind: SocketAddr,
    trust: Trust,
) -> Result<(Server<Face>, SocketAddr), DnsError> {
    let sockets = sockets(bind).await;
    let (udp, tcp, address) = sockets.map_err(|reason| PostError::of(bind, reason))?;
    let mut server = Server::new(Face {
        tree: Arc::clone(tree),
        address,
        trust,
    });
    server.register_socket(udp);
    server.register_listener(tcp, IDLE_CONNECTION, WAITING_ANSWERS);
    Ok((server, address))
}

/// A TCP port may be free and the UDP port of that number not: then another is tried, unless the number was asked for.
async fn sockets(bind: SocketAddr) -> io::Result<(UdpSocket, TcpListener, SocketAddr)> {
    let mut tries = if bind.port() == 0 { 16 } else { 1 };
    loop {
        tries -= 1;
        let tcp = TcpListener::bind(bind).await?;
        let address = tcp.local_addr()?;
        match UdpSocket::bind(address).await {
            Ok(udp) => return Ok((udp, tcp, address)),
            Err(error) if tries == 0 => return Err(error),
            Err(_) => {}
        }
    }
}

/// What hickory hands requests to.
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

    /// Is AD set? Only for who says that he understands it, by AD or DO (RFC 6840 §5.8).
    fn vouches(&self, request: &Request, answer: &Answer) -> bool {
        let is_asked = request.metadata.authentic_data || dnssec_ok(request);
        let is_secure = answer.state == State::Secure && answer.may_be_authentic;
        self.trust == Trust::Anchor && is_asked && is_secure && answer.has_content()
    }
}

#[async_trait::async_trait]
impl RequestHandler for Face {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        handle: R,
    ) -> ResponseInfo {
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
                let parts = Parts::of(request, &Answer::bare(code), None);
                return send(request, &parts, handle).await;
            }
        };
        let Some(case) = self.tree.case_of(&question.name) else {
            let answer = self.answer(&question, None);
            let parts = self.parts(request, &answer, &question);
            return send(request, &parts, handle).await;
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
            return ResponseInfo::from(hickory_proto::op::Header {
                metadata: Metadata::response_from_request(&request.metadata),
                counts: hickory_proto::op::HeaderCounts::default(),
            });
        }
        let parts = self.parts(request, &answer, &question);
        if tcp {
            case.sends(client, server, framed_length(request, &parts));
        }
        send(request, &parts, handle).await
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

/// The length of the answer over TCP with the two octets before it (RFC 1035 §4.2.2).
fn framed_length(request: &Request, parts: &Parts) -> u64 {
    let mut bytes = Vec::new();
    let mut encoder = BinEncoder::new(&mut bytes);
    encoder.set_max_size(u16::MAX);
    match parts.response(request).destructive_emit(&mut encoder) {
        Ok(_) => bytes.len() as u64 + 2,
        Err(_) => 0,
    }
}

async fn send<R: ResponseHandler>(request: &Request, parts: &Parts, mut handle: R) -> ResponseInfo {
    match handle.send_response(parts.response(request)).await {
        Ok(info) => info,
        Err(error) => {
            tracing::debug!(%error, "an answer could not be sent");
            ResponseInfo::from(hickory_proto::op::Header {
                metadata: parts.metadata,
                counts: hickory_proto::op::HeaderCounts::default(),
            })
        }
    }
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

    fn response<'parts>(
        &'parts self,
        request: &'parts Request,
    ) -> hickory_server::zone_handler::MessageResponse<
        'parts,
        'parts,
        impl Iterator<Item = &'parts Record> + Send + 'parts,
        impl Iterator<Item = &'parts Record> + Send + 'parts,
        impl Iterator<Item = &'parts Record> + Send + 'parts,
        impl Iterator<Item = &'parts Record> + Send + 'parts,
    > {
        let mut builder = MessageResponseBuilder::from_message_request(request);
        if let Some(edns) = &self.edns {
            builder.edns(edns);
        }
        builder.build(
            self.metadata,
            self.answers.iter(),
            self.authority.iter(),
            [].iter(),
            [].iter(),
        )
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
