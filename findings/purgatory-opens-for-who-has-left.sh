#!/usr/bin/env bash
# purgatory 3.0.1 (Python): who gives a call up opens the circuit for all, and when it is tried again all try at once.
#
# Expected: what a service answers counts: a call that its own caller has given up says nothing of it. After `ttl` the
#           circuit is half open: one call tries whether the service is there again.
# Happens:  whatever leaves the block counts as a failure, a `CancelledError` too: five sellers who close their page
#           while a slow marketplace answers open the circuit, and all others are refused for half a minute, though no
#           call has failed. `exclude` takes it out where one knows of it; but what is excluded counts as a success,
#           and sets the failures back to none. And half open lets everybody through: of fifty calls that come all are
#           made to the service that may not be there. Its README has neither.
# Seen on 2026-11-30; five calls are cancelled by who made them; then, after `ttl`, fifty come at once:
#   five answered                       the next one: made
#   five given up                       the next one: OpenedState
#   CancelledError being excluded:
#   five given up                       the next one: made
#   four 503, four 503                  the next one: OpenedState
#   four 503, one given up, four 503    the next one: made
#   half open, fifty come               made: 50
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet purgatory==3.0.1
cd "$folder"
cat > see.py <<'PYTHON'
import asyncio
from contextlib import suppress

from purgatory import AsyncCircuitBreakerFactory

ANSWERED, GIVEN_UP, FAILED = "answered", "given up", "503"


async def call(circuits, outcome=ANSWERED, takes_s=0.01):
    async with await circuits.get_breaker("marketplace"):
        await asyncio.sleep(takes_s)
        if outcome == FAILED:
            raise ConnectionError("503")


async def after(outcomes, **options):
    """What becomes of the next call."""
    circuits = AsyncCircuitBreakerFactory(default_threshold=5, default_ttl=30, **options)
    for outcome in outcomes:
        making = asyncio.create_task(call(circuits, outcome, takes_s=5 if outcome == GIVEN_UP else 0.01))
        if outcome == GIVEN_UP:
            await asyncio.sleep(0.05)
            making.cancel()
        with suppress(Exception, asyncio.CancelledError):
            await making
    try:
        await call(circuits)
    except Exception as error:
        return type(error).__name__
    return "made"


async def made_half_open():
    circuits = AsyncCircuitBreakerFactory(default_threshold=5, default_ttl=1)
    for _ in range(5):
        with suppress(ConnectionError):
            await call(circuits, FAILED)
    await asyncio.sleep(1.1)
    results = await asyncio.gather(*(call(circuits, FAILED, 0.1) for _ in range(50)), return_exceptions=True)
    return sum(isinstance(result, ConnectionError) for result in results)


async def see():
    mixed = [*[FAILED] * 4, GIVEN_UP, *[FAILED] * 4]
    for name, outcomes, excluded, expected in (
        ("five answered", [ANSWERED] * 5, [], "made"),
        ("five given up", [GIVEN_UP] * 5, [], "OpenedState"),
        ("five given up", [GIVEN_UP] * 5, [asyncio.CancelledError], "made"),
        ("four 503, four 503", [FAILED] * 8, [asyncio.CancelledError], "OpenedState"),
        ("four 503, one given up, four 503", mixed, [asyncio.CancelledError], "made"),
    ):
        if excluded and name == "five given up":
            print("CancelledError being excluded:")
        seen = await after(outcomes, exclude=excluded)
        print(f"{name:<35} the next one: {seen}")
        assert seen == expected, f"changed: {name}"
    many = await made_half_open()
    print(f"half open, fifty come               made: {many}")
    assert many == 50, "changed: half open"


asyncio.run(see())
PYTHON
venv/bin/python -W ignore see.py
