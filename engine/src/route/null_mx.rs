//! Domains that take no mail (RFC 7505).

use hickory_proto::rr::RecordType;

use crate::address::DomainName;

use super::answer::Answer;
use super::resolver::Resolver;
use super::walk::dns_name;

/// Whether a domain says that it takes no mail: one MX record that names the root, and no other (RFC 7505 §3). A lookup that
/// has no answer says nothing.
pub(crate) async fn takes_no_mail(resolver: &Resolver, domain: &DomainName) -> bool {
    let Some(name) = dns_name(domain) else {
        return false;
    };
    match resolver.lookup(&name, RecordType::MX).await {
        Ok(Answer::Records { mx, .. }) => matches!(mx.as_slice(), [(_, only)] if only.is_root()),
        _ => false,
    }
}
