"""What becomes of a sandbox whose keeper is killed, and of others when one floods its keeper.

A keeper is the only child of `writ run` (docs/architecture.md, "The keeper").
"""

import json
import os
import signal
import threading
import time

import servers
from world import DENIED, LISTED

END_S = 30
# Its tables are of a fixed size; what it may need more of is pages that it had not touched before.
MOST_GROWTH_KIB = 1024
MOST_FILES = 600    # 512 calls that wait, and what it has for itself


class Endless:
    """A stream, and when it has ended."""

    def __init__(self):
        self.sent = 0
        self.running = threading.Event()
        self.ended = threading.Event()

    def handle(self, connection, peer):
        try:
            while True:
                connection.sendall(bytes(1 << 16))
                self.sent += 1
                if self.sent == 100:
                    self.running.set()
        finally:
            self.ended.set()


def keeper_of(process):
    deadline = time.monotonic() + END_S
    while time.monotonic() < deadline:
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as children:
            pids = children.read().split()
        if len(pids) == 1:
            return int(pids[0])
        time.sleep(0.01)
    raise RuntimeError("there is no keeper")


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


class Keeper:
    def __init__(self, world, semantics):
        self.world = world
        self.echo = semantics.echo
        self.ports = semantics.ports
        self.figures = []

    def _start(self, what, uid, ports):
        argv = ["/usr/bin/python3", "-B", f"{self.world.programs}/hostile.py", what, json.dumps(ports)]
        return self.world.start(argv, uid, "by_host")

    def killed(self, user):
        """Everything ends: the connection, the processes, the launch. Nothing opens."""
        endless = Endless()
        server = servers.Server((LISTED,), endless.handle)
        before = self.echo.seen(DENIED)
        process = self._start("stream", self.world.users[user], {**self.ports, "endless": server.port})
        running = endless.running.wait(END_S)
        os.kill(keeper_of(process), signal.SIGKILL)
        ended = endless.ended.wait(END_S)
        # Its end is that of all who could write to it.
        out, _ = process.communicate(timeout=END_S)
        server.close()
        came = self.echo.seen(DENIED) - before
        if running and ended and came == 0 and process.returncode not in (0, 1) and b"connected" not in out:
            return [("by SIGKILL", None)]
        return [("by SIGKILL", f"ran {running}, ended {ended}, {came} came, status {process.returncode}: {out}")]

    def _latency(self, uid):
        process = self._start("latency", uid, self.ports)
        out, said = process.communicate(timeout=END_S)
        if process.returncode:
            raise RuntimeError(f"the other sandbox: {process.returncode}, {said}")
        return int(out)

    def flooded(self, user):
        """Its memory and its descriptors are bounded, and another sandbox goes on."""
        uid = self.world.users[user]
        before = self.echo.seen(DENIED)
        alone_us = self._latency(uid)
        process = self._start("flood", uid, self.ports)
        keeper = keeper_of(process)
        at_first = resident_kib(keeper)
        line = process.stdout.readline()
        files = len(os.listdir(f"/proc/{keeper}/fd"))
        beside_us = self._latency(uid)
        grown = resident_kib(keeper) - at_first
        out, said = process.communicate(timeout=END_S)
        came = self.echo.seen(DENIED) - before
        self.figures.append(f"{user}: {out.decode().strip()}, keeper {at_first} KiB and {grown} more, {files} "
                            f"descriptors; a connection from another sandbox {alone_us} us, then {beside_us} us")
        right = (line == b"flooding\n" and process.returncode == 0 and came == 0 and b"connected" not in out
                 and grown <= MOST_GROWTH_KIB and files <= MOST_FILES and json.loads(out)["again"] == 700 - 512)
        return [("its bounds", None if right else f"{self.figures[-1]}, {came} came, {said[-1000:]}")]

    def tests(self):
        found = []
        for user in self.world.users:
            found += [(f"a killed keeper ({user})", lambda user=user: self.killed(user)),
                      (f"a flooded keeper ({user})", lambda user=user: self.flooded(user))]
        return found
