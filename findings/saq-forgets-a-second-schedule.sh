#!/usr/bin/env bash
# SAQ 0.26.4: of two cron jobs of one function only the first runs, at the times it had before the release; `unique=False` runs it a hundred times.
#
# Expected: two `CronJob`s, one for each shop, run both, and a release that says "every five minutes" is heard; `unique`, true by itself, keeps
#           several workers from running one time twice ("unique jobs only one once per queue").
# Happens:  the key of a cron job is its function's name, without its arguments and without its times. The second shop is a duplicate of the
#           first and is dropped, without an error or a line in the log. So are new times: the job of the old release waits under the key,
#           here until 1 January. With `unique=False` there is no key, and the worker, which asks once a second for the next time, queues
#           a job at each asking: 300 for a job of every five minutes, and as many again for each further worker.
# Seen on 2026-11-29 with redis 8.1.0, Redis 7.0.15, after a worker has asked three times:
#   two shops            queued: vinted
#   new times            queued: 0 0 1 1 * (of 0 0 1 1 *, then */5 * * * *)
#   unique=False         queued: vinted vinted vinted etsy etsy etsy
# Needs redis-server besides.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet saq==0.26.4 redis==8.1.0 typing-extensions==4.15.0
cd "$folder"
cat > see.py <<'PYTHON'
import asyncio
import subprocess
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from redis.asyncio import Redis
from saq import CronJob, Worker
from saq.queue.redis import RedisQueue

SOCKET = str(Path("redis.sock").absolute())


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


async def sync(_, *, shop):
    print(shop)


async def queued(name, *releases):
    """What is queued after a worker of each release has asked three times, as it does once a second."""
    queue = RedisQueue(Redis(unix_socket_path=SOCKET), name=name)
    await queue.connect()
    for cron_jobs in releases:
        worker = Worker(queue, functions=[sync], cron_jobs=cron_jobs)
        for _ in range(3):
            await worker.schedule()
    waiting = sorted((job.kwargs["shop"] for job in [job async for job in queue.iter_jobs()]), reverse=True)
    await queue.disconnect()
    return " ".join(waiting)


async def main():
    shops = [{"function": sync, "cron": "*/5 * * * *", "kwargs": {"shop": shop}} for shop in ("vinted", "etsy")]
    first = await queued("shops", [CronJob(**shop) for shop in shops])
    print(f"two shops            queued: {first}")
    old, new = (CronJob(sync, line, kwargs={"shop": line}) for line in ("0 0 1 1 *", "*/5 * * * *"))
    times = await queued("times", [old], [new])
    print(f"new times            queued: {times} (of {old.cron}, then {new.cron})")
    each = await queued("each", [CronJob(**shop, unique=False) for shop in shops])
    print(f"unique=False         queued: {each}")
    assert first == "vinted", "changed: both are queued"
    assert times == old.cron, "changed: the new times are heard"
    assert each == "vinted vinted vinted etsy etsy etsy", "changed: one job for each time"


with redis_server():
    asyncio.run(main())
PYTHON
venv/bin/python see.py
