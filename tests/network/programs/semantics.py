"""Does one thing with sockets, and fails when it does not go as without a sandbox. Arguments: its name, and
as JSON the ports that there are: echo, digest, http, bulk, full (which answers nobody), closed; and most,
how many connections there may be."""

import asyncio
import errno
import hashlib
import http.client
import json
import os
import select
import socket
import sys
import threading
import time

HOST, OTHER, UNLISTED, DENIED = "127.0.8.1", "127.0.8.2", "127.0.9.1", "127.0.8.9"
PORTS = json.loads(sys.argv[2])
MOMENT_S = 0.4
TEXT = b"some text"


def new(nonblocking=False):
    sock = socket.socket()
    sock.setblocking(not nonblocking)
    return sock


def expect(what, wanted):
    if what != wanted:
        raise AssertionError(f"{what!r} is not {wanted!r}")


def expect_echo(sock):
    sock.sendall(TEXT)
    expect(sock.recv(len(TEXT), socket.MSG_WAITALL), TEXT)


def expect_peer(sock, host, port):
    expect(sock.getpeername(), (host, port))
    expect(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), 0)
    assert sock.getsockname()[1] > 0


def begin(sock, host, port):
    """A connect that does not wait: on loopback it may be there at once."""
    rc = sock.connect_ex((host, port))
    assert rc in (0, errno.EINPROGRESS), errno.errorcode[rc]


# ---- connecting ----

def blocking():
    with new() as sock:
        sock.connect((HOST, PORTS["echo"]))
        expect_peer(sock, HOST, PORTS["echo"])
        expect_echo(sock)
        # A gate can't tell this from a call that is repeated because a signal came.
        assert sock.connect_ex((HOST, PORTS["echo"])) in (0, errno.EISCONN)


def poll():
    with new(nonblocking=True) as sock:
        begin(sock, HOST, PORTS["echo"])
        waiting = select.poll()
        waiting.register(sock, select.POLLOUT)
        expect(waiting.poll(10000), [(sock.fileno(), select.POLLOUT)])
        expect_peer(sock, HOST, PORTS["echo"])
        sock.setblocking(True)
        expect_echo(sock)


def epoll_edges():
    with new(nonblocking=True) as sock, select.epoll() as waiting:
        waiting.register(sock, select.EPOLLIN | select.EPOLLOUT | select.EPOLLET)
        begin(sock, HOST, PORTS["echo"])
        deadline = time.monotonic() + 10
        while not any(events == select.EPOLLOUT for _, events in waiting.poll(10)):
            assert time.monotonic() < deadline
        expect_peer(sock, HOST, PORTS["echo"])
        sock.send(TEXT)
        while not any(events & select.EPOLLIN for _, events in waiting.poll(10)):
            assert time.monotonic() < deadline
        expect(sock.recv(100), TEXT)


def closed_port():
    with new() as sock:
        expect(sock.connect_ex((HOST, PORTS["closed"])), errno.ECONNREFUSED)


def closed_port_without_waiting():
    with new(nonblocking=True) as sock:
        rc = sock.connect_ex((HOST, PORTS["closed"]))
        if rc == errno.EINPROGRESS:
            waiting = select.poll()
            waiting.register(sock, select.POLLOUT)
            assert waiting.poll(10000)
            rc = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        expect(rc, errno.ECONNREFUSED)


def nobody_answers_without_waiting():
    with new(nonblocking=True) as sock:
        expect(sock.connect_ex((HOST, PORTS["full"])), errno.EINPROGRESS)
        expect(sock.connect_ex((HOST, PORTS["full"])), errno.EALREADY)
        expect(select.select([], [sock], [], MOMENT_S), ([], [], []))


def timeout():
    with new() as sock:
        sock.settimeout(MOMENT_S)
        begun = time.monotonic()
        try:
            sock.connect((HOST, PORTS["full"]))
            raise AssertionError("connected")
        except TimeoutError:
            assert time.monotonic() - begun >= MOMENT_S


def send_timeout():
    """socket(7): what connect(2) waits is limited by SO_SNDTIMEO."""
    with new() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, b"\0" * 8 + (400000).to_bytes(8, "little"))
        begun = time.monotonic()
        expect(sock.connect_ex((HOST, PORTS["full"])), errno.EINPROGRESS)
        assert time.monotonic() - begun >= MOMENT_S - 0.01


def waiting_stops_nobody():
    """Threads that wait for one that does not answer, and others that connect meanwhile."""
    socks = [new() for _ in range(50)]
    threads = [threading.Thread(target=sock.connect_ex, args=((HOST, PORTS["full"]),), daemon=True)
               for sock in socks]
    for thread in threads:
        thread.start()
    time.sleep(MOMENT_S)
    for _ in range(100):
        blocking()
    assert all(thread.is_alive() for thread in threads)
    os._exit(0)


def closing_ends_a_wait():
    """shutdown(2) by another thread ends a connect that waits, as it does one of the tool's own."""
    with new() as sock:
        ended = []
        thread = threading.Thread(target=lambda: ended.append(sock.connect_ex((HOST, PORTS["full"]))))
        thread.start()
        time.sleep(MOMENT_S)
        sock.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        expect(ended, [errno.ECONNRESET])
        sock.connect((HOST, PORTS["echo"]))
        expect_echo(sock)


def a_child_connects():
    """A socket belongs to all who have it."""
    with new() as sock:
        child = os.fork()
        if child == 0:
            os._exit(sock.connect_ex((HOST, PORTS["echo"])))
        expect(os.waitpid(child, 0)[1], 0)
        expect_peer(sock, HOST, PORTS["echo"])
        expect_echo(sock)


def own_address():
    """What a socket is bound to is where it connects from. Only without bind being refused."""
    with new() as sock:
        sock.bind((OTHER, 0))
        sock.connect((HOST, PORTS["echo"]))
        expect(sock.getsockname()[0], OTHER)
        expect_echo(sock)


def ipv6_socket():
    with socket.socket(socket.AF_INET6) as sock:
        sock.connect(("::ffff:" + HOST, PORTS["echo"]))
        expect(sock.getpeername()[:2], ("::ffff:" + HOST, PORTS["echo"]))
        expect_echo(sock)


# ---- several addresses ----

def both(host, port, *args, **options):
    """A name with an IPv6 and an IPv4 address."""
    return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (HOST, port))]


def several_addresses():
    socket.getaddrinfo = both
    with socket.create_connection(("localhost", PORTS["echo"])) as sock:
        expect_peer(sock, HOST, PORTS["echo"])
        expect_echo(sock)


def happy_eyeballs():
    async def connect():
        reader, writer = await asyncio.open_connection("localhost", PORTS["echo"], happy_eyeballs_delay=0.05)
        writer.write(TEXT)
        expect(await reader.readexactly(len(TEXT)), TEXT)
        expect(writer.get_extra_info("peername"), (HOST, PORTS["echo"]))
        writer.close()
    socket.getaddrinfo = both
    asyncio.run(connect())


# ---- a connection's life ----

def half_close():
    with new() as sock:
        sock.connect((HOST, PORTS["digest"]))
        sock.sendall(TEXT)
        sock.shutdown(socket.SHUT_WR)
        expect(sock.recv(32, socket.MSG_WAITALL), hashlib.sha256(TEXT).digest())
        expect(sock.recv(1), b"")


def keep_alive():
    connection = http.client.HTTPConnection(HOST, PORTS["http"])
    pages = set()
    sockets = set()
    for _ in range(200):
        connection.request("GET", "/page")
        sockets.add(connection.sock)
        pages.add(connection.getresponse().read())
    expect((len(pages), len(sockets)), (1, 1))


def reset():
    """SO_LINGER 0: the peer is reset, nothing waits."""
    with new() as sock:
        sock.connect((HOST, PORTS["echo"]))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, (1).to_bytes(4, "little") + bytes(4))


def bulk():
    """1 GB, whose digest comes last."""
    digest = hashlib.sha256()
    buffer = bytearray(1 << 18)
    left = 1 << 30
    with new() as sock:
        sock.connect((HOST, PORTS["bulk"]))
        while left:
            count = sock.recv_into(buffer, min(left, len(buffer)))
            assert count, "it ends early"
            digest.update(memoryview(buffer)[:count])
            left -= count
        expect(sock.recv(32, socket.MSG_WAITALL), digest.digest())


def upload():
    data = os.urandom(1 << 20)
    digest = hashlib.sha256()
    with new() as sock:
        sock.connect((HOST, PORTS["digest"]))
        for _ in range(100):
            sock.sendall(data)
            digest.update(data)
        sock.shutdown(socket.SHUT_WR)
        expect(sock.recv(32, socket.MSG_WAITALL), digest.digest())


# ---- many ----

def parallel(count):
    socks = [new(nonblocking=True) for _ in range(count)]
    for sock in socks:
        begin(sock, HOST, PORTS["echo"])
    for number, sock in enumerate(socks):
        sock.setblocking(True)
        sock.sendall(number.to_bytes(4, "little"))
    for number, sock in enumerate(socks):
        expect(sock.recv(4, socket.MSG_WAITALL), number.to_bytes(4, "little"))
        expect(sock.getpeername(), (HOST, PORTS["echo"]))
    for sock in socks:
        sock.close()


def parallel_1000():
    parallel(1000)


def parallel_most():
    """10,000, unless there may not be that many descriptors."""
    parallel(PORTS["most"])


def sequential_10000():
    for _ in range(10000):
        reset()


def many_threads():
    def work():
        for _ in range(50):
            blocking()
        done.append(1)
    done = []
    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(len(done), 20)


# ---- what is refused; only in a sandbox ----

def refused():
    for host in (UNLISTED, DENIED, "::ffff:" + DENIED, "::1"):
        for nonblocking in (False, True):
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with socket.socket(family) as sock:
                sock.setblocking(not nonblocking)
                expect(sock.connect_ex((host, PORTS["echo"])), errno.EACCES)
                if host == DENIED:
                    sock.setblocking(True)
                    sock.connect((HOST, PORTS["echo"]))
                    expect_echo(sock)


def refused_by_asyncio():
    async def connect():
        await asyncio.open_connection(DENIED, PORTS["echo"])
    try:
        asyncio.run(connect())
        raise AssertionError("connected")
    except PermissionError:
        pass


globals()[sys.argv[1]]()
print("done")
