#!/usr/bin/env bash
# firm-queue 1.0.0 (Python): where finished jobs are not kept a daily task runs every five seconds, and of a shop for
# which one job at a time may run all that wait are let go at once.
#
# Expected: "a recurring job is enqueued exactly once per period across the whole fleet", whatever becomes of its
#           finished jobs. With `to: 1` "at most one" job of a key runs, the others wait "until the running one
#           finishes"; `duration` is to be "comfortably longer than the job's worst-case runtime".
# Happens:  that a night was run is known by a row that hangs on its job, and goes with it: where finished jobs are
#           deleted, by `preserve_finished_jobs=False` or by `clear_finished`, the next look of the scheduler, five
#           seconds later, finds that last night has not been run, and runs it: 17280 times a day, or once after each
#           clearing. And a job that waits for another one of its key waits for `duration`, three minutes, at most,
#           counted from when it was given in, not from when its predecessor began: at the next maintenance all that
#           have waited for longer are ready, whether a place is free or not. A queue of ten jobs of a minute each
#           is ten jobs at once: the limit is not asked for them.
# Seen on 2026-11-30 with SQLAlchemy 2.1.9, SQLite; ten looks of a scheduler, each with its worker; then eight jobs of
# half a second, `to` 1 and `duration` 1 s, with maintenance after 1.2 s:
#   finished jobs kept          the night is run 1 time
#   cleared after each look     the night is run 10 times
#   not kept                    the night is run 10 times
#   one at a time               at most 1 at once
#   and maintenance             at most 6 at once
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet firm-queue==1.0.0 firm-core==1.0.0 sqlalchemy==2.1.9 croniter==7.0.0
cd "$folder"
cat > see.py <<'PYTHON'
from threading import Lock
from time import sleep

from firm.queue import configure, job, schema
from firm.queue.dispatcher import run_maintenance
from firm.queue.maintenance import clear_finished
from firm.queue.scheduler import RecurringTask, Scheduler
from firm.queue.worker import Worker, run_ready

LOOKS, JOBS = 10, 8
nights = []
at_once, most, lock = 0, 0, Lock()


@job()
def lower_prices():
    nights.append(1)


@job(concurrency={"key": lambda shop: shop, "to": 1, "duration": 1})
def publish(shop):
    global at_once, most
    with lock:
        at_once += 1
        most = max(most, at_once)
    sleep(0.5)
    with lock:
        at_once -= 1


def database(name, **options):
    runtime = configure(f"sqlite:///{name}.db", **options)
    schema.create_all(runtime.engine)
    return runtime


def runs(name, clears=False, **options):
    """How often the last night is run while the scheduler looks a few times."""
    nights.clear()
    runtime = database(name, **options)
    scheduler = Scheduler(runtime, [RecurringTask("night", "0 3 * * *", lower_prices)])
    scheduler.sync_tasks()
    for _ in range(LOOKS):
        scheduler.tick()
        run_ready(runtime)
        if clears:
            clear_finished(runtime)
    return len(nights)


def most_at_once(name, maintained):
    global most
    most = 0
    runtime = database(name)
    for _ in range(JOBS):
        publish.enqueue("Ann's shop")
    worker = Worker(runtime, threads=JOBS)
    worker.start()
    sleep(1.2)
    if maintained:
        run_maintenance(runtime)
    sleep(2.5)
    worker.stop()
    return most


for name, options, expected in (
    ("finished jobs kept", {}, 1),
    ("cleared after each look", {"clears": True}, LOOKS),
    ("not kept", {"preserve_finished_jobs": False}, LOOKS),
):
    many = runs(name, **options)
    print(f"{name:<27} the night is run {many} time{'s' * (many != 1)}")
    assert many == expected, f"changed: {name}"
for name, maintained in (("one at a time", False), ("and maintenance", True)):
    many = most_at_once(name, maintained)
    print(f"{name:<27} at most {many} at once")
    assert many > 2 if maintained else many == 1, f"changed: {name}"
PYTHON
venv/bin/python -W ignore see.py
