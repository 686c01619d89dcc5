"""A Postfix of its own for a script beside this one, in the network namespace of that script."""

import os
import queue
import re
import smtplib
import subprocess
import sys
import threading

from checks import run


class Postfix:
    """A Postfix with a configuration and a queue of its own that sends everything to the relay."""

    def __init__(self, relay, name, **settings):
        self.folder = os.path.join(relay.folder, name)
        for part in ("conf", "queue", "data"):
            os.makedirs(os.path.join(self.folder, part))
        run("chown", "postfix", os.path.join(self.folder, "data"))
        main = {
            "compatibility_level": "3.6", "queue_directory": f"{self.folder}/queue", "data_directory": f"{self.folder}/data",
            "mail_owner": "postfix", "setgid_group": "postdrop", "myhostname": "mx.partner.test", "mydomain": "partner.test",
            "mydestination": "", "inet_interfaces": "127.0.0.1", "inet_protocols": "ipv4", "mynetworks": "127.0.0.0/8",
            "alias_maps": "", "relayhost": f"[127.0.0.1]:{relay.ports['mx']}", "smtp_host_lookup": "native",
            "smtp_tls_loglevel": "1", "maillog_file": "/dev/stdout", "smtp_tls_CAfile": relay.file("ca.pem"), **settings,
        }
        with open(f"{self.folder}/conf/main.cf", "w") as file:
            file.writelines(f"{key} = {value}\n" for key, value in main.items())
        with open(f"{self.folder}/conf/master.cf", "w") as file:
            file.write("127.0.0.1:2525 inet n - n - - smtpd\n")
            for line in ("pickup unix n - n 60 1 pickup", "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr",
                         "tlsmgr unix - - n 1000? 1 tlsmgr", "rewrite unix - - n - - trivial-rewrite", "bounce unix - - n - 0 bounce",
                         "defer unix - - n - 0 bounce", "trace unix - - n - 0 bounce", "verify unix - - n - 1 verify",
                         "proxymap unix - - n - - proxymap", "smtp unix - - n - - smtp", "error unix - - n - - error",
                         "retry unix - - n - - error", "discard unix - - n - - discard", "anvil unix - - n - 1 anvil",
                         "scache unix - - n - 1 scache", "postlog unix-dgram n - n - 1 postlogd"):
                file.write(f"{line}\n")
        self.process = subprocess.Popen(["postfix", "-c", f"{self.folder}/conf", "start-fg"], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.wait_for(r"daemon started")

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)

    def wait_for(self, pattern):
        """The first log line that matches, and those before it."""
        seen = []
        while True:
            try:
                seen.append(self.lines.get(timeout=60))
            except queue.Empty:
                sys.exit(f"postfix.py: Postfix did not say {pattern!r} but {''.join(seen)}")
            if re.search(pattern, seen[-1]):
                return "".join(seen)

    def send(self, sender):
        with smtplib.SMTP("127.0.0.1", 2525) as client:
            client.sendmail(sender, ["user@home.test"], f"From: {sender}\r\nSubject: Postfix\r\n\r\nx\r\n")
        return self.wait_for(r"to=<user@home.test>.*status=")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        run("postfix", "-c", f"{self.folder}/conf", "stop")
        self.process.wait(timeout=60)
