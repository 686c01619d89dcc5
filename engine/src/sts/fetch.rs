//! The real source of policies: the resolver and the policy hosts (RFC 8461 §3.3).

use std::time::Duration;

use crate::address::DomainName;
use crate::delivery::Workshop;
use crate::https::{Client, Limits, Proof, Request, Response};
use crate::tls::PeerName;

use super::policy::{POLICY_LIMIT, Policy};
use super::record::PolicyId;
use super::source::{DiscoveryFault, FetchFault, Source, look_up};

/// Where every policy host has its policy.
const TARGET: &str = "/.well-known/mta-sts.txt";
/// The port of policy hosts.
const HTTPS_PORT: u16 = 443;
/// How much time and space a policy may take: as much as RFC 8461 §3.3 suggests, a third of the time for each address.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(20),
    total: Duration::from_secs(60),
    body: Some(POLICY_LIMIT),
};

/// With the resolver of the settings, and the authorities that they trust.
impl Source for Workshop {
    async fn id(&self, domain: &DomainName) -> Result<PolicyId, DiscoveryFault> {
        look_up(&self.resolver, domain).await
    }

    async fn policy(&self, domain: &DomainName) -> Result<Policy, FetchFault> {
        let name = format!("mta-sts.{domain}");
        let host = DomainName::parse(&name).map_err(|_| FetchFault::NoHost(name))?;
        let request = Request {
            host: &PeerName::Host(host),
            port: HTTPS_PORT,
            target: TARGET,
            body: None,
            proof: Proof::Certificate(&self.trust),
            limits: LIMITS,
        };
        let client = Client {
            outside: &self.outside,
            resolver: &self.resolver,
            stack: &self.web,
        };
        read(&client.send(request).await?)
    }
}

/// The policy in an answer. Only a status of 200 will do, and a redirect leads nowhere; what the answer says of HTTP caches
/// counts for nothing.
///
/// Choice: a body without a media type is refused like one of another type, since RFC 8461 §3.2 wants the sender to check that
/// it is text.
fn read(response: &Response) -> Result<Policy, FetchFault> {
    if response.status != 200 {
        return Err(FetchFault::Status(response.status));
    }
    let content_type = response.content_type.as_deref().unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("text/plain") {
        return Err(FetchFault::MediaType(media_type.to_owned()));
    }
    Ok(Policy::parse(&response.body)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_text_with_status_200_is_a_policy() {
        let policy = "version: STSv1\nmode: none\nmax_age: 60\n";
        let plain = Some("text/plain");
        let status = |status| format!("the policy host answered with status {status}");
        let media = |media| format!("the policy is of the media type {media:?} and not text/plain");
        // (status, media type, body, what is wrong with it)
        let cases = [
            (200, plain, policy, String::new()),
            (200, Some("TEXT/Plain ; charset=utf-8"), policy, String::new()),
            (200, Some("text/plain;charset=us-ascii;x=y"), policy, String::new()),
            (200, Some("text/plain; charset=latin1"), policy, String::new()),
            (200, Some("text/html"), policy, media("text/html")),
            (200, Some("text/plain2"), policy, media("text/plain2")),
            (200, Some("application/octet-stream"), policy, media("application/octet-stream")),
            (200, None, policy, media("")),
            (201, plain, policy, status(201)),
            (204, plain, "", status(204)),
            (206, plain, policy, status(206)),
            (301, plain, policy, status(301)),
            (304, plain, policy, status(304)),
            (404, plain, policy, status(404)),
            (500, plain, policy, status(500)),
            (200, plain, "<html>", "line 1 is not a name, a colon and a value; the policy has no \"mode\" field; \
                the policy has no \"max_age\" field; the policy has no \"version\" field; the policy has no \"mx\" field".to_owned()),
        ];
        for (status, content_type, body, want) in cases {
            let response = Response {
                status,
                content_type: content_type.map(str::to_owned),
                body: body.as_bytes().to_vec(),
            };
            let told = read(&response).err().map(|fault| fault.to_string());
            assert_eq!(
                told.unwrap_or_default(),
                want,
                "{status} {content_type:?} {body:?}"
            );
        }
    }
}
