//! Enhanced codes on replies (RFC 2034).

use mtaspec_engine::Service;

use super::client::{ModernTls, Reception};

/// Lines without a transaction, and lines of one.
const DIALOGUES: [&[&str]; 2] = [
    &[
        "NOOP",
        "VRFY a",
        "EXPN a",
        "HELP",
        "",
        "MAIL",
        "RCPT",
        "DATA",
        "RSET",
        "RSET now",
        "AUTH",
        "AUTH PLAIN",
        "AUTH NONE",
        "STARTTLS x",
        "EHLO",
        "HELO",
        "QUIT now",
        "QUIT",
    ],
    &[
        "MAIL FROM:<a@example.test> SIZE=99999999999",
        "MAIL FROM:<a@example.test> X=1",
        "MAIL FROM:<\u{e9}@example.test>",
        "MAIL FROM:<a@example.test>",
        "MAIL FROM:<a@example.test>",
        "RCPT TO:<b@example.test>",
        "RCPT TO:<>",
        "RCPT TO:<user@home.test>",
        "DATA",
        "QUIT",
    ],
];

#[tokio::test]
async fn every_reply_but_those_to_ehlo_has_an_enhanced_code_of_its_class() {
    let reception = Reception::new(|_| {}).await;
    for service in [Service::Mx, Service::Submission, Service::Injection] {
        for inside in [false, true] {
            for lines in DIALOGUES {
                let mut client = if inside {
                    reception.connect_tls(service, &ModernTls::new()).await
                } else {
                    reception.connect(service).await
                };
                let ehlo = client.say("EHLO a.test").await;
                assert!(ehlo.contains("ENHANCEDSTATUSCODES"));
                for line in lines {
                    let mut reply = client.say(line).await;
                    if reply.starts_with("334") {
                        reply = client.say("*").await;
                    } else if reply.starts_with("354") {
                        reply = client.say("From: a@example.test\r\n\r\nx\r\n.").await;
                    }
                    let (code, text) = reply.split_at(4);
                    let enhanced = text.split(' ').next().unwrap();
                    let is_enhanced = enhanced.split('.').count() == 3;
                    let is_of_class = enhanced.starts_with(&code[..1]);
                    assert!(is_enhanced && is_of_class, "{line}: {reply}");
                }
            }
        }
    }
}
