//! A message that was taken over: envelope and content.

use std::sync::Arc;
use std::time::SystemTime;

use crate::address::Mailbox;

use super::tls_tag::TlsTag;

/// A message as it was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// The envelope sender; none is the null sender.
    pub(crate) sender: Option<Mailbox>,
    /// Header and body, lines ended by CRLF.
    pub(crate) content: Arc<[u8]>,
    /// It came with the parameter SMTPUTF8 (RFC 6531 §3.4).
    pub(crate) smtputf8: bool,
    /// What it says about notices.
    pub(crate) dsn: DsnParameters,
    /// What it asks of TLS on its way.
    pub(crate) tls: TlsTag,
    /// It is a TLS report of the engine's own: nothing that concerns TLS holds it back, and its sessions are in no report
    /// (RFC 8460 §3, §5.3).
    pub(crate) is_report: bool,
    /// When it came.
    pub(crate) arrived: SystemTime,
}

impl Message {
    /// Whether any octet of it has more than seven bits.
    #[must_use]
    pub(crate) fn is_eight_bit(&self) -> bool {
        !self.content.is_ascii()
    }

    /// The header, with the line ends of its lines, without the empty line behind it.
    #[must_use]
    pub(crate) fn header(&self) -> &[u8] {
        match self
            .content
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
        {
            Some(end) => &self.content[..end + 2],
            None => &self.content,
        }
    }

    /// Whether the header goes beyond ASCII, and so needs SMTPUTF8 all the way.
    #[must_use]
    pub(crate) fn has_utf8_header(&self) -> bool {
        self.smtputf8 && !self.header().is_ascii()
    }
}

/// The parameters of MAIL that speak of notices (RFC 3461 §4.3, §4.4).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DsnParameters {
    /// RET.
    pub(crate) ret: Option<Return>,
    /// ENVID, in xtext as it came.
    pub(crate) envelope_id: Option<String>,
}

/// How much of the message a notice returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Return {
    /// The header.
    Header,
    /// All of it.
    Full,
}

impl Return {
    /// The keyword of RET.
    #[must_use]
    pub(crate) fn keyword(self) -> &'static str {
        match self {
            Self::Header => "HDRS",
            Self::Full => "FULL",
        }
    }

    /// Reads the keyword of RET, in any letter case.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Header, Self::Full]
            .into_iter()
            .find(|ret| ret.keyword().eq_ignore_ascii_case(text))
    }
}

/// A recipient of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recipient {
    /// Its address, as it was given.
    pub(crate) mailbox: Mailbox,
    /// NOTIFY.
    pub(crate) notify: Option<Notify>,
    /// ORCPT, as it came.
    pub(crate) original: Option<String>,
}

impl Recipient {
    /// A recipient without parameters.
    #[must_use]
    pub(crate) fn new(mailbox: Mailbox) -> Self {
        Self {
            mailbox,
            notify: None,
            original: None,
        }
    }

    /// Whether a failure is told to the sender: yes, unless NOTIFY says otherwise (RFC 3461 §5.2.6).
    #[must_use]
    pub(crate) fn wants_failure_notice(&self) -> bool {
        self.notify.is_none_or(|notify| notify.failure)
    }

    /// Whether the sender may be told that it takes long.
    ///
    /// Choice: also where NOTIFY is absent. RFC 3461 §5.2.5 allows both and demands neither; people who do not know of
    /// NOTIFY want to know most.
    #[must_use]
    pub(crate) fn wants_delay_notice(&self) -> bool {
        self.notify.is_none_or(|notify| notify.delay)
    }

    /// Whether the sender asked to be told that all went well (RFC 3461 §5.2.2).
    #[must_use]
    pub(crate) fn wants_success_notice(&self) -> bool {
        self.notify.is_some_and(|notify| notify.success)
    }
}

/// When a sender wants to hear of a recipient (RFC 3461 §4.1); none of them is NEVER.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Notify {
    /// SUCCESS.
    pub(crate) success: bool,
    /// FAILURE.
    pub(crate) failure: bool,
    /// DELAY.
    pub(crate) delay: bool,
}

impl Notify {
    /// Reads the value of NOTIFY.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("NEVER") {
            return Some(Self::default());
        }
        let mut notify = Self::default();
        for word in text.split(',') {
            let said = match word.to_ascii_uppercase().as_str() {
                "SUCCESS" => &mut notify.success,
                "FAILURE" => &mut notify.failure,
                "DELAY" => &mut notify.delay,
                _ => return None,
            };
            if std::mem::replace(said, true) {
                return None;
            }
        }
        Some(notify)
    }

    /// The value of NOTIFY.
    #[must_use]
    pub(crate) fn keywords(self) -> String {
        let words = [
            (self.success, "SUCCESS"),
            (self.failure, "FAILURE"),
            (self.delay, "DELAY"),
        ];
        let said: Vec<&str> = words
            .iter()
            .filter(|(is_said, _)| *is_said)
            .map(|(_, word)| *word)
            .collect();
        if said.is_empty() {
            "NEVER".into()
        } else {
            said.join(",")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notify_reads_back_what_it_prints() {
        // (value, does it say anything?)
        let cases = [
            ("NEVER", true),
            ("never", true),
            ("FAILURE", true),
            ("success,Delay", true),
            ("SUCCESS,FAILURE,DELAY", true),
            ("NEVER,FAILURE", false),
            ("FAILURE,FAILURE", false),
            ("", false),
            ("FAILURE,", false),
        ];
        for (text, want) in cases {
            let notify = Notify::parse(text);
            assert_eq!(notify.is_some(), want, "{text}");
            if let Some(notify) = notify {
                assert_eq!(Notify::parse(&notify.keywords()), Some(notify), "{text}");
            }
        }
    }
}
