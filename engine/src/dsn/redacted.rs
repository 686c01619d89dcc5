//! A notice about a message with REQUIRETLS, for a host to which REQUIRETLS cannot be said (RFC 8689 §5).
//!
//! Such a notice is not thrown away because the way back lacks what the message asked for; it is sent without the parameter
//! if it was redacted. RFC 8689 does not say what that means.
//!
//! Choice: nothing of the message is returned, not even its header. Who sent it to whom, and what became of it, is left: a
//! notice has no use without that.

use crate::delivery::{Message, TlsTag};

use super::multipart::Multipart;

/// The most parts that are left: what happened, for people and for programs.
const PARTS: usize = 2;

/// The notice with nothing of its message in it, and without its tag. A message with a null sender that is no notice is left
/// as it is: what of it could be taken away is not known.
#[must_use]
pub(crate) fn redacted(message: &Message) -> Message {
    let content = Multipart::parse(&message.content).map(|mut report| {
        report.parts.truncate(PARTS);
        report.written()
    });
    Message {
        tls: TlsTag::Untagged,
        content: content.map_or_else(|| message.content.clone(), Into::into),
        ..message.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::delivery::Trouble;
    use crate::dsn::testing;

    fn notice() -> Message {
        let mut message = testing::message(None);
        message.tls = TlsTag::Required;
        let host = "mx.example.test".into();
        let report = testing::failure("user@example.test", Trouble::NoAddress { host });
        testing::notice(&message, &[report], Duration::ZERO)
    }

    #[test]
    fn nothing_of_the_message_is_left_in_a_redacted_notice() {
        let notice = notice();
        assert_eq!(notice.tls, TlsTag::Required);
        let text = |message: &Message| {
            let text = String::from_utf8(message.content.to_vec()).unwrap();
            text.replace("\r\n", "\n")
        };
        assert!(text(&notice).contains("Subject: hello\n"));
        let redacted = redacted(&notice);
        assert_eq!(redacted.tls, TlsTag::Untagged);
        insta::assert_snapshot!(text(&redacted));
    }

    #[test]
    fn what_is_no_notice_is_left_as_it_is() {
        let content: &[u8] = b"Subject: on holiday\r\n\r\nI am away.\r\n";
        let message = Message {
            content: content.into(),
            ..notice()
        };
        assert_eq!(&*redacted(&message).content, content);
    }
}
