//! What a walk has to do with reports: each session, and each host that a policy left out, is counted for the domain by which
//! the mail was routed (RFC 8460 §1.1).

use crate::address::MailDomain;
use crate::dane::DaneFault;
use crate::route::NextHop;
use crate::sts::Standing;
use crate::tls::PeerName;
use crate::tlsrpt::{self, Contact, DaneSeen, Session};

use super::attempt::Workshop;
use super::demand::Demand;
use super::message::Message;
use super::session::{Call, Ended};
use super::sight::Sight;
use super::tls_tag::TlsTag;

/// What the sessions of a walk have in common.
pub(super) struct Counting<'w> {
    pub(super) workshop: &'w Workshop,
    pub(super) next_hop: &'w NextHop,
    pub(super) message: &'w Message,
    pub(super) standing: Option<&'w Standing>,
}

impl Counting<'_> {
    /// Counts a session that has ended so, or has come to MAIL.
    pub(super) async fn session(&self, call: &Call<'_>, sight: &Sight, ended: Option<&Ended>) {
        if !self.is_counted() {
            return;
        }
        let address = call.address;
        let network = &self.workshop.outside.network;
        let contact = Contact {
            address: address.ip(),
            source: network.source_towards(address).await,
            manner: call.manner,
            sight,
            ended,
        };
        let dane = DaneSeen::of(&call.demand.dane);
        self.count(call.peer, dane, Some(contact)).await;
    }

    /// Counts a host that must not be used, since of its TLSA records something is wrong.
    pub(super) async fn left_out_by_dane(&self, peer: &PeerName, fault: &DaneFault) {
        self.count(peer, DaneSeen::of_fault(peer, fault), None)
            .await;
    }

    /// Counts a host that the policy in force does not name.
    pub(super) async fn left_out_by_policy(&self, peer: &PeerName, demand: &Demand) {
        self.count(peer, DaneSeen::of(&demand.dane), None).await;
    }

    /// Whether sessions of this walk are counted.
    ///
    /// Choice: sessions of a message for which nobody looked at policies (RFC 8689 §3) count for none, since what they met says
    /// nothing of these. Reports are such messages, and their sessions are to be left out anyhow (RFC 8460 §3).
    fn is_counted(&self) -> bool {
        let is_left_out = self.message.is_report || self.message.tls == TlsTag::Optional;
        !is_left_out && self.workshop.settings.reporting.is_some()
    }

    async fn count(&self, peer: &PeerName, dane: DaneSeen, contact: Option<Contact<'_>>) {
        let MailDomain::Name(domain) = &self.next_hop.to else {
            return;
        };
        if !self.is_counted() {
            return;
        }
        let counted = tlsrpt::counted(&Session {
            domain,
            standing: self.standing,
            dane,
            peer,
            contact,
        });
        self.workshop.tallies.count(domain, counted).await;
    }
}
