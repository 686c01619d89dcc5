//! The TLS report in a message that was accepted (RFC 8460 §5.3), if it holds one.

use mail_parser::{MessageParser, MessagePart, MimeHeaders};
use mtaspec_judge::events::What;

use super::packed::Unpacked;
use super::signature::{PublishedKeys, verified};

/// The media types of a report (RFC 8460 §6.4, §6.5).
const TYPES: [&str; 2] = ["application/tlsrpt+json", "application/tlsrpt+gzip"];

/// What is told of a report by mail; none of a message that holds none.
pub(crate) fn mailed_report(content: &[u8], to: &[String], keys: &PublishedKeys) -> Option<What> {
    // Most messages hold none, and need not be taken apart.
    content
        .windows(6)
        .find(|six| six.eq_ignore_ascii_case(b"tlsrpt"))?;
    let message = MessageParser::default().parse(content)?;
    let (part, media_type) = message.parts.iter().find_map(|part| {
        let media_type = media_type(part)?;
        let is_report = TYPES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&media_type));
        is_report.then_some((part, media_type))
    })?;
    let Unpacked { body, compressed } = Unpacked::of(part.contents());
    let (signature, key_services) = verified(content, keys);
    Some(What::ReportMailed {
        to: to.to_vec(),
        media_type,
        file_name: part.attachment_name().map(str::to_owned),
        body,
        compressed,
        signature,
        key_services,
    })
}

fn media_type(part: &MessagePart<'_>) -> Option<String> {
    let kind = part.content_type()?;
    Some(format!("{}/{}", kind.ctype(), kind.subtype()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REPORT: &str = "Subject: a report\r\nContent-Type: multipart/report; report-type=tlsrpt; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nA report.\r\n\
        --b\r\nContent-Type: application/tlsrpt+json\r\n\
        Content-Disposition: attachment; filename=\"home.test!example.test!1!2.json\"\r\n\r\n\
        {\"report-id\":\"1\"}\r\n--b--\r\n";

    #[test]
    fn a_report_is_found_in_its_part() {
        let to = ["reports@reports.test".to_owned()];
        let told = mailed_report(REPORT.as_bytes(), &to, &PublishedKeys::default());
        let Some(What::ReportMailed {
            media_type,
            file_name,
            body,
            compressed,
            signature,
            ..
        }) = told
        else {
            panic!("{told:?}");
        };
        assert_eq!(media_type, "application/tlsrpt+json");
        assert_eq!(
            file_name.as_deref(),
            Some("home.test!example.test!1!2.json")
        );
        assert_eq!(body.trim(), "{\"report-id\":\"1\"}");
        assert_eq!((compressed, signature.as_str()), (false, "none"));
        let other = "Subject: about tlsrpt\r\n\r\nHello.\r\n";
        assert_eq!(
            mailed_report(other.as_bytes(), &to, &PublishedKeys::default()),
            None
        );
    }

    proptest! {
        #[test]
        fn no_octets_make_it_panic(bytes in any::<Vec<u8>>(), cut in 0_usize..300) {
            let keys = PublishedKeys::default();
            let _ = mailed_report(&[b"tlsrpt".to_vec(), bytes].concat(), &[], &keys);
            let cut = cut.min(REPORT.len());
            let _ = mailed_report(&REPORT.as_bytes()[..cut], &[], &keys);
        }
    }
}
