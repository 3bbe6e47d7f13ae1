"""A client of the Language Server Protocol, as small as tests need: frames, requests, notifications."""

import json
import os
import select
import subprocess
import time

TIMEOUT_S = 20


class Closed(Exception):
    """The server ended, or said nothing in time."""


class Client:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.buffer = b""
        self.next_id = 0
        self.diagnostics = {}  # by URI, the params of the last that were published
        self.messages = []  # other notifications

    def send_bytes(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, message):
        body = json.dumps(message).encode()
        self.send_bytes(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def read(self):
        """The next message, or Closed."""
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            head, separator, rest = self.buffer.partition(b"\r\n\r\n")
            if separator:
                length = int(head.split(b":")[1])
                if len(rest) >= length:
                    self.buffer = rest[length:]
                    return json.loads(rest[:length])
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 1 << 20) if ready else b""
            if not data:
                raise Closed
            self.buffer += data

    def take(self, message):
        if message.get("method") == "textDocument/publishDiagnostics":
            params = message["params"]
            self.diagnostics[params["uri"]] = params
        else:
            self.messages.append(message)

    def notify(self, method, params=None):
        self.send({"jsonrpc": "2.0", "method": method, "params": params or {}})

    def call(self, method, params=None):
        """The whole response, with "result" or "error"."""
        self.next_id += 1
        self.send({"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params or {}})
        while True:
            message = self.read()
            if "method" not in message:
                assert message["id"] == self.next_id, message
                return message
            self.take(message)

    def request(self, method, params=None):
        response = self.call(method, params)
        assert "result" in response, response
        return response["result"]

    def initialize(self, encodings=("utf-16",)):
        result = self.request(
            "initialize",
            {"processId": None, "rootUri": None, "capabilities": {"general": {"positionEncodings": list(encodings)}}},
        )
        self.notify("initialized")
        return result

    def open(self, uri, text):
        self.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "writ", "version": 1, "text": text}})

    def change(self, uri, version, changes):
        self.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": changes})

    def wait_diagnostics(self, uri, version=None):
        """Those published next for the document, or for this version of it."""
        self.diagnostics.pop(uri, None)
        while uri not in self.diagnostics or version not in (None, self.diagnostics[uri].get("version")):
            self.take(self.read())
        return self.diagnostics[uri]["diagnostics"]

    def at(self, method, uri, line, character, **more):
        return self.request(method, {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}, **more})

    def end(self):
        """shutdown and exit; the server's exit status."""
        self.request("shutdown")
        self.notify("exit")
        return self.process.wait(TIMEOUT_S)
