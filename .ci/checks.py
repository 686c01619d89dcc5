"""What must hold of programs that are run, counted, for the scripts beside this one."""

import os
import subprocess
import sys

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
