//! Connections that the subject takes: the clock stands until it has, and then they count like those it makes.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use crate::clock::{CaseClock, Hearing};

/// A subject that answers whatever it hears, and says `late` after an hour of silence.
fn listening(clock: &Arc<CaseClock>, listener: crate::clock::CountedListener) {
    let own = Arc::clone(clock);
    clock.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let late = own.sleep_until(own.elapsed() + Duration::from_secs(3_600));
            let mut buffer = [0; 64];
            tokio::select! {
                read = stream.read(&mut buffer) => {
                    let _ = stream.write_all(&buffer[..read.unwrap_or(0)]).await;
                }
                () = late => {
                    let _ = stream.write_all(b"late").await;
                }
            }
        }
    });
}

#[tokio::test]
async fn a_subject_that_waits_for_a_silent_sender_meets_its_own_deadline() {
    let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
    let listener = clock.listen(([127, 0, 0, 1], 0).into()).await.unwrap();
    let to = listener.local_addr();
    listening(&clock, listener);
    for (said, answer, hours) in [("hello", "hello", 0), ("", "late", 1), ("", "late", 2)] {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let own = socket.local_addr().unwrap();
        let expected = clock.expect(to, own).unwrap();
        let mut tcp = socket.connect(to).await.unwrap();
        expected.is_made();
        tcp.write_all(said.as_bytes()).await.unwrap();
        let hold = clock.hold(to, own, said.len() as u64, Hearing::After(0));
        let mut heard = Vec::new();
        tcp.read_buf(&mut heard).await.unwrap();
        drop(hold);
        assert_eq!(heard, answer.as_bytes());
        assert_eq!(clock.elapsed(), Duration::from_secs(hours * 3_600));
        drop(tcp);
        clock.idle().await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_that_is_not_made_is_expected_no_longer() {
    let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
    let listener = clock.listen(([127, 0, 0, 1], 0).into()).await.unwrap();
    let (to, own) = (listener.local_addr(), ([127, 0, 0, 1], 1).into());
    let expected = clock.expect(to, own);
    assert!(expected.is_some());
    drop(expected);
    clock.idle().await.unwrap();
    assert!(clock.expect(own, to).is_none(), "nobody listens there");
    drop(listener);
    assert!(clock.expect(to, own).is_none(), "nobody listens any longer");
}
