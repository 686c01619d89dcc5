#!/usr/bin/env python3
"""All cases against mail servers: each must fail what its list says, and nothing else.

Usage: mail_servers.py MTASPEC LANE..      (a lane: names of profiles with spaces between, played one after the other)

Lanes go side by side, each run in namespaces of its own: mail servers wait most of the time, but not at the beginning, so those
with most to do should not begin together. What came out otherwise than listed is played once more, without the cases that came
out as listed, and is told either way: a machine that does much else makes a relay late now and then. More than a few such cases
fail the relay, and so does one that comes out otherwise both times.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

# Of one relay. More are no accident.
MOST_AGAIN = 3


class Played:
    """A run: what it said, what it found, and the cases that came out otherwise than listed."""

    def __init__(self, mtaspec, relay, cases, folder):
        report = Path(folder, f"{relay}.json")
        report.unlink(missing_ok=True)
        begun = time.monotonic()
        done = subprocess.run([mtaspec, "run", "--subject", relay, "--report", f"json={report}", *cases],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=600)
        self.code = done.returncode
        self.seconds = round(time.monotonic() - begun)
        self.lines = [line for line in done.stdout.splitlines() if not line.startswith(("pass ", "skip "))]
        text = report.read_text() if report.exists() else ""
        self.unlisted = [case["id"] for case in json.loads(text)["cases"]
                         if case["verdict"] in ("fail", "inconclusive", "error") or case["unexpected_passes"]] if text else []

    def told(self, relay):
        counts = [line for line in self.lines if " cases: " in line or "1 case: " in line]
        return f"{relay}: exit {self.code}, {self.seconds} s, {counts[-1] if counts else 'nothing counted'}"


def as_listed(mtaspec, relay, tell):
    """Plays all cases, and a few of them again if need be."""
    with tempfile.TemporaryDirectory() as folder:
        played = Played(mtaspec, relay, [], folder)
        tell(played.told(relay))
        if played.code == 0:
            return True
        tell("\n".join(played.lines[-200:]), f"{relay}: otherwise than listed: {' '.join(played.unlisted) or 'no case'}")
        if not 0 < len(played.unlisted) <= MOST_AGAIN:
            return False
        again = Played(mtaspec, relay, played.unlisted, folder)
        if again.code == 0:
            tell(f"{relay}: unsteady, as listed when played again: {' '.join(played.unlisted)}")
            return True
        tell("\n".join(again.lines), f"{again.told(relay)}; otherwise than listed again: {' '.join(again.unlisted)}")
        return False


def main():
    mtaspec, *lanes = sys.argv[1:]
    lock = threading.Lock()
    failed = []

    def tell(*texts):
        with lock:
            print(*texts, sep="\n", flush=True)

    def play(lane):
        for relay in lane.split():
            try:
                if as_listed(mtaspec, relay, tell):
                    continue
            except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
                tell(f"{relay}: {error}")
            failed.append(relay)

    threads = [threading.Thread(target=play, args=[lane]) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed or not lanes:
        sys.exit(f"mail_servers.py: {', '.join(failed) or 'nothing played'}: not as listed")


main()
