//! The keys of expectations (SCENARIOS §9).

use super::form::{ADDRESS, BOUND, CONDITION, NAME, OUTCOME, ROW};
use super::{Keys, Kind, key};

pub(super) static EXPECT: Keys = Keys {
    name: "expect",
    title: "`expect`: what must be seen",
    meaning: "Within one table all keys must hold; each makes one finding.",
    merges: false,
    keys: &[&[
        key(
            "requirements",
            Kind::List("ids", &Kind::Form(&ROW)),
            "the case's",
            "rows of one level",
        ),
        key(
            "message",
            Kind::Text,
            "all of this step, or all that wait",
            "the message it speaks of",
        ),
        key(
            "recipient",
            Kind::Form(&ADDRESS),
            "all",
            "the recipient it speaks of",
        ),
        key(
            "outcome",
            Kind::OneOrMany(&Kind::Form(&OUTCOME)),
            "not judged",
            "of each message for each recipient: `delivered`, `deferred`, `bounced`, `rejected`, or `returned` (bounced, or rejected with 5yz)",
        ),
        key(
            "status",
            Kind::OneOrMany(&Kind::Text),
            "not judged",
            "enhanced code in the notice or the refusal, by class and family: `\"?.7.*\"`",
        ),
        key(
            "tls",
            Kind::OneOrMany(&Kind::Form(&CONDITION)),
            "not judged",
            "of the session that delivered, if one did: `\"none\"`, `\"any\"`, `\"1.3\"`, `\">=1.2\"`",
        ),
        key(
            "via",
            Kind::OneOrMany(&Kind::Form(&NAME)),
            "not judged",
            "the host that took it, if one did",
        ),
        key(
            "rounds",
            Kind::Count,
            "not judged",
            "how often the message was taken up; a round is one walk over the MX hosts",
        ),
        key(
            "attempts",
            Kind::Form(&BOUND),
            "not judged",
            "connections for this message in this step, all hosts together: `\"0..6\"`",
        ),
        key(
            "leaked",
            Kind::Flag,
            "`false` where delivery is ruled out or `tls` demanded",
            "canary bytes readable in plaintext or by an attacker",
        ),
        key(
            "disclosed",
            Kind::Word(&["nothing", "envelope", "message"]),
            "`\"nothing\"` where delivery is ruled out",
            "the most that anybody outside `via` was given",
        ),
        key(
            "notice",
            Kind::OrFalse(&Kind::Table(&NOTICE)),
            "not judged",
            "the failure notice; `false`: there must be none",
        ),
        key(
            "trace",
            Kind::Table(&TRACE),
            "not judged",
            "the Received field that the subject wrote",
        ),
        key(
            "report",
            Kind::OrFalse(&Kind::OneOrMany(&Kind::Table(&REPORT))),
            "not judged",
            "TLS reports that arrived; `false`: there must be none",
        ),
        key(
            "answer",
            Kind::Table(&ANSWER),
            "not judged",
            "the answer to `ask`",
        ),
        key(
            "saw",
            Kind::List("patterns", &Kind::Pattern),
            "nothing",
            "each matches an event of the step, `count` times if said",
        ),
        key(
            "never",
            Kind::List("patterns", &Kind::Pattern),
            "nothing",
            "none matches one",
        ),
        key(
            "order",
            Kind::List("patterns", &Kind::Pattern),
            "nothing",
            "each matches one after the one before",
        ),
    ]],
};

static NOTICE: Keys = Keys {
    name: "notice",
    title: "`expect.notice`: the failure notice",
    meaning: "A delivery status notification (RFC 3464).",
    merges: false,
    keys: &[&[
        key(
            "to",
            Kind::Form(&ADDRESS),
            "not judged",
            "whom it is sent to",
        ),
        key(
            "action",
            Kind::Word(&["failed", "delayed"]),
            "not judged",
            "Action",
        ),
        key(
            "status",
            Kind::OneOrMany(&Kind::Text),
            "not judged",
            "Status, by class and family",
        ),
        key("recipient", Kind::Text, "not judged", "Final-Recipient"),
        key(
            "remote_mta",
            Kind::OrFalse(&Kind::Text),
            "not judged",
            "Remote-MTA; `false` none",
        ),
        key("diagnostic", Kind::Text, "not judged", "Diagnostic-Code"),
        key(
            "says",
            Kind::Text,
            "not judged",
            "text in the readable part",
        ),
        key(
            "returned",
            Kind::OneOrMany(&Kind::Word(&["headers", "full", "none"])),
            "not judged",
            "how much of the message comes back",
        ),
        key(
            "requiretls",
            Kind::Flag,
            "not judged",
            "it was itself sent with REQUIRETLS",
        ),
        key(
            "tls",
            Kind::Form(&CONDITION),
            "not judged",
            "of the session that brought it",
        ),
        key("count", Kind::Count, "not judged", "how many came"),
        key(
            "will_retry_until",
            Kind::Flag,
            "not judged",
            "Will-Retry-Until is there",
        ),
        key(
            "well_formed",
            Kind::Flag,
            "not judged",
            "all of RFC 3464 structure, null reverse-path, no RET",
        ),
    ]],
};

static TRACE: Keys = Keys {
    name: "trace",
    title: "`expect.trace`: the Received field",
    meaning: "A reader takes all usual spellings.",
    merges: false,
    keys: &[&[
        key(
            "with",
            Kind::OneOrMany(&Kind::Text),
            "not judged",
            "as `\"ESMTPS\"`",
        ),
        key("version", Kind::Text, "not judged", "as `\"TLS1_3\"`"),
        key("cipher", Kind::Text, "not judged", "the suite"),
        key("bits", Kind::Text, "not judged", "as `\"256/256\"`"),
        key(
            "tls_clause",
            Kind::Flag,
            "not judged",
            "a clause about TLS is there",
        ),
        key(
            "on_top",
            Kind::Flag,
            "not judged",
            "it stands above all others",
        ),
    ]],
};

static REPORT: Keys = Keys {
    name: "report",
    title: "`expect.report`: a TLS report",
    meaning: "As RFC 8460 has it.",
    merges: false,
    keys: &[&[
        key(
            "to",
            Kind::OneOrMany(&Kind::Text),
            "not judged",
            "the URI it went to",
        ),
        key("domain", Kind::Text, "not judged", "the policy domain"),
        key(
            "policy_type",
            Kind::Word(&["sts", "tlsa", "no-policy-found"]),
            "not judged",
            "the kind of policy",
        ),
        key(
            "successful",
            Kind::Count,
            "not judged",
            "sessions that went well",
        ),
        key("failed", Kind::Count, "not judged", "sessions that did not"),
        key(
            "failures",
            Kind::List("failures", &Kind::Table(&FAILURE)),
            "not judged",
            "each is among the failure details",
        ),
        key(
            "mx",
            Kind::List("MX patterns", &Kind::Text),
            "not judged",
            "the policy's MX patterns",
        ),
        key(
            "policy",
            Kind::List("lines", &Kind::Text),
            "not judged",
            "the policy-string",
        ),
        key("days", Kind::Count, "not judged", "how many days it covers"),
        key("signed", Kind::Flag, "not judged", "DKIM"),
        key("compressed", Kind::Flag, "not judged", "gzip"),
        key(
            "truthful",
            Kind::Flag,
            "not judged",
            "its counts equal what the world saw",
        ),
        key(
            "well_formed",
            Kind::Flag,
            "not judged",
            "RFC 8460 §4.4 and §5, and no report-id twice in a story",
        ),
    ]],
};

static FAILURE: Keys = Keys {
    name: "failure",
    title: "`expect.report.failures`: a failure in a report",
    meaning: "One of the failure details.",
    merges: false,
    keys: &[&[
        key(
            "type",
            Kind::OneOrMany(&Kind::Text),
            "not judged",
            "failure type",
        ),
        key("count", Kind::Count, "not judged", "how many sessions"),
        key("host", Kind::Text, "not judged", "the receiving MX host"),
        key("reason", Kind::Text, "not judged", "the reason code"),
    ]],
};

static ANSWER: Keys = Keys {
    name: "answer",
    title: "`expect.answer`: the answer to a question",
    meaning: "Which fields there are depends on the question.",
    merges: false,
    keys: &[&[
        key(
            "passed",
            Kind::Flag,
            "not judged",
            "`test-connection`, `check-domain`: all is well",
        ),
        key(
            "failure",
            Kind::OneOrMany(&Kind::Text),
            "not judged",
            "`test-connection`: the failure type",
        ),
        key(
            "saved",
            Kind::Flag,
            "not judged",
            "`test-connection`: the rule is kept, with a warning",
        ),
        key("shown", Kind::Flag, "not judged", "`padlock`: there is one"),
        key("colour", Kind::Text, "not judged", "`padlock`: its colour"),
        key(
            "edition",
            Kind::Flag,
            "not judged",
            "`padlock`: it depends on the edition",
        ),
        key(
            "problems",
            Kind::List("words", &Kind::Text),
            "not judged",
            "`check-domain`: what is wrong",
        ),
        key(
            "used",
            Kind::Flag,
            "not judged",
            "`read-report`: the report was taken",
        ),
    ]],
};
