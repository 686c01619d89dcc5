//! DNSSEC and DANE in a settings file: `dnssec`, `dnssec_anchors` and `[dane]`.

use std::collections::BTreeMap;

use crate::address::DomainName;
use crate::settings::{DaneUse, DnsAnchors, Dnssec};

use super::problem::Complaint;
use super::table::Table;

/// Reads `dnssec` and `dnssec_anchors`.
pub(super) fn read(table: &Table<'_>) -> Dnssec {
    let anchors = table.many("dnssec_anchors", |text| {
        DnsAnchors::parse([text]).map_err(|error| {
            Complaint::new(error.to_string()).help("\". IN DNSKEY 257 3 13 BASE64\"")
        })
    });
    let told = table.parsed("dnssec", |text| match text {
        "trust-resolver" => Ok(Dnssec::TrustResolver),
        "off" => Ok(Dnssec::Off),
        "validate" => Ok(Dnssec::Validate(DnsAnchors::of_the_root())),
        _ => Err(Complaint::new(format!("{text:?} is no use of DNSSEC"))
            .help("\"trust-resolver\", \"validate\" or \"off\"")),
    });
    // What is said of the use is wrong itself, and has been told.
    let is_unread = told.is_none() && table.entry("dnssec").is_some();
    match (told.unwrap_or_default(), anchors) {
        (Dnssec::Validate(_), Some(anchors)) => {
            let records = anchors.iter().flat_map(DnsAnchors::records);
            let all = DnsAnchors::parse(records.map(String::as_str));
            Dnssec::Validate(all.unwrap_or_else(|_| DnsAnchors::of_the_root()))
        }
        (other, Some(_)) if !is_unread => {
            let complaint = Complaint::new("nothing is validated with these keys");
            let help = "dnssec = \"validate\" goes with them";
            let place = table.place("dnssec_anchors");
            table.file.error(place, complaint.help(help));
            other
        }
        (other, _) => other,
    }
}

/// Reads `[dane]`: a domain and what DANE is to mean for it on each line.
pub(super) fn read_uses(table: &Table<'_>) -> BTreeMap<DomainName, DaneUse> {
    let mut uses = BTreeMap::new();
    for (domain, words) in table.texts_by_key() {
        let read = table.parse(&domain, |text| {
            DomainName::parse(text)
                .map_err(|error| Complaint::new(error.to_string()).help("as in example.test"))
        });
        let told: Vec<DaneUse> = words
            .iter()
            .filter_map(|word| {
                table.parse(word, |text| {
                    let known = DaneUse::ALL.into_iter().find(|known| known.word() == text);
                    known.ok_or_else(|| {
                        Complaint::new(format!("{text:?} is no use of DANE"))
                            .help("\"mandatory\", \"audit-only\" or \"off\"")
                    })
                })
            })
            .collect();
        if words.len() != 1 {
            let complaint = Complaint::new(format!("{:?} has not one use of DANE", domain.text));
            let help = "\"mandatory\", \"audit-only\" or \"off\", one of them";
            table.file.error(domain.span.clone(), complaint.help(help));
        }
        let (Some(name), Some(told)) = (read, told.first()) else {
            continue;
        };
        if uses.insert(name, *told).is_some() {
            let complaint = Complaint::new(format!("{:?} is said twice", domain.text));
            let help = "a domain is the same in any letter case";
            table.file.error(domain.span, complaint.help(help));
        }
    }
    uses
}

#[cfg(test)]
mod tests {
    use crate::address::DomainName;
    use crate::outside::MemoryBeside;
    use crate::settings::{DaneUse, DnsAnchors, Dnssec};

    use super::super::{Problems, SettingsFile};

    const KEY: &str = ". IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=";

    fn read(text: &str) -> Result<SettingsFile, Problems> {
        let text = format!(
            "hostname = \"mail.example.test\"\n{}",
            text.replace("KEY", KEY)
        );
        let read = SettingsFile::read("settings.toml", &text, &MemoryBeside::default());
        read.map(|read| read.file)
    }

    #[test]
    fn the_source_of_dnssec_is_a_setting() {
        let own = || DnsAnchors::parse([KEY]).unwrap();
        // (settings, what is meant)
        let cases = [
            ("", Dnssec::TrustResolver),
            ("dnssec = \"trust-resolver\"", Dnssec::TrustResolver),
            ("dnssec = \"off\"", Dnssec::Off),
            (
                "dnssec = \"validate\"",
                Dnssec::Validate(DnsAnchors::of_the_root()),
            ),
            (
                "dnssec = \"validate\"\ndnssec_anchors = \"KEY\"",
                Dnssec::Validate(own()),
            ),
            (
                "dnssec = \"validate\"\ndnssec_anchors = [\"KEY\"]",
                Dnssec::Validate(own()),
            ),
        ];
        for (text, want) in cases {
            assert_eq!(read(text).unwrap().settings().dnssec, want, "{text}");
        }
    }

    #[test]
    fn dane_is_used_as_is_said_of_each_domain() {
        let file = read(
            "[dane]\n\"A.test\" = \"mandatory\"\n\"b.test\" = \"audit-only\"\n\"bücher.test\" = \"off\"",
        );
        let told =
            ["a.test", "b.test", "bücher.test"].map(|domain| DomainName::parse(domain).unwrap());
        let uses = [DaneUse::Mandatory, DaneUse::AuditOnly, DaneUse::Off];
        let want = told.into_iter().zip(uses).collect();
        assert_eq!(file.unwrap().settings().dane, want);
    }

    #[test]
    fn what_is_wrong_is_told_with_what_would_be_right() {
        let wrong = "dnssec = \"off\"\ndnssec_anchors = [\"KEY\", \"key\"]\n[dane]\n\"a.test\" = \"required\"\n\
                     \"b.test\" = \"off\"\n\"B.test\" = \"off\"\n\"a b\" = []";
        insta::assert_snapshot!(read(wrong).unwrap_err().to_string());
        let word = read("dnssec = \"on\"\ndnssec_anchors = \"KEY\"")
            .unwrap_err()
            .to_string();
        assert!(
            word.contains("\"on\" is no use of DNSSEC") && !word.contains("keys"),
            "{word}"
        );
    }
}
