//! What the engine is told about the TLS reports that it makes in a case.

use mtaspec_engine::address::{DomainName, Mailbox};
use mtaspec_engine::settings::{Contact, DkimKey, Reporting};
use mtaspec_harness::subject::{Briefing, SubjectError};
use rustls_pki_types::PrivateKeyDer;

/// The engine reports for its home domain, which has published the key that signs.
pub(super) fn of(briefing: &Briefing) -> Result<Reporting, SubjectError> {
    let cannot = |error: &dyn std::error::Error| SubjectError::Unsupported(error.to_string());
    let key = &briefing.identity.report_key;
    let name = |text: &str| DomainName::parse(text).map_err(|error| cannot(&error));
    let contact = format!("tls-reports@{}", briefing.home);
    let contact = Mailbox::parse(&contact).map_err(|error| cannot(&error))?;
    let no_name = || SubjectError::Unsupported(format!("{}: no name", briefing.home));
    let private = PrivateKeyDer::Pkcs8(key.private_key.clone().into());
    let dkim = DkimKey::new(name(&briefing.home)?, name(&key.selector)?, private);
    Ok(Reporting {
        organization: "mtaspec".to_owned(),
        contact: Contact::new(contact).ok_or_else(no_name)?,
        sender: None,
        dkim: Some(dkim.map_err(|error| cannot(&error))?),
    })
}
