//! Senders whose domain takes no mail at all (RFC 7505 §4.1).

use crate::Service;
use crate::address::{DomainName, MailDomain, Mailbox};
use crate::route::{Resolver, takes_no_mail};

use super::session::{Envelope, SessionFacts};

/// The most domains of a message that are asked about.
const DOMAIN_LIMIT: usize = 5;

/// The first domain of envelope sender and From senders that has a null MX.
///
/// Choice: such mail is not taken at the public port. Neither an answer nor a notice could ever reach its sender. A lookup
/// without answer says nothing.
pub(super) async fn first_null_mx(
    resolver: &Resolver,
    session: &SessionFacts,
    envelope: Envelope<'_>,
    senders: &[Mailbox],
) -> Option<DomainName> {
    if session.service != Service::Mx {
        return None;
    }
    let mut domains: Vec<&DomainName> = Vec::new();
    for mailbox in envelope.sender.into_iter().chain(senders) {
        if let MailDomain::Name(name) = mailbox.domain()
            && !domains.contains(&name)
        {
            domains.push(name);
        }
    }
    for domain in domains.into_iter().take(DOMAIN_LIMIT) {
        if takes_no_mail(resolver, domain).await {
            return Some(domain.clone());
        }
    }
    None
}
