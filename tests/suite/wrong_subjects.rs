//! Subjects that answer nonsense, flood, say lines without end, or die: each costs its own case alone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use mtaspec::builtin::BuiltIn;
use mtaspec_harness::subject::{Briefing, Running, Subject, SubjectError};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::inert::Inert;
use super::play::Loaded;

/// What a subject does where it takes messages.
#[derive(Debug, Clone, Copy)]
enum Misdeed {
    /// Nobody listens.
    Absent,
    /// It answers and hangs up.
    HangsUp,
    /// It hangs up in the middle of the dialogue.
    DiesAfter(usize),
    /// It says this over and over, to whatever it hears.
    Says(&'static [u8]),
    /// It takes the message and then fills every host of the world with bytes.
    FloodsHosts,
}

/// Does one misdeed after the other, a case each, and is the engine from then on.
struct Wrongdoer {
    misdeeds: Vec<Misdeed>,
    starts: AtomicUsize,
}

#[async_trait]
impl Subject for Wrongdoer {
    fn name(&self) -> &str {
        "wrongdoer"
    }

    fn version(&self) -> String {
        "1".to_owned()
    }

    fn capabilities(&self) -> BTreeSet<String> {
        BuiltIn.capabilities()
    }

    async fn start(&self, briefing: Briefing) -> Result<Box<dyn Running>, SubjectError> {
        let start = self.starts.fetch_add(1, Ordering::SeqCst);
        let Some(&misdeed) = self.misdeeds.get(start) else {
            return BuiltIn.start(briefing).await;
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        if matches!(misdeed, Misdeed::Absent) {
            drop(listener);
        } else {
            tokio::spawn(async move {
                while let Ok((tcp, _)) = listener.accept().await {
                    // Whoever hangs up first ends the dialogue.
                    let _ = misbehave(tcp, misdeed).await;
                }
            });
        }
        let floods = matches!(misdeed, Misdeed::FloodsHosts);
        Ok(Box::new(Inert {
            address,
            clock: briefing.clock,
            victims: floods.then_some(briefing.addresses),
        }))
    }
}

async fn misbehave(tcp: TcpStream, misdeed: Misdeed) -> std::io::Result<()> {
    let mut tcp = BufReader::new(tcp);
    let replies = match misdeed {
        Misdeed::Absent => return Ok(()),
        Misdeed::HangsUp => 0,
        Misdeed::DiesAfter(replies) => replies,
        Misdeed::Says(words) => loop {
            tcp.write_all(words).await?;
        },
        Misdeed::FloodsHosts => usize::MAX,
    };
    let mut line = String::new();
    for number in 0..replies {
        let is_content = line.starts_with("DATA");
        let reply: &[u8] = match number {
            0 => b"220 subject\r\n",
            _ if is_content => b"354 go on\r\n",
            _ => b"250 ok\r\n",
        };
        tcp.write_all(reply).await?;
        loop {
            line.clear();
            if tcp.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if !is_content || line == ".\r\n" {
                break;
            }
        }
    }
    Ok(())
}

#[test]
fn a_subject_that_goes_wrong_costs_its_own_case_alone() {
    let broke_off = "error message `first` could not be injected: ";
    // (what it does, the verdict of its case)
    let misdeeds: [(Misdeed, String); 8] = [
        (
            Misdeed::Absent,
            format!("{broke_off}the connection to the subject broke: Connection refused"),
        ),
        (
            Misdeed::HangsUp,
            format!("{broke_off}the subject closed the connection"),
        ),
        (
            Misdeed::DiesAfter(3),
            format!("{broke_off}the subject closed the connection"),
        ),
        (
            Misdeed::DiesAfter(5),
            format!("{broke_off}the subject closed the connection"),
        ),
        (
            Misdeed::Says(b"\xff\x00nonsense\r\n"),
            format!("{broke_off}the subject answered"),
        ),
        (
            Misdeed::Says(b"220-and so on\r\n"),
            format!("{broke_off}the subject answered"),
        ),
        (
            Misdeed::Says(b"220 without end"),
            format!("{broke_off}the subject answered"),
        ),
        (Misdeed::FloodsHosts, "fail ".to_owned()),
    ];
    let suite = Loaded::suite();
    let mut cases = suite.family("routing/");
    let order = suite.order(&BuiltIn);
    cases.retain(|case| {
        let is_played = order.run.iter().any(|other| other.id == case.id);
        is_played && case.steps.len() == 1 && case.twin == mtaspec_judge::scenario::Twin::NotNeeded
    });
    cases.truncate(misdeeds.len() + 2);
    assert_eq!(cases.len(), misdeeds.len() + 2);
    let wrongdoer = Wrongdoer {
        misdeeds: misdeeds.iter().map(|(misdeed, _)| *misdeed).collect(),
        starts: AtomicUsize::new(0),
    };
    let played = suite.play(Arc::new(wrongdoer), &cases, 1);
    assert_eq!(played.len(), cases.len());
    for (index, (result, _)) in played.iter().enumerate() {
        let reason = result.reason.as_deref().unwrap_or_default();
        let got = format!("{} {reason}", result.verdict.as_str());
        let want = misdeeds.get(index).map_or("pass ", |(_, want)| want);
        assert!(got.starts_with(want), "{:?}: {got}", misdeeds.get(index));
    }
}
