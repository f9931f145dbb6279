#!/usr/bin/env bash
# aiobreaker 1.2.0 (Python): a breaker of a minute says that it opens again in five hours, or that it never will, by
# where the clock is.
#
# Expected: `timeout_duration` is how long a breaker refuses calls; `time_remaining` of its error,
#           `sleep_until_open()` and `reopen_time` tell the rest of that time, wherever the machine stands. "The next
#           call" is then a trial of one.
# Happens:  it keeps when it refused first in UTC, and compares that with the clock on the wall. West of Greenwich
#           whoever waits as the error says waits for hours more: nothing is listed for five hours after a minute's
#           failure of a marketplace. East of it `reopen_time` is None, and waiting raises a TypeError in the place of
#           the error that it was to handle. In UTC, where tests run, all is right. And the trial is no trial: each
#           call that comes while it is under way is let through, so that all who waited meet the marketplace at once,
#           which has not recovered.
# Seen on 2026-11-30, a breaker of 60 s that has just refused, and one of 0.1 s whose time is over, when ten calls
# come at once:
#   UTC                     opens again in 60 s
#   EST5, New York's winter opens again in 18060 s
#   CET-1, Berlin's winter  opens again at None
#   trial                   10 calls
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet aiobreaker==1.2.0
cd "$folder"
cat > see.py <<'PYTHON'
import asyncio
import os
import time
from datetime import timedelta

from aiobreaker import CircuitBreaker, CircuitBreakerError

EXPECTED = {"UTC": 60, "EST5, New York's winter": 60 + 5 * 3600, "CET-1, Berlin's winter": None}
CALLS = 10


async def failing():
    raise ConnectionError


async def opened(duration):
    """A breaker that has just refused, and its error."""
    breaker = CircuitBreaker(fail_max=1, timeout_duration=duration)
    try:
        await breaker.call_async(failing)
    except CircuitBreakerError as error:
        return breaker, error


async def opens_in(zone):
    os.environ["TZ"] = zone.partition(",")[0]
    time.tzset()
    _, error = await opened(timedelta(minutes=1))
    return None if error.reopen_time is None else round(error.time_remaining.total_seconds())


async def trial():
    """How many calls reach a marketplace that is tried again."""
    breaker, _ = await opened(timedelta(seconds=0.1))
    await asyncio.sleep(0.2)
    reached = 0

    async def call():
        nonlocal reached
        reached += 1
        await asyncio.sleep(0.1)
        raise ConnectionError

    await asyncio.gather(*(breaker.call_async(call) for _ in range(CALLS)), return_exceptions=True)
    return reached


for zone, expected in EXPECTED.items():
    seconds = asyncio.run(opens_in(zone))
    print(f"{zone:<23} opens again {'at None' if seconds is None else f'in {seconds} s'}")
    assert seconds == expected, "changed"
reached = asyncio.run(trial())
print(f"{'trial':<23} {reached} calls")
assert reached == CALLS, "changed: trial"
PYTHON
venv/bin/python see.py
