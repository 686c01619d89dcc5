//! The part of a settings file about TLS reports.

use crate::address::{DomainName, Mailbox};
use crate::outside::Beside;
use crate::settings::{Contact, DkimKey, Reporting};

use super::pem;
use super::problem::Complaint;
use super::table::Table;

/// The most characters of the name of an organisation.
const LONGEST_NAME: usize = 200;

/// Reads `[reporting]`. None: it is switched off, or something in it is wrong.
pub(super) fn read(table: Table<'_>, beside: &dyn Beside) -> Option<Reporting> {
    let is_on = table.flag("enabled").unwrap_or(true);
    let organization = table.parsed("organization", organization);
    let contact = table.parsed("contact", contact);
    let sender = table.parsed("sender", self::contact);
    for (key, help) in [
        (
            "organization",
            "who reports: organization = \"Example Ltd\"",
        ),
        (
            "contact",
            "whom to ask: contact = \"tls-reports@example.test\"",
        ),
    ] {
        if table.entry(key).is_none() {
            table.missing(key, help);
        }
    }
    let dkim = contact
        .as_ref()
        .and_then(|contact| dkim(&table, contact, beside));
    if table.entry("dkim").is_none() && is_on {
        let complaint = Complaint::new("reports cannot be mailed without a key that signs them");
        let help = "dkim = { selector = \"tlsrpt\", key = \"FILE\" }, or leave it with HTTPS";
        table
            .file
            .warn(table.key.span.clone(), complaint.help(help));
    }
    if let Some(key) = &dkim {
        for (name, mailbox) in [("contact", &contact), ("sender", &sender)] {
            let Some(mailbox) = mailbox else { continue };
            if !key.signs_for(mailbox.domain()) {
                let (key, of) = (key.domain(), mailbox.domain());
                let complaint = Complaint::new(format!("a key of {key} does not sign for {of}"));
                let help = "reports are signed by the domain that reports (RFC 8460 §3)";
                table.file.error(table.place(name), complaint.help(help));
            }
        }
    }
    table.close();
    is_on.then_some(())?;
    Some(Reporting {
        organization: organization?,
        contact: contact?,
        sender,
        dkim,
    })
}

fn organization(text: &str) -> Result<String, Complaint> {
    let is_name = !text.trim().is_empty()
        && text.chars().count() <= LONGEST_NAME
        && !text.chars().any(char::is_control);
    if is_name {
        return Ok(text.to_owned());
    }
    let complaint = Complaint::new(format!("{text:?} is no name of an organisation"));
    Err(complaint.help(format!("from 1 to {LONGEST_NAME} characters on one line")))
}

fn contact(text: &str) -> Result<Contact, Complaint> {
    let help = "a mailbox in ASCII whose domain is a name, as in tls-reports@example.test";
    let mailbox =
        Mailbox::parse(text).map_err(|error| Complaint::new(error.to_string()).help(help))?;
    Contact::new(mailbox)
        .ok_or_else(|| Complaint::new(format!("{text:?} cannot stand in a report")).help(help))
}

fn dkim(outer: &Table<'_>, contact: &Contact, beside: &dyn Beside) -> Option<DkimKey> {
    let table = outer.table("dkim")?;
    let name = |key| {
        table.parsed(key, |text| {
            DomainName::parse(text).map_err(|error| Complaint::new(error.to_string()))
        })
    };
    let domain = name("domain");
    let domain = match table.entry("domain") {
        Some(_) => domain,
        None => Some(contact.domain().clone()),
    };
    let selector = name("selector");
    for (key, help) in [
        ("selector", "the name of the key: selector = \"tlsrpt\""),
        ("key", "a PEM file with the private key"),
    ] {
        if table.entry(key).is_none() {
            table.missing(key, help);
        }
    }
    let path = table.text("key");
    let key = path
        .as_ref()
        .and_then(|path| pem::own_key(&table, path, beside));
    let read = key
        .zip(domain.zip(selector))
        .map(|(key, (domain, selector))| DkimKey::new(domain, selector, key));
    let key = match read {
        Some(Err(error)) => {
            let complaint = Complaint::new(format!("the key cannot be used: {error}"));
            let help = "openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out FILE";
            table.file.error(table.place("key"), complaint.help(help));
            None
        }
        read => read.and_then(Result::ok),
    };
    table.close();
    key
}

#[cfg(test)]
mod tests {
    use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};

    use crate::outside::MemoryBeside;
    use crate::settings::Reporting;
    use crate::settings::file::SettingsFile;

    /// Reads a file with this `[reporting]`; what is wrong is told.
    fn read(reporting: &str) -> Result<Option<Reporting>, String> {
        let mut beside = MemoryBeside::default();
        for (name, kind) in [
            ("dkim.key", &PKCS_ED25519),
            ("other.key", &PKCS_ECDSA_P256_SHA256),
        ] {
            let pair = KeyPair::generate_for(kind).unwrap();
            let pem = pair.serialize_pem().into_bytes();
            beside.files.insert(name.to_owned(), pem);
        }
        let text = format!("hostname = \"mail.home.test\"\n[reporting]\n{reporting}");
        SettingsFile::read("settings.toml", &text, &beside)
            .map(|read| read.file.settings().reporting.clone())
            .map_err(|problems| problems.to_string())
    }

    const SOUND: &str = "organization = \"Home\"\ncontact = \"tls@home.test\"\n";

    #[test]
    fn reports_are_made_where_somebody_stands_by_them() {
        let dkim = "dkim = { selector = \"tlsrpt\", key = \"dkim.key\" }\n";
        let reporting = read(&format!("{SOUND}{dkim}")).unwrap().unwrap();
        let key = reporting.dkim.unwrap();
        assert_eq!(key.record_name(), "tlsrpt._domainkey.home.test");
        assert!(read(SOUND).unwrap().unwrap().dkim.is_none());
        assert_eq!(read(&format!("{SOUND}{dkim}enabled = false\n")), Ok(None));
    }

    #[test]
    fn what_is_wrong_with_reporting_is_told() {
        let wrong = [
            "enabled = true\n".to_owned(),
            "organization = \"\"\ncontact = \"tls@[192.0.2.1]\"\nsender = \"x\"\n".to_owned(),
            format!(
                "{SOUND}sender = \"a@other.test\"\ndkim = {{ selector = \"a b\", key = \"none.key\" }}\n"
            ),
            format!(
                "{SOUND}dkim = {{ domain = \"other.test\", selector = \"a\", key = \"dkim.key\" }}\n"
            ),
            format!("{SOUND}dkim = {{ selector = \"a\", key = \"other.key\", bits = 1 }}\n"),
            format!("{SOUND}dkim = {{}}\n"),
        ];
        let told: Vec<String> = wrong.iter().map(|text| read(text).unwrap_err()).collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
