//! What is said of wrong settings, and that right ones are read as they are meant.

use rcgen::{CertificateParams, KeyPair};

use crate::address::{MailDomain, Mailbox};
use crate::outside::MemoryBeside;
use crate::settings::{Applies, RouteUse, Settings, Switches, TlsVersion};

use super::{Problems, Read, SettingsFile};

/// The certificates and other files that tests name.
fn beside() -> MemoryBeside {
    let key = KeyPair::generate().unwrap();
    let other = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["mail.example.test".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    let another = params.self_signed(&other).unwrap().pem();
    let mut beside = MemoryBeside::default();
    let files = [
        ("own.pem", certificate.clone()),
        ("own.key", key.serialize_pem()),
        ("other.key", other.serialize_pem()),
        (
            "roots.pem",
            format!("A root\n======\n{certificate}\nAnother\n{another}"),
        ),
        ("key-only.pem", other.serialize_pem()),
        (
            "broken.pem",
            format!(
                "{certificate}\n-----BEGIN CERTIFICATE-----\nnonsense!\n-----END CERTIFICATE-----\n\
                 -----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{}-----BEGIN CERTIFICATE-----\nAAAA\n",
                other.serialize_pem()
            ),
        ),
        ("plain.txt", "no certificate at all\n".to_owned()),
        (
            "list.txt",
            "# partners\na.test, b.test\n\nanna@c.test\n".to_owned(),
        ),
        ("bad.txt", "a.test\nb..test c.test\n".to_owned()),
        (
            "list.csv",
            "Address,Authenticated\nx.test,yes\n\"y.test\",\nz.test\n".to_owned(),
        ),
        ("bad.csv", "x.test,perhaps\n".to_owned()),
        (
            "accounts",
            "# who may log in\nanna:secret:word\n".to_owned(),
        ),
        (
            "bad-accounts",
            "anna secret\nben:secret\nben:secret\n".to_owned(),
        ),
    ];
    for (name, content) in files {
        beside.files.insert(name.to_owned(), content.into_bytes());
    }
    beside
        .files
        .insert("root.der".to_owned(), vec![0x30, 0x82, 1, 2]);
    beside
        .files
        .insert("latin1.txt".to_owned(), b"a.test\nb\xfccher.test".to_vec());
    beside
        .variables
        .insert("ACCOUNTS".to_owned(), "carla:pass\n".to_owned());
    beside
}

fn read(text: &str) -> Result<Read, Problems> {
    SettingsFile::read("settings.toml", text, &beside())
}

fn settings(text: &str) -> Settings {
    let text = format!("hostname = \"mail.example.test\"\n{text}");
    let read = read(&text).unwrap_or_else(|problems| panic!("{problems}"));
    read.file.settings().clone()
}

fn mailbox(text: &str) -> Mailbox {
    Mailbox::parse(text).unwrap()
}

#[test]
fn entries_are_parted_by_blanks_line_ends_or_commas() {
    let settings = settings(
        "[list.all]\nentries = \"\"\"\n  a.test, b.test\tc.test\n,d.test,,anna@e.test\n\"\"\"\n\
         [rule.r]\nlists = \"all\"\n",
    );
    let shown: Vec<String> = (settings.rules[0].list.entries().iter())
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        shown,
        ["a.test", "b.test", "c.test", "d.test", "anna@e.test"]
    );
}

#[test]
fn lists_come_from_files_too_and_an_entry_may_ask_for_an_authenticated_sender() {
    let settings = settings(
        "[list.all]\nentries = [\"a.test b.test\", { entry = \"q.test\", authenticated = true }]\n\
         import = [\"list.txt\", \"list.csv\"]\n[rule.r]\nlists = [\"all\"]\n",
    );
    let shown: Vec<(String, bool)> = (settings.rules[0].list.entries().iter())
        .map(|entry| (entry.to_string(), entry.authenticated))
        .collect();
    let want = [
        ("a.test", false),
        ("b.test", false),
        ("q.test", true),
        ("anna@c.test", false),
        ("x.test", true),
        ("y.test", false),
        ("z.test", false),
    ];
    assert_eq!(shown, want.map(|(who, asks)| (who.to_owned(), asks)));
}

#[test]
fn a_rule_for_inbound_or_outbound_mail_needs_an_address_list() {
    // (rule, is it refused?)
    let cases = [
        ("", true),
        ("lists = []", true),
        ("applies = [\"inbound\"]", true),
        ("applies = [\"outbound\", \"secure-route\"]", true),
        ("applies = [\"secure-route\"]", false),
        ("lists = [\"l\"]", false),
    ];
    for (rule, is_refused) in cases {
        let text =
            format!("hostname = \"h.test\"\n[list.l]\nentries = \"a.test\"\n[rule.r]\n{rule}\n");
        let told = read(&text).err().map(|problems| problems.to_string());
        assert_eq!(told.is_some(), is_refused, "{rule}");
        assert!(
            told.is_none_or(|told| told.contains("at least one address list")),
            "{rule}"
        );
    }
}

#[test]
fn lists_have_unique_names_and_rules_share_them() {
    let shared = settings(
        "[list.a]\nentries = \"a.test\"\n[list.b]\nentries = \"b.test a.test\"\n\
         [rule.one]\nlists = [\"a\", \"b\"]\n[rule.two]\nlists = [\"a\"]\n",
    );
    for (rule, address, want) in [
        (0, "u@a.test", true),
        (0, "u@b.test", true),
        (1, "u@a.test", true),
        (1, "u@b.test", false),
    ] {
        assert_eq!(
            shared.rules[rule].list.covers(&mailbox(address)),
            want,
            "{rule} {address}"
        );
    }
    assert_eq!(shared.rules[0].list.entries().len(), 2);
    for twice in [
        "[list.a]\nentries = \"b.test\"\n",
        "[list.A]\nentries = \"b.test\"\n",
    ] {
        let text = format!("hostname = \"h.test\"\n[list.a]\nentries = \"a.test\"\n{twice}");
        assert!(read(&text).is_err(), "{twice}");
    }
}

#[test]
fn several_named_rules_stand_side_by_side_in_the_order_of_the_file() {
    let text = "hostname = \"h.test\"\n[list.l]\nentries = \"a.test\"\n\
                [rule.zebra]\nlists = \"l\"\nrequire_ca_signed = false\n\
                [rule.\"All of a.test\"]\nlists = \"l\"\nvalidate_hostname = false\n";
    let file = read(text).unwrap().file;
    let names: Vec<(&str, &[String])> = file
        .rules()
        .map(|(rule, uses)| (rule.name.as_str(), uses))
        .collect();
    let uses = ["l".to_owned()];
    assert_eq!(names, [("zebra", &uses[..]), ("All of a.test", &uses[..])]);
    assert!(!file.settings().rules[0].switches.require_ca_signed);
    assert!(file.settings().rules[0].switches.validate_hostname);
}

#[test]
fn the_three_switches_are_on_unless_they_are_turned_off() {
    let settings = settings("[list.l]\nentries = \"a.test\"\n[rule.r]\nlists = \"l\"\n");
    let rule = &settings.rules[0];
    assert_eq!(
        rule.switches,
        Switches {
            require_tls: true,
            require_ca_signed: true,
            validate_hostname: true
        }
    );
    assert_eq!(
        rule.applies,
        Applies {
            outbound: true,
            inbound: true,
            secure_route: false
        }
    );
}

#[test]
fn a_rule_of_a_unit_binds_mail_of_that_unit_alone() {
    let settings = settings(
        "[list.l]\nentries = \"a.test\"\n[rule.r]\nlists = \"l\"\nunit = \"sales.example.test\"\n",
    );
    let rule = &settings.rules[0];
    let to = mailbox("u@a.test");
    // (envelope sender, is the mail bound?)
    let cases = [
        (Some("anna@sales.example.test"), true),
        (Some("anna@example.test"), false),
        (Some("anna@other.example.test"), false),
        (None, false),
    ];
    for (sender, want) in cases {
        assert_eq!(
            rule.binds(sender.map(mailbox).as_ref(), &to),
            want,
            "{sender:?}"
        );
    }
}

#[test]
fn the_oldest_tls_version_is_a_setting() {
    assert_eq!(settings("").minimum_tls, TlsVersion::Tls12);
    assert_eq!(
        settings("minimum_tls = \"1.3\"\n").minimum_tls,
        TlsVersion::Tls13
    );
    let wrong = read("hostname = \"h.test\"\nminimum_tls = \"1.4\"\n").unwrap_err();
    assert!(
        wrong
            .to_string()
            .contains("help: \"1.0\", \"1.1\", \"1.2\" or \"1.3\"")
    );
    #[cfg(feature = "legacy-tls")]
    {
        let old = read("hostname = \"h.test\"\nminimum_tls = \"1.0\"\n").unwrap();
        assert_eq!(old.file.settings().minimum_tls, TlsVersion::Tls10);
        assert!(old.warnings.to_string().contains("RFC 8996"));
    }
}

#[test]
fn every_certificate_of_a_bundle_is_trusted() {
    assert_eq!(settings("trust = \"roots.pem\"\n").trust.len(), 2);
    // The first of the second file stands in the first already.
    assert_eq!(
        settings("trust = [\"roots.pem\", \"own.pem\"]\n")
            .trust
            .len(),
        2
    );
    assert!(settings("").trust.is_empty());
}

#[test]
fn a_route_may_have_an_alternate_for_mail_that_is_wanted_secure() {
    let settings = settings(
        "[list.l]\nentries = \"a.test\"\n[rule.r]\nlists = \"l\"\n\
         [route.\"a.test\"]\nhost = \"192.0.2.1\"\nport = 2525\n\
         [route.\"a.test\".secure]\nhost = \"safe.test\"\nmx_lookup = true\nrequire_tls = true\n\
         [route.\"*\"]\nhost = \"smart.test\"\n",
    );
    let shown: Vec<_> = (settings.routes.iter())
        .map(|route| {
            let domain = route.domain.as_ref().map(MailDomain::to_string);
            (
                domain,
                route.host.to_string(),
                route.port,
                route.mx_lookup,
                route.taken,
                route.switches.require_tls,
            )
        })
        .collect();
    let a = Some("a.test".to_owned());
    let want = [
        (
            a.clone(),
            "[192.0.2.1]".to_owned(),
            2525,
            false,
            RouteUse::Always,
            false,
        ),
        (
            a,
            "safe.test".to_owned(),
            25,
            true,
            RouteUse::WhenSecure,
            true,
        ),
        (
            None,
            "smart.test".to_owned(),
            25,
            false,
            RouteUse::Always,
            false,
        ),
    ];
    assert_eq!(shown, want);
}

#[test]
fn accounts_come_from_a_file_or_the_environment() {
    for (line, user, password) in [
        ("accounts = \"accounts\"", "anna", "secret:word"),
        ("accounts = { variable = \"ACCOUNTS\" }", "carla", "pass"),
    ] {
        let receiving = settings(&format!("[receiving]\n{line}\n")).receiving;
        assert_eq!(receiving.accounts[0].user, user);
        assert_eq!(receiving.accounts[0].password, password);
        assert!(!format!("{receiving:?}").contains(password));
    }
}

/// Each of them is wrong in one way, or doubtful.
const WRONG: [(&str, &str); 4] = [
    ("general", include_str!("wrong/general.toml")),
    ("rules", include_str!("wrong/rules.toml")),
    ("lists", include_str!("wrong/lists.toml")),
    ("certificates", include_str!("wrong/certificates.toml")),
];

#[test]
fn every_problem_is_told_at_once_with_its_place_and_what_would_be_right() {
    for (name, text) in WRONG {
        let problems = SettingsFile::read(&format!("{name}.toml"), text, &beside()).unwrap_err();
        insta::assert_snapshot!(name, problems.to_string());
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,200}") {
        let _ = read(&text);
    }

    #[test]
    fn any_list_and_any_bundle_is_read_without_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let mut beside = beside();
        let pem = [b"-----BEGIN CERTIFICATE-----\n", &bytes[..]].concat();
        for name in ["any.txt", "any.csv", "any"] {
            beside.files.insert(name.to_owned(), bytes.clone());
        }
        beside.files.insert("any.pem".to_owned(), pem);
        let text = "hostname = \"h.test\"\ntrust = \"any.pem\"\n[list.l]\nimport = [\"any.txt\", \"any.csv\"]\n\
                    [receiving]\naccounts = \"any\"\ncertificate = { chain = \"any.pem\", key = \"any.pem\" }\n";
        let _ = SettingsFile::read("a", text, &beside);
    }

    #[test]
    fn any_change_of_a_good_file_is_read_without_panic(at in 0..2000_usize, with in "\\PC{0,5}") {
        let mut text = WRONG.map(|(_, text)| text).concat();
        let at = text.floor_char_boundary(at.min(text.len()));
        text.insert_str(at, &with);
        let _ = read(&text);
    }
}
