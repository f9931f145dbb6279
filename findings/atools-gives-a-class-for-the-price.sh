#!/usr/bin/env bash
# atools 0.14.2 (Python): who asks behind a call that was given up is given a class, and -2 is -1.
#
# Expected: `@memoize` "caches return value for given inputs": an answer that never came is not kept, one that failed is
#           no answer, and two inputs that differ are two.
# Happens:  a call is marked as made before it is made. When it is cancelled, as by a timeout or by a browser that goes,
#           the mark stays, and each later call is given `_MemoZeroValue`, a class of its own, at once and without an
#           error, for as long as the process runs. An exception is kept as well: behind one 503 each later call raises
#           that one, and the marketplace is not asked again. And the key is the hash of the inputs alone: in CPython
#           those of -1 and -2 are equal, and so a price that is lowered by two is lowered by one. Its README has none.
# Seen on 2026-11-30; a price that comes after 0.2 s, a service whose first call fails, and a change by a few percent:
#   waited for 0.05 s, then without end     timed out, a class, a class      asked: 1
#   waited without end                      12.50, 12.50, 12.50              asked: 1
#   503 once, there from then on            503, 503, 503                    asked: 1
#   change by -1, -2, -3                    99.00, 99.00, 97.00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet atools==0.14.2
cd "$folder"
cat > see.py <<'PYTHON'
import asyncio

from atools import memoize


def marketplace(*, fails_first=False):
    """A price that is kept, and the calls that were made for it."""
    calls = []

    @memoize
    async def price(sku):
        calls.append(sku)
        if fails_first and len(calls) == 1:
            raise ConnectionError("503")
        await asyncio.sleep(0.2)
        return "12.50"

    return price, calls


@memoize
def changed(percent):
    return f"{100 + percent}.00"


async def ask(price, timeout):
    try:
        answer = await asyncio.wait_for(price("A-17"), timeout)
    except asyncio.TimeoutError:
        return "timed out"
    except ConnectionError as error:
        return str(error)
    return "a class" if isinstance(answer, type) else answer


async def see():
    for name, first_s, fails_first, expected in (
        ("waited for 0.05 s, then without end", 0.05, False, "timed out, a class, a class"),
        ("waited without end", None, False, "12.50, 12.50, 12.50"),
        ("503 once, there from then on", None, True, "503, 503, 503"),
    ):
        price, calls = marketplace(fails_first=fails_first)
        seen = ", ".join([await ask(price, timeout) for timeout in (first_s, None, None)])
        print(f"{name:<39} {seen:<32} asked: {len(calls)}")
        assert (seen, len(calls)) == (expected, 1), f"changed: {name}"
    seen = ", ".join(changed(percent) for percent in (-1, -2, -3))
    print(f"{'change by -1, -2, -3':<39} {seen}")
    assert seen == "99.00, 99.00, 97.00", "changed: -2"


asyncio.run(see())
PYTHON
venv/bin/python see.py
