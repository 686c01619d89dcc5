//! What the session itself has to show for a message: TLS, and a certificate.

use crate::delivery::Workshop;
use crate::tls::PeerName;

use super::demand::Binding;
use super::rejection::{Reason, Rejection};
use super::session::SessionFacts;

/// What the session itself has to show: TLS, and a certificate.
///
/// Choice: the name that the certificate must have is the one that the client gave in EHLO. It is the host name that the
/// product page speaks of, seen from the other side; mail of a domain often comes from hosts of others, so that the
/// certificate could not name the From domain.
///
/// # Errors
/// `Rejection` for what is not there.
pub(super) fn transport(
    workshop: &Workshop,
    session: &SessionFacts,
    bindings: &[Binding<'_>],
) -> Result<(), Rejection> {
    let reject = |binding: &Binding<'_>, reason| Rejection {
        reason,
        rule: Some(binding.rule.name.clone()),
    };
    let sender_of = |binding: &Binding<'_>| binding.sender.domain().to_string();
    if !session.is_tls {
        return match bindings.iter().find(|binding| binding.asks_tls()) {
            Some(binding) => Err(reject(
                binding,
                Reason::Plaintext {
                    sender: sender_of(binding),
                },
            )),
            None => Ok(()),
        };
    }
    if !bindings.iter().any(Binding::asks_certificate) {
        return Ok(());
    }
    let now = workshop.outside.clock.now();
    // A greeting that is neither name nor address is named by no certificate.
    let host = session
        .claimed_host()
        .unwrap_or(PeerName::Address(session.peer));
    let proved = workshop
        .trust
        .judge_client(&session.certificates, &host, now);
    for binding in bindings {
        let switches = binding.rule.switches;
        if let (true, Err(fault)) = (switches.require_ca_signed, &proved.chain) {
            let fault = fault.to_string();
            return Err(reject(
                binding,
                Reason::Chain {
                    sender: sender_of(binding),
                    fault,
                },
            ));
        }
        if let (true, Err(fault)) = (switches.validate_hostname, &proved.name) {
            let fault = fault.to_string();
            return Err(reject(
                binding,
                Reason::Name {
                    sender: sender_of(binding),
                    fault,
                },
            ));
        }
    }
    Ok(())
}
