#!/usr/bin/env bash
# gigq 0.5.1 (Python): what waits for a job that was cancelled is run when the list is cleared, and when the clocks are
# put forward all that runs is run a second time.
#
# Expected: a job that depends on another one runs when that has been completed; where that was cancelled it does not.
#           Jobs are claimed so that "only one worker runs a given job at a time", and `timeout` is the seconds that
#           one may take.
# Happens:  it is counted how many of those that a job depends on are not completed. `clear_completed` deletes those
#           that were cancelled too: then there is none that is not completed, and the article whose check was called
#           off is published, with the next tidying up. And moments are kept as the local clock shows them, without a
#           zone: in the night in which it goes from 2:00 to 3:00 each job that runs has run for an hour. It is taken
#           for stuck, is pending again, and the next worker begins it beside the first one; both are completed. Its
#           README names neither.
# Seen on 2026-11-30; a check and the article that waits for it, the check being cancelled; then two workers and a job
# of six seconds that may take 300, in a zone of this script whose clocks are put forward three seconds after its start:
#   the check is cancelled                   done: nothing
#   then finished jobs are cleared           done: published A-17
#   clocks that stay                         a job runs at most 1 time at once
#   clocks that are put forward              a job runs at most 2 times at once
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet gigq==0.5.1
cd "$folder"
cat > shop.py <<'PYTHON'
from threading import Lock
from time import sleep

done = []
lock, now, most = Lock(), 0, 0


def check(sku):
    done.append(f"checked {sku}")


def publish(sku):
    done.append(f"published {sku}")


def sync():
    global now, most
    with lock:
        now += 1
        most = max(most, now)
    sleep(6)
    with lock:
        now -= 1
PYTHON
cat > see.py <<'PYTHON'
import logging
import os
import time
from datetime import datetime, timedelta, timezone
from threading import Thread

import shop
from gigq import Job, JobQueue, Worker, Workflow

logging.disable(logging.CRITICAL)


def said():
    return ", ".join(shop.done) or "nothing"


def of_a_cancelled_one():
    queue, worker = JobQueue("shop.db"), Worker("shop.db")
    flow = Workflow("article")
    check = flow.add_job(Job(name="check", function=shop.check, params={"sku": "A-17"}))
    flow.add_job(Job(name="publish", function=shop.publish, params={"sku": "A-17"}), depends_on=[check])
    flow.submit_all(queue)
    assert queue.cancel(check.id)
    worker.process_one()
    before = said()
    queue.clear_completed()
    worker.process_one()
    return before, said()


def in_a_zone(moves):
    """How often one job runs at once at most, in a zone that puts its clocks forward in three seconds, or does not."""
    soon = datetime.now(timezone.utc) + timedelta(seconds=3)
    day = soon.timetuple().tm_yday - 1
    os.environ["TZ"] = f"AAA0BBB-1,{day}/{soon:%H:%M:%S},{(day + 180) % 365}" if moves else "AAA0"
    time.tzset()
    shop.most = 0
    queue = JobQueue(f"moves-{moves}.db")
    queue.submit(Job(name="sync", function=shop.sync, timeout=300))
    worker = Worker(f"moves-{moves}.db", polling_interval=1, concurrency=2)
    thread = Thread(target=worker.start)
    thread.start()
    time.sleep(8)
    worker.stop()
    thread.join()
    return shop.most


before, after = of_a_cancelled_one()
print(f"the check is cancelled                   done: {before}")
print(f"then finished jobs are cleared           done: {after}", flush=True)
stays, moved = in_a_zone(False), in_a_zone(True)
print(f"clocks that stay                         a job runs at most {stays} time at once")
print(f"clocks that are put forward              a job runs at most {moved} times at once")
assert (before, after) == ("nothing", "published A-17"), "changed: the cancelled one"
assert (stays, moved) == (1, 2), "changed: the clocks"
PYTHON
venv/bin/python -W ignore see.py
