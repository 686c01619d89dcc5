//! Judging recordings: one of an ordinary case, and one of a case with a hundred messages.

use criterion::{BatchSize, Criterion, Throughput};
use mtaspec_judge::events::{Event, Recording, SubjectName};
use mtaspec_judge::scenario::{Case, Catalogue, read_text};
use mtaspec_judge::verdict::{JudgeOptions, TwinResult, Verdict, judge};

/// What is seen of one message that is delivered; `@MESSAGE` and `@NUMBER` differ from one to the next.
const DELIVERY: &str = r#"
{"at":0,"step":1,"message":"@MESSAGE","event":"injected","recipient":null,"code":250,"text":"2.0.0 OK"}
{"at":0,"step":1,"event":"dns-query","name":"example.test","type":"MX","answer":"noerror","state":"insecure","do":true,"transport":"udp"}
{"at":0,"step":1,"event":"dns-query","name":"mx.example.test","type":"A","answer":"noerror","state":"insecure","do":true,"transport":"udp"}
{"at":0,"step":1,"event":"dns-query","name":"mx.example.test","type":"AAAA","answer":"nodata","state":"insecure","do":true,"transport":"udp"}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"event":"connect","family":"ipv4","port":25,"address":1,"refused":false}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"event":"smtp-reply","verb":"greeting","code":220,"text":"mx.example.test ESMTP","tls":false}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"event":"smtp-command","verb":"EHLO","text":"EHLO subject.home.test","tls":false,"follows":"greeting"}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"event":"smtp-reply","verb":"EHLO","code":250,"text":"mx.example.test\nPIPELINING\nSIZE 52428800\nSTARTTLS\n8BITMIME","tls":false}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"event":"smtp-command","verb":"STARTTLS","text":"STARTTLS","tls":false,"follows":"EHLO"}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"event":"smtp-reply","verb":"STARTTLS","code":220,"text":"2.0.0 Ready","tls":false}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"event":"tls-offered","sni":"mx.example.test","versions":["1.3","1.2"],"ciphers":["TLS_AES_256_GCM_SHA384","TLS_AES_128_GCM_SHA256","TLS_CHACHA20_POLY1305_SHA256"],"groups":["x25519","secp256r1","secp384r1"],"schemes":["ecdsa_secp256r1_sha256","ed25519","rsa_pss_rsae_sha256"],"alpn":[],"extensions":["server_name","supported_versions","key_share"],"early_data":false}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"event":"tls-established","version":"1.3","cipher":"TLS_AES_128_GCM_SHA256","group":"x25519","sni":"mx.example.test","certificate":"valid","key":"ecdsa-p256","client_certificate":false,"resumed":false}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"event":"smtp-command","verb":"EHLO","text":"EHLO subject.home.test","tls":true,"follows":"STARTTLS"}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"event":"smtp-reply","verb":"EHLO","code":250,"text":"mx.example.test\nPIPELINING\nSIZE 52428800\n8BITMIME","tls":true}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"message":"@MESSAGE","event":"smtp-command","verb":"MAIL","text":"MAIL FROM:<sender@home.test>","tls":true,"follows":"EHLO"}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"message":"@MESSAGE","event":"smtp-reply","verb":"MAIL","code":250,"text":"2.1.0 OK","tls":true}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"message":"@MESSAGE","event":"smtp-command","verb":"RCPT","text":"RCPT TO:<user@example.test>","tls":true,"follows":"MAIL"}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"message":"@MESSAGE","event":"smtp-reply","verb":"RCPT","code":250,"text":"2.1.5 OK","tls":true}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"message":"@MESSAGE","event":"smtp-command","verb":"DATA","text":"DATA","tls":true,"follows":"RCPT"}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"message":"@MESSAGE","event":"smtp-reply","verb":"DATA","code":354,"text":"Go on","tls":true}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"message":"@MESSAGE","event":"canary","part":"body","plaintext":false,"attacker":false}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"message":"@MESSAGE","event":"message-accepted","from":"sender@home.test","to":["user@example.test"],"tls":"1.3","requiretls":false,"content":"Received: by subject.home.test\r\nSubject: hello\r\n\r\nHello.\r\n"}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"message":"@MESSAGE","event":"smtp-reply","verb":"end-of-data","code":250,"text":"2.0.0 OK","tls":true}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"event":"smtp-command","verb":"QUIT","text":"QUIT","tls":true,"follows":"DATA"}
{"at":1,"step":1,"host":"mx.example.test","connection":@NUMBER,"event":"disconnect","by":"sender","follows":"QUIT"}
"#;

/// A case that expects something of every kind, and all of it came true.
fn case(copies: usize) -> Case {
    let text = format!(
        "title = \"Mail is delivered\"\nwhy = \"It shows what judging costs.\"\n\
         inject = {{ copies = {copies} }}\n\
         [case.only]\n\
         expect = [\n\
         {{ outcome = \"delivered\", tls = \">=1.2\", via = \"mx.example.test\", leaked = false }},\n\
         {{ never = [{{ event = \"tls-failed\" }}, {{ event = \"smtp-command\", verb = \"MAIL\", tls = false }}] }},\n\
         {{ saw = [{{ event = \"smtp-command\", verb = \"STARTTLS\", tls = false }}] }},\n\
         {{ order = [{{ event = \"tls-established\" }}, {{ event = \"message-accepted\" }}] }},\n\
         ]\n"
    );
    let catalogue = Catalogue::default();
    let (cases, problems) = read_text("benches/case.toml", "benches/case", &text, &catalogue, true);
    assert!(problems.is_empty(), "{text}\n{problems:?}");
    cases.into_iter().next().expect("the file has a case")
}

fn recording(copies: usize) -> anyhow::Result<Recording> {
    let mut events: Vec<Event> = vec![serde_json::from_str(
        r#"{"at":0,"step":1,"event":"step-began"}"#,
    )?];
    for number in 1..=copies {
        let message = match copies {
            1 => "first".to_owned(),
            _ => format!("first/{number}"),
        };
        let told = DELIVERY
            .replace("@MESSAGE", &message)
            .replace("@NUMBER", &number.to_string());
        for line in told.trim().lines() {
            events.push(serde_json::from_str(line)?);
        }
    }
    Ok(Recording {
        case: case(copies),
        subject: SubjectName::default(),
        now: "2026-01-01T00:00:00Z".to_owned(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        events,
        milliseconds: 1,
    })
}

fn main() -> anyhow::Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let options = JudgeOptions::default();
    for copies in [1, 100] {
        let mut group = criterion.benchmark_group(format!("judging/{copies}-messages"));
        let recording = recording(copies)?;
        let result = judge(&recording, &TwinResult::NotNeeded, &options);
        assert_eq!(result.verdict, Verdict::Pass, "{result:#?}");
        group.throughput(Throughput::Elements(1));
        group.bench_function("judge", |bencher| {
            bencher.iter(|| judge(&recording, &TwinResult::NotNeeded, &options));
        });
        let mut written = Vec::new();
        recording.write_to(&mut written)?;
        group.throughput(Throughput::Bytes(written.len() as u64));
        group.bench_function("write", |bencher| {
            bencher.iter_batched(
                || Vec::with_capacity(written.len()),
                |mut text| {
                    recording.write_to(&mut text).expect("memory takes all");
                    text
                },
                BatchSize::SmallInput,
            );
        });
        group.bench_function("read", |bencher| {
            bencher.iter(|| Recording::read_from(&*written).expect("it was written just now"));
        });
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}
