"""A running `mtaspec serve`, for the scripts beside this one."""

import json
import os
import re
import signal
import subprocess
import sys

from checks import check


class Internet:
    """A running `mtaspec serve`: its hosts by scenario, and what it says when all are up."""

    def __init__(self, mtaspec, *arguments):
        self.process = subprocess.Popen([mtaspec, "serve", "--json", *arguments], stdout=subprocess.PIPE, text=True)
        self.hosts = []
        for line in self.process.stdout:
            told = json.loads(line)
            if told.get("ready"):
                self.ready = told
                break
            self.hosts.append(told)
        else:
            sys.exit(f"{os.path.basename(sys.argv[0])}: `mtaspec serve {' '.join(arguments)}` ended before it was ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        check(self.process.wait(timeout=30) == 0, "`mtaspec serve` did not end well after Ctrl-C")

    def mx(self, pattern):
        """The MX hosts of the scenarios that match a regular expression."""
        return [host for host in self.hosts if host["role"] == "mx" and re.search(pattern, host["scenario"])]
