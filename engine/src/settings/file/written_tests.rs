//! Settings that are written read back the same.

use std::time::Duration;

use proptest::prelude::*;
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};
use rustls_pki_types::PrivateKeyDer;

use crate::address::{DomainName, MailDomain, Mailbox};
use crate::outside::MemoryBeside;
use crate::settings::{
    Account, AddressList, Alias, Applies, Contact, DaneUse, DkimKey, DnsAnchors, Dnssec, ListEntry,
    OwnCertificate, Reporting, RetrySchedule, Route, RouteUse, Rule, Settings, Switches,
    TlsVersion,
};

use super::SettingsFile;

const KEY: &str = ". IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=";

fn own() -> OwnCertificate {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["mail.example.test".to_owned()]).unwrap();
    OwnCertificate {
        chain: vec![params.self_signed(&key).unwrap().der().clone()],
        key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
    }
}

fn reporting(has_sender: bool, is_mailed: bool) -> Reporting {
    let contact = |text| Contact::new(Mailbox::parse(text).unwrap()).unwrap();
    let name = |text| DomainName::parse(text).unwrap();
    let key = || {
        let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let der = PrivateKeyDer::Pkcs8(pair.serialize_der().into());
        DkimKey::new(name("example.test"), name("tlsrpt"), der).unwrap()
    };
    Reporting {
        organization: "Example \"Ltd\"".to_owned(),
        contact: contact("tls@mail.example.test"),
        sender: has_sender.then(|| contact("noreply@example.test")),
        dkim: is_mailed.then(key),
    }
}

fn switches() -> impl Strategy<Value = Switches> {
    any::<[bool; 3]>().prop_map(
        |[require_tls, require_ca_signed, validate_hostname]| Switches {
            require_tls,
            require_ca_signed,
            validate_hostname,
        },
    )
}

fn rule() -> impl Strategy<Value = Rule> {
    let entry = prop_oneof![
        "[a-z]{1,8}\\.test".prop_map(|domain| domain),
        "[a-zA-Z]{1,8}@[a-z]{1,8}\\.test".prop_map(|mailbox| mailbox),
        "\"[a-z, ]{1,8}\"@[a-z]{1,8}\\.test".prop_map(|quoted| quoted),
        Just("[192.0.2.1]".to_owned()),
        Just("jürgen@bücher.test".to_owned()),
    ];
    let entry = (entry, any::<bool>()).prop_map(|(text, authenticated)| {
        let mut entry = ListEntry::parse(&text).unwrap();
        entry.authenticated = authenticated;
        entry
    });
    let parts = (
        "[a-zA-Z0-9\"\\\\#.\u{e9} -]{0,12}x",
        prop::collection::btree_map("[a-z]{3}", entry, 1..5),
        any::<[bool; 2]>(),
        switches(),
        prop::option::of("[a-z]{1,8}\\.test"),
    );
    parts.prop_map(|(name, entries, [inbound, secure_route], switches, unit)| {
        let mut seen = Vec::new();
        let list: AddressList = (entries.into_values())
            .filter(|entry| {
                let text = entry.to_string().to_lowercase();
                let is_new = !seen.contains(&text);
                seen.push(text);
                is_new
            })
            .collect();
        Rule {
            applies: Applies {
                outbound: true,
                inbound,
                secure_route,
            },
            switches,
            unit: unit.map(|unit| DomainName::parse(&unit).unwrap()),
            ..Rule::new(name, list)
        }
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    let parts = (
        prop::collection::vec(rule(), 0..4),
        switches(),
        prop::sample::select(TlsVersion::ALL.to_vec()),
        60..40_000_u64,
        any::<[bool; 4]>(),
    );
    parts.prop_map(
        |(rules, switches, minimum_tls, seconds, [certificates, mx_lookup, alternate, never])| {
            let hostname = DomainName::parse("mail.example.test").unwrap();
            let resolvers = vec![
                "127.0.0.1:5353".parse().unwrap(),
                "[::1]:53".parse().unwrap(),
            ];
            let mut settings = Settings::new(hostname, resolvers);
            settings.rules = rules;
            let domain = MailDomain::parse("partner.test").unwrap();
            settings.routes = vec![Route {
                mx_lookup,
                switches,
                taken: if alternate {
                    RouteUse::WhenSecure
                } else {
                    RouteUse::Always
                },
                ..Route::new(
                    domain.clone(),
                    MailDomain::parse("mx.partner.test").unwrap(),
                )
            }];
            settings.minimum_tls = minimum_tls;
            if certificates {
                settings.addresses = ["192.0.2.25", "2001:db8::25"]
                    .map(|at| at.parse().unwrap())
                    .to_vec();
            }
            settings.dnssec = match (mx_lookup, alternate) {
                (true, true) => Dnssec::TrustResolver,
                (true, false) => Dnssec::Off,
                (false, true) => Dnssec::Validate(DnsAnchors::of_the_root()),
                (false, false) => Dnssec::Validate(DnsAnchors::parse([KEY]).unwrap()),
            };
            let domains = ["a.test", "b.test", "xn--bcher-kva.test"];
            let uses = domains
                .into_iter()
                .zip(DaneUse::ALL)
                .skip(usize::from(never));
            settings.dane = uses
                .map(|(domain, told)| (DomainName::parse(domain).unwrap(), told))
                .collect();
            settings.retry = RetrySchedule::new(
                Duration::from_secs(seconds),
                Duration::from_secs(seconds * 3),
            );
            settings.delay_notice_after = (!never).then_some(Duration::from_secs(seconds));
            settings.receiving.domains = vec![domain];
            settings.receiving.demand_tls = certificates;
            let mailbox = |text| Mailbox::parse(text).unwrap();
            settings.aliases = [Alias {
                address: mailbox("team@example.test"),
                members: vec![mailbox("a@partner.test"), mailbox("\"b c\"@partner.test")],
            }]
            .into_iter()
            .collect();
            if certificates {
                settings.client_certificate = Some(own());
                settings.receiving.certificate = Some(own());
                settings.trust = own().chain;
                settings.reporting = Some(reporting(mx_lookup, alternate));
                settings.receiving.accounts = vec![Account {
                    user: "anna".to_owned(),
                    password: "a:b \"c\"".to_owned(),
                }];
            }
            settings
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn written_settings_read_back_the_same(settings in settings()) {
        let file = SettingsFile::of(settings);
        let written = file.write();
        prop_assert!(!written.text.contains("PRIVATE KEY") && !written.text.contains("a:b"));
        let beside = MemoryBeside { files: written.beside.clone(), ..MemoryBeside::default() };
        let read = SettingsFile::read("settings.toml", &written.text, &beside);
        let read = read.unwrap_or_else(|problems| panic!("{problems}\n{}", written.text));
        prop_assert_eq!(&read.file, &file, "{}", written.text);
        prop_assert_eq!(read.file.write(), written);
    }
}
