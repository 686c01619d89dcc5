//! A multipart/report taken apart and put together again (RFC 2046 §5.1, RFC 6522 §3).
//!
//! As much as `fitted` needs: parts in a row, none of them looked into.

/// A multipart/report, taken apart.
pub(super) struct Multipart {
    /// The fields of the whole.
    pub(super) header: Vec<String>,
    boundary: String,
    /// Its parts, in order.
    pub(super) parts: Vec<Part>,
}

/// One part of it.
pub(super) struct Part {
    /// Its fields, each with its folded lines.
    pub(super) fields: Vec<String>,
    /// What stands behind them.
    pub(super) body: Vec<u8>,
}

impl Multipart {
    /// Takes a notice apart; none: it is none, or written in a way that is not read here.
    #[must_use]
    pub(super) fn parse(content: &[u8]) -> Option<Self> {
        let (header, body) = parted(content)?;
        if !header.iter().all(|field| field.is_ascii()) {
            return None;
        }
        let kind = value(&header, "content-type")?;
        let is_report = kind
            .get(..16)
            .is_some_and(|start| start.eq_ignore_ascii_case("multipart/report"));
        let boundary = boundary_of(kind).filter(|_| is_report)?;
        let parts = between(body, &boundary)
            .into_iter()
            .map(|part| {
                let (fields, body) = parted(part)?;
                Some(Part {
                    fields,
                    body: body.to_vec(),
                })
            })
            .collect::<Option<Vec<Part>>>()?;
        (parts.len() >= 2).then_some(Self {
            header,
            boundary,
            parts,
        })
    }

    /// The whole as it is sent.
    #[must_use]
    pub(super) fn written(&self) -> Vec<u8> {
        let mut written = Vec::new();
        let mut line = |text: &[u8]| {
            written.extend_from_slice(text);
            written.extend_from_slice(b"\r\n");
        };
        for field in &self.header {
            line(field.as_bytes());
        }
        line(b"");
        for part in &self.parts {
            line(format!("--{}", self.boundary).as_bytes());
            for field in &part.fields {
                line(field.as_bytes());
            }
            line(b"");
            line(&part.body);
        }
        line(format!("--{}--", self.boundary).as_bytes());
        written
    }
}

/// Fields, folded ones in one piece with their line ends, and what stands behind the empty line.
fn parted(text: &[u8]) -> Option<(Vec<String>, &[u8])> {
    let (header, body) = match text.strip_prefix(b"\r\n") {
        Some(body) => (&b""[..], body),
        None => {
            let end = text.windows(4).position(|end| end == b"\r\n\r\n")?;
            (&text[..end], &text[end + 4..])
        }
    };
    let mut fields: Vec<String> = Vec::new();
    for line in std::str::from_utf8(header)
        .ok()?
        .split("\r\n")
        .filter(|line| !line.is_empty())
    {
        match fields.last_mut() {
            Some(field) if line.starts_with([' ', '\t']) => {
                field.push_str("\r\n");
                field.push_str(line);
            }
            _ => fields.push(line.to_owned()),
        }
    }
    Some((fields, body))
}

/// The value of a field, if it has this name.
pub(super) fn named<'f>(field: &'f str, name: &str) -> Option<&'f str> {
    let (own, value) = field.split_once(':')?;
    own.trim_end()
        .eq_ignore_ascii_case(name)
        .then(|| value.trim())
}

/// The value of the first field of this name.
pub(super) fn value<'f>(fields: &'f [String], name: &str) -> Option<&'f str> {
    fields.iter().find_map(|field| named(field, name))
}

/// The parameter `boundary` of a Content-Type, quoted or not.
fn boundary_of(kind: &str) -> Option<String> {
    let at = kind.to_ascii_lowercase().find("boundary=")?;
    let value = &kind[at + "boundary=".len()..];
    let boundary = match value.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?.0,
        None => value.split([';', ' ', '\t', '\r']).next()?,
    };
    let is_boundary = (1..=70).contains(&boundary.len()) && !boundary.contains(['\\', '\r']);
    is_boundary.then(|| boundary.to_owned())
}

/// The texts between the lines of a boundary, without the line ends that belong to these.
fn between<'b>(body: &'b [u8], boundary: &str) -> Vec<&'b [u8]> {
    let mark = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut begun: Option<usize> = None;
    let mut at = 0;
    while at < body.len() {
        let end = body[at..]
            .windows(2)
            .position(|pair| pair == b"\r\n")
            .map_or(body.len(), |end| at + end);
        let line = body[at..end].trim_ascii_end();
        let last = line
            .strip_suffix(b"--")
            .is_some_and(|line| line == mark.as_bytes());
        if last || line == mark.as_bytes() {
            if let Some(begun) = begun {
                parts.push(&body[begun..at.saturating_sub(2).max(begun)]);
            }
            begun = (!last).then_some((end + 2).min(body.len()));
            if last {
                break;
            }
        }
        at = end + 2;
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A report whose boundary is written so.
    fn report(boundary: &str) -> String {
        format!(
            "From: a@b.test\r\nContent-Type: Multipart/Report;\r\n\t{boundary}\r\n\r\nignored\r\n\
             --b 1\r\n\r\nfirst\r\n--b 12\r\n\r\n--b 1 \r\nContent-Type: x/y;\r\n z=1\r\n\r\nsecond\r\n--b 1--\r\nrest"
        )
    }

    #[test]
    fn a_report_is_taken_apart_at_its_boundary_and_nowhere_else() {
        // (boundary, is it read?)
        let cases = [
            ("boundary=\"b 1\"; report-type=delivery-status", true),
            ("report-type=delivery-status; BOUNDARY=\"b 1\"", true),
            ("boundary=\"b 1", false),
            ("boundary=\"b 2\"", false),
            ("boundary=\"\"", false),
            ("report-type=delivery-status", false),
        ];
        for (boundary, want) in cases {
            let report = Multipart::parse(report(boundary).as_bytes());
            assert_eq!(report.is_some(), want, "{boundary}");
            let Some(report) = report else { continue };
            let bodies: Vec<&[u8]> = report.parts.iter().map(|part| &part.body[..]).collect();
            assert_eq!(bodies, [&b"first\r\n--b 12\r\n"[..], b"second"]);
            assert_eq!(report.parts[1].fields, ["Content-Type: x/y;\r\n z=1"]);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_apart_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Multipart::parse(&bytes);
            let head = b"Content-Type: multipart/report; boundary=b\r\n\r\n";
            let _ = Multipart::parse(&[&head[..], &bytes].concat());
        }

        #[test]
        fn what_is_put_together_is_taken_apart_the_same(bodies in proptest::collection::vec("[-a\r\n]{0,12}", 2..4)) {
            let part = |body: &String| Part { fields: vec!["X-Field: a".into()], body: body.clone().into_bytes() };
            let report = Multipart {
                header: vec!["Content-Type: multipart/report; boundary=\"b\"".into()],
                boundary: "b".into(),
                parts: bodies.iter().map(part).collect(),
            };
            let again = Multipart::parse(&report.written()).unwrap();
            let same: Vec<String> =
                again.parts.iter().map(|part| String::from_utf8(part.body.clone()).unwrap()).collect();
            prop_assert_eq!(same, bodies);
        }
    }
}
