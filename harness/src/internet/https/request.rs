//! A request as it comes in (RFC 9112 §2 to §7): its head, and how long its body is. Plain functions over bytes.

/// Octets of a head; a longer one is refused.
pub(super) const HEAD_LIMIT: usize = 16 * 1024;

/// Octets of a body; a longer one is refused.
pub(super) const BODY_LIMIT: usize = 10 << 20;

/// The head of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// As it stands, `GET`.
    pub(super) method: String,
    /// From the first slash on.
    pub(super) path: String,
    /// The name that was asked for, without port.
    pub(super) host: Option<String>,
    /// Empty where nothing is said.
    pub(super) media_type: String,
    /// How its body ends.
    pub(super) body: BodyLength,
    /// The sender waits for 100 before it sends the body (RFC 9110 §10.1.1).
    pub(super) waits: bool,
}

/// How a body ends (RFC 9112 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyLength {
    /// After so many octets.
    Known(usize),
    /// With an empty chunk.
    Chunked,
}

/// What stands at the front of the octets that have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Front<T> {
    /// All of it, and how many octets it took.
    Whole(T, usize),
    /// More has to come.
    Incomplete,
    /// Nothing of that kind: the status that says so.
    Refused(u16),
}

impl Request {
    /// Reads a head.
    pub(super) fn read(bytes: &[u8]) -> Front<Self> {
        let Some(end) = end_of_head(bytes) else {
            let is_too_long = bytes.len() > HEAD_LIMIT;
            return if is_too_long {
                Front::Refused(431)
            } else {
                Front::Incomplete
            };
        };
        let head = String::from_utf8_lossy(&bytes[..end]);
        match Self::parse(&head) {
            Ok(request) => Front::Whole(request, end),
            Err(status) => Front::Refused(status),
        }
    }

    fn parse(head: &str) -> Result<Self, u16> {
        let mut lines = head.lines().map(|line| line.trim_end_matches('\r'));
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(400);
        };
        let is_token = |text: &str| {
            let mut letters = text.bytes();
            !text.is_empty()
                && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == b'-')
        };
        if !is_token(method) || !version.starts_with("HTTP/1.") {
            return Err(if version.starts_with("HTTP/") {
                505
            } else {
                400
            });
        }
        let mut request = Self {
            method: method.to_owned(),
            path: path_of(target).ok_or(400_u16)?.to_owned(),
            host: None,
            media_type: String::new(),
            body: BodyLength::Known(0),
            waits: false,
        };
        for line in lines.take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').ok_or(400_u16)?;
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "host" => request.host = Some(without_port(value).to_owned()),
                "content-type" => request.media_type = value.to_owned(),
                "content-length" if request.body != BodyLength::Chunked => {
                    let length = value.parse().map_err(|_| 400_u16)?;
                    if length > BODY_LIMIT {
                        return Err(413);
                    }
                    request.body = BodyLength::Known(length);
                }
                "transfer-encoding" => {
                    if !value.eq_ignore_ascii_case("chunked") {
                        return Err(501);
                    }
                    request.body = BodyLength::Chunked;
                }
                "expect" => request.waits = value.eq_ignore_ascii_case("100-continue"),
                _ => {}
            }
        }
        Ok(request)
    }
}

impl BodyLength {
    /// Reads a body of this length.
    pub(super) fn read(self, bytes: &[u8]) -> Front<Vec<u8>> {
        match self {
            Self::Known(length) => match bytes.get(..length) {
                Some(body) => Front::Whole(body.to_vec(), length),
                None => Front::Incomplete,
            },
            Self::Chunked => read_chunks(bytes),
        }
    }
}

/// RFC 9112 §7.1; the trailer section is passed over.
fn read_chunks(bytes: &[u8]) -> Front<Vec<u8>> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let Some((line, next)) = line_at(bytes, at) else {
            let is_too_long = bytes.len() - at > HEAD_LIMIT;
            return if is_too_long {
                Front::Refused(400)
            } else {
                Front::Incomplete
            };
        };
        let size = line.split(';').next().unwrap_or_default().trim();
        let Ok(size) = usize::from_str_radix(size, 16) else {
            return Front::Refused(400);
        };
        if size > BODY_LIMIT || body.len() + size > BODY_LIMIT {
            return Front::Refused(413);
        }
        if size == 0 {
            let mut at = next;
            while let Some((line, next)) = line_at(bytes, at) {
                if line.is_empty() {
                    return Front::Whole(body, next);
                }
                at = next;
            }
            return Front::Incomplete;
        }
        let Some(chunk) = bytes.get(next..next + size) else {
            return Front::Incomplete;
        };
        body.extend_from_slice(chunk);
        let Some((line, next)) = line_at(bytes, next + size) else {
            return Front::Incomplete;
        };
        if !line.is_empty() {
            return Front::Refused(400);
        }
        at = next;
    }
}

/// The line that begins here, without its end, and where the next begins.
fn line_at(bytes: &[u8], at: usize) -> Option<(String, usize)> {
    let rest = bytes.get(at..)?;
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
    Some((String::from_utf8_lossy(line).into_owned(), at + end + 1))
}

/// Where the body begins.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let within = &bytes[..bytes.len().min(HEAD_LIMIT)];
    let find = |end: &[u8]| {
        let found = within.windows(end.len()).position(|window| window == end);
        found.map(|at| at + end.len())
    };
    match (find(b"\r\n\r\n"), find(b"\n\n")) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The path of a request target in either form (RFC 9112 §3.2).
fn path_of(target: &str) -> Option<&str> {
    if target.starts_with('/') {
        return Some(target);
    }
    let rest = target.split_once("://")?.1;
    Some(rest.find('/').map_or("/", |at| &rest[at..]))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(method: &str, path: &str, host: Option<&str>) -> Request {
        Request {
            method: method.into(),
            path: path.into(),
            host: host.map(Into::into),
            media_type: String::new(),
            body: BodyLength::Known(0),
            waits: false,
        }
    }

    #[test]
    fn heads_are_read_or_refused_with_the_status_that_says_why() {
        let get = |path: &str| request("GET", path, None);
        // (head, what it is)
        let cases = [
            ("GET /a HTTP/1.1\r\n\r\n", Ok(get("/a"))),
            ("GET /a HTTP/1.0\n\n", Ok(get("/a"))),
            ("GET https://a.test/b HTTP/1.1\r\n\r\n", Ok(get("/b"))),
            ("GET https://a.test HTTP/1.1\r\n\r\n", Ok(get("/"))),
            (
                "GET /a HTTP/1.1\r\nHOST: a.test:443\r\n\r\n",
                Ok(request("GET", "/a", Some("a.test"))),
            ),
            (
                "POST /r HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/tlsrpt+gzip\r\n\
                 Content-Length: 7\r\nExpect: 100-continue\r\n\r\n",
                Ok(Request {
                    media_type: "application/tlsrpt+gzip".into(),
                    body: BodyLength::Known(7),
                    waits: true,
                    ..request("POST", "/r", Some("a.test"))
                }),
            ),
            (
                "POST /r HTTP/1.1\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n",
                Ok(Request {
                    body: BodyLength::Chunked,
                    ..request("POST", "/r", None)
                }),
            ),
            ("GET /a\r\n\r\n", Err(400)),
            ("GET a HTTP/1.1\r\n\r\n", Err(400)),
            ("GET /a HTTP/2.0\r\n\r\n", Err(505)),
            ("EHLO a.test\r\n\r\n", Err(400)),
            ("GET /a HTTP/1.1\r\nno field\r\n\r\n", Err(400)),
            ("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", Err(400)),
            (
                "POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
                Err(413),
            ),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
                Err(501),
            ),
        ];
        for (head, want) in cases {
            let got = match Request::read(head.as_bytes()) {
                Front::Whole(request, length) => {
                    assert_eq!(length, head.len(), "{head}");
                    Ok(request)
                }
                Front::Refused(status) => Err(status),
                Front::Incomplete => panic!("{head:?} is whole"),
            };
            assert_eq!(got, want, "{head}");
        }
        assert_eq!(Request::read(b"GET / HTTP/1.1\r\n"), Front::Incomplete);
        assert_eq!(Request::read(&[b'a'; HEAD_LIMIT + 1]), Front::Refused(431));
    }

    #[test]
    fn bodies_end_where_they_say() {
        // (length, octets, body and how much it took)
        let whole = |body: &str, took| Front::Whole(body.as_bytes().to_vec(), took);
        let cases = [
            (BodyLength::Known(2), "abc", whole("ab", 2)),
            (BodyLength::Known(4), "abc", Front::Incomplete),
            (
                BodyLength::Chunked,
                "2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n",
                whole("abc", 22),
            ),
            (BodyLength::Chunked, "0\r\nA: b\r\n\r\nrest", whole("", 11)),
            (BodyLength::Chunked, "2\r\nab", Front::Incomplete),
            (BodyLength::Chunked, "x\r\n", Front::Refused(400)),
            (BodyLength::Chunked, "1\r\nab\r\n", Front::Refused(400)),
            (BodyLength::Chunked, "fffffff\r\n", Front::Refused(413)),
        ];
        for (length, octets, want) in cases {
            assert_eq!(length.read(octets.as_bytes()), want, "{octets:?}");
        }
    }

    proptest! {
        #[test]
        fn no_octets_make_the_reader_panic(bytes in any::<Vec<u8>>()) {
            let _ = Request::read(&bytes);
            let _ = BodyLength::Chunked.read(&bytes);
            let _ = BodyLength::Known(10).read(&bytes);
        }

        #[test]
        fn what_is_cut_off_is_never_whole(cut in 0_usize..40) {
            let head = b"POST /r HTTP/1.1\r\nContent-Length: 3\r\n\r\n";
            let cut = cut.min(head.len() - 1);
            prop_assert_eq!(Request::read(&head[..cut]), Front::Incomplete);
        }
    }
}
