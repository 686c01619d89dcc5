#!/usr/bin/env python3
"""The engine inside the suite's process and `mtaspec relay` on sockets have the same findings in every case that needs no clock.

Usage: both_ways.py MTASPEC [PATTERN..]             (the built command; all cases unless said)
       both_ways.py MTASPEC --part TURN/PARTS       (one part of all cases, the next one with the next turn)
"""

import json
import subprocess
import sys
import tempfile

from checks import cases_of_run


# Where real time decides, and both are right: only the verdict has to be the same.
BY_TIME = {
    "mta-sts/policy-text/max-age#nothing-and-no-starttls":
        "a policy that lives for no second is over when the message follows, unless the clock stands still",
}


def results(mtaspec, subject, patterns, folder):
    """The cases of a run by id, without what differs from run to run."""
    cases = cases_of_run(mtaspec, subject, patterns, folder)
    return {name: {key: value for key, value in case.items() if key != "milliseconds"} for name, case in cases.items()}


def in_part(mtaspec, part):
    """The ids of one part of all cases: every so-many-th of them."""
    turn, parts = (int(number) for number in part.split("/"))
    listed = subprocess.run([mtaspec, "list", "--json"], capture_output=True, text=True, timeout=100, check=True)
    ids = sorted(case["id"] for case in json.loads(listed.stdout)["cases"])
    return ids[turn % parts::parts]


def main():
    mtaspec, *patterns = sys.argv[1:]
    if patterns[:1] == ["--part"]:
        patterns = in_part(mtaspec, patterns[1])
    with tempfile.TemporaryDirectory() as folder:
        engine = results(mtaspec, "engine", patterns, folder)
        relay = results(mtaspec, "relay", patterns, folder)
    played = {name: case for name, case in relay.items() if case["verdict"] != "skip"}
    different = [name for name, case in played.items()
                 if case != engine[name] and not (name in BY_TIME and case["verdict"] == engine[name]["verdict"])]
    for name in different:
        print(f"{name}\n  engine {json.dumps(engine[name])}\n  relay  {json.dumps(played[name])}")
    if different:
        sys.exit(f"both_ways.py: {len(different)} of {len(played)} cases differ")
    if not played:
        sys.exit("both_ways.py: the relay plays nothing")
    print(f"{len(played)} cases the same by both ways; {len(relay) - len(played)} are skipped by the relay")


main()
