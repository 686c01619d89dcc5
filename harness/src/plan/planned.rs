//! One case as it will run: below its label, with addresses and messages of its own.

use std::net::IpAddr;
use std::sync::Arc;

use mtaspec_judge::scenario::{Case, ExtraRecord, Message, Step, World};

use super::story_addresses::StoryAddresses;
use super::{AddressBook, AddressError, HostAddresses, Label, Literals, MailPlan, Names, warm_up};
use crate::subject::dkim;

/// What holds for all cases of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanOptions {
    /// For relays that stay up and remember (`--token`).
    pub token: Option<String>,
    /// Stands for `test` (`--base`); without final dot.
    pub base: String,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            token: None,
            base: "test".into(),
        }
    }
}

/// Why a case could not be planned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// There was no address for one of its hosts.
    #[error("{case} gets no addresses")]
    Address {
        /// The case's id.
        case: String,
        /// Why.
        #[source]
        reason: AddressError,
    },
}

impl PlanError {
    /// Whether the case would find its place among addresses of another family.
    #[must_use]
    pub fn needs_another_pool(&self) -> bool {
        let Self::Address { reason, .. } = self;
        matches!(reason, AddressError::NoIpv6(_) | AddressError::NoIpv4(_))
    }
}

/// A case, and what the plan gave it.
#[derive(Debug, Clone)]
pub struct PlannedCase {
    case: Arc<Case>,
    labelled: Arc<Case>,
    label: Label,
    names: Names,
    addresses: StoryAddresses,
    mail: Arc<MailPlan>,
    warm_up: Vec<Message>,
}

impl PlannedCase {
    /// Gives the case its names, addresses and messages.
    ///
    /// # Errors
    /// When the run has no address left.
    pub fn new(
        case: Arc<Case>,
        options: &PlanOptions,
        book: &AddressBook,
    ) -> Result<Self, PlanError> {
        let label = Label::of(&case.id, options.token.as_deref());
        let names = Names::with_base(&label, &options.base);
        let worlds = names.labelled_case(&case);
        let addresses = StoryAddresses::of(worlds.steps.iter().map(|step| &step.world), book)
            .map_err(|reason| PlanError::Address {
                case: case.id.clone(),
                reason,
            })?;
        let names = names.with_literals(Literals::of(addresses.firsts()));
        let mut labelled = names.labelled_case(&case);
        let home = names.labelled("home.test");
        publish_keys(&mut labelled, &home);
        if let Some(address) = book.subject_address() {
            publish_subject(&mut labelled, &home, address);
        }
        let warm_up = warm_up::messages(&labelled);
        let mail = MailPlan::of(label.as_str(), &labelled);
        Ok(Self {
            case,
            labelled: Arc::new(labelled),
            label,
            names,
            addresses,
            mail: Arc::new(mail),
            warm_up,
        })
    }

    /// The case as the file spells it: what recordings hold and verdicts are drawn from.
    #[must_use]
    pub fn case(&self) -> &Arc<Case> {
        &self.case
    }

    /// The case below its label, address literals in digits: what fakes and subject are given.
    #[must_use]
    pub fn labelled(&self) -> &Arc<Case> {
        &self.labelled
    }

    /// A step below its label, from 0.
    #[must_use]
    pub fn step(&self, index: usize) -> Option<&Step> {
        self.labelled.steps.get(index)
    }

    /// The label.
    #[must_use]
    pub fn label(&self) -> &Label {
        &self.label
    }

    /// The substitution, for a recorder.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The messages of the warm-up, if the case has one.
    #[must_use]
    pub fn warm_up(&self) -> &[Message] {
        &self.warm_up
    }

    /// The messages.
    #[must_use]
    pub fn mail(&self) -> &Arc<MailPlan> {
        &self.mail
    }

    /// The logical addresses of the hosts of a labelled world of this case.
    #[must_use]
    pub fn addresses_in(&self, world: &World) -> HostAddresses {
        self.addresses.in_world(world)
    }

    /// Every logical address of the case, with its host.
    pub fn addresses(&self) -> impl Iterator<Item = (&str, IpAddr)> {
        self.addresses.all()
    }
}

/// The keys of signed messages, and of the subject's reports, stand in the zones from the first step on.
fn publish_keys(labelled: &mut Case, home: &str) {
    let messages: Vec<Message> = (labelled.steps.iter())
        .flat_map(|step| step.inject.clone())
        .collect();
    for step in &mut labelled.steps {
        dkim::publish(&mut step.world, &messages);
        dkim::publish_report_key(&mut step.world, home);
    }
}

/// The subject stands in the DNS below its own domain, where it has an address: relays know themselves among MX hosts by it.
fn publish_subject(labelled: &mut Case, home: &str, address: IpAddr) {
    let record = ExtraRecord {
        owner: "subject".to_owned(),
        kind: if address.is_ipv4() { "A" } else { "AAAA" }.to_owned(),
        data: address.to_string(),
    };
    let worlds = labelled.steps.iter_mut().map(|step| &mut step.world);
    for zone in worlds.filter_map(|world| world.domains.get_mut(home)) {
        zone.records.push(record.clone());
    }
}

/// One healthy message to `user@example.test`, for tests.
#[cfg(test)]
pub(crate) fn healthy_case() -> Case {
    use mtaspec_judge::scenario::{
        Client, Direction, Domain, Host, Message, MxRecord, Place, Twin,
    };
    let mut world = World::default();
    for domain in ["example.test", "home.test"] {
        let mx = format!("mx.{domain}");
        world.domains.insert(
            domain.into(),
            Domain {
                mx: vec![MxRecord {
                    preference: 10,
                    host: mx.clone(),
                }],
                ..Domain::default()
            },
        );
        world.hosts.insert(mx, Host::default());
    }
    Case {
        id: "tests/healthy".into(),
        title: "A healthy message".into(),
        why: "It must arrive.".into(),
        place: Place {
            file: "scenarios/tests/healthy.toml".into(),
            line: 1,
            column: 1,
        },
        direction: Direction::Outbound,
        client: Client::default(),
        steps: vec![Step {
            after: None,
            world,
            inject: vec![Message::default()],
            ask: None,
            makes_due: false,
            lasts: None,
            expect: Vec::new(),
        }],
        twin: Twin::NotNeeded,
        capabilities: std::collections::BTreeSet::new(),
        needs_legacy_tls: false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use mtaspec_judge::scenario::{Catalogue, Suite};

    use super::{PlanOptions, PlannedCase, healthy_case, publish_keys};
    use crate::plan::names::rewritten;
    use crate::plan::{AddressBook, AddressMode};

    #[test]
    fn a_planned_case_has_names_addresses_and_literals_of_its_own() {
        let mut case = healthy_case();
        case.steps[0].inject[0].to = vec!["user@[mx.example.test]".into()];
        let book = AddressBook::new(AddressMode::Mapped);
        let planned = PlannedCase::new(Arc::new(case), &PlanOptions::default(), &book).unwrap();
        let host = format!("mx.example.{}.test", planned.label());
        let world = &planned.step(0).unwrap().world;
        let address = planned.addresses_in(world)[&host][0];
        let recipient = format!("user@[{address}]");
        assert_eq!(planned.step(0).unwrap().inject[0].to, [recipient.as_str()]);
        assert!(planned.mail().knows_recipient(&recipient));
        assert_eq!(planned.names().plain(&recipient), "user@[mx.example.test]");
        assert_eq!(
            planned
                .addresses()
                .filter(|(name, _)| *name == host)
                .count(),
            1
        );
    }

    #[test]
    fn two_cases_share_neither_names_nor_addresses() {
        let book = AddressBook::new(AddressMode::Mapped);
        let plan = |id: &str| {
            let mut case = healthy_case();
            case.id = id.into();
            PlannedCase::new(Arc::new(case), &PlanOptions::default(), &book).unwrap()
        };
        let (one, other) = (plan("a"), plan("b"));
        assert_ne!(one.label(), other.label());
        for (name, address) in one.addresses() {
            assert!(!other.addresses().any(|(n, a)| n == name || a == address));
        }
    }

    #[test]
    fn undoing_the_names_gives_back_every_case_of_the_suite() {
        let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
        let catalogue = Catalogue::load(&root.join("requirements.toml")).unwrap();
        let (suite, _) = Suite::load(&[root], Some(&catalogue));
        assert!(suite.cases.len() > 80);
        let book = AddressBook::new(AddressMode::Mapped);
        let mut labels = BTreeSet::new();
        for case in suite.cases {
            let planned = PlannedCase::new(Arc::new(case), &PlanOptions::default(), &book).unwrap();
            let labelled = serde_json::to_value(planned.labelled().as_ref()).unwrap();
            let plain = rewritten(labelled, &|text| planned.names().plain(text));
            let mut with_keys = planned.case().as_ref().clone();
            publish_keys(&mut with_keys, "home.test");
            let wanted = serde_json::to_value(with_keys).unwrap();
            assert_eq!(plain, wanted, "{}", planned.case().id);
            assert!(labels.insert(planned.label().clone()));
        }
    }
}
