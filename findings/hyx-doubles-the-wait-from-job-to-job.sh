#!/usr/bin/env bash
# hyx 0.0.2 (Python): of jobs that fail together each waits twice as long as the one before it, the twentieth for six
# days.
#
# Expected: with `expo` each call waits 1, 2, 4 s after its first, second and third failure, however many others there
#           are.
# Happens:  a decorated function has one backoff for all of its calls, and the backoff counts failures. When a
#           marketplace is away for a moment and thirty jobs fail together, they are its first to its thirtieth
#           failure: the first one is tried again after a second, the tenth after nine minutes, the twentieth after
#           six days, the thirtieth after 17 years; nothing is logged. Where `max_delay_secs` is given most of them
#           wait that long. And a call that begins sets the count back for all others, so that one that has failed
#           five times waits a second. One job after the other is right, as are tests; `fibo` and `linear` do the same
#           in their way, a list of delays goes round.
# Seen on 2026-11-30, a first delay of 0.01 s; how long calls that fail once wait for their second try:
#   one after the other   0.01 0.01 0.01 0.01 0.01 0.01 0.01 0.01
#   together              0.01 0.02 0.04 0.08 0.16 0.32 0.64 1.28
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet hyx==0.0.2
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
from time import monotonic

from hyx.retry import retry
from hyx.retry.backoffs import expo

CALLS, FIRST_S, ANSWERS_S = 8, 0.01, 0.05
failed_at = {}


@retry(on=ConnectionError, attempts=3, backoff=expo(min_delay_secs=FIRST_S))
async def publish(job):
    """Fail once, and return how long after it this was tried again."""
    if job in failed_at:
        return monotonic() - failed_at[job]
    await asyncio.sleep(ANSWERS_S)
    failed_at[job] = monotonic()
    raise ConnectionError


async def see():
    alone = [await publish(f"alone {job}") for job in range(CALLS)]
    together = await asyncio.gather(*(publish(f"together {job}") for job in range(CALLS)))
    for name, waited in (("one after the other", alone), ("together", sorted(together))):
        print(f"{name:<21}", " ".join(f"{seconds:.2f}" for seconds in waited))
    assert max(alone) < 0.5, "changed: alone"
    assert max(together) > FIRST_S * 2 ** (CALLS - 1) * 0.9, "changed: together"


asyncio.run(see())
PYTHON
