//! What the sender of a message can do about what a notice tells, in plain words.

use crate::delivery::{Demander, Remembered, Trouble, Violation};
use crate::route::RouteFault;
use crate::smtp::Refusal;
use crate::tls::ChainFault;

use super::report::Event;

/// What the sender can do.
pub(super) fn advice(event: &Event) -> &'static str {
    match event {
        Event::Failed(trouble) => after_failure(trouble),
        Event::Delayed { .. } => {
            "nothing for now. If it is urgent, tell the recipient in another way."
        }
        Event::Expanded => "nothing.",
        Event::Relayed(_) => {
            "nothing. Only the recipient can say whether the message was received and read."
        }
    }
}

/// What the recipient's domain has published stopped: nothing was sent.
const OF_PUBLISHED: &str = "the recipient's domain has published how mail to it must be protected, and its own servers do not keep to \
     that, so nothing was sent: somebody may stand in the way. Tell the recipient in another way, or ask the \
     administrator there.";

fn after_failure(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Violated { breach, .. } if breach.by == Demander::RequireTls => {
            without_requiretls(&breach.violation)
        }
        Trouble::Violated { breach, .. } if breach.by.bounces() => {
            after_violation(&breach.violation)
        }
        Trouble::Violated { .. } | Trouble::Dane { .. } => OF_PUBLISHED,
        Trouble::Route(RouteFault::NoDomain(_)) => {
            "check the part of the address behind the @ for mistakes."
        }
        Trouble::Route(RouteFault::NullMx(_)) => {
            "check the part of the address behind the @ for mistakes. If it is right, its owner wants no mail there, \
             and you need another address."
        }
        Trouble::Route(RouteFault::Loop(_)) => {
            "tell the administrator of this mail server, which should have taken the mail in or known where else it \
             belongs."
        }
        Trouble::Route(RouteFault::Nowhere { .. }) => {
            "tell the administrator of this mail server: mail to this recipient is sent by way of a host that cannot be \
             found."
        }
        Trouble::Route(RouteFault::NoUsableMx(_)) | Trouble::NoAddress { .. } => {
            "check the part of the address behind the @ for mistakes. If it is right, tell the recipient that the \
             DNS records of this domain lead nowhere."
        }
        Trouble::Refused {
            refusal: Refusal::Unsupported { status, .. },
            ..
        } => match *status {
            "5.3.4" => {
                "send a smaller message, for instance with a link in place of what is attached."
            }
            "5.7.30" => without_requiretls(&Violation::NoRequireTls),
            "5.6.7" => {
                "ask the recipient for another address, without accented or other than Latin letters: the \
                 receiving server cannot handle these."
            }
            _ => {
                "send it again without accented or other than Latin letters, in the subject, in names and in the text: \
                 the receiving server cannot handle these."
            }
        },
        Trouble::Refused {
            refusal: Refusal::Reply(..),
            ..
        }
        | Trouble::Unwelcome { .. }
        | Trouble::Remembered(Remembered { reply: Some(_), .. }) => {
            "the receiving server's words say why. Check the address, or ask the recipient in another way."
        }
        Trouble::Route(RouteFault::Lookup(..))
        | Trouble::Unresolved { .. }
        | Trouble::Unreachable { .. }
        | Trouble::Broken { .. }
        | Trouble::Remembered(Remembered { reply: None, .. })
        | Trouble::Refused {
            refusal: Refusal::Broken { .. },
            ..
        } => "send it again later, or tell the recipient in another way.",
    }
}

/// What the author of the message stopped with REQUIRETLS: nothing was sent (RFC 8689 §4.2.1).
fn without_requiretls(violation: &Violation) -> &'static str {
    match violation {
        Violation::NoRequireTls => {
            "you asked for a message that is protected by TLS on its whole way (REQUIRETLS), which the receiving server \
             does not promise, so nothing was sent. Send it again without asking for that, or tell the recipient in \
             another way."
        }
        _ => {
            "you asked for a message that goes over TLS alone, and to servers that prove who they are (REQUIRETLS). The \
             receiving one did not, so nothing was sent. Ask the recipient's administrator to mend it, or send it again \
             without asking for that."
        }
    }
}

/// What a rule of the sender's own administrator stopped: nothing was sent.
fn after_violation(violation: &Violation) -> &'static str {
    match violation {
        Violation::UnbackedName | Violation::NoRequireTls => without_requiretls(violation),
        Violation::NotNamed | Violation::NotOffered | Violation::Refused(_) => {
            "mail to this recipient has to be protected by TLS, which the receiving server does not offer, so nothing \
             was sent. Ask the recipient's administrator to turn TLS on, or your own to change the rule."
        }
        Violation::Handshake(_) => {
            "mail to this recipient has to be protected by TLS, on which this server and the receiving one could not \
             agree, so nothing was sent. Ask the recipient's administrator to mend TLS there, or your own to change \
             the rule."
        }
        Violation::Chain(ChainFault::Expired | ChainFault::NotYetValid) => {
            "mail to this recipient has to be protected by TLS, with a certificate that is valid today, so nothing \
             was sent. Ask the recipient's administrator to renew it, or your own to change the rule."
        }
        Violation::Chain(_) | Violation::Tlsa(_) => {
            "mail to this recipient has to be protected by TLS, with a certificate from an authority that is trusted \
             here, so nothing was sent. Ask the recipient's administrator for such a certificate, or your own to \
             change the rule."
        }
        Violation::Name(_) => {
            "mail to this recipient has to be protected by TLS, with a certificate that names the receiving server, so \
             nothing was sent: another server may have answered in its place. Ask the recipient's administrator to \
             mend it, or your own to change the rule."
        }
    }
}
