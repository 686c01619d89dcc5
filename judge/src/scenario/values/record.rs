//! DNS records as files write them: MX, TLSA, further ones, and the words for addresses.

use super::super::{Answering, ExtraRecord, Family, HostAddress, MxRecord, Tlsa, TlsaData};
use super::{certificate_word, name};
use crate::document::Complaint;

/// `"PREFERENCE NAME"`; `"0 ."` is a null MX (RFC 7505 §3).
pub(crate) fn mx_record(text: &str) -> Result<MxRecord, Complaint> {
    let parts = text.split_once(' ');
    let number = parts.and_then(|(number, host)| Some((parse_number(number)?, host)));
    let Some((preference, host)) = number else {
        let host = parts.map_or(text, |(_, host)| host);
        return Err(Complaint::new(format!("{text:?} has no preference"))
            .help(format!("write \"10 {host}\"")));
    };
    let host = if host == "." {
        host.into()
    } else {
        name(host)?
    };
    Ok(MxRecord { preference, host })
}

/// `"OWNER TYPE DATA"`.
pub(crate) fn extra_record(text: &str) -> Result<ExtraRecord, Complaint> {
    let mut parts = text.splitn(3, ' ');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(owner), Some(kind), Some(data))
            if !owner.is_empty() && !kind.is_empty() && !data.is_empty() =>
        {
            Ok(ExtraRecord {
                owner: owner.into(),
                kind: kind.to_ascii_uppercase(),
                data: data.into(),
            })
        }
        _ => Err(Complaint::new(format!("{text:?} is no record"))
            .help("OWNER TYPE DATA, as in \"@ TXT some text\"")),
    }
}

/// `"ipv4"` or `"ipv6"`, with ` refused` or ` silent` after it.
pub(crate) fn host_address(text: &str) -> Result<HostAddress, Complaint> {
    let (family, answer) = text.split_once(' ').unwrap_or((text, ""));
    let family = match family {
        "ipv4" => Some(Family::Ipv4),
        "ipv6" => Some(Family::Ipv6),
        _ => None,
    };
    let answer = match answer {
        "" if !text.contains(' ') => Some(Answering::Server),
        "refused" => Some(Answering::Refused),
        "silent" => Some(Answering::Silent),
        _ => None,
    };
    match (family, answer) {
        (Some(family), Some(answer)) => Ok(HostAddress { family, answer }),
        _ => Err(Complaint::new(format!("{text:?} is no address of a host"))
            .help("\"ipv4\" or \"ipv6\", with \" refused\" or \" silent\" after it")),
    }
}

/// `"USAGE SELECTOR TYPE DATA"`, or `"CNAME NAME"`.
pub(crate) fn tlsa(text: &str) -> Result<Tlsa, Complaint> {
    if let Some(alias) = text.strip_prefix("CNAME ") {
        return name(alias).map(Tlsa::Alias);
    }
    let parts: Vec<&str> = text.split(' ').collect();
    let [usage, selector, matching, data] = parts[..] else {
        let number = ["no", "one", "two", "three"]
            .get(parts.len())
            .unwrap_or(&"more");
        let example = match parts[..] {
            [usage, selector, data] => format!("as in \"{usage} {selector} 1 {data}\""),
            _ => "as in \"3 1 1 match\"".into(),
        };
        return Err(
            Complaint::new(format!("a TLSA record has four parts, this has {number}"))
                .help(example),
        );
    };
    match (
        parse_number(usage),
        parse_number(selector),
        parse_number(matching),
    ) {
        (Some(usage), Some(selector), Some(matching)) => Ok(Tlsa::Record {
            usage,
            selector,
            matching,
            data: tlsa_data(data)?,
        }),
        _ => Err(
            Complaint::new("usage, selector and type of a TLSA record are numbers up to 255")
                .help("as in \"3 1 1 match\""),
        ),
    }
}

fn tlsa_data(text: &str) -> Result<TlsaData, Complaint> {
    if let Some(word) = text.strip_prefix("match:") {
        return certificate_word(word).map(TlsaData::MatchWord);
    }
    if let Some(host) = text.strip_prefix("match@") {
        return name(host).map(TlsaData::MatchHost);
    }
    match text {
        "match" => Ok(TlsaData::Match),
        "mismatch" => Ok(TlsaData::Mismatch),
        _ => bytes(text).map(TlsaData::Bytes).ok_or_else(|| {
            Complaint::new(format!("{text:?} is no TLSA data"))
                .help("match, mismatch, match:WORD, match@HOST, or hexadecimal digits in pairs")
        }),
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let nibble = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let pairs = text.as_bytes().chunks(2).map(|pair| match *pair {
        [high, low] => Some(nibble(high)? << 4 | nibble(low)?),
        _ => None,
    });
    let bytes: Option<Vec<u8>> = pairs.collect();
    bytes.filter(|bytes| !bytes.is_empty())
}

fn parse_number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tlsa_record_has_four_parts() {
        // (text, is it a record?)
        let cases = [
            ("3 1 1 match", true),
            ("2 0 0 match:renewed", true),
            ("2 0 1 match@mx.example.test", true),
            ("9 1 1 00ff", true),
            ("CNAME tlsa.example.test", true),
            ("3 1 1 00f", false),
            ("3 1 1 00FF", true),
            ("3 1 1 match:nothing", false),
            ("3 1 match", false),
            ("3 1 1 a b", false),
            ("300 1 1 match", false),
            ("", false),
        ];
        for (text, want) in cases {
            assert_eq!(tlsa(text).is_ok(), want, "{text}");
        }
    }
}
