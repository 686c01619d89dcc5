//! What of a host's table, and of an attacker's, is shown by an answer to EHLO (SCENARIOS §10).
//!
//! Of a host with several connections the table of the connection counts. The keys of TLS are told by `tls`.

use mtaspec_judge::scenario::{Attacker, Difference, Host, StartTls, Tampering};

/// The differences that an EHLO answer has shown; `attacker` is one who could write to it.
pub(super) fn by_ehlo(
    name: &str,
    host: &Host,
    attacker: Option<&Attacker>,
    inside_tls: bool,
) -> Vec<Difference> {
    // (differs, key)
    let of_host = [
        (
            !inside_tls && host.starttls != StartTls::Offered,
            "starttls",
        ),
        (!host.keywords.is_empty(), "keywords"),
        (
            !inside_tls && !host.keywords_before_tls.is_empty(),
            "keywords_before_tls",
        ),
        (
            inside_tls && !host.keywords_after_tls.is_empty(),
            "keywords_after_tls",
        ),
    ];
    let mut differences: Vec<_> = differing(&of_host)
        .map(|key| Difference::Host(name.to_owned(), key.to_owned()))
        .collect();
    if let Some(attacker) = attacker {
        let of_attacker = [
            (
                !inside_tls && attacker.starttls != Tampering::Passed,
                "starttls",
            ),
            (!attacker.keywords.is_empty(), "keywords"),
            (
                !inside_tls && !attacker.keywords_before_tls.is_empty(),
                "keywords_before_tls",
            ),
        ];
        differences.extend(
            differing(&of_attacker)
                .map(|key| Difference::Attacker(name.to_owned(), key.to_owned())),
        );
    }
    differences
}

fn differing<'a>(keys: &'a [(bool, &'static str)]) -> impl Iterator<Item = &'static str> + 'a {
    keys.iter()
        .filter(|(differs, _)| *differs)
        .map(|(_, key)| *key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ehlo_answer_shows_the_keys_of_its_own_channel() {
        let words = || vec!["-DSN".to_owned()];
        let host = Host {
            starttls: StartTls::Hidden,
            keywords_before_tls: words(),
            keywords_after_tls: words(),
            ..Host::default()
        };
        let attacker = Attacker {
            starttls: Tampering::Mangled,
            keywords: words(),
            ..Attacker::default()
        };
        let shown = |host, attacker, inside_tls| {
            let differences = by_ehlo("mx.test", host, attacker, inside_tls);
            differences
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        };
        let healthy = Host::default();
        // (host, attacker, inside TLS, what is shown)
        let cases = [
            (&healthy, None, false, ""),
            (
                &host,
                None,
                false,
                "host.\"mx.test\".starttls host.\"mx.test\".keywords_before_tls",
            ),
            (&host, None, true, "host.\"mx.test\".keywords_after_tls"),
            (
                &healthy,
                Some(&attacker),
                false,
                "attacker.\"mx.test\".starttls attacker.\"mx.test\".keywords",
            ),
            (
                &healthy,
                Some(&attacker),
                true,
                "attacker.\"mx.test\".keywords",
            ),
        ];
        for (host, attacker, inside_tls, want) in cases {
            assert_eq!(shown(host, attacker, inside_tls), want);
        }
    }
}
