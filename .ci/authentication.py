"""Sender authentication against implementations that are not ours: what dkimpy signs or changes, and what pyspf says of a
record, has to come out the same way at the engine as a receiver.

    python3 .ci/authentication.py RECEIVER [ROUNDS]

RECEIVER is the example `receiver` of the engine. Needs the Python packages dkimpy, PyNaCl and pyspf. The chances are drawn
from a fixed seed, which is printed with each disagreement.
"""

import base64
import random
import smtplib
import socket
import subprocess
import sys
import threading

import dkim
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import nacl.signing
import spf

HOME, SENDER = "home.test", "partner.test"


class Zone:
    """A DNS on loopback. Records are put in and taken out as the checks go on; `fails` stands for SERVFAIL."""

    def __init__(self):
        self.records = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    def address(self):
        return "%s:%d" % self.socket.getsockname()

    def lookup(self, name, kind):
        return self.records.get((name.lower().rstrip("."), kind), [])

    def serve(self):
        while True:
            packet, peer = self.socket.recvfrom(4096)
            query = dns.message.from_wire(packet)
            question = query.question[0]
            answer = dns.message.make_response(query)
            answer.flags |= dns.flags.RA
            name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
            data = self.lookup(name, kind)
            known = {owner for owner, _ in self.records}
            if data == ["fails"]:
                answer.set_rcode(dns.rcode.SERVFAIL)
            elif data:
                answer.answer.append(dns.rrset.from_text(question.name, 0, "IN", kind, *map(presented(kind), data)))
            elif name.lower().rstrip(".") not in known:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            self.socket.sendto(answer.to_wire(), peer)


def presented(kind):
    def quoted(text):
        pieces = [text[at:at + 200] for at in range(0, len(text), 200)]
        return " ".join('"%s"' % piece.replace("\\", "\\\\").replace('"', '\\"') for piece in pieces)

    return {"TXT": quoted, "MX": lambda host: "10 %s." % host, "PTR": lambda host: host + "."}.get(kind, str)


class Receiver:
    """The engine."""

    def __init__(self, program, zone):
        self.process = subprocess.Popen(
            [program, zone.address(), HOME, SENDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        host, port = self.process.stdout.readline().strip().rsplit(":", 1)
        self.address = (host, int(port))

    def answer(self, content, sender="", source="127.0.0.1", greeting="mx.partner.test"):
        """taken, refused or deferred: what becomes of a message at the end of its data."""
        with smtplib.SMTP(*self.address, local_hostname=greeting, source_address=(source, 0)) as session:
            session.ehlo()
            session.mail(sender)
            session.rcpt("user@" + HOME)
            code, text = session.data(content)
        known = {(250, b"2.0.0"): "taken", (550, b"5.7.26"): "refused", (451, b"4.4.3"): "deferred"}
        return known.get((code, text.split(b" ")[0]), "%d %s" % (code, text))

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def keys(zone):
    """Selector, algorithm and private key of each kind of key, with its record in the zone."""
    found = []
    for bits in (1024, 2048):
        private = subprocess.run(["openssl", "genrsa", str(bits)], check=True, capture_output=True).stdout
        public = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=private, check=True, capture_output=True).stdout
        selector = "rsa%d" % bits
        zone.records[selector + "._domainkey." + SENDER, "TXT"] = ["v=DKIM1; p=" + base64.b64encode(public).decode()]
        found.append((selector, b"rsa-sha256", private))
    private = nacl.signing.SigningKey.generate()
    public = base64.b64encode(private.verify_key.encode()).decode()
    zone.records["ed._domainkey." + SENDER, "TXT"] = ["v=DKIM1; k=ed25519; p=" + public]
    found.append(("ed", b"ed25519-sha256", base64.b64encode(private.encode())))
    return found


def message(chance):
    """A message with odd blanks, folds and empty lines."""
    blank = lambda: chance.choice([" ", "  ", "\t", " \t "])
    fields = [
        "From:%sann@%s" % (blank(), SENDER),
        "To: user@home.test",
        "Subject:%sa%sb%s" % (chance.choice(["", " ", "\r\n "]), blank(), chance.choice(["", " ", "\t"])),
        "X-Note: one\r\n\ttwo%sthree" % blank(),
        "X-Note: four",
        "Date: Mon, 1 Jan 2024 00:00:00 +0000",
    ]
    chance.shuffle(fields)
    lines = [chance.choice(["text", " text", "text ", "a\t b", "", " ", "\t"]) for _ in range(chance.randrange(6))]
    return "\r\n".join(fields + ["", ""] + lines).encode() + chance.choice([b"", b"\r\n"])


def changed(chance, content):
    """The message as some relay or somebody else left it: harmless in one form, fatal in the other, or fatal in both."""
    header, body = content.split(b"\r\n\r\n", 1)
    changes = [
        lambda: content,
        lambda: b"Received: by relay.test\r\n" + content,
        lambda: header.replace(b"Subject:", b"SUBJECT: ") + b"\r\n\r\n" + body,
        lambda: header.replace(b"user@home", b"eve@home") + b"\r\n\r\n" + body,
        lambda: header + b"\r\nX-Note: five\r\n\r\n" + body,
        lambda: header.replace(b"X-Note: four\r\n", b"") + b"\r\n\r\n" + body,
        lambda: header + b"\r\n\r\n" + body + b"\r\n\r\n",
        lambda: header + b"\r\n\r\n" + body + b"\r\nmore\r\n",
        lambda: header + b"\r\n\r\n" + body.replace(b" ", b"  "),
        lambda: header + b"\r\n\r\n" + body.replace(b"text", b"next"),
        lambda: content.replace(b"; bh=", b"; bh=A", 1),
        lambda: content.replace(b"; s=", b"; s=x", 1),
    ]
    return chance.choice(changes)()


def check_signatures(zone, receiver, rounds, seed):
    chance, wrong, counted = random.Random(seed), 0, {}
    known = keys(zone)
    for turn in range(rounds):
        selector, algorithm, private = chance.choice(known)
        forms = (chance.choice([b"simple", b"relaxed"]), chance.choice([b"simple", b"relaxed"]))
        content = message(chance)
        names = [b"from", b"to", b"subject"] + chance.choice([[], [b"x-note"], [b"x-note", b"X-Note", b"x-note"], [b"none", b"date"]])
        field = dkim.sign(
            content, selector.encode(), SENDER.encode(), private, signature_algorithm=algorithm, canonicalize=forms,
            include_headers=names)
        # In transit the last line gets an end, as SMTP wants it.
        sent = changed(chance, field + content)
        sent = sent if sent.endswith(b"\r\n") else sent + b"\r\n"
        ask = lambda name: (zone.lookup(name.decode(), "TXT") or [""])[0]
        try:
            wanted = dkim.verify(sent, dnsfunc=lambda name, timeout=5: ask(name).encode() or None)
        except dkim.DKIMException:
            wanted = False
        wanted = "taken" if wanted else "refused"
        got = receiver.answer(sent)
        counted[wanted] = counted.get(wanted, 0) + 1
        if got != wanted:
            wrong += 1
            print("seed %d, turn %d, %s: dkimpy says %s, the engine %s, of\n%s" % (
                seed, turn, algorithm.decode(), wanted, got, sent.decode(errors="replace")))
    print("signatures: %s, %d disagreements" % (counted, wrong))
    return wrong


def zones_of_records(zone):
    zone.records.update({
        (SENDER, "A"): ["127.0.0.1"],
        (SENDER, "MX"): ["mx1.partner.test", "mx2.partner.test"],
        ("mx1.partner.test", "A"): ["127.0.0.2"],
        ("mx2.partner.test", "A"): ["127.0.0.3"],
        ("a.partner.test", "A"): ["127.0.0.4", "127.0.0.5"],
        ("1.0.0.127.in-addr.arpa", "PTR"): ["host.partner.test"],
        ("host.partner.test", "A"): ["127.0.0.1"],
        ("2.0.0.127.in-addr.arpa", "PTR"): ["host.other.test"],
        ("host.other.test", "A"): ["127.0.0.9"],
        ("ann.partner.test", "A"): ["127.0.0.99"],
        ("4.0.0.127.in-addr.partner.test", "A"): ["127.0.0.99"],
        ("pass.test", "TXT"): ["v=spf1 ip4:127.0.0.0/30 -all"],
        ("fail.test", "TXT"): ["v=spf1 -all"],
        ("soft.test", "TXT"): ["unrelated", "v=spf1 ~all"],
        ("two.test", "TXT"): ["v=spf1 -all", "v=spf1 +all"],
        ("loop.test", "TXT"): ["v=spf1 include:loop.test -all"],
        ("broken.test", "TXT"): ["v=spf1 ip4:127.0.0.1/99 +all"],
        ("macro.test", "TXT"): ["v=spf1 exists:%{l}.%{o} -all"],
        ("fails.test", "TXT"): ["fails"],
        ("fails.test", "A"): ["fails"],
    })


TERMS = """
a mx ptr all a/24 mx/31 a:a.partner.test a:a.partner.test/30 mx:partner.test//64 ptr:partner.test ptr:other.test
ip4:127.0.0.1 ip4:127.0.0.4/31 ip4:127.0.0.0/29 ip6:::1 ip6:::/0 ip4:127.0.0.1/33 ip4:127.0.0 ip6:127.0.0.1
include:pass.test include:fail.test include:soft.test include:two.test include:loop.test include:broken.test
include:macro.test include:none.test include:fails.test exists:ann.partner.test exists:%{l}.%{d} exists:%{ir}.%{v}.partner.test
exists:none.test a:none.test a:none2.test mx:none3.test a:fails.test redirect=pass.test redirect=none.test
redirect=soft.test exp=why.test unknown=value %{x} a: a:%{h} nonsense include:
""".split()


def check_records(zone, receiver, rounds, seed):
    chance, wrong, counted = random.Random(seed), 0, {}
    zones_of_records(zone)

    def answers(name, kind, strict=True, timeout=None, ignore_void=0):
        data = zone.lookup(name, kind)
        if data == ["fails"]:
            raise spf.TempError("DNS fails")
        put = {"TXT": lambda text: (text.encode(),), "MX": lambda host: (10, host)}.get(kind, lambda one: one)
        return [((name, kind), put(one)) for one in data]

    spf.DNSLookup = answers
    for turn in range(rounds):
        terms = [chance.choice(["", "", "", "-", "~", "?", "+"]) * ("=" not in term) + term
                 for term in chance.sample(TERMS, k=chance.randrange(1, 6))]
        record = " ".join(["v=spf1"] + terms + chance.choice([[], ["-all"], ["+all"], ["?all"]]))
        zone.records[SENDER, "TXT"] = [record]
        source = "127.0.0.%d" % chance.randrange(1, 9)
        result = spf.check2(i=source, s="ann@" + SENDER, h="mx1.partner.test")[0]
        wanted = {"pass": "taken", "temperror": "deferred"}.get(result, "refused")
        content = b"From: ann@%s\r\nTo: user@home.test\r\n\r\ntext\r\n" % SENDER.encode()
        got = receiver.answer(content, "ann@" + SENDER, source, "mx1.partner.test")
        counted[wanted] = counted.get(wanted, 0) + 1
        if got != wanted:
            wrong += 1
            print("seed %d, turn %d: of %s pyspf says %s for %r, the engine %s" % (seed, turn, source, result, record, got))
    print("records: %s, %d disagreements" % (counted, wrong))
    return wrong


def main():
    program, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200
    zone = Zone()
    receiver = Receiver(program, zone)
    try:
        wrong = check_signatures(zone, receiver, rounds, 1) + check_records(zone, receiver, rounds, 2)
    finally:
        receiver.stop()
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
