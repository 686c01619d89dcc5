//! A record carried out: the function `check_host` of RFC 7208 §4.

use std::net::IpAddr;
use std::pin::Pin;

use hickory_proto::rr::{Name, RecordType};

use crate::route::{Answer, Directory, LookupFault};

use super::macro_string::{MacroString, Meanings};
use super::network::is_within;
use super::record::{Mechanism, Qualifier, Record};

/// The most terms that may ask the DNS (RFC 7208 §4.6.4).
const TERM_LIMIT: usize = 10;
/// The most of their questions that may have no answer (RFC 7208 §4.6.4).
const VOID_LIMIT: usize = 2;
/// The most hosts or names that one term may lead to (RFC 7208 §4.6.4).
const NAME_LIMIT: usize = 10;

/// Who is to be shown to use a domain rightly.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identity<'e> {
    /// Where the session comes from.
    pub(crate) address: IpAddr,
    /// The local part of the envelope sender, `postmaster` for the null sender (RFC 7208 §2.4).
    pub(crate) local_part: &'e str,
    /// The domain: of the envelope sender, or of the greeting.
    pub(crate) domain: &'e str,
    /// The name of the greeting.
    pub(crate) greeting: &'e str,
}

/// What the record says (RFC 7208 §2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// There is no record, or no domain that could have one.
    None,
    /// The domain says nothing.
    Neutral,
    /// The host may use the domain.
    Pass,
    /// It may not.
    Fail,
    /// It probably may not.
    SoftFail,
    /// The DNS gave no answer; it may do so later.
    TempError,
    /// The record cannot be used.
    PermError,
}

/// Says whether a host may use a domain.
pub(crate) async fn evaluate<D: Directory>(identity: Identity<'_>, directory: &D) -> Outcome {
    let mut evaluation = Evaluation {
        identity: Identity {
            address: identity.address.to_canonical(),
            ..identity
        },
        directory,
        terms: 0,
        voids: 0,
    };
    match evaluation.check(identity.domain.to_owned()).await {
        Ok(outcome) => outcome,
        Err(Stop::Temporary) => Outcome::TempError,
        Err(Stop::Permanent) => Outcome::PermError,
    }
}

/// What ends the evaluation before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Temporary,
    Permanent,
}

struct Evaluation<'e, D> {
    identity: Identity<'e>,
    directory: &'e D,
    terms: usize,
    voids: usize,
}

/// A check that may lead to further checks.
type Checking<'f> = Pin<Box<dyn Future<Output = Result<Outcome, Stop>> + Send + 'f>>;

impl<D: Directory> Evaluation<'_, D> {
    fn check(&mut self, domain: String) -> Checking<'_> {
        Box::pin(async move {
            let Some(name) = full_name(&domain) else {
                return Ok(Outcome::None);
            };
            let texts = match self.directory.lookup(&name, RecordType::TXT).await {
                Ok(Answer::Records { texts, .. }) => texts,
                Ok(_) => return Ok(Outcome::None),
                Err(_) => return Err(Stop::Temporary),
            };
            let mut records = texts.iter().filter(|text| Record::is_one(text));
            let record = match (records.next(), records.next()) {
                (None, _) => return Ok(Outcome::None),
                (Some(record), None) => Record::parse(record).ok_or(Stop::Permanent)?,
                (Some(_), Some(_)) => return Err(Stop::Permanent),
            };
            for directive in &record.directives {
                if self.matches(&directive.mechanism, &domain).await? {
                    return Ok(match directive.qualifier {
                        Qualifier::Pass => Outcome::Pass,
                        Qualifier::Fail => Outcome::Fail,
                        Qualifier::SoftFail => Outcome::SoftFail,
                        Qualifier::Neutral => Outcome::Neutral,
                    });
                }
            }
            let Some(redirect) = &record.redirect else {
                return Ok(Outcome::Neutral);
            };
            self.count_term()?;
            let target = self.expand(Some(redirect), &domain).await;
            match self.check(target).await? {
                Outcome::None => Err(Stop::Permanent),
                outcome => Ok(outcome),
            }
        })
    }

    /// Whether a mechanism matches the address (RFC 7208 §5).
    async fn matches(&mut self, mechanism: &Mechanism, domain: &str) -> Result<bool, Stop> {
        let address = self.identity.address;
        match mechanism {
            Mechanism::All => Ok(true),
            Mechanism::Network(network, bits) => Ok(is_within(address, *network, *bits)),
            Mechanism::Include(target) => {
                self.count_term()?;
                let target = self.expand(Some(target), domain).await;
                match self.check(target).await? {
                    Outcome::Pass => Ok(true),
                    Outcome::None => Err(Stop::Permanent),
                    _ => Ok(false),
                }
            }
            Mechanism::A(target, prefixes) => {
                self.count_term()?;
                let target = self.expand(target.as_ref(), domain).await;
                let found = self.addresses(&target).await?;
                Ok(found.iter().any(|one| prefixes.join(address, *one)))
            }
            Mechanism::Mx(target, prefixes) => {
                self.count_term()?;
                let target = self.expand(target.as_ref(), domain).await;
                let answer = self.ask(&target, RecordType::MX).await?;
                let Some(Answer::Records { mx: hosts, .. }) = answer else {
                    return Ok(false);
                };
                if hosts.len() > NAME_LIMIT {
                    return Err(Stop::Permanent);
                }
                for (_, host) in hosts {
                    let found = self.addresses(&host.to_ascii()).await?;
                    if found.iter().any(|one| prefixes.join(address, *one)) {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Mechanism::Ptr(target) => {
                self.count_term()?;
                let target = self.expand(target.as_ref(), domain).await;
                let pointers = self.pointers().await;
                if pointers.as_ref().is_ok_and(Vec::is_empty) {
                    self.count_void()?;
                }
                let names = self.proved(pointers.unwrap_or_default()).await;
                Ok(names.iter().any(|name| is_at_or_below(name, &target)))
            }
            Mechanism::Exists(target) => {
                self.count_term()?;
                let target = self.expand(Some(target), domain).await;
                let answer = self.ask(&target, RecordType::A).await?;
                Ok(matches!(answer, Some(Answer::Records { .. })))
            }
        }
    }

    fn count_term(&mut self) -> Result<(), Stop> {
        self.terms += 1;
        if self.terms > TERM_LIMIT {
            Err(Stop::Permanent)
        } else {
            Ok(())
        }
    }

    /// Asks for the sake of a term. No data, and a name that cannot be one, count as void.
    async fn ask(&mut self, name: &str, kind: RecordType) -> Result<Option<Answer>, Stop> {
        if let Some(name) = full_name(name) {
            match self.directory.lookup(&name, kind).await {
                Ok(answer @ Answer::Records { .. }) => return Ok(Some(answer)),
                Ok(_) => {}
                Err(_) => return Err(Stop::Temporary),
            }
        }
        self.count_void()?;
        Ok(None)
    }

    fn count_void(&mut self) -> Result<(), Stop> {
        self.voids += 1;
        if self.voids > VOID_LIMIT {
            Err(Stop::Permanent)
        } else {
            Ok(())
        }
    }

    /// The addresses of a name, of the kind that the sender has.
    async fn addresses(&mut self, name: &str) -> Result<Vec<IpAddr>, Stop> {
        let kind = match self.identity.address {
            IpAddr::V4(_) => RecordType::A,
            IpAddr::V6(_) => RecordType::AAAA,
        };
        Ok(match self.ask(name, kind).await? {
            Some(Answer::Records { addresses, .. }) => addresses,
            _ => Vec::new(),
        })
    }

    /// The names of the address.
    async fn pointers(&self) -> Result<Vec<Name>, LookupFault> {
        let question = Name::from(self.identity.address);
        match self.directory.lookup(&question, RecordType::PTR).await? {
            Answer::Records { pointers, .. } => Ok(pointers),
            _ => Ok(Vec::new()),
        }
    }

    /// Those of the names that lead back to the address (RFC 7208 §5.5). What cannot be looked up is passed over.
    async fn proved(&self, pointers: Vec<Name>) -> Vec<String> {
        let address = self.identity.address;
        let kind = if address.is_ipv4() {
            RecordType::A
        } else {
            RecordType::AAAA
        };
        let mut names = Vec::new();
        for pointer in pointers.iter().take(NAME_LIMIT) {
            if let Ok(Answer::Records { addresses, .. }) =
                self.directory.lookup(pointer, kind).await
                && addresses.contains(&address)
            {
                names.push(
                    pointer
                        .to_ascii()
                        .trim_end_matches('.')
                        .to_ascii_lowercase(),
                );
            }
        }
        names
    }

    /// The domain that a term speaks of: its own with macros replaced, or that of the record.
    async fn expand(&self, target: Option<&MacroString>, domain: &str) -> String {
        let Some(target) = target else {
            return domain.to_owned();
        };
        let proved = if target.needs_proved_name() {
            self.proved(self.pointers().await.unwrap_or_default()).await
        } else {
            Vec::new()
        };
        // The domain itself is preferred, then a name below it (RFC 7208 §7.3).
        let best = proved
            .iter()
            .find(|name| name.eq_ignore_ascii_case(domain))
            .or_else(|| proved.iter().find(|name| is_at_or_below(name, domain)))
            .or_else(|| proved.first());
        target.domain(&Meanings {
            local_part: self.identity.local_part,
            sender_domain: self.identity.domain,
            domain,
            address: self.identity.address,
            greeting: self.identity.greeting,
            proved_name: best.map_or("unknown", String::as_str),
        })
    }
}

fn is_at_or_below(name: &str, domain: &str) -> bool {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    let above = name.to_ascii_lowercase();
    above
        .strip_suffix(&domain)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// A name of more than one label that can be asked for (RFC 7208 §4.3).
fn full_name(domain: &str) -> Option<Name> {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    if !domain.contains('.') {
        return None;
    }
    Name::from_ascii(format!("{domain}.")).ok()
}
