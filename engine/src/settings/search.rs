//! Which lists, rules and routes speak of a word, an address or a domain, and what holds for its mail.

use crate::address::{DomainName, MailDomain, Mailbox};
use crate::probe::{About, Cover, Demand, demands};
use crate::route::route_for;

use super::file::SettingsFile;
use super::{ListEntry, Listed, Rule, Switches};

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Lists by name, with the entries that were meant; none of them where the name of the list was.
    pub lists: Vec<(String, Vec<ListEntry>)>,
    /// Rules that use one of these lists, or have the word in their name or unit.
    pub rules: Vec<String>,
    /// Routes that are for it or lead to it: their domains, and their hosts.
    pub routes: Vec<(String, String)>,
    /// What holds for mail, where an address or a domain was looked for.
    pub mail: Option<Mail>,
}

/// What holds for mail to and from somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// What is asked of mail to it.
    pub to: Vec<Demand>,
    /// Where it goes instead of the MX hosts of its domain.
    pub by: Option<String>,
    /// What is asked of mail from it.
    pub from: Vec<Inbound>,
}

/// A rule for mail from somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// Its name.
    pub rule: String,
    /// What it asks.
    pub switches: Switches,
    /// Only of mail whose sender is authenticated.
    pub only_authenticated: bool,
    /// Only of mail to this unit.
    pub unit: Option<DomainName>,
}

/// Looks for a word, an address or a domain.
#[must_use]
pub fn search(file: &SettingsFile, looked_for: &str) -> Found {
    let word = looked_for.trim().to_lowercase();
    let about = about(&word);
    let has_word = |text: &str| !word.is_empty() && text.to_lowercase().contains(&word);
    let is_meant = |entry: &ListEntry| match &about {
        Some(About::Recipient(mailbox)) => entry.names(mailbox),
        Some(About::Domain(domain)) => domain_of(entry) == domain,
        _ => has_word(&entry.to_string()),
    };
    let lists: Vec<(String, Vec<ListEntry>)> = (file.lists().iter())
        .map(|list| {
            let entries = list.list.entries().iter();
            let meant = entries.filter(|entry| is_meant(entry)).cloned();
            (list.name.clone(), meant.collect::<Vec<_>>())
        })
        .filter(|(name, meant)| !meant.is_empty() || has_word(name))
        .collect();
    let names_list = |uses: &[String]| lists.iter().any(|(name, _)| uses.contains(name));
    let rules = file.rules().filter(|(rule, uses)| {
        let of_unit = rule
            .unit
            .as_ref()
            .is_some_and(|unit| has_word(unit.as_str()));
        has_word(&rule.name) || of_unit || names_list(uses)
    });
    let routes = (file.settings().routes.iter()).filter_map(|route| {
        let domain = route
            .domain
            .as_ref()
            .map_or("*".to_owned(), ToString::to_string);
        let host = route.host.to_string();
        let is_meant = match &about {
            Some(about) => {
                route.domain.as_ref() == Some(about.domain()) || route.host == *about.domain()
            }
            None => has_word(&domain) || has_word(&host),
        };
        is_meant.then_some((domain, host))
    });
    Found {
        rules: rules.map(|(rule, _)| rule.name.clone()).collect(),
        routes: routes.collect(),
        mail: about.as_ref().map(|about| mail(file, about)),
        lists,
    }
}

/// A word with an at sign is an address, one with a dot a domain; what can be neither is a word.
fn about(word: &str) -> Option<About> {
    if word.contains('@') {
        Mailbox::parse(word).ok().map(About::Recipient)
    } else if word.contains(['.', '[']) {
        MailDomain::parse(word).ok().map(About::Domain)
    } else {
        None
    }
}

fn domain_of(entry: &ListEntry) -> &MailDomain {
    match &entry.who {
        Listed::Mailbox(mailbox) => mailbox.domain(),
        Listed::Domain(domain) => domain,
    }
}

fn mail(file: &SettingsFile, about: &About) -> Mail {
    let settings = file.settings();
    let to = demands(settings, about);
    let of_all = to.iter().filter(|demand| demand.cover == Cover::All);
    let wanted_secure = of_all
        .clone()
        .any(|demand| demand.switches != Switches::OFF);
    let by = route_for(settings, about.domain(), wanted_secure).map(|route| {
        let via = if route.mx_lookup {
            "the MX hosts of "
        } else {
            ""
        };
        format!("{via}{}, port {}", route.host, route.port)
    });
    let from = |rule: &Rule| {
        let mut entries = rule.list.entries().iter().filter(|entry| match about {
            About::Recipient(mailbox) => entry.names(mailbox),
            About::Domain(domain) | About::Host(domain) => {
                matches!(&entry.who, Listed::Domain(listed) if listed == domain)
            }
        });
        let first = entries.next().filter(|_| rule.applies.inbound)?;
        let only_authenticated = first.authenticated && entries.all(|entry| entry.authenticated);
        Some(Inbound {
            rule: rule.name.clone(),
            switches: rule.switches,
            only_authenticated,
            unit: rule.unit.clone(),
        })
    };
    Mail {
        to,
        by,
        from: settings.rules.iter().filter_map(from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outside::MemoryBeside;
    use crate::probe::Asker;

    fn file() -> SettingsFile {
        let text = "hostname = \"mail.example.test\"\n\
                    [list.partners]\nentries = \"a.test, anna@b.test\"\n\
                    [list.banks]\nentries = [{ entry = \"bank.test\", authenticated = true }]\n\
                    [rule.secure]\nlists = [\"partners\", \"banks\"]\nrequire_ca_signed = false\n\
                    [rule.inwards]\nlists = \"banks\"\napplies = \"inbound\"\n\
                    [route.\"a.test\"]\nhost = \"mx.hub.test\"\nport = 2525\n";
        let read = SettingsFile::read("settings.toml", text, &MemoryBeside::default());
        read.unwrap_or_else(|problems| panic!("{problems}")).file
    }

    #[test]
    fn a_search_finds_lists_rules_and_routes_by_word_address_or_domain() {
        // (looked for, lists, rules, routes)
        let cases = [
            ("a.test", "partners", "secure", "a.test"),
            ("Anna@B.test", "partners", "secure", ""),
            ("other@b.test", "", "", ""),
            ("b.test", "partners", "secure", ""),
            ("sub.a.test", "", "", ""),
            ("bank", "banks", "secure inwards", ""),
            ("inw", "", "inwards", ""),
            ("hub", "", "", "a.test"),
            ("mx.hub.test", "", "", "a.test"),
            ("", "", "", ""),
        ];
        for (word, lists, rules, routes) in cases {
            let found = search(&file(), word);
            let names = |names: Vec<&str>| names.join(" ");
            assert_eq!(
                names(found.lists.iter().map(|(name, _)| name.as_str()).collect()),
                lists,
                "{word}"
            );
            assert_eq!(
                names(found.rules.iter().map(String::as_str).collect()),
                rules,
                "{word}"
            );
            assert_eq!(
                names(found.routes.iter().map(|(name, _)| name.as_str()).collect()),
                routes,
                "{word}"
            );
        }
    }

    #[test]
    fn a_search_tells_what_holds_for_mail_to_and_from_an_address() {
        let mail = search(&file(), "joe@a.test").mail.unwrap();
        assert_eq!(mail.to[0].by, Asker::Rule("secure".to_owned()));
        assert!(mail.to[0].switches.require_tls && !mail.to[0].switches.require_ca_signed);
        assert_eq!(mail.by.as_deref(), Some("mx.hub.test, port 2525"));
        assert_eq!(
            (mail.from.len(), mail.from[0].only_authenticated),
            (1, false)
        );
        let bank = search(&file(), "bank.test").mail.unwrap();
        let from: Vec<(&str, bool)> = (bank.from.iter())
            .map(|from| (from.rule.as_str(), from.only_authenticated))
            .collect();
        assert_eq!(from, [("secure", true), ("inwards", true)]);
        let nobody = search(&file(), "x@nowhere.test").mail.unwrap();
        assert!(nobody.to.is_empty() && nobody.from.is_empty() && nobody.by.is_none());
        assert_eq!(search(&file(), "partners").mail, None);
    }

    proptest::proptest! {
        #[test]
        fn any_word_is_looked_for_without_panic(word in "\\PC{0,30}") {
            let _ = search(&file(), &word);
        }
    }
}
