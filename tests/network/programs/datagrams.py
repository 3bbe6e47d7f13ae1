"""Sends datagrams to an echo. Arguments: its address and port, and whether it may be reached: 1 or 0."""
import os
import socket
import sys

HOST, PORT, LISTED = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "1"
FAMILY = socket.AF_INET6 if ":" in HOST else socket.AF_INET
PEER = (HOST, PORT)


def new():
    sock = socket.socket(FAMILY, socket.SOCK_DGRAM)
    sock.settimeout(20)
    return sock


def expect(what, wanted):
    if what != wanted:
        raise AssertionError(f"{what!r} is not {wanted!r}")


def reached():
    with new() as sock:
        for size in (0, 1, 1400, 9000, 60000):
            data = os.urandom(size)
            sock.sendto(data, PEER)
            got, peer = sock.recvfrom(1 << 16)
            expect((got == data, peer[:2]), (True, PEER))
    socks = [new() for _ in range(50)]
    for number, sock in enumerate(socks):
        sock.connect(PEER)
        expect(sock.getpeername()[:2], PEER)
        sock.send(b"%d" % number)
    for number, sock in enumerate(socks):
        expect(sock.recv(100), b"%d" % number)
    for number in range(1000):
        socks[0].send(b"%d" % number)
        expect(socks[0].recv(100), b"%d" % number)


def refused():
    """As if nobody were there (udp(7), "ECONNREFUSED")."""
    with new() as sock:
        sock.connect(PEER)
        sock.send(b"leaves")
        try:
            raise AssertionError(sock.recv(100))
        except ConnectionRefusedError:
            pass
        expect(sock.sendto(b"leaves", PEER), 6)
        sock.settimeout(0.5)
        try:
            raise AssertionError(sock.recv(100))
        except (ConnectionRefusedError, TimeoutError):
            pass


reached() if LISTED else refused()
print("done")
