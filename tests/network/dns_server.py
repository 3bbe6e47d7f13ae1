"""A DNS server, over UDP and TCP, that counts what it is asked.

It answers from a table, {name: [(type, data), ...]}, with data as it stands in a record, and keeps every
question in the order in which they came. What is not in the table does not exist (NXDOMAIN).
"""

import socket
import struct
import threading

A, CNAME, TXT, AAAA, HTTPS = 1, 5, 16, 28, 65
NXDOMAIN = 3
TTL_S = 60


def pack_name(name):
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def read_name(message, at):
    """A name without pointers, as questions have it; in lower case, and where it ends."""
    labels = []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1"))
        at += 1 + message[at]
    return ".".join(labels).lower(), at + 1


def a(address):
    return A, socket.inet_pton(socket.AF_INET, address)


def aaaa(address):
    return AAAA, socket.inet_pton(socket.AF_INET6, address)


def cname(name):
    return CNAME, pack_name(name)


def txt(text):
    return TXT, bytes([len(text)]) + text.encode()


class DnsServer:
    def __init__(self, address, table):
        self.table = table
        self.asked = []    # (name, type, "udp" or "tcp")
        self.lock = threading.Lock()
        self.tcp = socket.create_server((address, 0), backlog=128)
        self.address, self.port = self.tcp.getsockname()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((address, self.port))
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def close(self):
        self.tcp.close()
        self.udp.close()

    def questions(self):
        """What was asked since the last time."""
        with self.lock:
            asked, self.asked = self.asked, []
        return asked

    def _records(self, name, kind):
        """The records of a name, with those that its aliases lead to."""
        records = []
        while True:
            own = self.table.get(name, [])
            records += [(name, *record) for record in own if record[0] in (kind, CNAME)]
            alias = next((data for found, data in own if found == CNAME), None)
            if alias is None or kind == CNAME:
                return records
            name = read_name(alias, 0)[0]

    def answer(self, query, how):
        ident, flags = struct.unpack("!HH", query[:4])
        name, end = read_name(query, 12)
        kind, _ = struct.unpack("!HH", query[end:end + 4])
        with self.lock:
            self.asked.append((name, kind, how))
        records = self._records(name, kind)
        code = 0 if name in self.table else NXDOMAIN
        # An answer, with recursion available (RFC 1035, 4.1.1).
        head = struct.pack("!HHHHHH", ident, 0x8080 | flags & 0x0100 | code, 1, len(records), 0, 0)
        body = b"".join(pack_name(owner) + struct.pack("!HHIH", found, 1, TTL_S, len(data)) + data
                        for owner, found, data in records)
        return head + query[12:end + 4] + body

    def _serve_udp(self):
        while True:
            try:
                query, peer = self.udp.recvfrom(4096)
                self.udp.sendto(self.answer(query, "udp"), peer)
            except (IndexError, struct.error):
                continue
            except OSError:
                return

    def _serve_tcp(self):
        while True:
            try:
                connection, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self.serve_stream, args=(connection, None), daemon=True).start()

    def serve_stream(self, connection, peer):
        with connection:
            while True:
                try:
                    (length,) = struct.unpack("!H", connection.recv(2, socket.MSG_WAITALL))
                    query = connection.recv(length, socket.MSG_WAITALL)
                    answer = self.answer(query, "tcp")
                    connection.sendall(struct.pack("!H", len(answer)) + answer)
                except (OSError, IndexError, struct.error):
                    return
