#!/usr/bin/env python3
"""Senders that this project did not write hand mail to `mtaspec relay`, which must take, refuse and trace it as it says.

Usage: inbound.py MTASPEC      (the built command)

swaks, Python's smtplib, openssl s_client and sslscan talk to it; Postfix sends through it. Everything runs in network,
mount and process namespaces that this script makes, with loopback alone.
"""

import json
import os
import queue
import re
import signal
import smtplib
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading

import checks
from checks import check, run
from postfix import Postfix

PASSWORD = "open-sesame"


# ---- certificates

def certificates(folder):
    """An authority that the relay trusts, its own certificate, and those of clients: good, of another name, of a stranger."""
    def openssl(*arguments):
        done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True)
        check(done.returncode == 0, f"openssl {arguments[0]}: {done.stderr}")

    for authority in ("ca", "stranger-ca"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={authority}",
                "-keyout", f"{authority}.key", "-out", f"{authority}.pem")
    for name, host, usage, authority in (("server", "mx.home.test", "serverAuth", "ca"),
                                         ("good", "mx.partner.test", "clientAuth", "ca"),
                                         ("other-name", "mx.other.test", "clientAuth", "ca"),
                                         ("stranger", "mx.partner.test", "clientAuth", "stranger-ca")):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={host}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        with open(os.path.join(folder, f"{name}.ext"), "w") as file:
            file.write(f"subjectAltName=DNS:{host}\nextendedKeyUsage={usage}\nbasicConstraints=CA:FALSE\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
                "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")


# ---- where the relay brings its mail

class Home(socketserver.ThreadingTCPServer):
    """The mail host behind the relay: takes everything, and keeps the content."""

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        self.taken, self.count = queue.Queue(), 0
        super().__init__(("127.0.0.1", 0), HomeSession)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def next(self):
        """The content of the next message, with folded lines joined."""
        try:
            content = self.taken.get(timeout=60)
        except queue.Empty:
            sys.exit("inbound.py: a message that was taken did not come home")
        self.count += 1
        return re.sub(r"\r\n[ \t]+", " ", content)


class HomeSession(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 sink.home.test ESMTP\r\n")
        for line in self.rfile:
            verb = line.strip().split(b" ")[0].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                content = []
                for part in self.rfile:
                    if part == b".\r\n":
                        break
                    content.append(part)
                self.server.taken.put(b"".join(content).decode(errors="replace"))
            self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")


# ---- the relay

class Relay:
    """A running `mtaspec relay` that is the MX host and the submission server of home.test."""

    def __init__(self, mtaspec, folder, home, floor):
        self.folder, self.home, self.floor = folder, home, floor
        settings, store = os.path.join(folder, f"settings-{floor}.toml"), os.path.join(folder, f"store-{floor}")
        with open(os.path.join(folder, "accounts"), "w") as file:
            file.write(f"anna:{PASSWORD}\n")
        with open(settings, "w") as file:
            # No resolver answers at port 1: what the DNS does not say refuses nobody.
            file.write(f"""
hostname = "mx.home.test"
resolvers = ["127.0.0.1:1"]
trust = "ca.pem"
minimum_tls = "{floor}"

[receiving]
domains = ["home.test"]
certificate = {{ chain = "server.pem", key = "server.key" }}
accounts = "accounts"

[list.partners]
entries = "partner.test"
[list.careful]
entries = "careful.test"

[rule.partners]
lists = ["partners"]
[rule.careful]
lists = ["careful"]
require_ca_signed = false
validate_hostname = false

[route."home.test"]
host = "[127.0.0.1]"
port = {home.server_address[1]}
""")
        services = ("mx", "submission", "submissions")
        listen = [word for service in services for word in ("--listen", f"{service}=127.0.0.1:0")]
        self.log = open(os.path.join(folder, f"log-{floor}"), "w+")
        self.process = subprocess.Popen([mtaspec, "relay", "--settings", settings, "--store", store, "--json", *listen],
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        ready = self.process.stdout.readline()
        check(ready, f"the relay did not start: {self.logged()}")
        self.ports = {told["service"]: int(told["address"].rsplit(":", 1)[1]) for told in json.loads(ready)["listen"]}

    def logged(self):
        self.log.seek(0)
        return self.log.read()

    def file(self, name):
        return os.path.join(self.folder, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        told = [json.loads(line) for line in self.process.stdout]
        check(self.process.wait(timeout=60) == 0, f"the relay did not end well: {self.logged()}")
        counts = [line["traffic"] for line in told if "traffic" in line]
        came = [count for count in counts if count["direction"] == "inbound"]
        check(sum(count["messages"] for count in came) == self.home.count, f"{self.home.count} messages came home, the relay says {counts}")
        check({count["version"] for count in came} >= {None, "TLSv1.2", "TLSv1.3"}, f"the relay counts {counts}")
        self.home.count = 0

    def swaks(self, *arguments, service="mx", sender="a@example.test", to="user@home.test"):
        return run("swaks", "--server", "127.0.0.1", "--port", str(self.ports[service]), "--from", sender, "--to", to,
                   "--helo", "mx.partner.test", "--header", f"From: {sender}", "--timeout", "20", *arguments)

    def s_client(self, *arguments, text="QUIT\r\n"):
        return run("openssl", "s_client", "-starttls", "smtp", "-connect", f"127.0.0.1:{self.ports['mx']}",
                   *arguments, text=text)


def trace(content):
    """The top field of a message."""
    field = content.split("\r\n", 1)[0]
    check(field.startswith("Received: from "), f"the message does not begin with a trace field: {field}")
    return field


# ---- swaks

def swaks_delivers_in_plaintext_and_in_every_version(relay):
    print_taken = relay.swaks()
    check("<-  250 2.0.0" in print_taken, f"swaks in plaintext: {print_taken}")
    field = trace(relay.home.next())
    check(" with ESMTP;" in field and "cipher" not in field, f"the trace field of plaintext: {field}")
    old = [] if relay.floor == "1.2" else ["tlsv1", "tlsv1_1"]
    for version in [*old, "tlsv1_2", "tlsv1_3"]:
        said = relay.swaks("-tls", "--tls-protocol", version, "--tls-cipher", "DEFAULT@SECLEVEL=0")
        spoken = re.search(r"TLS started with cipher TLSv(1(?:\.\d)?):([^:\s]+):(\d+)", said)
        check(spoken and "<~  250 2.0.0" in said, f"swaks with {version}: {said}")
        number, cipher, bits = spoken.groups()
        number = (number if "." in number else f"{number}.0").replace(".", "_")
        field = trace(relay.home.next())
        want = f"(version=TLS{number} cipher={cipher} bits={bits}/{bits})"
        check(want in field and " with ESMTPS;" in field, f"swaks spoke {want}, the trace field says {field}")
    if relay.floor == "1.2":
        for version in ("tlsv1", "tlsv1_1"):
            said = relay.swaks("-tls", "--tls-protocol", version, "--tls-cipher", "DEFAULT@SECLEVEL=0")
            check("TLS startup failed" in said and "alert protocol version" in said, f"swaks with {version}: {said}")


def swaks_is_judged_by_the_rules(relay):
    sender = "a@partner.test"

    def shows(name):
        return ("-tls", "--tls-cert", relay.file(f"{name}.pem"), "--tls-key", relay.file(f"{name}.key"))

    # (sender, arguments, reply to the data)
    cases = [
        (sender, (), "<** 550 5.7.1 "), (sender, ("-tls",), "<~* 550 5.7.5 "), (sender, shows("good"), "<~  250 2.0.0"),
        (sender, shows("stranger"), "<~* 550 5.7.5 "), (sender, shows("other-name"), "<~* 550 5.7.5 "),
        ("a@careful.test", (), "<** 550 5.7.1 "), ("a@careful.test", ("-tls",), "<~  250 2.0.0"),
        ("a@careful.test", shows("stranger"), "<~  250 2.0.0"), ("a@sub.careful.test", (), "<-  250 2.0.0"),
    ]
    for sender, arguments, want in cases:
        said = relay.swaks(*arguments, sender=sender)
        check(want in said, f"swaks from {sender} with {arguments}: no {want!r} in {said}")
        if " 250 " in want:
            relay.home.next()
    said = relay.swaks(to="user@elsewhere.test")
    check("<** 550 5.7.1 Relaying denied" in said, f"swaks to a foreign domain: {said}")


def swaks_logs_in(relay):
    login = ("--auth-user", "anna", "--auth-password", PASSWORD)
    for service, switch in (("submission", "-tls"), ("submissions", "-tlsc")):
        for mechanism in ("PLAIN", "LOGIN"):
            said = relay.swaks(switch, "--auth", mechanism, *login, service=service)
            check("235 2.7.0" in said and "<~  250 2.0.0" in said, f"swaks at {service} with {mechanism}: {said}")
            field = trace(relay.home.next())
            check(re.search(r" with ESMTPSA tls TLS_[A-Z0-9_]+;", field), f"the trace field of {service}: {field}")
        said = relay.swaks(switch, "--auth", "PLAIN", "--auth-user", "anna", "--auth-password", "guess", service=service)
        check("535 5.7.8" in said, f"swaks with a wrong password: {said}")
        check("530 5.7.0" in relay.swaks(switch, service=service), f"swaks without a login was taken at {service}")
    said = relay.swaks("--auth", "PLAIN", *login, service="submission")
    check("Host did not advertise authentication" in said, f"swaks at submission in plaintext: {said}")


# ---- smtplib

def smtplib_delivers_and_logs_in(relay):
    context = ssl.create_default_context(cafile=relay.file("ca.pem"))
    message = "From: a@example.test\r\nSubject: smtplib\r\n\r\nx\r\n"
    with smtplib.SMTP("127.0.0.1", relay.ports["mx"], local_hostname="a.example.test") as client:
        client._host = "mx.home.test"
        client.ehlo()
        check(client.has_extn("starttls") and not client.has_extn("auth"), f"extensions: {client.esmtp_features}")
        client.starttls(context=context)
        client.ehlo()
        check(not client.has_extn("starttls"), f"extensions inside TLS: {client.esmtp_features}")
        version, cipher = client.sock.version(), client.sock.cipher()
        client.sendmail("a@example.test", ["user@home.test", "Postmaster"], message)
        field = trace(relay.home.next())
        check(version.replace("v", "").replace(".", "_") in field and cipher[0] in field, f"{version} {cipher}: {field}")
        check("from a.example.test ([127.0.0.1])" in field, f"the trace field names another host: {field}")
        try:
            client.sendmail("a@example.test", ["user@elsewhere.test"], message)
            check(False, "smtplib relayed to a foreign domain")
        except smtplib.SMTPRecipientsRefused as refused:
            check(refused.recipients["user@elsewhere.test"][0] == 550, f"{refused}")
    context.check_hostname = False
    with smtplib.SMTP_SSL("127.0.0.1", relay.ports["submissions"], context=context) as client:
        try:
            client.login("anna", "guess")
            check(False, "smtplib logged in with a wrong password")
        except smtplib.SMTPAuthenticationError as refused:
            check(refused.smtp_code == 535, f"{refused}")
    with smtplib.SMTP_SSL("127.0.0.1", relay.ports["submissions"], context=context) as client:
        client.login("anna", PASSWORD)
        client.sendmail("anna@home.test", ["user@home.test"], message)
        check(" with ESMTPSA tls " in trace(relay.home.next()), "no ESMTPSA after a login")


# ---- openssl s_client and sslscan

def openssl_finds_a_sound_handshake(relay):
    told = relay.s_client("-CAfile", relay.file("ca.pem"), "-verify_return_error", "-verify_hostname", "mx.home.test",
                          "-servername", "mx.home.test")
    check("Verify return code: 0 (ok)" in told and "Compression: NONE" in told, f"s_client: {told}")
    unknown = relay.s_client("-servername", "unknown.example.test", "-CAfile", relay.file("ca.pem"))
    check("Verify return code: 0 (ok)" in unknown, f"s_client with an unknown name: {unknown}")
    nameless = relay.s_client("-noservername")
    check("BEGIN CERTIFICATE" in nameless, f"s_client without SNI: {nameless}")
    for version in ("-tls1_2", "-tls1_3"):
        session = relay.file(f"session{version}")
        relay.s_client(version, "-sess_out", session)
        if os.path.exists(session):
            again = relay.s_client(version, "-sess_in", session)
            check("Reused, " not in again, f"a session was resumed with {version}")
    asked = relay.s_client("-tls1_2")
    check("No client certificate CA names sent" in asked and "Client Certificate Types" in asked,
          f"no client certificate is asked for: {asked}")


def sslscan_finds_nothing_old(relay):
    told = run("sslscan", "--starttls-smtp", "--no-colour", "--no-check-certificate", f"127.0.0.1:{relay.ports['mx']}")
    enabled = set(re.findall(r"^(TLSv1\.[0-3]|SSLv[23])\s+enabled", told, re.M))
    check(enabled == {"TLSv1.2", "TLSv1.3"}, f"sslscan finds {enabled}: {told}")
    check("Session renegotiation not supported" in told, f"sslscan on renegotiation: {told}")
    check("Compression disabled" in told or "OpenSSL version does not support compression" in told, told)
    suites = re.findall(r"^(?:Preferred|Accepted)\s+TLSv1\.2\s+\d+ bits\s+(\S+)", told, re.M)
    check(suites and all(suite.startswith("ECDHE-") and ("GCM" in suite or "CHACHA20" in suite) for suite in suites),
          f"sslscan finds the suites {suites}")


# ---- Postfix

def postfix_sends(relay):
    with Postfix(relay, "encrypting", smtp_tls_security_level="encrypt") as postfix:
        said = postfix.send("a@example.test")
        check("TLS connection established to 127.0.0.1" in said and "status=sent (250 2.0.0 Taken)" in said, said)
        field = trace(relay.home.next())
        spoken = re.search(r"(TLSv1\.\d) with cipher (\S+) \((\d+/\d+) bits\)", said).groups()
        want = f"(version={spoken[0].replace('v', '').replace('.', '_')} cipher={spoken[1]} bits={spoken[2]})"
        check(want in field, f"Postfix spoke {spoken}, the trace field says {field}")
        check("status=sent" in postfix.send("a@careful.test"), "Postfix under a rule for TLS alone")
        relay.home.next()
        said = postfix.send("a@partner.test")
        check("dsn=5.7.5, status=bounced" in said and "said: 550 5.7.5" in said, f"Postfix without a certificate: {said}")
    shown = {"smtp_tls_cert_file": relay.file("good.pem"), "smtp_tls_key_file": relay.file("good.key")}
    with Postfix(relay, "known", smtp_tls_security_level="verify", smtp_tls_verify_cert_match="mx.home.test", **shown) as postfix:
        said = postfix.send("a@partner.test")
        check("Verified TLS connection established" in said and "status=sent" in said, f"Postfix with a certificate: {said}")
        relay.home.next()
    with Postfix(relay, "plain", smtp_tls_security_level="none") as postfix:
        said = postfix.send("a@careful.test")
        check("dsn=5.7.1, status=bounced" in said and "said: 550 5.7.1" in said, f"Postfix in plaintext: {said}")
        check("status=sent" in postfix.send("a@example.test"), "Postfix in plaintext without a rule")
        check(" with ESMTP;" in trace(relay.home.next()), "the trace field of Postfix in plaintext")


def the_log_tells_versions_and_no_secrets(relay):
    log = relay.logged()
    check(re.search(r'a message came in .*version="TLSv1\.3" cipher="TLS_AES_256_GCM_SHA384"', log), f"no TLS 1.3 in the log: {log}")
    check(re.search(r'a message came in .*version="none"', log), "no plaintext in the log")
    for secret in (PASSWORD, "AGFubmE", "b3Blbi1zZXNhbWU"):
        check(secret not in log, f"the log has {secret}")


def inside(mtaspec):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        certificates(folder)
        home = Home()
        with Relay(mtaspec, folder, home, "1.2") as relay:
            for ask in (swaks_delivers_in_plaintext_and_in_every_version, swaks_is_judged_by_the_rules, swaks_logs_in,
                        smtplib_delivers_and_logs_in, openssl_finds_a_sound_handshake, sslscan_finds_nothing_old, postfix_sends,
                        the_log_tells_versions_and_no_secrets):
                ask(relay)
                print(f"{ask.__name__.replace('_', ' ')}: {checks.count} checks so far", flush=True)
        with Relay(mtaspec, folder, home, "1.0") as relay:
            swaks_delivers_in_plaintext_and_in_every_version(relay)
            swaks_is_judged_by_the_rules(relay)
    print(f"foreign senders agree: {checks.count} checks")


def main():
    if sys.argv[1] == "--inside":
        inside(sys.argv[2])
    else:
        mtaspec = os.path.abspath(sys.argv[1])
        alone = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]
        sys.exit(subprocess.run([*alone, sys.executable, __file__, "--inside", mtaspec], timeout=600).returncode)


if __name__ == "__main__":
    main()
