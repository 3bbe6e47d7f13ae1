"""Servers inside of a sandbox, unix sockets, and hosts that are not this one.

Another host is a network namespace at the other end of a pair of virtual wires (veth(4)); only root gets
one, in a network of its own that run.sh has made.
"""

import ctypes
import os
import subprocess
import threading
import urllib.request

import servers
from world import LISTED, OTHER, Skip, call, need

END_S = 30
CLONE_NEWNET = 0x40000000
NEAR, FAR, FAR_DENIED, FAR_6, NOBODY_THERE = "192.0.2.1", "192.0.2.2", "192.0.2.9", "2001:db8::2", "192.0.2.77"
CURL = ("curl", "-sS", "--connect-timeout", "20")

# In which sandbox, to whom, and curl's status.
REMOTE_CASES = (
    (None, FAR, 0), (None, FAR_DENIED, 0), (None, FAR_6, 0), (None, NOBODY_THERE, 7),
    ("remote", FAR, 0), ("remote", FAR_DENIED, 7), ("remote", FAR_6, 7), ("remote", NEAR, 7),
    ("remote", NOBODY_THERE, 7),
    ("remote_6", FAR_6, 0), ("remote_6", FAR, 7),
    ("anywhere", FAR, 0), ("anywhere", FAR_6, 0), ("anywhere", FAR_DENIED, 7), ("anywhere", LISTED, 7),
)


def in_network_of(pid, function):
    """What function returns, called in another process's network."""
    results = []

    def work():
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/proc/{pid}/ns/net", "rb") as namespace:
            if libc.setns(namespace.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        results.append(function())
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return results[0]


class Neighbour:
    """A network at the other end of a wire, with a server in it. Gone when the process is that has it."""

    def __init__(self, world):
        if os.environ.get("NETWORK_OWN") != "1":
            raise Skip("there is no network of our own, so no other host")
        # cat waits for the end of what nobody writes to.
        self.holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        pid = str(self.holder.pid)
        there = ("nsenter", "-t", pid, "-n")
        call("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", pid)
        call("ip", "addr", "add", f"{NEAR}/24", "dev", "near")
        call("ip", "addr", "add", "2001:db8::1/64", "dev", "near", "nodad")
        call("ip", "link", "set", "near", "up")
        for address in (f"{FAR}/24", f"{FAR_DENIED}/24"):
            call(*there, "ip", "addr", "add", address, "dev", "far")
        call(*there, "ip", "addr", "add", f"{FAR_6}/64", "dev", "far", "nodad")
        call(*there, "ip", "link", "set", "far", "up")
        handle = servers.http(world.page, "/nonexistent")
        self.server = in_network_of(pid, lambda: servers.Server((FAR, FAR_DENIED, FAR_6), handle))

    def close(self):
        self.server.close()
        self.holder.stdin.close()
        self.holder.wait()


class Places:
    def __init__(self, world):
        self.world = world

    # ---- other hosts ----

    def _remote_case(self, server, uid, case):
        sandbox, host, status = case
        counted = host in server.peers
        before = server.seen(host) if counted else 0
        url = f"http://[{host}]:{server.port}/page" if ":" in host else f"http://{host}:{server.port}/page"
        done = self.world.run([*CURL, url], uid, sandbox, port=server.port)
        came = server.seen(host) - before if counted else 0
        got = done.stdout == self.world.page if status == 0 else done.stdout == b""
        if done.returncode == status and got and came == (1 if status == 0 else 0):
            return None
        return f"status {done.returncode}, {len(done.stdout)} bytes, {came} came: {done.stderr.decode()}"

    def remote(self):
        need("ip", "nsenter")
        neighbour = Neighbour(self.world)
        try:
            return [(f"{user}, {case[0] or 'no sandbox'}, {case[1]}",
                     self._remote_case(neighbour.server, uid, case))
                    for user, uid in self.world.users.items() for case in REMOTE_CASES]
        finally:
            neighbour.close()

    # ---- unix sockets ----

    def _unix_case(self, argv, status, server, path, user):
        before = server.seen(path)
        done = self.world.run(argv, self.world.users[user], "by_path")
        came = server.seen(path) - before
        if done.returncode == status and bool(came) == (status == 0) and (status != 0 or done.stdout):
            return None
        return f"status {done.returncode}, {came} came: {done.stderr.decode()} {done.stdout[:100]!r}"

    def unix(self, user):
        need("psql", "curl")
        found = []
        for directory, refused in (("sockets", False), ("more", True)):
            where = self.world.path("programs", directory, user)
            os.makedirs(where)
            rows = (
                (".s.PGSQL.5432", servers.postgres(b"an answer"), 2,
                 ["psql", "-X", "-At", "-c", "select", "-d", f"host={where} user=u dbname=d"]),
                ("http", servers.http(self.world.page, "/nonexistent"), 7,
                 ["curl", "-sS", "--unix-socket", f"{where}/http", "http://localhost/page"]),
            )
            for name, handle, status, argv in rows:
                path = os.path.join(where, name)
                server = servers.Server((path,), handle)
                control = self.world.run(argv, self.world.users[user])
                text = None if control.returncode == 0 else f"without a sandbox: {control.stderr.decode()}"
                case = text or self._unix_case(argv, status if refused else 0, server, path, user)
                found.append((f"{argv[0]}, {directory}", case))
                server.close()
        return found

    # ---- servers inside ----

    def _serve(self, argv, user, port):
        """None when a page comes out of the sandbox, or what is wrong."""
        box = self.world.box(self.world.users[user])
        with open(os.path.join(box, "page"), "wb") as out:
            out.write(self.world.page)
        process = self.world.start(argv, self.world.users[user], "server", box, port=port)
        try:
            line = process.stdout.readline()
            with urllib.request.urlopen(f"http://{LISTED}:{port}/page", timeout=END_S) as response:
                return None if response.read() == self.world.page else "it is another page"
        except OSError as error:
            return f"{error}, {line}"
        finally:
            process.terminate()
            process.communicate(timeout=END_S)

    def _refused(self, argv, user, port):
        done = self.world.run(argv, self.world.users[user], "server", port=port)
        said = (done.stdout + done.stderr).decode()
        if done.returncode == 1 and ("ermission denied" in said or "EACCES" in said):
            return None
        return f"status {done.returncode}: {said[-500:]}"

    def inside(self, user):
        """A port that is free is one that somebody else had."""
        server = servers.Server((LISTED, OTHER), servers.echo)
        server.close()
        python = ["/usr/bin/python3", "-u", "-m", "http.server", str(server.port), "--bind"]
        node = ["node", f"{self.world.programs}/serve.mjs", str(server.port)]
        return [(" ".join((argv[0], host)), function([*argv, host], user, server.port))
                for argv in (python, node)
                for host, function in ((LISTED, self._serve), (OTHER, self._refused))]

    def tests(self):
        found = [("other hosts", self.remote)]
        for user in self.world.users:
            found += [(f"unix sockets ({user})", lambda user=user: self.unix(user)),
                      (f"servers inside ({user})", lambda user=user: self.inside(user))]
        return found
