"""What the engine signs, verified by an implementation that is not ours: dkimpy must take every message as it was signed, and
none that was changed behind it.

    python3 .ci/reports.py SIGNER [ROUNDS]

SIGNER is the example `signer` of the engine. Needs the Python packages dkimpy and PyNaCl, and openssl.
"""

import base64
import pathlib
import random
import subprocess
import sys
import tempfile

import dkim

DOMAIN, SELECTOR = "home.test", "tlsrpt"


class Signer:
    """The engine's signer with one key."""

    def __init__(self, program, key):
        self.process = subprocess.Popen(
            [program, DOMAIN, SELECTOR, str(key)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.record = self.process.stdout.readline().strip().encode()

    def signed(self, content):
        self.process.stdin.write(base64.b64encode(content).decode() + "\n")
        self.process.stdin.flush()
        return base64.b64decode(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def keys(folder):
    """A file for each kind of key."""
    kinds = {
        "rsa2048": ["-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:2048"],
        "rsa4096": ["-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:4096"],
        "ed25519": ["-algorithm", "ed25519"],
    }
    for name, options in kinds.items():
        path = pathlib.Path(folder) / name
        subprocess.run(["openssl", "genpkey", "-out", str(path)] + options, check=True, capture_output=True)
        yield name, path


def message(chance):
    """A report's header around a body with odd blanks and empty lines."""
    fields = [
        "From: <tls-reports@%s>" % DOMAIN,
        "To: <reports@example.test>",
        "Subject: Report Domain: example.test\r\n Submitter: %s\r\n Report-ID: <%d@%s>" % (DOMAIN, chance.randrange(10**9), DOMAIN),
        "TLS-Report-Domain: example.test",
        "TLS-Report-Submitter: %s" % DOMAIN,
        "Message-ID: <%d@%s>" % (chance.randrange(10**9), DOMAIN),
        "X-Note:%sone\r\n\ttwo  three" % chance.choice([" ", "\t", ""]),
        "X-Note: four ",
        "Date: Mon, 1 Jan 2024 00:00:00 +0000",
    ]
    chance.shuffle(fields)
    lines = [chance.choice(["H4sIAAAAAAAA", "text ", "a\t b", "", " ", "\t"]) for _ in range(chance.randrange(6))]
    return "\r\n".join(fields + ["", ""] + lines).encode() + b"end\r\n"


CHANGES = [
    (b"example.test", b"another.test"),
    (b"TLS-Report-Submitter: home", b"TLS-Report-Submitter: away"),
    (b"To: <reports@", b"To: <eve@other.test>\r\nTo: <reports@"),
    (b"From: <tls", b"From: <eve@home.test>\r\nFrom: <tls"),
    (b"end\r\n", b"end\r\nmore\r\n"),
    (b"X-Note: four", b"X-Note: five"),
]


def main():
    program, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100
    wrong, counted = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for name, path in keys(folder):
            chance = random.Random(name)
            signer = Signer(program, path)
            ask = lambda query, timeout=5: signer.record if query.rstrip(b".") == b"tlsrpt._domainkey.home.test" else None

            def holds(content, service="strict"):
                try:
                    return dkim.verify(content, dnsfunc=ask, tlsrpt=service)
                except dkim.DKIMException:
                    return False

            for turn in range(rounds):
                signed = signer.signed(message(chance))
                changed = signed.replace(*chance.choice(CHANGES))
                told = [
                    (holds(signed), True, "as it was signed", signed),
                    (holds(signed, False), False, "taken for other mail, which its key is not for", signed),
                    (b" l=" in signed.split(b"\r\n\r\n")[0], False, "with a limited length", signed),
                    (changed != signed and holds(changed), False, "changed", changed),
                ]
                for got, wanted, how, content in told:
                    counted += 1
                    if got != wanted:
                        wrong += 1
                        print("%s, turn %d: a message %s\n%s" % (name, turn, how, content.decode(errors="replace")))
            signer.stop()
    print("signed reports: %d checks, %d disagreements" % (counted, wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
