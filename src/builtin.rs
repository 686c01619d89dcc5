//! The engine as a subject: the one place that names both engine and harness.
//!
//! For each case an engine is made anew. All that it gets from outside is the case's: its clock, its network of logical
//! addresses, its tasks.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use mtaspec_certs::Minted;
use mtaspec_engine::address::{AddressError, DomainName, MailDomain};
use mtaspec_engine::outside::{MemoryStore, Outside, Spawner};
use mtaspec_engine::settings::{
    Account, AddressList, Aliases, Applies, DaneUse, DnsAnchors, Dnssec, ListEntry, OwnCertificate,
    Receiving, Route as EngineRoute, RouteUse, Rule as EngineRule, Settings,
    Switches as EngineSwitches, TlsVersion,
};
use mtaspec_engine::{Engine, Options, Running as RunningEngine, Service};
use mtaspec_harness::subject::{
    Briefing, Instructions, Listed, OwnIdentity, ReceiverPort, Running, Subject, SubjectError,
};
use mtaspec_judge::scenario::{Ask, Route, Rule, Switches, TlsVersion as Version};
use rustls_pki_types::PrivateKeyDer;
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use outside::{CaseNetwork, CaseTasks, CaseTime};

mod answers;
mod outside;
mod reporting;

/// The built-in engine.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuiltIn;

#[async_trait]
impl Subject for BuiltIn {
    fn name(&self) -> &str {
        "engine"
    }

    fn version(&self) -> String {
        Engine::VERSION.to_owned()
    }

    fn capabilities(&self) -> BTreeSet<String> {
        Engine::capabilities()
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    async fn start(&self, briefing: Briefing) -> Result<Box<dyn Running>, SubjectError> {
        start(briefing, Belief::InResolver).await
    }
}

/// The built-in engine, told to check the signatures of answers for itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct ValidatingBuiltIn;

#[async_trait]
impl Subject for ValidatingBuiltIn {
    fn name(&self) -> &str {
        "engine-validating"
    }

    fn version(&self) -> String {
        BuiltIn.version()
    }

    fn capabilities(&self) -> BTreeSet<String> {
        BuiltIn.capabilities()
    }

    async fn start(&self, briefing: Briefing) -> Result<Box<dyn Running>, SubjectError> {
        start(briefing, Belief::InSignatures).await
    }
}

/// Where an engine learns the DNSSEC state of answers from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Belief {
    /// From the resolver, if it is told that it validates.
    InResolver,
    /// From signatures, with the key of the case's root.
    InSignatures,
}

async fn start(briefing: Briefing, belief: Belief) -> Result<Box<dyn Running>, SubjectError> {
    let hosts = Arc::new(Mutex::new(briefing.instructions.clone()));
    let tasks = Arc::new(CaseTasks {
        clock: Arc::clone(&briefing.clock),
        recorder: briefing.recorder.clone(),
        handles: Mutex::default(),
    });
    let outside = Outside {
        clock: Arc::new(CaseTime(Arc::clone(&briefing.clock))),
        network: Arc::new(CaseNetwork {
            clock: Arc::clone(&briefing.clock),
            resolvers: [briefing.resolver, briefing.validating_resolver],
            addresses: Arc::clone(&briefing.addresses),
            instructions: Arc::clone(&hosts),
            recorder: briefing.recorder.clone(),
        }),
        spawner: Arc::clone(&tasks) as Arc<dyn Spawner>,
        store: Arc::new(MemoryStore::default()),
    };
    let settings = settings(&briefing, &briefing.instructions, belief)?;
    let anywhere = |service| (service, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let options = Options {
        listen: [
            Service::Injection,
            Service::Mx,
            Service::Submission,
            Service::Submissions,
        ]
        .map(anywhere)
        .to_vec(),
        ..Options::default()
    };
    let engine = Engine::start(settings, outside, options)
        .await
        .map_err(|error| SubjectError::Start(error.to_string()))?;
    Ok(Box::new(BuiltInAtWork {
        briefing,
        engine,
        instructions: hosts,
        tasks,
        belief,
    }))
}

/// The engine at work on one case.
struct BuiltInAtWork {
    briefing: Briefing,
    engine: RunningEngine,
    instructions: Arc<Mutex<Instructions>>,
    tasks: Arc<CaseTasks>,
    belief: Belief,
}

impl BuiltInAtWork {
    fn address_of(&self, service: Service) -> SocketAddr {
        self.engine
            .address_of(service)
            .expect("every service was asked for")
    }
}

#[async_trait]
impl Running for BuiltInAtWork {
    fn injection_address(&self) -> SocketAddr {
        self.address_of(Service::Injection)
    }

    fn receiver_address(&self, port: ReceiverPort) -> Option<SocketAddr> {
        Some(self.address_of(match port {
            ReceiverPort::Smtp => Service::Mx,
            ReceiverPort::Submission => Service::Submission,
            ReceiverPort::Submissions => Service::Submissions,
        }))
    }

    async fn settle(&mut self) -> Result<(), SubjectError> {
        Ok(self.briefing.clock.idle().await?)
    }

    async fn advance(&mut self, duration: Duration) -> Result<(), SubjectError> {
        Ok(self.briefing.clock.advance(duration).await?)
    }

    async fn queue(&mut self) -> Option<Vec<Listed>> {
        let listed = self.engine.queue().into_iter().map(|message| Listed {
            sender: message.from,
            recipient: message.recipient,
        });
        Some(listed.collect())
    }

    async fn retry_now(&mut self) -> Result<(), SubjectError> {
        self.engine.retry_now().await;
        Ok(())
    }

    async fn change(&mut self, instructions: Instructions) -> Result<(), SubjectError> {
        let settings = settings(&self.briefing, &instructions, self.belief)?;
        self.engine
            .set_settings(settings)
            .map_err(|error| SubjectError::Unsupported(error.to_string()))?;
        *locked(&self.instructions) = instructions;
        Ok(())
    }

    async fn ask(&mut self, question: &Ask) -> Option<Map<String, Value>> {
        let (told, answered) = oneshot::channel();
        let answering = answers::to(question, &self.engine)?;
        // In a task of the case, so that its clock knows when somebody waits and when somebody computes.
        self.tasks.spawn(Box::pin(async move {
            let _ = told.send(answering.await);
        }));
        answered.await.ok()?.as_object().cloned()
    }

    async fn stop(self: Box<Self>) {
        self.engine.stop();
        for task in locked(&self.tasks.handles).drain(..) {
            task.abort();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// ---- what the engine is told

fn settings(
    briefing: &Briefing,
    told: &Instructions,
    belief: Belief,
) -> Result<Settings, SubjectError> {
    let cannot = |what: &str, error: &dyn std::error::Error| {
        SubjectError::Unsupported(format!("{what}: {error}"))
    };
    let name = format!("subject.{}", briefing.home);
    let hostname = DomainName::parse(&name).map_err(|error| cannot(&name, &error))?;
    let resolver = if told.settings.resolver_validates {
        briefing.validating_resolver
    } else {
        briefing.resolver
    };
    let mut settings = Settings::new(hostname, vec![resolver]);
    settings.dnssec = match belief {
        Belief::InResolver if told.settings.resolver_validates => Dnssec::TrustResolver,
        // Of the resolver that does not validate it is told that nobody vouches for it.
        Belief::InResolver => Dnssec::Off,
        Belief::InSignatures => {
            let anchor = briefing.trust_anchor.to_string();
            let anchors = DnsAnchors::parse([anchor.as_str()]);
            Dnssec::Validate(anchors.map_err(|error| cannot("the trust anchor", &error))?)
        }
    };
    settings.dane = (told.settings.dane.iter())
        .map(|(domain, word)| Ok((DomainName::parse(domain)?, dane_use(word))))
        .collect::<Result<_, AddressError>>()
        .map_err(|error| cannot("the use of DANE", &error))?;
    settings.rules = (told.rules.iter())
        .map(engine_rule)
        .collect::<Result<_, _>>()
        .map_err(|error| cannot("the rules", &error))?;
    settings.routes = (told.routes.iter())
        .map(|(domain, route)| engine_route(domain, route))
        .collect::<Result<_, _>>()
        .map_err(|error| cannot("the routes", &error))?;
    settings.aliases =
        Aliases::parse(&told.settings.aliases).map_err(|error| cannot("the aliases", &error))?;
    settings.receiving = receiving(briefing, told)?;
    settings.reporting = Some(reporting::of(briefing)?);
    settings.minimum_tls = match told.settings.minimum_tls {
        Version::Ssl3 | Version::Tls10 => TlsVersion::Tls10,
        Version::Tls11 => TlsVersion::Tls11,
        Version::Tls12 => TlsVersion::Tls12,
        Version::Tls13 => TlsVersion::Tls13,
    };
    settings.trust.clone_from(&told.trust);
    settings.queue_lifetime = told.settings.queue_lifetime;
    settings.client_certificate = (told.client_certificate.as_deref())
        .map(own_certificate)
        .transpose()?;
    Ok(settings)
}

fn receiving(briefing: &Briefing, told: &Instructions) -> Result<Receiving, SubjectError> {
    let home = MailDomain::parse(&briefing.home)
        .map_err(|error| SubjectError::Unsupported(format!("{}: {error}", briefing.home)))?;
    let own: &OwnIdentity = &briefing.identity;
    Ok(Receiving {
        domains: vec![home],
        certificate: Some(own_certificate(&own.certificate)?),
        demand_tls: told.settings.demand_tls,
        accounts: vec![Account {
            user: own.user.clone(),
            password: own.password.clone(),
        }],
    })
}

fn own_certificate(own: &Minted) -> Result<OwnCertificate, SubjectError> {
    Ok(OwnCertificate {
        chain: own.chain.iter().cloned().map(Into::into).collect(),
        key: PrivateKeyDer::try_from(own.private_key.clone())
            .map_err(|error| SubjectError::Unsupported(error.to_owned()))?,
    })
}

fn engine_rule(rule: &Rule) -> Result<EngineRule, AddressError> {
    let entry = |told: &mtaspec_judge::scenario::ListEntry| {
        let entry = ListEntry::parse(&told.entry)?;
        Ok(if told.authenticated {
            entry.for_authenticated()
        } else {
            entry
        })
    };
    let list: AddressList = rule.list.iter().map(entry).collect::<Result<_, _>>()?;
    Ok(EngineRule {
        name: "secure".to_owned(),
        list,
        applies: Applies {
            outbound: rule.outbound,
            inbound: rule.inbound,
            secure_route: rule.secure_route,
        },
        switches: switches(rule.switches),
        unit: rule.unit.as_deref().map(DomainName::parse).transpose()?,
    })
}

/// What the words of scenarios say of DANE; the reader lets no other pass.
fn dane_use(word: &str) -> DaneUse {
    match word {
        "mandatory" => DaneUse::Mandatory,
        "audit-only" => DaneUse::AuditOnly,
        _ => DaneUse::Off,
    }
}

fn engine_route(domain: &str, route: &Route) -> Result<EngineRoute, AddressError> {
    Ok(EngineRoute {
        domain: (domain != "*")
            .then(|| MailDomain::parse(domain))
            .transpose()?,
        host: MailDomain::parse(&route.host)?,
        mx_lookup: route.mx_lookup,
        port: route.port,
        switches: switches(route.switches),
        taken: if route.when_secure {
            RouteUse::WhenSecure
        } else {
            RouteUse::Always
        },
    })
}

fn switches(told: Switches) -> EngineSwitches {
    EngineSwitches {
        require_tls: told.require_tls,
        require_ca_signed: told.require_ca_signed,
        validate_hostname: told.validate_hostname,
    }
}
