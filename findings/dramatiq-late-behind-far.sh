#!/usr/bin/env bash
# Dramatiq 2.2.1: a message that is to run in a second waits behind a thousand that are to run tomorrow.
#
# Delayed messages lie in the queue's delay queue ("default.DQ"); a worker takes them and waits with them in its memory.
# Expected: each runs when its time has come, as `send_with_options(delay=…)` says, whatever else is delayed.
# Happens:  the delay queue is taken from its head, in the order of sending, and a worker takes no more of it than it may hold: 1000 for
#           each of its threads (`dramatiq_delay_queue_prefetch`). What was sent after as many with a later time is not looked at
#           until one of those is done: retries, which are delayed messages too, stand still for a day, while the threads are idle
#           and messages without a delay run at once. Nothing is logged. One message fewer, and it runs in time.
# Seen on 2026-11-29 with redis 8.1.0 and Redis 7.0.15, one process of one thread:
#   behind  999 of tomorrow: in a second: ran, without delay: ran
#   behind 1000 of tomorrow: in a second: waits, without delay: ran
# Needs redis-server besides.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'dramatiq[redis]==2.2.1' redis==8.1.0
cd "$folder"
cat > see.py <<'PYTHON'
import subprocess
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import sleep

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.worker import Worker

SOCKET = str(Path("redis.sock").absolute())
TOMORROW_MS, SOON_MS, LONG_ENOUGH_S = 86_400_000, 1_000, 8


@contextmanager
def redis_server():
    line = ["redis-server", "--port", "0", "--unixsocket", SOCKET, "--save", "", "--appendonly", "no"]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL) as server:
        try:
            while not Path(SOCKET).exists():
                sleep(0.05)
            yield
        finally:
            server.terminate()


def behind(count):
    broker = RedisBroker(url=f"unix://{SOCKET}")
    broker.flush_all()
    ran = {"soon": Event(), "now": Event(), "tomorrow": Event()}
    relist = dramatiq.actor(lambda when: ran[when].set(), actor_name=f"relist_{count}", broker=broker)
    for _ in range(count):
        relist.send_with_options(args=("tomorrow",), delay=TOMORROW_MS)
    relist.send_with_options(args=("soon",), delay=SOON_MS)
    worker = Worker(broker, worker_threads=1)
    worker.start()
    soon = ran["soon"].wait(LONG_ENOUGH_S)
    relist.send("now")
    now = ran["now"].wait(LONG_ENOUGH_S)
    worker.stop(timeout=1_000)
    said = {True: "ran", False: "waits"}
    print(f"behind {count:>4} of tomorrow: in a second: {said[soon]}, without delay: {said[now]}")
    assert not ran["tomorrow"].is_set(), "changed: what is of tomorrow runs today"
    return soon, now


with redis_server():
    assert behind(999) == (True, True), "changed: fewer are too many as well"
    assert behind(1000) == (False, True), "changed: what is due is taken past what is not"
PYTHON
venv/bin/python see.py
