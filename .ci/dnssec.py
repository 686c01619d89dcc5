#!/usr/bin/env python3
"""Validators that this project did not write follow the trust anchor of `mtaspec serve`, and must find each zone to be
what it claims: secure, insecure or bogus.

Usage: dnssec.py MTASPEC      (the built command)

delv and unbound-host validate for themselves and ask the resolver that does not; dig asks the one that does. The zones
are those of zones/every-kind.toml.
"""

import os
import re
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor

import checks
from checks import check, run
from internet import Internet

HERE = os.path.dirname(os.path.abspath(__file__))
ZONES = os.path.join(HERE, "zones", "every-kind.toml")
WORST_FIRST = ["bogus", "insecure", "secure"]
# What is asked in every zone, and what kind of answer comes.
IN_EVERY_ZONE = [
    ("{zone}", "MX", "data"),
    ("mx.{zone}", "A", "data"),
    ("mx.{zone}", "AAAA", "nodata"),
    ("{zone}", "TLSA", "nodata"),
    ("nobody.{zone}", "A", "nxdomain"),
    ("x.nobody.{zone}", "A", "nxdomain"),
    ("below.a.b.{zone}", "TXT", "nxdomain"),
    ("_25._tcp.nobody.{zone}", "TLSA", "nxdomain"),
]
IN_FILED_ZONES = [
    ("x.wild.{zone}", "TXT", "data"),
    ("x.y.wild.{zone}", "TXT", "data"),
    ("x.wild.{zone}", "A", "nodata"),
    ("a.b.{zone}", "TXT", "data"),
    ("b.{zone}", "TXT", "nodata"),
]
ALIASES = [
    ("to-nsec3.example", "secure", "data"),
    ("to-secure.nsec3", "secure", "data"),
    ("to-host.example", "secure", "nodata"),
    ("to-host.nsec3", "secure", "nodata"),
    ("to-insecure.example", "insecure", "data"),
    ("to-insecure.nsec3", "insecure", "data"),
    ("to-secure.insecure", "insecure", "data"),
    ("there-and-back.example", "insecure", "data"),
    ("to-bogus.example", "bogus", "data"),
    ("to-bogus.insecure", "bogus", "data"),
]


class Validators:
    """delv, unbound-host and dig, told where to ask and what to trust."""

    def __init__(self, ready, folder):
        self.resolver, self.port = ready["resolver"].rsplit(":", 1)
        self.validating, self.validating_port = ready["validating_resolver"].rsplit(":", 1)
        fields = ready["trust_anchor"].split()
        check(fields[:3] == [".", "IN", "DNSKEY"], f"the trust anchor is no key of the root: {ready['trust_anchor']}")
        self.anchors = os.path.join(folder, "anchors")
        with open(self.anchors, "w", encoding="ascii") as file:
            file.write(f'trust-anchors {{ . static-key {fields[3]} {fields[4]} {fields[5]} "{fields[6]}"; }};\n')
        self.key = os.path.join(folder, "root.key")
        with open(self.key, "w", encoding="ascii") as file:
            file.write(ready["trust_anchor"] + "\n")
        self.unbound = os.path.join(folder, "unbound.conf")
        with open(self.unbound, "w", encoding="ascii") as file:
            file.write('server:\n  do-not-query-localhost: no\n  local-zone: "test." nodefault\n'
                       f'forward-zone:\n  name: "."\n  forward-addr: {self.resolver}@{self.port}\n')

    def delv(self, name, kind):
        """State and kind of answer, and all that was printed."""
        printed = run("delv", f"@{self.resolver}", "-p", self.port, "-a", self.anchors, "+root=.", name, kind)
        said = re.findall(r"^; (?:negative response, )?(fully validated|unsigned answer)", printed, re.M)
        states = [{"fully validated": "secure", "unsigned answer": "insecure"}[word] for word in said]
        answer = re.search(r"resolution failed: ncache (nxdomain|nxrrset)", printed)
        if not answer and "resolution failed" in printed:
            states.append("bogus")
        answer = {"nxdomain": "nxdomain", "nxrrset": "nodata"}[answer[1]] if answer else "data"
        return min(states, key=WORST_FIRST.index, default="bogus"), answer, printed

    def unbound_host(self, name, kind):
        printed = run("unbound-host", "-C", self.unbound, "-f", self.key, "-v", "-t", kind, name)
        said = re.findall(r"\((secure|insecure)\)|(BOGUS|validation failure)", printed)
        states = ["bogus" if broken else state for state, broken in said]
        answer = "nxdomain" if "NXDOMAIN" in printed else "nodata" if re.search(r" has no ", printed) else "data"
        return min(states, key=WORST_FIRST.index, default=f"nothing: {printed}"), answer, printed

    def dig(self, name, kind, *switches):
        printed = run("dig", f"@{self.validating}", "-p", self.validating_port, "+time=5", "+tries=1", *switches, name, kind)
        status = re.search(r"status: (\w+)", printed)
        flags = re.search(r"flags: ([a-z ]*);", printed)
        if not (status and flags):
            return "nothing", "nothing", printed
        state = "bogus" if status[1] == "SERVFAIL" else "secure" if "ad" in flags[1].split() else "insecure"
        denied = re.search(r"AUTHORITY SECTION:\n\S+\s+\d+\s+IN\s+SOA\s", printed)
        answer = "nxdomain" if status[1] == "NXDOMAIN" else "nodata" if denied else "data"
        return state, answer, printed


def agree(validators, question):
    """What is wrong with the answers to one question; nothing, if all is as it is claimed to be."""
    name, kind, claim, answer = question
    wrong = []
    found = {
        "delv": validators.delv(name, kind),
        "unbound-host": validators.unbound_host(name, kind),
        "dig +dnssec": validators.dig(name, kind, "+dnssec"),
        "dig +adflag": validators.dig(name, kind, "+adflag", "+nodnssec"),
    }
    for program, (state, got, printed) in found.items():
        if state != claim or (claim != "bogus" and got != answer):
            wrong.append(f"{program} finds {name} {kind} {state}, {got}; it claims to be {claim}, {answer}\n{printed}")
    unasked, _, printed = validators.dig(name, kind, "+noadflag", "+nodnssec")
    if unasked != ("bogus" if claim == "bogus" else "insecure"):
        wrong.append(f"dig without AD and DO is told that {name} {kind} is {unasked}\n{printed}")
    unchecked, got, printed = validators.dig(name, kind, "+dnssec", "+cdflag")
    if (unchecked == "secure") != (claim == "secure") or got != answer:
        wrong.append(f"dig +cdflag finds {name} {kind} {unchecked}, {got}\n{printed}")
    return wrong


def labels(internet):
    """The label of each case."""
    found = {}
    for host in internet.hosts:
        if host["role"] == "home":
            found[host["scenario"].split("#")[1]] = host["name"].split(".")[2]
    return found


def claims(zones):
    """What each zone of the file claims to be: what it says, unless the zone above it is worse."""
    said = {"secure": "secure", "insecure": "insecure"}
    own = {zone: said.get(table.get("dnssec", "secure"), "bogus") for zone, table in zones.items()}
    for zone in own:
        above = zone.split(".", 1)[1]
        if own.get(above, "secure") != "secure":
            own[zone] = own[above]
    return own


def zone_questions(zones, label):
    """Every kind of question to every zone."""
    labelled = lambda name: f"{name.removesuffix('.test')}.{label}.test"
    for zone, claim in claims(zones).items():
        for name, kind, answer in IN_EVERY_ZONE + IN_FILED_ZONES:
            yield labelled(name.format(zone=zone)), kind, claim, answer
    for name, kind, answer in IN_EVERY_ZONE:
        yield labelled(name.format(zone="home.test")), kind, "secure", answer
    for name, claim, answer in ALIASES:
        yield labelled(f"{name}.test"), "TXT", claim, answer
    yield labelled("_25._tcp.mx.example.test"), "TLSA", "secure", "data"
    # The chain of trust: the zone above answers for DS records, whatever the zone below is.
    for zone in zones:
        if claims(zones).get(zone.split(".", 1)[1], "secure") == "secure":
            has_none = zones[zone].get("dnssec") == "insecure"
            yield labelled(zone), "DS", "secure", "nodata" if has_none else "data"
    for zone in (".", "test", f"{label}.test", labelled("example.test"), labelled("home.test"), labelled("nsec3.test")):
        for kind in ("DNSKEY", "SOA"):
            yield zone, kind, "secure", "data"
        yield zone, "DS", "secure", "nodata" if zone == "." else "data"
    yield "nobody.test", "A", "secure", "nxdomain"


def bad_answer_questions(label):
    for name, kind, answer in [
        ("_25._tcp.mx.example", "TLSA", "nxdomain"),
        ("_25._tcp.mx.nsec3", "TLSA", "nxdomain"),
        ("mx.example", "AAAA", "nodata"),
        ("mx.nsec3", "AAAA", "nodata"),
        ("a.b.example", "TXT", "data"),
        ("a.b.nsec3", "TXT", "data"),
        ("to-nsec3.example", "TXT", "data"),
    ]:
        yield f"{name}.{label}.test", kind, "bogus", answer
    for zone in ("example", "nsec3"):
        yield f"mx.{zone}.{label}.test", "A", "secure", "data"
        yield f"other.{zone}.{label}.test", "A", "secure", "nxdomain"


def true_denial_questions(label):
    for name, kind, answer in [
        ("_25._tcp.mx.example", "TLSA", "nodata"),
        ("_25._tcp.mx.nsec3", "TLSA", "nodata"),
        ("mx.example", "A", "nxdomain"),
        ("mx.nsec3", "A", "nxdomain"),
        ("example", "TXT", "nxdomain"),
    ]:
        yield f"{name}.{label}.test", kind, "secure", answer


def stripped_signatures_are_missed(validators, label):
    """Data without the signatures that they should have: bogus to who validates, and vouched for by who does not look."""
    name = f"nsec3.{label}.test"
    for program in (validators.delv, validators.unbound_host):
        state, _, printed = program(name, "MX")
        check(state == "bogus", f"{program.__name__} finds {name} {state} without signatures\n{printed}")
    state, _, printed = validators.dig(name, "MX", "+dnssec")
    check(state == "secure" and "RRSIG" not in printed, f"dig is shown signatures of {name}, or no AD\n{printed}")


def algorithms_are_of_three_kinds(validators, label):
    found = set()
    for zone in (".", "test", f"{label}.test", f"example.{label}.test", f"home.{label}.test"):
        _, _, printed = validators.dig(zone, "DNSKEY", "+dnssec")
        found.update(re.findall(r"DNSKEY\s+257 3 (\d+)", printed))
    check(found == {"8", "13", "15"}, f"the zones are signed by algorithms {sorted(found)}")


def addresses_lead_back(validators, label):
    host = f"mx.example.{label}.test"
    address = re.search(r"\sA\s+([\d.]+)", validators.dig(host, "A")[2])
    check(address, f"{host} has no address")
    reverse = ".".join(reversed(address[1].split("."))) + ".in-addr.arpa"
    for program in (validators.delv, validators.unbound_host):
        state, _, printed = program(reverse, "PTR")
        check(state == "secure" and host in printed, f"{program.__name__} does not find {host} at {reverse}\n{printed}")


def main():
    mtaspec = os.path.abspath(sys.argv[1])
    with open(ZONES, "rb") as file:
        zones = tomllib.load(file)["domain"]
    with Internet(mtaspec, ZONES) as internet, tempfile.TemporaryDirectory() as folder:
        validators = Validators(internet.ready, folder)
        label = labels(internet)
        questions = [
            *zone_questions(zones, label["zones"]),
            *bad_answer_questions(label["bad-answers"]),
            *true_denial_questions(label["true-denials"]),
        ]
        with ThreadPoolExecutor(4) as pool:
            for wrong in pool.map(lambda question: agree(validators, question), questions):
                check(not wrong, "\n".join(wrong))
        stripped_signatures_are_missed(validators, label["bad-answers"])
        algorithms_are_of_three_kinds(validators, label["zones"])
        addresses_lead_back(validators, label["zones"])
    by_claim = {claim: sum(question[2] == claim for question in questions) for claim in reversed(WORST_FIRST)}
    told = ", ".join(f"{number} {claim}" for claim, number in by_claim.items())
    print(f"delv, unbound-host and dig agree on {len(questions)} questions ({told}): {checks.count} checks")


if __name__ == "__main__":
    main()
