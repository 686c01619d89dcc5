//! The harness as sender of one case: made of the case's `client` and of what the subject was told of itself.
//!
//! Where the subject sends and a message is handed over with a login, the harness is such a sender too, at the submission
//! port. What is said there is no event of the case but for the answers to the message.

use std::sync::Arc;

use mtaspec_certs::{Holder, KeyKind, Mint};
use mtaspec_judge::events::What;
use mtaspec_judge::scenario::{Client as Told, Direction, Message};

use super::case::Failure;
use crate::client::{Account, Client, ClientSetup};
use crate::clock::{CaseClock, Standstill};
use crate::internet::CaseWorld;
use crate::internet::tls::ClientTls;
use crate::plan::{PlannedCase, PlannedMail};
use crate::recorder::{Recorder, Teller};
use crate::subject::{OwnIdentity, ReceiverPort, Running, SubjectError};

/// What a sender is made of.
pub(super) struct Around<'a> {
    pub(super) planned: &'a PlannedCase,
    pub(super) subject: &'a dyn Running,
    pub(super) identity: &'a OwnIdentity,
    pub(super) mint: &'a Mint,
    pub(super) world: &'a CaseWorld,
    pub(super) clock: &'a Arc<CaseClock>,
}

/// Hands messages over with a login; gives the events that the case has of it.
pub(super) async fn log_in_and_send(
    around: &Around<'_>,
    messages: &[(&Message, &PlannedMail)],
    still: Standstill,
) -> Result<Vec<(Teller, What)>, Failure> {
    let unheard = Recorder::with_names(Arc::clone(around.clock), around.planned.names().clone());
    let told = Told {
        port: "submission".to_owned(),
        ..Told::default()
    };
    client(around, told, &unheard)?.send(messages, still).await;
    let heard = unheard.events().into_iter().filter(|event| {
        matches!(
            event.what,
            What::Injected { .. } | What::HarnessFailed { .. }
        )
    });
    Ok(heard
        .map(|event| {
            let teller = Teller {
                message: event.message,
                ..Teller::default()
            };
            (teller, event.what)
        })
        .collect())
}

/// The sender that an inbound case asks for; none for one in which the subject sends.
pub(super) fn sender(around: &Around<'_>, recorder: &Recorder) -> Result<Option<Client>, Failure> {
    let case = around.planned.labelled();
    if case.direction == Direction::Outbound {
        return Ok(None);
    }
    client(around, case.client.clone(), recorder).map(Some)
}

fn client(around: &Around<'_>, told: Told, recorder: &Recorder) -> Result<Client, Failure> {
    let Around {
        planned,
        subject,
        identity,
        mint,
        world,
        clock,
    } = *around;
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
    Ok(Client::new(ClientSetup {
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
    }))
}
