#!/usr/bin/env python3
"""The engine inside the suite's process and `mtaspec relay` as any other relay, told by a profile, have the same verdicts.

Usage: as_a_stranger.py MTASPEC [PATTERN..]      (the built command; all cases unless said)
       as_a_stranger.py MTASPEC --shard N/M      (one of several equal parts)
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

# A whole run of a relay takes a minute; on a machine that does much else, several.
LIMIT = 900


def verdicts(mtaspec, subject, wanted, folder):
    """The verdicts of a run by the ids of the cases, and what was said of them."""
    report = Path(folder, f"{subject}.json")
    done = subprocess.run([mtaspec, "run", "--subject", subject, "--report", f"json={report}", *wanted],
                          capture_output=True, text=True, timeout=LIMIT)
    if not report.exists() or not report.read_text():
        sys.exit(f"as_a_stranger.py: no report by {subject}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return {case["id"]: case for case in json.loads(report.read_text())["cases"]}


def main():
    mtaspec, *wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        stranger = verdicts(mtaspec, "mtaspec", wanted, folder)
        engine = verdicts(mtaspec, "engine", wanted, folder)
    played = {name: case for name, case in stranger.items() if case["verdict"] != "skip"}
    different = [name for name, case in played.items() if case["verdict"] != engine[name]["verdict"]]
    for name in different:
        print(f"{name}\n  engine   {json.dumps(engine[name])}\n  stranger {json.dumps(played[name])}")
    if different:
        sys.exit(f"as_a_stranger.py: {len(different)} of {len(played)} cases differ")
    if not played:
        sys.exit("as_a_stranger.py: the stranger plays nothing")
    print(f"{len(played)} cases compared, the same verdicts; {len(stranger) - len(played)} are skipped by the stranger")


main()
