//! Whatever the state, a canary that comes is told: once for each part and channel.

use mtaspec_judge::events::{Event, What};
use mtaspec_judge::scenario::{Deed, Fault, Moment};

use crate::stage::{Stage, fault};

fn canaries(events: &[Event]) -> Vec<String> {
    let canary = |event: &Event| match &event.what {
        What::Canary {
            part,
            plaintext,
            attacker,
        } => {
            let message = event.message.as_deref().unwrap_or("?");
            Some(format!("{message} {part:?} {plaintext} {attacker}"))
        }
        _ => None,
    };
    events.iter().filter_map(canary).collect()
}

#[tokio::test]
async fn bytes_are_searched_in_every_state_and_across_segments() {
    let faults = |at, deed| vec![fault(at, deed)];
    let stall = || Deed::Stall;
    // (faults, segments; CANARY is that of the body)
    let cases: [(Vec<Fault>, &[&str]); 8] = [
        (vec![], &["CANARY"]),
        (vec![], &["no command CANARY no command\r\n"]),
        (vec![], &["EHLO a\r\n", "NOOP CAN", "ARY\r\n"]),
        (vec![], &["BDAT 100\r\nCANARY"]),
        (vec![], &["EHLO a\r\nSTARTTLS\r\nCANARY"]),
        (faults(Moment::Greeting, stall()), &["CAN", "ARY"]),
        (faults(Moment::Ehlo, stall()), &["EHLO a\r\n", "CANARY"]),
        (
            faults(Moment::Mail, stall()),
            &["EHLO a\r\nMAIL FROM:<>\r\n", "CAN", "ARY"],
        ),
    ];
    for (faults, segments) in cases {
        let stage = Stage::with_faults(faults);
        let canary = stage.setup.mail.mails()[0].body_canary.clone();
        let (head, tail) = canary.split_at(9);
        let mut client = stage.connect().await;
        for segment in segments {
            let segment = match *segment {
                whole if whole.contains("CANARY") => whole.replace("CANARY", &canary),
                half if half.ends_with("CAN") => half.replace("CAN", head),
                other => other.replace("ARY", tail),
            };
            client.send(segment).await;
        }
        client.finish().await;
        let told = canaries(&stage.ended().await);
        assert_eq!(told, ["first Body true false"], "{segments:?}");
    }
}

#[tokio::test]
async fn a_canary_is_told_once_for_each_channel() {
    let stage = Stage::healthy();
    let canary = stage.setup.mail.mails()[0].header_canary.clone();
    let mut client = stage.greeted().await;
    client.say(&format!("NOOP {canary}")).await;
    client.say(&format!("NOOP {canary}")).await;
    let mut inside = client.secured().await;
    inside.say(&format!("NOOP {canary}")).await;
    inside.say(&format!("NOOP {canary}")).await;
    drop(inside);
    drop(stage.greeted().await.say(&format!("NOOP {canary}")).await);
    let told = canaries(&stage.ended().await);
    assert_eq!(
        told,
        [
            "first Header true false",
            "first Header false false",
            "first Header true false"
        ]
    );
}
