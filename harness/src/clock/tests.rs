use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::*;
use crate::internet::wire::Wire;

const MINUTE: Duration = Duration::from_secs(60);

/// Where a scripted fake says nothing more, or hesitates.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trouble {
    None,
    Connect,
    Greeting,
    InGreeting,
    Reply,
    Body,
    End,
    Slow,
}

const TROUBLES: [Trouble; 8] = [
    Trouble::None,
    Trouble::Connect,
    Trouble::Greeting,
    Trouble::InGreeting,
    Trouble::Reply,
    Trouble::Body,
    Trouble::End,
    Trouble::Slow,
];

type Log = Arc<Mutex<Vec<String>>>;

/// A fake of three replies that is in trouble on its first `ill` connections.
async fn fake(
    clock: &Arc<CaseClock>,
    trouble: Trouble,
    ill: usize,
) -> (SocketAddr, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(65_536).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    if trouble == Trouble::Connect {
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let filler = TcpStream::connect(address).await.unwrap();
        clock.set_silent(address, true);
        tokio::spawn(async move {
            let _kept = listener;
            std::future::pending::<()>().await;
        });
        return (address, vec![filler]);
    }
    let listener = socket.listen(64).unwrap();
    let address = listener.local_addr().unwrap();
    let clock = Arc::clone(clock);
    tokio::spawn(async move {
        for number in 0.. {
            let (tcp, _) = listener.accept().await.unwrap();
            let trouble = if number < ill { trouble } else { Trouble::None };
            tokio::spawn(session(Arc::clone(&clock), tcp, trouble));
        }
    });
    (address, Vec::new())
}

async fn session(clock: Arc<CaseClock>, tcp: TcpStream, trouble: Trouble) -> Option<()> {
    let wire = Wire::new(tcp).ok()?;
    let ends = wire.ends();
    let mut wire = BufReader::new(wire);
    let stall = async |sent| {
        let _hold = clock.hold(ends.client, ends.server, sent);
        clock.closed(ends.client, ends.server).await;
    };
    let mut line = String::new();
    if trouble == Trouble::Greeting {
        stall(ends.sent()).await;
        return None;
    }
    if trouble == Trouble::InGreeting {
        wire.write_all(b"hel").await.ok()?;
        stall(ends.sent()).await;
        return None;
    }
    if trouble == Trouble::Slow {
        for byte in b"hello\n" {
            clock
                .delay(
                    ends.client,
                    ends.server,
                    ends.sent(),
                    Duration::from_secs(10),
                )
                .await;
            wire.write_all(&[*byte]).await.ok()?;
        }
    } else {
        wire.write_all(b"hello\n").await.ok()?;
    }
    wire.read_line(&mut line).await.ok()?;
    if trouble == Trouble::Reply {
        stall(ends.sent()).await;
        return None;
    }
    wire.write_all(b"go on\n").await.ok()?;
    if trouble == Trouble::Body {
        stall(ends.sent()).await;
        return None;
    }
    while line != ".\n" {
        line.clear();
        wire.read_line(&mut line).await.ok()?;
    }
    if trouble == Trouble::End {
        stall(ends.sent()).await;
        return None;
    }
    wire.write_all(b"taken\n").await.ok()
}

/// The subject: one deadline a read, three rounds over its hosts, an hour between two.
async fn deliver(clock: Arc<CaseClock>, hosts: Vec<SocketAddr>, body: usize, log: Log) {
    let note = |what: &str| {
        let line = format!("{:>6} {what}", clock.elapsed().as_secs());
        log.lock().unwrap().push(line);
    };
    for round in 0..3u32 {
        for (index, host) in hosts.iter().enumerate() {
            match attempt(&clock, *host, body).await {
                Ok(()) => return note(&format!("host {index} took it in round {round}")),
                Err(reason) => note(&format!("host {index}: {reason}")),
            }
        }
        let next = clock.elapsed() + 60 * MINUTE;
        clock.sleep_until(next).await;
    }
    note("gave up");
}

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

async fn attempt(clock: &Arc<CaseClock>, host: SocketAddr, body: usize) -> Result<(), String> {
    let mut stream = within(clock, MINUTE / 2, "connect", clock.connect(host)).await?;
    let mut text = String::new();
    for (what, sent) in [("greeting", 0), ("reply", 6), ("end", body)] {
        if sent > 0 {
            let mut bytes = vec![b'x'; sent];
            bytes.extend_from_slice(if what == "end" { b"\n.\n" } else { b"\n" });
            for part in bytes.chunks(65_536) {
                within(clock, 3 * MINUTE, what, stream.write_all(part)).await?;
            }
        }
        text.clear();
        while !text.ends_with('\n') {
            let byte = within(clock, 5 * MINUTE, what, stream.read_u8()).await;
            let byte = byte.map_err(|reason| format!("{reason} after {text:?}"))?;
            text.push(char::from(byte));
        }
    }
    Ok(())
}

/// Two messages at once: one meets trouble, the other goes to hosts of its own with another trouble.
async fn story(number: usize) -> String {
    let clock = CaseClock::new(SystemTime::UNIX_EPOCH);
    let trouble = TROUBLES[number % TROUBLES.len()];
    let other = TROUBLES[(number / 2) % TROUBLES.len()];
    let mut logs = Vec::new();
    let mut kept = Vec::new();
    let still = clock.stand_still();
    for (first, ill) in [(trouble, usize::MAX), (other, 1)] {
        let mut hosts = Vec::new();
        for trouble in [first, other] {
            let (address, filler) = fake(&clock, trouble, ill).await;
            hosts.push(address);
            kept.extend(filler);
        }
        // A body that fits no socket buffer, where nobody reads it.
        let body = if [first, other].contains(&Trouble::Body) {
            6 << 20
        } else {
            2000
        };
        let log = Log::default();
        logs.push(Arc::clone(&log));
        clock.spawn(deliver(Arc::clone(&clock), hosts, body, log));
    }
    drop(still);
    let mut told = String::new();
    clock.idle().await.unwrap();
    told += &format!("at rest after {} s\n", clock.elapsed().as_secs());
    clock.advance(90 * MINUTE).await.unwrap();
    clock.advance(90 * MINUTE).await.unwrap();
    told += &format!("{} s at the end\n", clock.elapsed().as_secs());
    for log in logs {
        told += &log.lock().unwrap().join("\n");
        told.push('\n');
    }
    told
}

async fn all_stories() -> Vec<String> {
    let stories: Vec<_> = (0..16).map(|number| tokio::spawn(story(number))).collect();
    let mut told = Vec::new();
    for story in stories {
        told.push(story.await.unwrap());
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hours_of_stalls_pass_the_same_way_in_every_run_and_on_any_number_of_threads() {
    let first = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(all_stories())
    })
    .join()
    .unwrap();
    for _ in 0..4 {
        for (one, other) in first.iter().zip(all_stories().await) {
            assert_eq!(*one, other);
        }
    }
    insta::assert_snapshot!(first[7], @r#"
    at rest after 600 s
    11400 s at the end
        60 host 0 took it in round 0
       300 host 0: greeting: nothing came after "hel"
       600 host 1: greeting: nothing came after "hel"
      4200 host 0 took it in round 1
    "#);
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
            let _hold = fake_clock.hold(client, server, 0);
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
    let _hold = clock.hold(client, to_held, 0);
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
    let _hold = clock.hold(client, server, 1);
    tcp.write_all(b"x").await.unwrap();
    clock.idle().await.unwrap();
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
    let hold = clock.hold(client, server, 0);
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
    let _hold = clock.hold(client, server, 0);
    let stuck = clock.idle().await.unwrap_err().to_string();
    let told =
        format!("waiting on {client} to {server}, 0 bytes received, held after 0; no deadline");
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
