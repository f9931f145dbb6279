#!/usr/bin/env bash
# requests-cache 1.3.3: after a PUT that succeeded, a GET of the same address answers from before it.
#
# Expected: with `cache_control=True` the cache keeps HTTP's rules: a response without error to an unsafe method makes what is stored of
#           that address invalid (RFC 9111, 4.4: MUST).
# Happens:  the cache keeps GET and lets the others pass; none of its code looks at what it keeps when a PUT, POST or DELETE has passed. Who
#           sets a stock to 1 and looks whether it is so reads 3 until `max-age` is over, and puts it "right" again; an offer that was
#           deleted is still there. CacheControl does as the RFC says, with the same server.
# Seen on 2026-11-29 with requests 2.34.2, CacheControl 0.14.4, a listing of `Cache-Control: max-age=60`:
#   requests-cache  read 3, PUT 1 (200), read 3, DELETE (204), read 3; asked: GET PUT DELETE
#   CacheControl    read 3, PUT 1 (200), read 1, DELETE (204), read 404; asked: GET PUT GET DELETE GET
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet requests-cache==1.3.3 CacheControl==0.14.4 requests==2.34.2
"$folder/venv/bin/python" - <<'PYTHON'
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import requests
from cachecontrol import CacheControl
from requests_cache import CachedSession


class Marketplace(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stock, asked = b"3", []

    def do_GET(self):
        body = self.server.stock
        self.server.asked.append(self.command)
        if self.command == "PUT":
            body = self.server.stock = self.rfile.read(int(self.headers["Content-Length"]))
        if self.command == "DELETE":
            body, self.server.stock = b"", None
        self.send_response(204 if self.command == "DELETE" else 200 if body is not None else 404)
        if self.command == "GET" and body is not None:
            self.send_header("Cache-Control", "max-age=60")
        if self.command != "DELETE":
            self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    do_PUT = do_DELETE = do_GET

    def log_message(self, *_):
        pass


def sell(name, session):
    with ThreadingHTTPServer(("127.0.0.1", 0), Marketplace) as server:
        server.stock, server.asked = b"3", []
        Thread(target=server.serve_forever, daemon=True).start()
        listing = f"http://127.0.0.1:{server.server_port}/listings/1"

        def read():
            answer = session.get(listing)
            return answer.text if answer.ok else str(answer.status_code)

        before = read()
        put = session.put(listing, data=b"1").status_code
        after = read()
        deleted = session.delete(listing).status_code
        at_last = read()
        session.close()
        server.shutdown()
    print(f"{name:<15} read {before}, PUT 1 ({put}), read {after}, DELETE ({deleted}), read {at_last}; asked: {' '.join(server.asked)}")
    return before, after, at_last


kept = sell("requests-cache", CachedSession(backend="memory", cache_control=True))
right = sell("CacheControl", CacheControl(requests.Session()))
assert right == ("3", "1", "404"), "changed: the witness keeps what was written over"
assert kept == ("3", "3", "3"), "changed: a write makes what is stored invalid"
PYTHON
