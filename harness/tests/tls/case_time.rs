//! Stalls and delays on the clock of a case: its time jumps, and nobody waits for it.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mtaspec_harness::clock::CaseClock;
use mtaspec_judge::scenario::{Deed, Fault, Moment};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;

use crate::client;
use crate::faults::setups;
use crate::hello::record;
use crate::stage::{HOST, fake, fault, serve_by};

const LIMIT: Duration = Duration::from_secs(300);

/// What the subject's task gives.
async fn outcome<T, F>(clock: &Arc<CaseClock>, subject: F) -> T
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let (give, take) = oneshot::channel();
    clock.spawn(async move {
        let _ = give.send(subject.await);
    });
    take.await.unwrap()
}

fn moments(deed: &Deed) -> Vec<Fault> {
    [Moment::Handshake, Moment::InHandshake]
        .map(|at| fault(at, deed.clone()))
        .to_vec()
}

#[tokio::test]
async fn a_stall_lasts_as_long_as_the_sender_waits() {
    for setup in setups() {
        for acts in moments(&Deed::Stall) {
            let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
            let served = Arc::new(fake(&setup).unwrap());
            let (address, seen) =
                serve_by(Arc::clone(&clock), served, Some(acts.clone()), b"").await;
            let own = Arc::clone(&clock);
            let received = outcome(&clock, async move {
                let mut tcp = own.connect(address).await.unwrap();
                let mut received = Vec::new();
                tcp.write_all(&record()).await.unwrap();
                let limit = own.sleep_until(LIMIT);
                let reads = async { while tcp.read_buf(&mut received).await.unwrap() > 0 {} };
                tokio::select! {
                    () = reads => panic!("the fake ended the connection"),
                    () = limit => {}
                }
                received.len()
            })
            .await;
            assert_eq!(clock.elapsed(), LIMIT);
            assert_eq!(received > 0, acts.at == Moment::InHandshake);
            assert!(!seen.await.unwrap().established);
        }
    }
}

#[tokio::test]
async fn a_delay_takes_its_time_and_the_handshake_comes_through() {
    for setup in setups() {
        let mut faults = moments(&Deed::Delay(Duration::from_secs(60)));
        faults.push(fault(Moment::Handshake, Deed::Drip(Duration::from_secs(1))));
        for acts in faults {
            let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
            let served = Arc::new(fake(&setup).unwrap());
            let (address, seen) =
                serve_by(Arc::clone(&clock), served, Some(acts.clone()), b"").await;
            let own = Arc::clone(&clock);
            outcome(&clock, async move {
                let tcp = own.connect(address).await.unwrap();
                let connector = TlsConnector::from(Arc::new(client::modern()));
                let name = ServerName::try_from(HOST).unwrap();
                let mut stream = connector.connect(name, tcp).await.unwrap();
                stream.write_all(b"QUIT\r\n").await.unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await.unwrap();
            })
            .await;
            let seen = seen.await.unwrap();
            assert!(seen.established);
            match acts.deed {
                Deed::Delay(duration) => assert_eq!(clock.elapsed(), duration, "{:?}", acts.at),
                _ => assert!(clock.elapsed() > LIMIT, "a flight has hundreds of bytes"),
            }
        }
    }
}
