#!/usr/bin/env python3
"""A webhook for tests: hook_server.py DIR [CERT KEY].

Listens on loopback and writes its port to DIR/port. Each request is a line "PATH BODY" in
DIR/requests. What is answered depends on the path: /ok 200, /500 and /404 these, /flaky 500 twice
and then 200, /redirect 302 to /ok, /hang nothing for a minute, /big 200 and a MiB. With CERT and KEY it speaks TLS.
"""
import http.server
import os
import ssl
import sys
import time

directory = sys.argv[1]
tries = {}


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(directory + "/requests", "ab") as requests:
            requests.write(self.path.encode() + b" " + body + b"\n")
        tries[self.path] = tries.get(self.path, 0) + 1
        if self.path == "/hang":
            time.sleep(60)
        status = {"/500": 500, "/404": 404, "/redirect": 302}.get(self.path, 200)
        if self.path == "/flaky" and tries[self.path] <= 2:
            status = 500
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/ok")
        content = b"x" * (1 << 20) if self.path == "/big" else b""
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:
            pass  # nobody reads that much

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
server.daemon_threads = True
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(directory + "/port.new", "w") as port:
    port.write(str(server.server_address[1]))
os.rename(directory + "/port.new", directory + "/port")
server.serve_forever()
