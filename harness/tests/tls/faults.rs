//! Faults of the handshake, as the sender meets them.

use std::sync::Arc;
use std::time::Duration;

use mtaspec_harness::internet::tls::{TlsSetup, alert_names, alert_number};
use mtaspec_judge::events::{By, What};
use mtaspec_judge::scenario::{Deed, Moment, TlsVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client;
use crate::hello::record;
use crate::stage::{HOST, exchange, fake, fault, serve};

const FAULT: &str = "fault the fault";

/// One setup for each stack.
pub(crate) fn setups() -> [TlsSetup; 2] {
    let old = TlsSetup {
        versions: vec![TlsVersion::Tls10, TlsVersion::Tls12],
        ..TlsSetup::default()
    };
    [TlsSetup::default(), old]
}

#[tokio::test]
async fn every_alert_is_sent_in_place_of_the_hello_and_after_it() {
    for name in alert_names() {
        for (setup, at) in setups()
            .iter()
            .zip([Moment::Handshake, Moment::InHandshake])
        {
            let deed = fault(at.clone(), Deed::Alert(name.to_owned()));
            let (address, seen) = serve(Arc::new(fake(setup).unwrap()), Some(deed), b"").await;
            let answer = exchange(address, &record()).await;
            let want = [21, 3, 3, 0, 2, 2, alert_number(name).unwrap()];
            assert!(answer.ends_with(&want), "{name} {answer:?}");
            assert_eq!(
                answer.len() == want.len(),
                at == Moment::Handshake,
                "{name}"
            );
            let seen = seen.await.unwrap();
            let failed = seen.events.last();
            assert!(
                matches!(failed, Some(What::TlsFailed { by: By::Receiver, alert: Some(alert), .. }) if alert == name),
                "{failed:?}"
            );
            assert!(seen.met().contains(&FAULT));
        }
    }
}

#[tokio::test]
async fn a_handshake_is_closed_reset_or_answered_with_garbage_at_both_moments() {
    for setup in setups() {
        let fake = Arc::new(fake(&setup).unwrap());
        for at in [Moment::Handshake, Moment::InHandshake] {
            for deed in [Deed::Close, Deed::Reset, Deed::Garbage] {
                let acts = fault(at.clone(), deed.clone());
                let (address, seen) = serve(Arc::clone(&fake), Some(acts), b"").await;
                let mut tcp = TcpStream::connect(address).await.unwrap();
                tcp.write_all(&record()).await.unwrap();
                let mut answer = Vec::new();
                let end = tcp.read_to_end(&mut answer).await;
                drop(tcp);
                assert_eq!(end.is_err(), deed == Deed::Reset, "{at:?} {deed:?}");
                let hello = answer.starts_with(&[22, 3, 3]) && answer.len() > 300;
                assert_eq!(
                    hello,
                    at == Moment::InHandshake,
                    "{at:?} {deed:?} {}",
                    answer.len()
                );
                let garbage = answer.windows(5).any(|bytes| bytes == b"bytes");
                assert_eq!(garbage, deed == Deed::Garbage);
                let seen = seen.await.unwrap();
                let failed = seen.events.last();
                assert!(
                    matches!(failed, Some(What::TlsFailed { by: By::Receiver, alert: None, version })
                        if version.is_some() == (at == Moment::InHandshake)),
                    "{failed:?}"
                );
                assert!(seen.met().contains(&FAULT));
            }
        }
    }
}

#[tokio::test]
async fn a_stalled_handshake_ends_when_the_sender_leaves() {
    for setup in setups() {
        for at in [Moment::Handshake, Moment::InHandshake] {
            let acts = fault(at.clone(), Deed::Stall);
            let (address, seen) = serve(Arc::new(fake(&setup).unwrap()), Some(acts), b"").await;
            let mut tcp = TcpStream::connect(address).await.unwrap();
            tcp.write_all(&record()).await.unwrap();
            if at == Moment::InHandshake {
                assert_eq!(tcp.read_u8().await.unwrap(), 22);
            }
            drop(tcp);
            let seen = seen.await.unwrap();
            let failed = seen.events.last();
            assert!(
                matches!(
                    failed,
                    Some(What::TlsFailed {
                        by: By::Sender,
                        alert: None,
                        ..
                    })
                ),
                "{failed:?}"
            );
            assert!(seen.met().contains(&FAULT));
        }
    }
}

#[tokio::test]
async fn a_delayed_or_chopped_handshake_comes_through() {
    for setup in setups() {
        for (at, deed) in [
            (Moment::Handshake, Deed::Delay(Duration::from_millis(1))),
            (Moment::InHandshake, Deed::Delay(Duration::from_millis(1))),
            (Moment::Handshake, Deed::Split),
            (Moment::Handshake, Deed::Drip(Duration::from_nanos(1))),
        ] {
            let acts = fault(at, deed.clone());
            let (address, seen) = serve(Arc::new(fake(&setup).unwrap()), Some(acts), b"").await;
            let spoken = client::speak(address, client::modern(), HOST)
                .await
                .unwrap();
            assert_eq!(spoken.answer, "221 bye\r\n", "{deed:?}");
            let seen = seen.await.unwrap();
            assert!(
                seen.established && seen.met().contains(&FAULT),
                "{:?}",
                seen.events
            );
        }
    }
}

#[tokio::test]
async fn a_deed_that_belongs_elsewhere_is_a_failure_of_the_harness() {
    let acts = fault(Moment::Handshake, Deed::BareLf);
    let (address, seen) = serve(
        Arc::new(fake(&TlsSetup::default()).unwrap()),
        Some(acts),
        b"",
    )
    .await;
    client::speak(address, client::modern(), HOST)
        .await
        .unwrap();
    let seen = seen.await.unwrap();
    assert!(
        seen.events
            .iter()
            .any(|event| matches!(event, What::HarnessFailed { .. }))
    );
}
