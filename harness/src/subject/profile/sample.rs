//! Data to try templates on, so that their mistakes are found without a run.
//!
//! A few domains are enough to go into every branch of what templates ask: with all switches, one or none, with a route
//! to a name, to an address and without one, with each word for DANE.

use mtaspec_judge::scenario::Switches;

use super::data::{Alias, Data, Domain, NextHop, Sender};

const ALL: Switches = Switches {
    require_tls: true,
    require_ca_signed: true,
    validate_hostname: true,
};
const TLS: Switches = Switches {
    require_tls: true,
    require_ca_signed: false,
    validate_hostname: false,
};
const NONE: Switches = Switches {
    require_tls: false,
    require_ca_signed: false,
    validate_hostname: false,
};

/// Made-up data of a run.
pub(super) fn sample() -> Data {
    let route = |host: &str, is_address: bool| NextHop {
        host: host.into(),
        is_address,
        mx_lookup: !is_address,
        port: 25,
        switches: if is_address { ALL } else { NONE },
    };
    let domain = |name: &str, switches, dane: Option<&str>, route| Domain {
        name: name.into(),
        switches,
        dane: dane.map(Into::into),
        route,
        mx: vec![format!("mx.{name}")],
    };
    Data {
        mtaspec: "/usr/local/bin/mtaspec".into(),
        folder: "/dev/shm/mtaspec/sample".into(),
        listen: [198, 18, 0, 1].into(),
        port: 25,
        hostname: "subject.home.test".into(),
        resolver: [198, 18, 0, 3].into(),
        trust: "/dev/shm/mtaspec/trust.pem".into(),
        anchor: ". IN DNSKEY 257 3 13 c2FtcGxl".into(),
        certificate: "/dev/shm/mtaspec/certificate.pem".into(),
        key: "/dev/shm/mtaspec/key.pem".into(),
        user: "root".into(),
        group: "root".into(),
        root: true,
        domains: vec![
            domain(
                "one.example.test",
                ALL,
                Some("mandatory"),
                Some(route("relay.example.test", false)),
            ),
            domain("two.example.test", ALL, None, None),
            domain(
                "three.example.test",
                TLS,
                Some("off"),
                Some(route("198.18.0.9", true)),
            ),
            domain("four.example.test", TLS, None, None),
            domain("five.example.test", NONE, Some("audit-only"), None),
            domain("six.example.test", NONE, None, None),
        ],
        aliases: vec![Alias {
            address: "team@home.test".into(),
            members: vec![
                "user@one.example.test".into(),
                "user@two.example.test".into(),
            ],
        }],
        homes: vec!["home.test".into()],
        senders: vec![
            Sender {
                entry: "one.example.test".into(),
                switches: ALL,
            },
            Sender {
                entry: "user@two.example.test".into(),
                switches: TLS,
            },
        ],
    }
}
