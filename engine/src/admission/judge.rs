//! The decision: what the rules ask of a message against what its session shows.

use crate::Service;
use crate::address::Mailbox;
use crate::delivery::Workshop;
use crate::settings::Rule;

use super::author::{Evidence, Standing};
use super::demand;
use super::from_field;
use super::null_mx::first_null_mx;
use super::rejection::{Reason, Rejection};
use super::session::{Envelope, SessionFacts};
use super::transport::transport;

/// Decides whether a message is taken. What is known without asking anybody comes first.
///
/// # Errors
/// `Rejection` when a rule forbids it, or nobody could answer it.
pub(crate) async fn judge(
    workshop: &Workshop,
    session: &SessionFacts,
    envelope: Envelope<'_>,
    content: &[u8],
) -> Result<(), Rejection> {
    let settings = &workshop.settings;
    let outbound = demand::outbound_authentication(settings, envelope);
    if session.service == Service::Injection && outbound.is_none() {
        return Ok(());
    }
    let senders = from_field::senders(content, envelope.sender).map_err(|_| Rejection {
        reason: Reason::Unreadable,
        rule: None,
    })?;
    let bindings = demand::inbound(settings, session, envelope, &senders);
    transport(workshop, session, &bindings)?;
    if let Some(domain) = first_null_mx(&workshop.resolver, session, envelope, &senders).await {
        return Err(Rejection {
            reason: Reason::NullMx {
                domain: domain.to_string(),
            },
            rule: None,
        });
    }
    let mut wanted: Vec<(&Rule, Option<&Mailbox>)> = bindings
        .iter()
        .filter(|binding| binding.asks_authentication())
        .map(|binding| (binding.rule, Some(binding.sender)))
        .collect();
    if let Some(rule) = outbound {
        wanted.extend(senders.iter().map(|sender| (rule, Some(sender))));
        if senders.is_empty() {
            wanted.push((rule, None));
        }
    }
    authenticated(workshop, session, envelope, content, &wanted).await
}

/// Whether each of these senders is authenticated; nobody at all is so only by a login.
async fn authenticated(
    workshop: &Workshop,
    session: &SessionFacts,
    envelope: Envelope<'_>,
    content: &[u8],
    wanted: &[(&Rule, Option<&Mailbox>)],
) -> Result<(), Rejection> {
    if wanted.is_empty() {
        return Ok(());
    }
    let evidence = Evidence::gather(workshop, session, envelope, content).await;
    for (rule, sender) in wanted {
        let domain = sender.map_or_else(|| "nobody".into(), |sender| sender.domain().to_string());
        let reason = match evidence.standing(*sender) {
            Standing::Authenticated => continue,
            Standing::Unauthenticated => Reason::Unauthenticated { sender: domain },
            Standing::Unknown => Reason::Unknown { sender: domain },
        };
        return Err(Rejection {
            reason,
            rule: Some(rule.name.clone()),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
    use rustls_pki_types::CertificateDer;

    use super::*;
    use crate::Service;
    use crate::address::{DomainName, MailDomain, Mailbox};
    use crate::delivery::Recipient;
    use crate::outside::Outside;
    use crate::route::{Chance, Resolver};
    use crate::settings::{AddressList, Dnssec, ListEntry, Rule, Settings, Switches};
    use crate::tls::{Stack, Trust};

    const TLS_ALONE: Switches = Switches {
        require_tls: true,
        ..Switches::OFF
    };

    fn rule(name: &str, entry: &str, switches: Switches) -> Rule {
        let mut rule = Rule::new(name, AddressList::parse([entry]).unwrap());
        rule.switches = switches;
        rule
    }

    fn workshop(rules: Vec<Rule>, trust: Vec<CertificateDer<'static>>) -> Workshop {
        let outside = Outside::system();
        let chance = Arc::new(Chance::from_seed(0));
        let mut settings = Settings::new(DomainName::parse("mx.home.test").unwrap(), Vec::new());
        settings.receiving.domains = vec![
            MailDomain::parse("home.test").unwrap(),
            MailDomain::parse("sales.home.test").unwrap(),
        ];
        settings.rules = rules;
        Workshop {
            resolver: Resolver::new(
                outside.clone(),
                Vec::new(),
                &Dnssec::Off,
                Arc::clone(&chance),
            ),
            stack: Stack::new(&settings, Arc::clone(&outside.clock)).unwrap(),
            web: Stack::for_web(Arc::clone(&outside.clock)).unwrap(),
            acceptor: None,
            policies: crate::sts::Keeper::new(&outside),
            tallies: crate::tlsrpt::Keeper::new(&outside, Arc::clone(&chance)),
            inbox: crate::tlsrpt::Inbox::default(),
            meter: crate::traffic::Meter::default(),
            trust: Trust::new(&trust).unwrap(),
            settings,
            outside,
            chance,
        }
    }

    fn session(service: Service, is_tls: bool) -> SessionFacts {
        SessionFacts {
            service,
            peer: [192, 0, 2, 1].into(),
            greeted_as: "mx.partner.test".into(),
            is_tls,
            certificates: Vec::new(),
            user: None,
        }
    }

    /// An unauthenticated message from this From sender, with the null sender in the envelope.
    async fn told(workshop: &Workshop, session: &SessionFacts, from: &str, to: &[&str]) -> String {
        let recipients: Vec<Recipient> = to
            .iter()
            .map(|to| Recipient::new(Mailbox::parse(to).unwrap()))
            .collect();
        let envelope = Envelope {
            sender: None,
            recipients: &recipients,
        };
        let content = format!("From: {from}\r\n\r\nText\r\n");
        match judge(workshop, session, envelope, content.as_bytes()).await {
            Ok(()) => "taken".into(),
            Err(rejection) => format!(
                "{} ({})",
                rejection,
                rejection.rule.as_deref().unwrap_or_default()
            ),
        }
    }

    #[tokio::test]
    async fn a_listed_sender_in_plaintext_is_rejected_and_nobody_else() {
        let mut of_sales = rule("sales", "seller.test", TLS_ALONE);
        of_sales.unit = Some(DomainName::parse("sales.home.test").unwrap());
        let mut outbound = rule("outbound", "abroad.test", TLS_ALONE);
        outbound.applies.inbound = false;
        let workshop = workshop(
            vec![
                rule("nothing", "partner.test", Switches::OFF),
                rule("tls", "partner.test", TLS_ALONE),
                rule("one", "chief@bank.test", TLS_ALONE),
                of_sales,
                outbound,
            ],
            Vec::new(),
        );
        let refused = |sender: &str, rule: &str| {
            format!(
                "550 5.7.1 Mail from {sender} is taken only over TLS, and this session is in plaintext: use STARTTLS ({rule})"
            )
        };
        let here: &[&str] = &["user@home.test"];
        let cases = [
            ("ann@partner.test", here, refused("partner.test", "tls")),
            (
                "Ann <ann@PARTNER.test>",
                here,
                refused("partner.test", "tls"),
            ),
            ("ann@sub.partner.test", here, "taken".into()),
            ("chief@bank.test", here, refused("bank.test", "one")),
            ("clerk@bank.test", here, "taken".into()),
            (
                "clerk@bank.test, chief@bank.test",
                here,
                refused("bank.test", "one"),
            ),
            (
                "\"ann@partner.test\" <ann@example.test>",
                here,
                "taken".into(),
            ),
            ("ann@seller.test", here, "taken".into()),
            (
                "ann@seller.test",
                &["user@sales.home.test"],
                refused("seller.test", "sales"),
            ),
            (
                "ann@seller.test",
                &["user@home.test", "user@sales.home.test"],
                refused("seller.test", "sales"),
            ),
            ("ann@abroad.test", here, "taken".into()),
            ("ann@partner.test", &["user@elsewhere.test"], "taken".into()),
        ];
        for (from, to, want) in cases {
            let plain = session(Service::Mx, false);
            assert_eq!(
                told(&workshop, &plain, from, to).await,
                want,
                "{from} to {to:?}"
            );
            let protected = session(Service::Mx, true);
            assert_eq!(
                told(&workshop, &protected, from, to).await,
                "taken",
                "{from} to {to:?}"
            );
            let own = session(Service::Injection, false);
            assert_eq!(
                told(&workshop, &own, from, to).await,
                "taken",
                "{from} to {to:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_rule_gets_the_certificate_that_it_asks_for() {
        let root_key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let anchor = root.self_signed(&root_key).unwrap().der().clone();
        let issuer = Issuer::new(root, root_key);
        let leaf = |name: &str, usage: Vec<ExtendedKeyUsagePurpose>| {
            let mut leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
            leaf.extended_key_usages = usage;
            leaf
        };
        let signed = |leaf: CertificateParams| {
            let key = KeyPair::generate().unwrap();
            vec![leaf.signed_by(&key, &issuer).unwrap().der().clone()]
        };
        let own = |leaf: CertificateParams| {
            let key = KeyPair::generate().unwrap();
            vec![leaf.self_signed(&key).unwrap().der().clone()]
        };
        let name = "mx.partner.test";
        let client = ExtendedKeyUsagePurpose::ClientAuth;
        let server = ExtendedKeyUsagePurpose::ServerAuth;
        let other = ExtendedKeyUsagePurpose::CodeSigning;
        // (what the client shows, is the chain trusted?, is the name right?)
        let shown = [
            (Vec::new(), false, false),
            (signed(leaf(name, vec![])), true, true),
            (signed(leaf(name, vec![client])), true, true),
            (signed(leaf(name, vec![server])), true, true),
            (signed(leaf(name, vec![other])), false, true),
            (signed(leaf("mx.other.test", vec![])), true, false),
            (own(leaf(name, vec![])), false, true),
            (own(leaf("mx.other.test", vec![])), false, false),
        ];
        for (certificates, chain, host) in shown {
            for (require_ca_signed, validate_hostname) in
                [(true, true), (true, false), (false, true), (false, false)]
            {
                let switches = Switches {
                    require_tls: false,
                    require_ca_signed,
                    validate_hostname,
                };
                let workshop = workshop(
                    vec![rule("tls", "partner.test", switches)],
                    vec![anchor.clone()],
                );
                let mut session = session(Service::Mx, true);
                session.certificates.clone_from(&certificates);
                let answer =
                    told(&workshop, &session, "ann@partner.test", &["user@home.test"]).await;
                let is_enough = (chain || !require_ca_signed) && (host || !validate_hostname);
                assert_eq!(answer == "taken", is_enough, "{answer} for {switches:?}");
                assert!(
                    is_enough
                        || answer.starts_with(
                            "550 5.7.5 Mail from partner.test is taken only from a client"
                        ),
                    "{answer}"
                );
                session.is_tls = false;
                let answer =
                    told(&workshop, &session, "ann@partner.test", &["user@home.test"]).await;
                assert_eq!(
                    answer == "taken",
                    !require_ca_signed && !validate_hostname,
                    "{answer}"
                );
            }
        }
    }

    #[tokio::test]
    async fn a_marked_entry_wants_its_sender_authenticated_in_both_directions() {
        let marked = |name: &str, entry: &str| {
            let mut rule = rule(name, "nobody.test", TLS_ALONE);
            rule.list = [ListEntry::parse(entry).unwrap().for_authenticated()]
                .into_iter()
                .collect();
            rule
        };
        let mut inbound = marked("in", "partner.test");
        inbound.applies.outbound = false;
        let mut outbound = marked("out", "abroad.test");
        outbound.applies.inbound = false;
        let workshop = workshop(vec![inbound, outbound], Vec::new());
        let here: &[&str] = &["user@home.test"];
        let abroad: &[&str] = &["user@elsewhere.test", "user@abroad.test"];
        let refused = |rule: &str, sender: &str| {
            format!(
                "550 5.7.26 Mail from {sender} is taken only from authenticated senders, and neither SPF nor DKIM nor a login of this session speaks for this one ({rule})"
            )
        };
        // (service, greeting, From field, recipients, answer)
        let cases = [
            (Service::Mx, "mx.x.test", "ann@partner.test", here, refused("in", "partner.test")),
            (Service::Mx, "mx.x.test", "ann@example.test", here, "taken".into()),
            (Service::Injection, "mx.x.test", "ann@partner.test", here, "taken".into()),
            (Service::Injection, "mx.x.test", "ann@home.test", abroad, refused("out", "home.test")),
            (Service::Submission, "mx.x.test", "", abroad, refused("out", "nobody")),
            (Service::Injection, "mx.x.test", "ann@home.test", &abroad[..1], "taken".into()),
            // There is no resolver here, so that nobody knows whether the domain vouches for the host.
            (
                Service::Mx,
                "partner.test",
                "ann@partner.test",
                here,
                "451 4.4.3 Mail from partner.test is taken only from authenticated senders, and the DNS does not answer now: try again later (in)".into(),
            ),
        ];
        for (service, greeting, from, to, want) in cases {
            let mut session = session(service, true);
            session.greeted_as = greeting.into();
            assert_eq!(
                told(&workshop, &session, from, to).await,
                want,
                "{from} to {to:?}"
            );
            session.user = Some("user".into());
            assert_eq!(
                told(&workshop, &session, from, to).await,
                "taken",
                "{from} to {to:?}"
            );
        }
    }
}
