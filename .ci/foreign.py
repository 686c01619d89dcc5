#!/usr/bin/env python3
"""Programs that this project did not write look at `mtaspec serve`, and must see what it says is there.

Usage: foreign.py MTASPEC      (the built command)

openssl s_client, sslscan, swaks and dig run on loopback. The pipe and the Python snippet of
the certificate page need names and port 25, so they run in network and mount namespaces that this script makes.
"""

import os
import re
import subprocess
import sys
import tempfile

import checks
from checks import check, run
from internet import Internet

VERSIONS = {"1.0": "-tls1", "1.1": "-tls1_1", "1.2": "-tls1_2", "1.3": "-tls1_3"}
# What OpenSSL says of a certificate when it trusts our root and is told the host's name (verify(1), X509_V_ERR_*).
VERIFY_CODES = {
    "valid": {0}, "renewed": {0}, "wildcard": {0}, "rsa-2048": {0}, "rsa-4096": {0}, "ecdsa-p384": {0}, "large-chain": {0},
    "upper-case-name": {0}, "empty-subject": {0}, "expired": {10}, "not-yet-valid": {9}, "expired-intermediate": {10},
    "self-signed": {18}, "untrusted-ca": {19}, "anchor-not-sent": {20, 21}, "missing-intermediate": {20, 21},
    "wrong-name": {62}, "recipient-domain": {62}, "ip-address-only": {62}, "partial-wildcard": {0, 62},
    "double-wildcard": {62}, "inner-wildcard": {62}, "client-only": {26}, "path-length-exceeded": {25},
    "name-constraints-violated": {47, 48, 51}, "critical-extension": {34}, "cn-only": {0}, "x509-v1": {0}, "ca-leaf": {0},
    "rsa-1024": {0}, "ed25519": {0}, "sha1": {0}, "md5": {0}, "wrong-key": {0},
}


def endpoint(host):
    address = host["address"]
    return f"[{address}]:{host['port']}" if ":" in address else f"{address}:{host['port']}"


def s_client(host, *arguments):
    return run("openssl", "s_client", "-starttls", "smtp", "-connect", endpoint(host), "-servername", host["name"],
               "-cipher", "ALL:@SECLEVEL=0", *arguments, text="QUIT\r\n")


def versions_are_really_spoken(internet):
    hosts = internet.mx(r"^tls-versions/any-set#best")
    check(len(hosts) >= 11, f"only {len(hosts)} hosts of the version sets are up")
    for host in hosts:
        for version, switch in VERSIONS.items():
            spoken = re.search(r"New, .*Cipher is (?!\(NONE\))", s_client(host, switch)) is not None
            check(spoken == (version in host["tls"]),
                  f"{host['scenario']}: openssl s_client {switch} {'completes' if spoken else 'fails'}, the host says {host['tls']}")
        scan = run("sslscan", "--starttls-smtp", "--no-colour", "--no-heartbleed", "--no-compression", "--no-renegotiation",
                   "--no-check-certificate", f"--sni-name={host['name']}", endpoint(host))
        enabled = set(re.findall(r"^TLSv(1\.[0-3])\s+enabled", scan, re.M))
        check(enabled == set(host["tls"]), f"{host['scenario']}: sslscan finds {sorted(enabled)}, the host says {host['tls']}\n{scan}")


def suites_are_really_spoken(internet):
    wanted = {
        r"suites#with-an-ecdsa-key/aes-128$": {"ECDHE-ECDSA-AES128-GCM-SHA256"},
        r"suites#with-an-rsa-key/aes-256$": {"ECDHE-RSA-AES256-GCM-SHA384"},
        r"weak-suites#static-rsa/gcm$": {"AES128-GCM-SHA256"},
        r"weak-suites#triple-des$": {"TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
    }
    for pattern, suites in wanted.items():
        hosts = internet.mx(pattern)
        check(hosts, f"no host is up for {pattern}")
        for host in hosts:
            scan = run("sslscan", "--starttls-smtp", "--no-colour", "--no-check-certificate", f"--sni-name={host['name']}", endpoint(host))
            found = set(re.findall(r"^(?:Preferred|Accepted)\s+TLSv\S+\s+\d+ bits\s+(\S+)", scan, re.M))
            check(found == suites,
                  f"{host['scenario']}: sslscan finds {sorted(found)}, {sorted(suites)} is spoken\n{scan}")


def certificates_are_what_they_say(internet):
    seen = set()
    # A host that goes by the name in the hello is listed with what it shows to whoever names nobody.
    for host in internet.mx(r"^(certificates/(?!asked-for-by-name)|opportunistic/bad-certificate|opportunistic/healthy-host)"):
        word = host["certificate"]
        if word not in VERIFY_CODES or host["starttls"] != "offered" or word in seen:
            continue
        seen.add(word)
        printed = s_client(host, "-CAfile", internet.ready["trust_root"], "-no-CAstore", "-no-CApath", "-verify_hostname", host["name"],
                           "-purpose", "sslserver", "-showcerts")
        code = re.findall(r"Verify return code: (\d+)", printed)
        check(code and int(code[-1]) in VERIFY_CODES[word],
              f"{host['scenario']}: OpenSSL says {code} of {word!r}, wanted one of {sorted(VERIFY_CODES[word])}\n{printed}")
        check(("bad signature" in printed) == (word == "wrong-key"), f"{host['scenario']}: does the key fit the certificate?\n{printed}")
        check("-----BEGIN CERTIFICATE-----" in printed, f"{host['scenario']}: no PEM in what s_client prints")
    check(seen == set(VERIFY_CODES), f"no host shows these certificates: {sorted(set(VERIFY_CODES) - seen)}")


def swaks_delivers(internet):
    for host in internet.mx(r"^opportunistic/(healthy-host#one-message|host-without-tls#not-offered)"):
        domain = host["name"].split(".", 1)[1]
        if domain.startswith("home."):
            continue
        tls = ["--tls"] if host["starttls"] == "offered" else []
        printed = run("swaks", "--server", host["address"], "--port", str(host["port"]), "--helo", f"client.{domain}",
                      "--from", f"sender@{domain}", "--to", f"user@{domain}", *tls)
        check(re.search(r"<~?-? +250 .*", printed) and "*** " not in printed.split("->  QUIT")[0].replace("*** TLS", ""),
              f"{host['scenario']}: swaks could not deliver\n{printed}")
        check(("TLS started" in printed) == bool(tls), f"{host['scenario']}: swaks and TLS\n{printed}")
        outside = run("swaks", "--server", host["address"], "--port", str(host["port"]), "--from", f"sender@{domain}",
                      "--to", "user@elsewhere.example", *tls)
        check(" 451 " in outside, f"{host['scenario']}: a recipient outside the plan is not answered 451\n{outside}")


def dig_finds_the_zones(internet):
    address, port = internet.ready["resolver"].rsplit(":", 1)
    dig = lambda *question: run("dig", f"@{address.strip('[]')}", "-p", port, "+time=5", "+tries=1", *question)
    host = internet.mx(r"^opportunistic/healthy-host#one-message$")[0]
    domain = host["name"].split(".", 1)[1]
    for transport in ("+notcp", "+tcp"):
        check(f"10 {host['name']}." in dig(transport, "+short", "MX", domain), f"dig {transport} finds no MX record of {domain}")
    check(re.search(r"^198\.1[89]\.|^127\.", dig("+short", "A", host["name"]), re.M), f"dig finds no address of {host['name']}")
    check("NXDOMAIN" in dig("A", f"nobody.{domain}"), "an unknown name is not NXDOMAIN")
    check("status: NOERROR" in dig("TXT", host["name"]), "a name without TXT record is not NOERROR")
    check("REFUSED" in dig("A", "example.org"), "a foreign name is not REFUSED")


def certificate_page_in_a_namespace(mtaspec):
    """The page's pipe and its Python snippet, word for word but for the host, inside our own namespaces."""
    with Internet(mtaspec, "--ports", "real", "opportunistic/healthy-host#one-message") as internet:
        resolver = internet.ready["resolver"].rsplit(":", 1)[0]
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(f"nameserver {resolver}\noptions edns0\n")
            file.flush()
            subprocess.run(["mount", "--bind", file.name, "/etc/resolv.conf"], check=True)
            host = internet.mx("healthy-host")[0]["name"]
            pipe = f"openssl s_client -starttls smtp -connect {host}:25 < /dev/null 2>/dev/null | sed -ne '/-BEGIN CERTIFICATE-/,/-END CERTIFICATE-/p'"
            pem = run("sh", "-c", pipe)
            check(pem.startswith("-----BEGIN CERTIFICATE-----"), f"the pipe of the certificate page prints no certificate: {pem!r}")
            names = run("openssl", "x509", "-noout", "-ext", "subjectAltName", text=pem)
            check(f"DNS:{host}" in names, f"the certificate does not name {host}: {names}")
            snippet = (f"import smtplib, ssl; connection = smtplib.SMTP('{host}.'); connection.starttls(); "
                       "print(ssl.DER_cert_to_PEM_cert(connection.sock.getpeercert(binary_form=True)))")
            printed = run(sys.executable, "-c", snippet)
            check(printed.strip() == pem.strip(), f"the Python snippet prints another certificate:\n{printed}")
            subprocess.run(["umount", "/etc/resolv.conf"], check=True)


def main():
    if sys.argv[1] == "--inside":
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        # getaddrinfo asks for no address while only loopback ones are there (AI_ADDRCONFIG).
        subprocess.run(["ip", "address", "add", "198.18.0.1/15", "dev", "lo"], check=True)
        certificate_page_in_a_namespace(sys.argv[2])
    else:
        mtaspec = os.path.abspath(sys.argv[1])
        with Internet(mtaspec, "tls-versions/**", "certificates/**", "opportunistic/**") as internet:
            for ask in (versions_are_really_spoken, suites_are_really_spoken, certificates_are_what_they_say, swaks_delivers,
                        dig_finds_the_zones):
                ask(internet)
                print(f"{ask.__name__.replace('_', ' ')}: {checks.count} checks so far", flush=True)
        inside = ["unshare", "--net", "--mount", "--", sys.executable, __file__, "--inside", mtaspec]
        check(subprocess.run(inside, timeout=120).returncode == 0, "the certificate page's own commands failed")
    print(f"foreign programs agree: {checks.count} checks{' in the namespace' if sys.argv[1] == '--inside' else ''}")


if __name__ == "__main__":
    main()
