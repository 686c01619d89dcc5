"""What must hold of programs that are run, counted, for the scripts beside this one."""

import json
import os
import subprocess
import sys
from pathlib import Path

count = 0


def check(holds, sentence):
    """Counts one thing that must hold; the first that does not ends the script."""
    global count
    count += 1
    if not holds:
        sys.exit(f"{os.path.basename(sys.argv[0])}: {sentence}")


def run(*command, text="", timeout=60):
    """Runs a program and returns everything it printed."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, errors="replace", timeout=timeout)
    return done.stdout + done.stderr


def cases_of_run(mtaspec, subject, wanted, folder):
    """The cases of a run against a subject, by their ids, as the report for programs tells them."""
    report = Path(folder, f"{subject}.json")
    # A whole run of a relay takes a minute; on a machine that does much else, several.
    done = subprocess.run([mtaspec, "run", "--subject", subject, "--report", f"json={report}", *wanted],
                          capture_output=True, text=True, timeout=900)
    if not report.exists() or not report.read_text():
        said = f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
        sys.exit(f"{os.path.basename(sys.argv[0])}: no report by the subject {subject}: {said}")
    return {case["id"]: case for case in json.loads(report.read_text())["cases"]}
