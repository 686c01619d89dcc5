//! The third part of a notice: what is given back of the message (RFC 6522 §4, RFC 3461 §6.2, RFC 6533 §4).

use crate::delivery::{Message, Return, TlsTag};

use super::report::Action;

/// Choice: messages up to this size are returned whole, of longer ones the header, even where RET asks for more. RFC 3461
/// §4.3 leaves it open where RET says nothing, and the copy of a long one would fail for its size as the message may have.
const MESSAGE_LIMIT: usize = 256 * 1_024;

/// The most octets of a header that are returned: what a message calls its header may be all of it.
const HEADER_LIMIT: usize = 64 * 1_024;

/// What is returned, and its type. A notice of no failure returns the header alone, and so does one about a message with
/// REQUIRETLS, whatever RET says (RFC 8689 §5).
pub(super) fn returned(message: &Message, action: Action) -> (&'static str, &[u8]) {
    let whole = match (action, message.dsn.ret) {
        _ if message.tls == TlsTag::Required => false,
        (Action::Failed, Some(Return::Full) | None) => message.content.len() <= MESSAGE_LIMIT,
        (Action::Failed, Some(Return::Header))
        | (Action::Delayed | Action::Relayed | Action::Expanded, _) => false,
    };
    match (whole, message.has_utf8_header()) {
        (true, false) => ("message/rfc822", &message.content),
        (true, true) => ("message/global", &message.content),
        (false, false) => ("text/rfc822-headers", bounded(message.header())),
        (false, true) => ("message/global-headers", bounded(message.header())),
    }
}

/// Whole lines of a header, as many as may be returned.
pub(super) fn bounded(header: &[u8]) -> &[u8] {
    let Some(head) = header.get(..HEADER_LIMIT) else {
        return header;
    };
    let end = head.windows(2).rposition(|pair| pair == b"\r\n");
    &head[..end.map_or(0, |end| end + 2)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dsn::testing;

    #[test]
    fn what_is_returned_follows_from_ret_the_size_and_what_is_told() {
        let (full, header) = (Some(Return::Full), Some(Return::Header));
        let (small, large) = (10, MESSAGE_LIMIT);
        // (what is told, RET, octets of the body, type)
        let cases = [
            (Action::Failed, None, small, "message/rfc822"),
            (Action::Failed, full, small, "message/rfc822"),
            (Action::Failed, header, small, "text/rfc822-headers"),
            (Action::Failed, None, large, "text/rfc822-headers"),
            (Action::Failed, full, large, "text/rfc822-headers"),
            (Action::Delayed, full, small, "text/rfc822-headers"),
            (Action::Relayed, full, small, "text/rfc822-headers"),
            (Action::Relayed, None, small, "text/rfc822-headers"),
        ];
        for (action, ret, size, want) in cases {
            let mut message = testing::message(ret);
            let mut content = message.content.to_vec();
            content.extend(std::iter::repeat_n(b'x', size));
            message.content = content.into();
            let (kind, part) = returned(&message, action);
            assert_eq!(kind, want, "{action:?} {ret:?} {size}");
            let wants_all = want == "message/rfc822";
            assert_eq!(part.ends_with(b"x"), wants_all, "{action:?} {ret:?} {size}");
        }
    }

    #[test]
    fn of_a_message_with_requiretls_the_header_alone_is_returned() {
        for ret in [None, Some(Return::Full), Some(Return::Header)] {
            let mut message = testing::message(ret);
            message.tls = TlsTag::Required;
            let (kind, part) = returned(&message, Action::Failed);
            assert_eq!(kind, "text/rfc822-headers", "{ret:?}");
            assert_eq!(part, message.header(), "{ret:?}");
        }
    }

    #[test]
    fn a_header_without_end_is_returned_in_part() {
        let header = b"X-Field: value\r\n".repeat(HEADER_LIMIT / 8);
        let part = bounded(&header);
        assert!(part.len() <= HEADER_LIMIT && part.len() > HEADER_LIMIT - 20);
        assert!(part.ends_with(b"value\r\n"));
        assert_eq!(bounded(&[b'x'; HEADER_LIMIT + 1]), b"");
    }

    proptest! {
        #[test]
        fn what_is_returned_of_a_header_is_its_beginning(header in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(header.starts_with(bounded(&header)));
        }
    }
}
