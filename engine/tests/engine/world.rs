//! A small world: names, hosts, and a clock that jumps to the next deadline when nobody has anything to do.
//!
//! All connections are pipes in memory and all tasks run on one thread, so that "nobody has anything to do" is exact.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, TLSA, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use mtaspec_engine::outside::{BoxFuture, Clock, MemoryStore, Network, Outside, Spawner, Stream};

use crate::peer::Host;
use crate::web::Web;

/// The moment at which every world begins.
pub(crate) fn beginning() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)
}

/// What a question is answered with.
#[derive(Clone)]
pub(crate) enum Dns {
    Records(Vec<String>),
    Code(ResponseCode),
    Silence,
    Garbage,
    Truncated,
}

#[derive(Default)]
struct Inner {
    offset: Duration,
    timers: BTreeMap<(Duration, u64), Waker>,
    dns: BTreeMap<String, Dns>,
    signed: BTreeSet<String>,
    hosts: BTreeMap<IpAddr, Host>,
    webs: BTreeMap<IpAddr, Web>,
    journal: Vec<(Duration, String)>,
    questions: Vec<String>,
    connections: Vec<IpAddr>,
}

/// The world. Clones are the same world.
#[derive(Clone, Default)]
pub(crate) struct World {
    inner: Arc<Mutex<Inner>>,
    polls: Arc<AtomicU64>,
    store: MemoryStore,
}

impl World {
    /// A world in which `example.test` has the host `mx.example.test`, and `home.test` has `mx.home.test`.
    pub(crate) fn new(mx: Host, home: Host) -> Self {
        let world = Self::default();
        world.record("MX example.test", &["10 mx.example.test"]);
        world.record("A mx.example.test", &["192.0.2.1"]);
        world.record("MX home.test", &["10 mx.home.test"]);
        world.record("A mx.home.test", &["192.0.2.25"]);
        world.host("192.0.2.1", mx);
        world.host("192.0.2.25", home);
        world
    }

    pub(crate) fn record(&self, question: &str, data: &[&str]) {
        self.dns(
            question,
            Dns::Records(data.iter().map(|text| (*text).to_owned()).collect()),
        );
    }

    /// From now on the answer to a question is one that was validated.
    pub(crate) fn sign(&self, question: &str) {
        self.inner
            .lock()
            .unwrap()
            .signed
            .insert(question.to_owned());
    }

    pub(crate) fn dns(&self, question: &str, answer: Dns) {
        self.inner
            .lock()
            .unwrap()
            .dns
            .insert(question.to_owned(), answer);
    }

    pub(crate) fn host(&self, address: &str, host: Host) {
        self.inner
            .lock()
            .unwrap()
            .hosts
            .insert(address.parse().unwrap(), host);
    }

    /// A web server at an address, on port 443.
    pub(crate) fn web(&self, address: &str, web: Web) {
        let address = address.parse().unwrap();
        self.inner.lock().unwrap().webs.insert(address, web);
    }

    /// Notes what has just happened.
    pub(crate) fn note(&self, what: String) {
        let at = self.elapsed();
        self.inner.lock().unwrap().journal.push((at, what));
    }

    /// What was noted, in order.
    pub(crate) fn journal(&self) -> Vec<(Duration, String)> {
        self.inner.lock().unwrap().journal.clone()
    }

    pub(crate) fn no_host(&self, address: &str) {
        self.inner
            .lock()
            .unwrap()
            .hosts
            .remove(&address.parse().unwrap());
    }

    /// The questions that were asked, as `MX example.test`.
    pub(crate) fn questions(&self) -> Vec<String> {
        self.inner.lock().unwrap().questions.clone()
    }

    /// The addresses that were connected to, in order.
    pub(crate) fn connections(&self) -> Vec<String> {
        self.inner
            .lock()
            .unwrap()
            .connections
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    /// How long the world has lasted.
    pub(crate) fn elapsed(&self) -> Duration {
        self.inner.lock().unwrap().offset
    }

    /// The time in the world.
    pub(crate) fn now_here(&self) -> SystemTime {
        beginning() + self.elapsed()
    }

    /// How many deadlines are armed.
    pub(crate) fn deadlines(&self) -> usize {
        self.inner.lock().unwrap().timers.len()
    }

    pub(crate) fn outside(&self) -> Outside {
        Outside {
            clock: Arc::new(self.clone()),
            network: Arc::new(self.clone()),
            spawner: Arc::new(self.clone()),
            store: Arc::new(self.store.clone()),
        }
    }

    /// Lets the world go on until a statement is true, or `limit` has passed on its clock.
    pub(crate) async fn until(&self, limit: Duration, mut is_true: impl FnMut() -> bool) -> bool {
        let end = self.elapsed() + limit;
        loop {
            self.settle().await;
            if is_true() {
                return true;
            }
            if !self.jump(end) {
                return is_true();
            }
        }
    }

    /// Lets the world go on for so long.
    pub(crate) async fn pass(&self, time: Duration) {
        self.until(time, || false).await;
    }

    /// Waits until every task waits.
    async fn settle(&self) {
        let mut quiet = 0;
        while quiet < 8 {
            let before = self.polls.load(Ordering::SeqCst);
            tokio::task::yield_now().await;
            quiet = if self.polls.load(Ordering::SeqCst) == before {
                quiet + 1
            } else {
                0
            };
        }
    }

    /// Moves the clock to the next deadline, but not beyond `end`. No if that is where it stands.
    fn jump(&self, end: Duration) -> bool {
        let mut inner = self.inner.lock().unwrap();
        let next = inner
            .timers
            .keys()
            .next()
            .map_or(end, |(deadline, _)| *deadline);
        if inner.offset >= end {
            return false;
        }
        inner.offset = next.min(end).max(inner.offset);
        let now = inner.offset;
        let later = inner.timers.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut inner.timers, later);
        drop(inner);
        for waker in due.into_values() {
            waker.wake();
        }
        true
    }

    /// Runs a task of a peer.
    pub(crate) fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.spawn(Box::pin(task));
    }
}

impl Clock for World {
    fn now(&self) -> SystemTime {
        self.now_here()
    }

    fn sleep_until(&self, deadline: SystemTime) -> BoxFuture<()> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let world = self.clone();
        let deadline = deadline.duration_since(beginning()).unwrap_or_default();
        let timer = Timer {
            key: (deadline, LAST.fetch_add(1, Ordering::SeqCst)),
            world,
        };
        Box::pin(timer)
    }
}

struct Timer {
    key: (Duration, u64),
    world: World,
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.world.inner.lock().unwrap();
        if inner.offset >= self.key.0 {
            return Poll::Ready(());
        }
        inner.timers.insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.world.inner.lock().unwrap().timers.remove(&self.key);
    }
}

impl Spawner for World {
    fn spawn(&self, mut task: BoxFuture<()>) {
        let polls = Arc::clone(&self.polls);
        tokio::spawn(tokio::task::unconstrained(std::future::poll_fn(
            move |context| {
                polls.fetch_add(1, Ordering::SeqCst);
                task.as_mut().poll(context)
            },
        )));
    }
}

#[async_trait]
impl Network for World {
    async fn connect(&self, to: SocketAddr) -> io::Result<Box<dyn Stream>> {
        let (here, there) = tokio::io::duplex(1 << 20);
        if to.port() == 53 {
            self.run(crate::peer::dns_over_tcp(self.clone(), there));
            return Ok(Box::new(here));
        }
        if to.port() == 443 {
            let web = self.inner.lock().unwrap().webs.get(&to.ip()).cloned();
            let Some(web) = web.filter(Web::is_up) else {
                return Err(io::ErrorKind::ConnectionRefused.into());
            };
            let world = self.clone();
            self.run(async move { web.serve(world, there).await });
            return Ok(Box::new(here));
        }
        let host = {
            let mut inner = self.inner.lock().unwrap();
            inner.connections.push(to.ip());
            inner.hosts.get(&to.ip()).cloned()
        };
        match host {
            None => Err(io::ErrorKind::ConnectionRefused.into()),
            Some(host) if host.is_silent() => std::future::pending().await,
            Some(host) => {
                let world = self.clone();
                self.run(async move {
                    let before = host.messages().len();
                    host.serve(there).await;
                    for message in host.messages().split_off(before) {
                        let how = if message.tls { "tls" } else { "plain" };
                        world.note(format!("{how} {}", message.recipients.join(" ")));
                    }
                });
                Ok(Box::new(here))
            }
        }
    }

    async fn exchange(&self, _to: SocketAddr, datagram: &[u8]) -> io::Result<Vec<u8>> {
        match self.answer(datagram, true) {
            Some(answer) => Ok(answer),
            None => std::future::pending().await,
        }
    }
}

impl World {
    /// Answers a question as the world has it; none for silence.
    pub(crate) fn answer(&self, question: &[u8], over_udp: bool) -> Option<Vec<u8>> {
        let asked = Message::from_vec(question).unwrap();
        let query = asked.queries[0].clone();
        let name = query.name().to_ascii().to_lowercase();
        let key = format!("{} {}", query.query_type(), name.trim_end_matches('.'));
        let mut inner = self.inner.lock().unwrap();
        inner.questions.push(if over_udp {
            key.clone()
        } else {
            format!("{key} tcp")
        });
        let answer = inner.dns.get(&key).cloned();
        let exists = inner
            .dns
            .keys()
            .any(|known| known.split(' ').nth(1) == key.split(' ').nth(1));
        let mut message = Message::new(asked.metadata.id, MessageType::Response, OpCode::Query);
        message.add_query(query.clone());
        message.metadata.authentic_data = inner.signed.contains(&key);
        match answer {
            Some(Dns::Silence) => return None,
            Some(Dns::Garbage) => return Some(b"garbage".to_vec()),
            Some(Dns::Truncated) if over_udp => message.metadata.truncation = true,
            Some(Dns::Truncated) => {
                message.add_answer(record(query.name(), RecordType::MX, "10 mx.example.test"));
            }
            Some(Dns::Code(code)) => message.metadata.response_code = code,
            Some(Dns::Records(records)) => {
                for data in records {
                    message.add_answer(record(query.name(), query.query_type(), &data));
                }
            }
            None if !exists => message.metadata.response_code = ResponseCode::NXDomain,
            None => {}
        }
        Some(message.to_vec().unwrap())
    }
}

fn record(owner: &Name, kind: RecordType, data: &str) -> Record {
    let name = |text: &str| Name::from_ascii(format!("{}.", text.trim_end_matches('.'))).unwrap();
    let data = match (data.split_once(' '), kind) {
        (Some(("CNAME", target)), _) => RData::CNAME(CNAME(name(target))),
        (Some((preference, host)), RecordType::MX) => RData::MX(MX::new(
            preference.parse().unwrap(),
            if host == "." {
                Name::root()
            } else {
                name(host)
            },
        )),
        (_, RecordType::TXT) => RData::TXT(TXT::new(vec![data.to_owned()])),
        (_, RecordType::AAAA) => RData::AAAA(AAAA(data.parse().unwrap())),
        (Some(("DANE-EE", full)), RecordType::TLSA) => {
            let certificate = data_encoding::HEXLOWER.decode(full.as_bytes()).unwrap();
            RData::TLSA(TLSA::new(3.into(), 0.into(), 0.into(), certificate))
        }
        _ => RData::A(A(data.parse().unwrap())),
    };
    Record::from_rdata(owner.clone(), 60, data)
}
