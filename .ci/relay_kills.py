#!/usr/bin/env python3
"""`mtaspec relay` is killed at random moments under load and loses nothing that it has accepted.

Usage: relay_kills.py MTASPEC [KILLS [SEED]]      (the built command; 8 kills unless said)

Senders hand numbered messages over and note which the relay answered with 250. Small receivers of this script take them,
defer some at first and refuse some for good, so that the queue holds messages in every state; notices come home. The relay gets
SIGKILL and is started again, so many times. In the end each accepted number was delivered, or has a notice.
"""

import json
import os
import random
import re
import signal
import socket
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

SENDERS = 6
# What happens to a number at the receiver, by its rest: most are delivered at once.
DEFERRED_ONCE, REFUSED = 7, 11


class Book:
    """What was accepted by the relay, delivered to a receiver, and told by a notice."""

    def __init__(self):
        self.lock = threading.Lock()
        self.accepted, self.unsure = set(), set()
        self.delivered, self.notices, self.deferred = {}, {}, set()

    def count(self, where, number):
        with self.lock:
            where[number] = where.get(number, 0) + 1


class Receiver(socketserver.StreamRequestHandler):
    """Takes mail in plaintext; number and refusal are told by the local part of the recipient."""

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        try:
            self.session(self.server.book)
        except OSError:
            pass  # The relay was killed.

    def session(self, book):
        self.say("220 receiver ESMTP")
        number = None
        for line in self.rfile:
            verb = line.decode(errors="replace").strip().upper()
            if verb.startswith(("EHLO", "HELO")):
                self.say("250 receiver")
            elif verb.startswith("RCPT"):
                found = re.search(r"<N(\d+)@", verb)
                number = int(found[1]) if found else None
                if number is not None and number % REFUSED == 0:
                    self.say("550 5.1.1 no such user")
                elif number is not None and number % DEFERRED_ONCE == 0 and number not in book.deferred:
                    book.deferred.add(number)
                    self.say("450 4.2.0 not yet")
                else:
                    self.say("250 2.1.5 fine")
            elif verb == "DATA":
                self.say("354 go on")
                content = b""
                for part in self.rfile:
                    if part == b".\r\n":
                        break
                    content += part
                else:
                    return  # The relay was killed before the end of the message.
                if number is not None:
                    book.count(book.delivered, number)
                else:
                    for told in set(re.findall(rb"Final-Recipient: rfc822; n(\d+)@", content)):
                        book.count(book.notices, int(told))
                self.say("250 2.0.0 taken")
            elif verb == "QUIT":
                self.say("221 2.0.0 bye")
                return
            else:
                self.say("250 2.0.0 fine")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads = True, True
    request_queue_size = 200


class Resolver(socketserver.DatagramRequestHandler):
    """Every name is a host of its own at one address; there are no MX records."""

    def handle(self):
        question = self.rfile.read()
        end = question.index(b"\0", 12) + 5
        kind = struct.unpack("!H", question[end - 4:end - 2])[0]
        answers = struct.pack("!HHHLH4s", 0xC00C, 1, 1, 60, 4, socket.inet_aton("198.18.0.1")) if kind == 1 else b""
        head = question[:2] + struct.pack("!HHHHH", 0x8180, 1, int(kind == 1), 0, 0)
        self.wfile.write(head + question[12:end] + answers)


class UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True


class Relay:
    """The program that is killed."""

    def __init__(self, mtaspec, folder, resolver, port):
        self.folder, self.port = folder, port
        self.command = [mtaspec, "relay", "--json", "--settings", str(folder / "settings.toml"), "--store", str(folder / "store"),
                        "--resolver", resolver, "--address-map", str(folder / "map.json"), "--listen", f"127.0.0.1:{port}"]
        self.queue = [mtaspec, "relay", "queue", "--json", "--store", str(folder / "store")]
        self.process = None

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"relay_kills.py: the relay did not start: {(self.folder / 'log').read_text()[-2000:]}")
        return json.loads(line)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def waiting(self):
        return json.loads(subprocess.run(self.queue, capture_output=True, text=True, check=True).stdout)


def send(book, port, numbers, stop):
    """Hands messages over, one session each, until it is told to stop; a number is never used twice."""
    while not stop.is_set():
        number = next(numbers)
        data_sent = False
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                stream = connection.makefile("rwb")

                def ask(line):
                    if line is not None:
                        stream.write(line.encode() + b"\r\n")
                        stream.flush()
                    reply = stream.readline()
                    while reply[3:4] == b"-":
                        reply = stream.readline()
                    if reply[:1] not in (b"2", b"3"):
                        raise ConnectionError(reply.decode(errors="replace"))

                for line in (None, "EHLO sender.home.test", "MAIL FROM:<sender@home.test>", f"RCPT TO:<n{number}@receiver.test>", "DATA"):
                    ask(line)
                data_sent = True
                ask(f"From: sender@home.test\r\nSubject: {number}\r\n\r\n{'x' * 70}\r\n.")
                with book.lock:
                    book.accepted.add(number)
                ask("QUIT")
        except OSError:
            if data_sent:
                with book.lock:
                    book.unsure.add(number)
            time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, holds, limit):
    end = time.monotonic() + limit
    while not holds():
        if time.monotonic() > end:
            return print(f"relay_kills.py: {what} took longer than {limit} s")
        time.sleep(0.1)


def main():
    mtaspec, kills = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 8
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    chance, book = random.Random(seed), Book()
    receiver, resolver = Server(("127.0.0.1", 0), Receiver), UdpServer(("127.0.0.1", 0), Resolver)
    receiver.book = book
    for server in (receiver, resolver):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="mtaspec-kills-") as name:
        folder = Path(name)
        (folder / "settings.toml").write_text('hostname = "relay.home.test"\n[queue]\nfirst_wait = "1 s"\nlongest_wait = "1 s"\n')
        (folder / "map.json").write_text(json.dumps({"198.18.0.1:25": f"127.0.0.1:{receiver.server_address[1]}"}))
        relay = Relay(mtaspec, folder, f"127.0.0.1:{resolver.server_address[1]}", free_port())
        relay.start()
        counter, stop = iter(range(1, 1 << 40)), threading.Event()
        lock = threading.Lock()

        class Numbers:
            def __next__(self):
                with lock:
                    return next(counter)

        senders = [threading.Thread(target=send, args=(book, relay.port, Numbers(), stop)) for _ in range(SENDERS)]
        for sender in senders:
            sender.start()
        for _ in range(kills):
            time.sleep(chance.uniform(0.02, 0.6))
            relay.kill()
            relay.start()
        time.sleep(0.3)
        stop.set()
        for sender in senders:
            sender.join()

        def settled():
            with book.lock:
                return all(number in book.delivered or number in book.notices for number in book.accepted)

        wait_until("the rest of the queue", lambda: settled() and not relay.waiting()["waiting"], 120)
        left = relay.waiting()
        relay.process.terminate()
        relay.process.wait()
        queued = {int(found[1]) for entry in left["waiting"] if (found := re.match(r"n(\d+)@", entry["to"]))}
        lost = sorted(book.accepted - set(book.delivered) - set(book.notices) - queued)
        twice = sum(count - 1 for count in book.delivered.values())
        again = sum(count - 1 for count in book.notices.values())
        aside = list((folder / "store" / "aside").iterdir())
        print(f"{kills} kills, seed {seed}: {len(book.accepted)} accepted, {len(book.delivered)} delivered, {len(book.notices)} told by a notice, "
              f"{twice} delivered again, {again} told again, {len(queued)} left, {len(lost)} lost; "
              f"{len(book.unsure)} were cut off before their answer, of which {len(book.unsure & (set(book.delivered) | set(book.notices)))} were taken")
        wrong = [number for number in book.delivered if number % REFUSED == 0] + [number for number in book.notices if number % REFUSED]
        if lost or aside or wrong or left["unreadable"] or not book.accepted or not twice < len(book.delivered):
            sys.exit(f"relay_kills.py: lost {lost[:20]}, set aside {aside[:5]}, wrong {wrong[:5]}; seed {seed}\n"
                     + (folder / "log").read_text()[-3000:])


main()
