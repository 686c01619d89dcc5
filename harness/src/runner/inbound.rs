//! The harness as sender of one case: made of the case's `client` and of what the subject was told of itself.

use std::sync::Arc;

use mtaspec_certs::{Holder, KeyKind, Mint};
use mtaspec_judge::scenario::Direction;

use super::case::Failure;
use crate::client::{Account, Client, ClientSetup};
use crate::clock::CaseClock;
use crate::internet::CaseWorld;
use crate::internet::tls::ClientTls;
use crate::plan::PlannedCase;
use crate::recorder::Recorder;
use crate::subject::{OwnIdentity, ReceiverPort, Running, SubjectError};

/// The sender that an inbound case asks for; none for one in which the subject sends.
pub(super) fn sender(
    planned: &PlannedCase,
    subject: &dyn Running,
    identity: &OwnIdentity,
    mint: &Mint,
    (world, clock, recorder): (&CaseWorld, &Arc<CaseClock>, &Recorder),
) -> Result<Option<Client>, Failure> {
    let case = planned.labelled();
    if case.direction == Direction::Outbound {
        return Ok(None);
    }
    let told = case.client.clone();
    let names = planned.names();
    let own_name = names.labelled("subject.home.test");
    let ehlo = told.ehlo.clone();
    let ehlo = ehlo.unwrap_or_else(|| names.labelled("mx.example.test"));
    let certificate = match &told.certificate {
        None => None,
        Some(spec) => Some(Arc::new(mint.mint(
            spec,
            &Holder {
                host: names.labelled("mx.example.test"),
                addresses: Vec::new(),
                next_hop_domain: Some(names.labelled("example.test")),
                default_key: KeyKind::EcdsaP256,
            },
        )?)),
    };
    let port = match told.port.as_str() {
        "submission" => ReceiverPort::Submission,
        "submissions" => ReceiverPort::Submissions,
        _ => ReceiverPort::Smtp,
    };
    let address = (subject.receiver_address(port))
        .ok_or_else(|| SubjectError::Unsupported(format!("to receive at {port:?}")))?;
    let tls = ClientTls::new(
        &told,
        &own_name,
        certificate,
        Arc::clone(&identity.certificate),
    )?;
    Ok(Some(Client::new(ClientSetup {
        address,
        port,
        subject: own_name,
        ehlo,
        told,
        tls,
        account: Account {
            user: identity.user.clone(),
            password: identity.password.clone(),
        },
        faults: Arc::clone(world.faults()),
        clock: Arc::clone(clock),
        recorder: recorder.clone(),
    })))
}
