//! The clock against sockets: what moves it, and what does not.

mod calls;
mod stories;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

async fn within<T>(
    clock: &Arc<CaseClock>,
    limit: Duration,
    what: &str,
    future: impl Future<Output = std::io::Result<T>>,
) -> Result<T, String> {
    let deadline = clock.elapsed() + limit;
    tokio::select! {
        biased;
        result = future => result.map_err(|error| format!("{what}: {:?}", error.kind())),
        () = clock.sleep_until(deadline) => Err(format!("{what}: nothing came")),
    }
}

#[tokio::test]
async fn a_stall_counts_whether_it_comes_before_or_after_the_deadline_is_armed() {
    for fake_first in [true, false] {
        let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let (said, heard) = tokio::sync::oneshot::channel();
        let (armed, is_armed) = tokio::sync::oneshot::channel();
        let fake_clock = Arc::clone(&clock);
        let fake = tokio::spawn(async move {
            let (tcp, client) = listener.accept().await.unwrap();
            if !fake_first {
                is_armed.await.unwrap();
            }
            let _hold = fake_clock.hold(client, server, 0, Hearing::Nothing);
            let _ = said.send(());
            fake_clock.closed(client, server).await;
            drop(tcp);
        });
        let subject = Arc::clone(&clock);
        clock.spawn(async move {
            let mut stream = subject.connect(server).await.unwrap();
            if fake_first {
                heard.await.unwrap();
            }
            let _ = armed.send(());
            let read = within(&subject, MINUTE, "read", stream.read_u8()).await;
            assert_eq!(read, Err("read: nothing came".into()));
        });
        clock.idle().await.unwrap();
        assert_eq!(clock.elapsed(), MINUTE);
        fake.await.unwrap();
    }
}

#[tokio::test]
async fn one_held_connection_of_two_moves_nothing() {
    let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
    let held = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let busy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (to_held, to_busy) = (held.local_addr().unwrap(), busy.local_addr().unwrap());
    let (first, second) = (Arc::clone(&clock), Arc::clone(&clock));
    clock.spawn(async move {
        let mut stream = first.connect(to_held).await.unwrap();
        let _ = within(&first, MINUTE, "read", stream.read_u8()).await;
    });
    clock.spawn(async move {
        let mut stream = second.connect(to_busy).await.unwrap();
        let _ = within(&second, 10 * MINUTE, "read", stream.read_u8()).await;
    });
    let (_held, client) = held.accept().await.unwrap();
    let (mut answering, _) = busy.accept().await.unwrap();
    let _hold = clock.hold(client, to_held, 0, Hearing::Nothing);
    assert_eq!(clock.elapsed(), Duration::ZERO);
    answering.write_all(b"x").await.unwrap();
    clock.idle().await.unwrap();
    assert_eq!(clock.elapsed(), MINUTE);
}

#[tokio::test]
async fn bytes_that_a_hold_says_were_sent_arrive_before_the_clock_moves() {
    let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    let subject = Arc::clone(&clock);
    clock.spawn(async move {
        let mut stream = subject.connect(server).await.unwrap();
        let read = within(&subject, MINUTE, "read", stream.read_u8()).await;
        assert_eq!(read, Ok(b'x'));
        assert_eq!(subject.elapsed(), Duration::ZERO);
    });
    let (mut tcp, client) = listener.accept().await.unwrap();
    let _hold = clock.hold(client, server, 1, Hearing::Nothing);
    tcp.write_all(b"x").await.unwrap();
    clock.idle().await.unwrap();
}

#[tokio::test]
async fn a_write_that_is_through_ends_no_read_that_waits_beside_it() {
    let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    let (subject, answer) = (Arc::clone(&clock), Arc::new(Mutex::new(None)));
    let seen = Arc::clone(&answer);
    clock.spawn(async move {
        let (mut from, mut to) = tokio::io::split(subject.connect(server).await.unwrap());
        let (read, written) = tokio::join!(from.read_u8(), to.write_all(b"?"));
        written.unwrap();
        *seen.lock().unwrap() = read.ok();
    });
    let (mut tcp, _) = listener.accept().await.unwrap();
    assert_eq!(tcp.read_u8().await.unwrap(), b'?');
    tokio::select! {
        biased;
        _ = clock.idle() => panic!("a subject that waits for an answer is not idle"),
        () = std::future::ready(()) => {}
    }
    tcp.write_all(b"!").await.unwrap();
    clock.idle().await.unwrap();
    assert_eq!(*answer.lock().unwrap(), Some(b'!'));
}

#[tokio::test]
async fn a_datagram_without_an_answer_ends_at_its_deadline() {
    let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let server = socket.local_addr().unwrap();
    let subject = Arc::clone(&clock);
    clock.spawn(async move {
        let limit = Duration::from_secs(5);
        let answer = within(&subject, limit, "answer", subject.exchange(server, b"?")).await;
        assert_eq!(answer, Err("answer: nothing came".into()));
        let answer = within(&subject, limit, "answer", subject.exchange(server, b"?")).await;
        assert_eq!(answer, Ok(b"!".to_vec()));
    });
    let mut question = [0; 8];
    let (_, client) = socket.recv_from(&mut question).await.unwrap();
    let hold = clock.hold(client, server, 0, Hearing::Nothing);
    clock.closed(client, server).await;
    drop(hold);
    let (_, client) = socket.recv_from(&mut question).await.unwrap();
    socket.send_to(b"!", client).await.unwrap();
    clock.idle().await.unwrap();
    assert_eq!(clock.elapsed(), Duration::from_secs(5));
}

#[tokio::test]
async fn the_story_moves_an_idle_subject_deadline_by_deadline() {
    let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
    let times = Arc::new(Mutex::new(Vec::new()));
    let (subject, noted) = (Arc::clone(&clock), Arc::clone(&times));
    clock.spawn(async move {
        loop {
            let next = subject.elapsed() + 60 * MINUTE;
            subject.sleep_until(next).await;
            noted.lock().unwrap().push(subject.elapsed().as_secs());
        }
    });
    clock.advance(200 * MINUTE).await.unwrap();
    assert_eq!(*times.lock().unwrap(), [3600, 7200, 10_800]);
    assert_eq!(clock.elapsed(), 200 * MINUTE);
}

#[tokio::test]
async fn a_task_that_is_ended_from_outside_keeps_nobody_waiting() {
    let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
    let still = clock.stand_still();
    let task = clock.spawn(std::future::pending());
    task.abort();
    drop(still);
    clock.idle().await.unwrap();
}

#[tokio::test]
async fn addresses_off_loopback_are_refused() {
    let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
    let there = "192.0.2.1:25".parse().unwrap();
    assert!(clock.connect(there).await.is_err());
    assert!(clock.exchange(there, b"?").await.is_err());
}

#[tokio::test]
async fn a_wait_that_never_ends_is_given_up_and_described() {
    let patience = patience::Patience {
        silence: Duration::from_millis(20),
        unrest: Duration::from_millis(20),
    };
    let mut clock = CaseClock::new(SystemTime::UNIX_EPOCH);
    Arc::get_mut(&mut clock).unwrap().patience = patience;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    let subject = Arc::clone(&clock);
    let task = clock.spawn(async move {
        let mut stream = subject.connect(server).await.unwrap();
        let _ = stream.read_u8().await;
    });
    let (_tcp, client) = listener.accept().await.unwrap();
    let _hold = clock.hold(client, server, 0, Hearing::Nothing);
    let stuck = clock.idle().await.unwrap_err().to_string();
    let told = format!(
        "waiting on {client} to {server}, 0 bytes received, 0 sent, held after 0; no deadline"
    );
    assert!(stuck.contains(&told), "{stuck}");
    task.abort();
    // Two tasks that wake each other for ever are given up too.
    let (one, mut other_end) = tokio::sync::mpsc::unbounded_channel();
    let (other, mut one_end) = tokio::sync::mpsc::unbounded_channel();
    one.send(()).unwrap();
    let tasks = [
        clock.spawn(async move { while one_end.recv().await.is_some() && one.send(()).is_ok() {} }),
        clock.spawn(
            async move { while other_end.recv().await.is_some() && other.send(()).is_ok() {} },
        ),
    ];
    let stuck = clock.idle().await.unwrap_err().to_string();
    assert!(stuck.contains("did not come to rest"), "{stuck}");
    tasks.iter().for_each(tokio::task::AbortHandle::abort);
}
