//! A message that is handed over inside TLS, to a receiver whose certificate nobody would trust.

use std::time::SystemTime;

use mtaspec_certs::{CertificateSpec, Word};
use mtaspec_harness::recorder::Recorder;
use mtaspec_harness::subject::{HandOver, Injection, InjectionError, Limits, Means, WayIn};
use mtaspec_judge::events::What;
use mtaspec_judge::scenario::{Host, Message, Shown, StartTls};

use crate::stage::Stage;

async fn handed_over(stage: &Stage) -> (Result<(), InjectionError>, Vec<What>) {
    let recorder = Recorder::new(stage.clock.clone(), "abcdefg2");
    let injection = Injection {
        address: stage.fake.real_address(),
        starttls: true,
        login: None,
    };
    let hand_over = HandOver {
        way: WayIn::new(Means::Smtp(injection), Limits::NONE),
        home: "home.abcdefg2.test",
        now: SystemTime::UNIX_EPOCH,
        recorder: &recorder,
    };
    let message = Message {
        to: vec!["user@example.abcdefg2.test".into()],
        ..Message::default()
    };
    let mail = stage.setup.mail.mails()[0].clone();
    let result = hand_over.inject(&message, &mail).await;
    let noted = recorder.events().into_iter().map(|event| event.what);
    (result, noted.collect())
}

#[tokio::test]
async fn a_message_goes_in_inside_tls_whatever_the_certificate() {
    let stage = Stage::with_host(Host {
        certificate: Shown::Certificate(CertificateSpec::from(Word::Expired)),
        ..Host::default()
    });
    let (result, noted) = handed_over(&stage).await;
    result.unwrap();
    assert!(
        matches!(noted[..], [What::Injected { code: 250, .. }]),
        "{noted:?}"
    );
    let events = stage.end().await;
    let inside = events
        .iter()
        .position(|event| matches!(event.what, What::TlsEstablished { .. }));
    let taken = events
        .iter()
        .position(|event| matches!(event.what, What::MessageAccepted { .. }));
    assert!(inside.is_some() && inside < taken, "{events:#?}");
}

#[tokio::test]
async fn a_receiver_without_starttls_gets_no_message_in_clear() {
    let stage = Stage::with_host(Host {
        starttls: StartTls::Absent,
        ..Host::default()
    });
    let (result, noted) = handed_over(&stage).await;
    let error = result.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "the subject offers no STARTTLS");
    assert_eq!(noted, []);
    let events = stage.end().await;
    assert!(
        !events
            .iter()
            .any(|event| matches!(event.what, What::MessageAccepted { .. }))
    );
}
