#!/usr/bin/env python3
"""The engine inside the suite's process and `mtaspec relay` as any other relay, told by a profile, have the same verdicts.

Usage: as_a_stranger.py MTASPEC [PATTERN..]      (the built command; all cases unless said)
       as_a_stranger.py MTASPEC --shard N/M      (one of several equal parts)
"""

import json
import sys
import tempfile

from checks import cases_of_run


def main():
    mtaspec, *wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        stranger = cases_of_run(mtaspec, "mtaspec", wanted, folder)
        engine = cases_of_run(mtaspec, "engine", wanted, folder)
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
