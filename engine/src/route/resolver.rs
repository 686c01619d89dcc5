//! A stub resolver: it asks the resolvers of the settings (RFC 1034 §5.3.1), and says of each answer whether it is secure.
//!
//! By default it believes the AD bit of a resolver on this machine, as most mail servers do. Told to validate, it asks for
//! signatures and believes nobody (`validation`).

use std::net::SocketAddr;
use std::sync::Arc;

use hickory_proto::rr::{Name, RecordType};

use crate::outside::Outside;
use crate::settings::Dnssec;

use super::answer::{self, Answer, LookupFault};
use super::chance::Chance;
use super::security::{Lookup, Security};
use super::servers::{Checking, Servers};
use super::validation::Validation;

/// The most questions that are asked to follow aliases.
const ALIAS_LIMIT: usize = 8;

/// Whoever answers questions: the resolver, or a table.
pub(crate) trait Directory: Sync {
    /// Looks a name up, follows aliases to their end, and says how far the answer can be believed; `Answer::Alias` does not
    /// come back.
    fn look_up(
        &self,
        name: &Name,
        kind: RecordType,
    ) -> impl Future<Output = Result<Lookup, LookupFault>> + Send;

    /// The same where it does not matter who vouches for the answer.
    fn lookup(
        &self,
        name: &Name,
        kind: RecordType,
    ) -> impl Future<Output = Result<Answer, LookupFault>> + Send {
        async move { Ok(self.look_up(name, kind).await?.answer) }
    }
}

impl Directory for Resolver {
    async fn look_up(&self, name: &Name, kind: RecordType) -> Result<Lookup, LookupFault> {
        let mut name = name.clone();
        let mut security = Security::Secure;
        for _ in 0..=ALIAS_LIMIT {
            let step = self.step(&name, kind).await?;
            security = security.and(step.security);
            match step.answer {
                Answer::Alias { target } => name = target,
                answer => return Ok(Lookup { answer, security }),
            }
        }
        Err(LookupFault::AliasLoop)
    }
}

/// Asks questions of the DNS.
#[derive(Clone)]
pub(crate) struct Resolver {
    servers: Servers,
    belief: Belief,
}

/// Whose word on DNSSEC counts.
#[derive(Clone)]
enum Belief {
    /// That of a resolver on this machine.
    Local,
    /// Nobody's.
    Nobody,
    /// Our own.
    Own(Validation),
}

impl Resolver {
    /// A resolver that asks these servers, in this order.
    #[must_use]
    pub(crate) fn new(
        outside: Outside,
        servers: Vec<SocketAddr>,
        dnssec: &Dnssec,
        chance: Arc<Chance>,
    ) -> Self {
        Self {
            servers: Servers::new(outside, servers, chance),
            belief: match dnssec {
                Dnssec::TrustResolver => Belief::Local,
                Dnssec::Off => Belief::Nobody,
                Dnssec::Validate(anchors) => Belief::Own(Validation::new(anchors)),
            },
        }
    }

    /// One for the lookups of a round. Each sees the DNS as it is, but for what zones say of their keys: that is asked once.
    #[must_use]
    pub(crate) fn of_round(&self) -> Self {
        Self {
            servers: self.servers.clone(),
            belief: match &self.belief {
                Belief::Own(validation) => Belief::Own(validation.of_round()),
                other => other.clone(),
            },
        }
    }

    /// Looks a name up and follows aliases to their end; `Answer::Alias` does not come back.
    ///
    /// # Errors
    /// `LookupFault` when there is no answer; it may be otherwise later.
    pub(crate) async fn lookup(
        &self,
        name: &Name,
        kind: RecordType,
    ) -> Result<Answer, LookupFault> {
        Directory::lookup(self, name, kind).await
    }

    /// One question; where its answer ends in an alias, that is the answer.
    async fn step(&self, name: &Name, kind: RecordType) -> Result<Lookup, LookupFault> {
        if let Belief::Own(validation) = &self.belief {
            let (answer, proof) = validation.ask(&self.servers, name, kind).await?;
            let security = Security::of_proof(proof)?;
            return Ok(Lookup { answer, security });
        }
        let (message, server) = self.servers.ask(name, kind, Checking::Left).await?;
        let (answer, _) = answer::meaning(&message, name, kind)?;
        let is_secure = message.metadata.authentic_data && self.believes(server);
        Ok(Lookup {
            answer,
            security: if is_secure {
                Security::Secure
            } else {
                Security::Insecure
            },
        })
    }

    /// Whether the AD bit of a resolver counts.
    ///
    /// Choice: that of one at a loopback address does. RFC 4035 §4.9.3 asks for a secure channel to a resolver that is
    /// trusted; no datagram from elsewhere can be known to come unchanged.
    fn believes(&self, server: SocketAddr) -> bool {
        matches!(self.belief, Belief::Local) && server.ip().to_canonical().is_loopback()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use async_trait::async_trait;
    use hickory_proto::op::{Message, MessageType, OpCode};
    use hickory_proto::rr::rdata::A;
    use hickory_proto::rr::{RData, Record};

    use super::*;
    use crate::outside::{Network, Stream};

    /// A resolver that says of every answer that it is secure.
    struct Vouching;

    #[async_trait]
    impl Network for Vouching {
        async fn connect(&self, _: SocketAddr) -> io::Result<Box<dyn Stream>> {
            Err(io::ErrorKind::ConnectionRefused.into())
        }

        async fn exchange(&self, _: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
            let question = Message::from_vec(question).unwrap();
            let id = question.metadata.id;
            let mut answer = Message::new(id, MessageType::Response, OpCode::Query);
            answer.metadata.authentic_data = true;
            let query = question.queries[0].clone();
            let address = RData::A(A::new(192, 0, 2, 1));
            answer.add_answer(Record::from_rdata(query.name().clone(), 60, address));
            answer.add_query(query);
            Ok(answer.to_vec().unwrap())
        }
    }

    #[tokio::test]
    async fn the_bit_counts_of_a_resolver_on_this_machine_that_is_trusted_and_of_no_other() {
        // (resolver, what the settings say of it, what an answer of it is worth)
        let cases = [
            ("127.0.0.1:53", Dnssec::TrustResolver, Security::Secure),
            ("[::1]:53", Dnssec::TrustResolver, Security::Secure),
            (
                "[::ffff:127.0.0.1]:53",
                Dnssec::TrustResolver,
                Security::Secure,
            ),
            ("192.0.2.53:53", Dnssec::TrustResolver, Security::Insecure),
            (
                "[2001:db8::53]:53",
                Dnssec::TrustResolver,
                Security::Insecure,
            ),
            ("127.0.0.1:53", Dnssec::Off, Security::Insecure),
        ];
        for (server, dnssec, want) in cases {
            let outside = Outside {
                network: Arc::new(Vouching),
                ..Outside::system()
            };
            let servers = vec![server.parse().unwrap()];
            let chance = Arc::new(Chance::from_seed(0));
            let resolver = Resolver::new(outside, servers, &dnssec, chance);
            let name = Name::from_ascii("mx.test.").unwrap();
            let found = resolver.look_up(&name, RecordType::A).await.unwrap();
            assert_eq!(found.security, want, "{server} {dnssec:?}");
        }
    }
}
