"""Clients that programs and people use, each against a server of its own.

A row of CLIENTS says what a client is called with and how it ends when it is refused. Each is tried
without a sandbox, and in sandboxes that list an address, list a network, deny an address of it, or list
a port of any address. What is listed has to give the same bytes. What is not has to end with the
client's own error and status, and its server must have seen nobody. Every address that is refused is
reached in another case, by the same client.
"""

import dataclasses
import getpass
import os
import pwd
import re
import shutil
from subprocess import CalledProcessError, TimeoutExpired

import servers
from world import ADDRESSES, DENIED, LISTED, OTHER, UNLISTED, Missing, Skip, call, need

DENIED_TEXT = r"[Pp]ermission denied|EACCES"


@dataclasses.dataclass(frozen=True)
class Client:
    name: str
    protocol: str
    argv: str       # words, in which {url} and the like stand for what they say
    status: int     # when it is refused
    text: str = DENIED_TEXT     # a part of what it says then
    needs: tuple = ()           # commands beside the first word
    packages: str = ""          # a demand of its own, a method of Tools
    binds: bool = False         # it believes in IPv6 only where it may bind ::1
    unknown: int = 0            # the status when a name can't be looked up, if that is another


CURL = r"Failed to connect|Couldn't connect|Could not connect"
PYTHON = "/usr/bin/python3 {programs}/"
JAVA = "java -Xshare:auto -XX:TieredStopAtLevel=1 -cp {classes} Fetch {url} {ca}"

CLIENTS = (
    Client("curl", "http", "curl -sS {url}", 7, CURL, unknown=6),
    Client("curl, TLS", "https", "curl -sS --cacert {ca} {url}", 7, CURL, unknown=6),
    Client("wget", "http", "wget -nv -t 1 -O - {url}", 4),
    Client("wget, TLS", "https", "wget -nv -t 1 --ca-certificate={ca} -O - {url}", 4),
    Client("git", "git", "git clone -q {url} clone", 128, CURL),
    Client("git, SSH", "ssh", "git clone -q {url} clone", 128, needs=("ssh", "/usr/sbin/sshd")),
    Client("urllib", "http", PYTHON + "urllib_get.py {url}", 1),
    Client("urllib, TLS", "https", PYTHON + "urllib_get.py {url} {ca}", 1),
    Client("requests, TLS", "https", PYTHON + "requests_get.py {url} {ca}", 1, packages="requests", binds=True),
    Client("asyncio, TLS", "https", PYTHON + "asyncio_get.py {url} {ca}", 1),
    Client("fetch, TLS", "https", "node {programs}/fetch.mjs {url}", 1),
    Client("axios, TLS", "https", "node {programs}/axios_get.cjs {url}", 1, packages="axios"),
    Client("Go, TLS", "https", "{go} {url} {ca}", 1, packages="go"),
    Client("Java, TLS", "https", JAVA + " client", 1, packages="java"),
    Client("Java, a stream", "http", JAVA + " stream", 1, packages="java"),
    Client("nc", "say", "nc -v -N {host} {port}", 1),
    Client("psql", "postgres", "psql -X -At -c select -d postgresql://u@{host}:{port}/d?sslmode=disable", 2),
)

# From where, in which sandbox, and whether it works. "a port" has no net gate: Landlock keeps it.
CASES = (
    ("no sandbox", None, LISTED, True),
    ("no sandbox", None, DENIED, True),
    ("an address", "by_address", LISTED, True),
    ("an address", "by_address", OTHER, False),
    ("a network", "by_network", OTHER, True),
    ("a network", "by_network", UNLISTED, False),
    ("a network without it", "by_network", DENIED, False),
    ("a port", "by_port", UNLISTED, True),
    ("another port", "by_port", LISTED, False),
)


class Tools:
    """What clients need beside Debian's commands, made once. Who can't have it skips, and says so."""

    def __init__(self, world):
        self.world = world
        self.lacking = {}
        self.paths = {"go": world.path("programs", "fetch"), "classes": world.path("programs")}
        for name in ("requests", "axios", "go", "java"):
            self.lacking[name] = getattr(self, "make_" + name)()

    def _make(self, command, *argv, **options):
        """None, or why it can't be had."""
        try:
            need(command)
            call(*argv, timeout=300, **options)
        except Missing as missing:
            return missing
        except (CalledProcessError, TimeoutExpired) as failure:
            said = (failure.output or b"").decode(errors="replace")
            return Missing(f"{' '.join(argv[:3])} fails: {said[-300:].strip()}")
        return None

    def make_requests(self):
        return self._make("/usr/bin/python3", "/usr/bin/python3", "-c", "import requests")

    def make_axios(self):
        """By run.sh, which has the way to a registry."""
        modules = os.environ.get("NETWORK_MODULES", "")
        if not os.path.isdir(modules):
            return Skip("npm or its registry is not there")
        shutil.copytree(modules, self.world.path("programs", "node_modules"))
        return None

    def make_go(self):
        env = {**os.environ, "CGO_ENABLED": "0", "GOCACHE": self.world.path("go-cache"), "GOFLAGS": "-mod=mod",
               "GO111MODULE": "off", "HOME": self.world.top}
        return self._make("go", "go", "build", "-o", self.paths["go"], self.world.path("programs", "fetch.go"),
                          env=env)

    def make_java(self):
        """Compiled by the runtime itself where there is no javac."""
        if not self._make("javac", "javac", "-version"):
            return self._make("java", "javac", "--release", "11", "-d", self.paths["classes"],
                              self.world.path("programs", "Fetch.java"))
        return self._make("java", "java", "-m", "jdk.compiler/com.sun.tools.javac.Main", "-d",
                          self.paths["classes"], self.world.path("programs", "Fetch.java"))


URLS = {
    "http": "http://{host}:{port}/page",
    "https": "https://{host}:{port}/page",
    "git": "http://{host}:{port}/repo.git",
    "ssh": "ssh://{login}@{host}:{port}{repositories}/repo.git",
}


class Row:
    """One client, run by one user, with a server of its own."""

    def __init__(self, world, tools, client, user, addresses=ADDRESSES):
        self.world = world
        self.tools = tools
        self.client = client
        self.uid = world.users[user]
        self.expected = world.page
        self.server = servers.Server(addresses, self._handle())

    def _handle(self):
        world = self.world
        repositories = world.path("repositories")
        if self.client.protocol in ("http", "git"):
            return servers.http(world.page, repositories)
        if self.client.protocol == "https":
            return servers.https(world.page, repositories, world.path("server.pem"))
        if self.client.protocol == "ssh":
            return servers.ssh(world.path("sshd.conf"))
        if self.client.protocol == "postgres":
            self.expected = b"an answer\n"
            return servers.postgres(b"an answer")
        return servers.say(world.page)

    def _argv(self, host):
        places = {
            "host": host, "port": self.server.port, "ca": self.world.path("programs", "ca.pem"),
            "programs": self.world.programs, "repositories": self.world.path("repositories"),
            "login": getpass.getuser(), **self.tools.paths,
        }
        places["url"] = URLS.get(self.client.protocol, "").format(**places)
        return [word.format(**places) for word in self.client.argv.split()]

    def run(self, host, sandbox, **params):
        """The finished client, and what it got."""
        box = self.world.box(self.uid)
        if self.client.protocol == "ssh":
            self.world.take_ssh_key(box, self.uid)
        done = self.world.run(self._argv(host), self.uid, sandbox, box, **params)
        got = done.stdout
        if self.client.protocol in ("git", "ssh"):
            try:
                with open(os.path.join(box, "clone", "page"), "rb") as page:
                    got = page.read()
            except FileNotFoundError:
                got = b""
        return done, got

    def judge(self, done, got, came, works):
        """None, or what is wrong."""
        said = done.stderr.decode(errors="replace")
        if works:
            right = done.returncode == 0 and got == self.expected and came > 0
        else:
            said += done.stdout.decode(errors="replace")
            right = done.returncode == self.client.status and came == 0 and re.search(self.client.text, said)
        if right:
            return None
        return f"status {done.returncode}, {len(got)} bytes, {came} connections: {said[-1500:].strip()}"

    def try_case(self, where, sandbox, address, works):
        before = self.server.seen(address)
        port = 1 if where == "another port" else self.server.port
        done, got = self.run(address, sandbox, port=port)
        return self.judge(done, got, self.server.seen(address) - before, works)


def check(client, tools):
    """Whether a client can be tried here."""
    commands = [word for word in client.argv.split()[:1] if not word.startswith("{")]
    need(*commands, *client.needs)
    why = tools.lacking.get(client.packages)
    if why:
        raise why
    shell = pwd.getpwuid(os.getuid()).pw_shell
    if client.protocol == "ssh" and os.path.basename(shell) in ("nologin", "false"):
        raise Skip(f"{getpass.getuser()} may not log in")
