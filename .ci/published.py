#!/usr/bin/env python3
"""What the fakes publish and what the engine reports, read by programs that this project did not write.

Usage: published.py MTASPEC      (the built command; the Python is one with checkdmarc and parsedmarc)

checkdmarc looks up STS and TLSRPT records and fetches policies of worlds that `mtaspec serve` brings up, and must accept what
is right and refuse what is wrong. It needs ports 53 and 443 and resolv.conf, so it runs in network and mount namespaces that
this script makes; it trusts the root of the run. parsedmarc reads every TLS report that the engine makes in a run of the suite,
as it came: the mails whole, with their packed attachments, and what was posted.
"""

import glob
import json
import os
import subprocess
import sys
import tempfile

import checks
from checks import check
from internet import Internet

# The families in which domains ask for reports.
REPORTING = ["tlsrpt/**", "mta-sts/**", "dane/**", "precedence/**", "regressions/**", "requiretls/**", "internationalised/**"]

# Worlds by name, with what checkdmarc must say of them: words of its error, or None where it must accept without a warning.
STS = {
    "enforce": ("sts = {}", None),
    "testing": ('sts = { mode = "testing", max_age = 86_400 }', None),
    "none": ('sts = { mode = "none" }', None),
    "two-hosts": ('sts = {}\nmx = ["10 a.example.test", "20 b.example.test"]', None),
    "wildcard": ('sts = { mx = ["*.example.test"] }', None),
    "in-strings": ('sts = { record = [["v=STSv1; ", "id=2026;"]] }', None),
    "with-lf": ('sts = { policy = "version: STSv1\\nmode: enforce\\nmx: mx.example.test\\nmax_age: 604800\\n" }', None),
    "no-record": ("sts = { record = [] }", "does not exist"),
    "two-records": ('sts = { record = ["v=STSv1; id=1;", "v=STSv1; id=2;"] }', "multiple"),
    "no-id": ('sts = { record = ["v=STSv1;"] }', "id"),
    "odd-mode": ('sts = { policy = "version: STSv1\\r\\nmode: strict\\r\\nmx: mx.example.test\\r\\nmax_age: 604800\\r\\n" }', "mode"),
    "no-max-age": ('sts = { policy = "version: STSv1\\r\\nmode: enforce\\r\\nmx: mx.example.test\\r\\n" }', "max_age"),
}
HOSTS = {
    "wildcard-certificate": ('https."mta-sts.example.test".certificate = "wildcard"', None),
    "alias": ('https."mta-sts.example.test".cname = "policies.provider.test"\n'
              'https."policies.provider.test".certificate = { names = ["mta-sts.example.test"] }', None),
    "tls-1-2": ('https."mta-sts.example.test".tls = ["1.2"]', None),
    "expired": ('https."mta-sts.example.test".certificate = "expired"', "certificate has expired"),
    "untrusted": ('https."mta-sts.example.test".certificate = "untrusted-ca"', "certificate verify failed"),
    "wrong-name": ('https."mta-sts.example.test".certificate = "wrong-name"', "match"),
    "not-found": ('fault = [{ on = "mta-sts.example.test", at = "response", do = "404" }]', "404"),
    "redirected": ('fault = [{ on = "mta-sts.example.test", at = "response", do = "302 https://mta-sts.example.test/a.txt" }]', "302"),
    "closed": ('fault = [{ on = "mta-sts.example.test", at = "response", do = "close" }]', "Connection"),
    "garbage": ('fault = [{ on = "mta-sts.example.test", at = "body", do = "garbage" }]', ""),
}
TLSRPT = {
    "mail": ("tlsrpt = {}", None),
    "https": ('tlsrpt = { rua = ["https://reports.example.test/v1/tlsrpt"] }', None),
    "both": ('tlsrpt = { rua = ["mailto:reports@reports.test", "https://reports.example.test/tls"] }', None),
    "in-strings": ('tlsrpt = { record = [["v=TLSRPTv1; rua=", "mailto:reports@reports.test"]] }', None),
    "no-record": ("tlsrpt = { record = [] }", "does not exist"),
    "two-records": ('tlsrpt = { record = ["v=TLSRPTv1; rua=mailto:a@reports.test", "v=TLSRPTv1; rua=mailto:b@reports.test"] }', "multiple"),
    "no-rua": ('tlsrpt = { record = ["v=TLSRPTv1;"] }', "expected tag_value"),
}


def write_worlds(folder):
    """One file a world; what it publishes, and nothing to expect but that mail can go."""
    head = 'title = "A world to look at"\nwhy = "Others must read it as it is meant."\nexpect = { outcome = ["delivered", "deferred", "returned"] }\n'
    table = '[domain."example.test"]\n'
    texts = {f"sts-{name}": table + text for name, (text, _) in STS.items()}
    # Keys of the file come before its tables.
    texts |= {f"host-{name}": text + "\n" + table + "sts = {}" for name, (text, _) in HOSTS.items()}
    texts |= {f"tlsrpt-{name}": table + text for name, (text, _) in TLSRPT.items()}
    for name, text in texts.items():
        with open(os.path.join(folder, f"{name}.toml"), "w") as file:
            file.write(head + text + "\n")


def checkdmarc_agrees(internet):
    # Only after the trust root is known: requests reads it when it is loaded.
    import checkdmarc.mta_sts
    import checkdmarc.smtp_tls_reporting

    labels = {host["scenario"].split("/")[-1]: host["name"].split(".")[2] for host in internet.hosts if host["role"] == "home"}
    resolver = [internet.ready["validating_resolver"].rsplit(":", 1)[0]]
    looks = [(f"sts-{name}", wanted, checkdmarc.mta_sts.check_mta_sts) for name, (_, wanted) in STS.items()]
    looks += [(f"host-{name}", wanted, checkdmarc.mta_sts.check_mta_sts) for name, (_, wanted) in HOSTS.items()]
    looks += [(f"tlsrpt-{name}", wanted, checkdmarc.smtp_tls_reporting.check_smtp_tls_reporting) for name, (_, wanted) in TLSRPT.items()]
    accepted = 0
    for world, wanted, look in looks:
        told = look(f"example.{labels[world]}.test", nameservers=resolver)
        if wanted is None:
            check(told["valid"] and not told.get("warnings"), f"{world}: checkdmarc does not accept it: {told}")
            accepted += 1
        else:
            check(not told["valid"] and wanted.lower() in str(told["error"]).lower(), f"{world}: checkdmarc accepts it, or for another reason not: {told}")
    print(f"checkdmarc accepts {accepted} worlds that are right and refuses {len(looks) - accepted} that are wrong", flush=True)


def reports_in(folder):
    """The reports of a run as they came: mails, and bodies of POSTs."""
    for path in sorted(glob.glob(os.path.join(folder, "*.jsonl"))):
        mail = {}
        with open(path, encoding="utf-8") as file:
            for line in file:
                event = json.loads(line)
                place = (event.get("host"), event.get("connection"))
                if event.get("event") == "message-accepted":
                    mail[place] = event["content"]
                elif event.get("event") == "report-mailed":
                    yield os.path.basename(path), "mail", mail[place]
                elif event.get("event") == "report-posted" and 200 <= event["status"] < 300:
                    yield os.path.basename(path), "https", event["body"]


def parsedmarc_reads_every_report(mtaspec):
    import parsedmarc

    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run([mtaspec, "run", *REPORTING, "--record", folder], capture_output=True, text=True, timeout=900)
        check(ran.returncode == 0, f"the run of the suite did not pass\n{ran.stdout[-2000:]}")
        count = {"mail": 0, "https": 0}
        for name, by, text in reports_in(folder):
            try:
                if by == "mail":
                    read = parsedmarc.parse_report_email(text, offline=True)
                    check(read["report_type"] == "smtp_tls", f"{name}: parsedmarc takes it for {read['report_type']}")
                    report = read["report"]
                else:
                    report = parsedmarc.parse_smtp_tls_report_json(text)
            except parsedmarc.ParserError as error:
                sys.exit(f"published.py: {name}: parsedmarc cannot read the report: {error}\n{text}")
            check(report["policies"] and report["report_id"], f"{name}: parsedmarc finds nothing in it: {report}")
            count[by] += 1
        check(count["mail"] >= 100 and count["https"] >= 10, f"the suite made only {count} reports")
        print(f"parsedmarc reads {count['mail']} reports by mail and {count['https']} by HTTPS", flush=True)


def inside(mtaspec):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # getaddrinfo asks for no address while only loopback ones are there (AI_ADDRCONFIG).
    subprocess.run(["ip", "address", "add", "198.18.0.1/15", "dev", "lo"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        write_worlds(folder)
        with Internet(mtaspec, "--ports", "real", folder) as internet, tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(f"nameserver {internet.ready['validating_resolver'].rsplit(':', 1)[0]}\noptions edns0 timeout:2 attempts:2\n")
            file.flush()
            subprocess.run(["mount", "--bind", file.name, "/etc/resolv.conf"], check=True)
            os.environ["REQUESTS_CA_BUNDLE"] = internet.ready["trust_root"]
            try:
                checkdmarc_agrees(internet)
            finally:
                subprocess.run(["umount", "/etc/resolv.conf"], check=True)


def main():
    if sys.argv[1] == "--inside":
        inside(sys.argv[2])
        return
    mtaspec = os.path.abspath(sys.argv[1])
    command = ["unshare", "--net", "--mount", "--", sys.executable, __file__, "--inside", mtaspec]
    check(subprocess.run(command, timeout=300).returncode == 0, "checkdmarc does not agree")
    parsedmarc_reads_every_report(mtaspec)
    print(f"what is published and reported is read by others: {checks.count} checks")


if __name__ == "__main__":
    main()
