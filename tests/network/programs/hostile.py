"""What the keeper of a sandbox has to stand. Arguments: what to do, and as JSON the ports, as semantics.py."""

import errno
import json
import socket
import sys
import threading
import time

HOST, DENIED = "127.0.8.1", "127.0.8.9"
PORTS = json.loads(sys.argv[2])
FLOOD_S = 4


def tell(text):
    print(text, flush=True)


def try_denied(until=None):
    """Connects to what is denied, again and again. Returns how many were refused."""
    refused = 0
    while until is None or time.monotonic() < until:
        with socket.socket() as sock:
            rc = sock.connect_ex((DENIED, PORTS["echo"]))
            if rc == 0:
                tell("connected")
            refused += rc == errno.EACCES
    return refused


def stream():
    """Reads from a stream without end, and tries what is denied besides."""
    threading.Thread(target=try_denied, daemon=True).start()
    with socket.create_connection((HOST, PORTS["endless"])) as sock:
        while sock.recv(1 << 16):
            pass
    tell("ended")
    while True:
        time.sleep(1)


def wait_for_nobody(answers):
    with socket.socket() as sock:
        sock.settimeout(None)
        answers.append(sock.connect_ex((HOST, PORTS["full"])))


def flood():
    """Connections that are held and never used, calls that wait for an answer that does not come, and then
    as many refused ones as there can be."""
    held = [socket.create_connection((HOST, PORTS["echo"])) for _ in range(2000)]
    answers = []
    for _ in range(700):
        threading.Thread(target=wait_for_nobody, args=(answers,), daemon=True).start()
    deadline = time.monotonic() + 30
    while answers.count(errno.EAGAIN) < 700 - 512 and time.monotonic() < deadline:
        time.sleep(0.05)
    tell("flooding")
    refused = try_denied(time.monotonic() + FLOOD_S)
    others = set(answers) - {errno.EAGAIN}
    tell(json.dumps({"held": len(held), "refused": refused, "again": answers.count(errno.EAGAIN),
                     "others": sorted(others)}))


def latency():
    """The time of a connection, in microseconds: the median of many."""
    times = []
    for _ in range(300):
        with socket.socket() as sock:
            begun = time.perf_counter()
            sock.connect((HOST, PORTS["echo"]))
            times.append(time.perf_counter() - begun)
        time.sleep(0.001)
    tell(f"{sorted(times)[len(times) // 2] * 1e6:.0f}")


globals()[sys.argv[1]]()
