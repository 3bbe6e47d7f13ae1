"""Servers for the clients under test, each of which counts who has come.

A Server listens at one port of several addresses and gives each connection a thread. How many
connections an address has had is known for sure by seen(): connections are accepted in the order in
which they came, so when one of our own has been accepted, all before it have been.
"""

import errno
import http.server
import os
import socket
import ssl
import struct
import subprocess
import threading
import time

TRIES = 100
WAIT_S = 60
SHORTAGE_S = 0.01


def listen_unix(path):
    """For everybody."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o777)
    listener.listen(128)
    return listener


def connect_to(address, port):
    """A connection with a name of its own."""
    if not address.startswith("/"):
        return socket.create_connection((address, port))
    connection = socket.socket(socket.AF_UNIX)
    connection.bind("")    # a name of the kernel's choice (unix(7), "Autobind feature")
    connection.connect(address)
    return connection


def listen_at(addresses):
    """A listener at each address, all at one port that is free at all of them; or one at a path."""
    for _ in range(TRIES):
        listeners = []
        port = 0
        try:
            for address in addresses:
                if address.startswith("/"):
                    return [listen_unix(address)]
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                listeners.append(socket.create_server((address, port), family=family, backlog=1024))
                port = listeners[0].getsockname()[1]
            return listeners
        except OSError:
            for listener in listeners:
                listener.close()
    raise RuntimeError("no port is free at all of " + ", ".join(addresses))


def named(name):
    """Without what only one end knows of an IPv6 address."""
    return name[:2] if isinstance(name, tuple) else name


class Server:
    """handle(connection, peer) is called in a thread of its own for each connection."""

    def __init__(self, addresses, handle):
        self.handle = handle
        self.changed = threading.Condition()
        self.asked = threading.Lock()
        self.peers = {address: [] for address in addresses}
        self.markers = {address: 0 for address in addresses}
        self.listeners = listen_at(addresses)
        self.port = self.listeners[0].getsockname()[1]
        for address, listener in zip(addresses, self.listeners):
            threading.Thread(target=self._accept, args=(address, listener), daemon=True).start()

    def close(self):
        for listener in self.listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _accept(self, address, listener):
        while True:
            try:
                connection, peer = listener.accept()
            except OSError as error:
                if error.errno not in (errno.EMFILE, errno.ENFILE):
                    return
                time.sleep(SHORTAGE_S)    # connections that have ended are still being closed
                continue
            with self.changed:
                self.peers[address].append(named(peer))
                self.changed.notify_all()
            threading.Thread(target=self._serve, args=(connection, peer), daemon=True).start()

    def _serve(self, connection, peer):
        with connection:
            try:
                self.handle(connection, peer)
            except (OSError, EOFError):
                pass    # whether the client got what it wanted is the client's to say

    def seen(self, address):
        """How many connections an address has had, but for these of our own."""
        with self.asked, connect_to(address, self.port) as marker:
            own = named(marker.getsockname())
            with self.changed:
                if not self.changed.wait_for(lambda: own in self.peers[address], WAIT_S):
                    raise RuntimeError(f"{address} accepts no connections")
                before = len(self.peers[address]) - 1 - self.markers[address]
                self.markers[address] += 1
        return before


def read_exactly(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


# ---- HTTP, and git over it ----

class Pages(http.server.BaseHTTPRequestHandler):
    """/page, which is what Pages.made_with was given, and the repository below /repo.git."""

    protocol_version = "HTTP/1.1"
    page = b""
    repositories = "/nonexistent"

    def log_message(self, format, *args):
        pass

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path.startswith("/repo.git"):
            self.git(b"")
        elif self.path == "/page":
            self.answer(200, [("Content-Type", "application/octet-stream")], self.page)
        else:
            self.answer(404, [], b"")

    def do_POST(self):
        self.git(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def git(self, body):
        """git-http-backend(1), by the common gateway interface."""
        path, _, query = self.path.partition("?")
        env = {
            "GIT_PROJECT_ROOT": self.repositories, "GIT_HTTP_EXPORT_ALL": "1", "PATH": os.environ["PATH"],
            "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
        }
        out = subprocess.run(["git", "http-backend"], input=body, env=env, stdout=subprocess.PIPE, check=True).stdout
        head, _, body = out.partition(b"\r\n\r\n")
        headers = [line.decode().split(": ", 1) for line in head.split(b"\r\n")]
        status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
        self.answer(status, [pair for pair in headers if pair[0] != "Status"], body)


def http(page, repositories):
    handler = type("Handler", (Pages,), {"page": page, "repositories": repositories})
    return lambda connection, peer: handler(connection, peer, None)


def https(page, repositories, certificate):
    """certificate: a file with a key and its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    plain = http(page, repositories)

    def handle(connection, peer):
        with context.wrap_socket(connection, server_side=True) as secure:
            plain(secure, peer)
    return handle


# ---- SSH ----

def ssh(config):
    """One sshd a connection, as inetd has it. sshd started by root demands /run/sshd, which it gets alone."""
    argv = ["/usr/sbin/sshd", "-i", "-f", config]
    if os.getuid() == 0:
        script = 'mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec "$@"'
        argv = ["unshare", "-m", "sh", "-c", script, "sh", *argv]

    def handle(connection, peer):
        subprocess.run(argv, stdin=connection, stdout=connection, stderr=subprocess.DEVNULL, check=False)
    return handle


# ---- PostgreSQL ----

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104


def postgres_message(kind, payload=b""):
    return kind + struct.pack("!i", len(payload) + 4) + payload


def postgres_answer(text):
    """A row of one column, of type text."""
    column = b"answer\0" + struct.pack("!ihihih", 0, 0, 25, -1, -1, 0)
    return (postgres_message(b"T", struct.pack("!h", 1) + column)
            + postgres_message(b"D", struct.pack("!hi", 1, len(text)) + text)
            + postgres_message(b"C", b"SELECT 1\0") + postgres_message(b"Z", b"I"))


def postgres(text):
    """Lets everybody in and answers every query with text (PostgreSQL, "Message Flow")."""
    def handle(connection, peer):
        while True:
            length, code = struct.unpack("!ii", read_exactly(connection, 8))
            read_exactly(connection, length - 8)
            if code not in (SSL_REQUEST, GSS_REQUEST):
                break
            connection.sendall(b"N")
        connection.sendall(postgres_message(b"R", struct.pack("!i", 0))
                           + postgres_message(b"S", b"client_encoding\0UTF8\0")
                           + postgres_message(b"Z", b"I"))
        while True:
            kind, length = struct.unpack("!ci", read_exactly(connection, 5))
            read_exactly(connection, length - 4)
            if kind == b"X":
                return
            connection.sendall(postgres_answer(text))
    return handle


# ---- others ----

def echo(connection, peer):
    """What comes, until the client's end; then our own."""
    while True:
        data = connection.recv(1 << 16)
        if not data:
            return
        connection.sendall(data)


def say(text):
    def handle(connection, peer):
        connection.sendall(text)
    return handle
