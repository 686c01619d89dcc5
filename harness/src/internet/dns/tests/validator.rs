//! hickory's validator, which asks the resolver that does not validate and follows every chain of trust itself.
//!
//! What a wildcard makes, and what is denied behind an alias, it takes for bogus where delv and unbound find it secure:
//! those are asked in `.ci/dnssec.py`.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::StreamExt as _;
use hickory_net::client::Client;
use hickory_net::dnssec::DnssecDnsHandle;
use hickory_net::runtime::TokioRuntimeProvider;
use hickory_net::tcp::TcpClientStream;
use hickory_net::xfer::DnsHandle as _;
use hickory_proto::dnssec::{Algorithm, Proof, PublicKeyBuf, TrustAnchors};
use hickory_proto::op::{DnsRequestOptions, Query};
use hickory_proto::rr::{Name, RecordType};

use crate::internet::dns::TrustAnchor;

/// A validator at work.
pub(super) struct Validator(DnssecDnsHandle<Client<TokioRuntimeProvider>>);

impl Validator {
    pub(super) async fn new(resolver: SocketAddr, anchor: &TrustAnchor) -> Self {
        let provider = TokioRuntimeProvider::default();
        let (stream, handle) = TcpClientStream::new(resolver, None, None, provider);
        let (client, background) = Client::new(stream.await.unwrap(), handle);
        tokio::spawn(background);
        let key = PublicKeyBuf::new(
            anchor.public_key().to_vec(),
            Algorithm::from_u8(anchor.algorithm()),
        );
        let mut anchors = TrustAnchors::empty();
        anchors.insert(&key);
        Self(DnssecDnsHandle::with_trust_anchor(
            client,
            Arc::new(anchors),
        ))
    }

    /// The state of the answer: the worst of its parts.
    pub(super) async fn state(&self, name: &str, kind: RecordType) -> &'static str {
        let mut name = Name::from_ascii(name).unwrap();
        name.set_fqdn(true);
        let mut options = DnsRequestOptions::default();
        options.edns_set_dnssec_ok = true;
        let mut answers = self.0.lookup(Query::query(name, kind), options);
        let Ok(answer) = answers.next().await.unwrap() else {
            return "bogus";
        };
        let parts = if answer.answers.is_empty() {
            &answer.authorities
        } else {
            &answer.answers
        };
        match parts.iter().map(|record| record.proof).min() {
            Some(Proof::Secure) => "secure",
            Some(Proof::Insecure) => "insecure",
            _ => "bogus",
        }
    }
}
