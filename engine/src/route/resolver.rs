//! A stub resolver: it asks the resolvers of the settings and believes them (RFC 1034 §5.3.1).
//!
//! Questions carry EDNS with DO, and AD, so that a validating resolver says what it vouches for (RFC 6840 §5.7). An answer
//! cut for UDP is asked for again over TCP. There is no cache and no hosts file: each round sees the DNS as it is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Edns, Message, Query};
use hickory_proto::rr::{Name, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::outside::Outside;

use super::answer::{self, Answer, LookupFault};
use super::chance::Chance;

/// How long one resolver is waited for; the usual figure of stub resolvers.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// How often each resolver is asked.
const TRIES: usize = 2;
/// The largest datagram that is asked for (RFC 9715 §3.2).
const PAYLOAD: u16 = 1_232;
/// The most questions that are asked to follow aliases.
const ALIAS_LIMIT: usize = 8;

/// Whoever answers questions: the resolver, or a table.
pub(crate) trait Directory: Sync {
    /// Looks a name up and follows aliases to their end.
    fn lookup(
        &self,
        name: &Name,
        kind: RecordType,
    ) -> impl Future<Output = Result<Answer, LookupFault>> + Send;
}

impl Directory for Resolver {
    async fn lookup(&self, name: &Name, kind: RecordType) -> Result<Answer, LookupFault> {
        Self::lookup(self, name, kind).await
    }
}

/// Asks questions of the DNS.
#[derive(Clone)]
pub(crate) struct Resolver {
    outside: Outside,
    servers: Vec<SocketAddr>,
    chance: Arc<Chance>,
}

impl Resolver {
    /// A resolver that asks these servers, in this order.
    #[must_use]
    pub(crate) fn new(outside: Outside, servers: Vec<SocketAddr>, chance: Arc<Chance>) -> Self {
        Self {
            outside,
            servers,
            chance,
        }
    }

    /// Looks a name up and follows aliases to their end; `Answer::Alias` and `Answer::Truncated` do not come back.
    ///
    /// # Errors
    /// `LookupFault` when there is no answer; it may be otherwise later.
    pub(crate) async fn lookup(
        &self,
        name: &Name,
        kind: RecordType,
    ) -> Result<Answer, LookupFault> {
        let mut name = name.clone();
        for _ in 0..=ALIAS_LIMIT {
            match self.ask_all(&name, kind).await? {
                Answer::Alias { target } => name = target,
                answer => return Ok(answer),
            }
        }
        Err(LookupFault::AliasLoop)
    }

    /// Asks each server so often as `TRIES` says, until one has an answer.
    async fn ask_all(&self, name: &Name, kind: RecordType) -> Result<Answer, LookupFault> {
        let mut fault = LookupFault::NoResolver;
        for _ in 0..TRIES {
            for server in &self.servers {
                match self.ask(*server, name, kind).await {
                    Ok(answer) => return Ok(answer),
                    Err(other) => {
                        tracing::debug!(%server, %name, %kind, fault = %other, "no answer");
                        fault = other;
                    }
                }
            }
        }
        Err(fault)
    }

    async fn ask(
        &self,
        server: SocketAddr,
        name: &Name,
        kind: RecordType,
    ) -> Result<Answer, LookupFault> {
        let id = u16::try_from(self.chance.draw() & 0xFFFF).unwrap_or(0);
        let question = question(id, name, kind)?;
        let received = self
            .outside
            .within(
                ANSWER_LIMIT,
                self.outside.network.exchange(server, &question),
            )
            .await
            .map_err(|_| LookupFault::Silence)?
            .map_err(|_| LookupFault::Silence)?;
        let answer = answer::read(&received, id, name, kind)?;
        if answer != Answer::Truncated {
            return Ok(answer);
        }
        let received = self
            .outside
            .within(ANSWER_LIMIT, self.over_tcp(server, &question))
            .await
            .map_err(|_| LookupFault::Silence)?
            .map_err(|_| LookupFault::Silence)?;
        match answer::read(&received, id, name, kind)? {
            Answer::Truncated => Err(LookupFault::Malformed),
            answer => Ok(answer),
        }
    }

    /// One question over TCP, with the length before each message (RFC 7766 §8).
    async fn over_tcp(&self, server: SocketAddr, question: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut stream = self.outside.network.connect(server).await?;
        let length = u16::try_from(question.len()).map_err(std::io::Error::other)?;
        let mut framed = length.to_be_bytes().to_vec();
        framed.extend_from_slice(question);
        stream.write_all(&framed).await?;
        stream.flush().await?;
        let mut length = [0; 2];
        stream.read_exact(&mut length).await?;
        let mut received = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut received).await?;
        Ok(received)
    }
}

fn question(id: u16, name: &Name, kind: RecordType) -> Result<Vec<u8>, LookupFault> {
    let mut message = Message::query();
    message.metadata.id = id;
    message.metadata.recursion_desired = true;
    message.metadata.authentic_data = true;
    message.add_query(Query::query(name.clone(), kind));
    let mut edns = Edns::new();
    edns.set_dnssec_ok(true).set_max_payload(PAYLOAD);
    message.set_edns(edns);
    message.to_vec().map_err(|_| LookupFault::Malformed)
}
