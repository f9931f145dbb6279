#!/usr/bin/env bash
# evenmoney 1.0.1 (Python): of two currencies that are converted each day the second keeps the rate of the first day,
# and in one process both do.
#
# Expected: rates "are kept in a file for 4 hours", as its README says (in Russian), and `convert` takes the current
#           rate: a price that is converted on another day has that day's.
# Happens:  the file has one time for all currencies. When it has expired, the one that is asked for first is fetched,
#           and the file is written with the new time and the old rates of all others, which are current again by that:
#           the dollar, asked for after the euro each morning, is never fetched again. And a process keeps what it has
#           seen for as long as it lives: the four hours are not looked at. No warning is given, which there is where
#           no rate can be fetched.
# Seen on 2026-11-30; 1 euro and 1 dollar in hryvnias, of which a source of our own gives one more each day:
#            source        a process each day   one process
#   day 0    50 and 40     50 and 40            50 and 40
#   day 1    51 and 41     51 and 40            50 and 40
#   day 2    52 and 42     52 and 40            50 and 40
#   day 30   80 and 70     80 and 40            50 and 40
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet evenmoney==1.0.1
cd "$folder"
cat > convert.py <<'PYTHON'
"""Convert one euro and one dollar on each day that is named; the rates come from here instead of the network."""

import io
import json
import sys
import time
import urllib.request

FIRST_DAY = {"eur": 50, "usd": 40}
today = 0


def source(request, timeout):
    name = request.full_url.rsplit("/", 1)[1].removesuffix(".json")
    return io.BytesIO(json.dumps({name: {"uah": FIRST_DAY[name] + today}}).encode())


urllib.request.urlopen = source
time.time = lambda: 1_795_996_800 + today * 86_400

from evenmoney import Money

for today in map(int, sys.argv[1:]):
    print(*(Money(1, code).convert("UAH").amount for code in ("EUR", "USD")), sep=" and ")
PYTHON
cat > see.py <<'PYTHON'
import os
import subprocess
import sys
import tempfile

DAYS = 0, 1, 2, 30


def convert(home, *days):
    """What a process says on these days, whose home is this folder."""
    called = [sys.executable, "convert.py", *map(str, days)]
    environment = {**os.environ, "HOME": home}
    return subprocess.run(called, env=environment, check=True, capture_output=True, text=True).stdout.splitlines()


with tempfile.TemporaryDirectory(dir=".") as home, tempfile.TemporaryDirectory(dir=".") as another:
    each = [convert(home, day)[0] for day in DAYS]
    one = convert(another, *DAYS)
print("".ljust(8), "source".ljust(13), "a process each day".ljust(20), "one process")
for day, seen, kept in zip(DAYS, each, one, strict=True):
    print(f"day {day}".ljust(8), f"{50 + day} and {40 + day}".ljust(13), seen.ljust(20), kept)
assert each == ["50 and 40", "51 and 40", "52 and 40", "80 and 40"], "changed: a process each day"
assert one == ["50 and 40"] * 4, "changed: one process"
PYTHON
venv/bin/python see.py
