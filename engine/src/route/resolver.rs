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
