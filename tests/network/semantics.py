"""What sockets do, in a sandbox and without: programs/semantics.py, one process a thing.

The same program has to succeed in both, as an ordinary user and as root. What is refused is asked in the
sandbox only; its servers then have seen nobody.
"""

import hashlib
import json
import os
import resource
import select
import socket
import threading

import servers
from world import ADDRESSES, DENIED, LISTED, UNLISTED

BULK_BLOCK = os.urandom(1 << 20)
BULK_BLOCKS = 1024

BOTH = (
    "blocking", "poll", "epoll_edges", "closed_port", "closed_port_without_waiting",
    "nobody_answers_without_waiting", "timeout", "send_timeout", "waiting_stops_nobody", "closing_ends_a_wait",
    "a_child_connects", "ipv6_socket", "several_addresses", "happy_eyeballs", "half_close", "keep_alive", "reset",
    "bulk", "upload", "parallel_1000", "parallel_most", "sequential_10000", "many_threads",
)
MOST_PARALLEL = 10000
SPARE_FILES = 2000    # of those that may be open; half the rest may still be the last client's
SANDBOX_ONLY = ("refused", "refused_by_asyncio")


class Echo:
    """As servers.echo, but in one thread, for thousands of connections at a time."""

    def __init__(self):
        self.waiting = select.epoll()
        self.open = {}
        threading.Thread(target=self._serve, daemon=True).start()

    def handle(self, connection, peer):
        own = socket.socket(fileno=os.dup(connection.fileno()))
        self.open[own.fileno()] = own
        self.waiting.register(own, select.EPOLLIN)

    def _serve(self):
        while True:
            for number, _ in self.waiting.poll():
                own = self.open[number]
                try:
                    data = own.recv(1 << 16)
                    own.sendall(data)
                except OSError:
                    data = b""
                if not data:
                    self.waiting.unregister(own)
                    self.open.pop(number).close()


def digest(connection, peer):
    """Of all that comes, when the client has said that it is all."""
    sum_ = hashlib.sha256()
    while True:
        data = connection.recv(1 << 18)
        if not data:
            break
        sum_.update(data)
    connection.sendall(sum_.digest())


def bulk(connection, peer):
    sum_ = hashlib.sha256()
    for _ in range(BULK_BLOCKS):
        connection.sendall(BULK_BLOCK)
        sum_.update(BULK_BLOCK)
    connection.sendall(sum_.digest())


def full_listener():
    """Whoever connects is not answered: its queue is full (listen(2), tcp(7))."""
    listener = socket.create_server((LISTED, 0), backlog=0)
    name = listener.getsockname()
    fillers = []
    for _ in range(8):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(name)
        fillers.append(filler)
    return listener, fillers


def closed_listener():
    """A port that is taken, where nobody listens."""
    sock = socket.socket()
    sock.bind((LISTED, 0))
    return sock


class Semantics:
    def __init__(self, world):
        self.world = world
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.echo = servers.Server(ADDRESSES, Echo().handle)
        self.full, self.fillers = full_listener()
        self.closed = closed_listener()
        self.servers = {
            "digest": servers.Server((LISTED,), digest), "bulk": servers.Server((LISTED,), bulk),
            "http": servers.Server((LISTED,), servers.http(world.page, "/nonexistent")),
        }
        self.ports = {name: server.port for name, server in self.servers.items()}
        self.ports.update(echo=self.echo.port, full=self.full.getsockname()[1],
                          closed=self.closed.getsockname()[1], most=min(MOST_PARALLEL, (most - SPARE_FILES) // 2))

    def run(self, name, uid, sandbox):
        """None, or what is wrong."""
        argv = ["/usr/bin/python3", "-B", f"{self.world.programs}/semantics.py", name, json.dumps(self.ports)]
        done = self.world.run(argv, uid, sandbox)
        if done.returncode == 0 and done.stdout in (b"done\n", b""):
            return None
        return f"status {done.returncode}: {done.stderr.decode(errors='replace')[-1500:]}"

    def both(self, name, user):
        uid = self.world.users[user]
        return [(where, self.run(name, uid, sandbox))
                for where, sandbox in (("no sandbox", None), ("a sandbox", "by_host"))]

    def refused(self, name, user):
        before = [self.echo.seen(address) for address in (UNLISTED, DENIED)]
        wrong = self.run(name, self.world.users[user], "by_host")
        after = [self.echo.seen(address) for address in (UNLISTED, DENIED)]
        return [("a sandbox", wrong or (None if before == after else "somebody has connected"))]

    def tests(self):
        found = []
        for user in self.world.users:
            found += [(f"{name} ({user})", lambda args=(name, user): self.both(*args)) for name in BOTH]
            found += [(f"{name} ({user})", lambda args=(name, user): self.refused(*args))
                      for name in SANDBOX_ONLY]
        return found
