//! Where a report stands in a message, and how it is taken out of it (RFC 8460 §5.3, RFC 2045 §5, §6, RFC 2046 §5.1).

use std::io::Read as _;

use data_encoding::BASE64_MIME_PERMISSIVE;
use flate2::read::MultiGzDecoder;

use crate::header::{self, HEADER_LIMIT};

use super::fault::IncomingFault;

/// The most octets of a report as it comes. Choice: 2 MiB, a hundred times what large senders report on large domains.
pub(super) const PACKED_LIMIT: usize = 2 * 1_024 * 1_024;
/// The most octets of a report after unpacking; a few that are packed can hold any number.
pub(super) const UNPACKED_LIMIT: usize = 16 * 1_024 * 1_024;
/// The most parts of a message that are looked at; a report has two.
const PART_LIMIT: usize = 20;

/// The JSON of the report in a message; none: the message is not one with a report.
///
/// Choice: only a message that as a whole is a `multipart/report` of type `tlsrpt` counts. One that was passed on inside of
/// another is a thing for people.
pub(super) fn report(content: &[u8]) -> Option<Result<Vec<u8>, IncomingFault>> {
    let (header, body) = header::parts(content);
    if header.len() > HEADER_LIMIT {
        return None;
    }
    let kind = media_type(header);
    let is_report = kind.name == "multipart/report"
        && (kind.parameter("report-type")).is_some_and(|of| of.eq_ignore_ascii_case("tlsrpt"));
    if !is_report {
        return None;
    }
    let boundary = kind.parameter("boundary").unwrap_or_default();
    let found = parts(body, boundary).into_iter().find_map(|part| {
        let (header, body) = header::parts(part);
        match media_type(header).name.as_str() {
            "application/tlsrpt+gzip" => Some((header, body, true)),
            "application/tlsrpt+json" => Some((header, body, false)),
            _ => None,
        }
    });
    let Some((header, body, is_packed)) = found else {
        return Some(Err(IncomingFault::NoPart));
    };
    Some(decoded(header, body).and_then(|octets| match is_packed {
        true => unpacked(&octets),
        false => Ok(octets),
    }))
}

/// The parts between the lines of a boundary, without the line end before the next one.
fn parts<'m>(body: &'m [u8], boundary: &str) -> Vec<&'m [u8]> {
    let mut parts = Vec::new();
    if boundary.is_empty() {
        return parts;
    }
    let (mut begin, mut at) = (None, 0);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let next = at + line.len();
        let rest = (line.strip_prefix(b"--"))
            .and_then(|rest| rest.strip_prefix(boundary.as_bytes()))
            .map(<[u8]>::trim_ascii);
        if matches!(rest, Some(b"" | b"--")) {
            parts.extend(begin.map(|begin| without_line_end(&body[begin..at])));
            begin = (rest == Some(b"")).then_some(next);
            if begin.is_none() || parts.len() == PART_LIMIT {
                return parts;
            }
        }
        at = next;
    }
    // Cut off without a last boundary: what is there may be whole all the same.
    parts.extend(begin.map(|begin| &body[begin..]));
    parts
}

fn without_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

/// The octets of a part, freed from its transfer encoding.
fn decoded(header: &[u8], body: &[u8]) -> Result<Vec<u8>, IncomingFault> {
    let field = header::fields(header).find(|field| field.is("Content-Transfer-Encoding"));
    let coding = field.map_or_else(Vec::new, |field| field.unfolded());
    let coding = String::from_utf8_lossy(coding.trim_ascii()).to_ascii_lowercase();
    let octets = match coding.as_str() {
        "" | "7bit" | "8bit" | "binary" => body.to_vec(),
        "base64" => {
            // What is none of its letters is passed over, as RFC 2045 §6.8 has it.
            let letters: Vec<u8> = (body.iter().copied())
                .filter(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte))
                .collect();
            (BASE64_MIME_PERMISSIVE.decode(&letters))
                .map_err(|_| IncomingFault::NotInCoding("base64"))?
        }
        "quoted-printable" => quoted(body).ok_or(IncomingFault::NotInCoding("quoted-printable"))?,
        _ => return Err(IncomingFault::Coding(coding)),
    };
    if octets.len() > PACKED_LIMIT {
        return Err(IncomingFault::TooLong);
    }
    Ok(octets)
}

/// What was written as quoted-printable (RFC 2045 §6.7).
fn quoted(body: &[u8]) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let text = line.trim_ascii_end();
        let is_soft = text.ends_with(b"=");
        let mut rest = text.strip_suffix(b"=").unwrap_or(text);
        while let Some((first, behind)) = rest.split_first() {
            if *first == b'=' {
                let digits = str::from_utf8(behind.get(..2)?).ok()?;
                octets.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &behind[2..];
            } else {
                octets.push(*first);
                rest = behind;
            }
        }
        if !is_soft {
            octets.extend_from_slice(b"\r\n");
        }
    }
    Some(octets)
}

fn unpacked(packed: &[u8]) -> Result<Vec<u8>, IncomingFault> {
    let mut octets = Vec::new();
    let mut reader = MultiGzDecoder::new(packed).take(UNPACKED_LIMIT as u64 + 1);
    (reader.read_to_end(&mut octets))
        .map_err(|error| IncomingFault::NotPacked(error.to_string()))?;
    if octets.len() > UNPACKED_LIMIT {
        return Err(IncomingFault::UnpackedTooLong);
    }
    Ok(octets)
}

/// A media type, its name in small letters (RFC 2045 §5.1).
#[derive(Debug, Default, PartialEq, Eq)]
struct MediaType {
    name: String,
    parameters: Vec<(String, String)>,
}

impl MediaType {
    fn parameter(&self, name: &str) -> Option<&str> {
        let named = self.parameters.iter().find(|(own, _)| own == name);
        named.map(|(_, value)| value.as_str())
    }
}

/// What a header says of what follows it.
fn media_type(header: &[u8]) -> MediaType {
    let Some(field) = header::fields(header).find(|field| field.is("Content-Type")) else {
        return MediaType::default();
    };
    let value = field.unfolded();
    let mut pieces = pieces(&String::from_utf8_lossy(&value)).into_iter();
    MediaType {
        name: pieces.next().unwrap_or_default().to_ascii_lowercase(),
        parameters: (pieces.filter_map(|piece| {
            let (name, value) = piece.split_once('=')?;
            let name = name.trim_ascii().to_ascii_lowercase();
            Some((name, value.trim_ascii().to_owned()))
        }))
        .collect(),
    }
}

/// What stands between semicolons that are not in quotes; the quotes are taken away.
fn pieces(value: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let (mut piece, mut is_quoted) = (String::new(), false);
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => is_quoted = !is_quoted,
            '\\' if is_quoted => piece.extend(letters.next()),
            ';' if !is_quoted => pieces.push(std::mem::take(&mut piece)),
            _ => piece.push(letter),
        }
    }
    pieces.push(piece);
    (pieces.iter())
        .map(|piece| piece.trim_ascii().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    const TYPE: &str = "multipart/report; report-type=tlsrpt; boundary=b";

    fn told(content: &[u8]) -> String {
        match report(content) {
            None => "no report".to_owned(),
            Some(Ok(json)) => String::from_utf8(json).unwrap(),
            Some(Err(fault)) => fault.to_string(),
        }
    }

    fn packed(octets: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(octets).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_report_is_found_in_its_part_whatever_stands_around_it() {
        let json = "Content-Type: application/tlsrpt+json\r\n\r\n{}";
        let none = "no part of it is application/tlsrpt+gzip or application/tlsrpt+json";
        let quoted = "Multipart/Report; Report-Type=\"TLSRPT\";\r\n boundary=\"b; \\\"\"";
        // (media type, body with `@` for the report, what is found)
        let cases = [
            (TYPE, "--b\r\n\r\nhello\r\n--b\r\n@\r\n--b--\r\n", "{}"),
            (TYPE, "preface\r\n--b \r\n@\r\n--b--\r\nend", "{}"),
            (TYPE, "--b\n@\n--b--\n", "{}"),
            (TYPE, "--b\r\n@", "{}"),
            (quoted, "--b; \"\r\n@\r\n--b; \"--\r\n", "{}"),
            (TYPE, "--b\r\n\r\nhello\r\n--b--\r\n", none),
            (TYPE, "--b--\r\n--b\r\n@\r\n--b--\r\n", none),
            (
                "multipart/report; report-type=tlsrpt",
                "--\r\n@\r\n----\r\n",
                none,
            ),
            (
                "multipart/report; report-type=x; boundary=b",
                "--b\r\n@\r\n--b--\r\n",
                "no report",
            ),
            (
                "multipart/mixed; report-type=tlsrpt; boundary=b",
                "--b\r\n@\r\n--b--\r\n",
                "no report",
            ),
            ("application/tlsrpt+json", "{}", "no report"),
        ];
        for (kind, body, want) in cases {
            let body = body.replace('@', json);
            let content = format!("From: a@b.test\r\nContent-Type: {kind}\r\n\r\n{body}");
            assert_eq!(told(content.as_bytes()), want, "{kind} {body:?}");
        }
        assert_eq!(told(b"From: a@b.test\r\n\r\nhello"), "no report");
    }

    #[test]
    fn a_report_is_freed_from_its_transfer_encoding() {
        // (transfer encoding, the part, what is found)
        let cases = [
            ("7bit", "{}", "{}"),
            ("Quoted-Printable", "=7B=\r\n}", "{}\r\n"),
            (
                "quoted-printable",
                "{=}",
                "the report is not in quoted-printable",
            ),
            ("BASE64", "e30\r\n = ", "{}"),
            ("base64", "e", "the report is not in base64"),
            ("x-own", "{}", "the transfer encoding \"x-own\" is unknown"),
        ];
        for (coding, part, want) in cases {
            let content = format!(
                "Content-Type: {TYPE}\r\n\r\n--b\r\nContent-Type: application/tlsrpt+json\r\n\
                 Content-Transfer-Encoding: {coding}\r\n\r\n{part}\r\n--b--\r\n"
            );
            assert_eq!(told(content.as_bytes()), want, "{coding} {part:?}");
        }
    }

    #[test]
    fn neither_a_long_part_nor_a_short_one_with_much_in_it_is_taken_in() {
        let head = format!("Content-Type: {TYPE}\r\n\r\n--b\r\nContent-Type: application/tlsrpt+");
        let content = |kind: &str, octets: &[u8]| {
            let begin = format!("{head}{kind}\r\n\r\n");
            [begin.as_bytes(), octets, b"\r\n--b--\r\n"].concat()
        };
        let bomb = packed(&vec![b' '; UNPACKED_LIMIT + 1]);
        assert!(bomb.len() < PACKED_LIMIT / 10);
        let wants = [
            (
                content("gzip", &bomb),
                "the unpacked report is longer than 16777216 octets",
            ),
            (
                content("json", &vec![b' '; PACKED_LIMIT + 1]),
                "the report is longer than 2097152 octets",
            ),
            (content("gzip", &packed(b"{}")), "{}"),
            (
                content("gzip", &packed(b"{}")[..12]),
                "the report cannot be unpacked: incomplete deflate stream",
            ),
        ];
        for (content, want) in wants {
            assert_eq!(told(&content), want);
        }
    }

    proptest! {
        #[test]
        fn any_message_is_read_without_panic(
            kind in "(multipart/report|; |report-type=tlsrpt|boundary=b|\"|\\\\|=){0,8}",
            body in "(--b|--|\r\n|Content-Type: application/tlsrpt.(json|gzip)|Content-Transfer-Encoding: (base64|quoted-printable)|=4|[ -~]){0,30}",
        ) {
            let _ = report(body.as_bytes());
            let _ = report(format!("Content-Type: {TYPE}; {kind}\r\n\r\n{body}").as_bytes());
            let _ = quoted(body.as_bytes());
        }
    }
}
