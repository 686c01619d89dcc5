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
        let clauses: Vec<&str> = clauses.split_whitespace().collect();
        let comments: Vec<&str> = comments
            .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';' | '='))
            .filter(|word| !word.is_empty())
            .collect();
        let clause = after(&clauses, "tls").map(|word| word.trim_matches([',', ';']));
        // Exim, OpenSMTPD: `TLS1.2:ECDHE-RSA-AES256-GCM-SHA384:256`.
        let joined = |part| {
            let mut parted = comments.iter().map(|word| word.split(':'));
            parted.find_map(|mut parts| {
                version(parts.next()?)?;
                parts.nth(part).filter(|text| !text.is_empty())
            })
        };
        let cipher = after(&comments, "cipher")
            .or(clause)
            .or_else(|| joined(0))
            .or_else(|| before(&comments, "encrypted").filter(|word| version(word).is_none()))
            .or_else(|| behind_bits(&comments));
        Self {
            with: protocol(&clauses),
            version: comments.iter().find_map(|word| version(word)),
            cipher: cipher.map(str::to_owned),
            bits: bits(&comments)
                .or_else(|| joined(1).filter(|text| is_number(text)))
                .map(str::to_owned),
            tls_clause: clause.is_some(),
            on_top: true,
        }
    }
}

/// The word behind a keyword.
fn after<'w>(words: &[&'w str], keyword: &str) -> Option<&'w str> {
    let at = words
        .iter()
        .position(|word| word.eq_ignore_ascii_case(keyword))?;
    words.get(at + 1).copied()
}

/// The word before a keyword.
fn before<'w>(words: &[&'w str], keyword: &str) -> Option<&'w str> {
    let at = words
        .iter()
        .position(|word| word.eq_ignore_ascii_case(keyword))?;
    words.get(at.checked_sub(1)?).copied()
}

/// The protocol, in capitals; one maker's name stands before it: `with Microsoft SMTP Server`.
fn protocol(clauses: &[&str]) -> Option<String> {
    let word = match after(clauses, "with")? {
        maker if maker.eq_ignore_ascii_case("Microsoft") => after(clauses, maker)?,
        word => word,
    };
    Some(word.trim_end_matches(';').to_ascii_uppercase())
}

/// `bits=112/168`, `bits=256`, `(256/256 bits)` or Courier's `256bits`.
fn bits<'w>(words: &[&'w str]) -> Option<&'w str> {
    let says_bits = |word: &&str| is_number(word) || is_both_bits(word);
    after(words, "bits")
        .filter(says_bits)
        .or_else(|| before(words, "bits").filter(says_bits))
        .or_else(|| words.iter().find_map(|word| short_bits(word)))
}

/// The word behind Courier's `256bits`, which is the suite.
fn behind_bits<'w>(words: &[&'w str]) -> Option<&'w str> {
    let at = words.iter().position(|word| short_bits(word).is_some())?;
    words.get(at + 1).copied()
}

fn short_bits(word: &str) -> Option<&str> {
    word.strip_suffix("bits").filter(|bits| is_number(bits))
}

fn is_number(word: &str) -> bool {
    (1..=4).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_both_bits(word: &str) -> bool {
    word.split_once('/')
        .is_some_and(|(used, of)| is_number(used) && is_number(of))
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

/// `TLSv1.3`, `TLS1_3`, `TLS1.3`, `TLSv1` as `TLS1_3` and `TLS1_0`. OpenSSL's `TLSv1/SSLv3` is the age of a suite, and says
/// nothing of the version.
fn version(word: &str) -> Option<String> {
    let word = word.split(':').next().unwrap_or(word);
    let rest = word
        .strip_prefix("TLS")
        .or_else(|| word.strip_prefix("tls"))?;
    let rest = rest.trim_start_matches(['v', 'V', '_', '-']);
    let mut digits = rest.split(['.', '_']);
    let major = digits.next()?;
    let minor = digits.next().unwrap_or("0");
    let is_digit = |text: &str| text.len() == 1 && text.bytes().all(|b| b.is_ascii_digit());
    (is_digit(major) && is_digit(minor) && digits.next().is_none())
        .then(|| format!("TLS{major}_{minor}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Value, protocol, version, suite, bits, and whether there is a `tls` clause.
    type Spelling = (&'static str, [&'static str; 4], bool);

    const GCM: &str = "ECDHE-RSA-AES128-GCM-SHA256";
    const SHA384: &str = "TLS_AES_256_GCM_SHA384";

    #[rustfmt::skip]
    const SPELLINGS: &[Spelling] = &[
        // The built-in engine, and Gmail.
        ("from h (h. [198.18.0.1]) by mx with ESMTPS id a.1 (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256); d",
            ["ESMTPS", "TLS1_3", SHA384, "256/256"], false),
        ("from h ([198.18.0.1]) (version=TLS1_0 cipher=ECDHE-RSA-DES-CBC3-SHA bits=112/168) by mx with ESMTPSA tls TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA; d",
            ["ESMTPSA", "TLS1_0", "ECDHE-RSA-DES-CBC3-SHA", "112/168"], true),
        ("from h by mx with ESMTPS id a (version=TLS1 cipher=DES-CBC3-SHA bits=112/168); d",
            ["ESMTPS", "TLS1_0", "DES-CBC3-SHA", "112/168"], false),
        ("from h by mx with ESMTPS id a (version=TLSv1/SSLv3 cipher=OTHER); d", ["ESMTPS", "", "OTHER", ""], false),
        // Postfix.
        ("from h (h [198.18.0.1])\r\n\t(using TLSv1.2 with cipher ECDHE-RSA-AES128-GCM-SHA256 (128/128 bits))\r\n\tby mx (Postfix) with ESMTPS id 4; d",
            ["ESMTPS", "TLS1_2", GCM, "128/128"], false),
        ("from h (h [198.18.0.1])\r\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\r\n\t key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256\r\n\t client-signature RSA-PSS (2048 bits) client-digest SHA256)\r\n\t(Client CN \"h\", Issuer \"ca\" (verified OK))\r\n\tby mx (Postfix) with ESMTPS id 4; d",
            ["ESMTPS", "TLS1_3", SHA384, "256/256"], false),
        ("from h (h [198.18.0.1]) (using TLSv1 with cipher DES-CBC3-SHA (112/168 bits)) (No client certificate requested) by mx (Postfix) with ESMTPS id 4; d",
            ["ESMTPS", "TLS1_0", "DES-CBC3-SHA", "112/168"], false),
        // Exim, new and old.
        ("from h by mx with esmtps  (TLS1.3) tls TLS_AES_256_GCM_SHA384\r\n\t(Exim 4.98) id 1; d", ["ESMTPS", "TLS1_3", SHA384, ""], true),
        ("from h by mx with esmtps (TLS1.2:ECDHE-RSA-AES128-GCM-SHA256:128) (Exim 4.89) id 1; d", ["ESMTPS", "TLS1_2", GCM, "128"], false),
        ("from h by mx with esmtpsa (TLSv1:DES-CBC3-SHA:112) (Exim 4.72) id 1; d", ["ESMTPSA", "TLS1_0", "DES-CBC3-SHA", "112"], false),
        ("from h by mx with esmtp (Exim 4.98); d", ["ESMTP", "", "", ""], false),
        // sendmail.
        ("from h by mx (8.17.1/8.17.1) with ESMTPS id 1 (version=TLSv1.2 cipher=ECDHE-RSA-AES128-GCM-SHA256 bits=128 verify=NO); d",
            ["ESMTPS", "TLS1_2", GCM, "128"], false),
        ("from h by mx with ESMTPSA (version=TLSv1.2 cipher=AES256-SHA bits=256 verify=NO); d", ["ESMTPSA", "TLS1_2", "AES256-SHA", "256"], false),
        ("from h by mx with ESMTP id 1 (version=TLSv1/SSLv3 cipher=DHE-RSA-AES256-SHA bits=256 verify=NOT); d",
            ["ESMTP", "", "DHE-RSA-AES256-SHA", "256"], false),
        // OpenSMTPD.
        ("from h (h [198.18.0.1]) by mx (OpenSMTPD) with ESMTPS id 1 (TLSv1.3:TLS_AES_256_GCM_SHA384:256:NO); d", ["ESMTPS", "TLS1_3", SHA384, "256"], false),
        // qmail with its usual patches.
        ("from h (HELO h) (198.18.0.1)\r\n  by mx with (ECDHE-RSA-AES128-GCM-SHA256 encrypted) SMTP; d", ["SMTP", "", GCM, ""], false),
        ("from h (HELO h) (198.18.0.1) by mx with ESMTPS (TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 encrypted); d", ["ESMTPS", "TLS1_2", GCM, ""], false),
        // Courier.
        ("from h (h [::ffff:198.18.0.1]) (TLS: TLSv1.2,128bits,ECDHE-RSA-AES128-GCM-SHA256) by mx with ESMTPS id 1; d",
            ["ESMTPS", "TLS1_2", GCM, "128"], false),
        // Exchange.
        ("from h (198.18.0.1) by mx (198.18.0.2) with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20; d",
            ["SMTP", "TLS1_2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", ""], false),
        // What a sender calls itself says nothing.
        ("from TLS1.3 by mx with ESMTP; d", ["ESMTP", "", "", ""], false),
        ("from 256/256 by mx with SMTP; d", ["SMTP", "", "", ""], false),
    ];

    #[test]
    fn all_usual_spellings_are_read() {
        for (value, want, tls_clause) in SPELLINGS {
            let received = Received::read(value);
            let text = |field: Option<String>| field.unwrap_or_default();
            let got = [
                text(received.with),
                text(received.version),
                text(received.cipher),
                text(received.bits),
            ];
            assert_eq!(got, *want, "{value}");
            assert_eq!(received.tls_clause, *tls_clause, "{value}");
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
