//! An answer (RFC 9112 §4): status line, header, and a body of known length. Each is the last of its connection, so that
//! nothing is left open behind it.

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// As `200`.
    pub(super) status: u16,
    /// Header lines, without end.
    pub(super) fields: Vec<String>,
    /// Empty where there is none.
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The octets up to the body. `length` is told unless the body has no end that could be known.
    pub(super) fn head(&self, length: Option<u64>) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for field in &self.fields {
            head.push_str(field);
            head.push_str("\r\n");
        }
        if let Some(length) = length.filter(|_| self.may_have_body()) {
            head.push_str(&format!("Content-Length: {length}\r\n"));
        }
        head.push_str("Connection: close\r\n\r\n");
        head.into_bytes()
    }

    /// The length of the body that it has.
    pub(super) fn length(&self) -> u64 {
        self.body.len() as u64
    }

    /// RFC 9110 §6.4.1: these statuses have none.
    pub(super) fn may_have_body(&self) -> bool {
        !(self.status < 200 || self.status == 204 || self.status == 304)
    }
}

/// The usual words; nobody acts on them.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        410 => "Gone",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Status",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_how_long_the_body_is_where_there_can_be_one() {
        let head = |status, length| {
            let answer = Answer {
                status,
                fields: vec!["Content-Type: text/plain".into()],
                body: Vec::new(),
            };
            String::from_utf8(answer.head(length)).unwrap()
        };
        let want = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\
                    Connection: close\r\n\r\n";
        assert_eq!(head(200, Some(7)), want);
        assert!(!head(200, None).contains("Length"));
        assert!(!head(204, Some(0)).contains("Length"));
    }
}
