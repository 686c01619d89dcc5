//! Texts of a certain form, and how each is checked.

use mtaspec_certs::{KeyKind, Word};

use super::super::values;
use crate::document::Complaint;

/// A form of text.
pub(crate) struct Form {
    /// What it is, with an article.
    pub(crate) noun: &'static str,
    /// A regular expression for editors: wider than the check, never narrower.
    pub(crate) regex: &'static str,
    /// The check.
    pub(crate) check: fn(&str) -> Result<(), Complaint>,
}

impl std::fmt::Debug for Form {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.noun)
    }
}

impl Form {
    /// All that there are, where the form is one of a list of words.
    pub(crate) fn words(&self) -> Option<Vec<&'static str>> {
        let certificates = Word::ALL.iter().map(|word| word.as_str());
        if std::ptr::eq(self, &raw const CERTIFICATE) {
            Some(certificates.collect())
        } else if std::ptr::eq(self, &raw const SHOWN) {
            Some(certificates.chain(["refuse"]).collect())
        } else if std::ptr::eq(self, &raw const KEY_KIND) {
            Some(KeyKind::ALL.iter().map(|kind| kind.as_str()).collect())
        } else if std::ptr::eq(self, &raw const VERSION) {
            Some(values::VERSIONS.iter().map(|(word, _)| *word).collect())
        } else if std::ptr::eq(self, &raw const OUTCOME) {
            Some(OUTCOMES.to_vec())
        } else {
            None
        }
    }
}

macro_rules! forms {
    ($($(#[$doc:meta])* $name:ident = $noun:literal, $regex:literal, $check:expr;)+) => {
        $($(#[$doc])* pub(crate) static $name: Form =
            Form { noun: $noun, regex: $regex, check: |text| $check(text) };)+
    };
}

/// A check whose value is made later.
fn only<T>(result: Result<T, Complaint>) -> Result<(), Complaint> {
    result.map(drop)
}

forms! {
    /// `"90 s"`.
    DURATION = "a duration", r"^\d+ (s|min|h|days?)$", |t: &str| only(values::duration(t));
    /// `"65 KiB"`.
    SIZE = "a size", r"^\d+ (B|KiB|MiB)$", |t: &str| only(values::size(t));
    /// `"0..6"`.
    BOUND = "a range", r"^\d+\.\.\d+$", |t: &str| only(values::bound(t));
    /// A host or domain name, or `[NAME]`.
    NAME = "a name", r"\.[Tt][Ee][Ss][Tt]\.?\]?$", |t: &str| only(values::name(t));
    /// `user@example.test`, or nothing.
    ADDRESS = "an address", r"^$|@", |t: &str| only(values::address(t));
    /// An address or a domain.
    NAME_OR_ADDRESS = "a name or an address", r"\.[Tt][Ee][Ss][Tt]\.?\]?$", |t: &str| only(values::name_or_address(t));
    /// A name, or nothing at all.
    SNI = "a name", "", |t: &str| if t.is_empty() { Ok(()) } else { only(values::name(t)) };
    /// A name, or `*`.
    ROUTED = "a domain", "", |t: &str| if t == "*" { Ok(()) } else { only(values::name(t)) };
    /// `"10 mx.example.test"`.
    MX_RECORD = "an MX record", r"^\d+ ", |t: &str| only(values::mx_record(t));
    /// `"OWNER TYPE DATA"`.
    RECORD = "a record", r"^\S+ \S+ .+$", |t: &str| only(values::extra_record(t));
    /// `"ipv4 refused"`.
    HOST_ADDRESS = "an address of a host", r"^ipv[46]( refused| silent)?$", |t: &str| only(values::host_address(t));
    /// `"3 1 1 match"`.
    TLSA = "a TLSA record", r"^(\d+ \d+ \d+ \S+|CNAME \S+)$", |t: &str| only(values::tlsa(t));
    /// `"1.2"`.
    VERSION = "a TLS version", r"^(ssl3|1\.[0-3])$", |t: &str| only(values::version(t));
    /// `">=1.2"`.
    CONDITION = "a condition on TLS", r"^(none|any|(>=)?1\.[0-3])$", |t: &str| only(values::condition(t));
    /// An IANA name.
    CIPHER = "a cipher suite", "^TLS_", cipher;
    /// An EHLO line.
    KEYWORD = "an EHLO line", "", keyword;
    /// A word of the certificate catalogue.
    CERTIFICATE = "a certificate", r"^[a-z0-9-]+$", |t: &str| only(values::certificate_word(t));
    /// The same, or `refuse`.
    SHOWN = "a certificate", r"^[a-z0-9-]+$", |t: &str| only(values::shown(t));
    /// The kind of a key.
    KEY_KIND = "a kind of key", r"^[a-z0-9-]+$", |t: &str| only(values::key_kind(t));
    /// The name of a case, or a label.
    LABEL = "a word of letters, digits and hyphens", "^[A-Za-z0-9][A-Za-z0-9-]*$", label;
    /// A title.
    TITLE = "a title", "^.{1,100}$", title;
    /// An id of the catalogue.
    ROW = "an id", r"^[A-Za-z0-9][A-Za-z0-9.-]*$", |_: &str| Ok(());
    /// A word for what became of a message.
    OUTCOME = "an outcome", "^(delivered|deferred|bounced|rejected|returned)$", outcome;
    /// `"mx.example.test"`, `"attacker of mx.example.test"`, `"dns"`, `"client"`.
    FAULT_PLACE = "a fake", "", |_: &str| Ok(());
    /// `mailto:` or `https:`.
    URI = "a URI", "^(mailto|https):", uri;
    /// A line of a message's header or of an HTTP answer.
    HEADER_LINE = "a header line", "^[^ :]+:", header_line;
}

fn cipher(text: &str) -> Result<(), Complaint> {
    match text.strip_prefix("TLS_") {
        Some(_) => Ok(()),
        None => Err(Complaint::new(format!("{text:?} is no cipher suite"))
            .help("IANA names, as TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")),
    }
}

fn keyword(text: &str) -> Result<(), Complaint> {
    match text.to_ascii_uppercase().trim() {
        "-STARTTLS" => Err(Complaint::new("STARTTLS is not removed through `keywords`")
            .help("write `starttls = \"absent\"` or `\"hidden\"`")),
        "" | "-" => Err(Complaint::new("an empty EHLO line").help("as \"SIZE 1000\" or \"-SIZE\"")),
        _ if text.contains(['\r', '\n']) => {
            Err(Complaint::new("an EHLO line is one line").help("write two of them"))
        }
        _ => Ok(()),
    }
}

pub(crate) fn label(text: &str) -> Result<(), Complaint> {
    let is_label = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_label {
        return Ok(());
    }
    Err(Complaint::new(format!("{text:?} is no label"))
        .help("letters, digits and hyphens; a value that is none gets one: { LABEL = value }"))
}

fn title(text: &str) -> Result<(), Complaint> {
    let length = text.chars().count();
    if length > 100 {
        return Err(
            Complaint::new(format!("the title has {length} characters")).help("at most 100")
        );
    }
    if text.trim_end().ends_with('.') {
        return Err(Complaint::new("the title ends with a full stop").help("leave it out"));
    }
    Ok(())
}

/// What a file can expect to become of a message.
const OUTCOMES: [&str; 5] = ["delivered", "deferred", "bounced", "rejected", "returned"];

fn outcome(text: &str) -> Result<(), Complaint> {
    if OUTCOMES.contains(&text) {
        return Ok(());
    }
    if ["lost", "unknown"].contains(&text) {
        return Err(
            Complaint::new(format!("{text:?} is seen and cannot be expected"))
                .help("what should have become of the message?"),
        );
    }
    let meant = crate::document::nearest(text, OUTCOMES);
    Err(
        Complaint::new(format!("{text:?} is no outcome")).help(meant.map_or_else(
            || OUTCOMES.join(", "),
            |word| format!("did you mean {word:?}?"),
        )),
    )
}

fn uri(text: &str) -> Result<(), Complaint> {
    let is_uri = match text.split_once(':') {
        Some(("https", rest)) => rest.starts_with("//") && rest.len() > 2,
        Some((_, rest)) => !rest.is_empty(),
        None => false,
    };
    if is_uri {
        return Ok(());
    }
    Err(Complaint::new(format!("{text:?} is no URI")).help("as in \"mailto:reports@reports.test\""))
}

fn header_line(text: &str) -> Result<(), Complaint> {
    let name = text.split_once(':').map_or("", |(name, _)| name);
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Complaint::new(format!("{text:?} is no header line"))
            .help("a name, a colon and a value, as in \"TLS-Required: No\""));
    }
    Ok(())
}
