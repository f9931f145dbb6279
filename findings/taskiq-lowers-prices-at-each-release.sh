#!/usr/bin/env bash
# taskiq 0.13.0: what is scheduled for one moment runs again at each start of the scheduler after it, and what runs each week, too.
#
# Expected: `schedule=[{"time": ...}]` at a task is one run, at that time; an interval of seven days is seven days.
# Happens:  the scheduler notes in its memory what was sent. After a restart the moment lies behind it, counts as due, and the task is sent at
#           once: last Friday's prices are lowered on Monday, with the release, and once more with the next one. An interval begins with
#           a run and begins anew each time, so that a shop that is released daily writes its weekly invoices daily. A task with a cron
#           line is not made up for. Nothing says so but the order of events; the maintainers call it predictable (issue 163).
# Seen on 2026-11-29 with InMemoryBroker, the scheduler started three times by its own command:
#   start 1: invoices, lower prices
#   start 2: invoices, lower prices
#   start 3: invoices, lower prices
# A source that keeps its schedules, such as taskiq-redis has, takes out what was sent.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet taskiq==0.13.0
cd "$folder"
cat > shop.py <<'PYTHON'
from datetime import UTC, datetime, timedelta
from pathlib import Path

from taskiq import InMemoryBroker, TaskiqScheduler
from taskiq.schedule_sources import LabelScheduleSource

FRIDAY = datetime(2026, 11, 27, 18, tzinfo=UTC)
broker = InMemoryBroker()
scheduler = TaskiqScheduler(broker, [LabelScheduleSource(broker)])


def note(what):
    with Path("ran").open("a") as ran:
        ran.write(f"{what}\n")


@broker.task(schedule=[{"time": FRIDAY}])
async def lower_prices():
    note("lower prices")


@broker.task(schedule=[{"interval": timedelta(days=7)}])
async def write_invoices():
    note("invoices")


@broker.task(schedule=[{"cron": "0 18 27 11 *"}])
async def by_cron():
    note("by cron")
PYTHON
cat > see.py <<'PYTHON'
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

RAN = Path("ran")
for start in range(1, 4):
    RAN.write_text("")
    line = [sys.executable, "-m", "taskiq", "scheduler", "shop:scheduler", "--log-level", "CRITICAL"]
    with subprocess.Popen(line, stderr=subprocess.DEVNULL) as running:
        until = monotonic() + 20
        while len(RAN.read_text().splitlines()) < 2 and monotonic() < until:
            sleep(0.1)
        running.terminate()
    seen = sorted(RAN.read_text().splitlines())
    print(f"start {start}: {', '.join(seen)}")
    assert seen == ["invoices", "lower prices"], "changed"
PYTHON
venv/bin/python see.py
