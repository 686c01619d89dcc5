//! The Received field that the subject wrote (RFC 5321 §4.4, RFC 3848, RFC 8314 §7.4), in all usual spellings.

use mail_parser::MessageParser;

/// Fields that receivers write above the trace.
const ABOVE: [&str; 8] = [
    "return-path",
    "delivered-to",
    "x-original-to",
    "authentication-results",
    "arc-",
    "dkim-signature",
    "received-spf",
    "x-received",
];

/// What a Received field says of how the message came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Received {
    /// Behind `with`, in capitals: `ESMTPS`.
    pub(crate) with: Option<String>,
    /// As `TLS1_3`.
    pub(crate) version: Option<String>,
    /// As it stands.
    pub(crate) cipher: Option<String>,
    /// As `256/256`.
    pub(crate) bits: Option<String>,
    /// There is a `tls` clause.
    pub(crate) tls_clause: bool,
    /// Nothing that came with the message stands above it.
    pub(crate) on_top: bool,
}

impl Received {
    /// The topmost Received field of a message.
    pub(crate) fn of(content: &str) -> Option<Self> {
        let message = MessageParser::default().parse_headers(content.as_bytes())?;
        let mut on_top = true;
        for (name, value) in message.headers_raw() {
            let name = name.to_ascii_lowercase();
            if name == "received" {
                return Some(Self {
                    on_top,
                    ..Self::read(value)
                });
            }
            on_top &= ABOVE.iter().any(|above| name.starts_with(above));
        }
        None
    }

    /// Reads the value of a Received field.
    fn read(value: &str) -> Self {
        let (clauses, comments) = parted(value);
        let after = |words: &[&str], keyword: &str| {
            let at = words
                .iter()
                .position(|word| word.eq_ignore_ascii_case(keyword))?;
            words.get(at + 1).map(|word| (*word).to_owned())
        };
        // The semicolon before the date may stand right behind a word.
        let clauses: Vec<&str> = clauses
            .split(|c: char| c.is_whitespace() || c == ';')
            .filter(|word| !word.is_empty())
            .collect();
        let all = format!("{} {comments}", clauses.join(" "));
        let words: Vec<&str> = all
            .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';' | '='))
            .filter(|word| !word.is_empty())
            .collect();
        let cipher = after(&words, "cipher")
            .or_else(|| after(&clauses, "tls"))
            .or_else(|| words.iter().find_map(|word| cipher_behind_version(word)));
        Self {
            with: after(&clauses, "with").map(|word| word.to_ascii_uppercase()),
            version: words.iter().find_map(|word| version(word)),
            cipher: cipher.map(|word| word.trim_matches(['(', ')', ',', ';']).to_owned()),
            bits: words
                .iter()
                .find(|word| is_bits(word))
                .map(|word| (*word).to_owned())
                .or_else(|| {
                    after(&words, "bits").filter(|bits| bits.bytes().all(|b| b.is_ascii_digit()))
                }),
            tls_clause: after(&clauses, "tls").is_some(),
            on_top: true,
        }
    }
}

/// What stands outside of comments, and what stands in them.
fn parted(value: &str) -> (String, String) {
    let (mut outside, mut inside, mut depth) = (String::new(), String::new(), 0_usize);
    for c in value.chars() {
        match c {
            '(' => {
                depth += 1;
                inside.push(' ');
                outside.push(' ');
            }
            ')' => {
                depth = depth.saturating_sub(1);
                inside.push(' ');
            }
            c if depth > 0 => inside.push(c),
            c => outside.push(c),
        }
    }
    (outside, inside)
}

/// `TLSv1.3`, `TLS1_3`, `TLS1.3`, `TLSv1/SSLv3` and the like as `TLS1_3`.
fn version(word: &str) -> Option<String> {
    let word = word.split(':').next().unwrap_or(word);
    let rest = word
        .strip_prefix("TLS")
        .or_else(|| word.strip_prefix("tls"))?;
    let rest = rest.trim_start_matches(['v', 'V', '_', '-']);
    let mut digits = rest.split(['.', '_']);
    let major = digits.next()?.split('/').next()?;
    let minor = digits.next().unwrap_or("0");
    let is_digit = |text: &str| text.len() == 1 && text.bytes().all(|b| b.is_ascii_digit());
    (is_digit(major) && is_digit(minor) && digits.next().is_none())
        .then(|| format!("TLS{major}_{minor}"))
}

/// `TLS1.3:ECDHE_X25519__AES_256_GCM:256`, as Exim writes it.
fn cipher_behind_version(word: &str) -> Option<String> {
    let mut parts = word.split(':');
    version(parts.next()?)?;
    parts
        .next()
        .filter(|cipher| !cipher.is_empty())
        .map(str::to_owned)
}

fn is_bits(word: &str) -> bool {
    word.split_once('/').is_some_and(|(used, of)| {
        [used, of]
            .iter()
            .all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_usual_spellings_are_read() {
        // (value, with, version, cipher, bits, is there a tls clause?)
        let cases = [
            (
                "from h (h. [198.18.0.1]) by mx with ESMTPS id a.1 (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256); d",
                (
                    "ESMTPS",
                    "TLS1_3",
                    "TLS_AES_256_GCM_SHA384",
                    "256/256",
                    false,
                ),
            ),
            (
                "from h (h [198.18.0.1])\r\n\t(using TLSv1.2 with cipher ECDHE-RSA-AES128-GCM-SHA256 (128/128 bits))\r\n\tby mx (Postfix) with ESMTPS id 4; d",
                (
                    "ESMTPS",
                    "TLS1_2",
                    "ECDHE-RSA-AES128-GCM-SHA256",
                    "128/128",
                    false,
                ),
            ),
            (
                "from h by mx with esmtps  (TLS1.3) tls TLS_AES_128_GCM_SHA256\r\n\t(Exim 4.98) id 1; d",
                ("ESMTPS", "TLS1_3", "TLS_AES_128_GCM_SHA256", "", true),
            ),
            (
                "from h by mx with ESMTPSA (version=TLSv1.2 cipher=AES256-SHA bits=256 verify=NO); d",
                ("ESMTPSA", "TLS1_2", "AES256-SHA", "256", false),
            ),
            (
                "from h ([198.18.0.1])\r\n\tby mx with ESMTP;\r\n\td",
                ("ESMTP", "", "", "", false),
            ),
            (
                "from h by mx with esmtp (Exim 4.98); d",
                ("ESMTP", "", "", "", false),
            ),
        ];
        for (value, (with, version, cipher, bits, tls_clause)) in cases {
            let received = Received::read(value);
            let text = |field: Option<String>| field.unwrap_or_default();
            assert_eq!(text(received.with), with, "{value}");
            assert_eq!(text(received.version), version, "{value}");
            assert_eq!(text(received.cipher), cipher, "{value}");
            assert_eq!(text(received.bits), bits, "{value}");
            assert_eq!(received.tls_clause, tls_clause, "{value}");
        }
    }

    #[test]
    fn the_field_is_on_top_when_nothing_that_came_stands_above_it() {
        let field = "Received: from h by mx with ESMTP; d\r\n";
        let cases = [
            (format!("{field}From: a@b.test\r\n\r\n"), Some(true)),
            (
                format!("Return-Path: <a@b.test>\r\n{field}From: a@b.test\r\n\r\n"),
                Some(true),
            ),
            (format!("Subject: x\r\n{field}\r\n"), Some(false)),
            ("Subject: x\r\n\r\n".to_owned(), None),
        ];
        for (content, want) in cases {
            assert_eq!(
                Received::of(&content).map(|one| one.on_top),
                want,
                "{content}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in any::<String>()) {
            let _ = Received::of(&text);
            let _ = Received::read(&text);
        }
    }
}
