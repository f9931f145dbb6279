#!/usr/bin/env bash
# requests-ratelimiter 0.10.0: with `per_second=5, burst=10` fifty calls go out at once.
#
# Expected: `burst` is the "Max number of consecutive requests allowed before applying per-second rate-limiting", of its documentation: ten at
#           once, then five a second.
# Happens:  it is a factor, of seconds: five times ten calls may go out in any ten seconds, all of them at once. A marketplace that
#           allows ten at once answers 429 to four of five, and may block the key. A burst of 60 makes a minute of the second, and
#           `per_minute` takes its place: the limit of each second is gone without a word.
# Seen on 2026-11-30 with pyrate-limiter 4.5.1 and a server on this machine; calls until the first that would have to wait:
#   per_second=5                                5
#   per_second=5, burst=10                     50
#   per_second=5, burst=10, per_minute=100     50
#   per_second=5, burst=60, per_minute=100    100
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet requests-ratelimiter==0.10.0 pyrate-limiter==4.5.1
cd "$folder"
cat > see.py <<'PYTHON'
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread

from requests.exceptions import Timeout
from requests_ratelimiter import LimiterSession

GIVEN = [
    ({"per_second": 5}, 5),
    ({"per_second": 5, "burst": 10}, 50),
    ({"per_second": 5, "burst": 10, "per_minute": 100}, 50),
    ({"per_second": 5, "burst": 60, "per_minute": 100}, 100),
]


class Marketplace(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def at_once(address, limits):
    """How many calls go out before one has to wait."""
    with LimiterSession(max_delay=0.1, **limits) as session:
        for calls in count():
            try:
                session.get(address)
            except Timeout:
                return calls


server = ThreadingHTTPServer(("127.0.0.1", 0), Marketplace)
Thread(target=server.serve_forever, daemon=True).start()
for limits, expected in GIVEN:
    seen = at_once(f"http://127.0.0.1:{server.server_port}/", limits)
    print(f"{', '.join(f'{name}={limit}' for name, limit in limits.items()):<40} {seen:>4}")
    assert seen == expected, "changed"
PYTHON
venv/bin/python see.py
