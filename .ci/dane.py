#!/usr/bin/env python3
"""DANE clients that this project did not write look at the hosts of `mtaspec serve`, and must come to the outcomes that the
scenario files expect.

Usage: dane.py MTASPEC      (the built command)

posttls-finger, Postfix's probe, looks up everything for itself through the validating resolver, at the levels "dane" and
"secure"; openssl s_client is given the TLSA records that dig finds. Both need port 25 and resolv.conf, so they run in
network and mount namespaces that this script makes.
"""

import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import checks
from checks import check, run
from internet import Internet

PATTERNS = ["dane/**", "regressions/**"]
# Where posttls-finger 3.7 decides otherwise, and may: what it was seen to do, and why that is no fault of the file.
ELSEWISE = {
    "dane/lookup/destinations-without-mx#no-mx-record-and-an-alias/original":
        ("deferred", "without MX records it knows the expanded name only (RFC 7672 §3.2.2 wants the original one as well)"),
}
# A certificate that our root signed and that names the host is verified at the level "secure".
VERIFIED = {"valid", "renewed", "wildcard", "rsa-2048", "rsa-4096", "ecdsa-p384", "large-chain", "upper-case-name", "empty-subject",
            "cn-only"}
NOT_VERIFIED = {"expired", "not-yet-valid", "expired-intermediate", "self-signed", "untrusted-ca", "anchor-not-sent",
                "missing-intermediate", "wrong-name", "recipient-domain", "ip-address-only", "double-wildcard", "client-only", "path-length-exceeded",
                "name-constraints-violated", "critical-extension"}


class Case:
    """What `mtaspec show` says of the first step of a case."""

    def __init__(self, text):
        self.id = text.split("\n", 1)[0]
        first = text.split("\n  step 2\n")[0]
        outcomes = re.search(r"^ +outcome = (.*)$", first, re.M)
        self.outcomes = set(re.split(r", | or ", outcomes[1])) if outcomes else set()
        needs = re.search(r"^  needs (.*)$", first, re.M)
        self.needs = set(needs[1].split(", ")) if needs else set()
        self.recipient = re.search(r"^  message .* to (\S+)", first, re.M)
        self.difference = re.search(r"differs from a healthy world in\n((?:    .*\n)*)", first)
        self.difference = " ".join(self.difference[1].split()) if self.difference else ""

    def is_for_one_host(self):
        """Can a probe that takes the first MX host that answers stand for a sender?"""
        told = any(need.startswith(("setting-", "route", "secure-route", "alternate-route", "other-port")) for need in self.needs)
        several = re.search(r'\.mx = \["[^"]*", "', self.difference)
        plain = self.recipient and self.recipient[1] == "user@example.test"
        # What is demanded beyond the records stands in the settings, which `show` leaves to the file.
        demanded = self.id.startswith("dane/lookup/mandatory-and-audited#")
        # The C library waits for a resolver over TCP without a time limit.
        endless = "fault dns: tcp: stall" in self.difference
        return bool(self.outcomes and plain) and not (told or several or demanded or endless)


def all_cases(mtaspec):
    """The cases that are about DANE, and about nothing else that a probe does not do."""
    shown = run(mtaspec, "show", *PATTERNS)
    cases = [Case(text) for text in re.split(r"\n(?=[a-z0-9-]+/\S+\n)", shown)]
    return [case for case in cases if "dane" in case.needs and not case.needs & {"mta-sts", "requiretls"}]


def labels(internet):
    return {host["scenario"]: host["name"].split(".")[2] for host in internet.hosts if host["role"] == "home"}


def finger(level, *arguments):
    return run("posttls-finger", "-c", "-t", "3", "-T", "3", "-l", level, "-L", "summary,certmatch,verbose", *arguments, timeout=120)


def outcome_at_level_dane(printed):
    """What a sender would do that saw this."""
    found = re.search(r"DNSSEC-signed TLSA record|unsupported TLSA|unusable TLSA|reserved private-use", printed)
    usable = "DNSSEC-signed TLSA record" in printed and "all TLSA records unusable" not in printed
    if re.search(r"lost connection while sending EHLO|SSL_connect error|STARTTLS rejected", printed):
        return "deferred" if found else "delivered"
    established = re.search(r"(\w+) TLS connection established", printed)
    if established:
        # "Trusted" is what it says of a match where the MX records were insecure.
        return "delivered" if established[1] in ("Verified", "Trusted") or not usable else "deferred"
    if re.search(r"Failed to establish session|lookup (?:failed|error|problem)|no MX host", printed):
        return "deferred"
    return "deferred" if found else "delivered"


def posttls_finger_agrees_at_level_dane(cases, label):
    asked = [case for case in cases if case.id in label and case.is_for_one_host()]
    check(len(asked) >= 250, f"only {len(asked)} cases can be asked of posttls-finger")
    stale = ELSEWISE.keys() - {case.id for case in asked}
    check(not stale, f"no such cases are asked any longer: {sorted(stale)}")
    count = {"delivered": 0, "deferred": 0}
    with ThreadPoolExecutor(6) as pool:
        domains = [f"example.{label[case.id]}.test" for case in asked]
        for case, printed in zip(asked, pool.map(lambda domain: finger("dane", domain), domains)):
            got = outcome_at_level_dane(printed)
            count[got] += 1
            wanted = {ELSEWISE[case.id][0]} if case.id in ELSEWISE else case.outcomes
            check(got in wanted, f"{case.id}: posttls-finger comes to {got}, wanted {wanted}\n{printed}")
    return f"{count['delivered']} deliveries and {count['deferred']} delays"


def posttls_finger_agrees_at_level_secure(internet):
    """By the authorities that it trusts, whatever the records say."""
    seen = set()
    for host in internet.mx(r"^(certificates/(?!asked-for-by-name)|opportunistic/bad-certificate|opportunistic/healthy-host)"):
        word, (first, domain) = host["certificate"], host["name"].split(".", 1)
        if first != "mx" or not domain.startswith("example.") or host["starttls"] != "offered" or word in seen:
            continue
        if word not in VERIFIED | NOT_VERIFIED:
            continue
        seen.add(word)
        printed = finger("secure", "-F", internet.ready["trust_root"], domain, "hostname")
        established = re.search(r"(\w+) TLS connection established", printed)
        check(established, f"{host['scenario']}: no TLS at all\n{printed}")
        check((established[1] == "Verified") == (word in VERIFIED),
              f"{host['scenario']}: posttls-finger says {established[1]} of {word!r} at level secure\n{printed}")
    missing = (VERIFIED | NOT_VERIFIED) - seen
    check(not missing, f"no host shows these certificates: {sorted(missing)}")
    return len(seen)


def tlsa_records(internet, base):
    resolver = internet.ready["validating_resolver"].rsplit(":", 1)[0]
    printed = run("dig", f"@{resolver}", "+short", "TLSA", f"_25._tcp.{base}")
    records = re.findall(r"^(\d+ \d+ \d+) ([0-9A-F ]+)$", printed, re.M)
    return [f"{numbers} {data.replace(' ', '')}" for numbers, data in records]


def openssl_agrees(internet, cases, label):
    """Records, chains and names of the host itself: OpenSSL is told the TLSA base domain and knows no other name."""
    hosts = {host["name"]: host for host in internet.hosts if host["role"] == "mx"}
    count = 0
    for case in cases:
        if not re.match(r"dane/(records|chains)/", case.id) or not case.is_for_one_host() or "fault" in case.difference:
            continue
        base = f"mx.example.{label[case.id]}.test"
        host, records = hosts.get(base), tlsa_records(internet, base)
        if not host or host["starttls"] != "offered" or host["tls"] != ["1.2", "1.3"] or not records:
            continue
        rrs = [word for record in records for word in ("-dane_tlsa_rrdata", record)]
        printed = run("openssl", "s_client", "-starttls", "smtp", "-connect", f"{host['address']}:25", "-dane_tlsa_domain", base,
                      "-dane_ee_no_namechecks", *rrs, text="QUIT\r\n")
        # OpenSSL knows usages 0 and 1, which SMTP does not, and gives up where no record is usable.
        if "DANE TLSA" not in printed and "Verif" not in printed or any(record[0] in "01" for record in records):
            continue
        verified = re.search(r"^DANE TLSA .* matched ", printed, re.M) and "Verification: OK" in printed and "bad signature" not in printed
        got = "delivered" if verified else "deferred"
        check(got in case.outcomes, f"{case.id}: openssl s_client comes to {got}, wanted {case.outcomes}\n{printed}")
        count += 1
    check(count >= 60, f"only {count} hosts were asked by openssl s_client")
    return count


def inside(mtaspec):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # getaddrinfo asks for no address while only loopback ones are there (AI_ADDRCONFIG).
    subprocess.run(["ip", "address", "add", "198.18.0.1/15", "dev", "lo"], check=True)
    cases = all_cases(mtaspec)
    with Internet(mtaspec, "--ports", "real", *PATTERNS, "certificates/**", "opportunistic/**") as internet, \
            tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(f"nameserver {internet.ready['validating_resolver'].rsplit(':', 1)[0]}\noptions edns0 trust-ad timeout:2 attempts:2\n")
        file.flush()
        # Postfix's programs do not stay root.
        os.chmod(file.name, 0o644)
        subprocess.run(["mount", "--bind", file.name, "/etc/resolv.conf"], check=True)
        label = labels(internet)
        print(f"posttls-finger agrees at level dane with {posttls_finger_agrees_at_level_dane(cases, label)}", flush=True)
        print(f"posttls-finger agrees at level secure about {posttls_finger_agrees_at_level_secure(internet)} certificates", flush=True)
        print(f"openssl s_client agrees with {openssl_agrees(internet, cases, label)} cases", flush=True)
        subprocess.run(["umount", "/etc/resolv.conf"], check=True)
    print(f"DANE clients agree: {checks.count} checks")


def main():
    if sys.argv[1] == "--inside":
        inside(sys.argv[2])
    else:
        mtaspec = os.path.abspath(sys.argv[1])
        command = ["unshare", "--net", "--mount", "--", sys.executable, __file__, "--inside", mtaspec]
        check(subprocess.run(command, timeout=900).returncode == 0, "a DANE client does not agree")


if __name__ == "__main__":
    main()
