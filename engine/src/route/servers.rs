//! Questions to resolvers and what comes back (RFC 1035 §4.2, RFC 7766).
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

use super::answer::{self, LookupFault};
use super::chance::Chance;

/// How long one resolver is waited for; the usual figure of stub resolvers.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// How often each resolver is asked.
const TRIES: usize = 2;
/// The largest datagram that is asked for (RFC 9715 §3.2).
const PAYLOAD: u16 = 1_232;

/// Whether the resolver is to keep back what it finds bogus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checking {
    /// It is: that is how it says so.
    Left,
    /// It is not: the answer is checked here (RFC 4035 §3.2.2).
    Disabled,
}

/// The resolvers of the settings.
#[derive(Clone)]
pub(super) struct Servers {
    pub(super) outside: Outside,
    addresses: Vec<SocketAddr>,
    chance: Arc<Chance>,
}

impl Servers {
    pub(super) fn new(outside: Outside, addresses: Vec<SocketAddr>, chance: Arc<Chance>) -> Self {
        Self {
            outside,
            addresses,
            chance,
        }
    }

    /// Asks each server in its turn, so often as `TRIES` says, until one has an answer; says which one had.
    pub(super) async fn ask(
        &self,
        name: &Name,
        kind: RecordType,
        checking: Checking,
    ) -> Result<(Message, SocketAddr), LookupFault> {
        let mut fault = LookupFault::NoResolver;
        for _ in 0..TRIES {
            for server in &self.addresses {
                match self.ask_one(*server, name, kind, checking).await {
                    Ok(message) => return Ok((message, *server)),
                    Err(other) => {
                        tracing::debug!(%server, %name, %kind, fault = %other, "no answer");
                        fault = other;
                    }
                }
            }
        }
        Err(fault)
    }

    async fn ask_one(
        &self,
        server: SocketAddr,
        name: &Name,
        kind: RecordType,
        checking: Checking,
    ) -> Result<Message, LookupFault> {
        let id = u16::try_from(self.chance.draw() & 0xFFFF).unwrap_or(0);
        let question = question(id, name, kind, checking)?;
        let network = &self.outside.network;
        let received = self
            .outside
            .within(ANSWER_LIMIT, network.exchange(server, &question))
            .await
            .map_err(|_| LookupFault::Silence)?
            .map_err(|_| LookupFault::Silence)?;
        let message = answer::message(&received, id, name, kind)?;
        if !message.metadata.truncation {
            return Ok(message);
        }
        let received = self
            .outside
            .within(ANSWER_LIMIT, self.over_tcp(server, &question))
            .await
            .map_err(|_| LookupFault::Silence)?
            .map_err(|_| LookupFault::Silence)?;
        let message = answer::message(&received, id, name, kind)?;
        if message.metadata.truncation {
            return Err(LookupFault::Malformed);
        }
        Ok(message)
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

fn question(
    id: u16,
    name: &Name,
    kind: RecordType,
    checking: Checking,
) -> Result<Vec<u8>, LookupFault> {
    let mut message = Message::query();
    message.metadata.id = id;
    message.metadata.recursion_desired = true;
    message.metadata.authentic_data = true;
    message.metadata.checking_disabled = checking == Checking::Disabled;
    message.add_query(Query::query(name.clone(), kind));
    let mut edns = Edns::new();
    edns.set_dnssec_ok(true).set_max_payload(PAYLOAD);
    message.set_edns(edns);
    message.to_vec().map_err(|_| LookupFault::Malformed)
}
