"""Clients that reach hosts by name, through the resolver of their sandbox.

The names are in a DNS server of ours, which counts what it is asked; their addresses are of this host, in
a network of its own that run.sh has made. What a sandbox does not list is not looked up: neither the
servers nor the DNS server may have heard of it.
"""

import os
import re

import clients
from dns_server import DnsServer, a, aaaa, cname, txt
from world import Skip, call, need

LISTED, WILD, OTHER, DENIED, SIX = "198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.9", "2001:db8:1::1"
ADDRESSES = (LISTED, WILD, OTHER, DENIED, SIX)
NOWHERE = "2001:db8:2::1"
TABLE = {
    "listed.test": [a(LISTED), txt("a text")],
    "www.wild.test": [a(WILD)],
    "alias.test": [cname("target.test")],
    "target.test": [a(LISTED)],
    "six.test": [aaaa(SIX)],
    "both.test": [aaaa(NOWHERE), a(LISTED)],
    "other.test": [a(OTHER)],
    "denied.test": [a(DENIED)],
    "rebind.test": [a("127.0.0.1")],
    "cloud.test": [a("169.254.169.254")],
}
LOOKUP_TEXT = (r"resolve|not known|No address|ENOTFOUND|EAI_AGAIN|no such host|Unresolved|UnknownHost|translate"
               r"|[Nn]ame resolution")

# The name, the address of its server, and what comes of it.
WORKS, UNKNOWN, REFUSED = "works", "unknown", "refused"
CASES = (
    ("listed.test", LISTED, WORKS), ("www.wild.test", WILD, WORKS), ("alias.test", LISTED, WORKS),
    ("six.test", SIX, WORKS), ("both.test", LISTED, WORKS),
    ("other.test", OTHER, UNKNOWN), ("denied.test", DENIED, UNKNOWN), (OTHER, OTHER, REFUSED),
)

# What dig asks and gets: the answer's code, the data, and whether somebody else was asked.
QUESTIONS = (
    ("listed.test A", "NOERROR", [LISTED], True),
    ("LiSTeD.teST. A", "NOERROR", [LISTED], True),
    ("www.wild.test A", "NOERROR", [WILD], True),
    ("alias.test A", "NOERROR", ["target.test.", LISTED], True),
    ("six.test AAAA", "NOERROR", [SIX], True),
    ("listed.test TYPE65", "NOERROR", [], False),
    ("listed.test TYPE64", "NOERROR", [], False),
    ("other.test TYPE65", None, [], False),
    ("rebind.test A", None, [], True),
    ("cloud.test A", None, [], True),
    ("denied.test A", None, [], True),
    ("other.test A", None, [], False),
    ("other.test TXT", None, [], False),
    ("secret.listed.test A", None, [], False),
    ("wild.test A", None, [], False),
    ("target.test A", None, [], False),
    ("secret.other.test TXT", None, [], False),
    ("1.100.51.198.in-addr.arpa PTR", None, [], False),
)


class Names:
    def __init__(self, world, tools):
        self.world = world
        self.tools = tools
        self.why_not = self._prepare()

    def _prepare(self):
        """None, or why it can't be tried."""
        if os.environ.get("NETWORK_OWN") != "1":
            return Skip("there is no network of our own, so names lead nowhere")
        try:
            self.world.check("by_name", resolver="127.0.0.1:1")
        except Skip as skip:
            return skip
        for address in ADDRESSES:
            call("ip", "addr", "add", address + ("/128" if ":" in address else "/32"), "dev", "lo")
        return None

    def _case(self, row, dns, sandbox, name, address, what):
        """address: or those of which each will do."""
        addresses = (address,) if isinstance(address, str) else address
        before = sum(map(row.server.seen, addresses))
        dns.questions()
        if row.client.binds and address == SIX:
            sandbox += "_bind"
        done, got = row.run(name, sandbox, port=row.server.port, resolver=f"127.0.0.1:{dns.port}")
        came = sum(map(row.server.seen, addresses)) - before
        asked = {question[0] for question in dns.questions()}
        if what in (WORKS, REFUSED):
            return row.judge(done, got, came, what == WORKS)
        said = (done.stderr + done.stdout).decode(errors="replace")
        right = (done.returncode == (row.client.unknown or row.client.status) and came == 0
                 and re.search(LOOKUP_TEXT, said) and not asked & {"other.test"})
        return None if right else f"status {done.returncode}, {came} came, asked {asked}: {said[-1500:].strip()}"

    def client(self, client, user, table=TABLE, cases=CASES, sandbox="by_name"):
        if self.why_not:
            raise self.why_not
        clients.check(client, self.tools)
        row = clients.Row(self.world, self.tools, client, user, ADDRESSES)
        dns = DnsServer("127.0.0.1", table)
        try:
            return [(name, self._case(row, dns, sandbox, name, address, what)) for name, address, what in cases]
        finally:
            row.server.close()
            dns.close()

    def _question(self, dns, uid, question, code, data, leaves):
        name = question.split()[0].rstrip(".").lower()
        dns.questions()
        argv = ["dig", "+tries=1", "+time=10", "@192.0.2.53", *question.split()]
        done = self.world.run(argv, uid, "by_name", resolver=f"127.0.0.1:{dns.port}")
        asked = dns.questions()
        said = done.stdout.decode(errors="replace")
        got_code = next(iter(re.findall(r"status: (\w+)", said)), "no answer")
        got = [line.split()[4] for line in said.splitlines() if re.match(r"[^;\s]\S*\s+\d+\s+IN\s+(A|AAAA|CNAME)\s", line)]
        right = (code in (None, got_code) and got == data and bool(asked) == leaves
                 and all(found == name or leaves for found, _, _ in asked))
        return None if right else f"{got_code}, {got}, asked {asked}: {said[-700:]} {done.stderr.decode()[-300:]}"

    def dig(self, user):
        need("dig")
        if self.why_not:
            raise self.why_not
        dns = DnsServer("127.0.0.1", TABLE)
        try:
            return [(row[0], self._question(dns, self.world.users[user], *row)) for row in QUESTIONS]
        finally:
            dns.close()

    def tests(self):
        found = [(f"dig by name ({user})", lambda user=user: self.dig(user)) for user in self.world.users]
        for client in clients.CLIENTS:
            found += [(f"{client.name} by name ({user})", lambda args=(client, user): self.client(*args))
                      for user in self.world.users]
        return found
