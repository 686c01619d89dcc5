//! Own validation of DNSSEC (RFC 4035 §5), by hickory's validator over our questions and our clock.
//!
//! hickory-resolver puts the same validator over sockets and timers of its own, which neither a mapped network nor a clock
//! that is moved can reach; hence the validator alone. Each lookup is validated from the anchors down, and its signatures by
//! the time at which it is made. What zones say of their keys is asked once for the lookups of a round, and kept no longer.

use std::cell::Cell;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use futures_util::future::poll_fn;
use futures_util::{Stream, stream};
use hickory_net::dnssec::DnssecDnsHandle;
use hickory_net::runtime::{RuntimeProvider, Time, TokioHandle, TokioRuntimeProvider};
use hickory_net::xfer::{DnsHandle, FirstAnswer};
use hickory_net::{DnsError, NetError};
use hickory_proto::dnssec::{Proof, TrustAnchors};
use hickory_proto::op::{DnsRequest, DnsRequestOptions, DnsResponse, Message, Query};
use hickory_proto::rr::{DNSClass, Name, RData, RecordType};

use crate::settings::DnsAnchors;

use super::answer::{self, Answer, LookupFault};
use super::servers::{Checking, Servers};

/// How long one lookup may take, with all that its validation asks.
const LOOKUP_LIMIT: Duration = Duration::from_secs(60);
/// The most questions that the validation of one lookup may ask.
pub(super) const QUESTION_LIMIT: usize = 100;

/// The validator.
#[derive(Clone)]
pub(super) struct Validation {
    anchors: Arc<TrustAnchors>,
    /// None: what is asked for one lookup serves no other.
    keys: Option<Keys>,
}

impl Validation {
    pub(super) fn new(anchors: &DnsAnchors) -> Self {
        Self {
            anchors: Arc::new(anchors.keys()),
            keys: None,
        }
    }

    /// One whose lookups have in common what zones say of their keys.
    pub(super) fn of_round(&self) -> Self {
        Self {
            anchors: Arc::clone(&self.anchors),
            keys: Some(Keys::default()),
        }
    }

    /// Asks one question, and says what the answer means and what the signatures say of it.
    pub(super) async fn ask(
        &self,
        servers: &Servers,
        name: &Name,
        kind: RecordType,
    ) -> Result<(Answer, Proof), LookupFault> {
        let questions = Questions {
            servers: servers.clone(),
            left: Arc::new(AtomicUsize::new(QUESTION_LIMIT)),
            keys: self.keys.clone().unwrap_or_default(),
        };
        let handle = DnssecDnsHandle::with_trust_anchor(questions, Arc::clone(&self.anchors));
        let clock = &servers.outside.clock;
        let mut lookup = Box::pin(async move {
            let mut query = Query::query(name.clone(), kind);
            query.set_query_class(DNSClass::IN);
            let options = DnsRequestOptions::default();
            handle.lookup(query, options).first_answer().await
        });
        let lookup = poll_fn(|context| {
            NOW.set(clock.now());
            lookup.as_mut().poll(context)
        });
        let validated = servers.outside.within(LOOKUP_LIMIT, lookup).await;
        match validated.map_err(|_| LookupFault::Silence)? {
            Ok(response) => answer::meaning(&response, name, kind),
            Err(error) => of_error(error, name, kind),
        }
    }
}

/// What is left of an answer that the validator did not let pass.
fn of_error(
    error: NetError,
    name: &Name,
    kind: RecordType,
) -> Result<(Answer, Proof), LookupFault> {
    match error {
        NetError::Dns(DnsError::ResponseCode(code)) => Err(LookupFault::Refused(code.to_str())),
        NetError::Dns(DnsError::Nsec {
            response, proof, ..
        }) => {
            if let Some(alias) = alias(&response, name) {
                return Ok(alias);
            }
            let (answer, _) = answer::meaning(&response, name, kind)?;
            Ok((answer, proof))
        }
        NetError::Dns(_) => Err(LookupFault::Bogus),
        NetError::Timeout => Err(LookupFault::Silence),
        _ => Err(LookupFault::Malformed),
    }
}

/// The alias at the name itself, if its signature is its own. Where the denial behind an alias is not shown to the
/// validator's liking, since it is another zone's, the target is asked for by itself, and its denial with it.
fn alias(message: &Message, name: &Name) -> Option<(Answer, Proof)> {
    let of_name = || {
        let mut answers = message.answers.iter();
        move |wanted: &dyn Fn(&RData) -> bool| {
            answers.find(|record| record.name == *name && wanted(&record.data))
        }
    };
    let record = of_name()(&|data| matches!(data, RData::CNAME(_)))?;
    // A record made of a wildcard needs the proof that there is no closer one.
    let is_expanded = message.answers.iter().any(|record| {
        matches!(
            &record.data,
            RData::DNSSEC(hickory_proto::dnssec::rdata::DNSSECRData::RRSIG(signature))
                if record.name == *name && signature.input().num_labels < name.num_labels()
        )
    });
    match &record.data {
        RData::CNAME(target) if !is_expanded => Some((
            Answer::Alias {
                target: target.0.clone(),
            },
            record.proof,
        )),
        _ => None,
    }
}

thread_local! {
    /// The time for the validator, which asks for it without saying whose. Set before each poll of a lookup.
    static NOW: Cell<SystemTime> = const { Cell::new(UNIX_EPOCH) };
}

/// What zones, and those above them, said of their keys: DNSKEY and DS records, with their signatures or denials, as they came.
/// What is bogus among it makes all lookups bogus that it is kept for; silence is not kept.
#[derive(Clone, Default)]
struct Keys(Arc<Mutex<HashMap<(Name, RecordType), Message>>>);

impl Keys {
    fn get(&self, name: &Name, kind: RecordType) -> Option<Message> {
        self.lock().get(&(name.clone(), kind)).cloned()
    }

    fn keep(&self, name: &Name, kind: RecordType, message: &Message) {
        if matches!(kind, RecordType::DNSKEY | RecordType::DS) {
            self.lock().insert((name.clone(), kind), message.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Name, RecordType), Message>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Questions in the way that the validator asks them.
#[derive(Clone)]
struct Questions {
    servers: Servers,
    left: Arc<AtomicUsize>,
    keys: Keys,
}

impl Questions {
    async fn ask(self, request: DnsRequest) -> Result<DnsResponse, NetError> {
        let fewer = |left: usize| left.checked_sub(1);
        let bounded = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer);
        bounded.map_err(|_| NetError::Message("too many questions for one answer"))?;
        let query = request.queries.first();
        let query = query.ok_or(NetError::Message("a request without a question"))?;
        let (name, kind) = (query.name(), query.query_type());
        if let Some(message) = self.keys.get(name, kind) {
            return Ok(DnsResponse::from_message(message)?);
        }
        match self.servers.ask(name, kind, Checking::Disabled).await {
            Ok((message, _)) => {
                self.keys.keep(name, kind, &message);
                Ok(DnsResponse::from_message(message)?)
            }
            Err(LookupFault::Silence | LookupFault::NoResolver) => Err(NetError::Timeout),
            Err(fault) => Err(NetError::Msg(fault.to_string())),
        }
    }
}

impl DnsHandle for Questions {
    type Response = Pin<Box<dyn Stream<Item = Result<DnsResponse, NetError>> + Send>>;
    type Runtime = CaseRuntime;

    fn send(&self, request: DnsRequest) -> Self::Response {
        Box::pin(stream::once(self.clone().ask(request)))
    }
}

/// What the validator takes for its runtime: it reads the clock, and opens and spawns nothing.
#[derive(Clone)]
struct CaseRuntime;

impl RuntimeProvider for CaseRuntime {
    type Handle = TokioHandle;
    type Timer = CaseTimer;
    type Udp = <TokioRuntimeProvider as RuntimeProvider>::Udp;
    type Tcp = <TokioRuntimeProvider as RuntimeProvider>::Tcp;

    fn create_handle(&self) -> Self::Handle {
        TokioHandle::default()
    }

    fn connect_tcp(
        &self,
        _: SocketAddr,
        _: Option<SocketAddr>,
        _: Option<Duration>,
    ) -> Pin<Box<dyn Send + Future<Output = Result<Self::Tcp, io::Error>>>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }

    fn bind_udp(
        &self,
        _: SocketAddr,
        _: SocketAddr,
    ) -> Pin<Box<dyn Send + Future<Output = Result<Self::Udp, io::Error>>>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }
}

struct CaseTimer;

#[async_trait]
impl Time for CaseTimer {
    async fn delay_for(_: Duration) {}

    async fn timeout<F: 'static + Future + Send>(
        _: Duration,
        future: F,
    ) -> Result<F::Output, io::Error> {
        Ok(future.await)
    }

    fn current_time() -> u64 {
        let since = NOW.get().duration_since(UNIX_EPOCH);
        since.unwrap_or_default().as_secs()
    }
}
