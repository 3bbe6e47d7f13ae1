"""Clients whose TLS has to name who is listed: `connect "HOST:PORT" sni`.

What says another name, or none, is tried twice: in a sandbox that does not look, where it works, and in one
that does, where it is reset and its host has seen nobody.
"""

import clients
from dns_server import DnsServer, a, aaaa
from names import ADDRESSES, LISTED, OTHER, REFUSED, SIX, TABLE, UNKNOWN, WORKS
from world import need

# Happy Eyeballs: a host with two families, both of which answer.
DUAL = {**TABLE, "dual.test": [aaaa(SIX), a(LISTED)]}
CASES = (("listed.test", LISTED, WORKS), ("alias.test", LISTED, WORKS), ("www.wild.test", "198.51.100.2", WORKS),
         ("dual.test", (LISTED, SIX), WORKS), ("other.test", OTHER, UNKNOWN), (LISTED, LISTED, REFUSED))

SAY = ("/usr/bin/python3 -c import$socket,ssl,sys;"
       "s=socket.create_connection(('listed.test',int(sys.argv[1])));"
       "c=ssl._create_unverified_context();c.check_hostname=False;"
       "s=c.wrap_socket(s,server_hostname=eval(sys.argv[2]));"
       "s.sendall(b'GET$/page$HTTP/1.0\\r\\n\\r\\n');"
       "print(len(s.makefile('rb').read())>99999) {port} ")
NODE = ("node -e const$s=require('tls').connect({{host:'listed.test',port:+process.argv[1],servername:process.argv[2],"
        "rejectUnauthorized:false}},()=>{{console.log('True');process.exit()}}) {port} ")
CURL = "curl -sSk -o /dev/null -w %{{http_code}} --connect-to {other}:{port}:listed.test:{port} "

# What is called, and its status when it is reset. "$" is a blank inside of a word.
LIARS = (
    ("curl, another name", CURL.replace("{other}", "other.test") + "https://other.test:{port}/page", 35),
    ("curl, TLS 1.2, another name",
     CURL.replace("{other}", "other.test") + "--tls-max 1.2 https://other.test:{port}/page", 35),
    ("curl, no name", CURL.replace("{other}", "203.0.113.7") + "https://203.0.113.7:{port}/page", 35),
    ("Python, another name", SAY + "'other.test'", 1),
    ("Python, a name below", SAY + "'x.listed.test'", 1),
    ("Python, no name", SAY + "None", 1),
    ("Node, another name", NODE + "other.test", 1),
)

SUCCESS = (b"True", b"200")


class Tls:
    def __init__(self, names):
        self.names = names
        self.world = names.world

    def client(self, client, user):
        return self.names.client(client, user, DUAL, CASES, "by_tls")

    def _liar(self, server, dns, argv, status, user, sandbox):
        before = server.seen(LISTED)
        words = [word.replace("$", " ").format(port=server.port) for word in argv.split()]
        done = self.world.run(words, self.world.users[user], sandbox, port=server.port,
                              resolver=f"127.0.0.1:{dns.port}")
        came = server.seen(LISTED) - before
        right = (done.returncode == 0 and done.stdout.strip() in SUCCESS and came > 0 if status == 0
                 else done.returncode == status and done.stdout.strip() not in SUCCESS and came == 0)
        said = done.stderr.decode(errors="replace")
        return None if right else f"status {done.returncode}, {came} came: {done.stdout[:100]!r} {said[-1500:]}"

    def liars(self, user):
        need("curl", "node")
        if self.names.why_not:
            raise self.names.why_not
        tls = next(client for client in clients.CLIENTS if client.name == "curl, TLS")
        row = clients.Row(self.world, self.names.tools, tls, user, ADDRESSES)
        dns = DnsServer("127.0.0.1", DUAL)
        try:
            return [(f"{name}, {sandbox}", self._liar(row.server, dns, argv, wanted, user, sandbox))
                    for name, argv, status in LIARS for sandbox, wanted in (("by_name", 0), ("by_tls", status))]
        finally:
            row.server.close()
            dns.close()

    def plain(self, user):
        """Programs that speak no TLS."""
        if self.names.why_not:
            raise self.names.why_not
        row = clients.Row(self.world, self.names.tools, clients.CLIENTS[0], user, ADDRESSES)
        dns = DnsServer("127.0.0.1", DUAL)
        argv = "curl -sS -o /dev/null -w %{{http_code}} http://listed.test:{port}/page"
        try:
            return [(sandbox, self._liar(row.server, dns, argv, status, user, sandbox))
                    for sandbox, status in (("by_name", 0), ("by_tls", 56))]
        finally:
            row.server.close()
            dns.close()

    def tests(self):
        found = []
        for user in self.world.users:
            found += [(f"{client.name}, named by it ({user})", lambda args=(client, user): self.client(*args))
                      for client in clients.CLIENTS if client.protocol == "https"]
            found += [(f"TLS, other names ({user})", lambda user=user: self.liars(user)),
                      (f"no TLS ({user})", lambda user=user: self.plain(user))]
        return found
