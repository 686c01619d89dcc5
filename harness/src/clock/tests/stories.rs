//! Hours of stalls and retries at scripted fakes, the same in every run.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};

use super::{MINUTE, within};
use crate::clock::{CaseClock, Hearing};
use crate::internet::wire::Wire;

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
        let _hold = clock.hold(ends.client, ends.server, sent, Hearing::Nothing);
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
