//! All signatures of a message, with their keys from the DNS (RFC 6376 §6).

use std::time::SystemTime;

use hickory_proto::rr::{Name, RecordType};

use crate::address::DomainName;
use crate::header::{self, HEADER_LIMIT};
use crate::route::{Answer, Directory};

use super::check::{check_body, check_header};
use super::fault::Fault;
use super::key::Key;
use super::signature::Signature;

/// The most signatures of a message that are looked at (RFC 6376 §6.1), top first.
const SIGNATURE_LIMIT: usize = 10;
/// The most fields of a header that are compared with the names that were signed.
const FIELD_LIMIT: usize = 2_000;
/// The most key records under one name that are tried (RFC 6376 §6.1.2).
const RECORD_LIMIT: usize = 5;

/// What became of one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Who claims to have signed; none if the signature does not say it so that it can be read.
    pub(crate) domain: Option<DomainName>,
    /// Whether the signature holds.
    pub(crate) result: Result<(), Fault>,
}

/// Verifies the signatures of a message, made with keys for a service (`email` for mail), top first.
pub(crate) async fn verify<D: Directory>(
    content: &[u8],
    service: &str,
    directory: &D,
    now: SystemTime,
) -> Vec<Verdict> {
    let (header, body) = header::parts(content);
    if header.len() > HEADER_LIMIT || header::fields(header).nth(FIELD_LIMIT).is_some() {
        return Vec::new();
    }
    let fields = header::fields(header).filter(|field| field.is("DKIM-Signature"));
    let mut verdicts = Vec::new();
    for field in fields.take(SIGNATURE_LIMIT) {
        let signature = match Signature::parse(&field) {
            Ok(signature) => signature,
            Err(fault) => {
                verdicts.push(Verdict {
                    domain: None,
                    result: Err(fault),
                });
                continue;
            }
        };
        let mut result = check_body(&signature, body, now);
        if result.is_ok() {
            result = match keys(&signature, service, directory).await {
                Ok(keys) => {
                    first_that_holds(keys, |key| check_header(&signature, &field, header, key))
                }
                Err(fault) => Err(fault),
            };
        }
        tracing::debug!(domain = %signature.domain, ?result, "signature");
        verdicts.push(Verdict {
            domain: Some(signature.domain),
            result,
        });
    }
    verdicts
}

fn first_that_holds(
    keys: Vec<Result<Key, Fault>>,
    check: impl Fn(&Key) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut result = Err(Fault::NoKey);
    for key in keys {
        result = key.and_then(|key| check(&key));
        if result.is_ok() {
            break;
        }
    }
    result
}

/// The key records of a signature (RFC 6376 §3.6.2.1).
async fn keys<D: Directory>(
    signature: &Signature,
    service: &str,
    directory: &D,
) -> Result<Vec<Result<Key, Fault>>, Fault> {
    let name = format!("{}._domainkey.{}.", signature.selector, signature.domain);
    let name = Name::from_ascii(&name).map_err(|_| Fault::NoKey)?;
    match directory.lookup(&name, RecordType::TXT).await {
        Ok(Answer::Records { texts, .. }) => Ok(texts
            .iter()
            .take(RECORD_LIMIT)
            .map(|record| Key::parse(record, service))
            .collect()),
        Ok(_) => Err(Fault::NoKey),
        Err(source) => Err(Fault::Lookup {
            domain: signature.domain.clone(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::route::Table;

    /// The keys and the message of RFC 8463 appendix A.
    const KEYS: &str = "
        txt brisbane._domainkey.football.example.com: v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
        txt test._domainkey.football.example.com: v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB";
    const MESSAGE: &str = "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
";
    /// When it was signed.
    const SIGNED: u64 = 1_528_637_909;

    async fn faults(message: &str, keys: &str, at: u64) -> Vec<Option<Fault>> {
        let message = message.replace('\n', "\r\n");
        let now = UNIX_EPOCH + Duration::from_secs(at);
        verify(message.as_bytes(), "email", &Table::parse(keys), now)
            .await
            .into_iter()
            .map(|verdict| verdict.result.err())
            .collect()
    }

    #[tokio::test]
    async fn the_signatures_of_the_standard_hold() {
        assert_eq!(faults(MESSAGE, KEYS, SIGNED).await, [None, None]);
        let relayed = format!(
            "Received: by x.test\n{}",
            MESSAGE.replace("Subject: Is", "SUBJECT:   Is")
        );
        assert_eq!(faults(&relayed, KEYS, SIGNED).await, [None, None]);
    }

    #[tokio::test]
    async fn what_was_changed_breaks_both_and_the_fault_is_told() {
        // (what is changed, into what, the fault)
        let changes = [
            ("We lost", "We won", Fault::BodyChanged),
            ("Joe.\n", "Joe.\nMore.\n", Fault::BodyChanged),
            ("Is dinner", "Was dinner", Fault::Mismatch),
            ("Joe SixPack <joe@", "Joe SixPack <jim@", Fault::Mismatch),
            ("To: Suzie", "Subject: Another\nTo: Suzie", Fault::Mismatch),
            ("q=dns/txt", "q=dns/txt; x=1528637910", Fault::Mismatch),
            (
                " from : subject : date;",
                " subject : date;",
                Fault::Mismatch,
            ),
        ];
        for (from, to, want) in changes {
            assert!(MESSAGE.contains(from), "{from}");
            let changed = MESSAGE.replace(from, to);
            let told = faults(&changed, KEYS, SIGNED).await;
            assert_eq!(told, [Some(want.clone()), Some(want)], "{from} as {to}");
        }
    }

    #[tokio::test]
    async fn a_from_field_that_was_not_signed_is_no_senders() {
        let twice = MESSAGE.replace("From: Joe", "From: eve@football.example.com\nFrom: Joe");
        assert_eq!(
            faults(&twice, KEYS, SIGNED).await,
            [Some(Fault::Mismatch), Some(Fault::Mismatch)]
        );
        let thrice = twice.replace("From: eve", "From: ann@football.example.com\nFrom: eve");
        assert_eq!(
            faults(&thrice, KEYS, SIGNED).await,
            [Some(Fault::FromNotSigned), Some(Fault::FromNotSigned)]
        );
    }

    #[tokio::test]
    async fn a_signature_of_the_beginning_of_the_body_proves_nothing() {
        let limited = MESSAGE.replace("q=dns/txt", "q=dns/txt; l=5");
        let told = faults(&limited, KEYS, SIGNED).await;
        assert_eq!(
            told,
            [Some(Fault::LengthLimited(5)), Some(Fault::LengthLimited(5))]
        );
    }

    #[tokio::test]
    async fn time_is_looked_at() {
        let early = faults(MESSAGE, KEYS, SIGNED - 7_200).await;
        assert_eq!(early, [Some(Fault::Future), Some(Fault::Future)]);
        let expiring = MESSAGE.replace("t=1528637909", "t=1528637909; x=1528637910");
        let late = faults(&expiring, KEYS, SIGNED + 7_200).await;
        assert_eq!(late, [Some(Fault::Expired), Some(Fault::Expired)]);
    }

    #[tokio::test]
    async fn the_key_decides_what_it_is_good_for() {
        // (key records, the fault of the first signature)
        let good = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
        let name = "txt brisbane._domainkey.football.example.com";
        let short = "k=rsa; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBANCoLSvLIbTUjoZaijkyJQhCR8I6LXIcSYQT9pAmIV1dw8gMaN3UdcAuwM92TzxyNg6i38K7owurAROoWDHFDkUCAwEAAQ==";
        let cases = [
            (format!("{name}: {good}"), None),
            (String::new(), Some(Fault::NoKey)),
            (format!("{name}: v=spf1 -all\n{name}: {good}"), None),
            (format!("{name}: {good}; t=y"), Some(Fault::Testing)),
            (format!("{name}: {good}; t=s"), None),
            (
                format!("{name}: {good}; s=tlsrpt"),
                Some(Fault::OtherUse("its service types leave mail out")),
            ),
            (
                format!("{name}: v=DKIM1; k=ed25519; p="),
                Some(Fault::Revoked),
            ),
            (format!("{name}: v=DKIM1; {short}"), Some(Fault::ShortKey)),
        ];
        for (keys, want) in cases {
            assert_eq!(faults(MESSAGE, &keys, SIGNED).await[0], want, "{keys}");
        }
        let silent = faults(MESSAGE, &format!("{name}: fails"), SIGNED).await;
        assert!(
            silent[0].as_ref().is_some_and(Fault::is_temporary),
            "{silent:?}"
        );
    }
}
