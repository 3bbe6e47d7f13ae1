"""Datagrams: to what is listed they come and their answers come back; nothing else leaves."""

import socket
import threading

from dns_server import DnsServer, txt
from world import DENIED, LISTED, OTHER, UNLISTED, need

WAIT_S = 30
HOSTS = ((LISTED, True), (OTHER, True), ("::1", True), (UNLISTED, False), (DENIED, False))


class UdpEcho:
    """At each address, at one port; counts what comes."""

    def __init__(self, addresses):
        self.counts = dict.fromkeys(addresses, 0)
        self.port = 0
        self.sockets = []
        for address in addresses:
            sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            sock.bind((address, self.port))
            self.port = sock.getsockname()[1]
            self.sockets.append(sock)
            threading.Thread(target=self._serve, args=(address, sock), daemon=True).start()

    def _serve(self, address, sock):
        while True:
            data, peer = sock.recvfrom(1 << 16)
            self.counts[address] += 1
            sock.sendto(data, peer)

    def seen(self, address):
        """How many datagrams an address has had: ours is answered after all before it."""
        with socket.socket(family_of(address), socket.SOCK_DGRAM) as marker:
            marker.settimeout(WAIT_S)
            marker.sendto(b"marker", (address, self.port))
            marker.recv(100)
            self.counts[address] -= 1
        return self.counts[address]


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class Udp:
    def __init__(self, world):
        self.world = world

    def _run(self, argv, uid, sandbox, port):
        return self.world.run(argv, uid, sandbox, port=port, bundle="udp")

    def _echo(self, echo, argv, uid, host, listed):
        """argv prints `done` when all went as it should."""
        found = []
        for where, sandbox, works in (("no sandbox", None, True), ("a sandbox", "by_udp", listed)):
            before = echo.seen(host)
            words = [word.format(host=host, port=echo.port, listed=int(works)) for word in argv]
            done = self._run(words, uid, sandbox, echo.port)
            came = echo.seen(host) - before
            right = done.returncode == 0 and done.stdout == (b"done\n" if works else argv_refused(argv))
            text = None if right and bool(came) == works else (
                f"status {done.returncode}, {came} came: {done.stdout[:100]!r} {done.stderr.decode()[-700:]}")
            found.append((f"{argv[0]}, {where}, {host}", text))
        return found

    def datagrams(self, user):
        self.world.check("by_udp", bundle="udp")
        need("nc", "sh")
        echo = UdpEcho([host for host, _ in HOSTS])
        uid = self.world.users[user]
        programs = (["/usr/bin/python3", "-B", f"{self.world.programs}/datagrams.py", "{host}", "{port}", "{listed}"],
                    ["sh", "-c", "echo done | nc -u -w 1 {host} {port} || :"])
        return [case for argv in programs for host, listed in HOSTS
                for case in self._echo(echo, argv, uid, host, listed)]

    def dig(self, user):
        """A name server that is listed is asked whatever the tool likes; another one is not."""
        self.world.check("by_udp", bundle="udp")
        need("dig")
        return [case for host, listed in ((LISTED, True), (DENIED, False)) for how in ("+notcp", "+tcp")
                for case in self._questions(host, how, listed, self.world.users[user])]

    def _questions(self, host, how, listed, uid):
        dns = DnsServer(host, {"listed.test": [txt("a text")]})
        argv = ["dig", "+short", "+tries=1", "+time=3", how, f"@{host}", "-p", str(dns.port), "listed.test", "TXT"]
        found = []
        for where, sandbox, works in (("no sandbox", None, True), ("a sandbox", "by_dns", listed)):
            done = self._run(argv, uid, sandbox, dns.port)
            asked = len(dns.questions())
            right = (done.returncode, done.stdout == b'"a text"\n', bool(asked)) == (
                (0, True, True) if works else (9, False, False))
            found.append((f"{how}, {where}, {host}", None if right else f"status {done.returncode}, {asked} asked: "
                          f"{done.stdout.decode()} {done.stderr.decode()}"))
        dns.close()
        return found

    def tests(self):
        found = []
        for user in self.world.users:
            found += [(f"datagrams ({user})", lambda user=user: self.datagrams(user)),
                      (f"dig, UDP ({user})", lambda user=user: self.dig(user))]
        return found


def argv_refused(argv):
    """What a program prints when nothing comes back."""
    return b"" if argv[0] == "sh" else b"done\n"
