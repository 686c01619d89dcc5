#!/usr/bin/env python3
"""A reader that this project did not write, Python's `email`, reads the notices that the engine sends.

Usage: notice.py [FOLDER]      (a folder of notices that were kept; without one the engine's tests are run to keep them)

Each file has the MAIL command, the RCPT commands, an empty line, and the notice octet by octet. Every field that
RFC 3464, RFC 3461 and RFC 6533 speak of must be found where it belongs and hold together with the others; and over all
notices each kind, field and form must have been seen, so that nothing is checked in vain.
"""

import email
import email.policy
import email.utils
import json
import os
import pathlib
import quopri
import re
import subprocess
import sys
import tempfile

TESTS = ["cargo", "test", "--locked", "--no-run", "--message-format=json"]
SUBJECTS = {
    "failed": "Your message could not be delivered",
    "delayed": "Your message is delayed, and will be tried again",
    "relayed": "Your message was handed on",
    "expanded": "Your message goes on to several recipients",
}
PER_MESSAGE = {"original-envelope-id", "reporting-mta", "arrival-date"}
PER_RECIPIENT = {
    "original-recipient", "final-recipient", "action", "status", "remote-mta", "diagnostic-code", "last-attempt-date",
    "will-retry-until",
}
STATUS_PARTS = {"message/delivery-status", "message/global-delivery-status"}
RETURNED_PARTS = {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}
# What must have been seen in some notice: kinds, fields, types of parts, encodings.
WANTED = (
    set(SUBJECTS) | PER_MESSAGE | PER_RECIPIENT | STATUS_PARTS | RETURNED_PARTS
    | {"8bit", "quoted-printable", "rfc822", "utf-8", "utf-8 in seven bits", "smtp", "x-mtaspec", "several recipients"}
    | {"nothing returned", "to an address beyond ASCII", "4", "5", "2"}
)
seen = set()
checks = 0


class Wrong(Exception):
    """What is wrong with a notice."""


def check(holds, sentence):
    """Counts one thing that must hold."""
    global checks
    checks += 1
    if not holds:
        raise Wrong(sentence)


def kept():
    """Runs the engine's tests, and yields what they kept: file names and contents."""
    built = subprocess.run(TESTS, stdout=subprocess.PIPE, text=True, check=True).stdout
    artifacts = [json.loads(line) for line in built.splitlines() if line.startswith("{")]
    programs = [
        artifact["executable"]
        for artifact in artifacts
        if artifact.get("executable") and artifact["target"]["name"] == "engine" and artifact["target"]["kind"] == ["test"]
    ]
    if len(programs) != 1:
        sys.exit(f"notice.py: the tests of the engine were not found among {len(artifacts)} artifacts")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "MTASPEC_NOTICES": folder}
        done = subprocess.run(programs, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"notice.py: the tests of the engine failed:\n{done.stdout}{done.stderr}")
        yield from of_folder(folder)


def of_folder(folder):
    """Yields the files of a folder: names and contents."""
    for path in sorted(pathlib.Path(folder).glob("*.eml")):
        yield path.name, path.read_bytes()


def date(text, field):
    """A date with a numeric zone (RFC 3464 §2.2.5)."""
    check(re.fullmatch(r"\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}", text), f"{field} is no date: {text!r}")
    return email.utils.parsedate_to_datetime(text)


def typed(text, field, types):
    """A value behind its type: `dns; mx.example.test`."""
    kind, parted, value = text.partition(";")
    check(parted and kind.strip().lower() in types, f"{field} has no type of {sorted(types)}: {text!r}")
    seen.add(kind.strip().lower())
    return value.strip()


def groups_of(part):
    """The groups of fields of the delivery status, names in small letters."""
    text = part.as_bytes(policy=email.policy.SMTP).partition(b"\r\n\r\n")[2].decode("utf-8")
    blocks = [block for block in re.split(r"\r\n(?:\r\n)+", text.strip("\r\n")) if block]
    groups = []
    for block in blocks:
        lines = re.sub(r"\r\n[ \t]+", " ", block).split("\r\n")
        pairs = [line.partition(":") for line in lines]
        names = [name.lower() for name, colon, _ in pairs if colon]
        check(len(names) == len(lines) == len(set(names)), f"no fields, or one twice, in {block!r}")
        groups.append({name.lower(): value.strip() for name, _, value in pairs})
    return groups


def read_envelope(head):
    """The envelope of RFC 3461 §6.1; returns the one recipient."""
    commands = head.split("\r\n")
    check(commands[0].split(" ")[0:2] == ["MAIL", "FROM:<>"], f"the reverse-path is not null: {commands[0]}")
    check("RET=" not in commands[0], f"a notice has no RET: {commands[0]}")
    check(len(commands) == 2, "a notice goes to one recipient")
    notify = re.findall(r"NOTIFY=(\S+)", commands[1])
    check(notify in ([], ["NEVER"]), f"a notice says NOTIFY=NEVER or nothing: {commands[1]}")
    return re.match(r"RCPT TO:<(.*)>", commands[1]).group(1)


def read_header(notice, to, content):
    """The header of the whole."""
    check(str(notice["To"]) == f"<{to}>" or not to.isascii(), f"To is {notice['To']}")
    check("MAILER-DAEMON@" in str(notice["From"]), f"From is {notice['From']}")
    check(str(notice["Auto-Submitted"]) == "auto-replied", "Auto-Submitted is not auto-replied")
    check(re.fullmatch(r"<[^<>@ ]+@[^<>@ ]+>", str(notice["Message-ID"])), "the Message-ID is none")
    check(notice.get_content_type() == "multipart/report", f"it is {notice.get_content_type()}")
    check(notice.get_param("report-type") == "delivery-status", "its report-type is not delivery-status")
    check(not notice.defects, f"it has defects: {notice.defects}")
    is_ascii = content.partition(b"\r\n\r\n")[2].isascii()
    encoding = str(notice["Content-Transfer-Encoding"] or "7bit")
    check(encoding == ("7bit" if is_ascii else "8bit"), f"the whole says {encoding}")
    check(max(map(len, content.split(b"\r\n"))) <= 998, "a line is longer than 998 octets")
    check(b"\n" not in content.replace(b"\r\n", b"") and b"\r" not in content.replace(b"\r\n", b""), "a bare CR or LF")
    if not to.isascii():
        seen.add("to an address beyond ASCII")
    return date(str(notice["Date"]), "Date")


def read_part(part):
    """What each part says of itself agrees with its octets."""
    raw = part.as_bytes(policy=email.policy.SMTP).partition(b"\r\n\r\n")[2]
    encoding = str(part["Content-Transfer-Encoding"] or "7bit")
    check(encoding in ("7bit", "8bit", "quoted-printable"), f"a part says {encoding}")
    check(raw.isascii() or encoding == "8bit", f"{part.get_content_type()} has eight bits and says {encoding}")
    seen.add(encoding)


def read_readable(part, groups):
    """The part for people names every recipient, what happened and what to do."""
    check(part.get_content_type() == "text/plain", f"the first part is {part.get_content_type()}")
    text = part.get_payload(decode=True).decode("utf-8")
    for group in groups:
        address = re.sub(r"\\x\{([0-9A-F]+)\}", lambda code: chr(int(code[1], 16)), group["final-recipient"].partition(";")[2].strip())
        check(f"<{address}>\r\n" in text, f"the readable part does not name {address}")
    for words in ("What happened: ", "What to do: "):
        check(text.count(words) == len(groups), f"{words!r} does not stand there for each recipient")
    check(max(map(len, text.split("\r\n"))) <= 998, "a readable line is too long")


def read_group(group, arrived, dated):
    """The fields of one recipient (RFC 3464 §2.3); returns the action."""
    unknown = set(group) - PER_RECIPIENT
    check(not unknown, f"fields that belong nowhere: {unknown}")
    for name in ("final-recipient", "action", "status", "diagnostic-code", "last-attempt-date"):
        # An alias is stood in for, and never tried.
        is_due = name != "last-attempt-date" or group.get("action") != "expanded"
        check(bool(group.get(name)) == is_due, f"{name} is missing, or has no place here")
    seen.update(group)
    action, status = group["action"], group["status"]
    check(action in SUBJECTS, f"Action is {action!r}")
    check(re.fullmatch(r"[245](\.(0|[1-9]\d{0,2})){2}", status), f"Status is {status!r}")
    check(status[0] in {"failed": "45", "delayed": "4", "relayed": "2", "expanded": "2"}[action], f"{action} with {status}")
    check(not status.endswith(".4.7"), "the status is that of age, and the cause is known")
    seen.add(status[0])
    address = typed(group["final-recipient"], "Final-Recipient", {"rfc822", "utf-8"})
    kind = group["final-recipient"].partition(";")[0]
    check((kind == "rfc822") == (address.isascii() and "\\x{" not in address), f"Final-Recipient is {kind} of {address}")
    if "\\x{" in address:
        seen.add("utf-8 in seven bits")
    if "original-recipient" in group:
        typed(group["original-recipient"], "Original-Recipient", {"rfc822", "utf-8"})
    typed(group["diagnostic-code"], "Diagnostic-Code", {"smtp", "x-mtaspec"})
    diagnostic = group["diagnostic-code"]
    if diagnostic.startswith("smtp"):
        check(re.match(r"smtp; [2-5]\d\d( |$)", diagnostic), f"no reply: {diagnostic!r}")
        check("remote-mta" in group, "a reply without the host that gave it")
        check(diagnostic[6] == status[0], f"{diagnostic!r} with {status}")
    if "remote-mta" in group:
        check(typed(group["remote-mta"], "Remote-MTA", {"dns"}), "Remote-MTA names nobody")
    check(("will-retry-until" in group) == (action == "delayed"), f"Will-Retry-Until with {action}")
    if "last-attempt-date" in group:
        tried = date(group["last-attempt-date"], "Last-Attempt-Date")
        check(arrived <= tried <= dated, "it was tried before it came, or after the notice was written")
    if action == "delayed":
        check(date(group["will-retry-until"], "Will-Retry-Until") > dated, "it should have been given up by now")
    return action


def read_returned(part, action):
    """The third part (RFC 6522 §4, RFC 3461 §6.2)."""
    kind = part.get_content_type()
    check(kind in RETURNED_PARTS, f"the third part is {kind}")
    seen.add(kind)
    whole = part.as_bytes(policy=email.policy.SMTP).partition(b"\r\n\r\n")[2]
    if str(part["Content-Transfer-Encoding"]) == "quoted-printable":
        whole = quopri.decodestring(whole)
    header, _, body = whole.partition(b"\r\n\r\n")
    check(header.lower().startswith(b"received: "), "the returned message has no trace field on top")
    has_all = kind in ("message/rfc822", "message/global")
    check(bool(body.strip()) == has_all, f"{kind} with a body of {len(body)} octets")
    check(not has_all or action == "failed", f"the whole message is returned with {action}")


def read(content):
    """Reads a kept notice."""
    head, _, content = content.partition(b"\r\n\r\n")
    to = read_envelope(head.decode("utf-8"))
    notice = email.message_from_bytes(content, policy=email.policy.compat32)
    dated = read_header(notice, to, content)
    parts = notice.get_payload()
    check(isinstance(parts, list) and len(parts) in (2, 3), f"it has {len(parts)} parts")
    for part in parts:
        read_part(part)
    status = parts[1]
    check(status.get_content_type() in STATUS_PARTS, f"the second part is {status.get_content_type()}")
    seen.add(status.get_content_type())
    of_message, *groups = groups_of(status)
    check(set(of_message) <= PER_MESSAGE, f"fields that belong nowhere: {set(of_message) - PER_MESSAGE}")
    seen.update(of_message)
    check(typed(of_message.get("reporting-mta", ""), "Reporting-MTA", {"dns"}), "Reporting-MTA names nobody")
    arrived = date(of_message["arrival-date"], "Arrival-Date")
    check(groups, "it speaks of no recipient")
    actions = {read_group(group, arrived, dated) for group in groups}
    check(len(actions) == 1, f"several actions in one notice: {actions}")
    action = actions.pop()
    seen.add(action)
    check(str(notice["Subject"]) == SUBJECTS[action], f"{action}: the subject is {notice['Subject']}")
    read_readable(parts[0], groups)
    if len(groups) > 1:
        seen.add("several recipients")
    if len(parts) == 3:
        read_returned(parts[2], action)
    else:
        seen.add("nothing returned")


def main():
    notices = 0
    source = of_folder(sys.argv[1]) if len(sys.argv) > 1 else kept()
    for name, content in source:
        notices += 1
        try:
            read(content)
        except Exception as error:  # whatever cannot be read is wrong with the notice
            sys.exit(f"notice.py: {name}: {type(error).__name__}: {error}\n{content.decode('utf-8', 'replace')}")
    missing = sorted(WANTED - seen)
    if missing:
        sys.exit(f"notice.py: in {notices} notices never seen: {', '.join(missing)}")
    print(f"{notices} notices, {checks} checks, nothing wrong")


main()
